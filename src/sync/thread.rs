//! Thread support: thread-local cells, parking, time, and a mutex whose waiters sleep.

use core::cell::Cell;
use core::task::Waker;
use core::time::Duration;
use std::sync::{Mutex, TryLockError};
pub(crate) use std::time::Instant;

pub(crate) use parking::Unparker;

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

per_thread! {
    /// The parkers that this thread has used before, while it does not use them.
    static UNUSED: [Cell<Option<parking::Parker>>; KEPT] = [const { Cell::new(None) }; KEPT];
}

/// How many parkers a thread keeps.
const KEPT: usize = 4;

/// How a thread sleeps and is woken. It has nothing to do with `std::thread::park`, whose token belongs to the program.
///
/// A thread keeps its parkers for the next time. A wait inside another wait gets a parker of its own, so it consumes no wake-up of
/// the outer one. A thread whose thread-locals have been destroyed makes a new one each time.
pub(crate) struct Parker {
    /// `None` only while this is dropped.
    parker: Option<parking::Parker>,
}

impl Parker {
    /// Takes an unused parker of this thread, or makes one. It may have been unparked by an earlier user.
    pub(crate) fn take() -> Self {
        let unused = UNUSED.try_with(|places| places.iter().find_map(Cell::take));
        Self { parker: Some(unused.ok().flatten().unwrap_or_default()) }
    }

    fn parker(&self) -> &parking::Parker {
        self.parker.as_ref().unwrap_or_else(|| unreachable!())
    }

    /// Sleeps until the thread is woken, but no longer than `limit`. It may also wake up for no reason.
    pub(crate) fn park(&self, limit: Option<Duration>) {
        match limit {
            None => self.parker().park(),
            #[cfg(not(loom))]
            Some(limit) => _ = self.parker().park_timeout(limit),
            // A model of another crate, which this channel is not part of. parking has no time limits there.
            #[cfg(loom)]
            Some(limit) => std::thread::sleep(limit.min(Duration::from_micros(100))),
        }
    }

    pub(crate) fn unparker(&self) -> Unparker {
        self.parker().unparker()
    }

    /// Returns a waker that wakes the thread.
    pub(crate) fn waker(&self) -> Waker {
        self.unparker().into()
    }
}

/// Gives the parker back to the thread, so nothing is freed: a reader does this with the value's lock held. (The exceptions are a
/// thread whose thread-locals have been destroyed, and more than [`KEPT`] waits inside one another.)
impl Drop for Parker {
    fn drop(&mut self) {
        let _ = UNUSED.try_with(|places| {
            for place in places {
                self.parker = place.replace(self.parker.take());
                if self.parker.is_none() {
                    break;
                }
            }
        });
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
