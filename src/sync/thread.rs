//! Threads: a number for each, cells of which each has its own, and how one sleeps.

#[cfg(all(feature = "std", not(target_family = "wasm"), loom, feature = "loom"))]
pub(crate) use loom::thread::{Thread, current};
#[cfg(all(feature = "std", not(target_family = "wasm"), not(all(loom, feature = "loom"))))]
pub(crate) use std::thread::{Thread, current};

/// Declares a cell of which each thread has its own, made by a constant expression.
#[cfg(all(feature = "std", not(all(loom, feature = "loom"))))]
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
#[cfg(feature = "std")]
pub(crate) use per_thread;

/// Returns this thread's number: 1, 2, 3, ... in the order of their first calls.
#[cfg(all(feature = "std", not(all(loom, feature = "loom"))))]
#[inline]
pub(crate) fn number() -> usize {
    per_thread! {
        static NUMBER: core::cell::Cell<usize> = core::cell::Cell::new(0);
    }

    #[cold]
    fn next_number() -> usize {
        use crate::sync::{AtomicUsize, Ordering};

        static THREADS: AtomicUsize = AtomicUsize::new(0);
        // ORDERING: Relaxed; the numbers only have to differ.
        THREADS.fetch_add(1, Ordering::Relaxed) + 1
    }

    NUMBER.with(|number| {
        if number.get() == 0 {
            number.set(next_number());
        }
        number.get()
    })
}

/// Returns the same number everywhere: there are no threads, or, in a model, too few of them to tell apart.
#[cfg(not(all(feature = "std", not(all(loom, feature = "loom")))))]
#[inline]
pub(crate) fn number() -> usize {
    0
}

/// Sleeps until the thread is unparked, or for no reason, and no longer than `limit`.
#[cfg(all(feature = "std", not(target_family = "wasm"), not(all(loom, feature = "loom"))))]
pub(crate) fn park(limit: Option<core::time::Duration>) {
    match limit {
        Some(limit) => std::thread::park_timeout(limit),
        None => std::thread::park(),
    }
}

/// Sleeps until the thread is unparked: loom has no time.
#[cfg(all(loom, feature = "loom"))]
pub(crate) fn park(_: Option<core::time::Duration>) {
    loom::thread::park();
}
