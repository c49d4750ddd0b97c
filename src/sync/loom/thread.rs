//! Threads, with the names of `src/sync/thread.rs`.

use alloc::sync::Arc;

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

/// Sleeps until the thread is unparked. There is no time in a model: a sleep with a limit ends once other threads have run.
pub(crate) fn park(limit: Option<core::time::Duration>) {
    match limit {
        Some(_) => loom::thread::yield_now(),
        None => current().unparked.wait(),
    }
}
