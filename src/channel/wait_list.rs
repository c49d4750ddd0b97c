//! One list of waiting tasks. It knows nothing of values and versions.
//!
//! # Slots
//!
//! A list is a slab of [`Slot`]s behind one lock. A receiver gets a slot at its first wait and keeps it until it is dropped,
//! so a wait takes the lock once, to put its waker into the slot and the slot into the list. Slots are linked by index into
//! circular lists. The *head* of a circular list is a slot that no receiver has: [`WAITING`] for the tasks that wait, and
//! one for each delivery under way.
//!
//! | state of a slot | `waker` | `prev`, `next` | gets there by |
//! |---|---|---|---|
//! | free | none | `next` is the next free slot | [`grow`](WaitList::grow), [`release`](WaitList::release), the end of a delivery |
//! | idle: a receiver has it and does not wait | none | itself | `release` of another's, [`cancel`](WaitList::cancel), [`take_wakers`](WaitList::take_wakers) |
//! | waiting | some | in the list of [`WAITING`] | [`register`](WaitList::register) |
//! | taken by a delivery | some | in that delivery's list | the first `take_wakers` of a delivery |
//! | head | none | last and first slot of its list, or itself | `grow`, the first `take_wakers` of a delivery |
//!
//! A waiting or taken slot becomes waiting again by `register`, which moves it to the end of the list.
//!
//! # Deliveries
//!
//! A sender moves everything that waits to a list of its own, in constant time, then takes wakers off that list's front, a
//! few at a time, and calls them after it has released the lock. A task that waits again in the meantime is in the list of
//! `WAITING` and is not woken twice. A wait that is cancelled in the meantime unlinks its slot and is not woken at all,
//! unless its waker has been taken already.
//!
//! With `critical-section` all deliveries share one list, and take one waker at a time: a sender that an interrupt has
//! preempted in the middle of its delivery must not hold up the tasks that are left, so the interrupt's send wakes them too.
//!
//! # Memory
//!
//! Slots never move. When none is free, the list gets one more chunk of them, as large as all chunks before, which is made
//! before the lock is taken: only the short directory of chunks changes while it is held. Released slots are used again, so
//! a list is as large as the largest number of receivers that have had slots at the same time.
//!
//! # Why not event-listener's list
//!
//! event-listener calls wakers while it holds its lock, so each wait needed a second place for its waker, with a lock and a
//! reference count of its own: 19 atomic writes for a wait and its wake-up instead of 9. It allocates for a wait that
//! outlives its poll. And a dropped wait passes its notification on, so it can call the waker of another task.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem::{self, ManuallyDrop};
use core::task::Waker;

use crate::sync::{HAS_CRITICAL_SECTIONS, IS_MODEL, Mutex};

/// Says which slot: one of the first ones, or, above [`OFFSET_BITS`], the number of its chunk from 1 on, and below, its place
/// in that chunk. [`NO_SLOT`] stands for none.
pub(crate) type Index = u32;

/// A chunk has at most 2<sup>27</sup> slots, and there are at most 31 chunks.
const OFFSET_BITS: u32 = 27;

/// The head of the list of tasks that wait, of which nobody else can have the index.
const WAITING: Index = 0;

/// Stands for no slot where an index can be absent.
pub(crate) const NO_SLOT: Index = WAITING;

/// The head of the list that all deliveries share, if they do.
const DELIVERING: Index = 1;

/// How many slots are heads from the start.
const HEADS: Index = if HAS_CRITICAL_SECTIONS { 2 } else { 1 };

/// How many slots a list has from the start: its heads, and one for a receiver.
const FIRST: usize = HEADS as usize + 1;

/// How many wakers a delivery takes while it holds the lock once.
pub(crate) const BATCH: usize = if HAS_CRITICAL_SECTIONS {
    1
} else if IS_MODEL {
    2
} else {
    16
};

struct Slot {
    waker: Option<Waker>,
    prev: Index,
    next: Index,
}

/// What the lock protects.
struct Slots {
    first: [Slot; FIRST],
    /// Each chunk has as many slots as the list had before it.
    chunks: Vec<Box<[Slot]>>,
    /// The first free slot.
    free: Index,
}

impl Slots {
    #[inline]
    fn slot(&mut self, index: Index) -> &mut Slot {
        match self.first.get_mut(index as usize) {
            Some(slot) => slot,
            None => {
                let chunk = &mut self.chunks[(index >> OFFSET_BITS) as usize - 1];
                &mut chunk[(index & ((1 << OFFSET_BITS) - 1)) as usize]
            }
        }
    }

    /// Takes a slot off the free list, and makes it idle.
    fn allocate(&mut self) -> Option<Index> {
        let index = self.free;
        if index == NO_SLOT {
            return None;
        }
        let slot = self.slot(index);
        let next_free = mem::replace(&mut slot.next, index);
        slot.prev = index;
        self.free = next_free;
        Some(index)
    }

    /// Takes a slot for a receiver. One that a delivery may need for a head is left: then no send has to grow a list that
    /// is long enough for one.
    #[inline]
    fn allocate_for_receiver(&mut self) -> Option<Index> {
        let needs_head = !HAS_CRITICAL_SECTIONS && FIRST << self.chunks.len() > BATCH;
        let free = self.free;
        if free == NO_SLOT || (needs_head && self.slot(free).next == NO_SLOT) { None } else { self.allocate() }
    }

    /// Puts an idle slot back into the free list.
    fn free(&mut self, index: Index) {
        self.slot(index).next = self.free;
        self.free = index;
    }

    #[inline]
    fn unlink(&mut self, index: Index) {
        let slot = self.slot(index);
        let prev = mem::replace(&mut slot.prev, index);
        let next = mem::replace(&mut slot.next, index);
        self.slot(prev).next = next;
        self.slot(next).prev = prev;
    }

    /// Puts `waker` into the slot, and the slot at the end of the list of `WAITING`. Returns the waker that was there.
    #[inline]
    fn register(&mut self, index: Index, waker: Waker) -> Option<Waker> {
        let replaced = self.cancel(index);
        let last = mem::replace(&mut self.slot(WAITING).prev, index);
        let slot = self.slot(index);
        (slot.prev, slot.next) = (last, WAITING);
        // There is none: without `forget` the compiler would make code that drops it.
        mem::forget(slot.waker.replace(waker));
        self.slot(last).next = index;
        replaced
    }

    /// Takes the waker out of the slot, if it has one, and the slot out of the list that it is in.
    #[inline]
    fn cancel(&mut self, index: Index) -> Option<Waker> {
        let waker = self.slot(index).waker.take();
        if waker.is_some() {
            self.unlink(index);
        }
        waker
    }

    /// Moves all slots that wait to the end of the list of `head`.
    fn splice_waiting(&mut self, head: Index) {
        let waiting = self.slot(WAITING);
        let first = mem::replace(&mut waiting.next, WAITING);
        let last = mem::replace(&mut waiting.prev, WAITING);
        if first == WAITING {
            return;
        }
        let before = mem::replace(&mut self.slot(head).prev, last);
        self.slot(before).next = first;
        self.slot(first).prev = before;
        self.slot(last).next = head;
    }

    /// Takes wakers off the front of the list of `head`, as many as a batch has room for. Returns `true` if the list is
    /// empty then.
    #[inline]
    fn take_front(&mut self, head: Index, batch: &mut Batch) -> bool {
        let mut next = self.slot(head).next;
        while next != head && !batch.is_full() {
            let index = next;
            let slot = self.slot(index);
            next = mem::replace(&mut slot.next, index);
            slot.prev = index;
            batch.push(slot.waker.take());
        }
        self.slot(head).next = next;
        self.slot(next).prev = head;
        next == head
    }
}

/// The list. Each method takes its lock at most once at a time, and runs no code of others while it holds it: wakers come in
/// cloned, and go out to be called or dropped by the caller.
pub(crate) struct WaitList(Mutex<Slots>);

impl WaitList {
    /// Puts `waker` into the slot, which is a new one if there is none yet, to be taken by the next delivery. Returns the
    /// waker that it replaces.
    #[inline]
    pub(crate) fn register(&self, slot: &mut Index, waker: Waker) -> Option<Waker> {
        let mut waker = Some(waker);
        loop {
            let registered = self.0.with(|slots| {
                if *slot == NO_SLOT {
                    *slot = slots.allocate_for_receiver().ok_or(slots.chunks.len())?;
                }
                Ok(waker.take().and_then(|waker| slots.register(*slot, waker)))
            });
            match registered {
                Ok(replaced) => return replaced,
                Err(chunks) => self.grow(chunks),
            }
        }
    }

    /// Takes the waker out of the slot, if it is still there: no delivery finds it from here on.
    #[inline]
    pub(crate) fn cancel(&self, slot: Index) -> Option<Waker> {
        self.0.with(|slots| slots.cancel(slot))
    }

    /// Gives the slot back. Returns the waker that was still in it.
    pub(crate) fn release(&self, slot: Index) -> Option<Waker> {
        self.0.with(|slots| {
            let waker = slots.cancel(slot);
            slots.free(slot);
            waker
        })
    }

    /// Takes the next wakers of a delivery into `batch`, which is empty. At first `head` is [`NO_SLOT`], and the delivery
    /// takes everything that waits. Returns `true` if nothing is left of the delivery after this batch.
    #[inline]
    pub(crate) fn take_wakers(&self, head: &mut Index, batch: &mut Batch) -> bool {
        loop {
            let taken = self.0.with(|slots| {
                if HAS_CRITICAL_SECTIONS {
                    if mem::replace(head, DELIVERING) == NO_SLOT {
                        slots.splice_waiting(DELIVERING);
                    }
                    return Ok(slots.take_front(DELIVERING, batch));
                }
                if *head == NO_SLOT {
                    // Mostly one batch is all, and no head is needed.
                    if slots.take_front(WAITING, batch) {
                        return Ok(true);
                    }
                    *head = slots.allocate().ok_or(slots.chunks.len())?;
                    slots.splice_waiting(*head);
                    return Ok(false);
                }
                let is_last = slots.take_front(*head, batch);
                if is_last {
                    slots.free(*head);
                }
                Ok(is_last)
            });
            match taken {
                Ok(is_last) => return is_last,
                // More deliveries than ever before are under way at once.
                Err(chunks) => self.grow(chunks),
            }
        }
    }

    /// Doubles the number of slots, unless another caller has done so since there were so many `chunks`.
    #[cold]
    #[inline(never)]
    fn grow(&self, chunks: usize) {
        let len = FIRST << chunks;
        assert!(len <= 1 << OFFSET_BITS, "too many receivers wait on one watch channel");
        let first = (chunks as Index + 1) << OFFSET_BITS;
        let slot = |index| Slot { waker: None, prev: index, next: index + 1 };
        let mut chunk = (first..first + len as Index).map(slot).collect::<Box<[_]>>();
        let mut directory = Vec::with_capacity(chunks + 1);
        // What is not used, and the old directory, are dropped after the lock has been released.
        self.0.with(|slots| {
            if slots.chunks.len() == chunks {
                if let Some(last) = chunk.last_mut() {
                    last.next = mem::replace(&mut slots.free, first);
                }
                directory.append(&mut slots.chunks);
                directory.push(mem::take(&mut chunk));
                mem::swap(&mut slots.chunks, &mut directory);
            }
        });
    }
}

impl Default for WaitList {
    fn default() -> Self {
        // The heads are linked to themselves.
        let slot = |index| Slot { waker: None, prev: index, next: if index < HEADS { index } else { NO_SLOT } };
        let first = core::array::from_fn(|index| slot(index as Index));
        Self(Mutex::new(Slots { first, chunks: Vec::new(), free: HEADS }))
    }
}

/// Wakers that a delivery has taken and not called yet, first in, first out.
pub(crate) struct Batch {
    /// All taken out before it is dropped.
    wakers: ManuallyDrop<[Option<Waker>; BATCH]>,
    taken: usize,
    len: usize,
}

impl Batch {
    pub(crate) const fn new() -> Self {
        Self { wakers: ManuallyDrop::new([const { None }; BATCH]), taken: 0, len: 0 }
    }

    fn is_full(&self) -> bool {
        self.len == BATCH
    }

    #[inline]
    fn push(&mut self, waker: Option<Waker>) {
        // There was none: without `forget` the compiler would make code that drops it.
        mem::forget(mem::replace(&mut self.wakers[self.len], waker));
        self.len += 1;
    }

    /// Takes the next waker; a batch that is empty can be filled again.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<Waker> {
        if self.taken == self.len {
            (self.taken, self.len) = (0, 0);
            return None;
        }
        self.taken += 1;
        self.wakers[self.taken - 1].take()
    }
}
