//! Deferred wake-ups: waiters that were notified, and whose tasks are still to be woken.
//!
//! event-listener calls wakers while it holds its list lock. There a wake-up is only deferred: the waiter is put where
//! the call that notifies finds it, and that call wakes the tasks once the lock is down.

use core::cell::Cell;

use crate::sync::{BATCH, TaskArc, Wake, contained, scratch};
use crate::waiter::Waiter;

/// A ring of waiters, first in, first out. It has room for all: a batch is put in while it is empty. What is propagated is
/// put in where nobody is waking: while it is empty too, or when the first of a batch was taken out and its waker has
/// panicked.
struct Deferred {
    /// How many were put in, and how many of those are out again; both wrap.
    put: Cell<usize>,
    taken: Cell<usize>,
    /// Whether a caller further up takes them out, one by one.
    is_waking: Cell<bool>,
    waiters: [Cell<Option<TaskArc<Waiter>>>; BATCH],
}

scratch! {
    static DEFERRED: Deferred = Deferred {
        put: Cell::new(0),
        taken: Cell::new(0),
        is_waking: Cell::new(false),
        waiters: [const { Cell::new(None) }; BATCH],
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

/// Whether listeners are to be discarded before they are dropped, which takes their list's lock once more. If not, one that
/// was notified propagates its notification to one that was not, and whoever drops it has that waiter's task to wake.
///
/// While this thread is waking, those that it has still to wake come first. And tasks that are polled where they are
/// woken would pile up on the stack, each woken by the one before.
#[inline]
pub(crate) fn must_discard() -> bool {
    BATCH == 1 || DEFERRED.with(|deferred| deferred.is_waking.get())
}

/// To be dropped right after a listener, before any code of others runs: wakes the task to which it has propagated its
/// notification.
pub(crate) struct WakePropagated;

impl Drop for WakePropagated {
    #[inline]
    fn drop(&mut self) {
        if BATCH > 1 && DEFERRED.with(|deferred| deferred.len() > 0 && !deferred.is_waking.get()) {
            // Whoever drops a listener has nothing to do with the other task's waker, and does not get its panic.
            wake_rest_contained();
        }
    }
}

/// Wakes those who are still to be woken on this thread, whatever panics.
#[cold]
pub(crate) fn wake_rest_contained() {
    while BATCH > 1 && DEFERRED.with(Deferred::len) > 0 {
        contained(wake_rest);
    }
}
