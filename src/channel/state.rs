//! The version state machine: one word that says which version the channel is at, whether it is
//! closed, and who waits.
//!
//! ```text
//!  bit   usize::BITS - 1 ............. LANES + 2 | LANES + 1 | LANES ... 1 | 0
//!        version, one STEP per send, wraps       | LISTENING | WAITING     | CLOSED
//! ```
//!
//! | bit | set by | cleared by | read by |
//! |---|---|---|---|
//! | `CLOSED` | the last sender's drop, [`close`](AtomicState::close) | nothing: a closed channel stays closed | receivers, at every check |
//! | `WAITING`, one for each lane | a receiver that is about to sleep, [`set_waiting`](AtomicState::set_waiting) | the next send, [`publish_while_locked`](AtomicState::publish_while_locked), which must then wake that lane | that send; the last sender's drop |
//! | `LISTENING` | a new listener, [`set`](AtomicState::set) | the next send, which must then notify the listeners | that send; the last sender's drop |
//! | the same two, with critical sections | the same | `WAITING`: a delivery that finds the list empty. `LISTENING`: nothing | every send, which wakes the lane and notifies the listeners; the last sender's drop |
//! | version | each send, `publish_while_locked` | | receivers, at every check |
//!
//! # Why no wake-up is lost
//!
//! The waiting bits and the version are in one atomic, so a receiver's `set_waiting` and a sender's
//! `publish_while_locked` have one order:
//!
//! - The send is first: `set_waiting` returns the new version, and the receiver does not sleep.
//! - `set_waiting` is first: the send finds the bit, takes it, and must wake the lane. The
//!   receiver's waker was in the lane's list before the bit was set, so the delivery, which begins
//!   after the bit has been taken, finds it there. (A comment in `set_waiting` explains why a bit
//!   that is set already need not be set again.)
//!
//! With critical sections a send leaves the bits set, because it may be interrupted before it has
//! woken all tasks: a send in the interrupt handler then finds the bit, and wakes them. The bit is
//! cleared in the critical section that finds the list empty, so it is set whenever a task waits
//! and has set it.
//!
//! # All edges
//!
//! Every operation on the word except a load is a read-modify-write, so each continues the release
//! sequences of the earlier ones: an Acquire pairs with *every* earlier Release on the word.
//!
//! | from (Release) | to (Acquire) | what becomes visible |
//! |---|---|---|
//! | `publish_while_locked` | `load`, `set_waiting`, `set` | a receiver that knows of a version finds that value, or a later one, behind the lock |
//! | `set_waiting`, `set` | `publish_while_locked`, `close` | the waker in its list, and the list itself, for the sender that has taken the bit |
//! | `close` | `load`, `set_waiting`, `set` | what every sender did before it was dropped |

use crate::sync::{AtomicUsize, HAS_CRITICAL_SECTIONS, Ordering, first_guess};
use crate::wake::{Bit, LANES};

const CLOSED: usize = 1;

const FIRST_LANE: usize = 1 << 1;
const LANES_MASK: usize = ((1 << LANES) - 1) * FIRST_LANE;
/// Set by a new listener of the crate event-listener.
pub(crate) const LISTENING: usize = FIRST_LANE << LANES;
const WAITING: usize = LANES_MASK | LISTENING;

const STEP: usize = LISTENING << 1;
const VERSION: usize = !(STEP - 1);

/// Identifies one version of a channel's value: each send makes a new one. Versions can only be
/// compared for equality.
///
/// A comparison of versions of different channels has no meaning. Versions
/// [wrap](crate::Receiver#missed-values).
///
/// # Examples
///
/// ```
/// let (tx, rx) = watch_channel::channel(1);
/// let before = rx.version();
/// assert_eq!(tx.version(), before);
/// tx.set(1);
/// assert_ne!(rx.version(), before);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(usize);

impl Version {
    /// Marks the current version as unseen, by moving the seen version back one step. Wraps around.
    pub(crate) fn step_back(&mut self) {
        self.0 = self.0.wrapping_sub(STEP);
    }

    pub(crate) fn number(self) -> usize {
        self.0 / STEP
    }
}

impl core::fmt::Debug for Version {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Version({})", self.number())
    }
}

/// What the state word said at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Snapshot(usize);

impl Snapshot {
    pub(crate) fn version(self) -> Version {
        Version(self.0 & VERSION)
    }

    /// Returns `true` if this is another version: the exclusive or is then at least a step,
    /// whatever differs in the bits below the version. This takes one instruction less than masking
    /// those bits.
    pub(crate) fn is_other_than(self, version: Version) -> bool {
        self.0 ^ version.0 >= STEP
    }

    pub(crate) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }

    /// Returns `true` if this is another version, or if the channel is closed: the exclusive or
    /// differs from zero in the bits of either.
    pub(crate) fn ends_wait(self, known: Version) -> bool {
        (self.0 ^ known.0) & !WAITING != 0
    }
}

/// The waiting bits that a send or the close has taken (or seen, with critical sections). It must
/// wake the tasks and listeners behind them once the value's lock has been released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "receivers sleep until they are woken"]
pub(crate) struct TakenBits(usize);

impl TakenBits {
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns a bit for each lane; the lowest bit is the first lane.
    pub(crate) fn lanes(self) -> usize {
        (self.0 & LANES_MASK) / FIRST_LANE
    }

    pub(crate) fn is_listening(self) -> bool {
        self.0 & LISTENING != 0
    }
}

/// The state word.
#[derive(Default)]
pub(crate) struct AtomicState(AtomicUsize);

impl AtomicState {
    #[inline]
    pub(crate) fn load(&self) -> Snapshot {
        // ORDERING: Acquire; partners: the Release of `publish_while_locked` and of `close`. A
        // caller that sees a version finds that value, or a later one, behind the lock.
        Snapshot(self.0.load(Ordering::Acquire))
    }

    /// Returns the version of the value behind the lock, which the caller holds.
    #[inline]
    pub(crate) fn version_while_locked(&self) -> Version {
        // ORDERING: Relaxed; the version moves only under the write lock, and the lock's own
        // Acquire makes the move of its last holder visible.
        Snapshot(self.0.load(Ordering::Relaxed)).version()
    }

    /// Makes the value that has just been written a new version. The caller holds the write lock,
    /// and wakes what is returned after it has released the lock.
    #[inline]
    pub(crate) fn publish_while_locked(&self) -> TakenBits {
        if HAS_CRITICAL_SECTIONS {
            // ORDERING: AcqRel; the partners are those of the exchange below.
            return TakenBits(self.0.fetch_add(STEP, Ordering::AcqRel) & WAITING);
        }
        let mut before = first_guess(&self.0);
        loop {
            let after = before.wrapping_add(STEP) & !WAITING;
            // ORDERING: Release; partners: the Acquire of `load`, `set_waiting` and `set`, to which
            // the value becomes visible. Acquire; partner: the Release of `set_waiting` and `set`:
            // the wakers behind the bits taken are in their lists for the delivery. Relaxed on
            // failure, because the result is only the next guess.
            match self.0.compare_exchange_weak(before, after, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return TakenBits(before & WAITING),
                Err(now) => before = now,
            }
        }
    }

    /// Sets the bit for a receiver that is about to sleep and whose waker is in the list of `lane`.
    /// The receiver may sleep only if the snapshot returned has no version that it has not seen,
    /// and is not closed.
    #[inline]
    pub(crate) fn set_waiting(&self, lane: usize) -> Snapshot {
        // The mask changes nothing. But with one lane it makes the bit a constant.
        let bit = FIRST_LANE << (lane & (LANES - 1));
        let now = self.load();
        if now.0 & bit != 0 {
            // Another receiver has set it, and the sender that takes it locks the lane's list after
            // that. If the sender has not locked the list yet, it will find our waker. If it has,
            // our waker was put into the list later, so the list's lock has made the new version
            // visible to the load above.
            return now;
        }
        self.set(bit)
    }

    /// Sets the bit of a list that a waker has been put into, and returns the word as it was
    /// before.
    #[inline]
    pub(crate) fn set(&self, bit: usize) -> Snapshot {
        // ORDERING: Release; partners: the Acquires of `publish_while_locked` and `close`, to which
        // the waker in its list becomes visible. Acquire, as `load`.
        Snapshot(self.0.fetch_or(bit, Ordering::AcqRel))
    }

    /// Returns the bit of the only lane, for the delivery, which clears it with critical sections.
    pub(crate) fn waiting_bit(&self) -> Bit<'_> {
        (&self.0, !FIRST_LANE)
    }

    /// Closes the channel forever. The caller is the last sender, and wakes what is returned. (The
    /// waiting bits stay set: there is no later send that could take them.)
    pub(crate) fn close(&self) -> TakenBits {
        // ORDERING: Release; partners: the Acquires of `load`, `set_waiting` and `set`. All that
        // senders did becomes visible to a caller that sees the close. Acquire; partner: the
        // Release of `set_waiting` and `set`, for the wakers in their lists.
        let before = self.0.fetch_or(CLOSED, Ordering::AcqRel);
        TakenBits(before & WAITING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_wraps_and_leaves_the_other_bits() {
        let state = AtomicState(AtomicUsize::new(VERSION | CLOSED));
        let seen = state.load().version();
        assert_eq!(state.publish_while_locked(), TakenBits(0));
        assert_eq!(state.load().version(), Version(0));
        assert!(state.load().is_closed());
        assert!(state.load().is_other_than(seen));
    }

    #[test]
    fn a_send_takes_the_waiting_bits_once() {
        let state = AtomicState::default();
        let last = LANES - 1;
        assert_eq!(state.set_waiting(0).version(), Version(0));
        assert_eq!(state.set_waiting(last).version(), Version(0));
        assert_eq!(state.set(LISTENING).version(), Version(0));
        let taken = state.publish_while_locked();
        assert_eq!((taken.lanes(), taken.is_listening()), (1 | 1 << last, true));
        // With critical sections it is the delivery that clears the bit, once the list is empty.
        assert_eq!(state.publish_while_locked().is_empty(), !HAS_CRITICAL_SECTIONS);
        state.0.fetch_and(!WAITING, Ordering::Relaxed);
        assert_eq!(state.set_waiting(last).version(), Version(2 * STEP));
        let taken = state.close();
        assert_eq!((taken.lanes(), taken.is_listening()), (1 << last, false));
    }

    #[test]
    fn another_version_and_the_close_end_a_wait_and_waiting_bits_do_not() {
        let state = AtomicState::default();
        let seen = state.load().version();
        state.set(WAITING);
        assert!(!state.load().ends_wait(seen));
        let _ = state.publish_while_locked();
        assert!(state.load().ends_wait(seen));
        let seen = state.load().version();
        assert!(!state.load().ends_wait(seen));
        let _ = state.close();
        assert!(state.load().ends_wait(seen));
    }

    #[test]
    fn stepping_back_wraps_and_is_never_the_current_version() {
        let state = AtomicState::default();
        let mut seen = state.load().version();
        for _ in 0..3 {
            seen.step_back();
            assert!(state.load().is_other_than(seen));
        }
    }
}
