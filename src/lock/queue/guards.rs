//! The channels of which this thread holds guards.
//!
//! A thread that already reads a channel must not wait for a queued sender of that channel, which in turn waits for the thread's
//! guard. And a thread with a guard of *another* channel must not wait for long, because two such threads could wait for each
//! other. [`Guards`] answers both questions, in release builds too, from a few words in a thread-local.

use core::cell::Cell;

use crate::sync::thread::per_thread;

/// How many channels a thread tells apart. It treats a further one as a channel of which it holds no guard.
const FURTHER: usize = 7;

/// The guards of one channel.
struct OfChannel {
    /// Which queue's channel is it?
    queue: Cell<usize>,
    /// How many guards of it does the thread hold? If none, another channel can take this place.
    count: Cell<usize>,
}

pub(super) struct Guards {
    /// The channel of one guard, by its queue, or zero. Most threads hold one guard at a time, so noting that one is short. The same
    /// channel can also be among the others.
    first: Cell<usize>,
    /// Which further guards does it hold?
    further: [OfChannel; FURTHER],
    /// How many guards found no place among these?
    others: Cell<usize>,
}

per_thread! {
    pub(super) static GUARDS: Guards = Guards::new();
}

impl OfChannel {
    const fn new() -> Self {
        Self { queue: Cell::new(0), count: Cell::new(0) }
    }

    fn is_of(&self, queue: usize) -> bool {
        self.count.get() > 0 && self.queue.get() == queue
    }

    /// Counts one more guard. Returns `false` if the place is taken by another channel.
    fn add(&self, queue: usize) -> bool {
        let fits = self.count.get() == 0 || self.queue.get() == queue;
        if fits {
            self.queue.set(queue);
            self.count.set(self.count.get() + 1);
        }
        fits
    }

    /// Counts one guard less. Returns `false` if none is counted here.
    fn remove(&self, queue: usize) -> bool {
        let is_here = self.is_of(queue);
        if is_here {
            self.count.set(self.count.get() - 1);
        }
        is_here
    }
}

impl Guards {
    const fn new() -> Self {
        Self { first: Cell::new(0), further: [const { OfChannel::new() }; FURTHER], others: Cell::new(0) }
    }

    /// Notes a new guard of the channel with this `queue`.
    #[inline]
    pub(super) fn add(&self, queue: usize) {
        if self.first.get() == 0 {
            self.first.set(queue);
        } else {
            self.add_further(queue);
        }
    }

    #[cold]
    fn add_further(&self, queue: usize) {
        // Its own place first, so a channel takes one place of these.
        let own = self.further.iter().find(|place| place.is_of(queue));
        if !own.into_iter().chain(&self.further).any(|place| place.add(queue)) {
            self.others.set(self.others.get() + 1);
        }
    }

    /// Notes that a guard of the channel with this `queue` has been dropped. (Which of several does not matter.)
    #[inline]
    pub(super) fn remove(&self, queue: usize) {
        if self.first.get() == queue {
            self.first.set(0);
        } else {
            self.remove_further(queue);
        }
    }

    #[cold]
    fn remove_further(&self, queue: usize) {
        if !self.further.iter().any(|place| place.remove(queue)) {
            // (Zero if the thread-locals have been made anew while a guard lived.)
            self.others.set(self.others.get().saturating_sub(1));
        }
    }

    /// Returns `true` if the thread holds a guard of the channel with this `queue`.
    pub(super) fn holds(&self, queue: usize) -> bool {
        self.first.get() == queue || self.further.iter().any(|place| place.is_of(queue))
    }

    /// Returns `true` if the thread holds a guard of any channel.
    pub(super) fn holds_any(&self) -> bool {
        self.first.get() != 0 || self.others.get() > 0 || self.further.iter().any(|place| place.count.get() > 0)
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
    fn a_channel_takes_one_of_the_further_places() {
        let guards = Guards::new();
        (1..=FURTHER).for_each(|channel| guards.add(channel));
        // The last channel is in the last place. The places before it become free one after the other.
        for channel in (2..FURTHER).rev() {
            guards.remove(channel);
            guards.add(FURTHER);
        }
        guards.add(100);
        assert!(guards.holds(100) && guards.holds(1) && guards.holds(FURTHER));
    }

    #[test]
    fn guards_of_more_channels_than_there_are_places_are_counted_together() {
        let guards = Guards::new();
        let channels = 1..=2 * FURTHER;
        channels.clone().for_each(|channel| guards.add(channel));
        assert_eq!(channels.clone().filter(|channel| guards.holds(*channel)).count(), FURTHER + 1);
        channels.clone().for_each(|channel| guards.remove(channel));
        assert!(!guards.holds_any());
        assert!(!channels.clone().any(|channel| guards.holds(channel)));
    }
}
