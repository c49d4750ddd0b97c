//! The queue of threads that wait for the value's lock.
//!
//! A thread that does not get the lock spins for a few microseconds, joins the queue and sleeps.
//! The *first* thread in the queue competes for the lock. Others compete only in the two cases under
//! "every rule has an end". Threads that have just arrived may overtake it, which keeps short
//! contention fast. Once it has been first for [`PATIENCE`], or in the queue for [`LONG_PATIENCE`],
//! it *demands* the lock: from then on threads that arrive join the queue, attempts fail, and the
//! first thread gets the lock when its holders release it. A reader leaves the queue once it has the
//! lock, a writer after its closure. The first thread wakes the next one when it leaves, so readers
//! in a row read together.
//!
//! ```text
//!              +-------+    +-------+    +-------+
//!   leaves <-- | first | <- | next  | <- |  ...  | <-- joins
//!              +-------+    +-------+    +-------+
//!   competes; woken by a release        wake up after 10, 40, 160, 160 ... ms,
//!                                       to see whether the first thread runs
//! ```
//!
//! | bit of `word` | meaning | set by | cleared by |
//! |---|---|---|---|
//! | [`ASLEEP`] | the first thread sleeps, or is about to | the first thread, or one that passes it, before it tries the lock ([`Seat::compete`]) | [`Queue::notify`] (after a release, after a failed attempt to read, and before joining), which wakes the first thread that is not stalled; the first thread, when it leaves |
//! | [`DEMANDED`] | threads that arrive join the queue, and attempts fail | the first thread, or a thread that wakes it | [`Queue::wake_first`]; an attempt that finds the first thread stalled for long |
//!
//! # Every rule has an end
//!
//! *A demand ends if its thread gets no processor.* A queued thread is due to run when its sleep
//! ends or when it is woken, whichever is earlier. A thread that has not come back [`STALL`] after
//! that is *stalled*: usually it gets no processor, for example because its priority is low. Its
//! demand ends with the next release, or with an attempt after [`LONG_STALL`], and others pass it at
//! once: a release moves the first thread that is not stalled to the front and wakes it, and of the
//! threads that run behind a stalled first one, one competes as well. (A writer in a long closure
//! counts as stalled too. It has the lock: the one that passes it only tries, and sleeps again.)
//!
//! *A thread that holds a guard waits for a limited time.* If the guard is of the same channel, no
//! writer can hold the lock, so the thread ignores demands. If it is of another channel, two
//! threads could wait for each other: each holds a guard of one channel, for which a sender waits,
//! and queues behind the sender of the other channel. So such a thread obeys only until the next of
//! these moments: the first thread has waited for 0.2, 0.4, 0.8 ms, and so on. Then it competes too.
//! That is no longer than the first thread had waited when this one joined, or 0.2 ms. A sender
//! still gets in. All threads with guards begin to compete at the same moments, which get further
//! apart, and one that arrives between two moments waits for the next. Once the gap is longer than
//! their reads, all have finished before the next moment, and the lock is free.
//!
//! # Every sleep has a limit
//!
//! The first thread, or one that passes it, sets `ASLEEP` and then tries the lock. A holder releases
//! the lock and then checks `ASLEEP`. So either the thread gets the lock, or the holder finds the
//! bit, if both see these four steps in the same order. On a processor with weak ordering the holder
//! may read the bit before its release is visible, and then each can miss the other. A fence would
//! prevent that, but every read would pay for it. Instead the first thread sleeps for
//! [`SHORTEST_SLEEP`] and tries again, then sleeps twice as long each time, up to [`LONGEST_SLEEP`].
//! The others sleep longer ([`SHORTEST_NAP`]), and only to find a first thread that is stalled.
//!
//! # Memory
//!
//! A program's allocator may use this channel. So nothing is allocated or freed while the mutex of
//! the queue is held, or while this thread holds the value's lock. The queue is a linked list to
//! which each thread brings its own [node](Seat), and from which it takes that node away. (A thread
//! whose thread-locals have been destroyed, or with more than four waits inside one another, frees
//! its node at once.)

use alloc::collections::LinkedList;
use core::marker::PhantomData;
use core::time::Duration;

use crate::lock::queue::guards::GUARDS;
use crate::sync::pool::Pool;
use crate::sync::thread::{Instant, Parker, SleepMutex, Unparker, now, park, per_thread, yield_now};
use crate::sync::{AtomicUsize, FOREVER, IS_MODEL, Lazy, Ordering};

/// Threads that arrive join the queue, and attempts fail.
const DEMANDED: usize = 1;

/// The first thread sleeps, or is about to.
const ASLEEP: usize = 2;

/// How long others may overtake the first thread. In a model it demands the lock at its second try.
const PATIENCE: Duration = Duration::from_micros(if IS_MODEL { 0 } else { 200 });

/// How long a thread waits in the queue, first or not, before it demands the lock once it is first.
/// (With 64 threads, this limit costs 8 % of the throughput of a longer one.)
const LONG_PATIENCE: Duration = Duration::from_millis(if IS_MODEL { 3_600_000 } else { 4 });

/// A thread is stalled if it has not run this long after it was due. Others in the queue then take
/// its turn.
const STALL: Duration = Duration::from_millis(3);

/// A first thread that is stalled for this long loses its demand to attempts, too. This is longer,
/// because attempts that fail are often repeated at once. They keep the processors busy, and an
/// ordinary thread then has to wait for some time slices.
const LONG_STALL: Duration = Duration::from_millis(200);

/// The first thread's sleeps, each twice as long as the one before.
const SHORTEST_SLEEP: Duration = Duration::from_micros(200);
const LONGEST_SLEEP: Duration = Duration::from_millis(8);

/// The sleeps of the other threads, each four times as long as the one before. In a model these
/// sleeps do not end by themselves, which would hide a missing wake-up.
const SHORTEST_NAP: Duration = if IS_MODEL { FOREVER } else { Duration::from_millis(10) };
const LONGEST_NAP: Duration = if IS_MODEL { FOREVER } else { Duration::from_millis(160) };

/// The first moment, counted from when the first thread joined, at which threads with guards of
/// other channels compete. Each further moment is twice as late.
const SHORTEST_OBEDIENCE: Duration = Duration::from_micros(200);

/// How often a thread that releases the lock tries to get the mutex. If a thread that gets no
/// processor has the mutex, the first thread wakes up by itself.
const NOTIFY_TRIES: u32 = if IS_MODEL { 1 } else { 100 };

/// How often a thread tries the lock before it sleeps. The tries are 1, 2, 4, ... 64, 64, ...
/// pauses of the processor apart.
const SPINS: u32 = if IS_MODEL { 0 } else { 10 };

/// Runs `f` out of line, so the path of a caller that succeeds at once is short. (As one loop, a
/// `borrow` takes 78 instructions instead of 45.)
#[cold]
#[inline(never)]
pub(crate) fn slow_path<R>(f: impl FnOnce() -> R) -> R {
    f()
}

pub(crate) struct Queue {
    /// Must threads that arrive join the queue ([`DEMANDED`])? Must a release wake the first thread
    /// ([`ASLEEP`])? Changed only with the mutex of `threads` held.
    word: AtomicUsize,
    /// Which threads wait? Made when the first one does.
    threads: Lazy<SleepMutex<Threads>>,
}

impl Queue {
    pub(crate) fn new() -> Self {
        Self { word: AtomicUsize::new(0), threads: Lazy::default() }
    }

    /// Returns `true` if a thread that has just arrived may try the lock.
    #[inline]
    pub(crate) fn admits(&self) -> bool {
        // ORDERING: Relaxed; a caller that misses a demand overtakes once more.
        self.word.load(Ordering::Relaxed) & DEMANDED == 0 || self.is_held_here()
    }

    #[inline]
    pub(crate) fn turn(&self) -> Turn<'_> {
        Turn { queue: self, pauses: 0, seat: None }
    }

    #[inline]
    pub(crate) fn admits_attempt(&self) -> bool {
        self.admits() || self.demand_has_ended()
    }

    /// Withdraws the demand that an attempt has met, if its thread has been stalled for long.
    /// Otherwise the attempt fails, and lets other threads run: a caller that tries again and again
    /// would keep the first thread and the holders from a processor.
    #[cold]
    #[inline(never)]
    fn demand_has_ended(&self) -> bool {
        // An attempt does not wait for the mutex.
        let has_ended = self.threads.get_or_make().try_with(|threads| {
            let is_stalled = threads.0.front().is_some_and(|first| now() > first.due + LONG_STALL);
            if is_stalled {
                // ORDERING: Relaxed; as in `admits`.
                self.word.fetch_and(!DEMANDED, Ordering::Relaxed);
            }
            is_stalled
        });
        if has_ended != Some(true) {
            yield_now();
        }
        has_ended == Some(true)
    }

    /// Wakes the first thread if it sleeps. This is needed after a failed attempt to read as well:
    /// such an attempt counts as a reader for a moment, and may have kept a writer from getting the
    /// lock.
    #[inline]
    pub(crate) fn notify(&self) {
        // ORDERING: SeqCst; partner: the SeqCst in `compete`; see "every sleep has a limit" above.
        if self.word.load(Ordering::SeqCst) & ASLEEP != 0 {
            self.notify_first();
        }
    }

    #[cold]
    #[inline(never)]
    fn notify_first(&self) {
        // Another guard of this thread is left: its release does this.
        if self.is_held_here() {
            return;
        }
        let threads = self.threads.get_or_make();
        for _ in 0..NOTIFY_TRIES {
            let found = threads.try_with(|threads| {
                // ORDERING: Relaxed; the word changes only while the mutex is held. (A load would do.
                // But loom looks for interleavings only at an atomic's last access.)
                if self.word.fetch_and(!ASLEEP, Ordering::Relaxed) & ASLEEP != 0 {
                    self.wake_first(threads, now());
                }
            });
            if found.is_some() {
                return;
            }
            core::hint::spin_loop();
        }
    }

    /// Moves the first thread that is not stalled to the front, and wakes it. Demands the lock on
    /// its behalf if it has waited for long, because it may be long before it gets a processor. If
    /// all are stalled, it wakes the first one.
    fn wake_first(&self, threads: &mut Threads, now: Instant) {
        if let Some(at) = threads.0.iter().position(|thread| !thread.is_stalled(now)) {
            threads.move_to_front(at);
        }
        let demand = threads.0.front_mut().map_or(0, |first| {
            first.due = first.due.min(now);
            first.unparker.unpark();
            first.demand(now)
        });
        // ORDERING: Relaxed; `admits` may miss a demand, and `ASLEEP` is set again by a thread that
        // sleeps. (A swap and not a store: loom does not know that a store comes after another
        // thread's read-modify-write of the value before it.)
        self.word.swap(demand, Ordering::Relaxed);
    }

    /// Notes a guard of this channel.
    #[inline]
    pub(crate) fn on_release(&self) -> OnRelease<'_> {
        GUARDS.with(|guards| guards.add(self.id()));
        OnRelease { queue: self }
    }

    /// Returns `true` if this thread holds a guard of this channel.
    #[cold]
    fn is_held_here(&self) -> bool {
        GUARDS.with(|guards| guards.holds(self.id()))
    }

    /// Identifies the channel in [`GUARDS`].
    #[inline]
    fn id(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    #[inline]
    pub(crate) fn closure(&self) -> Closure<'_> {
        Closure(PhantomData)
    }
}

/// Closures run on threads like all other code, so nothing is noted.
pub(crate) struct Closure<'a>(PhantomData<&'a Queue>);

struct QueuedThread {
    /// How is it woken? This also says which thread it is.
    unparker: Unparker,
    /// When did it join the queue?
    since: Instant,
    /// When was it first at the front? Kept if others are moved before it.
    first_since: Option<Instant>,
    /// When does its sleep end, or when was it woken, if that is earlier?
    due: Instant,
    /// Is it the first thread, or does it pass a stalled one? Only one thread does at a time.
    passes: bool,
}

impl QueuedThread {
    /// Returns `true` if the thread should have run, and gets no processor.
    fn is_stalled(&self, now: Instant) -> bool {
        now > self.due + STALL
    }

    /// Returns until when a thread that holds a guard of another channel obeys this one, which is the
    /// first: until this one has waited for 1, 2, 4, 8, ... times [`SHORTEST_OBEDIENCE`].
    fn end_of_obedience(&self, now: Instant) -> Instant {
        let mut obedience = SHORTEST_OBEDIENCE;
        while self.since + obedience <= now {
            obedience *= 2;
        }
        self.since + obedience
    }

    /// Notes when the thread was first in front. Returns [`DEMANDED`] if this first thread has waited
    /// long enough and is not stalled.
    fn demand(&mut self, now: Instant) -> usize {
        let first_since = *self.first_since.get_or_insert(now);
        let is_impatient = now - first_since >= PATIENCE || now - self.since >= LONG_PATIENCE;
        if is_impatient && !self.is_stalled(now) { DEMANDED } else { 0 }
    }
}

/// The threads that wait, the first one at the front. Its methods neither allocate nor free.
#[derive(Default)]
struct Threads(LinkedList<QueuedThread>);

impl Threads {
    fn position(&self, parker: &Parker) -> Option<usize> {
        self.0.iter().position(|thread| thread.unparker.will_unpark(parker))
    }

    /// Takes the node of one thread out.
    fn take(&mut self, at: usize) -> LinkedList<QueuedThread> {
        let mut node = self.0.split_off(at);
        self.0.append(&mut node.split_off(1));
        node
    }

    fn move_to_front(&mut self, at: usize) {
        let mut node = self.take(at);
        node.append(&mut self.0);
        self.0 = node;
    }
}

/// One call's wait for the lock: it spins, joins the queue, sleeps, and competes. It leaves the
/// queue when this is dropped.
pub(crate) struct Turn<'a> {
    queue: &'a Queue,
    /// How often has it paused since it last slept or arrived?
    pauses: u32,
    /// How does the thread wait in the queue, if it has joined?
    seat: Option<Seat>,
}

impl Turn<'_> {
    /// Returns when the caller may try the lock again.
    pub(crate) fn wait(&mut self) {
        // The holders will soon release the lock, but others may overtake.
        while self.pauses != SPINS {
            (0..1 << self.pauses.min(6)).for_each(|_: u32| core::hint::spin_loop());
            self.pauses += 1;
            if self.seat.is_some() || self.queue.admits() {
                return;
            }
        }
        let seat = self.seat.get_or_insert_with(|| Seat::join(self.queue));
        loop {
            // A thread that has just joined does not sleep: its limit is zero.
            park(&seat.parker, Some(seat.limit));
            if seat.compete(self.queue) {
                break;
            }
        }
        self.pauses = 0;
    }

    /// Leaves the queue with the lock held. Leaving may free memory, so the guard is noted
    /// meanwhile: the allocator may read the same channel.
    pub(crate) fn leave_with_lock(self) {
        let id = self.queue.id();
        GUARDS.with(|guards| guards.add(id));
        drop(self);
        GUARDS.with(|guards| guards.remove(id));
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(seat) = self.seat.take() {
            seat.leave(self.queue);
        }
    }
}

/// How a thread waits in a queue. It keeps its seats for the next time.
struct Seat {
    /// How does it sleep? It may have been unparked by an earlier user, so it can wake up for no
    /// reason.
    parker: Parker,
    /// Its node of the queue's list. Empty while it is in the queue.
    node: LinkedList<QueuedThread>,
    /// When does it stop letting the first thread go first? `None` without guards of other channels.
    obeys_until: Option<Instant>,
    /// Does it compete for the lock?
    competes: bool,
    /// How long does it sleep next?
    limit: Duration,
}

per_thread! {
    /// The seats that this thread does not use now.
    static SEATS: Pool<Seat> = const { Pool::new() };
}

impl Seat {
    fn new() -> Self {
        let (parker, now) = (Parker::default(), now());
        let thread =
            QueuedThread { unparker: parker.unparker(), since: now, first_since: None, due: now, passes: false };
        let node = LinkedList::from([thread]);
        Self { parker, node, obeys_until: None, competes: false, limit: Duration::ZERO }
    }

    fn join(queue: &Queue) -> Self {
        // An attempt to read may have kept the first thread from getting the lock.
        queue.notify();
        let threads = queue.threads.get_or_make();
        let mut seat = SEATS.try_with(Pool::take).ok().flatten().unwrap_or_else(Self::new);
        let obeys_until = threads.with(|threads| {
            let now = now();
            for thread in &mut seat.node {
                (thread.since, thread.first_since, thread.due, thread.passes) = (now, None, now, false);
            }
            let until = threads.0.front().map_or(now, |first| first.end_of_obedience(now));
            threads.0.append(&mut seat.node);
            until
        });
        let holds_guards = GUARDS.with(|guards| guards.holds_any());
        seat.obeys_until = holds_guards.then_some(obeys_until);
        (seat.competes, seat.limit) = (false, Duration::ZERO);
        seat
    }

    /// Returns `true` if this thread may try the lock now.
    fn compete(&mut self, queue: &Queue) -> bool {
        queue.threads.get_or_make().with(|threads| {
            let now = now();
            let Some(at) = threads.position(&self.parker) else { return };
            let is_passing = threads.0.front().is_some_and(|first| first.is_stalled(now))
                && !threads.0.iter().take(at).any(|thread| thread.passes && !thread.is_stalled(now));
            self.plan_sleep(at == 0 || is_passing, now);
            let Some(this) = threads.0.iter_mut().nth(at) else { return };
            this.due = now + self.limit;
            this.passes = at == 0 || is_passing;
            if at == 0 || is_passing {
                let demand = if at == 0 { this.demand(now) } else { 0 };
                // ORDERING: SeqCst; partner: the SeqCst in `notify`; see "every sleep has a limit"
                // above.
                queue.word.fetch_or(ASLEEP | demand, Ordering::SeqCst);
            }
        });
        self.competes
    }

    /// Decides whether this thread competes, because it may or has obeyed for long enough, and how
    /// long it sleeps if it then does not get the lock.
    fn plan_sleep(&mut self, may_compete: bool, now: Instant) {
        let competes = may_compete || self.obeys_until.is_some_and(|until| now >= until);
        // A change of role starts the sleeps anew.
        let before = if self.competes == competes { self.limit } else { Duration::ZERO };
        self.competes = competes;
        self.limit = if competes {
            (2 * before).clamp(SHORTEST_SLEEP, LONGEST_SLEEP)
        } else {
            let nap = (4 * before).clamp(SHORTEST_NAP, LONGEST_NAP);
            self.obeys_until.map_or(nap, |until| nap.min(until - now))
        };
    }

    /// Leaves the queue, a reader with the lock held and a writer after its release, and keeps the
    /// seat for the next time. (It is freed only if the thread's thread-locals have been destroyed,
    /// and in waits that are nested deeply.)
    fn leave(mut self, queue: &Queue) {
        queue.threads.get_or_make().with(|threads| {
            let Some(at) = threads.position(&self.parker) else { return };
            self.node = threads.take(at);
            let now = now();
            if at == 0 || threads.0.front().is_some_and(|first| first.is_stalled(now)) {
                queue.wake_first(threads, now);
            }
        });
        let _ = SEATS.try_with(|seats| seats.put(self));
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
    fn sleeps(seat: &mut Seat, queue: &Queue) -> Vec<Duration> {
        (0..20)
            .map(|_| {
                seat.compete(queue);
                seat.limit
            })
            .collect()
    }

    /// Changes what the queue knows of its first thread.
    fn with_first(queue: &Queue, change: impl FnOnce(&mut QueuedThread)) {
        queue.threads.get_or_make().with(|threads| change(threads.0.front_mut().unwrap()));
    }

    #[test]
    fn the_first_thread_sleeps_for_milliseconds_at_most() {
        let queue = Queue::new();
        let sleeps = sleeps(&mut Seat::join(&queue), &queue);
        assert_eq!(sleeps[..3], [1, 2, 4].map(|times| times * SHORTEST_SLEEP));
        assert!(sleeps.iter().all(|sleep| *sleep <= Duration::from_millis(8)), "{sleeps:?}");
    }

    #[test]
    fn an_attempt_outlives_the_demand_of_a_thread_that_does_not_run() {
        let queue = Queue::new();
        let mut first = Seat::join(&queue);
        queue.word.fetch_or(DEMANDED, Ordering::Relaxed);
        assert!(!queue.admits_attempt());
        with_first(&queue, |first| first.due -= 2 * LONG_STALL);
        assert!(queue.admits_attempt());
        first.compete(&queue);
        first.leave(&queue);
        assert!(queue.admits());
    }

    #[test]
    fn a_thread_that_runs_passes_a_stalled_one() {
        let queue = Queue::new();
        let (first, mut second) = (Seat::join(&queue), Seat::join(&queue));
        with_first(&queue, |first| first.due += FOREVER);
        assert!(!second.compete(&queue));
        with_first(&queue, |first| first.due -= FOREVER + 2 * STALL);
        assert!(second.compete(&queue));
        second.leave(&queue);
        first.leave(&queue);
    }

    #[test]
    fn one_thread_passes_a_stalled_one() {
        let queue = Queue::new();
        let [first, mut second, mut third] = [(); 3].map(|()| Seat::join(&queue));
        with_first(&queue, |first| first.due -= 2 * STALL);
        assert!(second.compete(&queue));
        assert!(!third.compete(&queue));
        let due = |seat: &Seat| {
            queue
                .threads
                .get_or_make()
                .with(|threads| threads.0.iter().find(|thread| thread.unparker.will_unpark(&seat.parker)).unwrap().due)
        };
        assert!(due(&third) > now());
        second.leave(&queue);
        assert!(due(&third) <= now(), "it has been woken");
        third.leave(&queue);
        first.leave(&queue);
    }

    #[test]
    fn a_stalled_thread_demands_nothing() {
        let queue = Queue::new();
        let first = Seat::join(&queue);
        let wake = || queue.threads.get_or_make().with(|threads| queue.wake_first(threads, now()));
        with_first(&queue, |first| (first.since, first.due) = (first.since - 2 * LONG_PATIENCE, first.due - 2 * STALL));
        wake();
        assert!(queue.admits());
        with_first(&queue, |first| first.due += FOREVER);
        wake();
        assert!(!queue.admits());
        first.leave(&queue);
        assert!(queue.admits());
    }

    #[test]
    fn a_release_wakes_the_first_thread_that_is_not_stalled() {
        let queue = Queue::new();
        let (first, second) = (Seat::join(&queue), Seat::join(&queue));
        with_first(&queue, |first| first.due -= FOREVER);
        queue.threads.get_or_make().with(|threads| {
            threads.0.back_mut().unwrap().due += FOREVER;
            queue.wake_first(threads, now());
            assert_eq!(threads.position(&second.parker), Some(0));
        });
        with_first(&queue, |second| assert!(second.due <= now(), "it has been woken"));
        first.leave(&queue);
        second.leave(&queue);
    }

    #[test]
    fn threads_with_guards_obey_until_the_same_moments() {
        let queue = Queue::new();
        let first = Seat::join(&queue);
        GUARDS.with(|guards| guards.add(Queue::new().id()));
        let since = now();
        for (waited, until) in [(0, 1), (1, 2), (3, 4), (4, 8), (7, 8), (500, 512)] {
            let thread =
                QueuedThread { unparker: first.parker.unparker(), since, first_since: None, due: since, passes: false };
            let end = thread.end_of_obedience(since + waited * SHORTEST_OBEDIENCE);
            assert_eq!(end, since + until * SHORTEST_OBEDIENCE, "{waited}");
        }
        with_first(&queue, |first| first.since -= FOREVER);
        let second = Seat::join(&queue);
        assert!(second.obeys_until > Some(now()));
        second.leave(&queue);
        first.leave(&queue);
    }

    #[test]
    fn a_thread_keeps_its_seat() {
        let queue = Queue::new();
        Seat::join(&queue).leave(&queue);
        let seat = SEATS.with(Pool::take).unwrap();
        assert_eq!(seat.node.len(), 1);
        assert!(queue.threads.get_or_make().with(|threads| threads.0.is_empty()));
    }

    #[test]
    fn the_other_threads_sleep_longer_and_longer() {
        let queue = Queue::new();
        let mut first = Seat::join(&queue);
        let mut second = Seat::join(&queue);
        first.compete(&queue);
        // It sleeps for long, so it is not stalled, however busy the machine is.
        with_first(&queue, |first| first.due += FOREVER);
        let sleeps = sleeps(&mut second, &queue);
        assert_eq!(sleeps[..4], [10, 40, 160, 160].map(Duration::from_millis));
        assert!(sleeps[4..].iter().all(|sleep| *sleep == Duration::from_millis(160)), "{sleeps:?}");
        first.leave(&queue);
        assert!(second.compete(&queue), "it is the first one now");
        assert_eq!(second.limit, SHORTEST_SLEEP);
    }
}
