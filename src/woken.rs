//! Waiters that were notified, and whose tasks are still to be woken.
//!
//! event-listener calls wakers while it holds its list lock. There a waiter is only put aside, to where the call that
//! notifies finds it; that call wakes the tasks once the lock is down.

use core::cell::Cell;

use crate::sync::{BATCH, TaskArc, scratch};
use crate::waiter::Waiter;

/// A ring of waiters put aside, first in, first out. It has room for all: a batch is put in while it is empty, and after
/// that one at most for each that was taken out.
struct Aside {
    /// How many were put in, and how many of those are out again; both wrap.
    put: Cell<usize>,
    taken: Cell<usize>,
    waiters: [Cell<Option<TaskArc<Waiter>>>; BATCH],
}

scratch! {
    static ASIDE: Aside =
        Aside { put: Cell::new(0), taken: Cell::new(0), waiters: [const { Cell::new(None) }; BATCH] };
}

impl Aside {
    #[inline]
    fn put(&self, waiter: TaskArc<Waiter>) {
        let put = self.put.get();
        let replaced = self.waiters[put % self.waiters.len()].replace(Some(waiter));
        debug_assert!(replaced.is_none(), "there is room for all");
        self.put.set(put.wrapping_add(1));
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.taken.get() == self.put.get()
    }

    #[inline]
    fn take(&self) -> Option<TaskArc<Waiter>> {
        if self.is_empty() {
            return None;
        }
        let taken = self.taken.get();
        self.taken.set(taken.wrapping_add(1));
        self.waiters[taken % self.waiters.len()].take()
    }
}

/// Puts a waiter aside. Called by its waker, under event-listener's list lock: while `notify` of [`wake_batch`] runs, or
/// while a notified listener is dropped.
#[inline]
pub(crate) fn put_aside(waiter: TaskArc<Waiter>) {
    ASIDE.with(|aside| aside.put(waiter));
}

/// Calls `notify`, which notifies [`BATCH`] waiters or fewer, and wakes their tasks. The caller holds no lock.
///
/// A task whose waker panics leaves the others where the next call, which is due at once, finds them.
#[inline]
pub(crate) fn wake_batch(notify: impl FnOnce() -> usize) -> usize {
    // Mostly there is nobody. But a waker may send as well, while others of its batch are still to be woken.
    wake_rest();
    let mut notified = 0;
    let first = ASIDE.alone(|| {
        notified = notify();
        ASIDE.with(Aside::take)
    });
    if let Some(first) = first {
        first.wake_task();
        wake_rest();
    }
    notified
}

#[inline]
fn wake_rest() {
    // A batch of one was taken out whole: what is there belongs to somebody else.
    if BATCH > 1 && !ASIDE.with(Aside::is_empty) {
        wake_all();
    }
}

#[inline(never)]
fn wake_all() {
    while let Some(waiter) = ASIDE.with(Aside::take) {
        waiter.wake_task();
    }
}

/// To be dropped after a listener: one that was notified passes its notification on to one that was not yet, and whoever
/// drops it has that waiter to wake, and gets the panic if its waker panics. (With batches of one the listener is discarded
/// instead, which passes nothing on but takes the list lock twice.)
pub(crate) struct Inherited;

impl Drop for Inherited {
    #[inline]
    fn drop(&mut self) {
        wake_rest();
    }
}
