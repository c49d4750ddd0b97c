//! All waiters of a channel, by number, and the two stacks they can be on.
//!
//! A waiter is on a stack by its number and not by a reference: linking one into the woken stack, which happens
//! under event-listener's list lock, then is a few words written, with no count touched and nothing dropped.

use alloc::boxed::Box;

use crate::sync::{AtomicUsize, Mutex, Ordering, SetOnce, TaskArc};
use crate::waiter::Slot;

/// No waiter's number: the end of a stack.
const NONE: usize = usize::MAX;
/// Not on a stack.
const UNLINKED: usize = usize::MAX - 1;

/// How many waiters the first chunk has room for; each further chunk doubles the room.
const FIRST_CHUNK: usize = 4;
const CHUNKS: usize = 26;

/// Waiters that live as long as the channel. One that is given back is used again.
pub(crate) struct Pool {
    chunks: [SetOnce<Box<[SetOnce<Slot>]>>; CHUNKS],
    stacks: TaskArc<Stacks>,
}

/// The stacks of a pool. What the waiters' links say is read and written only under this lock.
pub(crate) struct Stacks(Mutex<Tops>);

struct Tops {
    /// Waiters that were notified, and whose tasks nobody has woken yet.
    woken: usize,
    /// Waiters that nobody has.
    free: usize,
    /// How many numbers are given out.
    numbers: usize,
}

/// A waiter's number and its place on a stack.
///
/// ORDERING: Relaxed, here and wherever `next` and `released` are used: the stacks' lock orders all.
pub(crate) struct Links {
    number: usize,
    next: AtomicUsize,
    /// Set if the waiter was given back while on the woken stack: it goes to the free stack from there.
    released: AtomicUsize,
}

impl Links {
    fn new(number: usize) -> Self {
        Self { number, next: AtomicUsize::new(UNLINKED), released: AtomicUsize::new(0) }
    }

    fn is_linked(&self) -> bool {
        self.next.load(Ordering::Relaxed) != UNLINKED
    }

    fn push_onto(&self, top: &mut usize) {
        self.next.store(core::mem::replace(top, self.number), Ordering::Relaxed);
    }

    fn pop_from(&self, top: &mut usize) {
        *top = self.next.load(Ordering::Relaxed);
        self.next.store(UNLINKED, Ordering::Relaxed);
    }
}

impl Stacks {
    /// Puts a waiter onto the woken stack, unless it is there already.
    pub(crate) fn push_woken(&self, links: &Links) {
        self.0.with(|tops| {
            if !links.is_linked() {
                links.push_onto(&mut tops.woken);
            }
        });
    }
}

impl Pool {
    pub(crate) fn new() -> Self {
        let tops = Tops { woken: NONE, free: NONE, numbers: 0 };
        Self { chunks: core::array::from_fn(|_| SetOnce::new()), stacks: TaskArc::new(Stacks(Mutex::new(tops))) }
    }

    /// Gives out a waiter that nobody has, by its number.
    pub(crate) fn claim(&self) -> usize {
        let number = self.stacks.0.with(|tops| match tops.free {
            NONE => {
                tops.numbers += 1;
                tops.numbers - 1
            }
            free => {
                self.slot(free).waiter.links.pop_from(&mut tops.free);
                free
            }
        });
        let (chunk, at) = place(number);
        let chunk = &self.chunks[chunk];
        let slots = chunk.get().unwrap_or_else(|| {
            let room = FIRST_CHUNK << place(number).0;
            chunk.get_or_set((0..room).map(|_| SetOnce::new()).collect())
        });
        if slots[at].get().is_none() {
            slots[at].get_or_set(Slot::new(Links::new(number), self.stacks.clone()));
        }
        number
    }

    /// Takes a waiter back, which no wait uses any more.
    pub(crate) fn release(&self, number: usize) {
        let links = &self.slot(number).waiter.links;
        self.stacks.0.with(|tops| {
            if links.is_linked() {
                links.released.store(1, Ordering::Relaxed);
            } else {
                links.push_onto(&mut tops.free);
            }
        });
    }

    /// The waiter of that number, which was claimed.
    #[inline]
    pub(crate) fn slot(&self, number: usize) -> &Slot {
        let (chunk, at) = place(number);
        let slot = self.chunks[chunk].get().and_then(|slots| slots[at].get());
        slot.expect("a waiter's number is known only once the waiter is there")
    }

    /// Wakes the tasks of all waiters on the woken stack. The caller holds no lock.
    ///
    /// One at a time: what one caller has not popped when it is preempted, any other can.
    pub(crate) fn wake_all(&self) {
        let mut more = true;
        while more {
            let woken = self.stacks.0.with(|tops| {
                if tops.woken == NONE {
                    return None;
                }
                let slot = self.slot(tops.woken);
                let links = &slot.waiter.links;
                links.pop_from(&mut tops.woken);
                if links.released.load(Ordering::Relaxed) != 0 {
                    links.released.store(0, Ordering::Relaxed);
                    links.push_onto(&mut tops.free);
                }
                more = tops.woken != NONE;
                Some(slot)
            });
            let Some(slot) = woken else { return };
            if let Some(task) = slot.waiter.take_task() {
                task.wake();
            }
        }
    }
}

/// The chunk in which a waiter is, and where there.
#[inline]
fn place(number: usize) -> (usize, usize) {
    let position = number + FIRST_CHUNK;
    let chunk = position.ilog2() - FIRST_CHUNK.ilog2();
    (chunk as usize, position - (FIRST_CHUNK << chunk))
}
