//! One list of waiting tasks.
//!
//! A list is a vector of entries behind a lock, and a *round*, which counts deliveries. A wait puts
//! its waker into an entry and gets a *ticket*: which entry, in which round. A delivery begins the
//! next round: it exchanges the vector for an empty one, and then calls the wakers of the old one.
//! Once it has begun, tickets of earlier rounds are *void*: the delivery owns their entries.
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
//! | gone | | a delivery; a `cancel` that leaves no task, or few of many |
//!
//! # Memory
//!
//! An entry takes two words. A vector that is full is replaced by one of twice the size. It is
//! allocated before the lock is taken, and the old one is freed after the lock has been released:
//! an allocator is foreign code. The vector of a round that is over is used again, so tasks that
//! wait again and again do not allocate. There is a second one for tasks that wait again during a
//! delivery.
//!
//! Vectors shrink as well. A delivery frees one that is more than [`SLACK`] times larger than its
//! round. And a list frees memory when so many waits have been cancelled that none or [few](FEW)
//! are left. But a list that has used at most [`KEPT`] entries frees nothing, because crowds come
//! and go.
//!
//! # Why not event-listener's list
//!
//! event-listener calls wakers while it holds its lock, so with it each wait would need a second
//! place for its waker, with a lock and a reference count. These are more atomic writes than the 9
//! that a wait, a send and the wake-up take together, as `benches/profile.sh` counts them. It
//! allocates for a wait that outlives its poll. And a dropped wait passes its notification on, so it
//! can call the waker of another task.

use alloc::vec::Vec;
use core::mem::{self, ManuallyDrop};
use core::task::Waker;

use super::LANES;
use crate::flash::move_all;
use crate::sync::{AtomicUsize, HAS_CRITICAL_SECTIONS, IS_MODEL, Mutex, Ordering};

/// Stands for no entry where an index can be absent.
const NONE: u32 = u32::MAX;

/// A large list may shrink once at most this many tasks wait.
pub(super) const FEW: usize = 16;

/// How many times larger than a round a vector may be.
const SLACK: usize = 8;

/// A list that has used no more entries than this frees nothing.
pub(super) const KEPT: usize = if IS_MODEL { 2 } else { 512 };

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
    /// In which lane does the task wait, or did it wait?
    pub(crate) lane: u8,
    /// In which lane does it wait if all are in use?
    pub(super) number: u8,
}

impl Ticket {
    /// Returns the ticket of a task that does not wait.
    pub(crate) fn new(number: u8) -> Self {
        Self { round: 0, index: NONE, lane: if LANES == 1 { number } else { 0 }, number }
    }

    #[inline]
    pub(super) fn is_waiting(&self) -> bool {
        self.index != NONE
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
    #[inline]
    fn new(waker: Waker) -> Self {
        Self::Waiting(ManuallyDrop::new(waker))
    }

    #[inline]
    fn into_waker(self) -> Option<Waker> {
        if let Self::Waiting(waker) = self { Some(ManuallyDrop::into_inner(waker)) } else { None }
    }
}

/// The entries of a round that is over. Deliveries take the wakers out.
#[derive(Default)]
pub(super) struct Round {
    /// Who waited in it, as far as no delivery has taken the waker?
    pub(super) entries: Vec<Entry>,
    /// Which entry is the next to be taken?
    next: usize,
}

impl Round {
    #[inline]
    pub(super) fn has_rest(&self) -> bool {
        self.next != self.entries.len()
    }

    /// Takes the waker out of the next entry. There may be none, because the wait has been
    /// cancelled or because no entry is left.
    #[inline]
    pub(super) fn take_next(&mut self) -> Option<Waker> {
        let entry = self.entries.get_mut(self.next)?;
        self.next += 1;
        mem::replace(entry, Entry::Free(0)).into_waker()
    }

    /// Returns `true` if the vector has room for many more entries than the round had. (A round
    /// without tasks is no measure.)
    fn is_too_large(&self) -> bool {
        let (size, room) = (self.entries.len(), self.entries.capacity());
        size > 0 && room > KEPT && room > SLACK * size
    }
}

/// What the lock protects.
pub(super) struct Entries {
    /// Who waits? In the order in which they came, but a free entry is used first.
    pub(super) waiting: Vec<Entry>,
    /// Which free entry does the next wait take?
    free: u32,
    /// How many of these entries have a waker?
    pub(super) registered: u32,
    /// Which vector does the next round use? With critical sections it is that of the previous
    /// round, and deliveries still take wakers out of it. Otherwise it has no entries, and is kept
    /// for its capacity.
    pub(super) previous: Round,
}

impl Entries {
    /// Forgets all entries if no task waits, and the free ones at the end if few tasks are left of
    /// many. Returns `true` if the vector should then be replaced by a smaller one.
    #[inline]
    fn forget_free(&mut self) -> bool {
        let were_many = self.waiting.len() > KEPT;
        if self.registered == 0 {
            self.waiting.clear();
            self.free = NONE;
        } else if !HAS_CRITICAL_SECTIONS && were_many && self.registered as usize <= FEW {
            // (With critical sections, a look at all entries would take too long.)
            self.forget_free_end();
        } else {
            return false;
        }
        were_many
    }

    /// Forgets the free entries behind the last one that is in use.
    #[cold]
    fn forget_free_end(&mut self) {
        let last = self.waiting.iter().rposition(|entry| matches!(entry, Entry::Waiting(_)));
        self.waiting.truncate(last.map_or(0, |last| last + 1));
        self.free = NONE;
        for (index, entry) in self.waiting.iter_mut().enumerate().rev() {
            if let Entry::Free(next) = entry {
                *next = mem::replace(&mut self.free, index as u32);
            }
        }
    }

    /// Returns the capacity that the vector should have: more if it is full, or less if it has room
    /// for many more entries than there are. `None` if it should stay.
    fn wanted_capacity(&self, grows: bool) -> Option<usize> {
        let (len, room) = (self.waiting.len(), self.waiting.capacity());
        // The second vector soon has as many entries as the first one.
        let least = if grows { self.previous.entries.capacity().max(1) } else { 0 };
        let wanted = (2 * len).max(least);
        (if grows { len == room } else { wanted < room }).then_some(wanted)
    }
}

/// One list. No method runs foreign code while it holds the lock: wakers are cloned before they are
/// passed in, and returned for the caller to call or drop; vectors are allocated before the lock is
/// taken, and freed after it has been released.
#[repr(C)]
pub(crate) struct WaitList {
    /// Which round is it? It changes only under the lock, and is outside so that a task that has
    /// been woken sees without the lock that its ticket is void.
    round: AtomicUsize,
    /// Who waits, and whom do deliveries still have to wake?
    pub(super) entries: Mutex<Entries>,
}

impl WaitList {
    /// Puts the waker into the ticket's entry, or into another one if the ticket is void. Returns
    /// the waker that it replaces, or gives the waker back if the list must grow first.
    #[inline]
    pub(super) fn register(&self, ticket: &mut Ticket, waker: Waker) -> Result<Option<Waker>, Waker> {
        self.entries.with(|entries| {
            // ORDERING: Relaxed; the round changes only under the lock.
            let round = self.round.load(Ordering::Relaxed);
            if ticket.round != round {
                (ticket.round, ticket.index) = (round, entries.free);
            }
            let len = entries.waiting.len();
            if let Some(entry) = entries.waiting.get_mut(ticket.index as usize) {
                if let Entry::Free(next) = *entry {
                    (entries.free, entries.registered) = (next, entries.registered + 1);
                }
                return Ok(mem::replace(entry, Entry::new(waker)).into_waker());
            }
            if len == entries.waiting.capacity() {
                return Err(waker);
            }
            entries.waiting.push(Entry::new(waker));
            (ticket.index, entries.registered) = (len as u32, entries.registered + 1);
            Ok(None)
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
        let (waker, should_shrink) = self.entries.with(|entries| {
            let entry = entries.waiting.get_mut(index as usize)?;
            // ORDERING: Relaxed; the round changes only under the lock.
            if self.round.load(Ordering::Relaxed) != round {
                return None;
            }
            let waker = mem::replace(entry, Entry::Free(entries.free)).into_waker();
            entries.free = index;
            entries.registered -= 1;
            Some((waker, entries.forget_free()))
        })?;
        if should_shrink {
            self.resize(false);
        }
        waker
    }

    /// Begins a round: all that wait are in `entries.previous` from then on.
    #[inline]
    pub(super) fn begin_round(&self, entries: &mut Entries) {
        // ORDERING: Relaxed, both; the lock orders this with `register`. A `cancel` that misses it
        // takes the lock.
        self.round.store(self.round.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        let mut other = mem::take(&mut entries.previous.entries);
        other.clear();
        let previous = Round { entries: mem::replace(&mut entries.waiting, other), next: 0 };
        // What it replaces is empty: without `forget` the compiler would generate code to free it.
        mem::forget(mem::replace(&mut entries.previous, previous));
        (entries.free, entries.registered) = (NONE, 0);
    }

    /// Begins a round, and takes the one that is over out of the list; or only its waker, if it has
    /// no more than one. Then the vector stays, and the lock need not be taken again to give it
    /// back.
    pub(super) fn take_round(&self) -> Result<Round, Option<Waker>> {
        self.entries.with(|entries| {
            self.begin_round(entries);
            let Entries { waiting, previous, .. } = entries;
            if previous.entries.len() > 1 || previous.entries.capacity() > KEPT {
                return Ok(mem::take(previous));
            }
            mem::swap(waiting, &mut previous.entries);
            Err(waiting.pop().and_then(Entry::into_waker))
        })
    }

    /// Gives the vector of a round back, whose wakers have all been taken, unless it is much larger
    /// than the round.
    pub(super) fn give_back(&self, round: Round) {
        if round.is_too_large() {
            return;
        }
        let mut other = round.entries;
        other.clear();
        self.entries.with(|entries| {
            if entries.waiting.capacity() < other.capacity() {
                move_all(&mut entries.waiting, &mut other);
                mem::swap(&mut entries.waiting, &mut other);
            }
            if entries.previous.entries.capacity() < other.capacity() {
                mem::swap(&mut entries.previous.entries, &mut other);
            }
        });
    }

    /// Frees the vector of a round that has been delivered in place, if it is much larger than the
    /// round.
    #[cold]
    pub(super) fn free_previous(&self) {
        let _previous = self.entries.with(|entries| {
            let is_unused = entries.previous.is_too_large() && !entries.previous.has_rest();
            is_unused.then(|| mem::take(&mut entries.previous))
        });
    }

    /// Replaces the vector by one for twice as many entries as there are, if it is full (`grows`) or
    /// if that is smaller.
    #[cold]
    #[inline(never)]
    pub(super) fn resize(&self, grows: bool) {
        let Some(capacity) = self.entries.with(|entries| entries.wanted_capacity(grows)) else { return };
        assert!(capacity <= NONE as usize, "too many tasks wait on one watch channel");
        let mut other = Vec::with_capacity(capacity);
        let _unused = self.entries.with(|entries| {
            if entries.wanted_capacity(grows).is_some_and(|wanted| wanted <= capacity) {
                move_all(&mut entries.waiting, &mut other);
                mem::swap(&mut entries.waiting, &mut other);
            }
            let is_unused = !HAS_CRITICAL_SECTIONS && !grows && entries.registered == 0 && !entries.previous.has_rest();
            is_unused.then(|| mem::take(&mut entries.previous))
        });
    }
}

impl Default for WaitList {
    fn default() -> Self {
        let entries = Entries { waiting: Vec::new(), free: NONE, registered: 0, previous: Round::default() };
        Self { round: AtomicUsize::new(1), entries: Mutex::new(entries) }
    }
}

impl Drop for Entries {
    fn drop(&mut self) {
        // Only a wait that has been leaked is still registered. Firmware that leaks waits leaks
        // their wakers as well.
        if !HAS_CRITICAL_SECTIONS {
            self.waiting.drain(..).for_each(|entry| drop(entry.into_waker()));
        }
    }
}
