//! A count of handles, with one flag in the same word: a sender waits for the count to reach zero.
//!
//! The flag and the count are in one atomic for the same reason as the bits of the state word: [`Count::set_waiting`] either
//! comes before the last handle's [`Count::remove`], which then finds the flag, or after it, and finds zero.

use crate::sync::{AtomicUsize, HAS_CRITICAL_SECTIONS, Ordering, first_guess};

/// Set by [`Count::set_waiting`]; read and cleared by the drop that brings the count to zero. With critical sections it is
/// cleared by the delivery that finds the list of senders empty, as the waiting bits of the state word.
const WAITING: usize = 1;
const ONE: usize = 2;

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
        // ORDERING: Relaxed; the handle is made from another one, through which everything is visible.
        let before = self.0.fetch_add(ONE, Ordering::Relaxed) / ONE;
        if before >= MAX {
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
        // ORDERING: Release; partners: the Acquire of the last handle's `remove`, and of `get` and `set_waiting`. What was
        // done with this handle is visible to what follows the last one's drop.
        let before = self.0.fetch_sub(ONE, Ordering::AcqRel);
        if before / ONE > 1 {
            return Removed::NotLast;
        }
        if before & WAITING == 0 {
            return Removed::Last;
        }
        if HAS_CRITICAL_SECTIONS {
            // The flag stays set until the list of waiting senders is empty.
            return Removed::LastAwaited;
        }
        // ORDERING: Acquire; partner: the Release of `set_waiting`, for the waker in its list.
        if self.0.fetch_and(!WAITING, Ordering::Acquire) & WAITING == 0 { Removed::Last } else { Removed::LastAwaited }
    }

    /// Returns the word and the mask that clears the flag, for the delivery that does so with critical sections.
    pub(crate) fn flag(&self) -> (&AtomicUsize, usize) {
        (&self.0, !WAITING)
    }

    /// Sets the flag for a sender that is about to sleep until the count is zero, and whose waker is in its list. The sender
    /// may sleep only if the count returned is not zero.
    pub(crate) fn set_waiting(&self) -> usize {
        // ORDERING: Release; partner: the Acquire in `remove`, to which the waker in its list becomes visible. Acquire, as
        // `get`.
        self.0.fetch_or(WAITING, Ordering::AcqRel) / ONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        // With critical sections it is the delivery that clears the flag, once the list is empty.
        if HAS_CRITICAL_SECTIONS {
            assert_eq!(count.remove(), Removed::LastAwaited);
            let (word, mask) = count.flag();
            word.fetch_and(mask, Ordering::Relaxed);
            count.add();
        }
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
