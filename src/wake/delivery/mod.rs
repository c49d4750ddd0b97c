//! Deliveries: calling the wakers of a round, with no lock held.
//!
//! There are two ways to take the wakers out of a list, with one contract. [`Taken::next`] returns the next waker of a
//! delivery to a list, and `None` at its end. A task that waits again before that is in the next round, and is not called
//! twice. `Rest` is what a list keeps for its deliveries.
//!
//! - `swapped.rs`: a delivery takes all wakers at once, so two deliveries never call each other's.
//! - `in_place.rs`, with critical sections: a delivery takes one waker at a time and leaves the others in the list. An
//!   interrupt may preempt a sender in the middle of its delivery. The tasks that are left must not wait for that sender,
//!   so a send in the interrupt handler wakes them too.

#[cfg(all(feature = "critical-section", not(feature = "std")))]
mod in_place;
#[cfg(not(all(feature = "critical-section", not(feature = "std"))))]
mod swapped;

use core::task::Waker;

#[cfg(all(feature = "critical-section", not(feature = "std")))]
pub(super) use self::in_place::{Rest, Taken};
#[cfg(not(all(feature = "critical-section", not(feature = "std"))))]
pub(super) use self::swapped::{Rest, Taken};
use super::Lists;
use super::wait_list::WaitList;
use crate::sync::{AtomicUsize, Event, catch_panic, notify_all};

/// The wake-ups that one call must still do.
///
/// If a waker panics, dropping the delivery during the unwind wakes all others. Further panics are caught, because they
/// would abort the program.
pub(super) struct Delivery<'a> {
    pub(super) lists: Option<&'a Lists>,
    /// Which lanes are still to be woken? The lowest bit is the first lane.
    pub(super) lanes: usize,
    /// Which listeners are still to be notified?
    pub(super) listeners: Option<&'a Event>,
    /// Which list is being delivered to?
    pub(super) list: Option<&'a WaitList>,
    /// What has been taken out of it?
    pub(super) taken: Taken,
    /// Which word, and which mask of it, clears the waiting bit once the list is empty? (With critical sections.)
    pub(super) until_empty: (&'a AtomicUsize, usize),
}

impl Delivery<'_> {
    #[inline]
    pub(super) fn run(&mut self) {
        self.call_wakers(Waker::wake);
        // The listeners stay noted until all have been notified. If the waker of one panics, `drop` goes on with the next one.
        if let Some(listeners) = self.listeners {
            notify_all(listeners);
        }
    }

    /// Calls `wake` with each waker. If that panics, another call goes on with the next one.
    #[inline]
    fn call_wakers(&mut self, wake: impl Fn(Waker)) {
        loop {
            if let Some(list) = self.list {
                while let Some(waker) = self.taken.next(list, self.until_empty) {
                    wake(waker);
                }
                self.list = None;
            }
            if self.lanes == 0 {
                return;
            }
            // The bit was set after the list had been made, and was taken with Acquire, so the list is there.
            let lane = self.lanes.trailing_zeros() as usize;
            self.list = self.lists.map(|lists| lists.list(lane));
            self.lanes &= self.lanes - 1;
        }
    }
}

impl Drop for Delivery<'_> {
    fn drop(&mut self) {
        self.call_wakers(|waker| catch_panic(|| waker.wake()));
        // Each attempt notifies one more listener at least.
        while let Some(listeners) = self.listeners {
            catch_panic(|| {
                notify_all(listeners);
                self.listeners = None;
            });
        }
    }
}
