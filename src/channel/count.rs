//! A count of handles, with a flag in the same word: senders wait for the last handle's drop, or
//! for the first handle. All senders that sleep wait for the same: the last drop if there is a
//! handle, and otherwise the first handle. So one flag is enough.
//!
//! The count and the flag share one atomic, so the operations that matter have one order. If
//! [`Count::set_awaited`] is first, the [`Count::remove`] or [`Count::add`] that it waits for finds
//! the flag. Otherwise `set_awaited` returns the new count.
//!
//! Only the last drop clears the flag. The first handle leaves it, because a new listener for the
//! last drop may have set it. So the flag can be left over, and a last drop may find an empty list.

use crate::sync::{AtomicUsize, HAS_CRITICAL_SECTIONS, Ordering};
use crate::wake::Bit;

/// The flag: senders wait for the last handle's drop, or for the first handle.
const AWAITED: usize = 1;

const ONE: usize = 2;

/// Half of what the word can count. So the count cannot wrap, even if many threads have added a
/// handle and are about to panic.
const MAX: usize = usize::MAX / ONE / 2;

pub(crate) struct Count(AtomicUsize);

impl Count {
    pub(crate) fn new(handles: usize) -> Self {
        Self(AtomicUsize::new(handles * ONE))
    }

    #[inline]
    pub(crate) fn get(&self) -> usize {
        // ORDERING: Acquire; partner: the Release of `remove`. A caller that finds the count at
        // zero also sees everything that was done with the handles.
        self.0.load(Ordering::Acquire) / ONE
    }

    /// Counts one more handle. Returns how many there were, and whether senders wait.
    ///
    /// # Panics
    ///
    /// Panics if there are more than [`MAX`] handles, which is possible only with `mem::forget`.
    #[inline]
    pub(crate) fn add(&self) -> (usize, bool) {
        // ORDERING: Relaxed; the handle is made from another one, through which everything is
        // visible.
        let before = self.0.fetch_add(ONE, Ordering::Relaxed);
        if before / ONE >= MAX {
            // ORDERING: Relaxed; takes the addition back.
            self.0.fetch_sub(ONE, Ordering::Relaxed);
            Self::panic();
        }
        (before / ONE, before & AWAITED != 0)
    }

    /// Counts one more handle, unless there is none.
    ///
    /// # Panics
    ///
    /// Panics like [`add`](Self::add).
    pub(crate) fn add_unless_zero(&self) -> bool {
        // ORDERING: Relaxed; as in `add`, the channel is visible through the handle that this one
        // is made from.
        let added = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |before| {
            if before / ONE >= MAX {
                Self::panic();
            }
            (before / ONE > 0).then_some(before + ONE)
        });
        added.is_ok()
    }

    #[cold]
    #[inline(never)]
    fn panic() -> ! {
        panic!("too many handles of one watch channel: have they been leaked?");
    }

    /// Counts one handle less. Returns how many there were, and whether senders wait.
    #[inline]
    #[must_use = "tasks may wait for the last handle's drop"]
    pub(crate) fn remove(&self) -> (usize, bool) {
        // ORDERING: Release; partners: the Acquire of the last handle's `remove`, and of `get` and
        // `set_awaited`. Everything done through this handle is visible after the last handle's
        // drop.
        let before = self.0.fetch_sub(ONE, Ordering::AcqRel);
        (before / ONE, before & AWAITED != 0)
    }

    /// Takes the flag after the last drop: clears it, and returns `true` if it was set. The caller
    /// then wakes the senders. (With critical sections the delivery clears it.)
    #[inline]
    #[must_use = "senders sleep until they are woken"]
    pub(crate) fn take_awaited(&self) -> bool {
        // ORDERING: Acquire; partner: the Release of `set_awaited`, for the lists and the waker in
        // them. The change of the count continues its release sequence.
        let before = match HAS_CRITICAL_SECTIONS {
            // It is cleared once the list of senders is empty, like the waiting bits of the state
            // word.
            true => self.0.load(Ordering::Acquire),
            false => self.0.fetch_and(!AWAITED, Ordering::Acquire),
        };
        before & AWAITED != 0
    }

    /// Returns `true` if the flag is set, after the count has left zero. The caller then wakes the
    /// senders. (If not, the last drop has cleared it in the meantime, and wakes them.)
    pub(crate) fn is_awaited(&self) -> bool {
        // ORDERING: Acquire; as in `take_awaited`.
        self.0.load(Ordering::Acquire) & AWAITED != 0
    }

    /// Returns the flag, for the delivery, which clears it with critical sections.
    pub(crate) fn waiting_bit(&self) -> Bit<'_> {
        (&self.0, !AWAITED)
    }

    /// Sets the flag for a sender that is about to sleep and whose waker is in its list, and
    /// returns the count. The sender may sleep only if that count does not end its wait.
    pub(crate) fn set_awaited(&self) -> usize {
        // ORDERING: Release; partners: the Acquire of `take_awaited` and of `is_awaited`, to which
        // the waker in its list becomes visible. Acquire, as `get`.
        self.0.fetch_or(AWAITED, Ordering::AcqRel) / ONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With critical sections it is the delivery that clears a flag, once the list is empty.
    fn deliver((word, mask): Bit<'_>) {
        if HAS_CRITICAL_SECTIONS {
            word.fetch_and(mask, Ordering::Relaxed);
        }
    }

    /// Adds a handle as `subscribe` does. Returns how many there were, and whether to wake senders.
    fn add_first(count: &Count) -> (usize, bool) {
        let (handles, is_awaited) = count.add();
        (handles, handles == 0 && is_awaited && count.is_awaited())
    }

    /// Removes a handle as the drop of a receiver does. Returns how many are left, and whether to
    /// wake senders.
    fn remove(count: &Count) -> (usize, bool) {
        let (handles, is_awaited) = count.remove();
        (handles - 1, handles == 1 && is_awaited && count.take_awaited())
    }

    #[test]
    fn the_last_handle_finds_the_flag() {
        let count = Count::new(1);
        count.add();
        assert_eq!(count.get(), 2);
        assert_eq!(count.set_awaited(), 2);
        assert_eq!(remove(&count), (1, false));
        assert_eq!(remove(&count), (0, true));
        assert_eq!(count.get(), 0);
    }

    #[test]
    fn a_flag_is_taken_once() {
        let count = Count::new(1);
        assert_eq!(count.set_awaited(), 1);
        assert_eq!(remove(&count), (0, true));
        count.add();
        assert_eq!(count.get(), 1);
        if HAS_CRITICAL_SECTIONS {
            assert_eq!(remove(&count), (0, true));
            deliver(count.waiting_bit());
            count.add();
        }
        assert_eq!(remove(&count), (0, false));
    }

    #[test]
    fn the_first_handle_finds_the_flag_and_leaves_it() {
        let count = Count::new(0);
        assert_eq!(count.set_awaited(), 0);
        assert_eq!(add_first(&count), (0, true));
        assert_eq!(add_first(&count), (1, false), "it is not the first one");
        assert_eq!((remove(&count), remove(&count)), ((1, false), (0, true)));
        deliver(count.waiting_bit());
        assert_eq!(add_first(&count), (0, false));
        assert_eq!(remove(&count), (0, false));
    }

    #[test]
    fn a_count_of_zero_stays() {
        let count = Count::new(1);
        assert!(count.add_unless_zero());
        assert_eq!(remove(&count), (1, false));
        assert_eq!(remove(&count), (0, false));
        assert!(!count.add_unless_zero());
        assert_eq!(count.get(), 0);
        let full = Count(AtomicUsize::new(MAX * ONE));
        assert!(std::panic::catch_unwind(|| full.add_unless_zero()).is_err());
        assert_eq!(full.get(), MAX);
    }

    #[test]
    fn too_many_handles_are_refused_and_nothing_wraps() {
        let count = Count(AtomicUsize::new((MAX - 1) * ONE));
        count.add();
        assert_eq!(count.get(), MAX);
        for _ in 0..3 {
            let refused = std::panic::catch_unwind(|| count.add()).unwrap_err();
            let message = refused.downcast_ref::<&str>().unwrap();
            assert!(message.starts_with("too many handles of one watch channel"), "{message}");
            assert_eq!(count.get(), MAX);
        }
        assert_eq!(count.remove().0, MAX);
    }
}
