//! One list of waiting tasks.
//!
//! A list is two vectors of entries behind a lock, and a *round*, which counts deliveries. A wait puts its waker
//! into an entry of the first vector and gets a *ticket*: which entry, in which round. A delivery exchanges the
//! vectors, takes the wakers out of the second one, and so begins the next round. From then on the tickets of
//! earlier rounds are *void*: they have no entry any more.
//!
//! | state of a wait | its ticket | its waker | entered by |
//! |---|---|---|---|
//! | does not wait | none | | [`cancel`](WaitList::cancel), a poll that is ready |
//! | waits | of this round | in its entry | [`register`](WaitList::register), from any state |
//! | is woken | of an earlier round | a delivery calls it, or is about to | a delivery |
//!
//! | state of an entry | what it has | entered by |
//! |---|---|---|
//! | waiting | a waker | `register` |
//! | free | the index of the next free entry | `cancel`, if other tasks wait |
//! | none | | a delivery, once it has taken all entries; `cancel`, if no other task waits |
//!
//! # Memory
//!
//! An entry takes two words. A vector that is full is replaced by one of twice the size. It is allocated before
//! the lock is taken, and the old one is freed after the lock has been released: an allocator is foreign code.
//!
//! Vectors shrink as well. Once a delivery has taken the last waker of a round, it frees a vector that is more than
//! [`SLACK`] times larger. When waits are cancelled until none or only a [few](FEW) are left, the vector of a crowd of
//! more than [`MOST`] goes, unless rounds need as much anyway. Up to `MOST` entries stay, so crowds that come and go do
//! not allocate.
//!
//! # Why not event-listener's list
//!
//! event-listener calls wakers while it holds its lock, so with it each wait would need a second place for its waker,
//! with a lock and a reference count: 19 atomic writes for a wait and its wake-up instead of 10. It allocates for a
//! wait that outlives its poll. And a dropped wait passes its notification on, so it can call the waker of another
//! task.

use alloc::vec::Vec;
use core::mem::{self, ManuallyDrop};
use core::task::Waker;

use crate::sync::{AtomicUsize, HAS_CRITICAL_SECTIONS, IS_MODEL, Mutex, Ordering};

/// Stands for no entry where an index can be absent.
const NONE: u32 = u32::MAX;

/// The least that counts as the size of a round, and the most waits that are a few.
pub(super) const FEW: usize = 16;

/// How many times larger than its round a vector may be.
const SLACK: usize = 8;

/// How many entries a list keeps room for once their waits have been cancelled.
const MOST: usize = match (HAS_CRITICAL_SECTIONS, IS_MODEL) {
    (true, _) => 64,
    (false, true) => 2,
    (false, false) => 512,
};

/// Where the waker of a task is: in which lane, which entry, and which round.
///
/// A ticket is void once a delivery has begun a later round. On 32-bit targets the round wraps: a ticket that is kept
/// through exactly 2<sup>32</sup> deliveries to its list would be taken for one of this round.
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

/// An entry. It does not drop its waker, so a vector of entries is cleared in constant time: [`take`](Self::take) the
/// waker first.
pub(super) enum Entry {
    Waiting(ManuallyDrop<Waker>),
    /// The index of the next free entry.
    Free(u32),
}

impl Entry {
    #[inline]
    fn take(&mut self, next_free: u32) -> Option<Waker> {
        match mem::replace(self, Self::Free(next_free)) {
            Self::Waiting(waker) => Some(ManuallyDrop::into_inner(waker)),
            Self::Free(_) => None,
        }
    }
}

/// What the lock protects.
pub(super) struct Entries {
    /// Which wakers does the next delivery take? In the order in which they came, but a free entry is used first.
    pub(super) waiting: Vec<Entry>,
    /// Which entry of `waiting` was freed last?
    free: u32,
    /// How many entries of `waiting` have a waker?
    pub(super) registered: u32,
    /// Which wakers does a delivery take now?
    pub(super) delivering: Vec<Entry>,
    /// How many entries of `delivering` have been taken?
    taken: u32,
}

impl Entries {
    /// Puts the waker into the entry at `index`, or into a new one if there is none. Returns the index and the waker that
    /// was there, or gives the waker back if the vector is full.
    #[inline]
    fn put(&mut self, mut index: u32, waker: Waker) -> Result<(u32, Option<Waker>), Waker> {
        if let Some(entry) = self.waiting.get_mut(index as usize) {
            match mem::replace(entry, Entry::Waiting(ManuallyDrop::new(waker))) {
                Entry::Waiting(replaced) => return Ok((index, Some(ManuallyDrop::into_inner(replaced)))),
                Entry::Free(next) => self.free = next,
            }
        } else {
            // With this check, no code for a reallocation is linked.
            if self.waiting.len() == self.waiting.capacity() {
                return Err(waker);
            }
            index = self.waiting.len() as u32;
            self.waiting.push(Entry::Waiting(ManuallyDrop::new(waker)));
        }
        self.registered += 1;
        Ok((index, None))
    }

    /// Takes the waker of a wait that is cancelled. Also returns `true` if the vectors are too large from then on.
    #[inline]
    fn cancel(&mut self, index: u32) -> (Option<Waker>, bool) {
        let Some(entry) = self.waiting.get_mut(index as usize) else { return (None, false) };
        let waker = entry.take(self.free);
        self.free = index;
        self.registered -= 1;
        (waker, self.registered as usize <= FEW && self.forget_free_entries())
    }

    /// Forgets the entries if no task waits. If few tasks do, forgets the free entries at the end of a large vector.
    /// Returns `true` if the vector is too large from then on.
    fn forget_free_entries(&mut self) -> bool {
        if self.registered == 0 {
            self.waiting.clear();
            self.free = NONE;
        } else if self.has_large_free_end() {
            let last = self.waiting.iter().rposition(|entry| matches!(entry, Entry::Waiting(_)));
            self.waiting.truncate(last.map_or(0, |last| last + 1));
            self.free = NONE;
            for (index, entry) in self.waiting.iter_mut().enumerate().rev() {
                if let Entry::Free(next) = entry {
                    *next = mem::replace(&mut self.free, index as u32);
                }
            }
        } else {
            return false;
        }
        self.waiting.capacity() > MOST.max(self.delivering.capacity())
    }

    /// Returns `true` if forgetting the entries at the end is worth a look at all of them. With critical sections it
    /// never is, because that would take long.
    fn has_large_free_end(&self) -> bool {
        !HAS_CRITICAL_SECTIONS && self.waiting.len() > MOST && matches!(self.waiting.last(), Some(Entry::Free(_)))
    }

    /// Begins a round: the tasks that wait are to be woken.
    #[inline]
    pub(super) fn begin_round(&mut self) {
        mem::swap(&mut self.waiting, &mut self.delivering);
        (self.free, self.registered) = (NONE, 0);
    }

    /// Moves the next wakers of the round into `batch`, and returns how many entries that were. Some may have been free.
    #[inline]
    pub(super) fn take_some(&mut self, batch: &mut [Option<Waker>]) -> usize {
        let mut len = 0;
        for (place, entry) in batch.iter_mut().zip(self.delivering.iter_mut().skip(self.taken as usize)) {
            *place = entry.take(NONE);
            len += 1;
        }
        self.taken += len as u32;
        len
    }

    /// Ends the round if all entries have been taken. Returns `true` if the vectors are too large for it, and `None` if
    /// entries are left.
    #[inline]
    pub(super) fn end_round(&mut self) -> Option<bool> {
        let len = self.delivering.len();
        if (self.taken as usize) < len {
            return None;
        }
        self.delivering.clear();
        self.taken = 0;
        Some(len > 0 && self.waiting.capacity().max(self.delivering.capacity()) > SLACK * len.max(FEW))
    }
}

/// One list. No method runs foreign code while it holds the lock: wakers are cloned before they are passed in, and
/// returned for the caller to call or drop; vectors are allocated before the lock is taken, and freed after it has been
/// released.
pub(crate) struct WaitList {
    pub(super) entries: Mutex<Entries>,
    /// How many deliveries have there been? It changes only under the lock, and is outside so that a task that has been
    /// woken sees without the lock that its ticket is void.
    pub(super) round: AtomicUsize,
}

impl WaitList {
    /// Puts the waker into the ticket's entry, or into another one if the ticket is void. Returns the waker that it
    /// replaces, or gives the waker back if the list must grow first.
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
        // ORDERING: Relaxed; nothing is read that a delivery has written. The round of the ticket has been read before, so
        // this does not read an older one. If it misses a newer one, the lock shows it below.
        if self.round.load(Ordering::Relaxed) != round {
            return None;
        }
        let (waker, is_too_large) = self.entries.with(|entries| {
            // ORDERING: Relaxed; the round changes only under the lock.
            if self.round.load(Ordering::Relaxed) == round { entries.cancel(index) } else { (None, false) }
        });
        if is_too_large {
            self.trim();
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
                // One by one, because moving them all at once would link `memcpy`.
                for entry in &mut entries.waiting {
                    push_within_capacity(&mut other, mem::replace(entry, Entry::Free(NONE)));
                }
                mem::swap(&mut entries.waiting, &mut other);
            }
        });
    }

    /// Frees the memory that the list does not need now.
    #[cold]
    #[inline(never)]
    pub(super) fn trim(&self) {
        self.resize(0);
        let is_unused =
            |entries: &mut Entries| entries.delivering.is_empty().then(|| mem::take(&mut entries.delivering));
        drop(self.entries.with(is_unused));
    }
}

/// Pushes an entry unless the vector is full. (Without the check, code for a reallocation would be linked.)
fn push_within_capacity(entries: &mut Vec<Entry>, entry: Entry) {
    if entries.len() < entries.capacity() {
        entries.push(entry);
    }
}

impl Default for WaitList {
    fn default() -> Self {
        let entries = Entries { waiting: Vec::new(), free: NONE, registered: 0, delivering: Vec::new(), taken: 0 };
        Self { entries: Mutex::new(entries), round: AtomicUsize::new(1) }
    }
}

impl Drop for Entries {
    fn drop(&mut self) {
        // Only a wait that has been leaked is still registered. Firmware that leaks waits leaks their wakers as well.
        if !HAS_CRITICAL_SECTIONS {
            self.waiting.iter_mut().for_each(|entry| drop(entry.take(NONE)));
        }
    }
}
