//! Deliveries: taking wakers out of a list, and calling them with no lock held.
//!
//! A delivery begins a round, and calls the wakers of the round before in the order in which their
//! tasks came. It takes them out of the list as one vector, which it gives back. So the lock is
//! taken twice, however many tasks wait (and once for a single task), and two deliveries never call
//! the same waker. A task that waits again meanwhile is in the next round, and is not woken twice.
//!
//! With `critical-section`, an interrupt can preempt a sender in the middle of its delivery, and
//! the tasks that are left must not wait for that sender. So there the vector stays in the list, a
//! delivery takes one waker at a time, and the waiting bit stays set until the list is empty. A
//! send in the interrupt handler finds the bit, takes what is left, and then begins a round of its
//! own. (Only the waker that the preempted sender has just taken waits for it.)

use core::mem;
use core::task::Waker;

use super::wait_list::{KEPT, Round, WaitList};
use super::{LANES, Lists};
use crate::sync::{AtomicUsize, HAS_CRITICAL_SECTIONS, Ordering};

/// The wake-ups that one call must still do.
pub(super) struct Delivery<'a> {
    /// Where are the lists? There are none if no task has ever waited.
    lists: Option<&'a Lists>,
    /// Which lanes are still to be woken? The lowest bit is the first lane.
    lanes: usize,
    /// Which list gets the vector of `taken` back?
    list: Option<&'a WaitList>,
    /// Which wakers has it taken out of that list?
    taken: Round,
    /// Has it begun a round? (Used only with critical sections, where a delivery has one lane.)
    has_begun: bool,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(lists: Option<&'a Lists>, lanes: usize) -> Self {
        Self { lists, lanes, list: None, taken: Round::default(), has_begun: false }
    }

    /// Wakes all that are left. If a waker panics, the next call goes on with the one after it.
    #[inline]
    pub(super) fn run(&mut self, until_empty: (&AtomicUsize, usize)) {
        loop {
            while self.taken.has_rest() {
                self.taken.take_next().into_iter().for_each(Waker::wake);
            }
            if let Some(list) = self.list.take() {
                list.give_back(mem::take(&mut self.taken));
            }
            let Some(list) = self.next_list() else { return };
            let mut single = None;
            if HAS_CRITICAL_SECTIONS {
                self.deliver_in_place(list, until_empty);
            } else {
                match list.take_round() {
                    Ok(round) => (self.list, self.taken) = (Some(list), round),
                    Err(waker) => single = waker,
                }
            }
            self.lanes = if LANES == 1 { 0 } else { self.lanes & (self.lanes - 1) };
            single.into_iter().for_each(Waker::wake);
        }
    }

    #[inline]
    fn next_list(&mut self) -> Option<&'a WaitList> {
        if self.lanes == 0 {
            return None;
        }
        // (If there is only one lane, the next bit is that of the senders.)
        let lane = if LANES == 1 { self.lanes / 2 } else { self.lanes.trailing_zeros() as usize };
        // The bit was set after the list had been made, and was read with Acquire, so the list is
        // there.
        self.lists.map(|lists| lists.list(lane))
    }

    /// Wakes all tasks in a list, and those that another delivery has left there. Each critical
    /// section looks at one entry.
    #[inline]
    fn deliver_in_place(&mut self, list: &WaitList, (word, mask): (&AtomicUsize, usize)) {
        let (mut is_over, mut capacity) = (false, 0);
        while !is_over {
            let waker = list.entries.with(|entries| {
                if !entries.previous.has_rest() && !mem::replace(&mut self.has_begun, true) {
                    list.begin_round(entries);
                }
                let waker = entries.previous.take_next();
                if !entries.previous.has_rest() {
                    is_over = self.has_begun;
                    capacity = entries.previous.entries.capacity();
                    if entries.registered == 0 {
                        // ORDERING: Relaxed; a task registers in a critical section before it looks
                        // at the bit. If that was before this one, the list was not empty, or a
                        // delivery has taken the waker. If it is after this one, the task sees the
                        // bit cleared.
                        word.fetch_and(mask, Ordering::Relaxed);
                    }
                }
                waker
            });
            waker.into_iter().for_each(Waker::wake);
        }
        if capacity > KEPT {
            list.free_previous();
        }
    }
}
