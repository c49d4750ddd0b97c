//! Deferred wake-ups: waiters that were notified, and whose tasks are still to be woken.
//!
//! event-listener calls wakers while it holds its list lock. There a wake-up is only deferred: the waiter is put where
//! the call that notifies finds it, and that call wakes the tasks once the lock is down.

use core::cell::Cell;

use crate::sync::{BATCH, TaskArc, Wake, finish, scratch};
use crate::waiter::Waiter;

/// A ring of waiters, first in, first out. It has room for all: a batch is put in while it is empty, and after
/// that one at most for each that was taken out.
struct Deferred {
    /// How many were put in, and how many of those are out again; both wrap.
    put: Cell<usize>,
    taken: Cell<usize>,
    waiters: [Cell<Option<TaskArc<Waiter>>>; BATCH],
}

scratch! {
    static DEFERRED: Deferred =
        Deferred { put: Cell::new(0), taken: Cell::new(0), waiters: [const { Cell::new(None) }; BATCH] };
}

impl Deferred {
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

/// How event-listener wakes a waiter.
impl Wake for Waiter {
    /// Called under event-listener's list lock, while `notify` of [`wake_batch`] runs or a notified listener is dropped:
    /// nobody else's code runs, and no memory is taken or freed.
    #[inline]
    fn wake(this: TaskArc<Self>) {
        DEFERRED.with(|deferred| deferred.put(this));
    }
}

/// Calls `notify`, which notifies [`BATCH`] waiters or fewer, and wakes their tasks. The caller holds no lock.
///
/// A task whose waker panics leaves the others where the next call, which is due at once, finds them.
#[inline]
pub(crate) fn wake_batch(notify: impl FnOnce() -> usize) -> usize {
    // Mostly there is nobody. But a waker may send as well, while others of its batch are still to be woken.
    wake_rest();
    let mut notified = 0;
    let first = DEFERRED.alone(|| {
        notified = notify();
        DEFERRED.with(Deferred::take)
    });
    if let Some(first) = first {
        first.wake_task();
        wake_rest();
    }
    notified
}

#[inline]
fn wake_rest() {
    if is_rest() {
        wake_all();
    }
}

#[inline]
fn is_rest() -> bool {
    // A batch of one was taken out whole: what is there belongs to somebody else.
    BATCH > 1 && !DEFERRED.with(Deferred::is_empty)
}

#[inline(never)]
fn wake_all() {
    while let Some(waiter) = DEFERRED.with(Deferred::take) {
        waiter.wake_task();
    }
}

/// To be dropped after a listener: one that was notified propagates its notification to one that was not yet, and
/// whoever drops it has that waiter's task to wake, and gets the panic if its waker panics. (With batches of one the
/// listener is discarded instead, which propagates nothing but takes the list lock twice.)
pub(crate) struct WakePropagated;

impl Drop for WakePropagated {
    #[inline]
    fn drop(&mut self) {
        if is_rest() {
            finish(wake_all);
        }
    }
}
