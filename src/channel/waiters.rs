//! Everything that waits on a channel: the lists of tasks, event-listener's listeners, and how they are woken.

use core::mem;
use core::task::Waker;

use crate::channel::state::{LANES, Waiting};
use crate::channel::wait_list::{Batch, Index, RECEIVERS, SENDERS, WaitList};
use crate::sync::{Event, LazyIfLarge, catch_panic, notify_all};

/// The lane in whose list senders wait in `closed`.
pub(crate) const SENDERS_LANE: usize = 0;

/// The lists. On 64-bit targets they are made when the first task waits.
#[derive(Default)]
struct Lists {
    /// On 64-bit targets each list is a separate allocation, so the locks of two lists are not next to each other.
    lanes: [LazyIfLarge<WaitList>; LANES],
    /// The listeners that wait for the last receiver's drop.
    on_closed: Event,
}

#[derive(Default)]
pub(crate) struct Waiters {
    lists: LazyIfLarge<Lists>,
    /// The listeners that wait for the next version, or for the close.
    pub(crate) on_change: Event,
}

impl Waiters {
    /// Returns the list of a lane.
    #[inline]
    pub(crate) fn list(&self, lane: u8) -> &WaitList {
        // Indexing would link the text of its panic.
        self.lists.get_or_make().lanes.get(usize::from(lane)).unwrap_or_else(|| unreachable!()).get_or_make()
    }

    pub(crate) fn on_closed(&self) -> &Event {
        &self.lists.get_or_make().on_closed
    }

    /// Wakes the receivers and listeners behind the bits that a send or the close has taken. The caller holds no lock.
    #[inline]
    pub(crate) fn notify_receivers(&self, waiting: Waiting) {
        if !waiting.is_empty() {
            self.notify(RECEIVERS, waiting.lanes(), waiting.is_listening().then_some(&self.on_change));
        }
    }

    /// Wakes all senders that wait for the last receiver to be dropped. The caller holds no lock.
    pub(crate) fn notify_senders(&self) {
        self.notify(SENDERS, 1 << SENDERS_LANE, Some(self.on_closed()));
    }

    /// Wakes all senders that wait for a receiver. The caller holds no lock.
    ///
    /// They share the list of the senders that wait for the last receiver's drop. One of those is in it only if receivers come
    /// and go at this moment. It is then woken early, and waits again.
    pub(crate) fn notify_opened(&self) {
        self.notify(SENDERS, 1 << SENDERS_LANE, None);
    }

    /// Not inlined, so the fast path of a send stays small.
    #[inline(never)]
    fn notify(&self, waiting: Index, lanes: usize, listeners: Option<&Event>) {
        let mut delivery = Delivery { waiters: self, waiting, lanes, listeners, head: waiting, batch: Batch::new() };
        delivery.run();
        // Everything has been delivered.
        mem::forget(delivery);
    }
}

/// The wake-ups that one send or one close must still do.
///
/// If a waker panics, dropping the delivery during the unwind wakes all others. Further panics are caught, because they
/// would abort the program.
struct Delivery<'a> {
    waiters: &'a Waiters,
    /// The head of the waits that it ends, in each list: [`RECEIVERS`] or [`SENDERS`].
    waiting: Index,
    /// A bit for each lane that is still to be delivered to; the lowest bit is the first lane.
    lanes: usize,
    /// The listeners that are still to be notified.
    listeners: Option<&'a Event>,
    /// The head of the rest of the current list.
    head: Index,
    batch: Batch,
}

impl Delivery<'_> {
    #[inline]
    fn run(&mut self) {
        while let Some(waker) = self.next() {
            waker.wake();
        }
        self.listeners.take().into_iter().for_each(notify_all);
    }

    #[inline]
    fn next(&mut self) -> Option<Waker> {
        loop {
            if let Some(waker) = self.batch.next() {
                return Some(waker);
            }
            if self.lanes == 0 {
                return None;
            }
            // The bit was set after the list had been made, and was taken with Acquire, so the list is there. (`get` and not
            // an index, which would link the text of a panic.)
            let lane = self.lanes.trailing_zeros() as usize;
            let list = self.waiters.lists.get().and_then(|lists| lists.lanes.get(lane)?.get());
            if list.is_none_or(|list| list.take_wakers(&mut self.head, &mut self.batch)) {
                self.lanes &= self.lanes - 1;
                self.head = self.waiting;
            }
        }
    }
}

impl Drop for Delivery<'_> {
    fn drop(&mut self) {
        while let Some(waker) = self.next() {
            catch_panic(|| waker.wake());
        }
        catch_panic(|| self.listeners.take().into_iter().for_each(notify_all));
    }
}
