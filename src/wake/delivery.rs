//! Deliveries: taking wakers out of a list, and calling them with no lock held.
//!
//! A delivery begins a round, and takes a *batch* of its wakers at a time. The others stay in the
//! list, so any other delivery to the list finds what is left.
//!
//! ```text
//!   0       next                end                     len
//!   | taken | still to be taken   | tasks of the next round |
//! ```
//!
//! An entry whose waker has been taken is free. A task that waits again may be in it, and belongs
//! to the next round.
//!
//! A delivery first takes what another one has left, and then begins a round of its own, if tasks
//! wait. It is over when that round has been taken, or when another delivery has begun a round: that
//! one takes the rest.
//!
//! Two deliveries to one list meet if two threads send, or if a waker sends. With
//! `critical-section` they also meet if an interrupt preempts a sender in the middle of its
//! delivery. The tasks that are left must not wait for that sender. So a batch is one waker then,
//! and the waiting bit stays set until the list is empty.

use core::task::Waker;

use super::Lists;
use super::wait_list::{KEPT_BY_DELIVERY, WaitList};
use crate::sync::{AtomicUsize, Event, HAS_CRITICAL_SECTIONS, IS_MODEL, Ordering, catch_panic, notify_all};

/// How many wakers a batch has besides the first one, which is called at once.
pub(super) const BATCH: usize = match (HAS_CRITICAL_SECTIONS, IS_MODEL) {
    (true, _) => 0,
    (false, true) => 1,
    (false, false) => 15,
};

/// The wake-ups that one call must still do.
///
/// If a waker panics, dropping the delivery during the unwind wakes all others. Further panics are
/// caught, because they would abort the program.
pub(super) struct Delivery<'a> {
    pub(super) lists: Option<&'a Lists>,
    /// Which lanes are still to be woken? The lowest bit is the first lane.
    pub(super) lanes: usize,
    /// Which listeners are still to be notified?
    pub(super) listeners: Option<&'a Event>,
    /// Which word, and which mask of it, clears the waiting bit of an empty list? (With critical
    /// sections.)
    pub(super) until_empty: (&'a AtomicUsize, usize),
    /// Where in these lists is it?
    pub(super) position: Position<'a>,
}

/// What a delivery does in one list.
#[derive(Default)]
pub(super) struct Position<'a> {
    /// Which list does it take wakers out of?
    list: Option<&'a WaitList>,
    /// In which round was that list when the delivery last looked?
    round: Option<usize>,
    /// Has the delivery begun that round?
    has_begun: bool,
    /// Which wakers has it taken and not called yet? Those from `called` on.
    batch: [Option<Waker>; BATCH],
    called: usize,
}

impl Delivery<'_> {
    #[inline]
    pub(super) fn run(&mut self) {
        while let Some(waker) = self.next_waker() {
            waker.wake();
        }
        // The listeners stay noted until all have been notified. If the waker of one panics, `drop`
        // goes on with the next one.
        if let Some(listeners) = self.listeners {
            notify_all(listeners);
        }
    }

    /// Returns the next waker to call.
    #[inline]
    pub(super) fn next_waker(&mut self) -> Option<Waker> {
        loop {
            let waker = self.position.next_waker(self.until_empty);
            if waker.is_some() {
                return waker;
            }
            if self.position.list.is_none() {
                if self.lanes == 0 {
                    return None;
                }
                // The bit was set after the list had been made, and was read with Acquire, so the
                // list is there.
                let lane = self.lanes.trailing_zeros() as usize;
                self.lanes &= self.lanes - 1;
                self.position.list = self.lists.map(|lists| lists.list(lane));
                (self.position.round, self.position.has_begun) = (None, false);
            }
        }
    }
}

impl Position<'_> {
    /// Returns the next waker, if there is one in the batch or at the next places in the list.
    #[inline]
    fn next_waker(&mut self, until_empty: (&AtomicUsize, usize)) -> Option<Waker> {
        if let Some(waker) = self.batch.get_mut(self.called).and_then(Option::take) {
            self.called += 1;
            return Some(waker);
        }
        self.called = 0;
        self.take_batch(self.list?, until_empty)
    }

    /// Takes the next batch out of the list. If the delivery to the list is over, forgets the list.
    #[inline]
    fn take_batch(&mut self, list: &WaitList, (word, mask): (&AtomicUsize, usize)) -> Option<Waker> {
        let (waker, is_too_large) = list.entries.with(|entries| {
            // ORDERING: Relaxed; the round changes only under the lock.
            let round = list.round.load(Ordering::Relaxed);
            // (With critical sections, a later delivery ends before an earlier one goes on. On two
            // cores the earlier one may go on with later rounds as long as the other core begins
            // them.)
            if !HAS_CRITICAL_SECTIONS && self.round.is_some_and(|seen| seen != round) {
                self.list = None;
                return (None, false);
            }
            let begins = !entries.has_rest() && !self.has_begun && entries.registered > 0;
            if begins {
                entries.begin_round();
                // ORDERING: Relaxed; the lock orders this with `register`. A `cancel` that misses
                // it takes the lock.
                list.round.store(round.wrapping_add(1), Ordering::Relaxed);
                self.has_begun = true;
            }
            self.round = Some(round.wrapping_add(begins.into()));
            let mut waker = None;
            if begins || entries.has_rest() {
                waker = entries.take_batch(&mut self.batch);
                if entries.registered > 0 {
                    return (waker, false);
                }
            }
            self.list = None;
            if entries.registered == 0 {
                entries.forget_free_entries();
                if HAS_CRITICAL_SECTIONS {
                    // ORDERING: Relaxed; a task registers in a critical section before it looks at
                    // the bit. If that was before this one, the list was not empty. If it is after
                    // this one, the task sees the bit cleared.
                    word.fetch_and(mask, Ordering::Relaxed);
                }
            }
            (waker, entries.is_too_large(KEPT_BY_DELIVERY))
        });
        if is_too_large {
            list.resize(0);
        }
        waker
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
