//! Threads, for those that wait.

#[cfg(all(loom, feature = "loom"))]
pub(crate) use loom::thread::{Thread, current};
#[cfg(not(all(loom, feature = "loom")))]
pub(crate) use std::thread::{Thread, current};

use core::time::Duration;

/// Sleeps until the thread is unparked, for no reason, or for at most that long.
#[cfg(not(all(loom, feature = "loom")))]
pub(crate) fn park(limit: Option<Duration>) {
    match limit {
        Some(limit) => std::thread::park_timeout(limit),
        None => std::thread::park(),
    }
}

/// loom has no time.
#[cfg(all(loom, feature = "loom"))]
pub(crate) fn park(_: Option<Duration>) {
    loom::thread::park();
}
