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
//! | [`ASLEEP`] | a thread that competes sleeps, or is about to | that thread, before it tries the lock ([`Seat::compete`]) | [`Queue::wake_first`], when a thread notifies the queue (after a release, after a failed attempt to read, and before joining) or leaves it |
//! | [`DEMANDED`] | threads that arrive join the queue, and attempts fail | a thread that competes, or one that wakes the first thread, if the first thread has waited long enough ([`QueuedThread::demand`]) | [`Queue::wake_first`] |
//!
//! # Every rule has an end
//!
//! *A demand ends if its thread gets no processor.* A queued thread is due to run when its sleep
//! ends or when it is woken, whichever is earlier. A thread that has not come back [`STALL`] after
//! that is *stalled*: usually it gets no processor, for example because its priority is low. Its
//! demand ends with the next release, and for an attempt after [`LONG_STALL`]. Others in the queue
//! pass it at once: a release moves the first thread that is not stalled to the front and wakes it,
//! and of the threads that run behind a stalled first one, one competes as well. (A writer in a long
//! closure counts as stalled too. It has the lock: the one that passes it only tries, and sleeps
//! again.)
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
//! A thread that competes sets `ASLEEP` and then tries the lock. A holder releases the lock and then
//! checks `ASLEEP`. So either the thread gets the lock, or the holder finds the bit, if both see
//! these four steps in the same order. On a processor with weak ordering the holder may read the bit
//! before its release is visible, and then each can miss the other. A fence would prevent that, but
//! every read would pay for it. Instead a thread that competes sleeps for [`SHORTEST_SLEEP`] and
//! tries again, then sleeps twice as long each time, up to [`LONGEST_SLEEP`].
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
use core::ops::DerefMut;
use core::time::Duration;
use std::sync::PoisonError;

use crate::lock::queue::guards::GUARDS;
use crate::sync::pool::Pool;
use crate::sync::thread::{Instant, Parker, SleepMutex, Unparker, now, park, per_thread, yield_now};
use crate::sync::{AtomicUsize, FOREVER, IS_MODEL, Lazy, Ordering};

/// Threads that arrive join the queue, and attempts fail.
const DEMANDED: usize = 1;

/// A thread that competes sleeps, or is about to.
const ASLEEP: usize = 2;

/// How long others may overtake the first thread. In a model it demands the lock at its second try.
const PATIENCE: Duration = Duration::from_micros(if IS_MODEL { 0 } else { 200 });

/// How long a thread waits in the queue, first or not, before it demands the lock once it is first.
/// (With 64 threads, this limit costs 8 % of the throughput of a longer one.)
const LONG_PATIENCE: Duration = Duration::from_millis(if IS_MODEL { 3_600_000 } else { 4 });

/// A thread is stalled if it has not run this long after it was due. Others in the queue then take
/// its turn.
const STALL: Duration = Duration::from_millis(3);

/// Attempts ignore the demand of a first thread that is stalled for this long. This is longer,
/// because attempts that fail are often repeated at once. They keep the processors busy, and an
/// ordinary thread then has to wait for some time slices.
const LONG_STALL: Duration = Duration::from_millis(200);

/// The sleeps of a thread that competes, each twice as long as the one before.
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

    #[inline]
    pub(crate) fn admits(&self, is_attempt: bool) -> bool {
        // ORDERING: Relaxed; a caller that misses a demand overtakes once more.
        self.word.load(Ordering::Relaxed) & DEMANDED == 0
            || self.is_held_here()
            || (is_attempt && self.demand_has_ended())
    }

    /// Returns `true` if the first thread has been stalled for long. Otherwise the attempt fails, and
    /// lets other threads run: a caller that tries again and again would keep the first thread and
    /// the holders from a processor.
    #[cold]
    #[inline(never)]
    fn demand_has_ended(&self) -> bool {
        // An attempt does not wait for the mutex.
        let threads = self.threads.get_or_make().try_lock();
        let has_ended =
            threads.is_ok_and(|threads| threads.front().is_some_and(|first| now() > first.due + LONG_STALL));
        if !has_ended {
            yield_now();
        }
        has_ended
    }

    /// Locks the list of threads. (No foreign code runs meanwhile, so nothing is poisoned.)
    fn lock(&self) -> impl DerefMut<Target = Threads> {
        self.threads.get_or_make().lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    pub(crate) fn turn(&self) -> Turn<'_> {
        Turn { queue: self, pauses: 0, seat: None }
    }

    /// Wakes the first thread if it sleeps. This is needed after a failed attempt to read as well:
    /// such an attempt counts as a reader for a moment, and may have kept a writer from getting the
    /// lock.
    #[inline]
    fn notify(&self) {
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
        for _ in 0..NOTIFY_TRIES {
            if let Ok(mut threads) = self.threads.get_or_make().try_lock() {
                return self.wake_first(&mut threads, now());
            }
            core::hint::spin_loop();
        }
    }

    /// Moves the first thread that is not stalled to the front, and wakes it. Demands the lock on
    /// its behalf if it has waited for long, because it may be long before it gets a processor. If
    /// all are stalled, it wakes the first one.
    fn wake_first(&self, threads: &mut Threads, now: Instant) {
        if let Some(at) = threads.iter().position(|thread| !thread.is_stalled(now)) {
            let mut first = take(threads, at);
            first.append(threads);
            *threads = first;
        }
        let demand = threads.front_mut().map_or(0, |first| {
            first.due = first.due.min(now);
            first.unparker.unpark();
            first.demand(now)
        });
        // ORDERING: Relaxed; `admits` may miss a demand, and `ASLEEP` is set again by a thread that
        // sleeps. (A swap and not a store: loom does not know that a store comes after another
        // thread's read-modify-write of the value before it.)
        self.word.swap(demand, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn on_release(&self) -> OnRelease<'_> {
        GUARDS.with(|guards| guards.add(self.id()));
        OnRelease(self)
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

    /// Closures run on threads like all other code, so nothing is noted.
    #[inline]
    pub(crate) fn closure(&self) -> PhantomData<&Self> {
        PhantomData
    }
}

struct QueuedThread {
    /// How is it woken? This also says which thread it is.
    unparker: Unparker,
    /// When did it join the queue?
    since: Instant,
    /// From when on does it demand the lock if it is the first one?
    demands_from: Instant,
    /// When does its sleep end, or when was it woken, if that is earlier?
    due: Instant,
    /// Does it compete for the lock when it runs? The first thread always does.
    competes: bool,
}

impl QueuedThread {
    /// Returns `true` if the thread should have run, and gets no processor.
    fn is_stalled(&self, now: Instant) -> bool {
        now > self.due + STALL
    }

    /// Returns until when a thread that holds a guard of another channel obeys this one, which is the
    /// first: until this one has waited for 1, 2, 4, 8, ... times [`SHORTEST_OBEDIENCE`].
    fn end_of_obedience(&self, now: Instant) -> Instant {
        let mut end = self.since + SHORTEST_OBEDIENCE;
        while end <= now {
            end += end - self.since;
        }
        end
    }

    /// Returns [`DEMANDED`] if this thread, which is the first, has waited long enough and is not
    /// stalled.
    fn demand(&mut self, now: Instant) -> usize {
        // The earliest call decides. The thread has become the first one just before that.
        self.demands_from = self.demands_from.min(now + PATIENCE);
        if now >= self.demands_from && !self.is_stalled(now) { DEMANDED } else { 0 }
    }
}

/// The threads that wait, the first one at the front.
type Threads = LinkedList<QueuedThread>;

/// Takes the node of one thread out. Neither allocates nor frees.
fn take(threads: &mut Threads, at: usize) -> Threads {
    let mut node = threads.split_off(at);
    threads.append(&mut node.split_off(1));
    node
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
            if self.seat.is_some() || self.queue.admits(false) {
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
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(seat) = self.seat.take() {
            // Leaving may free memory, and a reader has the lock already. With this note, the
            // allocator may read the same channel.
            let _noted = self.queue.on_release();
            seat.leave(self.queue);
        }
    }
}

/// How a thread waits in a queue. It keeps its seats for the next time.
#[derive(Default)]
struct Seat {
    /// How does it sleep? It may have been unparked by an earlier user, so it can wake up for no
    /// reason.
    parker: Parker,
    /// Its node of the queue's list. Empty while it is in the queue, and before the first time.
    node: Threads,
    /// When does it stop letting the first thread go first? `None` without guards of other channels.
    obeys_until: Option<Instant>,
    /// How long does it sleep next?
    limit: Duration,
}

per_thread! {
    /// The seats that this thread does not use now.
    static SEATS: Pool<Seat> = const { Pool::new() };
}

impl Seat {
    fn join(queue: &Queue) -> Self {
        // An attempt to read may have kept the first thread from getting the lock.
        queue.notify();
        let mut seat = SEATS.try_with(Pool::take).unwrap_or_default();
        let (unparker, now) = (seat.parker.unparker(), now());
        let thread =
            QueuedThread { unparker, since: now, demands_from: now + LONG_PATIENCE, due: now, competes: false };
        match seat.node.front_mut() {
            Some(place) => *place = thread,
            None => seat.node.push_back(thread),
        }
        let holds_guards = GUARDS.with(|guards| guards.holds_any());
        let mut threads = queue.lock();
        let until = threads.front().map_or(now, |first| first.end_of_obedience(now));
        (seat.obeys_until, seat.limit) = (holds_guards.then_some(until), Duration::ZERO);
        threads.append(&mut seat.node);
        seat
    }

    /// Returns this thread's position in the queue.
    fn position(&self, threads: &Threads) -> usize {
        let is_own = |thread: &QueuedThread| thread.unparker.will_unpark(&self.parker);
        threads.iter().position(is_own).expect("the thread is in the queue")
    }

    /// Returns `true` if this thread may try the lock now: because it is the first one, because the
    /// first one and the competing ones before it are stalled, or because it has obeyed for long
    /// enough. Also decides how long it sleeps if it then does not get the lock.
    fn compete(&mut self, queue: &Queue) -> bool {
        let mut threads = queue.lock();
        let (now, own) = (now(), self.position(&threads));
        let mut before = threads.iter().take(own).enumerate();
        let is_behind = before.any(|(at, thread)| (at == 0 || thread.competes) && !thread.is_stalled(now));
        let competes = !is_behind || self.obeys_until.is_some_and(|until| now >= until);
        let Some(this) = threads.iter_mut().nth(own) else { return false };
        // A change of role starts the sleeps anew.
        let last = if this.competes == competes { self.limit } else { Duration::ZERO };
        self.limit = if competes {
            (2 * last).clamp(SHORTEST_SLEEP, LONGEST_SLEEP)
        } else {
            let nap = (4 * last).clamp(SHORTEST_NAP, LONGEST_NAP);
            self.obeys_until.map_or(nap, |until| nap.min(until - now))
        };
        (this.competes, this.due) = (competes, now + self.limit);
        if competes {
            let demand = threads.front_mut().map_or(0, |first| first.demand(now));
            // ORDERING: SeqCst; partner: the SeqCst in `notify`; see "every sleep has a limit"
            // above.
            queue.word.fetch_or(ASLEEP | demand, Ordering::SeqCst);
        }
        competes
    }

    /// Leaves the queue, a reader with the lock held and a writer after its release, and keeps the
    /// seat for the next time. (It is freed only if the thread's thread-locals have been destroyed,
    /// and in waits that are nested deeply.)
    fn leave(mut self, queue: &Queue) {
        let mut threads = queue.lock();
        let at = self.position(&threads);
        self.node = take(&mut threads, at);
        queue.wake_first(&mut threads, now());
        drop(threads);
        let _ = SEATS.try_with(|seats| seats.put(self));
    }
}

/// Stored next to each lock guard, and dropped right after it.
pub(crate) struct OnRelease<'a>(&'a Queue);

impl Drop for OnRelease<'_> {
    #[inline]
    fn drop(&mut self) {
        GUARDS.with(|guards| guards.remove(self.0.id()));
        self.0.notify();
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
        change(queue.lock().front_mut().unwrap());
    }

    #[test]
    fn the_first_thread_sleeps_for_milliseconds_at_most() {
        let queue = Queue::new();
        let sleeps = sleeps(&mut Seat::join(&queue), &queue);
        assert_eq!(sleeps[..3], [1, 2, 4].map(|times| times * SHORTEST_SLEEP));
        assert!(sleeps.iter().all(|sleep| *sleep <= Duration::from_millis(8)), "{sleeps:?}");
    }

    #[test]
    fn an_attempt_ignores_the_demand_of_a_thread_that_does_not_run() {
        let queue = Queue::new();
        let mut first = Seat::join(&queue);
        queue.word.fetch_or(DEMANDED, Ordering::Relaxed);
        assert!(!queue.admits(true));
        with_first(&queue, |first| first.due -= 2 * LONG_STALL);
        assert!(queue.admits(true));
        first.compete(&queue);
        first.leave(&queue);
        assert!(queue.admits(false));
    }

    #[test]
    fn a_thread_that_runs_passes_a_stalled_one() {
        let queue = Queue::new();
        let (first, mut second) = (Seat::join(&queue), Seat::join(&queue));
        with_first(&queue, |first| first.due += FOREVER);
        assert!(!second.compete(&queue));
        with_first(&queue, |first| first.due = now() - 2 * STALL);
        assert!(second.compete(&queue));
        second.leave(&queue);
        first.leave(&queue);
    }

    #[test]
    fn only_one_thread_passes_a_stalled_one() {
        let queue = Queue::new();
        let [first, mut second, mut third] = [(); 3].map(|()| Seat::join(&queue));
        with_first(&queue, |first| first.due -= 2 * STALL);
        assert!(second.compete(&queue));
        assert!(!third.compete(&queue));
        let due = |seat: &Seat| {
            let threads = queue.lock();
            threads.iter().nth(seat.position(&threads)).unwrap().due
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
        let wake = || queue.wake_first(&mut queue.lock(), now());
        with_first(&queue, |first| (first.demands_from, first.due) = (now(), first.due - 2 * STALL));
        wake();
        assert!(queue.admits(false));
        with_first(&queue, |first| first.due += FOREVER);
        wake();
        assert!(!queue.admits(false));
        first.leave(&queue);
        assert!(queue.admits(false));
    }

    #[test]
    fn a_release_wakes_the_first_thread_that_is_not_stalled() {
        let queue = Queue::new();
        let (first, second) = (Seat::join(&queue), Seat::join(&queue));
        with_first(&queue, |first| first.due -= 2 * STALL);
        queue.lock().back_mut().unwrap().due += FOREVER;
        queue.wake_first(&mut queue.lock(), now());
        assert_eq!(second.position(&queue.lock()), 0);
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
            let thread = QueuedThread {
                unparker: first.parker.unparker(),
                since,
                demands_from: since,
                due: since,
                competes: false,
            };
            let end = thread.end_of_obedience(since + waited * SHORTEST_OBEDIENCE);
            assert_eq!(end, since + until * SHORTEST_OBEDIENCE, "{waited}");
        }
        with_first(&queue, |first| first.since -= Duration::from_millis(100));
        let second = Seat::join(&queue);
        assert!(second.obeys_until > Some(now()));
        second.leave(&queue);
        first.leave(&queue);
    }

    #[test]
    fn a_thread_keeps_its_seat() {
        let queue = Queue::new();
        Seat::join(&queue).leave(&queue);
        let seat = SEATS.with(Pool::take);
        assert_eq!(seat.node.len(), 1);
        assert!(queue.lock().is_empty());
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
