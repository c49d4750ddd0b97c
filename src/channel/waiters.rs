//! All that wait on a channel: the lists of tasks, event-listener's listeners, and how they are woken.

use core::mem;
use core::task::Waker;

use crate::channel::state::{LANES, Waiting};
use crate::channel::wait_list::{Batch, Index, NO_SLOT, WaitList};
use crate::sync::{Event, Lazy, LazyTable, catch_panic, notify_all};

/// The list of the senders that wait in `closed`. The lists of the lanes come before it.
pub(crate) const SENDERS: usize = LANES;

/// Made when the first task waits: each list has its lock in memory of its own, away from those of the others.
type Lists = [Lazy<WaitList>; LANES + 1];

#[derive(Default)]
pub(crate) struct Waiters {
    lists: LazyTable<Lists>,
    /// The listeners that wait for the next version, or for the close.
    pub(crate) on_change: Event,
    /// The listeners that wait for the last receiver's drop.
    pub(crate) on_closed: Event,
}

impl Waiters {
    /// Returns a list to wait in: a lane's, or that of [`SENDERS`].
    #[inline]
    pub(crate) fn list(&self, list: u8) -> &WaitList {
        // An index out of bounds would link the text of its panic.
        self.lists.get_or_make().get(usize::from(list)).unwrap_or_else(|| unreachable!()).get_or_make()
    }

    /// Wakes all receivers that a sender owes it to. The caller holds no lock.
    #[inline]
    pub(crate) fn notify_receivers(&self, waiting: Waiting) {
        if !waiting.is_empty() {
            self.notify(waiting.lanes(), waiting.is_listening().then_some(&self.on_change));
        }
    }

    /// Wakes all senders that wait for the last receiver to be dropped. The caller holds no lock.
    pub(crate) fn notify_senders(&self) {
        self.notify(1 << SENDERS, Some(&self.on_closed));
    }

    /// Not inlined, so the fast path of a send stays small.
    #[inline(never)]
    fn notify(&self, lists: usize, listeners: Option<&Event>) {
        let mut delivery = Delivery { waiters: self, lists, listeners, head: NO_SLOT, batch: Batch::new() };
        delivery.run();
        // Everything is delivered.
        mem::forget(delivery);
    }
}

/// The wake-ups that one send or one close owes, and that are not done yet.
///
/// If a waker panics, dropping this wakes all others while the panic goes on. Further panics are caught, because they
/// would abort the program.
struct Delivery<'a> {
    waiters: &'a Waiters,
    /// A bit for each list that is still to be delivered to, the first the lowest.
    lists: usize,
    /// The listeners that are still to be notified.
    listeners: Option<&'a Event>,
    /// Where the rest of the current list is.
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
            if self.lists == 0 {
                return None;
            }
            // The bit was set after the list had been made, and was taken with Acquire: the list is there. (`get` and not
            // an index, which would link the text of a panic.)
            let list = self.lists.trailing_zeros() as usize;
            let list = self.waiters.lists.get().and_then(|lists| lists.get(list)?.get());
            if list.is_none_or(|list| list.take_wakers(&mut self.head, &mut self.batch)) {
                self.lists &= self.lists - 1;
                self.head = NO_SLOT;
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
