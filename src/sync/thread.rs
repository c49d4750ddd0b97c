//! Threads: cells of which each has its own, how one sleeps, and the lock that it sleeps for.

pub(crate) use std::thread::{Thread, ThreadId, current};

/// Declares a cell of which each thread has its own, made by a constant expression.
macro_rules! per_thread {
    ($(#[$attr:meta])* static $name:ident: $type:ty = $init:expr;) => {
        std::thread_local! { $(#[$attr])* static $name: $type = const { $init }; }
    };
}
pub(crate) use per_thread;

/// Sleeps until the thread is unparked, or for no reason, and no longer than `limit`.
pub(crate) fn park(limit: Option<core::time::Duration>) {
    match limit {
        Some(limit) => std::thread::park_timeout(limit),
        None => std::thread::park(),
    }
}

/// A lock for which a thread sleeps.
#[derive(Default)]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}
