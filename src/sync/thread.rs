//! Thread support: thread-local cells, parking, time, and a mutex whose waiters sleep.

use core::time::Duration;
use std::sync::{Mutex, TryLockError};
pub(crate) use std::thread::yield_now;
pub(crate) use std::time::Instant;

pub(crate) use parking::{Parker, Unparker};

/// Longer than any test or model runs.
pub(crate) const FOREVER: Duration = Duration::from_secs(3_600);

pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Declares a thread-local value with a constant initial value.
macro_rules! per_thread {
    ($(#[$attr:meta])* $vis:vis static $name:ident: $type:ty = $init:expr;) => {
        std::thread_local! { $(#[$attr])* $vis static $name: $type = const { $init }; }
    };
}
pub(crate) use per_thread;

/// Sleeps until the parker is unparked, but no longer than `limit`. It may also wake up for no
/// reason. (The token of `std::thread::park` belongs to the program.)
pub(crate) fn park(parker: &Parker, limit: Option<Duration>) {
    match limit {
        None => parker.park(),
        #[cfg(not(loom))]
        Some(limit) => _ = parker.park_timeout(limit),
        // A model of another crate, which this channel is not part of. parking has no time limits
        // there.
        #[cfg(loom)]
        Some(limit) => std::thread::sleep(limit.min(Duration::from_micros(100))),
    }
}

/// A mutex whose waiters sleep.
#[derive(Default)]
pub(crate) struct SleepMutex<T>(Mutex<T>);

impl<T> SleepMutex<T> {
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// Returns `None` if the mutex is held.
    pub(crate) fn try_with<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        match self.0.try_lock() {
            Ok(mut value) => Some(f(&mut value)),
            Err(TryLockError::Poisoned(poisoned)) => Some(f(&mut poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}
