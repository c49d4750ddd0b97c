//! Threads, with the names of `src/sync/thread.rs`.

use alloc::sync::Arc;
use alloc::task::Wake;
use core::task::Waker;
use std::time::Instant;

use loom::sync::Notify;
pub(crate) use loom::thread::ThreadId;

pub(crate) use super::Mutex;

/// Declares a thread-local cell.
macro_rules! per_thread {
    ($(#[$attr:meta])* static $name:ident: $type:ty = $init:expr;) => {
        loom::thread_local! { $(#[$attr])* static $name: $type = $init; }
    };
}
pub(crate) use per_thread;

per_thread! {
    static CURRENT: Thread = Thread { id: loom::thread::current().id(), unparked: Arc::new(Notify::new()) };
}

/// A handle to a thread. (loom's own `unpark` also ends a thread's wait for a lock, and loom then fails.)
#[derive(Clone)]
pub(crate) struct Thread {
    id: ThreadId,
    unparked: Arc<Notify>,
}

impl Thread {
    pub(crate) fn id(&self) -> ThreadId {
        self.id
    }

    pub(crate) fn unpark(&self) {
        self.unparked.notify();
    }
}

pub(crate) fn current() -> Thread {
    CURRENT.with(Clone::clone)
}

/// Puts a thread to sleep until it is unparked. Each one is new, because loom's thread-locals do not outlive a model.
pub(crate) struct Parker(Arc<Unparker>);

struct Unparker(Notify);

impl Wake for Unparker {
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }
}

impl Parker {
    pub(crate) fn take() -> Self {
        Self(Arc::new(Unparker(Notify::new())))
    }

    pub(crate) fn waker(&self) -> Waker {
        self.0.clone().into()
    }

    /// Sleeps until the parker is unparked. There is no time in a model: a deadline passes once other threads have run.
    pub(crate) fn park(&self, deadline: Option<Instant>) -> bool {
        match deadline {
            None => self.0.0.wait(),
            Some(_) => loom::thread::yield_now(),
        }
        deadline.is_none()
    }
}

/// Sleeps until the thread is unparked. There is no time in a model: a sleep with a limit ends once other threads have run.
pub(crate) fn park(limit: Option<core::time::Duration>) {
    match limit {
        Some(_) => loom::thread::yield_now(),
        None => current().unparked.wait(),
    }
}
