//! One list of waiting tasks.
//!
//! A list is a vector of entries behind a lock, and a *round*, which counts deliveries. A wait puts
//! its waker into an entry and gets a *ticket*: which entry, in which round. A delivery begins the
//! next round, and then takes all wakers of the round before. From its begin on the tickets of
//! earlier rounds are *void*: they have no entry any more.
//!
//! | state of a wait | its ticket | its waker | entered by |
//! |---|---|---|---|
//! | does not wait | none | | [`cancel`](WaitList::cancel), a poll that is ready |
//! | waits | of this round | in its entry | [`register`](WaitList::register), from any state |
//! | is woken | of an earlier round | taken by a delivery, or about to be | a delivery |
//!
//! | state of an entry | what it has | entered by |
//! |---|---|---|
//! | waiting | a waker | `register` |
//! | free | the index of the next free entry | `cancel`; a delivery that takes the waker |
//! | none | | a delivery or `cancel`, once no entry has a waker; both also forget many free entries |
//!
//! # Memory
//!
//! An entry takes two words. A vector that is full is replaced by one of twice the size. It is
//! allocated before the lock is taken, and the old one is freed after the lock has been released:
//! an allocator is foreign code.
//!
//! Vectors shrink as well: when a delivery is over, and when so many waits have been cancelled that
//! none or [few](FEW) are left, and the last entry is free. A vector stays if it is at most [`SLACK`]
//! times larger than the last round, so tasks that wait again and again do not allocate. One for
//! [`KEPT_BY_DELIVERY`] entries stays after each delivery, and one for [`KEPT_BY_CANCEL`] after a
//! cancelled wait.
//!
//! # Why not event-listener's list
//!
//! event-listener calls wakers while it holds its lock, so with it each wait would need a second
//! place for its waker, with a lock and a reference count: 19 atomic writes for a wait and its
//! wake-up instead of 10. It allocates for a wait that outlives its poll. And a dropped wait passes
//! its notification on, so it can call the waker of another task.

use alloc::vec::Vec;
use core::mem::{self, ManuallyDrop};
use core::task::Waker;

use super::delivery::BATCH;
use crate::flash::{move_all, push_within_capacity};
use crate::sync::{AtomicUsize, HAS_CRITICAL_SECTIONS, IS_MODEL, Mutex, Ordering};

/// Stands for no entry where an index can be absent.
const NONE: u32 = u32::MAX;

/// When no more tasks wait, a list that is large may shrink.
pub(super) const FEW: usize = 16;

/// How many times larger than the last round a vector may be.
const SLACK: usize = 8;

/// A delivery never shrinks a vector for so many entries.
pub(super) const KEPT_BY_DELIVERY: usize = SLACK * FEW;

/// A cancelled wait never shrinks a vector for so many entries, because crowds come and go.
const KEPT_BY_CANCEL: usize = match (HAS_CRITICAL_SECTIONS, IS_MODEL) {
    (true, _) => KEPT_BY_DELIVERY,
    (false, true) => 2,
    (false, false) => 512,
};

/// Where the waker of a task is: in which lane, which entry, and which round.
///
/// A ticket is void once a delivery has begun a later round. On 32-bit targets the round wraps: a
/// ticket that is kept through exactly 2<sup>32</sup> deliveries to its list would be taken for one
/// of this round.
pub(crate) struct Ticket {
    /// In which round?
    round: usize,
    /// In which entry? [`NONE`] if the task does not wait.
    index: u32,
    /// In which lane?
    lane: u8,
    /// Which lane would the task wait in if all were in use?
    number: u8,
}

impl Ticket {
    /// Returns the ticket of a task that does not wait.
    pub(crate) fn new(number: u8) -> Self {
        Self { round: 0, index: NONE, lane: 0, number }
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.index != NONE
    }

    /// The lane in which the task waits.
    pub(crate) fn lane(&self) -> usize {
        self.lane.into()
    }

    pub(super) fn number(&self) -> usize {
        self.number.into()
    }
}

/// An entry. It does not drop its waker, so a vector of entries is cleared in constant time, once
/// the wakers have been taken out.
pub(super) enum Entry {
    Waiting(ManuallyDrop<Waker>),
    /// The index of the next free entry.
    Free(u32),
}

impl Entry {
    fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting(_))
    }
}

/// What the lock protects.
pub(super) struct Entries {
    /// Who waits? In the order in which they came, but a free entry is used first.
    pub(super) waiting: Vec<Entry>,
    /// Which free entry does the next wait take?
    free: u32,
    /// How many entries have a waker?
    pub(super) registered: u32,
    /// Which entries do deliveries still have to take? Those from `next` on, before `end`.
    next: u32,
    end: u32,
    /// How many entries did the last round have?
    last_round: u32,
}

impl Entries {
    /// Puts the waker into the entry at `index`, or into a new one if there is none. Returns the
    /// index and the waker that was there, or gives the waker back if the vector is full.
    #[inline]
    fn put(&mut self, mut index: u32, waker: Waker) -> Result<(u32, Option<Waker>), Waker> {
        let new = Entry::Waiting(ManuallyDrop::new(waker));
        if let Some(entry) = self.waiting.get_mut(index as usize) {
            match mem::replace(entry, new) {
                Entry::Waiting(replaced) => return Ok((index, Some(ManuallyDrop::into_inner(replaced)))),
                Entry::Free(next) => self.free = next,
            }
        } else {
            index = self.waiting.len() as u32;
            if let Err(Entry::Waiting(waker)) = push_within_capacity(&mut self.waiting, new) {
                return Err(ManuallyDrop::into_inner(waker));
            }
        }
        self.registered += 1;
        Ok((index, None))
    }

    /// Takes the waker out of an entry, and makes the entry the first free one.
    #[inline]
    fn take(&mut self, index: u32) -> Option<Waker> {
        let entry = self.waiting.get_mut(index as usize)?;
        let taken = mem::replace(entry, Entry::Free(self.free));
        self.free = index;
        let Entry::Waiting(waker) = taken else { return None };
        self.registered -= 1;
        Some(ManuallyDrop::into_inner(waker))
    }

    /// Takes the waker of a wait that is cancelled. Also returns `true` if the vector is too large
    /// from then on.
    #[inline]
    fn cancel(&mut self, index: u32) -> (Option<Waker>, bool) {
        let waker = self.take(index);
        (waker, self.forget_free_entries() && self.is_too_large(KEPT_BY_CANCEL))
    }

    /// Forgets all entries if no task waits, and those at the end if few of many entries are in
    /// use. Returns `true` if it has done so.
    #[inline]
    pub(super) fn forget_free_entries(&mut self) -> bool {
        if self.registered == 0 {
            self.waiting.clear();
            (self.free, self.next, self.end) = (NONE, NONE, NONE);
            return true;
        }
        let has_large_free_end = !HAS_CRITICAL_SECTIONS
            && self.registered as usize <= FEW
            && self.waiting.len() > KEPT_BY_CANCEL
            && matches!(self.waiting.last(), Some(Entry::Free(_)))
            && !self.has_rest();
        if has_large_free_end {
            self.forget_free_end();
        }
        has_large_free_end
    }

    /// Forgets the free entries behind the last one that is in use.
    #[cold]
    fn forget_free_end(&mut self) {
        let last = self.waiting.iter().rposition(Entry::is_waiting);
        self.waiting.truncate(last.map_or(0, |last| last + 1));
        self.free = NONE;
        for (index, entry) in self.waiting.iter_mut().enumerate().rev() {
            if let Entry::Free(next) = entry {
                *next = mem::replace(&mut self.free, index as u32);
            }
        }
    }

    /// Returns `true` if a delivery has still entries to take.
    #[inline]
    pub(super) fn has_rest(&self) -> bool {
        self.next != self.end
    }

    /// Begins a round: all entries are to be taken.
    #[inline]
    pub(super) fn begin_round(&mut self) {
        // All tickets are void now, so entries can move. (With critical sections that would take
        // too long.)
        if !HAS_CRITICAL_SECTIONS && self.waiting.len() > 2 * self.registered as usize {
            self.waiting.retain(Entry::is_waiting);
        }
        let len = self.waiting.len() as u32;
        (self.free, self.next, self.end, self.last_round) = (NONE, 0, len, len);
    }

    /// Looks at the next entry of the round, of which there is one, and at one more for each place
    /// of `batch`. Returns the first waker that it finds, and moves the others to the front of
    /// `batch`.
    #[inline]
    pub(super) fn take_batch(&mut self, batch: &mut [Option<Waker>; BATCH]) -> Option<Waker> {
        let mut waker = self.take_next();
        let mut places = batch.iter_mut();
        for _ in 0..places.len() {
            if !self.has_rest() {
                break;
            }
            let next = self.take_next();
            if waker.is_none() {
                waker = next;
            } else if let Some(next) = next {
                places.next().map(|place| place.insert(next));
            }
        }
        waker
    }

    #[inline]
    fn take_next(&mut self) -> Option<Waker> {
        self.next += 1;
        self.take(self.next - 1)
    }

    /// Returns `true` if the vector has room for much more than the last round, and for more than
    /// `kept` tasks.
    #[inline]
    pub(super) fn is_too_large(&self, kept: usize) -> bool {
        let room = self.waiting.capacity();
        room > kept && room > SLACK * self.last_round as usize
    }
}

/// One list. No method runs foreign code while it holds the lock: wakers are cloned before they are
/// passed in, and returned for the caller to call or drop; vectors are allocated before the lock is
/// taken, and freed after it has been released.
pub(crate) struct WaitList {
    /// Which round is it? It changes only under the lock, and is outside so that a task that has
    /// been woken sees without the lock that its ticket is void.
    pub(super) round: AtomicUsize,
    pub(super) entries: Mutex<Entries>,
}

impl WaitList {
    /// Puts the waker into the ticket's entry, or into another one if the ticket is void. Returns
    /// the waker that it replaces, or gives the waker back if the list must grow first.
    #[inline]
    pub(super) fn register(&self, ticket: &mut Ticket, lane: usize, waker: Waker) -> Result<Option<Waker>, Waker> {
        self.entries.with(|entries| {
            // ORDERING: Relaxed; the round changes only under the lock.
            let round = self.round.load(Ordering::Relaxed);
            let index = if ticket.round == round { ticket.index } else { entries.free };
            let (index, replaced) = entries.put(index, waker)?;
            (ticket.round, ticket.index, ticket.lane) = (round, index, lane as u8);
            Ok(replaced)
        })
    }

    /// Takes the waker back, unless a delivery has taken it.
    #[inline]
    #[must_use = "dropping a waker runs foreign code: do that last"]
    pub(crate) fn cancel(&self, ticket: &mut Ticket) -> Option<Waker> {
        let index = mem::replace(&mut ticket.index, NONE);
        let round = mem::take(&mut ticket.round);
        // ORDERING: Relaxed; nothing is read that a delivery has written. The round of the ticket
        // has been read before, so this does not read an older one. If it misses a newer one, the
        // lock shows it below.
        if self.round.load(Ordering::Relaxed) != round {
            return None;
        }
        let (waker, is_too_large) = self.entries.with(|entries| {
            // ORDERING: Relaxed; the round changes only under the lock.
            if self.round.load(Ordering::Relaxed) == round { entries.cancel(index) } else { (None, false) }
        });
        if is_too_large {
            self.resize(0);
        }
        waker
    }

    /// Returns `true` if another thread holds the lock at this moment.
    #[inline]
    pub(crate) fn is_locked(&self) -> bool {
        self.entries.is_locked()
    }

    /// Makes room for at least `least` wakers, and for twice as many as wait.
    #[cold]
    #[inline(never)]
    pub(super) fn resize(&self, least: usize) {
        let len = self.entries.with(|entries| entries.waiting.len());
        let capacity = (2 * len).max(least);
        assert!(capacity <= NONE as usize, "too many tasks wait on one watch channel");
        let mut other = Vec::with_capacity(capacity);
        self.entries.with(|entries| {
            if entries.waiting.len() <= capacity {
                move_all(&mut entries.waiting, &mut other);
                mem::swap(&mut entries.waiting, &mut other);
            }
        });
    }
}

impl Default for WaitList {
    fn default() -> Self {
        let waiting = Vec::new();
        let entries = Entries { waiting, free: NONE, registered: 0, next: NONE, end: NONE, last_round: 0 };
        Self { round: AtomicUsize::new(1), entries: Mutex::new(entries) }
    }
}

impl Drop for Entries {
    fn drop(&mut self) {
        // Only a wait that has been leaked is still registered. Firmware that leaks waits leaks
        // their wakers as well.
        if !HAS_CRITICAL_SECTIONS {
            (0..self.waiting.len() as u32).for_each(|index| drop(self.take(index)));
        }
    }
}
