//! One list of waiting tasks.
//!
//! A list is a vector of entries behind a lock, and a *round*, which counts deliveries. A wait puts its waker into an entry
//! and gets a *ticket*: which entry, in which round. A delivery takes all entries and begins the next round. From then on
//! the tickets of earlier rounds are *void*: they have no entry any more.
//!
//! | state of a wait | its ticket | its waker | entered by |
//! |---|---|---|---|
//! | does not wait | none | | [`cancel`](WaitList::cancel), a poll that is ready |
//! | waits | of this round | in its entry | [`register`](WaitList::register), from any state |
//! | is woken | of an earlier round | taken by a delivery, called or about to be | a delivery |
//!
//! | state of an entry | what it has | entered by |
//! |---|---|---|
//! | waiting | a waker | `register` |
//! | free | the index of the next free entry | `cancel`, if other tasks wait |
//! | none | | a delivery, for all entries at once; `cancel`, if no other task waits |
//!
//! # Memory
//!
//! An entry takes two words. A vector that is full is replaced by one of twice the size. It is allocated before the lock is
//! taken, and the old one is freed after the lock has been released: an allocator is foreign code. Vectors shrink as well.
//! One that is more than [`SLACK`] times larger than its round is freed by the delivery. One that is more than `SLACK` times
//! larger than needed is freed when its last wait is cancelled, or its last one behind the first [`FEW`]. But if the crowd
//! before was as large, a vector for up to [`MOST`] stays for the next crowd, so crowds that come and go do not allocate. (With
//! critical sections, a vector for four times `FEW` stays in any case, which takes less code.)
//!
//! # Why not event-listener's list
//!
//! event-listener calls wakers while it holds its lock, so with it each wait would need a second place for its waker, with a
//! lock and a reference count: 19 atomic writes for a wait and its wake-up instead of 10. It allocates for a wait that
//! outlives its poll. And a dropped wait passes its notification on, so it can call the waker of another task.

use alloc::vec::Vec;
use core::mem::{self, ManuallyDrop};
use core::task::Waker;

use super::delivery::Rest;
use crate::sync::{AtomicUsize, HAS_CRITICAL_SECTIONS, Mutex, Ordering};

/// Stands for no entry where an index can be absent.
pub(super) const NONE: u32 = u32::MAX;

/// A list keeps a vector for this many entries, however few it needs.
pub(super) const FEW: usize = 16;

/// How many times larger than its round a vector may be.
pub(super) const SLACK: usize = 8;

/// The most entries that a list keeps room for, after their waits have been cancelled, because crowds come and go.
const MOST: usize = 512;

/// Where the waker of a task is: in which lane, which entry, and which round.
///
/// A ticket is void once a delivery has begun a later round. On 32-bit targets the round wraps: a ticket that is kept through
/// exactly 2<sup>32</sup> deliveries to its list would be taken for one of this round.
pub(crate) struct Ticket {
    /// In which round?
    round: usize,
    /// In which entry? [`NONE`] if the task does not wait.
    index: u32,
    /// In which lane?
    lane: u8,
    /// Which lane would the task wait in if all were in use? It is masked to choose the lane of each wait.
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

/// An entry. It does not drop its waker, so a vector of entries is cleared in constant time: [`take`](Self::take) the waker
/// first.
pub(super) enum Entry {
    Waiting(ManuallyDrop<Waker>),
    /// The index of the next free entry.
    Free(u32),
}

impl Entry {
    #[inline]
    pub(super) fn take(&mut self, next_free: u32) -> Option<Waker> {
        match mem::replace(self, Self::Free(next_free)) {
            Self::Waiting(waker) => Some(ManuallyDrop::into_inner(waker)),
            Self::Free(_) => None,
        }
    }
}

/// Returns `true` if an entry is behind the first few. With critical sections that makes no difference, to save instructions.
#[inline]
fn is_crowd(index: u32) -> bool {
    !HAS_CRITICAL_SECTIONS && index as usize >= FEW
}

/// What the lock protects.
pub(super) struct Entries {
    /// Which wakers does the next delivery call? In the order in which they came, with free entries among them.
    pub(super) waiting: Vec<Entry>,
    /// Which entry was freed last?
    pub(super) free: u32,
    /// How many entries have a waker?
    pub(super) registered: u32,
    /// How many of these are behind the first [`FEW`]?
    pub(super) crowd: u32,
    /// How many entries did the crowd before need?
    usual: u32,
    /// What do deliveries keep here?
    pub(super) rest: Rest,
}

impl Entries {
    /// Puts the waker into the entry at `index`, or into a new one if there is none. Returns the index and the waker that was
    /// there, or gives the waker back if the vector is full.
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
        self.crowd += u32::from(is_crowd(index));
        Ok((index, None))
    }

    /// Takes the waker out of an entry, and makes the entry the first free one.
    #[inline]
    pub(super) fn take(&mut self, index: u32) -> Option<Waker> {
        let waker = self.waiting.get_mut(index as usize)?.take(self.free);
        self.free = index;
        if waker.is_some() {
            self.registered -= 1;
            self.crowd -= u32::from(is_crowd(index));
        }
        waker
    }

    /// Takes the waker of a wait that is cancelled. If that leaves the vector too large, also returns how large it should be.
    #[inline]
    fn cancel(&mut self, index: u32) -> (Option<Waker>, Option<usize>) {
        let waker = self.take(index);
        // Usually other tasks still wait. What a delivery under way has still to call is left alone.
        let has_left = self.registered == 0 || self.crowd == 0 && is_crowd(index);
        (waker, if has_left && self.rest.is_empty() { self.crowd_has_left() } else { None })
    }

    /// Forgets free entries: all of them if no task waits, and otherwise those behind the first few, if they take much memory.
    fn crowd_has_left(&mut self) -> Option<usize> {
        let len = self.waiting.len();
        let kept = match HAS_CRITICAL_SECTIONS {
            true => 4 * FEW,
            false => (SLACK * len.min(self.usual as usize)).clamp(FEW, MOST),
        };
        self.note_crowd(len);
        let is_too_large = self.waiting.capacity() > kept;
        if HAS_CRITICAL_SECTIONS || self.registered == 0 {
            self.waiting.clear();
            self.free = NONE;
        } else if is_too_large {
            self.waiting.truncate(FEW);
            self.free = NONE;
            for (index, entry) in (0..).zip(&mut self.waiting) {
                if let Entry::Free(next) = entry {
                    *next = mem::replace(&mut self.free, index);
                }
            }
        }
        is_too_large.then_some(2 * self.waiting.len())
    }

    /// Notes how many entries were needed, unless only a few were. (Firmware does not ask.)
    #[inline]
    fn note_crowd(&mut self, len: usize) {
        if !HAS_CRITICAL_SECTIONS && len > FEW {
            self.usual = len as u32;
        }
    }

    /// Clears the list once a delivery has taken all wakers of a round of `len` entries. Returns `true` if that leaves a vector
    /// that is too large.
    #[inline]
    pub(super) fn end_round(&mut self, len: usize) -> bool {
        self.waiting.clear();
        self.free = NONE;
        self.note_crowd(len);
        len > 0 && self.waiting.capacity().max(self.rest.capacity()) > SLACK * len.max(FEW)
    }
}

/// One list. No method runs foreign code while it holds the lock: wakers are cloned before they are passed in, and returned
/// for the caller to call or drop; vectors are allocated before the lock is taken, and freed after it has been released.
pub(crate) struct WaitList {
    pub(super) entries: Mutex<Entries>,
    /// How many deliveries have there been? It changes only under the lock, and is outside so that a task that has been woken
    /// sees without the lock that its ticket is void.
    pub(super) round: AtomicUsize,
}

impl WaitList {
    /// Puts the waker into the ticket's entry, or into another one if the ticket is void. Returns the waker that it replaces, or
    /// gives the waker back if the list must grow first.
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

    /// Makes room for more wakers, twice as many as there is room for now.
    #[cold]
    pub(super) fn grow(&self) {
        let len = self.entries.with(|entries| entries.waiting.len());
        self.resize((2 * len).max(1));
    }

    /// Takes the waker back, unless a delivery has taken it.
    #[inline]
    #[must_use = "dropping a waker runs foreign code: do that last"]
    pub(crate) fn cancel(&self, ticket: &mut Ticket) -> Option<Waker> {
        let index = mem::replace(&mut ticket.index, NONE);
        let round = mem::take(&mut ticket.round);
        // ORDERING: Relaxed; nothing is read that a delivery has written. The round of the ticket has been read before, so this
        // does not read an older one. If it misses a newer one, the lock shows it below.
        if self.round.load(Ordering::Relaxed) != round {
            return None;
        }
        let (waker, shrink) = self.entries.with(|entries| {
            // ORDERING: Relaxed; the round changes only under the lock.
            if self.round.load(Ordering::Relaxed) == round { entries.cancel(index) } else { (None, None) }
        });
        if let Some(capacity) = shrink {
            self.shrink(capacity);
        }
        waker
    }

    /// Returns `true` if another thread holds the lock at this moment.
    #[inline]
    pub(crate) fn is_locked(&self) -> bool {
        self.entries.is_locked()
    }

    /// Moves the entries to a vector of another size, unless it has become too small.
    #[cold]
    #[inline(never)]
    fn resize(&self, capacity: usize) {
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

    /// Moves the entries to a smaller vector, and frees the spare one.
    #[cold]
    #[inline(never)]
    pub(super) fn shrink(&self, capacity: usize) {
        self.resize(capacity);
        if !HAS_CRITICAL_SECTIONS {
            drop(self.entries.with(|entries| entries.rest.take_spare()));
        }
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
        let entries =
            Entries { waiting: Vec::new(), free: NONE, registered: 0, crowd: 0, usual: 0, rest: Rest::default() };
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
