//! With critical sections: a delivery takes one waker at a time, and the others stay in the list, where any other delivery
//! finds them.
//!
//! ```text
//!  0        next            end            len
//!  | called  | to be called  | of this round |
//! ```
//!
//! Entries whose wakers have been called are free, and so may belong to this round again.

use alloc::vec::Vec;
use core::mem;
use core::task::Waker;

use super::super::wait_list::{Entries, Entry, NONE, WaitList};
use crate::sync::Ordering;

/// The most entries that are looked at in one critical section: free ones are passed over.
const LOOKS: usize = 8;

/// Which entries have still to be called? Those from `next` on, before `end`.
#[derive(Default)]
pub(in crate::wake) struct Rest {
    next: u32,
    end: u32,
}

impl Rest {
    pub(in crate::wake) fn is_empty(&self) -> bool {
        self.next == self.end
    }

    /// There is no vector besides the list's own.
    pub(in crate::wake) fn take_spare(&mut self, _larger_than: usize) -> Vec<Entry> {
        Vec::new()
    }
}

/// How far a delivery to a list has got.
pub(in crate::wake) struct Taken {
    /// `true` once the delivery has begun a round.
    has_begun: bool,
    /// `true` once that round has been called.
    has_ended: bool,
}

impl Taken {
    pub(in crate::wake) const fn new() -> Self {
        Self { has_begun: false, has_ended: false }
    }

    /// Returns the next waker of a delivery to the list, and `None` at its end. First come the wakers that an earlier delivery
    /// has still to call.
    #[inline]
    pub(super) fn next(&mut self, list: &WaitList, when_empty: &impl Fn()) -> Option<Waker> {
        while !self.has_ended {
            // A vector that is too large is freed after the critical section.
            let (waker, _old) = list.entries.with(|entries| self.take(list, entries, when_empty));
            if waker.is_some() {
                return waker;
            }
        }
        *self = Self::new();
        None
    }

    #[inline]
    fn take(
        &mut self,
        list: &WaitList,
        entries: &mut Entries,
        when_empty: &impl Fn(),
    ) -> (Option<Waker>, Option<[Vec<Entry>; 2]>) {
        let mut waker = None;
        for _ in 0..LOOKS {
            if !entries.rest.is_empty() {
                let index = entries.rest.next;
                entries.rest.next += 1;
                waker = entries.take(index);
                if waker.is_some() {
                    break;
                }
            } else if mem::replace(&mut self.has_begun, true) {
                break;
            } else {
                entries.rest = Rest { next: 0, end: entries.waiting.len() as u32 };
                entries.free = NONE;
                // ORDERING: Relaxed; the critical section orders this with `register`. A `cancel` that misses it enters one.
                list.round.store(list.round.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
            }
        }
        self.has_ended = self.has_begun && entries.rest.is_empty();
        if entries.registered > 0 {
            return (waker, None);
        }
        // The list is empty. Free entries are forgotten, so the next round is in order.
        self.has_ended = true;
        when_empty();
        entries.rest = Rest::default();
        let len = entries.waiting.len();
        entries.waiting.clear();
        (waker, (len > 0).then(|| entries.end_round(len)))
    }
}
