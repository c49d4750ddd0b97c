//! Thread support: thread-local cells, parking, and a mutex whose waiters sleep.

use alloc::vec::Vec;
use core::cell::Cell;
use core::task::Waker;
pub(crate) use std::thread::{Thread, ThreadId, current};
use std::time::Instant;

/// Declares a thread-local cell with a constant initial value.
macro_rules! per_thread {
    ($(#[$attr:meta])* static $name:ident: $type:ty = $init:expr;) => {
        std::thread_local! { $(#[$attr])* static $name: $type = const { $init }; }
    };
}
pub(crate) use per_thread;

per_thread! {
    /// The parkers of this thread that nothing uses at the moment.
    static UNUSED: Cell<Vec<parking::Parker>> = Cell::new(Vec::new());
}

/// Puts a thread to sleep until it is unparked.
///
/// A thread keeps its parkers for the next time. Code that sleeps while other code on the same thread has taken a parker, such
/// as a read in the condition of a blocking wait, gets one of its own, so neither consumes the other's wake-up. The token of
/// [`std::thread::park`] is the caller's and is not used.
pub(crate) struct Parker {
    /// `None` only while this is dropped.
    parker: Option<parking::Parker>,
}

impl Parker {
    /// Takes an unused parker of this thread, or makes one. It may have been unparked already by an earlier user.
    ///
    /// A thread whose thread-locals have been destroyed makes a new one each time.
    pub(crate) fn take() -> Self {
        let unused = UNUSED.try_with(|unused| {
            let mut parkers = unused.take();
            let parker = parkers.pop();
            unused.set(parkers);
            parker
        });
        Self { parker: Some(unused.ok().flatten().unwrap_or_default()) }
    }

    fn parker(&self) -> &parking::Parker {
        self.parker.as_ref().expect("it is in use")
    }

    /// Returns a waker that unparks this parker. It does not allocate.
    pub(crate) fn waker(&self) -> Waker {
        self.parker().unparker().into()
    }

    /// Sleeps until the parker is unparked, or until the deadline. Returns `false` once the deadline has passed.
    ///
    /// With a deadline it may also return `true` for no reason.
    pub(crate) fn park(&self, deadline: Option<Instant>) -> bool {
        match deadline {
            None => {
                self.parker().park();
                true
            }
            #[cfg(not(loom))]
            Some(deadline) => self.parker().park_deadline(deadline) || Instant::now() < deadline,
            // A model of another crate, which this channel is not part of. parking has no time limits there.
            #[cfg(loom)]
            Some(deadline) => {
                std::thread::sleep(core::time::Duration::from_micros(100));
                Instant::now() < deadline
            }
        }
    }
}

/// Gives the parker back to the thread.
impl Drop for Parker {
    fn drop(&mut self) {
        let _ = UNUSED.try_with(|unused| {
            // Taken out while it grows, because the program's allocator may use a channel.
            let mut parkers = unused.take();
            parkers.extend(self.parker.take());
            unused.set(parkers);
        });
    }
}

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
