//! Threads, with the names of `src/sync/thread.rs`.

use alloc::sync::Arc;
use core::task::Waker;
use core::time::Duration;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Wake;

use loom::sync::Notify;

pub(crate) use super::Mutex as SleepMutex;

pub(crate) const FOREVER: Duration = Duration::from_secs(3_600);

/// The time since a model began, which passes only when the model says so ([`pass`]).
pub(crate) type Instant = Duration;

/// In microseconds. loom does not see it: time may pass at any moment.
static NOW: AtomicU64 = AtomicU64::new(0);

pub(crate) fn now() -> Instant {
    // ORDERING: Relaxed; loom runs one thread at a time.
    Duration::from_micros(NOW.load(Ordering::Relaxed))
}

/// Lets time pass.
#[cfg(test)]
pub(crate) fn pass(time: Duration) {
    // ORDERING: Relaxed; as in `now`.
    NOW.fetch_add(time.as_micros() as u64, Ordering::Relaxed);
}

/// Declares a thread-local value.
macro_rules! per_thread {
    ($(#[$attr:meta])* $vis:vis static $name:ident: $type:ty = $init:expr;) => {
        loom::thread_local! { $(#[$attr])* $vis static $name: $type = $init; }
    };
}
pub(crate) use per_thread;

/// Wakes a thread. (loom's own `unpark` also ends a thread's wait for a lock, and loom then fails.)
#[derive(Clone)]
pub(crate) struct Unparker(Arc<Unparked>);

struct Unparked(Notify);

impl Unparker {
    pub(crate) fn unpark(&self) -> bool {
        self.0.0.notify();
        true
    }
}

impl Wake for Unparked {
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }
}

pub(crate) struct Parker(Unparker);

impl Parker {
    pub(crate) fn take() -> Self {
        Self(Unparker(Arc::new(Unparked(Notify::new()))))
    }

    /// A sleep with a limit ends once other threads have run.
    pub(crate) fn park(&self, limit: Option<Duration>) {
        match limit {
            Some(limit) if limit < FOREVER => loom::thread::yield_now(),
            _ => self.0.0.0.wait(),
        }
    }

    pub(crate) fn unparker(&self) -> Unparker {
        self.0.clone()
    }

    pub(crate) fn waker(&self) -> Waker {
        self.0.0.clone().into()
    }
}
