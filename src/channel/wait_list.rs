//! One list of waiting tasks: receivers, and senders that wait in `closed`. It knows nothing about values and versions.
//!
//! # Slots
//!
//! A list is a slab of [`Slot`]s behind one lock. A receiver gets a slot at its first wait and keeps it until it is dropped,
//! so a wait takes the lock once, to put its waker into the slot and the slot into the list. Slots are linked by index into
//! circular lists. Each circular list has a *head*: [`RECEIVERS`] for the receivers that wait, [`SENDERS`] for the senders
//! that wait, and a slot for each delivery of more than one batch.
//!
//! | state of a slot | `waker` | `links` | entered by |
//! |---|---|---|---|
//! | free | none | `next` is the next free slot | [`grow`](WaitList::grow), [`release`](WaitList::release), the end of a delivery |
//! | idle: a receiver has it and does not wait | none | itself | [`cancel`](WaitList::cancel), [`take_wakers`](WaitList::take_wakers) |
//! | waiting | some | in the list of `RECEIVERS` or `SENDERS` | [`register`](WaitList::register), from any state but head |
//! | taken by a delivery | some | in that delivery's list | the first `take_wakers` of a delivery |
//! | head of a delivery | none | last and first slot of its list, or itself | the first `take_wakers` of a delivery |
//!
//! If a slot is waiting or taken already, `register` moves it to the end of the list in which it waits.
//!
//! # Deliveries
//!
//! A send takes wakers off the front of the list of `RECEIVERS`, as many as a batch holds, and calls them after it has
//! released the lock. If there are more, it first moves the rest to a list of its own, in constant time, and then takes
//! batches off the front of that. A task that waits again in the meantime is in the list of `RECEIVERS` and is not woken
//! twice. A wait that is cancelled in the meantime unlinks its slot, and its task is not woken, unless its waker has been
//! taken already.
//!
//! With `critical-section` all deliveries share one list, and take one waker at a time. An interrupt may preempt a sender in
//! the middle of its delivery. The tasks that are left must not wait for that sender, so a send in the interrupt handler
//! wakes them too.
//!
//! # Memory
//!
//! Slots never move. When none is free, the list gets one more chunk with as many slots as it has already. The chunk is
//! allocated before the lock is taken. While the lock is held, one entry is added to the directory of chunks. (Once, when
//! the list grows from 256 slots to 512, eight entries move to a longer directory.) Released slots are used again, so a list
//! grows only with the largest number of slots in use at the same time. Once no slot is in use, a list with more than
//! [`KEPT_CHUNKS`] chunks gives all of them back.
//!
//! # Why not event-listener's list
//!
//! event-listener calls wakers while it holds its lock, so with it each wait would need a second place for its waker, with a
//! lock and a reference count: 19 atomic writes for a wait and its wake-up instead of 10. It allocates for a wait that
//! outlives its poll. And a dropped wait passes its notification on, so it can call the waker of another task.

use alloc::vec::Vec;
use core::mem::{self, ManuallyDrop};
use core::task::Waker;

use crate::sync::{HAS_CRITICAL_SECTIONS, IS_MODEL, Mutex};

/// The index of a head or a slot. The bits above [`OFFSET_BITS`] are the number of its chunk, from 1 on, and the bits below
/// are its place in that chunk. Without a chunk it is a head or the first slot. [`NO_SLOT`] stands for none.
pub(crate) type Index = u32;

/// A chunk has at most 2<sup>27</sup> slots, and an index has room for 31 chunks.
const OFFSET_BITS: u32 = 27;

/// The number of chunks that a directory has room for: at first, and once that room is full.
const SHORT_DIRECTORY: usize = 8;
const LONG_DIRECTORY: usize = 31;

/// The head of the receivers that wait.
pub(crate) const RECEIVERS: Index = 0;

/// The head of the senders that wait for the last receiver's drop.
pub(crate) const SENDERS: Index = 1;

/// The head of the list that all deliveries share with `critical-section`.
const DELIVERING: Index = 2;

/// The number of heads from the start. The index of the first slot comes after theirs.
const HEADS: usize = if HAS_CRITICAL_SECTIONS { 3 } else { 2 };

/// Stands for no slot where an index can be absent.
pub(crate) const NO_SLOT: Index = 0;

/// The slot that a list has from the start.
const FIRST_SLOT: Index = HEADS as Index;

/// An unused list keeps its chunks if it has no more than these, so a few waits at a time that come and go do not allocate.
const KEPT_CHUNKS: usize = 4;

/// The number of wakers that a delivery takes each time that it holds the lock.
const BATCH: usize = match (HAS_CRITICAL_SECTIONS, IS_MODEL) {
    (true, _) => 1,
    (_, true) => 2,
    _ => 16,
};

/// The neighbours in a circular list.
struct Links {
    prev: Index,
    next: Index,
}

struct Slot {
    waker: Option<Waker>,
    links: Links,
}

/// No slot is free.
struct Full;

/// What the lock protects.
struct Slots {
    heads: [Links; HEADS],
    first: Slot,
    /// The directory. Each chunk has as many slots as the list had before.
    chunks: Vec<Vec<Slot>>,
    /// The first free slot.
    free: Index,
    /// How many slots are not free.
    used: u32,
}

impl Slots {
    // Without `#[inline]`, which would add half a kilobyte to firmware that is built for size.
    fn slot(&mut self, index: Index) -> &mut Slot {
        let (chunk, offset) = ((index >> OFFSET_BITS) as usize, (index & ((1 << OFFSET_BITS) - 1)) as usize);
        match chunk.checked_sub(1) {
            None => &mut self.first,
            // Indexing would link the text of its panic.
            Some(chunk) => {
                self.chunks.get_mut(chunk).and_then(|chunk| chunk.get_mut(offset)).unwrap_or_else(|| unreachable!())
            }
        }
    }

    fn links(&mut self, index: Index) -> &mut Links {
        if (index as usize) < HEADS { &mut self.heads[index as usize] } else { &mut self.slot(index).links }
    }

    /// Takes a slot off the free list, and makes it idle.
    fn allocate(&mut self) -> Result<Index, Full> {
        let index = self.free;
        if index == NO_SLOT {
            return Err(Full);
        }
        let links = self.links(index);
        let next_free = mem::replace(&mut links.next, index);
        links.prev = index;
        self.free = next_free;
        self.used += 1;
        Ok(index)
    }

    /// Takes a slot for a receiver. In a list with more slots than a batch, it leaves the last free slot for the head of a
    /// delivery, so no send has to grow the list unless another delivery is under way.
    fn allocate_for_receiver(&mut self) -> Result<Index, Full> {
        let needs_head = !HAS_CRITICAL_SECTIONS && 1 << self.chunks.len() > BATCH;
        let free = self.free;
        if needs_head && free != NO_SLOT && self.links(free).next == NO_SLOT { Err(Full) } else { self.allocate() }
    }

    /// Puts an idle slot back into the free list.
    fn free(&mut self, index: Index) {
        self.links(index).next = self.free;
        self.free = index;
        self.used -= 1;
    }

    /// Takes the chunks out for the caller to drop, if there are many and no slot is used.
    fn take_unused_chunks(&mut self) -> Vec<Vec<Slot>> {
        if self.used > 0 || self.chunks.len() <= KEPT_CHUNKS {
            return Vec::new();
        }
        self.free = FIRST_SLOT;
        self.first.links.next = NO_SLOT;
        mem::take(&mut self.chunks)
    }

    fn unlink(&mut self, index: Index) {
        let links = self.links(index);
        let prev = mem::replace(&mut links.prev, index);
        let next = mem::replace(&mut links.next, index);
        self.links(prev).next = next;
        self.links(next).prev = prev;
    }

    /// Puts `waker` into the slot, and the slot at the end of the list of `head`. Returns the waker that was in the slot.
    #[inline]
    fn register(&mut self, head: Index, index: Index, waker: Waker) -> Option<Waker> {
        let replaced = self.cancel(index);
        let last = mem::replace(&mut self.links(head).prev, index);
        let slot = self.slot(index);
        slot.links = Links { prev: last, next: head };
        // The slot has no waker: without `forget` the compiler would generate code to drop one.
        mem::forget(slot.waker.replace(waker));
        self.links(last).next = index;
        replaced
    }

    /// Takes the waker out of the slot, if it has one, and the slot out of the list that it is in.
    fn cancel(&mut self, index: Index) -> Option<Waker> {
        let waker = self.slot(index).waker.take();
        if waker.is_some() {
            self.unlink(index);
        }
        waker
    }

    /// Moves all slots in the list of `from` to the end of the list of `to`.
    fn splice(&mut self, from: Index, to: Index) {
        let head = self.links(from);
        let first = mem::replace(&mut head.next, from);
        let last = mem::replace(&mut head.prev, from);
        if first == from {
            return;
        }
        let before = mem::replace(&mut self.links(to).prev, last);
        self.links(before).next = first;
        self.links(first).prev = before;
        self.links(last).next = to;
    }

    /// Takes wakers off the front of the list of `head`, as many as `batch` has room for. Returns `true` if the list is then
    /// empty.
    #[inline]
    fn take_front(&mut self, head: Index, batch: &mut Batch) -> bool {
        let mut next = self.links(head).next;
        while next != head {
            let Some(place) = batch.wakers.get_mut(batch.len) else { break };
            batch.len += 1;
            let index = next;
            let slot = self.slot(index);
            next = mem::replace(&mut slot.links.next, index);
            slot.links.prev = index;
            // The place was empty: without `forget` the compiler would generate code to drop a waker.
            mem::forget(mem::replace(place, slot.waker.take()));
        }
        self.links(head).next = next;
        self.links(next).prev = head;
        next == head
    }
}

/// The list. No method runs foreign code while it holds the lock: wakers are cloned before they are passed in, and are
/// returned to be called or dropped by the caller.
pub(crate) struct WaitList(Mutex<Slots>);

impl WaitList {
    /// Puts `waker` into the slot, for the next delivery to the list of `head`: [`RECEIVERS`] or [`SENDERS`]. If there is no
    /// slot yet, takes a new one. Returns the waker that it replaces.
    #[inline]
    pub(crate) fn register(&self, head: Index, slot: &mut Index, waker: Waker) -> Option<Waker> {
        let mut waker = Some(waker);
        self.with_room(|slots| {
            if *slot == NO_SLOT {
                *slot = slots.allocate_for_receiver()?;
            }
            Ok(waker.take().and_then(|waker| slots.register(head, *slot, waker)))
        })
    }

    /// Takes the waker out of the slot, if it is still there. No delivery finds it from then on.
    #[inline]
    pub(crate) fn cancel(&self, slot: Index) -> Option<Waker> {
        self.0.with(|slots| slots.cancel(slot))
    }

    /// Gives the slot back. Returns the waker if it was still in the slot.
    pub(crate) fn release(&self, slot: Index) -> Option<Waker> {
        // The chunks are dropped after the lock has been released.
        let (waker, _unused) = self.0.with(|slots| {
            let waker = slots.cancel(slot);
            slots.free(slot);
            (waker, slots.take_unused_chunks())
        });
        waker
    }

    /// Takes the next wakers of a delivery into `batch`, which is empty. At first `head` is [`RECEIVERS`] or [`SENDERS`],
    /// and the delivery takes everything in that list. (If the list must grow for the delivery's head, the delivery also
    /// takes the waits that begin in the meantime, and wakes those tasks needlessly.) Returns `true` if nothing is left of
    /// the delivery after this batch.
    #[inline]
    pub(crate) fn take_wakers(&self, head: &mut Index, batch: &mut Batch) -> bool {
        self.with_room(|slots| {
            if HAS_CRITICAL_SECTIONS {
                let from = mem::replace(head, DELIVERING);
                if from != DELIVERING {
                    slots.splice(from, DELIVERING);
                }
                return Ok(slots.take_front(DELIVERING, batch));
            }
            let is_first_batch = *head <= SENDERS;
            // Usually one batch is all, and no head is needed.
            let is_last = slots.take_front(*head, batch);
            if is_first_batch && !is_last {
                let from = mem::replace(head, slots.allocate()?);
                slots.splice(from, *head);
            } else if is_last && !is_first_batch {
                slots.free(*head);
            }
            Ok(is_last)
        })
    }

    /// Calls `f` with the slots locked. While `f` finds the list full, grows it and calls `f` again.
    #[inline]
    fn with_room<R>(&self, mut f: impl FnMut(&mut Slots) -> Result<R, Full>) -> R {
        loop {
            match self.0.with(|slots| f(slots).map_err(|Full| slots.chunks.len())) {
                Ok(result) => return result,
                Err(chunks) => self.grow(chunks),
            }
        }
    }

    /// Doubles the number of slots, unless another caller has done so since there were `chunks` chunks.
    #[cold]
    #[inline(never)]
    fn grow(&self, chunks: usize) {
        let len = 1 << chunks;
        assert!(len <= 1 << OFFSET_BITS, "too many receivers wait on one watch channel");
        let first = (chunks as Index + 1) << OFFSET_BITS;
        let slot = |index| Slot { waker: None, links: Links { prev: index, next: index + 1 } };
        let mut chunk = (first..first + len).map(slot).collect::<Vec<_>>();
        // A longer directory, if the present one is full.
        let mut directory = Vec::new();
        if chunks == 0 || chunks == SHORT_DIRECTORY {
            directory = Vec::with_capacity(if chunks == 0 { SHORT_DIRECTORY } else { LONG_DIRECTORY });
            (0..chunks).for_each(|_| push_within_capacity(&mut directory, Vec::new()));
        }
        // The old directory, and a chunk that is not needed, are dropped after the lock has been released.
        self.0.with(|slots| {
            if slots.chunks.len() == chunks {
                if let Some(last) = chunk.last_mut() {
                    last.links.next = mem::replace(&mut slots.free, first);
                }
                if directory.capacity() > 0 {
                    // One by one, because moving them all at once would link `memcpy`.
                    directory.iter_mut().zip(&mut slots.chunks).for_each(|(new, old)| mem::swap(new, old));
                    mem::swap(&mut slots.chunks, &mut directory);
                }
                push_within_capacity(&mut slots.chunks, mem::take(&mut chunk));
            }
        });
    }
}

/// Adds a chunk to a directory that has room for it. (Without the check, code for a reallocation would be linked.)
fn push_within_capacity(directory: &mut Vec<Vec<Slot>>, chunk: Vec<Slot>) {
    if directory.len() < directory.capacity() {
        directory.push(chunk);
    }
}

impl Default for WaitList {
    fn default() -> Self {
        let heads = core::array::from_fn(|head| Links { prev: head as Index, next: head as Index });
        let first = Slot { waker: None, links: Links { prev: NO_SLOT, next: NO_SLOT } };
        Self(Mutex::new(Slots { heads, first, chunks: Vec::new(), free: FIRST_SLOT, used: 0 }))
    }
}

/// Wakers that a delivery has taken and not called yet, first in, first out.
pub(crate) struct Batch {
    /// All wakers are taken out before the batch is dropped.
    wakers: ManuallyDrop<[Option<Waker>; BATCH]>,
    taken: usize,
    len: usize,
}

impl Batch {
    pub(crate) const fn new() -> Self {
        Self { wakers: ManuallyDrop::new([const { None }; BATCH]), taken: 0, len: 0 }
    }

    /// Takes the next waker. Once it has returned `None`, the batch can be filled again.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<Waker> {
        if self.taken == self.len {
            (self.taken, self.len) = (0, 0);
            return None;
        }
        let waker = self.wakers.get_mut(self.taken)?.take();
        self.taken += 1;
        waker
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_types, reason = "the tasks are not the channel's")]
mod tests {
    use alloc::sync::Arc;
    use alloc::task::Wake;
    use core::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A task that counts its wake-ups.
    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn tasks(count: usize) -> Vec<Arc<Task>> {
        (0..count).map(|_| Arc::default()).collect()
    }

    fn wakes(tasks: &[Arc<Task>]) -> Vec<usize> {
        tasks.iter().map(|task| task.0.load(Ordering::Relaxed)).collect()
    }

    fn register(list: &WaitList, slot: &mut Index, task: &Arc<Task>) {
        drop(list.register(RECEIVERS, slot, task.clone().into()));
    }

    fn register_all(list: &WaitList, tasks: &[Arc<Task>]) -> Vec<Index> {
        let mut slots = alloc::vec![NO_SLOT; tasks.len()];
        slots.iter_mut().zip(tasks).for_each(|(slot, task)| register(list, slot, task));
        slots
    }

    fn wake_batch(batch: &mut Batch) {
        while let Some(waker) = batch.next() {
            waker.wake();
        }
    }

    /// A delivery from its beginning or its middle to its end.
    fn deliver(list: &WaitList, mut head: Index) {
        let mut batch = Batch::new();
        while !list.take_wakers(&mut head, &mut batch) {
            wake_batch(&mut batch);
        }
        wake_batch(&mut batch);
    }

    fn used(list: &WaitList) -> usize {
        list.0.with(|slots| slots.used as usize)
    }

    fn slots_in_all(list: &WaitList) -> usize {
        list.0.with(|slots| 1 << slots.chunks.len())
    }

    /// Checks that the list of `RECEIVERS` has these slots, in both directions, and that the slots that are not used are free.
    #[track_caller]
    fn check(list: &WaitList, waiting: &[Index]) {
        list.0.with(|slots| {
            let (mut next, mut prev) = (RECEIVERS, RECEIVERS);
            for (forwards, backwards) in waiting.iter().zip(waiting.iter().rev()) {
                (next, prev) = (slots.links(next).next, slots.links(prev).prev);
                assert_eq!((next, prev), (*forwards, *backwards));
            }
            assert_eq!((slots.links(next).next, slots.links(prev).prev), (RECEIVERS, RECEIVERS));
            let (mut free, mut count) = (slots.free, 0);
            while free != NO_SLOT {
                assert!(slots.slot(free).waker.is_none());
                (free, count) = (slots.links(free).next, count + 1);
            }
            assert_eq!(slots.used as usize + count, 1 << slots.chunks.len());
        });
    }

    #[test]
    fn all_that_wait_are_woken_once_in_their_order() {
        for count in [0, 1, 2, BATCH, BATCH + 1, 2 * BATCH, 100] {
            let (list, tasks) = (WaitList::default(), tasks(count));
            let slots = register_all(&list, &tasks);
            check(&list, &slots);
            let (mut head, mut batch, mut in_order) = (RECEIVERS, Batch::new(), tasks.iter());
            loop {
                let is_last = list.take_wakers(&mut head, &mut batch);
                while let Some(waker) = batch.next() {
                    assert!(waker.will_wake(&in_order.next().unwrap().clone().into()));
                    waker.wake();
                }
                if is_last {
                    break;
                }
            }
            assert_eq!(wakes(&tasks), alloc::vec![1; count]);
            check(&list, &[]);
            deliver(&list, RECEIVERS);
            assert_eq!(wakes(&tasks), alloc::vec![1; count], "nothing is left for the next delivery");
            assert_eq!(used(&list), count, "the delivery has given its head back");
        }
    }

    #[test]
    fn a_cancelled_wait_is_not_woken_whether_it_waits_or_is_taken() {
        let (list, tasks) = (WaitList::default(), tasks(3 * BATCH));
        let slots = register_all(&list, &tasks);
        assert!(list.cancel(slots[1]).is_some());
        assert!(list.cancel(slots[1]).is_none());
        let (mut head, mut batch) = (RECEIVERS, Batch::new());
        assert!(!list.take_wakers(&mut head, &mut batch));
        // The last ones are in the delivery's list by now.
        let last = 3 * BATCH - 1;
        assert!(list.cancel(slots[last]).is_some());
        wake_batch(&mut batch);
        deliver(&list, head);
        let expected: Vec<_> = (0..3 * BATCH).map(|task| usize::from(task != 1 && task != last)).collect();
        assert_eq!(wakes(&tasks), expected);
        check(&list, &[]);
    }

    #[test]
    fn a_delivery_of_which_the_rest_is_cancelled_ends() {
        let (list, tasks) = (WaitList::default(), tasks(BATCH + 2));
        let slots = register_all(&list, &tasks);
        let (mut head, mut batch) = (RECEIVERS, Batch::new());
        assert!(!list.take_wakers(&mut head, &mut batch));
        wake_batch(&mut batch);
        for slot in &slots[BATCH..] {
            list.cancel(*slot);
        }
        assert!(list.take_wakers(&mut head, &mut batch));
        assert!(batch.next().is_none());
        check(&list, &[]);
        assert_eq!(used(&list), BATCH + 2);
    }

    #[test]
    fn a_wait_that_begins_again_waits_for_the_next_delivery() {
        let (list, tasks) = (WaitList::default(), tasks(BATCH + 2));
        let mut slots = register_all(&list, &tasks);
        let (mut head, mut batch) = (RECEIVERS, Batch::new());
        assert!(!list.take_wakers(&mut head, &mut batch));
        wake_batch(&mut batch);
        // One that has been woken, and one that the delivery has still to wake.
        register(&list, &mut slots[0], &tasks[0]);
        register(&list, &mut slots[BATCH], &tasks[BATCH]);
        check(&list, &[slots[0], slots[BATCH]]);
        deliver(&list, head);
        assert_eq!((wakes(&tasks)[0], wakes(&tasks)[BATCH], wakes(&tasks)[BATCH + 1]), (1, 0, 1));
        deliver(&list, RECEIVERS);
        assert_eq!((wakes(&tasks)[0], wakes(&tasks)[BATCH], wakes(&tasks)[BATCH + 1]), (2, 1, 1));
    }

    /// With `critical-section` they share one list.
    #[test]
    fn deliveries_are_separate_or_shared() {
        let (list, first, second) = (WaitList::default(), tasks(2 * BATCH), tasks(2 * BATCH));
        register_all(&list, &first);
        let (mut first_head, mut batch) = (RECEIVERS, Batch::new());
        assert!(!list.take_wakers(&mut first_head, &mut batch));
        wake_batch(&mut batch);
        register_all(&list, &second);
        deliver(&list, RECEIVERS);
        assert_eq!(wakes(&second), alloc::vec![1; 2 * BATCH]);
        assert_eq!(wakes(&first)[BATCH..].iter().all(|wakes| *wakes == 1), HAS_CRITICAL_SECTIONS);
        deliver(&list, first_head);
        assert_eq!(wakes(&first), alloc::vec![1; 2 * BATCH]);
        check(&list, &[]);
    }

    #[test]
    fn released_slots_are_used_again() {
        let list = WaitList::default();
        let tasks = tasks(10);
        let slots = register_all(&list, &tasks);
        let in_all = slots_in_all(&list);
        slots.into_iter().for_each(|slot| drop(list.release(slot)));
        for _ in 0..1_000 {
            let slots = register_all(&list, &tasks);
            check(&list, &slots);
            slots.into_iter().for_each(|slot| assert!(list.release(slot).is_some()));
            check(&list, &[]);
        }
        assert_eq!((used(&list), slots_in_all(&list)), (0, in_all));
    }

    #[test]
    fn a_large_list_that_is_not_used_any_more_gives_its_memory_back() {
        let (list, tasks) = (WaitList::default(), tasks(1_000));
        let slots = register_all(&list, &tasks);
        assert!(slots_in_all(&list) > 1_000);
        slots.into_iter().for_each(|slot| drop(list.release(slot)));
        assert_eq!(slots_in_all(&list), 1);
        let slots = register_all(&list, &tasks);
        check(&list, &slots);
        deliver(&list, RECEIVERS);
        assert_eq!(wakes(&tasks), alloc::vec![1; 1_000]);
    }

    #[test]
    fn a_second_delivery_grows_the_list_for_its_head() {
        let (list, tasks) = (WaitList::default(), tasks(100));
        register_all(&list, &tasks);
        let mut heads = Vec::new();
        while list.0.with(|slots| slots.links(RECEIVERS).next != RECEIVERS) {
            let (mut head, mut batch) = (RECEIVERS, Batch::new());
            let is_last = list.take_wakers(&mut head, &mut batch);
            wake_batch(&mut batch);
            if !is_last {
                heads.push(head);
            }
            // More waits than a batch, for one more delivery at the same time.
            if heads.len() < 60 {
                register_all(&list, &tasks[..BATCH + 1]);
            }
        }
        heads.into_iter().for_each(|head| deliver(&list, head));
        assert!(wakes(&tasks).iter().all(|wakes| *wakes > 0));
        check(&list, &[]);
    }

    #[test]
    fn a_delivery_finds_a_slot_for_its_head() {
        for count in 1..70 {
            let list = WaitList::default();
            for _ in 0..count {
                drop(list.register(RECEIVERS, &mut { NO_SLOT }, Waker::noop().clone()));
            }
            let before = slots_in_all(&list);
            deliver(&list, RECEIVERS);
            assert_eq!(slots_in_all(&list), before, "{count}");
        }
    }
}
