//! Lanes: threads are dealt out to them, and those of one lane wait in the same lists.

#[cfg(all(feature = "std", feature = "event-listener", not(all(loom, feature = "loom"))))]
use crate::sync::{AtomicUsize, Ordering, per_thread};

/// How many there are: one without threads, and where a narrow state word has no bits for more.
pub(crate) const LANES: usize = if cfg!(all(feature = "std", target_pointer_width = "64")) { 4 } else { 1 };

/// The lane of this thread: threads get theirs in turn, when they first wait.
#[cfg(all(feature = "std", feature = "event-listener", not(all(loom, feature = "loom"))))]
#[inline]
pub(crate) fn lane() -> usize {
    per_thread! {
        /// One more than the thread's number, once it has one.
        static NUMBER: core::cell::Cell<usize> = core::cell::Cell::new(0);
    }

    #[cold]
    fn next_number() -> usize {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        // ORDERING: Relaxed; the numbers only have to differ.
        THREADS.fetch_add(1, Ordering::Relaxed) + 1
    }

    if LANES == 1 {
        return 0;
    }
    NUMBER.with(|number| {
        if number.get() == 0 {
            number.set(next_number());
        }
        number.get() % LANES
    })
}

#[cfg(not(all(feature = "std", feature = "event-listener", not(all(loom, feature = "loom")))))]
#[inline]
pub(crate) fn lane() -> usize {
    0
}
