//! Deliveries: taking wakers out of a list, and calling them with no lock held.
//!
//! A delivery begins a round, and calls the wakers of the round before in the order in which their
//! tasks came. It takes them out of the list in batches, under the lock, and calls each batch with
//! no lock held. A task that waits again meanwhile is in the next round, and is not woken twice.
//!
//! The wakers that no delivery has taken yet stay in the list, where every delivery finds them. So
//! a thread or an interrupt handler that sends during a delivery does not depend on it: its own
//! delivery takes what is left, and then begins the next round. Only the wakers of a batch depend
//! on the sender that has taken them.
//!
//! With `critical-section`, a batch is one entry, so interrupts are off for a bounded time. And the
//! waiting bit stays set until the list is empty, so a send in an interrupt handler finds it.

use core::array;
use core::task::Waker;

use super::wait_list::{Entry, WaitList};
use super::{LANES, Waiters};
use crate::sync::{AtomicUsize, Event, HAS_CRITICAL_SECTIONS, IS_MODEL, Ordering, despite_panics, notify_all};

/// The entries that a delivery takes at once. With one at a time, waking 10,000 tasks on two
/// threads takes a tenth longer; with more than three, waking a single task takes longer. (In a
/// model a batch is one entry, so the steps of two deliveries mix in every way.)
pub(super) type Batch = [Entry; if HAS_CRITICAL_SECTIONS || IS_MODEL { 1 } else { 3 }];

impl Waiters {
    /// Wakes the tasks that wait in `lanes`, which has a bit for each lane, and then the listeners.
    /// If a waker panics, the others are called all the same. The caller holds no lock.
    ///
    /// With critical sections, the caller has left the waiting bit of the lane set, so a send in
    /// an interrupt handler finds it. `until_empty` is the word and the mask that clears the
    /// bit, which is done once the list is empty.
    //
    // Not inlined, so the fast path of a send stays small.
    #[inline(never)]
    pub(crate) fn notify(&self, mut lanes: usize, listeners: Option<&Event>, until_empty: (&AtomicUsize, usize)) {
        // What has been taken out of the present lane, and in which round was it at first?
        let (mut batch, mut first) = (array::from_fn(|_| Entry::Free(0)), None);
        despite_panics(|| {
            wake(&mut batch);
            // A bit was set after the list had been made, and was read with Acquire, so the list is
            // there.
            while let (Some(lists), 1..) = (self.lists.get(), lanes) {
                // (If there is only one lane, the next bit is that of the senders.)
                let lane = if LANES == 1 { lanes / 2 } else { lanes.trailing_zeros() as usize };
                let list = lists.list(lane);
                while list.take_batch(&mut batch, &mut first, until_empty) {
                    wake(&mut batch);
                }
                (lanes, first) = (if LANES == 1 { 0 } else { lanes & (lanes - 1) }, None);
                wake(&mut batch);
            }
            listeners.into_iter().for_each(notify_all);
        });
    }
}

/// Calls the wakers that have not been called yet.
#[inline]
pub(super) fn wake(batch: &mut Batch) {
    batch.iter_mut().filter_map(Entry::take).for_each(Waker::wake);
}

impl WaitList {
    /// Takes the next wakers out of the list, first those that another delivery has left. Returns
    /// `false` once nobody is left who waited when this delivery came, in the round `first`. (`bit` is
    /// the `until_empty` of [`notify`](Waiters::notify).)
    #[inline]
    pub(super) fn take_batch(&self, batch: &mut Batch, first: &mut Option<usize>, bit: (&AtomicUsize, usize)) -> bool {
        let over = self.entries.with(|entries| {
            let first = *first.get_or_insert(self.round());
            if !entries.has_rest() && self.round() == first {
                self.begin_round(entries);
            }
            batch.iter_mut().for_each(|place| *place = entries.take_next());
            if entries.has_rest() {
                // The rest of a later round is left to the delivery that has begun it.
                return (self.round().wrapping_sub(first) > 1).then_some(None);
            }
            if HAS_CRITICAL_SECTIONS && entries.registered == 0 {
                // ORDERING: Relaxed; a task registers in a critical section before it looks at the
                // bit. If that was before this one, the list was not empty, or a delivery has taken
                // the waker. If it is after this one, the task sees the bit cleared.
                bit.0.fetch_and(bit.1, Ordering::Relaxed);
            }
            (self.round() != first).then(|| entries.excess())
        });
        if let Some(Some(capacity)) = over {
            self.resize(capacity, false);
        }
        over.is_none()
    }
}
