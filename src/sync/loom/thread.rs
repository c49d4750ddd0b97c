//! Threads, with the names of `src/sync/thread.rs`.

use alloc::sync::Arc;
use alloc::task::Wake;
use core::sync::atomic::{AtomicU64, Ordering};
use core::task::Waker;
use core::time::Duration;

use loom::sync::Notify;
pub(crate) use loom::thread::yield_now;

pub(crate) use super::Mutex as SleepMutex;

pub(crate) const FOREVER: Duration = Duration::from_secs(3_600);

/// The time of a model. It passes when a sleep with a limit ends, and only then.
pub(crate) type Instant = Duration;

/// In microseconds. Only differences count, so it goes on from one execution to the next. loom does
/// not see it.
static NOW: AtomicU64 = AtomicU64::new(0);

pub(crate) fn now() -> Instant {
    // ORDERING: Relaxed; loom runs one thread at a time.
    Duration::from_micros(NOW.load(Ordering::Relaxed))
}

/// Declares a thread-local value.
macro_rules! per_thread {
    ($(#[$attr:meta])* $vis:vis static $name:ident: $type:ty = $init:expr;) => {
        loom::thread_local! { $(#[$attr])* $vis static $name: $type = $init; }
    };
}
pub(crate) use per_thread;

/// (loom's own `unpark` also ends a thread's wait for a lock, and loom then fails.)
#[derive(Clone)]
pub(crate) struct Unparker(Arc<Unparked>);

struct Unparked(Notify);

impl Unparker {
    pub(crate) fn unpark(&self) -> bool {
        self.0.0.notify();
        true
    }

    pub(crate) fn will_unpark(&self, parker: &Parker) -> bool {
        Arc::ptr_eq(&self.0, &parker.0.0)
    }
}

impl Wake for Unparked {
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }
}

impl From<Unparker> for Waker {
    fn from(unparker: Unparker) -> Self {
        unparker.0.into()
    }
}

pub(crate) struct Parker(Unparker);

impl Default for Parker {
    fn default() -> Self {
        Self(Unparker(Arc::new(Unparked(Notify::new()))))
    }
}

impl Parker {
    pub(crate) fn unparker(&self) -> Unparker {
        self.0.clone()
    }
}

/// A sleep with a limit ends once other threads have run, whether they have woken the thread or
/// not.
pub(crate) fn park(parker: &Parker, limit: Option<Duration>) {
    match limit {
        Some(limit) if limit < FOREVER => {
            yield_now();
            // ORDERING: Relaxed; as in `now`.
            NOW.fetch_add(limit.as_micros() as u64, Ordering::Relaxed);
        }
        _ => parker.0.0.0.wait(),
    }
}
