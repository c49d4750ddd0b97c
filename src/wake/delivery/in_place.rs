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
use core::task::Waker;

use super::super::wait_list::{Entries, Entry, NONE, WaitList};
use crate::sync::{AtomicUsize, Ordering};

/// Which entries have still to be called? Those from `next` on, before `end`.
pub(in crate::wake) struct Rest {
    next: u32,
    end: u32,
}

impl Default for Rest {
    fn default() -> Self {
        // Any number would do. So many zeros in a row would link `memclr`.
        Self { next: NONE, end: NONE }
    }
}

impl Rest {
    pub(in crate::wake) fn is_empty(&self) -> bool {
        self.next == self.end
    }

    /// Returns how many entries a vector besides the list's own has room for: there is none.
    pub(in crate::wake) fn capacity(&self) -> usize {
        0
    }

    pub(in crate::wake) fn take_spare(&mut self) -> Vec<Entry> {
        Vec::new()
    }
}

/// How far a delivery to a list has got.
#[derive(PartialEq)]
enum Progress {
    /// It calls what an earlier delivery has still to call.
    Earlier,
    /// It calls the wakers of a round that it has begun itself.
    Own,
    /// It is over.
    Ended,
}

/// How far a delivery to a list has got.
pub(in crate::wake) struct Taken {
    progress: Progress,
    /// Has the list's vector turned out to be too large?
    is_too_large: bool,
}

impl Taken {
    pub(in crate::wake) const fn new() -> Self {
        Self { progress: Progress::Earlier, is_too_large: false }
    }

    /// Returns the next waker of a delivery to the list, and `None` at its end. First come the wakers that an earlier delivery
    /// has still to call.
    #[inline]
    pub(super) fn next(&mut self, list: &WaitList, until_empty: (&AtomicUsize, usize)) -> Option<Waker> {
        while self.progress != Progress::Ended {
            let waker = list.entries.with(|entries| self.look(list, entries, until_empty));
            if waker.is_some() {
                return waker;
            }
        }
        if self.is_too_large {
            list.shrink(0);
        }
        *self = Self::new();
        None
    }

    /// Looks at one entry, which may be free, so that the critical section is short.
    #[inline]
    fn look(&mut self, list: &WaitList, entries: &mut Entries, until_empty: (&AtomicUsize, usize)) -> Option<Waker> {
        if entries.rest.is_empty() {
            if self.progress == Progress::Own {
                self.progress = Progress::Ended;
                return None;
            }
            self.progress = Progress::Own;
            entries.free = NONE;
            entries.rest = Rest { next: 0, end: entries.waiting.len() as u32 };
            // ORDERING: Relaxed; the critical section orders this with `register`. A `cancel` that misses it enters one.
            list.round.store(list.round.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        }
        let index = entries.rest.next;
        entries.rest.next = index + 1;
        let waker = entries.take(index);
        if entries.registered == 0 {
            // Free entries are forgotten, so the next round is in order.
            self.progress = Progress::Ended;
            entries.rest = Rest::default();
            self.is_too_large = entries.end_round(entries.waiting.len());
            let (word, mask) = until_empty;
            // ORDERING: Relaxed; a task registers in a critical section before it looks at the bit. If that was before this one,
            // the list was not empty. If it is after this one, the task sees the bit cleared.
            word.fetch_and(mask, Ordering::Relaxed);
        }
        waker
    }
}
