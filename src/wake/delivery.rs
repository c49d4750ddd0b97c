//! Deliveries: taking wakers out of the lists, and calling them with no lock held.
//!
//! A delivery begins a round, and calls the wakers of the round before in the order in which their
//! tasks came. It takes that round out of the list as a whole, and gives the vector back, so it
//! takes the lock twice, however many tasks wait (and once for a single task). Two deliveries never
//! call the same waker. A task that waits again meanwhile is in the next round, and is not woken
//! twice.
//!
//! With `critical-section`, an interrupt can preempt a sender in the middle of its delivery, and
//! the tasks that are left must not wait for that sender. So there the round stays in the list, a
//! delivery takes one waker at a time, and the waiting bit stays set until the list is empty. A
//! send in an interrupt handler finds the bit, takes what is left, and then begins a round of its
//! own. (Only the waker that the preempted sender has just taken waits for it.)

use core::mem;
use core::task::Waker;

use super::wait_list::{Entry, Round, WaitList};
use super::{Bit, LANES, Waiters};
use crate::sync::{Event, HAS_CRITICAL_SECTIONS, Ordering, despite_panics, notify_all};

impl Waiters {
    /// Wakes the tasks that wait in `lanes`, which has a bit for each lane, and then the listeners.
    /// If a waker panics, the others are called all the same. The caller holds no lock.
    ///
    /// With critical sections, the caller has left the waiting `bit` set, and this clears it once
    /// the list is empty.
    //
    // Not inlined, so the fast path of a send stays small.
    #[inline(never)]
    pub(crate) fn notify(&self, mut lanes: usize, listeners: Option<&Event>, bit: Bit<'_>) {
        // Of the present lane: what has been taken and not called, and which round has been begun.
        let (mut one, mut all, mut begun) = (Entry::Free(0), Round::default(), None);
        despite_panics(|| {
            // The rest of a round, if one of its wakers has panicked. Its lane is done already.
            all.wake();
            // A bit was set after the list had been made, and was read with Acquire, so the list is
            // there.
            while let (Some(lists), 1..) = (self.lists.get(), lanes) {
                // (If there is only one lane, the next bit is that of the senders.)
                let lane = if LANES == 1 { lanes / 2 } else { lanes.trailing_zeros() as usize };
                let list = lists.list(lane);
                while list.take(&mut one, &mut all, &mut begun, bit) {
                    one.take().into_iter().for_each(Waker::wake);
                }
                (lanes, begun) = (if LANES == 1 { 0 } else { lanes & (lanes - 1) }, None);
                one.take().into_iter().for_each(Waker::wake);
                if !HAS_CRITICAL_SECTIONS && all.has_rest() {
                    all.wake();
                    list.give_back(mem::take(&mut all));
                }
            }
            listeners.into_iter().for_each(notify_all);
        });
    }
}

impl WaitList {
    /// Takes `one` entry of the round before, or `all`, and begins the next round first, unless
    /// that has been done. Returns `false` once nobody is left who waited when the delivery came.
    #[inline]
    pub(super) fn take(&self, one: &mut Entry, all: &mut Round, begun: &mut Option<usize>, bit: Bit<'_>) -> bool {
        // `None`: not over yet. `Some(true)`: the list should shrink as well.
        let over = self.entries.with(|entries| {
            if !HAS_CRITICAL_SECTIONS && entries.registered == 0 {
                return Some(false); // A round without tasks is no measure for its vector.
            }
            if !entries.previous.has_rest() && begun.is_none() {
                *begun = Some(self.begin_round(entries));
            }
            if !HAS_CRITICAL_SECTIONS && entries.previous.entries.len() > 1 {
                mem::swap(all, &mut entries.previous);
                return Some(false);
            }
            *one = entries.previous.take_next();
            if entries.previous.has_rest() {
                // The rest of a later round is left to the delivery that has begun it.
                return begun.is_some_and(|begun| begun != self.round()).then_some(false);
            }
            if HAS_CRITICAL_SECTIONS && entries.registered == 0 {
                // ORDERING: Relaxed; a task registers in a critical section before it looks at the
                // bit. If that was before this one, the list was not empty, or a delivery has taken
                // the waker. If it is after this one, the task sees the bit cleared.
                bit.0.fetch_and(bit.1, Ordering::Relaxed);
            }
            begun.is_some().then(|| entries.previous.is_too_large())
        });
        if over == Some(true) {
            self.resize(0, false);
        }
        over.is_none()
    }
}
