//! A count of handles, with two flags in the same word: senders wait for the last handle's drop, or for the first handle.
//!
//! The count and the flags share one atomic, so the operations that matter have one order. If [`Count::set_waiting`] is first,
//! the last [`Count::remove`] finds the flag. Otherwise `set_waiting` returns zero. In the same way, either
//! [`Count::add_first`] finds the flag of [`Count::set_waiting_for_first`], or that returns the new handle.
//!
//! A wait that ends without sleeping leaves its flag behind. The next change from or to zero then wakes an empty list.

use crate::sync::{AtomicUsize, HAS_CRITICAL_SECTIONS, Ordering, first_guess};

/// Set by [`Count::set_waiting`]; read and cleared by the drop that brings the count to zero. With critical sections it is
/// cleared by the delivery that finds the list of senders empty, as the waiting bits of the state word.
const LAST_AWAITED: usize = 1;
/// Set by [`Count::set_waiting_for_first`]; read and cleared by the [`Count::add_first`] that finds the count at zero, or, with
/// critical sections, by that delivery.
const FIRST_AWAITED: usize = 2;
const ONE: usize = 4;

/// Half of what the word can count, so threads that have added a handle and are about to panic cannot make it wrap.
const MAX: usize = usize::MAX / ONE / 2;

/// What a handle's drop found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "tasks may wait for the last handle's drop"]
pub(crate) enum Removed {
    /// Other handles are left.
    NotLast,
    /// No handle is left, and no sender waits for that.
    Last,
    /// No handle is left, and the senders that wait for that must be woken.
    LastAwaited,
}

pub(crate) struct Count(AtomicUsize);

impl Count {
    pub(crate) fn new(handles: usize) -> Self {
        Self(AtomicUsize::new(handles * ONE))
    }

    #[inline]
    pub(crate) fn get(&self) -> usize {
        // ORDERING: Acquire; partner: the Release of `remove`. A caller that finds the count at zero also sees everything
        // that was done with the handles.
        self.0.load(Ordering::Acquire) / ONE
    }

    /// Counts one more handle, and returns how many there were before.
    ///
    /// # Panics
    ///
    /// Panics if there are more than [`MAX`] handles, which is possible only with `mem::forget`.
    #[inline]
    pub(crate) fn add(&self) -> usize {
        self.add_to_word() / ONE
    }

    /// Counts one more handle, which may be the first one, and returns how many there were before, and whether senders that
    /// wait for the first one must be woken.
    ///
    /// # Panics
    ///
    /// Panics like [`add`](Self::add).
    #[inline]
    pub(crate) fn add_first(&self) -> (usize, bool) {
        let before = self.add_to_word();
        let is_awaited = before / ONE == 0
            && before & FIRST_AWAITED != 0
            // ORDERING: Acquire; partner: the Release of `set_waiting_for_first`, for the waker in its list. The addition
            // continues its release sequence. (With critical sections the flag stays set until the list is empty.)
            && (HAS_CRITICAL_SECTIONS || self.0.fetch_and(!FIRST_AWAITED, Ordering::Acquire) & FIRST_AWAITED != 0);
        (before / ONE, is_awaited)
    }

    /// Counts one more handle, and returns the word as it was before.
    #[inline]
    fn add_to_word(&self) -> usize {
        // ORDERING: Relaxed; the handle is made from another one, through which everything is visible.
        let before = self.0.fetch_add(ONE, Ordering::Relaxed);
        if before / ONE >= MAX {
            // ORDERING: Relaxed; takes the addition back.
            self.0.fetch_sub(ONE, Ordering::Relaxed);
            Self::panic();
        }
        before
    }

    /// Counts one more handle, unless there is none.
    ///
    /// # Panics
    ///
    /// Panics like [`add`](Self::add).
    pub(crate) fn add_unless_zero(&self) -> bool {
        let mut before = first_guess(&self.0);
        while before / ONE > 0 {
            if before / ONE >= MAX {
                Self::panic();
            }
            // ORDERING: Relaxed; as in `add`, the channel is visible through the handle that this one is made from. On
            // failure the result is only the next guess.
            match self.0.compare_exchange_weak(before, before + ONE, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => before = now,
            }
        }
        false
    }

    #[cold]
    #[inline(never)]
    fn panic() -> ! {
        panic!("too many handles of one watch channel: have they been leaked?");
    }

    /// Removes one handle from the count.
    #[inline]
    pub(crate) fn remove(&self) -> Removed {
        // ORDERING: Release; partners: the Acquire of the last handle's `remove`, and of `get` and `set_waiting`. Everything
        // done through this handle is visible after the last handle's drop.
        let before = self.0.fetch_sub(ONE, Ordering::AcqRel);
        if before / ONE > 1 {
            return Removed::NotLast;
        }
        if before & LAST_AWAITED == 0 {
            return Removed::Last;
        }
        if HAS_CRITICAL_SECTIONS {
            // The flag stays set until the list of waiting senders is empty.
            return Removed::LastAwaited;
        }
        // ORDERING: Acquire; partner: the Release of `set_waiting`, for the waker in its list.
        let before = self.0.fetch_and(!LAST_AWAITED, Ordering::Acquire);
        if before & LAST_AWAITED == 0 { Removed::Last } else { Removed::LastAwaited }
    }

    /// Returns the word and the mask that clears the flag of the senders that wait for the last handle's drop, for the delivery
    /// that does so with critical sections.
    pub(crate) fn last_awaited(&self) -> (&AtomicUsize, usize) {
        (&self.0, !LAST_AWAITED)
    }

    /// The same for the senders that wait for the first handle.
    pub(crate) fn first_awaited(&self) -> (&AtomicUsize, usize) {
        (&self.0, !FIRST_AWAITED)
    }

    /// Sets the flag for a sender that is about to sleep until the count is zero, and whose waker is in its list. The sender
    /// may sleep only if the count returned is not zero.
    pub(crate) fn set_waiting(&self) -> usize {
        // ORDERING: Release; partner: the Acquire in `remove`, to which the waker in its list becomes visible. Acquire, as
        // `get`.
        self.0.fetch_or(LAST_AWAITED, Ordering::AcqRel) / ONE
    }

    /// Sets the flag for a sender that is about to sleep until the count is not zero, and whose waker is in its list. The sender
    /// may sleep only if the count returned is zero.
    pub(crate) fn set_waiting_for_first(&self) -> usize {
        // ORDERING: Release; partner: the Acquire in `add_first`, to which the waker in its list becomes visible.
        self.0.fetch_or(FIRST_AWAITED, Ordering::Release) / ONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With critical sections it is the delivery that clears a flag, once the list is empty.
    fn deliver((word, mask): (&AtomicUsize, usize)) {
        if HAS_CRITICAL_SECTIONS {
            word.fetch_and(mask, Ordering::Relaxed);
        }
    }

    #[test]
    fn the_last_handle_finds_the_flag() {
        let count = Count::new(1);
        count.add();
        assert_eq!(count.get(), 2);
        assert_eq!(count.set_waiting(), 2);
        assert_eq!(count.remove(), Removed::NotLast);
        assert_eq!(count.remove(), Removed::LastAwaited);
        assert_eq!(count.get(), 0);
    }

    #[test]
    fn a_flag_is_taken_once() {
        let count = Count::new(1);
        assert_eq!(count.set_waiting(), 1);
        assert_eq!(count.remove(), Removed::LastAwaited);
        count.add();
        assert_eq!(count.get(), 1);
        if HAS_CRITICAL_SECTIONS {
            assert_eq!(count.remove(), Removed::LastAwaited);
            deliver(count.last_awaited());
            count.add();
        }
        assert_eq!(count.remove(), Removed::Last);
    }

    #[test]
    fn the_first_handle_finds_the_flag_and_takes_it() {
        let count = Count::new(0);
        assert_eq!(count.set_waiting_for_first(), 0);
        assert_eq!(count.add_first(), (0, true));
        deliver(count.first_awaited());
        assert_eq!(count.set_waiting_for_first(), 1);
        assert_eq!(count.add_first(), (1, false), "it is not the first one");
        assert_eq!((count.remove(), count.remove()), (Removed::NotLast, Removed::Last));
        assert_eq!(count.add_first(), (0, true), "the flag was left behind");
        deliver(count.first_awaited());
        assert_eq!(count.remove(), Removed::Last);
        assert_eq!(count.add_first(), (0, false));
    }

    #[test]
    fn the_two_flags_are_independent() {
        let count = Count::new(0);
        assert_eq!((count.set_waiting(), count.set_waiting_for_first()), (0, 0));
        assert_eq!(count.add_first(), (0, true));
        deliver(count.first_awaited());
        assert_eq!(count.remove(), Removed::LastAwaited);
        deliver(count.last_awaited());
        assert_eq!(count.add_first(), (0, false));
        assert_eq!(count.remove(), Removed::Last);
    }

    #[test]
    fn a_count_of_zero_stays() {
        let count = Count::new(1);
        assert!(count.add_unless_zero());
        assert_eq!(count.remove(), Removed::NotLast);
        assert_eq!(count.remove(), Removed::Last);
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
        assert_eq!(count.remove(), Removed::NotLast);
    }
}
