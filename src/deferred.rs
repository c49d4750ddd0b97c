//! Deferred wake-ups: waiters that were notified, and whose tasks are still to be woken.
//!
//! event-listener calls wakers while it holds its list lock. There a wake-up is only deferred: the waiter is put where
//! the call that notifies finds it, and that call wakes the tasks once the lock is down.

use core::cell::Cell;

use crate::sync::{BATCH, TaskArc, Wake, contained, scratch};
use crate::waiter::Waiter;

/// A batch, and one that is propagated while that is woken.
const ROOM: usize = if BATCH == 1 { 1 } else { BATCH + 1 };

/// A ring of waiters, first in, first out.
struct Deferred {
    /// How many were put in, and how many of those are out again; both wrap.
    put: Cell<usize>,
    taken: Cell<usize>,
    /// Whether a caller further up takes them out, one by one.
    is_waking: Cell<bool>,
    waiters: [Cell<Option<TaskArc<Waiter>>>; ROOM],
}

scratch! {
    static DEFERRED: Deferred = Deferred {
        put: Cell::new(0),
        taken: Cell::new(0),
        is_waking: Cell::new(false),
        waiters: [const { Cell::new(None) }; ROOM],
    };
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
    fn len(&self) -> usize {
        self.put.get().wrapping_sub(self.taken.get())
    }

    #[inline]
    fn take(&self) -> Option<TaskArc<Waiter>> {
        if self.len() == 0 {
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
        wake_all(first);
    }
    notified
}

#[inline]
fn wake_rest() {
    // A batch of one was taken out whole: what is there belongs to somebody else.
    if BATCH > 1 {
        if let Some(first) = DEFERRED.with(Deferred::take) {
            wake_all(first);
        }
    }
}

/// Wakes `first`, and then the others.
fn wake_all(first: TaskArc<Waiter>) {
    if BATCH == 1 {
        return first.wake_task();
    }
    let _waking = Waking::begin();
    first.wake_task();
    while let Some(waiter) = DEFERRED.with(Deferred::take) {
        waiter.wake_task();
    }
}

/// While it lives, waiters are taken out on this thread.
struct Waking {
    is_nested: bool,
}

impl Waking {
    fn begin() -> Self {
        Self { is_nested: DEFERRED.with(|deferred| deferred.is_waking.replace(true)) }
    }
}

impl Drop for Waking {
    fn drop(&mut self) {
        DEFERRED.with(|deferred| deferred.is_waking.set(self.is_nested));
    }
}

/// To be dropped right after a listener, before any code of others runs: a listener that was notified propagates its
/// notification to one that was not, and whoever drops it has that waiter's task to wake. (With batches of one the
/// listener is discarded instead, which propagates nothing but takes the list lock twice.)
pub(crate) struct WakePropagated;

impl Drop for WakePropagated {
    #[inline]
    fn drop(&mut self) {
        if BATCH > 1 && DEFERRED.with(Deferred::len) > 0 {
            wake_propagated();
        }
    }
}

#[cold]
fn wake_propagated() {
    // If this thread is waking already, a waker has got here: it is left to return before the next one is called, or
    // tasks that are polled where they are woken would pile up. That is, while the next one to be propagated has room.
    let must_wake = || DEFERRED.with(|deferred| deferred.len() > if deferred.is_waking.get() { BATCH } else { 0 });
    while must_wake() {
        // Whoever drops a listener has nothing to do with the other task's waker, and does not get its panic.
        contained(wake_rest);
    }
}
