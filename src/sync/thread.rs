//! Threads: cells of which each has its own, how one sleeps, and the lock that it sleeps for.

#[cfg(all(feature = "std", not(target_family = "wasm"), loom, feature = "loom"))]
pub(crate) use loom::thread::{Thread, current};
#[cfg(all(feature = "std", not(target_family = "wasm"), not(all(loom, feature = "loom"))))]
pub(crate) use std::thread::{Thread, current};

/// Declares a cell of which each thread has its own, made by a constant expression.
#[cfg(all(feature = "std", not(target_family = "wasm"), not(all(loom, feature = "loom"))))]
macro_rules! per_thread {
    ($(#[$attr:meta])* static $name:ident: $type:ty = $init:expr;) => {
        std::thread_local! { $(#[$attr])* static $name: $type = const { $init }; }
    };
}
#[cfg(all(loom, feature = "loom"))]
macro_rules! per_thread {
    ($(#[$attr:meta])* static $name:ident: $type:ty = $init:expr;) => {
        loom::thread_local! { $(#[$attr])* static $name: $type = $init; }
    };
}
#[cfg(all(feature = "std", not(target_family = "wasm")))]
pub(crate) use per_thread;

/// Sleeps until the thread is unparked, or for no reason, and no longer than `limit`.
#[cfg(all(feature = "std", not(target_family = "wasm"), not(all(loom, feature = "loom"))))]
pub(crate) fn park(limit: Option<core::time::Duration>) {
    match limit {
        Some(limit) => std::thread::park_timeout(limit),
        None => std::thread::park(),
    }
}

/// Sleeps until the thread is unparked. loom has no time: a sleep with a limit ends once other threads have run.
#[cfg(all(loom, feature = "loom"))]
pub(crate) fn park(limit: Option<core::time::Duration>) {
    match limit {
        Some(_) => loom::thread::yield_now(),
        None => loom::thread::park(),
    }
}

#[cfg(all(loom, feature = "loom"))]
pub(crate) use crate::sync::loom::Mutex;

/// A lock for which a thread sleeps.
#[cfg(all(feature = "std", not(all(loom, feature = "loom"))))]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

#[cfg(all(feature = "std", not(all(loom, feature = "loom"))))]
impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

#[cfg(all(feature = "std", not(target_family = "wasm"), not(all(loom, feature = "loom"))))]
impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}
