//! One list of waiting tasks.
//!
//! A list is a vector of entries behind a lock, and a *round*, which counts deliveries. A wait puts
//! its waker into an entry and gets a *ticket*: which entry, in which round. A delivery begins the
//! next round, in another vector, and then takes the wakers out of the vector of the round before.
//! From then on the tickets of that round are *void*: their entries belong to the delivery.
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
//! | free | the index of the next free entry | `cancel` |
//! | taken | (free, without a next one) | a delivery that takes the waker |
//! | gone | | a delivery; a `cancel` that leaves no task, or few of many |
//!
//! # Memory
//!
//! An entry takes two words. A full vector is replaced by one of twice the size. The new one is
//! allocated before the lock is taken, and the old one is freed after the lock has been released:
//! an allocator is foreign code. The vector of a round that is over is used again, so tasks that
//! wait again and again do not allocate. There is a second one for tasks that wait again during a
//! delivery.
//!
//! The vectors shrink as well: after a round, if there was room for more than [`SLACK`] times as
//! many tasks; and when so many waits have been cancelled that none or [few](FEW) are left. But a
//! list that has used at most [`KEPT`] entries frees nothing, because crowds come and go.
//!
//! # Why not event-listener's list
//!
//! event-listener calls wakers while it holds its lock, so with it each wait would need a second
//! place for its waker, with a lock and a reference count. These are more atomic writes than the 9
//! that a wait, a send and the wake-up take together, as `benches/profile.sh` counts them. It
//! allocates for a wait that outlives its poll. And a dropped wait passes its notification on, so
//! it can call the waker of another task.

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
    fn new(waker: Waker) -> Self {
        Self::Waiting(ManuallyDrop::new(waker))
    }

    /// Takes the waker out, if there is one.
    #[inline]
    pub(super) fn take(&mut self) -> Option<Waker> {
        let Self::Waiting(waker) = mem::replace(self, Self::Free(0)) else { return None };
        Some(ManuallyDrop::into_inner(waker))
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
    pub(super) fn has_rest(&self) -> bool {
        self.next < self.entries.len()
    }

    /// Takes the next entry. It is free if its wait has been cancelled, or if no entry is left.
    #[inline]
    pub(super) fn take_next(&mut self) -> Entry {
        let Some(entry) = self.entries.get_mut(self.next) else { return Entry::Free(0) };
        self.next += 1;
        mem::replace(entry, Entry::Free(0))
    }

    /// Calls all wakers that are left. If one panics, the next call goes on with the one after it.
    #[inline]
    pub(super) fn wake(&mut self) {
        while self.has_rest() {
            self.take_next().take().into_iter().for_each(Waker::wake);
        }
    }

    /// Returns `true` if the vector has room for many more entries than the round had. (A round
    /// without tasks is no measure.)
    pub(super) fn is_too_large(&self) -> bool {
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
    /// Which vector does the next round use? With critical sections it is that of the round before,
    /// and deliveries still take wakers out of it. Otherwise no wakers are left in it.
    pub(super) previous: Round,
}

impl Entries {
    /// Forgets all entries if no task waits, and the free ones at the end if few tasks are left of
    /// many. Returns the capacity to which the vector should shrink then, if it should.
    #[inline]
    fn forget_free(&mut self) -> Option<usize> {
        let were_many = self.waiting.len() > KEPT;
        let is_waiting = |entry: &Entry| matches!(entry, Entry::Waiting(_));
        let last = match self.registered as usize {
            0 => None,
            // (With critical sections, a look at all entries would take too long.)
            1..=FEW if were_many && !HAS_CRITICAL_SECTIONS => self.waiting.iter().rposition(is_waiting),
            _ => return None,
        };
        self.waiting.truncate(last.map_or(0, |last| last + 1));
        self.free = NONE;
        for (index, entry) in self.waiting.iter_mut().enumerate().rev() {
            if let Entry::Free(next) = entry {
                *next = mem::replace(&mut self.free, index as u32);
            }
        }
        let len = self.waiting.len();
        (were_many && 2 * len < self.waiting.capacity()).then_some(len)
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
    /// the waker that it replaces. If the list must grow first, gives the waker back, with the
    /// capacity that the vector should have.
    #[inline]
    pub(super) fn register(&self, ticket: &mut Ticket, waker: Waker) -> Result<Option<Waker>, (Waker, usize)> {
        self.entries.with(|entries| {
            if ticket.round != self.round() {
                // Without a free entry, the index is `NONE`, so there is no such entry below.
                (ticket.round, ticket.index) = (self.round(), entries.free);
            }
            let len = entries.waiting.len();
            if let Some(entry) = entries.waiting.get_mut(ticket.index as usize) {
                if let Entry::Free(next) = *entry {
                    (entries.free, entries.registered) = (next, entries.registered + 1);
                }
                let replaced = entry.take();
                *entry = Entry::new(waker);
                return Ok(replaced);
            }
            if len == entries.waiting.capacity() {
                // The second vector soon has as many entries as the first one.
                return Err((waker, (2 * len).max(entries.previous.entries.capacity()).max(1)));
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
        let (waker, smaller) = self.entries.with(|entries| {
            let entry = entries.waiting.get_mut(index as usize)?;
            if self.round() != round {
                return None;
            }
            let waker = entry.take();
            *entry = Entry::Free(mem::replace(&mut entries.free, index));
            entries.registered -= 1;
            Some((waker, entries.forget_free()))
        })?;
        if let Some(capacity) = smaller {
            self.resize(capacity, false);
        }
        waker
    }

    /// Returns the round. The caller holds the lock.
    pub(super) fn round(&self) -> usize {
        // ORDERING: Relaxed; the round changes only under the lock.
        self.round.load(Ordering::Relaxed)
    }

    /// Begins a round, and returns it: all that wait are in `entries.previous` from then on. No
    /// entry of an earlier round may be left.
    #[inline]
    pub(super) fn begin_round(&self, entries: &mut Entries) -> usize {
        // ORDERING: Relaxed; the lock orders this with `register`. A `cancel` that misses it takes
        // the lock.
        self.round.store(self.round().wrapping_add(1), Ordering::Relaxed);
        let mut other = mem::take(&mut entries.previous.entries);
        other.clear();
        let previous = Round { entries: mem::replace(&mut entries.waiting, other), next: 0 };
        // What this replaces is empty. Without `forget` the compiler generates code to free it.
        mem::forget(mem::replace(&mut entries.previous, previous));
        (entries.free, entries.registered) = (NONE, 0);
        self.round()
    }

    /// Gives the vector of a round back, whose wakers have all been called, unless it is much
    /// larger than the round.
    pub(super) fn give_back(&self, mut round: Round) {
        if round.is_too_large() {
            return;
        }
        round.entries.clear();
        self.entries.with(|entries| {
            if entries.waiting.capacity() < round.entries.capacity() {
                move_all(&mut entries.waiting, &mut round.entries);
                mem::swap(&mut entries.waiting, &mut round.entries);
            }
            if entries.previous.entries.capacity() < round.entries.capacity() {
                mem::swap(&mut entries.previous, &mut round);
            }
        });
    }

    /// Moves the entries to a vector with this capacity: a larger one (`grows`), or a smaller one.
    /// The list may have changed since the caller looked, so the vector stays if the entries do not
    /// fit, or if it has room by now. To shrink also frees the vector of the round before, unless
    /// deliveries need it.
    #[cold]
    #[inline(never)]
    pub(super) fn resize(&self, capacity: usize, grows: bool) {
        assert!(capacity <= NONE as usize, "too many tasks wait on one watch channel");
        let mut other = Vec::with_capacity(capacity);
        let _unused = self.entries.with(|entries| {
            if entries.waiting.len() <= capacity && (capacity > entries.waiting.capacity()) == grows {
                move_all(&mut entries.waiting, &mut other);
                mem::swap(&mut entries.waiting, &mut other);
            }
            (!grows && !entries.previous.has_rest()).then(|| mem::take(&mut entries.previous))
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
        // Only a wait that has been leaked is still registered, and no delivery is under way.
        // Firmware that leaks waits leaks their wakers as well.
        if !HAS_CRITICAL_SECTIONS {
            self.waiting.iter_mut().for_each(|entry| drop(entry.take()));
        }
    }
}
