//! A delivery takes all wakers of a round at once: a few into a batch of its own, and more by taking the whole vector.

use alloc::vec::Vec;
use core::mem::{self, ManuallyDrop};
use core::task::Waker;

use super::super::wait_list::{Entries, Entry, NONE, SLACK, WaitList};
use crate::sync::{AtomicUsize, IS_MODEL, Ordering};

/// The most wakers that a delivery moves out of the list one by one.
const BATCH: usize = if IS_MODEL { 2 } else { 16 };

/// What a list keeps for its deliveries.
#[derive(Default)]
pub(in crate::wake) struct Rest {
    /// Which vector can the next delivery put in place of the one that it takes?
    spare: Vec<Entry>,
}

impl Rest {
    /// Returns `true` if a delivery has still to call a waker that is in the list: never.
    pub(in crate::wake) fn is_empty(&self) -> bool {
        true
    }

    /// Returns how many entries the spare vector has room for.
    pub(in crate::wake) fn capacity(&self) -> usize {
        self.spare.capacity()
    }

    pub(in crate::wake) fn take_spare(&mut self) -> Vec<Entry> {
        mem::take(&mut self.spare)
    }
}

/// What a delivery has taken out of a list.
pub(in crate::wake) struct Taken {
    /// `true` from the first call of `next` to the last.
    has_begun: bool,
    /// Which entry is the next?
    next: usize,
    /// How many are there in the batch?
    len: usize,
    batch: [Option<ManuallyDrop<Waker>>; BATCH],
    /// The entries, if a batch has no room for them.
    many: Vec<Entry>,
}

impl Taken {
    #[inline]
    pub(in crate::wake) const fn new() -> Self {
        Self { has_begun: false, next: 0, len: 0, batch: [const { None }; BATCH], many: Vec::new() }
    }

    /// Returns the next waker of a delivery to the list, and `None` at its end.
    #[inline]
    pub(super) fn next(&mut self, list: &WaitList, _: (&AtomicUsize, usize)) -> Option<Waker> {
        if !mem::replace(&mut self.has_begun, true) {
            self.take_all(list);
        }
        if self.next < self.len {
            self.next += 1;
            return self.batch.get_mut(self.next - 1)?.take().map(ManuallyDrop::into_inner);
        }
        if !self.many.is_empty() {
            while let Some(entry) = self.many.get_mut(self.next) {
                self.next += 1;
                if let Some(waker) = entry.take(NONE) {
                    return Some(waker);
                }
            }
            give_back(list, mem::take(&mut self.many));
        }
        (self.has_begun, self.next, self.len) = (false, 0, 0);
        None
    }

    #[inline]
    fn take_all(&mut self, list: &WaitList) {
        let is_too_large = list.entries.with(|entries| {
            let len = entries.waiting.len();
            if len == 0 {
                return false;
            }
            if len <= BATCH {
                for entry in &mut entries.waiting {
                    if let Entry::Waiting(waker) = mem::replace(entry, Entry::Free(NONE)) {
                        if let Some(place) = self.batch.get_mut(self.len) {
                            *place = Some(waker);
                            self.len += 1;
                        }
                    }
                }
            } else {
                self.many = mem::replace(&mut entries.waiting, mem::take(&mut entries.rest.spare));
            }
            (entries.registered, entries.crowd) = (0, 0);
            // ORDERING: Relaxed; the lock orders this with `register`. A `cancel` that misses it takes the lock.
            list.round.store(list.round.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
            entries.end_round(len)
        });
        if is_too_large {
            list.shrink(0);
        }
    }
}

/// Gives back the vector of a delivery that has ended, for its capacity.
#[cold]
#[inline(never)]
fn give_back(list: &WaitList, mut entries: Vec<Entry>) {
    if entries.capacity() > SLACK * entries.len() {
        return;
    }
    entries.clear();
    list.entries.with(|list| {
        let Entries { waiting, rest: Rest { spare }, .. } = list;
        // If no task has begun to wait in the meantime, one vector is enough.
        let place = if waiting.is_empty() && waiting.capacity() < entries.capacity() { waiting } else { spare };
        if place.capacity() < entries.capacity() {
            mem::swap(place, &mut entries);
        }
    });
}
