//! Tasks that wait, and how they are woken. This wing knows no channel and no versions: a channel tells it which lanes to
//! wake, as plain bits.
//!
//! | file | its one job |
//! |---|---|
//! | `mod.rs` | the lists of a channel, and which of them a wait joins |
//! | `wait_list.rs` | one list: registering a waker, and taking it back |
//! | `delivery/` | taking the wakers of a round out of a list, and calling them |
//!
//! # Lanes
//!
//! A channel has several *lanes*, each with a list, so that threads seldom contend for the lock of one. A wait chooses its
//! lane anew each time that it begins: the receiver's number, masked with the channel's *spread*. The spread begins at one
//! list, and doubles when a wait finds the lock of its list held. So a channel that one thread uses has one list, and a
//! send takes one lock to wake all tasks. Senders that wait for the last receiver's drop have one list of their own.

pub(crate) mod delivery;
#[cfg(all(test, loom, feature = "loom"))]
mod loom_tests;
#[cfg(test)]
mod tests;
pub(crate) mod wait_list;

use core::mem;
use core::task::Waker;

use self::delivery::{Delivery, Taken};
use self::wait_list::{Ticket, WaitList};
use crate::sync::{AtomicUsize, Event, HAS_STD, IS_MODEL, Lazy, LazyIfLarge, Ordering};

/// The number of lanes for receivers, a power of two. There is one without threads, and one where a narrow state word has
/// no bits for more. In a model two are enough.
pub(crate) const LANES: usize = match (HAS_STD && usize::BITS == 64, IS_MODEL) {
    (true, false) => 8,
    (true, true) => 2,
    (false, _) => 1,
};

/// The lane of the senders that wait. It is also the number of each of them, and the mask of a spread leaves it alone.
pub(crate) const SENDERS: usize = LANES;

/// Everything that waits on a channel.
#[derive(Default)]
pub(crate) struct Waiters {
    /// Where do tasks wait? On 64-bit targets this is made by the first wait.
    lists: LazyIfLarge<Lists>,
    /// Which listeners wait for the next version, or for the close?
    pub(crate) on_change: Event,
}

#[derive(Default)]
struct Lists {
    /// Who waits in the first lane, which is the only one until two threads meet?
    first: WaitList,
    /// Who waits in the other lanes? Made when the spread first grows.
    others: LazyIfLarge<Others>,
    /// Who waits for the last receiver's drop? Made by the first such wait.
    senders: Lazy<Senders>,
}

#[derive(Default)]
struct Others {
    /// Which lanes are in use besides the first? Each bit that is set doubles their number. (On a target with one lane there
    /// is nothing to ask, and the word takes no memory.)
    spread: [AtomicUsize; (LANES > 1) as usize],
    lists: [Padded; LANES - 1],
}

/// A list that shares no cache line with the next one. (An alignment would hold for a channel without such lists as well.)
#[derive(Default)]
struct Padded {
    list: WaitList,
    _padding: [usize; 6],
}

#[derive(Default)]
struct Senders {
    list: WaitList,
    /// Which listeners wait for the last receiver's drop?
    on_closed: Event,
}

impl Lists {
    #[inline]
    fn list(&self, lane: usize) -> &WaitList {
        if lane == 0 { &self.first } else { self.other(lane) }
    }

    #[inline(never)]
    fn other(&self, lane: usize) -> &WaitList {
        if lane != SENDERS {
            // An index would link the text of its panic.
            if let Some(padded) = self.others.get_or_make().lists.get(lane - 1) {
                return &padded.list;
            }
        }
        &self.senders.get_or_make().list
    }

    /// Returns the mask that turns a receiver's number into its lane.
    #[inline]
    fn spread(&self) -> usize {
        // ORDERING: Relaxed; a wait notes which lane it has chosen, so any spread will do.
        self.others.get().and_then(|others| others.spread.first()).map_or(0, |spread| spread.load(Ordering::Relaxed))
    }

    /// Returns the lane for a wait that begins. If the lock of its list is held, doubles the lanes first.
    #[inline]
    fn choose(&self, number: usize) -> usize {
        let lane = number & (self.spread() | SENDERS);
        if lane == SENDERS || !self.list(lane).is_locked() {
            return lane;
        }
        self.widen();
        number & (self.spread() | SENDERS)
    }

    /// Doubles the number of lanes in use, unless all are.
    #[cold]
    #[inline(never)]
    fn widen(&self) {
        for spread in &self.others.get_or_make().spread {
            let wider = (2 * spread.load(Ordering::Relaxed) + 1) & (LANES - 1);
            // ORDERING: Relaxed; as in `spread`. If two waits widen at once, the lanes double once.
            spread.store(wider, Ordering::Relaxed);
        }
    }
}

impl Waiters {
    /// Puts the waker into a list, for the next delivery to the ticket's lane, and returns the waker that it replaces.
    //
    // Not inlined, so the poll of each future stays small.
    #[inline(never)]
    pub(crate) fn register(&self, ticket: &mut Ticket, waker: Waker) -> Option<Waker> {
        let lists = self.lists.get_or_make();
        let lane = if ticket.is_waiting() { ticket.lane() } else { lists.choose(ticket.number()) };
        let list = lists.list(lane);
        list.register(ticket, lane, waker).unwrap_or_else(|waker| self.register_in_larger(list, ticket, waker))
    }

    #[cold]
    #[inline(never)]
    fn register_in_larger(&self, list: &WaitList, ticket: &mut Ticket, waker: Waker) -> Option<Waker> {
        list.grow();
        // If other tasks have taken the new room in the meantime, the list grows again.
        self.register(ticket, waker)
    }

    /// Takes the waker back, unless a delivery has taken it. The caller drops it last, because that may panic or use the
    /// channel.
    #[inline]
    pub(crate) fn cancel(&self, ticket: &mut Ticket) -> Option<Waker> {
        if ticket.is_waiting() { self.cancel_waiting(ticket) } else { None }
    }

    // Not inlined, so a poll that is ready at once stays small.
    #[inline(never)]
    fn cancel_waiting(&self, ticket: &mut Ticket) -> Option<Waker> {
        self.lists.get()?.list(ticket.lane()).cancel(ticket)
    }

    pub(crate) fn on_closed(&self) -> &Event {
        &self.lists.get_or_make().senders.get_or_make().on_closed
    }

    /// Wakes the tasks that wait in `lanes`, which has a bit for each lane, and then the listeners. The caller holds no lock.
    ///
    /// With critical sections, the caller has left the waiting bit of the lane set, so that a send in an interrupt handler finds
    /// it. `until_empty` is the word and the mask that clears the bit, which is done once the list is empty.
    //
    // Not inlined, so the fast path of a send stays small.
    #[inline(never)]
    pub(crate) fn notify(&self, lanes: usize, listeners: Option<&Event>, until_empty: (&AtomicUsize, usize)) {
        let mut delivery =
            Delivery { lists: self.lists.get(), lanes, listeners, list: None, taken: Taken::new(), until_empty };
        delivery.run();
        // Everything has been delivered.
        mem::forget(delivery);
    }

    /// Wakes all senders that wait for the last receiver's drop. The caller holds no lock.
    pub(crate) fn notify_senders(&self, until_empty: (&AtomicUsize, usize)) {
        self.notify(1 << SENDERS, Some(self.on_closed()), until_empty);
    }

    /// Wakes all senders that wait for a receiver. The caller holds no lock.
    ///
    /// They share the list of the senders that wait for the last receiver's drop. One of those is in it only if receivers come
    /// and go at this moment. It is then woken early, and waits again.
    pub(crate) fn notify_opened(&self, until_empty: (&AtomicUsize, usize)) {
        self.notify(1 << SENDERS, None, until_empty);
    }
}
