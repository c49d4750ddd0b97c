//! Threads: cells of which each has its own, and how one sleeps.

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
