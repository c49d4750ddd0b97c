//! Tasks that wait, and how they are woken. This wing knows no channel and no versions: a channel
//! tells it which lanes to wake, as plain bits.
//!
//! | file | its one job |
//! |---|---|
//! | `mod.rs` | the lists of a channel, and which of them a wait joins |
//! | `wait_list.rs` | one list: registering a waker, and taking it back |
//! | `delivery.rs` | taking the wakers out of the lists, and calling them |
//!
//! # Lanes
//!
//! A channel has several *lanes*, each with a list, so that threads seldom contend for the lock of
//! one. A wait chooses its lane when it begins. At first that is always the first lane, so a
//! channel that one thread uses has one list. Once a wait finds the lock of that list held, the
//! channel makes the others and keeps them: each wait then uses the lane of its receiver's number.
//! A send to ten waiting tasks then takes about a third longer, and to a hundred a tenth longer
//! (see "How cost grows" in `benches/results.md`). The lane is the receiver's and not the thread's,
//! because a task that another thread runs next time would be woken twice by one send, and the
//! lists would grow and shrink as tasks move. Senders that wait have one list of their own.

pub(crate) mod delivery;
#[cfg(all(test, loom, feature = "loom"))]
mod loom_tests;
#[cfg(test)]
mod tests;
pub(crate) mod wait_list;

use core::task::Waker;

use self::wait_list::{Ticket, WaitList};
use crate::sync::{AtomicUsize, Event, HAS_STD, IS_MODEL, Lazy, LazyIfLarge};

/// The number of lanes for receivers, a power of two. There is one without threads, and one where a
/// narrow state word has no bits for more. In a model two are enough.
pub(crate) const LANES: usize = match (HAS_STD && usize::BITS == 64, IS_MODEL) {
    (true, false) => 8,
    (true, true) => 2,
    (false, _) => 1,
};

/// The lane of the senders that wait. It is also the number of each of them.
pub(crate) const SENDERS: usize = LANES;

/// A waiting bit: the word that it is in, and the mask that clears it.
pub(crate) type Bit<'a> = (&'a AtomicUsize, usize);

/// Everything that waits on a channel.
#[derive(Default)]
pub(crate) struct Waiters {
    /// Where do tasks wait? On 64-bit targets this is made by the first wait.
    lists: LazyIfLarge<Lists>,
    /// Which listeners wait for the next version, or for the close?
    pub(crate) on_change: Event,
}

#[derive(Default)]
#[repr(C)]
struct Lists {
    /// Who waits in the first lane, which is the only one until two threads meet?
    first: WaitList,
    /// Who waits in the other lanes? Made when two threads meet. (The words between two lists keep
    /// them on different cache lines. An alignment would hold for a channel without them as well.)
    others: LazyIfLarge<[(WaitList, [usize; 6]); LANES - 1]>,
    /// Which senders wait? Made by the first such wait.
    senders: Lazy<WaitList>,
    /// Which listeners wait for the last receiver's drop?
    on_closed: Event,
}

impl Lists {
    fn list(&self, lane: usize) -> &WaitList {
        if lane == 0 { &self.first } else { self.other(lane) }
    }

    #[inline(never)]
    fn other(&self, lane: usize) -> &WaitList {
        // (An index would link the text of its panic.)
        let other = self.others.get().and_then(|others| others.get(lane - 1));
        other.map_or_else(|| self.senders.get_or_make(), |(list, _)| list)
    }

    /// Returns the lane for a wait that begins, of a receiver or sender with this number.
    fn lane_for(&self, number: u8) -> u8 {
        if self.others.get().is_none() && usize::from(number) != SENDERS {
            if !self.first.entries.is_locked() {
                return 0;
            }
            self.others.get_or_make();
        }
        number
    }
}

impl Waiters {
    /// Puts the waker into a list, for the next delivery to the ticket's lane, and returns the
    /// waker that it replaces.
    //
    // Not inlined, so the poll of each future stays small.
    #[inline(never)]
    pub(crate) fn register(&self, ticket: &mut Ticket, mut waker: Waker) -> Option<Waker> {
        let lists = self.lists.get_or_make();
        if LANES > 1 && !ticket.is_waiting() {
            ticket.lane = lists.lane_for(ticket.number);
        }
        let list = lists.list(ticket.lane.into());
        loop {
            let (refused, capacity) = match list.register(ticket, waker) {
                Ok(replaced) => return replaced,
                Err(full) => full,
            };
            // Other tasks may take the new room in the meantime. Then the list grows again.
            list.resize(capacity, true);
            waker = refused;
        }
    }

    /// Takes the waker back, unless a delivery has taken it. The caller drops it last, because that
    /// may panic or use the channel.
    #[inline]
    #[must_use = "dropping a waker runs foreign code: do that last"]
    pub(crate) fn cancel(&self, ticket: &mut Ticket) -> Option<Waker> {
        if ticket.is_waiting() { self.cancel_waiting(ticket) } else { None }
    }

    // Not inlined, so a poll that is ready at once stays small.
    #[inline(never)]
    fn cancel_waiting(&self, ticket: &mut Ticket) -> Option<Waker> {
        self.lists.get()?.list(ticket.lane.into()).cancel(ticket)
    }

    pub(crate) fn on_closed(&self) -> &Event {
        &self.lists.get_or_make().on_closed
    }
}
