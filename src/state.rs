//! The version state machine: one word that says which version the channel is at, whether it is closed, and
//! which shards of receivers sleep.
//!
//! ```text
//!  bit   usize::BITS - 1 ............. SHARDS + 1 | SHARDS ... 1 | 0
//!        version, one STEP a send, wraps          | WAITING      | CLOSED
//! ```
//!
//! | bit | set by | cleared by | looked at by |
//! |---|---|---|---|
//! | `CLOSED` | the last sender's drop, [`AtomicState::close`] | nobody: a closed channel stays closed | receivers, at every look |
//! | `WAITING`, one a shard | a receiver about to sleep, [`AtomicState::set_waiting`] | the next send, [`AtomicState::publish_while_locked`], which then owes that shard a notification | that send; the last sender's drop |
//! | version | each send, [`AtomicState::publish_while_locked`] | | receivers, at every look |
//!
//! # Why no wake-up is lost
//!
//! "Somebody waits" and "the version" are one atomic, so a receiver's [`set_waiting`](AtomicState::set_waiting)
//! and a sender's [`publish_while_locked`](AtomicState::publish_while_locked) have one order:
//!
//! - the send first: `set_waiting` returns the new version, and the receiver does not sleep;
//! - `set_waiting` first: the send finds the bit, takes it, and owes the shard a notification. The listener was in
//!   its list before the bit was set, so the notification, which comes after the bit was taken, finds it there. (That
//!   a bit found set need not be set again is argued in `set_waiting`.)
//!
//! # All edges
//!
//! Every operation on the word but a load is a read-modify-write, so each continues the release sequences of
//! those before it: an Acquire pairs with *every* earlier Release on the word.
//!
//! | from (Release) | to (Acquire) | what becomes visible |
//! |---|---|---|
//! | `publish_while_locked` | `load`, `set_waiting` | a receiver that knows of a version finds that value, or a later one, behind the lock |
//! | `set_waiting` | `publish_while_locked`, `close` | the listener (and the wake machinery it made) are there for whoever took the bit |
//! | `close` | `load`, `set_waiting` | what every sender did before it was dropped |

use crate::error::RecvError;
use crate::sync::{AtomicUsize, LANES, Ordering, lane};

const CLOSED: usize = 1;

/// Into how many lists the waiting receivers are spread: one for even and one for odd versions in each lane.
pub(crate) const SHARDS: usize = 2 * LANES;

const WAITING_SHIFT: u32 = 1;
const WAITING: usize = ((1 << SHARDS) - 1) << WAITING_SHIFT;

const STEP: usize = 1 << (SHARDS + 1);
const VERSION: usize = !(STEP - 1);

/// Tells one value of a channel from the next: each send makes a new version. Only equality means anything.
///
/// Versions of different channels have nothing to do with each other. They [wrap](crate::Receiver#missed-values).
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
    #[inline]
    fn next(self) -> Self {
        Self(self.0.wrapping_add(STEP))
    }

    #[inline]
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
    #[inline]
    pub(crate) fn version(self) -> Version {
        Version(self.0 & VERSION)
    }

    /// Whether this is another version: then the exclusive or is at least a step, whatever differs below the version.
    /// One instruction less than to mask that.
    #[inline]
    pub(crate) fn is_other_than(self, version: Version) -> bool {
        self.0 ^ version.0 >= STEP
    }

    #[inline]
    pub(crate) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }
}

/// What a receiver finds when it compares a snapshot with what it has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// There is a version that it has not seen: the next one, ...
    Next,
    /// ... or a later one. Both come before [`News::Closed`].
    Later,
    /// The channel is closed, and its last version was seen.
    Closed,
}

impl News {
    /// Whether others may wait by now in the list in which the receiver waited: see [`Seen::shard`].
    #[inline]
    pub(crate) fn is_later(&self) -> bool {
        *self == Self::Later
    }

    #[inline]
    pub(crate) fn into_result(self) -> Result<(), RecvError> {
        match self {
            Self::Next | Self::Later => Ok(()),
            Self::Closed => Err(RecvError::new()),
        }
    }
}

/// A receiver's side of the state: the version it has seen.
#[derive(Clone, Copy)]
pub(crate) struct Seen(Version);

impl Seen {
    #[inline]
    pub(crate) fn new(version: Version) -> Self {
        Self(version)
    }

    #[inline]
    pub(crate) fn version(self) -> Version {
        self.0
    }

    /// The shard to wait in for the next version, on this thread.
    ///
    /// Each thread waits in its lane, so that threads which come to wait seldom meet on one lock, and receivers that run on
    /// one thread are neighbours in its list. (With lanes dealt out to receivers, a send to ten thousand on two threads
    /// took a quarter more time.) If few threads wait, a send has few lists to lock.
    ///
    /// Even and odd versions have shards of their own too. A send notifies those that wait since the version before its
    /// own, and those it has woken wait for the next version in other lists: it does not find them again. And who leaves
    /// a list because of the next version leaves it to others who are to be notified of that version too.
    #[inline]
    pub(crate) fn shard(self) -> usize {
        self.0.number() % 2 * LANES + lane()
    }

    /// Sets the version seen; the result tells whether it is another one than before.
    #[inline]
    pub(crate) fn update(&mut self, version: Version) -> bool {
        core::mem::replace(&mut self.0, version) != version
    }

    /// Makes the current version unseen, whether it was seen or not: the version seen goes back by one, and wraps.
    #[inline]
    pub(crate) fn step_back(&mut self) {
        self.0 = Version(self.0.0.wrapping_sub(STEP));
    }

    /// What `now` has that was not seen, which is seen by this.
    #[inline]
    pub(crate) fn look(&mut self, now: Snapshot) -> Option<News> {
        let next = self.0.next();
        if self.update(now.version()) {
            Some(if self.0 == next { News::Next } else { News::Later })
        } else if now.is_closed() {
            Some(News::Closed)
        } else {
            None
        }
    }
}

impl core::fmt::Debug for Seen {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// The shards whose waiting bits were taken: each must be notified, once the lock is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "receivers of these shards sleep until they are notified"]
pub(crate) struct Shards(usize);

impl Shards {
    /// One bit for each shard, the first the lowest.
    #[inline]
    pub(crate) fn bits(self) -> usize {
        self.0
    }
}

/// The state word.
#[derive(Debug)]
pub(crate) struct AtomicState(AtomicUsize);

impl AtomicState {
    pub(crate) fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    #[inline]
    pub(crate) fn load(&self) -> Snapshot {
        // ORDERING: Acquire; partners: the Release of `publish_while_locked` and of `close`. Who sees a version
        // finds that value, or a later one, behind the lock.
        Snapshot(self.0.load(Ordering::Acquire))
    }

    /// The version of the value behind the lock, which the caller holds.
    #[inline]
    pub(crate) fn version_while_locked(&self) -> Version {
        // ORDERING: Relaxed; the version moves only under the write lock, and the lock's own Acquire makes the
        // move of its last holder visible.
        Snapshot(self.0.load(Ordering::Relaxed)).version()
    }

    /// Counts the value just written as a new version. The caller holds the write lock, and notifies the shards
    /// returned once it has let go of it.
    #[inline]
    pub(crate) fn publish_while_locked(&self) -> Shards {
        // ORDERING: Relaxed; only a first guess for the exchange.
        let mut before = self.0.load(Ordering::Relaxed);
        loop {
            let after = before.wrapping_add(STEP) & !WAITING;
            // ORDERING: Release; partners: the Acquire of `load` and of `set_waiting`, to which the value becomes
            // visible. Acquire; partner: the Release of `set_waiting`: the listeners of the bits taken are in their
            // lists for the notification. Relaxed on failure, which is another guess.
            match self.0.compare_exchange_weak(before, after, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return Shards((before & WAITING) >> WAITING_SHIFT),
                Err(now) => before = now,
            }
        }
    }

    /// Says that a receiver is about to sleep in `shard`, where its listener already is. It may do so only if
    /// the snapshot returned has no news for it.
    #[inline]
    pub(crate) fn set_waiting(&self, shard: usize) -> Snapshot {
        let bit = 1 << (WAITING_SHIFT as usize + shard);
        let now = self.load();
        if now.0 & bit != 0 {
            // Another receiver set it, and whoever takes it locks the shard's list after that. If that is still to
            // come, it finds our listener. If it is past, our own listener was put into the list later, so that
            // the list's lock has made the new version visible to the load above.
            return now;
        }
        // ORDERING: Release; partners: the Acquires of `publish_while_locked` and `close`, to which the listener
        // becomes visible. Acquire, as `load`.
        Snapshot(self.0.fetch_or(bit, Ordering::AcqRel))
    }

    /// Closes the channel for ever. The caller is the last sender, and notifies the shards returned.
    pub(crate) fn close(&self) -> Shards {
        // ORDERING: Release; partners: the Acquires of `load` and `set_waiting`. All that senders did becomes
        // visible to who sees the close. Acquire; partner: the Release of `set_waiting`, for the listeners.
        let before = self.0.fetch_or(CLOSED, Ordering::AcqRel);
        Shards((before & WAITING) >> WAITING_SHIFT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_wraps_and_leaves_the_other_bits() {
        let state = AtomicState(AtomicUsize::new(VERSION | CLOSED));
        let mut seen = Seen::new(state.load().version());
        assert_eq!(state.publish_while_locked(), Shards(0));
        assert_eq!(state.load().version(), Version(0));
        assert!(state.load().is_closed());
        assert_eq!(seen.look(state.load()), Some(News::Next));
        assert_eq!(seen.look(state.load()), Some(News::Closed));
    }

    #[test]
    fn a_send_takes_the_waiting_bits_once() {
        let state = AtomicState::new();
        let last = SHARDS - 1;
        assert_eq!(state.set_waiting(0).version(), Version(0));
        assert_eq!(state.set_waiting(last).version(), Version(0));
        assert_eq!(state.publish_while_locked().bits(), 1 | 1 << last);
        assert_eq!(state.publish_while_locked().bits(), 0);
        assert_eq!(state.set_waiting(last).version(), Version(2 * STEP));
        assert_eq!(state.close().bits(), 1 << last);
    }

    #[test]
    fn unseen_comes_before_closed() {
        let state = AtomicState::new();
        let mut seen = Seen::new(state.load().version());
        assert_eq!(seen.look(state.load()), None);
        let _ = state.publish_while_locked();
        let _ = state.close();
        assert_eq!(seen.look(state.load()), Some(News::Next));
        assert_eq!(seen.look(state.load()), Some(News::Closed));
    }

    #[test]
    fn the_next_version_is_told_from_later_ones() {
        let state = AtomicState(AtomicUsize::new(VERSION));
        let mut seen = Seen::new(state.load().version());
        let _ = state.publish_while_locked();
        assert_eq!(seen.look(state.load()), Some(News::Next));
        let _ = state.publish_while_locked();
        let _ = state.publish_while_locked();
        assert_eq!(seen.look(state.load()), Some(News::Later));
    }

    #[test]
    fn stepping_back_wraps_and_is_never_the_current_version() {
        let state = AtomicState::new();
        let mut seen = Seen::new(state.load().version());
        for _ in 0..3 {
            seen.step_back();
            assert_ne!(seen.version(), state.load().version());
        }
        assert_eq!(seen.look(state.load()), Some(News::Later));
    }

    #[test]
    fn versions_take_turns_with_the_shards_of_a_lane() {
        let shard = |version| Seen::new(Version(version * STEP)).shard();
        assert_eq!([shard(0), shard(1)], [lane(), LANES + lane()]);
        assert_eq!([shard(2), shard(3)], [shard(0), shard(1)]);
        assert!(shard(usize::MAX / STEP) < SHARDS);
    }
}
