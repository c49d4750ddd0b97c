//! Deliveries: taking the wakers of a round out of a list, and calling them with no lock held.
//!
//! A delivery begins a round: the vector of the tasks that wait becomes the vector of the tasks that are to
//! be woken. It stays in the list, and the delivery takes a *batch* of wakers out of it at a time. So any
//! other delivery to the list finds what is left.
//!
//! ```text
//!   delivering:  | taken | still to be taken |
//!   waiting:     | tasks of the next round |
//! ```
//!
//! A delivery first takes what an earlier one has left, and then begins a round of its own. It is over when
//! that round has been taken, or when a later delivery has begun the next: that one has taken the rest.
//!
//! Two deliveries to one list meet if two threads send, or if a waker sends. With `critical-section` they
//! also meet if an interrupt preempts a sender in the middle of its delivery. The tasks that are left must
//! not wait for that sender. So a batch is one waker then, and the waiting bit stays set until the list is
//! empty.

use core::task::Waker;

use super::Lists;
use super::wait_list::WaitList;
use crate::sync::{AtomicUsize, Event, HAS_CRITICAL_SECTIONS, IS_MODEL, Ordering, catch_panic, notify_all};

/// The most wakers that a delivery takes at once.
const BATCH: usize = match (HAS_CRITICAL_SECTIONS, IS_MODEL) {
    (true, _) => 1,
    (false, true) => 2,
    (false, false) => 16,
};

/// The wake-ups that one call must still do.
///
/// If a waker panics, dropping the delivery during the unwind wakes all others. Further panics are caught,
/// because they would abort the program.
pub(super) struct Delivery<'a> {
    pub(super) lists: Option<&'a Lists>,
    /// Which lanes are still to be woken? The lowest bit is the first lane.
    pub(super) lanes: usize,
    /// Which listeners are still to be notified?
    pub(super) listeners: Option<&'a Event>,
    /// Which word, and which mask of it, clears the waiting bit of an empty list? (With critical sections.)
    pub(super) until_empty: (&'a AtomicUsize, usize),
    /// Which wakers does it call now?
    pub(super) current: Batch<'a>,
}

/// Wakers that a delivery has taken out of a list.
#[derive(Default)]
pub(super) struct Batch<'a> {
    /// Which list has more of them?
    list: Option<&'a WaitList>,
    /// Which round of that list has the delivery begun?
    round: Option<usize>,
    wakers: [Option<Waker>; BATCH],
    /// How many places of `wakers` are in use?
    len: usize,
    /// How many of these have been called?
    called: usize,
}

impl Delivery<'_> {
    #[inline]
    pub(super) fn run(&mut self) {
        while let Some(waker) = self.next_waker() {
            waker.wake();
        }
        // The listeners stay noted until all have been notified. If the waker of one panics, `drop` goes on
        // with the next one.
        if let Some(listeners) = self.listeners {
            notify_all(listeners);
        }
    }

    #[inline]
    fn next_waker(&mut self) -> Option<Waker> {
        loop {
            if let Some(waker) = self.current.next() {
                return Some(waker);
            }
            if let Some(list) = self.current.list {
                self.current.refill(list, self.until_empty);
            } else if self.lanes == 0 {
                return None;
            } else {
                // The bit was set after the list had been made, and was taken with Acquire, so the list is there.
                let lane = self.lanes.trailing_zeros() as usize;
                self.current.list = self.lists.map(|lists| lists.list(lane));
                self.current.round = None;
                self.lanes &= self.lanes - 1;
            }
        }
    }
}

impl Batch<'_> {
    #[inline]
    fn next(&mut self) -> Option<Waker> {
        while self.called < self.len {
            self.called += 1;
            // A place is empty if the wait has been cancelled.
            if let Some(waker) = self.wakers.get_mut(self.called - 1)?.take() {
                return Some(waker);
            }
        }
        None
    }

    /// Takes the next wakers out of the list. If the delivery to it is over, forgets the list.
    #[inline]
    fn refill(&mut self, list: &WaitList, (word, mask): (&AtomicUsize, usize)) {
        (self.len, self.called) = (0, 0);
        let has_surplus = list.entries.with(|entries| {
            // ORDERING: Relaxed; the round changes only under the lock.
            let now = list.round.load(Ordering::Relaxed);
            if self.round.is_some_and(|own| own != now) {
                self.list = None;
                return false;
            }
            if self.round.is_none() && entries.delivering.is_empty() && entries.registered > 0 {
                entries.begin_round();
                let own = now.wrapping_add(1);
                // ORDERING: Relaxed; the lock orders this with `register`. A `cancel` that misses it takes the lock.
                list.round.store(own, Ordering::Relaxed);
                self.round = Some(own);
            }
            self.len = entries.take_some(&mut self.wakers);
            let Some(has_surplus) = entries.end_round() else { return false };
            if entries.registered == 0 && HAS_CRITICAL_SECTIONS {
                // ORDERING: Relaxed; a task registers in a critical section before it looks at the bit. If that was
                // before this one, the list was not empty. If it is after this one, the task sees the bit cleared.
                word.fetch_and(mask, Ordering::Relaxed);
            }
            if entries.registered == 0 || self.round.is_some() {
                self.list = None;
            }
            has_surplus
        });
        if has_surplus {
            list.trim();
        }
    }
}

impl Drop for Delivery<'_> {
    fn drop(&mut self) {
        while let Some(waker) = self.next_waker() {
            catch_panic(|| waker.wake());
        }
        // Each attempt notifies one more listener at least.
        while let Some(listeners) = self.listeners {
            catch_panic(|| {
                notify_all(listeners);
                self.listeners = None;
            });
        }
    }
}
