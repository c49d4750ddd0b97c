//! The queue of threads that wait for the value's lock.
//!
//! A thread that does not get the lock spins for a few microseconds, joins the queue and sleeps. Only the first thread in the
//! queue competes for the lock. Threads that have just arrived may overtake it, which keeps short contention fast. Once it
//! has been first for [`PATIENCE`], or in the queue for [`LONG_PATIENCE`], it *demands* the lock: from then on threads that
//! arrive join the queue, and the first thread gets the lock when its holders release it. It then leaves the queue and wakes
//! the next thread, so readers in a row read together. So a thread waits only for the threads before it in the queue, and no
//! stream of new threads keeps it waiting.
//!
//! | bit of `word` | meaning | set by | cleared by |
//! |---|---|---|---|
//! | [`ASLEEP`] | the first thread sleeps, or is about to | the first thread, before it tries the lock ([`Place::compete`]) | a thread that releases the lock, which then wakes it ([`Queue::wake_first`]); the first thread, when it leaves ([`Place::drop`]) |
//! | [`DEMANDED`] | threads that arrive join the queue | the first thread, the thread that wakes it, or the thread before it when it leaves | the first thread, when it leaves |
//!
//! # The first thread sleeps for a limited time
//!
//! The first thread sets `ASLEEP` and then tries the lock. A holder releases the lock and then checks `ASLEEP`. So either
//! the thread gets the lock, or the holder finds the bit, if both see these four steps in the same order. On a processor
//! with weak ordering the holder may read the bit before its release is visible, and then each can miss the other. A fence
//! would prevent that, but every read would pay for it. Instead the first thread sleeps for [`SHORTEST_SLEEP`] and tries
//! again, then sleeps twice as long each time, up to [`LONGEST_SLEEP`].
//!
//! # A thread that holds a guard
//!
//! A thread that holds a guard of any channel and wants to read ignores demands, and joins the queue at the front. Otherwise
//! two threads could wait for each other: each holds a guard of one channel, for which a sender waits, and queues behind the
//! sender of the other channel. If its guard is of the same channel, there is no writer, and it gets the lock at once.

use alloc::collections::VecDeque;
use core::cell::Cell;
use core::time::Duration;
use std::time::Instant;

use crate::channel::queue::Access;
use crate::sync::thread::{self, Mutex, Thread, ThreadId, per_thread};
use crate::sync::{AtomicUsize, HAS_CRITICAL_SECTIONS, IS_MODEL, Lazy, Ordering};

/// Threads that arrive join the queue.
const DEMANDED: usize = 1;

/// The first thread sleeps, or is about to.
const ASLEEP: usize = 2;

/// How long others may overtake the first thread. In a model, where no time passes, it demands the lock at its second try.
const PATIENCE: Duration = Duration::from_micros(if IS_MODEL { 0 } else { 200 });

/// How long others may overtake a thread in the queue. (A longer limit lets many threads do more operations in all: with 64
/// threads, this one costs 8 % of them.)
const LONG_PATIENCE: Duration = Duration::from_millis(if IS_MODEL { 3_600_000 } else { 4 });

const SHORTEST_SLEEP: Duration = Duration::from_micros(200);
const LONGEST_SLEEP: Duration = Duration::from_millis(8);

/// With critical sections, how long a thread waits before it competes even if it is not the first one. It may wait inside a
/// critical section of its caller, and a writer that is the first one cannot get the lock until that critical section ends.
const RESCUE: Duration = Duration::from_secs(1);

/// How often a thread tries the lock before it sleeps. The tries are 1, 2, 4, ... 64, 64, ... pauses of the processor apart.
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

fn spin<R>(mut attempt: impl FnMut() -> Option<R>) -> Option<R> {
    (0..SPINS).find_map(|step| {
        (0..1 << step.min(6)).for_each(|_: u32| core::hint::spin_loop());
        attempt()
    })
}

pub(crate) struct Queue {
    /// [`DEMANDED`] and [`ASLEEP`].
    word: AtomicUsize,
    threads: Lazy<Mutex<VecDeque<Waiting>>>,
}

impl Queue {
    pub(crate) fn new() -> Self {
        Self { word: AtomicUsize::new(0), threads: Lazy::default() }
    }

    #[inline]
    pub(crate) fn admits(&self, access: Access) -> bool {
        // ORDERING: Relaxed; a caller that misses a demand overtakes once more.
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
        if let Some(result) = spin(|| self.admits(access).then(&mut attempt).flatten()) {
            return result;
        }
        self.notify();
        let mut place = self.join(access);
        loop {
            if place.compete() {
                // The holders will soon release the lock, but others may overtake.
                if let Some(result) = attempt().or_else(|| spin(&mut attempt)) {
                    return result;
                }
            }
            place.sleep();
        }
    }

    /// Wakes the first thread if it sleeps. This is needed after a failed attempt to read as well: such an attempt counts as
    /// a reader for a moment, and may have kept a writer from getting the lock.
    #[inline]
    pub(crate) fn notify(&self) {
        // ORDERING: SeqCst; partner: the SeqCst in `compete`; see "sleeps for a limited time" above.
        if self.word.load(Ordering::SeqCst) & ASLEEP != 0 {
            self.wake_first();
        }
    }

    #[cold]
    #[inline(never)]
    fn wake_first(&self) {
        // ORDERING: Relaxed; only the thread that clears the bit wakes the first one, and the mutex orders the rest.
        if self.word.fetch_and(!ASLEEP, Ordering::Relaxed) & ASLEEP == 0 {
            return;
        }
        self.threads.get_or_make().with(|threads| {
            if let Some(first) = threads.front() {
                // Demands the lock on its behalf, because it may be long before the first thread gets a processor.
                // ORDERING: Relaxed; set and cleared with the mutex held, and `admits` may miss it.
                self.word.fetch_or(first.demand(Instant::now()), Ordering::Relaxed);
                first.thread.unpark();
            }
        });
    }

    fn join(&self, access: Access) -> Place<'_> {
        let thread = thread::current();
        let id = thread.id();
        let threads = self.threads.get_or_make();
        threads.with(|threads| {
            let waiting = Waiting { thread, since: Instant::now(), first_since: None };
            if passes(access) {
                threads.push_front(waiting);
            } else {
                threads.push_back(waiting);
            }
        });
        Place { queue: self, threads, id, is_first: false, limit: SHORTEST_SLEEP }
    }

    #[inline]
    pub(crate) fn on_release(&self) -> OnRelease<'_> {
        GUARDS.with(|guards| guards.set(guards.get() + 1));
        OnRelease { queue: self }
    }
}

/// A thread in the queue.
struct Waiting {
    thread: Thread,
    /// When it joined the queue.
    since: Instant,
    /// When it became the first thread, if it has.
    first_since: Option<Instant>,
}

impl Waiting {
    /// Returns [`DEMANDED`] if the thread, which is the first one, has waited long enough to demand the lock.
    fn demand(&self, now: Instant) -> usize {
        let is_due = now - self.since >= LONG_PATIENCE || self.first_since.is_some_and(|since| now - since >= PATIENCE);
        if is_due { DEMANDED } else { 0 }
    }
}

/// A thread's place in the queue, which it leaves when this is dropped.
struct Place<'a> {
    queue: &'a Queue,
    threads: &'a Mutex<VecDeque<Waiting>>,
    id: ThreadId,
    is_first: bool,
    /// How long it sleeps next, if it is the first thread.
    limit: Duration,
}

impl Place<'_> {
    /// Returns `true` if this thread may try the lock. If that fails, it must sleep.
    fn compete(&mut self) -> bool {
        let now = Instant::now();
        self.threads.with(|threads| {
            let first = threads.front_mut().filter(|first| first.thread.id() == self.id);
            self.is_first = first.is_some();
            if let Some(first) = first {
                // ORDERING: SeqCst; partner: the SeqCst in `notify`; see "sleeps for a limited time" above.
                self.queue.word.fetch_or(ASLEEP | first.demand(now), Ordering::SeqCst);
                first.first_since.get_or_insert(now);
            }
            self.is_first || self.is_stuck(threads, now)
        })
    }

    fn is_stuck(&self, threads: &VecDeque<Waiting>, now: Instant) -> bool {
        HAS_CRITICAL_SECTIONS && threads.iter().any(|this| this.thread.id() == self.id && now - this.since >= RESCUE)
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
            threads.retain(|waiting| waiting.thread.id() != self.id);
            let demand = threads.front_mut().map_or(0, |next| {
                let now = Instant::now();
                let demand = next.demand(now);
                next.first_since = Some(now);
                next.thread.unpark();
                demand
            });
            // ORDERING: Relaxed; the bits are set with the mutex held as well.
            self.queue.word.swap(demand, Ordering::Relaxed);
        });
    }
}

/// Is kept with a guard of the lock, and dropped right after it.
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
