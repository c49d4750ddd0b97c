//! The queue of threads that wait for the value's lock.
//!
//! A thread that does not get the lock spins for about a microsecond, joins the queue and sleeps. Only the first thread in
//! the queue competes for the lock. Threads that have just arrived may overtake it, which keeps short contention fast. Once it
//! has been first for [`PATIENCE`], it *demands* the lock: from then on threads that arrive join the queue, and the first
//! thread gets the lock when its holders release it. It then leaves the queue and wakes the next thread, so readers in
//! a row read together. So a thread waits for those before it in the queue, and no stream of others keeps it waiting.
//!
//! | the first thread | `word` | gets there by |
//! |---|---|---|
//! | there is none, or it is awake | 0 | [`Place::drop`] |
//! | is about to sleep, or sleeps | [`ASLEEP`] | [`Place::compete`]; a thread that releases the lock clears it, and wakes the first thread |
//! | has been first for [`PATIENCE`] | [`DEMANDED`], with or without `ASLEEP` | [`Place::compete`]; cleared by [`Place::drop`] |
//!
//! # The first thread sleeps for a limited time
//!
//! The first thread sets `ASLEEP` and then tries the lock. A holder releases the lock and then looks at `ASLEEP`. In one
//! order of all four steps, either the thread gets the lock or the holder finds the bit. A processor with weak ordering may
//! look at the bit before its release is visible, and then both miss each other: a fence that prevents it would cost every
//! read more than the lock does. So the first thread sleeps for [`SHORTEST_SLEEP`] and then tries again, each time for twice
//! as long, up to [`LONGEST_SLEEP`].
//!
//! # A thread that holds a guard
//!
//! A thread that holds a guard of any channel, and reads, never waits for a demand and joins a queue as its first. Otherwise
//! two threads, each with a guard that the other one's sender waits for, would wait for each other. If its guard is of the
//! same channel, there is no writer, and it gets the lock at once.

use alloc::collections::VecDeque;
use core::cell::Cell;
use core::time::Duration;
use std::time::Instant;

use crate::channel::queue::Access;
use crate::sync::thread::{self, Mutex, Thread, per_thread};
use crate::sync::{AtomicUsize, HAS_CRITICAL_SECTIONS, IS_MODEL, Lazy, Ordering};

/// The first thread has waited long enough: threads that arrive join the queue. Set by the first thread, cleared when it leaves
/// the queue.
const DEMANDED: usize = 1;

/// The first thread is about to sleep. Set by it, cleared by the thread that wakes it.
const ASLEEP: usize = 2;

/// How long others may overtake the first thread. In a model, where no time passes, it demands the lock at once.
const PATIENCE: Duration = Duration::from_micros(if IS_MODEL { 0 } else { 200 });

const SHORTEST_SLEEP: Duration = Duration::from_micros(200);
const LONGEST_SLEEP: Duration = Duration::from_millis(8);

/// When any thread competes, with critical sections: one that waits in a critical section of its caller keeps the first thread
/// from getting the lock, if that is a writer.
const RESCUE: Duration = Duration::from_secs(1);

/// How often a thread tries the lock before it joins the queue, with 1, 2, 4, ... 64, 64, ... pauses of the processor
/// between.
const SPINS: u32 = if IS_MODEL { 0 } else { 10 };

per_thread! {
    /// How many guards, of any channel, this thread holds.
    static GUARDS: Cell<usize> = Cell::new(0);
}

/// Returns `true` if a caller with this `access` must not wait for other threads in the queue.
#[inline]
fn passes(access: Access) -> bool {
    access == Access::Read && GUARDS.with(Cell::get) > 0
}

pub(crate) struct Queue {
    /// [`DEMANDED`] and [`ASLEEP`].
    word: AtomicUsize,
    threads: Lazy<Mutex<VecDeque<Thread>>>,
}

impl Queue {
    pub(crate) fn new() -> Self {
        Self { word: AtomicUsize::new(0), threads: Lazy::default() }
    }

    #[inline]
    pub(crate) fn admits(&self, access: Access) -> bool {
        // ORDERING: Relaxed; a caller that overlooks a demand overtakes once more.
        self.word.load(Ordering::Relaxed) & DEMANDED == 0 || passes(access)
    }

    #[inline]
    pub(crate) fn enter<R>(&self, access: Access, mut attempt: impl FnMut() -> Option<R>) -> R {
        if self.admits(access) {
            if let Some(result) = attempt() {
                return result;
            }
        }
        self.wait(access, attempt)
    }

    /// Spins briefly, joins the queue, sleeps, demands the lock, gets it, and lets the next thread compete.
    #[cold]
    #[inline(never)]
    fn wait<R>(&self, access: Access, mut attempt: impl FnMut() -> Option<R>) -> R {
        for step in 0..SPINS {
            if let Some(result) = self.admits(access).then(&mut attempt).flatten() {
                return result;
            }
            (0..1 << step.min(6)).for_each(|_: u32| core::hint::spin_loop());
        }
        self.notify();
        let mut place = self.join(access);
        loop {
            if place.compete() {
                if let Some(result) = attempt() {
                    return result;
                }
            }
            place.sleep();
        }
    }

    /// Wakes the first thread if it sleeps: an attempt to read counts as a reader for a moment, even if it fails, and may have
    /// kept a writer from getting the lock.
    #[inline]
    pub(crate) fn notify(&self) {
        // ORDERING: SeqCst; partner: the one in `compete`; see "sleeps for a limited time" above.
        if self.word.load(Ordering::SeqCst) & ASLEEP != 0 {
            self.wake_first();
        }
    }

    #[cold]
    #[inline(never)]
    fn wake_first(&self) {
        // ORDERING: Relaxed; only one thread that releases the lock wakes the first one, and the mutex orders the rest.
        if self.word.fetch_and(!ASLEEP, Ordering::Relaxed) & ASLEEP == 0 {
            return;
        }
        self.threads.get_or_make().with(|threads| {
            if let Some(first) = threads.front() {
                first.unpark();
            }
        });
    }

    fn join(&self, access: Access) -> Place<'_> {
        let thread = thread::current();
        let threads = self.threads.get_or_make();
        threads.with(|threads| {
            if passes(access) {
                threads.push_front(thread.clone());
            } else {
                threads.push_back(thread.clone());
            }
        });
        Place { queue: self, threads, thread, is_first: false, since: Instant::now(), limit: SHORTEST_SLEEP }
    }

    #[inline]
    pub(crate) fn on_release(&self) -> OnRelease<'_> {
        GUARDS.with(|guards| guards.set(guards.get() + 1));
        OnRelease { queue: self }
    }
}

/// A thread's place in the queue, which it leaves when this is dropped.
struct Place<'a> {
    queue: &'a Queue,
    threads: &'a Mutex<VecDeque<Thread>>,
    thread: Thread,
    is_first: bool,
    /// Since when it has been the first thread, or has been in the queue.
    since: Instant,
    /// How long it sleeps next, if it is the first thread.
    limit: Duration,
}

impl Place<'_> {
    /// Returns `true` if this thread may try the lock. If that fails, it must sleep.
    fn compete(&mut self) -> bool {
        let waited = self.since.elapsed();
        let demands = self.is_first && waited >= PATIENCE;
        let was_first = self.is_first;
        self.is_first = self.threads.with(|threads| {
            let is_first = threads.front().is_some_and(|first| first.id() == self.thread.id());
            if is_first {
                // ORDERING: SeqCst; partner: the one in `notify`; see "sleeps for a limited time" above.
                self.queue.word.fetch_or(if demands { ASLEEP | DEMANDED } else { ASLEEP }, Ordering::SeqCst);
            }
            is_first
        });
        if self.is_first && !was_first {
            self.since = Instant::now();
        }
        self.is_first || (HAS_CRITICAL_SECTIONS && waited >= RESCUE)
    }

    fn sleep(&mut self) {
        if self.is_first {
            thread::park(Some(self.limit));
            self.limit = (self.limit * 2).min(LONGEST_SLEEP);
        } else {
            thread::park(HAS_CRITICAL_SECTIONS.then_some(RESCUE));
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.threads.with(|threads| {
            if let Some(at) = threads.iter().position(|thread| thread.id() == self.thread.id()) {
                threads.remove(at);
            }
            // ORDERING: Relaxed; the bits are set with the mutex held, too.
            self.queue.word.fetch_and(!(DEMANDED | ASLEEP), Ordering::Relaxed);
            if let Some(next) = threads.front() {
                next.unpark();
            }
        });
    }
}

/// Accompanies a guard of the lock, and is dropped right after it.
pub(crate) struct OnRelease<'a> {
    queue: &'a Queue,
}

impl Drop for OnRelease<'_> {
    #[inline]
    fn drop(&mut self) {
        GUARDS.with(|guards| guards.set(guards.get() - 1));
        self.queue.notify();
    }
}
