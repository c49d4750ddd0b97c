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

pub(super) struct Guards {
    /// Of which channel is the first guard, by the id of its queue? [`NONE`] if this slot is free. It
    /// stands for one guard, so noting a thread's only guard is short.
    first: Cell<usize>,
    /// Of which channels does the thread hold further guards, and how many of each? ([`NONE`], 0) is
    /// a free slot.
    further: [Cell<(usize, usize)>; SLOTS - 1],
    /// How many guards found no slot?
    others: Cell<usize>,
}

per_thread! {
    pub(super) static GUARDS: Guards = const { Guards::new() };
}

impl Guards {
    const fn new() -> Self {
        let further = [const { Cell::new((NONE, 0)) }; SLOTS - 1];
        Self { first: Cell::new(NONE), further, others: Cell::new(0) }
    }

    /// Notes a new guard of the channel with this `queue`.
    #[inline]
    pub(super) fn add(&self, queue: usize) {
        if self.first.get() == NONE { self.first.set(queue) } else { self.count_further(queue, NONE, 1) }
    }

    /// Notes that a guard of the channel with this `queue` has been dropped. (Which of several does
    /// not matter.)
    #[inline]
    pub(super) fn remove(&self, queue: usize) {
        if self.first.get() == queue { self.first.set(NONE) } else { self.count_further(queue, queue, -1) }
    }

    /// Changes the count in the slot of this `queue`, or else in the slot of `or`.
    #[cold]
    fn count_further(&self, queue: usize, or: usize, change: isize) {
        let find = |wanted| self.further.iter().find(|slot| slot.get().0 == wanted);
        if let Some(slot) = find(queue).or_else(|| find(or)) {
            let count = slot.get().1.wrapping_add_signed(change);
            slot.set(if count == 0 { (NONE, 0) } else { (queue, count) });
        } else {
            // (Zero if the thread-locals have been made anew while a guard lived.)
            self.others.set(self.others.get().saturating_add_signed(change));
        }
    }

    /// Returns `true` if the thread holds a guard of the channel with this `queue`.
    pub(super) fn holds(&self, queue: usize) -> bool {
        self.first.get() == queue || self.further.iter().any(|slot| slot.get().0 == queue)
    }

    /// Returns `true` if the thread holds a guard of any channel.
    pub(super) fn holds_any(&self) -> bool {
        self.first.get() != NONE || self.others.get() > 0 || self.further.iter().any(|slot| slot.get().0 != NONE)
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
