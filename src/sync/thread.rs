//! Threads: thread-local cells, how a thread sleeps, and the lock for which it sleeps.

pub(crate) use std::thread::{Thread, ThreadId, current};

/// Declares a thread-local cell with a constant initial value.
macro_rules! per_thread {
    ($(#[$attr:meta])* static $name:ident: $type:ty = $init:expr;) => {
        std::thread_local! { $(#[$attr])* static $name: $type = const { $init }; }
    };
}
pub(crate) use per_thread;

/// Sleeps until the thread is unparked, but no longer than `limit`. It may also wake up for no reason.
pub(crate) fn park(limit: Option<core::time::Duration>) {
    match limit {
        Some(limit) => std::thread::park_timeout(limit),
        None => std::thread::park(),
    }
}

/// A lock for which threads sleep.
#[derive(Default)]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}
