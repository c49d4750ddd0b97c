//! The channels of which this thread holds guards.
//!
//! A thread that already reads a channel must not wait for a queued sender of that channel, which
//! in turn waits for the thread's guard. And a thread with a guard of *another* channel must not
//! wait for long, because two such threads could wait for each other. [`Guards`] answers both
//! questions, in release builds too, from a few words in a thread-local.

use core::cell::Cell;

use crate::sync::thread::per_thread;

/// A thread can tell one channel less than this apart, because one channel may use the first slot
/// and another one. Guards of further channels are only counted.
const SLOTS: usize = 8;

/// The id of no queue.
const NONE: usize = 0;

struct Slot {
    /// Of which channel does the thread hold guards, by the id of its queue? [`NONE`] if the slot
    /// is free.
    queue: Cell<usize>,
    /// How many guards does it stand for, besides one? Always 0 in the first slot, which stands for
    /// one guard, so noting a thread's only guard is short.
    more: Cell<usize>,
}

pub(super) struct Guards {
    slots: [Slot; SLOTS],
    /// How many guards found no slot?
    others: Cell<usize>,
}

per_thread! {
    pub(super) static GUARDS: Guards = const { Guards::new() };
}

impl Guards {
    const fn new() -> Self {
        Self { slots: [const { Slot { queue: Cell::new(NONE), more: Cell::new(0) } }; SLOTS], others: Cell::new(0) }
    }

    /// Notes a new guard of the channel with this `queue`.
    #[inline]
    pub(super) fn add(&self, queue: usize) {
        let first = &self.slots[0].queue;
        if first.get() == NONE { first.set(queue) } else { self.add_further(queue) }
    }

    #[cold]
    fn add_further(&self, queue: usize) {
        match (self.further(queue), self.further(NONE)) {
            (Some(own), _) => own.more.set(own.more.get() + 1),
            (None, Some(free)) => free.queue.set(queue),
            (None, None) => self.others.set(self.others.get() + 1),
        }
    }

    /// Notes that a guard of the channel with this `queue` has been dropped. (Which of several does
    /// not matter.)
    #[inline]
    pub(super) fn remove(&self, queue: usize) {
        let first = &self.slots[0].queue;
        if first.get() == queue { first.set(NONE) } else { self.remove_further(queue) }
    }

    #[cold]
    fn remove_further(&self, queue: usize) {
        match self.further(queue) {
            Some(own) if own.more.get() > 0 => own.more.set(own.more.get() - 1),
            Some(own) => own.queue.set(NONE),
            // (Zero if the thread-locals have been made anew while a guard lived.)
            None => self.others.set(self.others.get().saturating_sub(1)),
        }
    }

    /// Returns the slot of this `queue`, or a free one for [`NONE`]. Not the first slot.
    fn further(&self, queue: usize) -> Option<&Slot> {
        self.slots[1..].iter().find(|slot| slot.queue.get() == queue)
    }

    /// Returns `true` if the thread holds a guard of the channel with this `queue`.
    pub(super) fn holds(&self, queue: usize) -> bool {
        self.slots.iter().any(|slot| slot.queue.get() == queue)
    }

    /// Returns `true` if the thread holds a guard of any channel.
    pub(super) fn holds_any(&self) -> bool {
        self.others.get() > 0 || self.slots.iter().any(|slot| slot.queue.get() != NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_are_counted_for_each_channel() {
        let guards = Guards::new();
        assert!(!guards.holds_any());
        for _ in 0..3 {
            guards.add(1);
        }
        guards.add(2);
        assert!(guards.holds(1) && guards.holds(2) && !guards.holds(3));
        for left in [2, 1, 0] {
            guards.remove(1);
            assert_eq!(guards.holds(1), left > 0);
        }
        assert!(guards.holds(2) && guards.holds_any());
        guards.remove(2);
        assert!(!guards.holds(2) && !guards.holds_any());
    }

    #[test]
    fn a_channel_takes_one_slot_besides_the_first() {
        let guards = Guards::new();
        (1..=SLOTS).for_each(|channel| guards.add(channel));
        // The last channel is in the last slot. The slots before it become free one after the
        // other.
        for channel in (2..SLOTS).rev() {
            guards.remove(channel);
            guards.add(SLOTS);
        }
        guards.add(100);
        assert!(guards.holds(100) && guards.holds(1) && guards.holds(SLOTS));
    }

    #[test]
    fn guards_of_more_channels_than_there_are_slots_are_counted_together() {
        let guards = Guards::new();
        let channels = 1..=2 * SLOTS;
        channels.clone().for_each(|channel| guards.add(channel));
        assert_eq!(channels.clone().filter(|channel| guards.holds(*channel)).count(), SLOTS);
        channels.clone().for_each(|channel| guards.remove(channel));
        assert!(!guards.holds_any());
        assert!(!channels.clone().any(|channel| guards.holds(channel)));
    }
}
