//! The queue of threads that wait for the value's lock.
//!
//! A thread that does not get the lock spins for a few microseconds, joins the queue and sleeps. Only the *first* thread in the queue
//! competes for the lock. Threads that have just arrived may overtake it, which keeps short contention fast. Once it has been first
//! for [`PATIENCE`], or in the queue for [`LONG_PATIENCE`], it *demands* the lock: from then on threads that arrive join the queue,
//! attempts fail, and the first thread gets the lock when its holders release it. A reader leaves the queue once it has the lock, a
//! writer after its closure. A thread that leaves wakes the next one, so readers in a row read together.
//!
//! ```text
//!              +-------+    +-------+    +-------+
//!   leaves <-- | first | <- | next  | <- |  ...  | <-- joins
//!              +-------+    +-------+    +-------+
//!   competes; woken by each release     wake up after 10, 40, 160, 160 ... ms, to see whether the first thread runs
//! ```
//!
//! | bit of `word` | meaning | set by | cleared by |
//! |---|---|---|---|
//! | [`ASLEEP`] | the first thread sleeps, or is about to | the first thread, before it tries the lock ([`Place::compete`]) | a thread that releases the lock ([`Queue::notify`]), which then wakes the first thread; [`Queue::wake_first`] |
//! | [`DEMANDED`] | threads that arrive join the queue | the first thread, or a thread that wakes it | [`Queue::wake_first`]; an attempt that finds the first thread stalled for long |
//! | [`REFUSES_ATTEMPTS`] | attempts fail | with `DEMANDED` | the same, but if all threads are stalled, only an attempt |
//! | [`HAS_UNUSED_ROOM`] | the queue is empty and has room for many threads | the last thread, when it leaves | the next thread that releases the lock, which frees the room; a thread that joins |
//!
//! # Every rule has an end
//!
//! *A demand ends if its thread gets no processor.* A queued thread is due to run when its sleep ends or when it is woken, whichever
//! is first. A thread that has not run [`STALL`] after that is *stalled*, for example because its priority is
//! low. A thread that runs and finds the first one stalled takes its turn. When the stalled thread runs again, it takes its place
//! back.
//!
//! *A thread that holds a guard waits for a limited time.* If the guard is of the same channel, no writer can hold the lock, so the
//! thread ignores demands. If it is of another channel, two threads could wait for each other: each holds a guard of one channel,
//! for which a sender waits, and queues behind the sender of the other channel. So such a thread obeys a demand only for a limited
//! time: for as long as the first thread had waited when this one joined. Then it competes too. A sender still gets in: the longer it
//! has waited, the longer newcomers obey, and once it has waited longer than all their holds together, the lock is free in between.
//!
//! # Every sleep has a limit
//!
//! The first thread sets `ASLEEP` and then tries the lock. A holder releases the lock and then checks `ASLEEP`. So either the thread
//! gets the lock, or the holder finds the bit, if both see these four steps in the same order. On a processor with weak ordering the
//! holder may read the bit before its release is visible, and then each can miss the other. A fence would prevent that, but every
//! read would pay for it. Instead the first thread sleeps for [`SHORTEST_SLEEP`] and tries again, then sleeps twice as long each
//! time, up to [`LONGEST_SLEEP`]. The others sleep longer ([`FIRST_NAP`]), and only to find a first thread that is stalled.
//!
//! # Memory
//!
//! A program's allocator may use this channel. So nothing is allocated or freed while the mutex of the queue is held, or while this
//! thread holds the value's lock: a thread takes its parker and makes room for itself before it joins the queue, and unused room is
//! freed after a release.

use alloc::collections::VecDeque;
use core::marker::PhantomData;
use core::mem;
use core::time::Duration;

use crate::lock::queue::guards::GUARDS;
use crate::sync::thread::{FOREVER, Instant, Parker, SleepMutex, Unparker, now};
use crate::sync::{AtomicUsize, IS_MODEL, Lazy, Ordering};

/// Threads that arrive join the queue.
const DEMANDED: usize = 1;

/// Attempts fail. Set with [`DEMANDED`], and stays longer.
const REFUSES_ATTEMPTS: usize = 8;

/// The first thread sleeps, or is about to.
const ASLEEP: usize = 2;

/// The queue is empty and has room for many threads.
const HAS_UNUSED_ROOM: usize = 4;

/// How long others may overtake the first thread. In a model it demands the lock at its second try.
const PATIENCE: Duration = Duration::from_micros(if IS_MODEL { 0 } else { 200 });

/// How long others may overtake a thread in the queue. (With 64 threads, this limit costs 8 % of the throughput of a longer one.)
const LONG_PATIENCE: Duration = Duration::from_millis(if IS_MODEL { 3_600_000 } else { 4 });

/// A thread is stalled if it has not run this long after it was due. Others in the queue then take its turn.
const STALL: Duration = Duration::from_millis(3);

/// After this time attempts ignore its demand as well. This is longer, because attempts that fail are often repeated at once. They
/// keep the processors busy, and an ordinary thread then has to wait for some time slices.
const LONG_STALL: Duration = Duration::from_millis(200);

/// The first thread's sleeps.
const SHORTEST_SLEEP: Duration = Duration::from_micros(200);
const LONGEST_SLEEP: Duration = Duration::from_millis(8);

/// The sleeps of the other threads: each is four times as long as the one before. In a model these sleeps do not end by themselves,
/// which would hide a missing wake-up.
const FIRST_NAP: Duration = if IS_MODEL { FOREVER } else { Duration::from_millis(10) };
const LONGEST_NAP: Duration = if IS_MODEL { FOREVER } else { Duration::from_millis(160) };

/// How long a thread with a guard of another channel obeys a demand, if the first thread has not waited for longer.
const SHORTEST_OBEDIENCE: Duration = Duration::from_micros(200);

/// How often a thread that releases the lock tries to get the mutex. If a thread that gets no processor has the mutex, the first
/// thread wakes up by itself.
const NOTIFY_TRIES: u32 = if IS_MODEL { 1 } else { 100 };

/// How often a thread tries the lock before it sleeps. The tries are 1, 2, 4, ... 64, 64, ... pauses of the processor apart.
const SPINS: u32 = if IS_MODEL { 0 } else { 10 };

/// How many threads a queue has room for at first.
const FIRST_ROOM: usize = if IS_MODEL { 1 } else { 4 };

/// An empty queue keeps room for at most this many threads.
const KEPT: usize = if IS_MODEL { 1 } else { 16 };

/// Runs `f` out of line, so the fast path stays small.
#[cold]
#[inline(never)]
pub(crate) fn slow_path<R>(f: impl FnOnce() -> R) -> R {
    f()
}

pub(crate) struct Queue {
    /// Must threads that arrive join the queue ([`DEMANDED`]), and attempts fail ([`REFUSES_ATTEMPTS`])? Must a release wake the first thread ([`ASLEEP`]), or free room
    /// ([`HAS_UNUSED_ROOM`])?
    word: AtomicUsize,
    /// Which threads wait? Made when the first one does.
    threads: Lazy<SleepMutex<Threads>>,
}

impl Queue {
    pub(crate) fn new() -> Self {
        Self { word: AtomicUsize::new(0), threads: Lazy::default() }
    }

    /// Identifies the channel in [`GUARDS`].
    #[inline]
    fn id(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    #[inline]
    pub(crate) fn admits(&self) -> bool {
        // ORDERING: Relaxed; a caller that misses a demand overtakes once more.
        self.word.load(Ordering::Relaxed) & DEMANDED == 0 || self.is_held_here()
    }

    /// Returns `true` if this thread holds a guard of this channel.
    #[cold]
    fn is_held_here(&self) -> bool {
        GUARDS.with(|guards| guards.holds(self.id()))
    }

    #[inline]
    pub(crate) fn admits_attempt(&self) -> bool {
        // ORDERING: Relaxed; as in `admits`.
        self.word.load(Ordering::Relaxed) & (DEMANDED | REFUSES_ATTEMPTS) == 0
            || self.is_held_here()
            || self.demand_has_ended()
    }

    /// Withdraws the demand that an attempt has met, if its thread has been stalled for long. If the mutex is held, the attempt fails:
    /// it must not wait.
    #[cold]
    #[inline(never)]
    fn demand_has_ended(&self) -> bool {
        let has_ended = self.threads.get().and_then(|threads| {
            threads.try_with(|threads| {
                let is_stalled = threads.waiting.front().is_some_and(|first| now() > first.due + LONG_STALL);
                if is_stalled {
                    // ORDERING: Relaxed; as in `admits`.
                    self.word.fetch_and(!(DEMANDED | REFUSES_ATTEMPTS), Ordering::Relaxed);
                }
                is_stalled
            })
        });
        has_ended.unwrap_or(false)
    }

    #[inline]
    pub(crate) fn turn(&self) -> Turn<'_> {
        Turn { queue: self, pauses: 0, place: None }
    }

    /// Wakes the first thread if it sleeps, and frees unused room. This is needed after a failed attempt to read as well: such an
    /// attempt counts as a reader for a moment, and may have kept a writer from getting the lock.
    #[inline]
    pub(crate) fn notify(&self) {
        // ORDERING: SeqCst; partner: the SeqCst in `compete`; see "every sleep has a limit" above.
        if self.word.load(Ordering::SeqCst) & (ASLEEP | HAS_UNUSED_ROOM) != 0 {
            self.look_after_queue();
        }
    }

    #[cold]
    #[inline(never)]
    fn look_after_queue(&self) {
        // Another guard of this thread is left: its release does this.
        if self.is_held_here() {
            return;
        }
        let threads = self.threads.get_or_make();
        for _ in 0..NOTIFY_TRIES {
            let looked = threads.try_with(|threads| {
                // ORDERING: Relaxed; the mutex is held for every change of the word.
                if self.word.fetch_and(!ASLEEP, Ordering::Relaxed) & ASLEEP != 0 {
                    self.wake_first(threads, now());
                }
                self.take_unused_room(threads)
            });
            if looked.is_some() {
                return;
            }
            core::hint::spin_loop();
        }
    }

    /// Moves the first thread that is not stalled to the front, and wakes it. Demands the lock on its behalf if it has waited for
    /// long, because it may be long before it gets a processor. If all are stalled, it wakes the first one, and only attempts are refused.
    fn wake_first(&self, threads: &mut Threads, now: Instant) {
        let for_whom = if threads.elect(now) { DEMANDED | REFUSES_ATTEMPTS } else { REFUSES_ATTEMPTS };
        let demand = threads.waiting.front().map_or(0, |first| first.demand(now) & for_whom);
        // ORDERING: Relaxed; `admits` may miss a demand, and `ASLEEP` is set again by a thread that sleeps. (A swap and not a store:
        // loom does not know that a store comes after another thread's read-modify-write of the value before it.)
        self.word.swap(demand, Ordering::Relaxed);
        if let Some(first) = threads.waiting.front_mut() {
            first.first_since.get_or_insert(now);
            first.wake(now);
        }
        // Wakes the second thread too, unless it wakes up soon: it takes over if the first one does not run.
        if let Some(next) = threads.waiting.get_mut(1).filter(|next| next.due > now + FIRST_NAP) {
            next.wake(now);
        }
    }

    /// Takes the room of an empty queue out for the caller to free, if there is much of it.
    fn take_unused_room(&self, threads: &mut Threads) -> VecDeque<QueuedThread> {
        // ORDERING: Relaxed; the bit only saves a look at the queue. It is changed with the mutex held.
        self.word.fetch_and(!HAS_UNUSED_ROOM, Ordering::Relaxed);
        if threads.has_unused_room() { mem::take(&mut threads.waiting) } else { VecDeque::new() }
    }

    #[inline]
    pub(crate) fn on_release(&self) -> OnRelease<'_> {
        GUARDS.with(|guards| guards.add(self.id()));
        OnRelease { queue: self }
    }

    #[inline]
    pub(crate) fn closure(&self) -> Closure<'_> {
        Closure(PhantomData)
    }
}

/// Closures run on threads like all other code, so nothing is noted.
pub(crate) struct Closure<'a>(PhantomData<&'a Queue>);

/// The threads that wait, the first one at the front.
#[derive(Default)]
struct Threads {
    waiting: VecDeque<QueuedThread>,
    /// How many threads have ever joined?
    joined: usize,
}

/// The queue is full; it has this many threads.
struct Full(usize);

struct QueuedThread {
    /// Which thread of this queue is it? Later threads have higher numbers.
    number: usize,
    /// How is it woken?
    unparker: Unparker,
    /// When did it join the queue?
    since: Instant,
    /// When did it become the first thread, if it has?
    first_since: Option<Instant>,
    /// When does its sleep end, or when was it woken, if that is earlier?
    due: Instant,
}

impl QueuedThread {
    /// Returns `true` if the thread should have run, and gets no processor.
    fn is_stalled(&self, now: Instant) -> bool {
        now > self.due + STALL
    }

    /// Returns [`DEMANDED`] and [`REFUSES_ATTEMPTS`] if the thread, which is the first one, has waited long enough to demand the lock.
    fn demand(&self, now: Instant) -> usize {
        let may_demand =
            now - self.since >= LONG_PATIENCE || self.first_since.is_some_and(|since| now - since >= PATIENCE);
        if may_demand { DEMANDED | REFUSES_ATTEMPTS } else { 0 }
    }

    fn wake(&mut self, now: Instant) {
        self.due = self.due.min(now);
        self.unparker.unpark();
    }
}

impl Threads {
    fn position(&self, number: usize) -> Option<usize> {
        self.waiting.iter().position(|thread| thread.number == number)
    }

    /// Moves a thread to the front. This allocates nothing: its own place has just become free.
    fn move_to_front(&mut self, at: usize) {
        if let Some(thread) = self.waiting.remove(at) {
            self.waiting.push_front(thread);
        }
    }

    /// Moves the first thread that is not stalled to the front. Returns `false` if there is none.
    fn elect(&mut self, now: Instant) -> bool {
        let at = self.waiting.iter().position(|thread| !thread.is_stalled(now));
        if let Some(at) = at {
            self.move_to_front(at);
        }
        at.is_some()
    }

    /// Adds a thread, unless there is no room. Returns its number, and until when it obeys a demand if it holds a guard of another
    /// channel.
    fn push(&mut self, unparker: Unparker, now: Instant) -> Result<(usize, Instant), Full> {
        if self.waiting.len() == self.waiting.capacity() {
            return Err(Full(self.waiting.len()));
        }
        let waited = self.waiting.front().map_or(Duration::ZERO, |first| now - first.since);
        self.joined = self.joined.wrapping_add(1);
        self.waiting.push_back(QueuedThread { number: self.joined, unparker, since: now, first_since: None, due: now });
        Ok((self.joined, now + waited.max(SHORTEST_OBEDIENCE)))
    }

    /// Moves the threads to `room` if that is larger. Returns the room that is not used any more, for the caller to free.
    fn move_to(&mut self, mut room: VecDeque<QueuedThread>) -> VecDeque<QueuedThread> {
        if self.waiting.capacity() < room.capacity() {
            room.append(&mut self.waiting);
            mem::swap(&mut self.waiting, &mut room);
        }
        room
    }

    /// Notes that a thread runs. It becomes the first one if the first one is stalled, or has only taken its turn. Returns where it
    /// is.
    fn note_running(&mut self, number: usize, now: Instant) -> Option<usize> {
        let at = self.position(number)?;
        self.waiting.get_mut(at)?.due = now;
        let first = self.waiting.front()?;
        // Numbers wrap.
        let came_earlier = (number.wrapping_sub(first.number) as isize) < 0;
        if came_earlier || first.is_stalled(now) {
            self.move_to_front(at);
            return Some(0);
        }
        Some(at)
    }

    fn has_unused_room(&self) -> bool {
        self.waiting.is_empty() && self.waiting.capacity() > KEPT
    }
}

/// One call's wait for the lock: it spins, joins the queue, sleeps, and competes.
pub(crate) struct Turn<'a> {
    queue: &'a Queue,
    /// How often has it paused since it last slept or arrived?
    pauses: u32,
    /// Where is it in the queue, if it has joined?
    place: Option<Place<'a>>,
}

impl Turn<'_> {
    /// Notes that the caller leaves the queue with the lock held, so nothing can be freed.
    pub(crate) fn keep_lock(&mut self) {
        if let Some(place) = &mut self.place {
            place.keeps_lock = true;
        }
    }

    /// Returns when the caller may try the lock again.
    pub(crate) fn wait(&mut self) {
        // The holders will soon release the lock, but others may overtake.
        while self.pauses != SPINS {
            (0..1 << self.pauses.min(6)).for_each(|_: u32| core::hint::spin_loop());
            self.pauses += 1;
            if self.place.is_some() || self.queue.admits() {
                return;
            }
        }
        loop {
            let place = match &mut self.place {
                Some(place) => {
                    place.parker.park(Some(place.limit));
                    place
                }
                None => self.place.insert(Place::join(self.queue)),
            };
            if place.compete() {
                self.pauses = 0;
                return;
            }
        }
    }
}

/// A thread's place in the queue, which it leaves when this is dropped.
struct Place<'a> {
    queue: &'a Queue,
    threads: &'a SleepMutex<Threads>,
    /// Which of the threads is it?
    number: usize,
    /// How does it sleep?
    parker: Parker,
    /// Until when does it let the first thread go first? Only set if it holds a guard of another channel.
    obeys_until: Option<Instant>,
    /// Does it leave with the lock held?
    keeps_lock: bool,
    /// Does it compete for the lock?
    competes: bool,
    /// How many sleeps has it planned since `competes` last changed?
    sleeps: u32,
    /// How long does it sleep next?
    limit: Duration,
}

impl<'a> Place<'a> {
    /// Joins the queue, and makes room in it first if it is full.
    fn join(queue: &'a Queue) -> Self {
        // An attempt to read may have kept the first thread from getting the lock.
        queue.notify();
        let threads = queue.threads.get_or_make();
        let holds_guards = GUARDS.with(|guards| guards.holds_any());
        let parker = Parker::take();
        loop {
            let unparker = parker.unparker();
            match threads.with(|threads| threads.push(unparker, now())) {
                Ok((number, until)) => {
                    return Self {
                        queue,
                        threads,
                        number,
                        parker,
                        obeys_until: holds_guards.then_some(until),
                        keeps_lock: false,
                        competes: false,
                        sleeps: 0,
                        limit: SHORTEST_SLEEP,
                    };
                }
                Err(Full(len)) => {
                    let larger = VecDeque::with_capacity((2 * len).max(FIRST_ROOM));
                    drop(threads.with(|threads| threads.move_to(larger)));
                }
            }
        }
    }

    /// Returns `true` if this thread may try the lock now. If that fails, it must sleep.
    fn compete(&mut self) -> bool {
        self.threads.with(|threads| {
            let now = now();
            let Some(at) = threads.note_running(self.number, now) else { return };
            let Some(first) = threads.waiting.front_mut() else { return };
            if at == 0 {
                first.first_since.get_or_insert(now);
                // ORDERING: SeqCst; partner: the SeqCst in `notify`; see "every sleep has a limit" above.
                self.queue.word.fetch_or(ASLEEP | first.demand(now), Ordering::SeqCst);
            }
            self.plan_sleep(at == 0, first.due, now);
            if let Some(this) = threads.waiting.get_mut(at) {
                this.due = now + self.limit;
            }
        });
        self.competes
    }

    /// Decides whether this thread competes, and how long it sleeps if it does not get the lock. The first thread must run by
    /// `first_due`.
    fn plan_sleep(&mut self, is_first: bool, first_due: Instant, now: Instant) {
        let competes = is_first || self.obeys_until.is_some_and(|until| now >= until);
        if mem::replace(&mut self.competes, competes) != competes {
            self.sleeps = 0;
        }
        self.limit = if competes {
            (SHORTEST_SLEEP * 2u32.pow(self.sleeps.min(8))).min(LONGEST_SLEEP)
        } else if first_due <= now {
            // The first thread has been woken. If it does not run, this thread takes its turn.
            first_due + STALL - now + SHORTEST_SLEEP
        } else {
            (FIRST_NAP * 4u32.pow(self.sleeps.min(4))).min(LONGEST_NAP)
        };
        if let (false, Some(until)) = (competes, self.obeys_until) {
            self.limit = self.limit.min(until - now);
        }
        self.sleeps = self.sleeps.saturating_add(1);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.threads.with(|threads| {
            let at = threads.position(self.number);
            at.and_then(|at| threads.waiting.remove(at));
            if at == Some(0) {
                self.queue.wake_first(threads, now());
            }
            if threads.has_unused_room() {
                // ORDERING: Relaxed; as in `take_unused_room`.
                self.queue.word.fetch_or(HAS_UNUSED_ROOM, Ordering::Relaxed);
            }
        });
        // A writer has released the lock by now, and frees the room.
        if !self.keeps_lock {
            self.queue.notify();
        }
    }
}

/// Stored next to each lock guard, and dropped right after it.
pub(crate) struct OnRelease<'a> {
    queue: &'a Queue,
}

impl Drop for OnRelease<'_> {
    #[inline]
    fn drop(&mut self) {
        GUARDS.with(|guards| guards.remove(self.queue.id()));
        self.queue.notify();
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// The first 20 sleeps of a thread that never gets the lock.
    fn sleeps(place: &mut Place<'_>) -> Vec<Duration> {
        (0..20)
            .map(|_| {
                place.compete();
                place.limit
            })
            .collect()
    }

    #[test]
    fn the_first_thread_sleeps_for_milliseconds_at_most() {
        let queue = Queue::new();
        let sleeps = sleeps(&mut Place::join(&queue));
        assert_eq!(sleeps[..3], [1, 2, 4].map(|times| times * SHORTEST_SLEEP));
        assert!(sleeps.iter().all(|sleep| *sleep <= Duration::from_millis(8)), "{sleeps:?}");
    }

    #[test]
    fn an_attempt_outlives_the_demand_of_a_thread_that_does_not_run() {
        let queue = Queue::new();
        let mut first = Place::join(&queue);
        queue.word.fetch_or(DEMANDED, Ordering::Relaxed);
        assert!(!queue.admits_attempt());
        first.threads.with(|threads| threads.waiting[0].due -= 2 * LONG_STALL);
        assert!(queue.admits_attempt());
        first.compete();
        drop(first);
        assert!(queue.admits());
    }

    #[test]
    fn the_other_threads_sleep_longer_and_longer() {
        let queue = Queue::new();
        let mut first = Place::join(&queue);
        let mut second = Place::join(&queue);
        first.compete();
        // It sleeps for long, so it is not stalled, however busy the machine is.
        first.threads.with(|threads| threads.waiting[0].due += FOREVER);
        let sleeps = sleeps(&mut second);
        assert_eq!(sleeps[..4], [10, 40, 160, 160].map(Duration::from_millis));
        assert!(sleeps[4..].iter().all(|sleep| *sleep == Duration::from_millis(160)), "{sleeps:?}");
        drop(first);
        assert!(second.compete(), "it is the first one now");
        assert_eq!(second.limit, SHORTEST_SLEEP);
    }
}
