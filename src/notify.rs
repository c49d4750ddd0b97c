//! The adapter to event-listener: which lists of listeners there are, and how those in them are notified.
//!
//! event-listener calls wakers while it holds its list lock. So the waker it is given is not a task's but a waiter's,
//! which only defers the wake-up; the notifying caller then wakes the tasks with nothing held.
//!
//! `notify_none.rs` stands in for this file without the `event-listener` feature.

use core::cell::Cell;
use core::fmt;
use core::task::{Context, Poll, Waker};

use event_listener::{Event, listener};

use crate::deferred::{wake_batch, wake_rest_contained};
use crate::kept;
use crate::registration::Listening;
use crate::state::{SHARDS, Shards};
use crate::sync::{BATCH, Lazy, Mutex, TaskArc, contained};
use crate::waiter::Waiter;

/// The list of the senders that wait in `closed`; the shards of receivers come before it.
const SENDERS: usize = SHARDS;

/// The lists of those who listen: a receiver's shard, or [`SENDERS`], is an index.
type Events = [Event; SHARDS + 1];

/// What a channel wakes its waiters with. Where pointers are large it takes a few words until the first wait ever.
pub(crate) struct Notifier {
    events: Lazy<Events>,
    spare: Spare,
}

impl Notifier {
    pub(crate) fn new() -> Self {
        Self { events: Lazy::new(), spare: Spare(Mutex::new(Cell::new(None))) }
    }

    /// Wakes all receivers that wait in `shards`. The caller holds no lock.
    #[inline]
    pub(crate) fn notify_receivers(&self, shards: Shards) {
        if shards.bits() != 0 {
            self.notify(shards.bits());
        }
    }

    /// Wakes all senders that wait in `closed`. The caller holds no lock.
    pub(crate) fn notify_senders(&self) {
        self.notify(1 << SENDERS);
    }

    /// Its own function, so that the fast path of a send stays small.
    #[inline(never)]
    fn notify(&self, lists: usize) {
        // The waiting bit was set by somebody who had made the lists, and was seen with Acquire: they are there.
        if let Some(events) = self.events.get() {
            Delivery { events, lists }.run(deliver_batch);
        }
    }
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifier").finish_non_exhaustive()
    }
}

/// Notifies those who listen to `event` now, and wakes their tasks, a batch after the other by `next_batch`.
fn deliver(event: &Event, next_batch: impl Fn(&Event) -> usize) {
    if next_batch(event) == BATCH {
        // Woken tasks may be back in the list before its end is reached. A listener of our own marks where it
        // was: lists are in order, so once it is notified, all before it are.
        listener!(event => end);
        let mut end = Listening::new(end);
        while end.poll(Waker::noop()).is_pending() {
            next_batch(event);
        }
    }
}

/// Notifies a batch, or as many as there are, and wakes their tasks. Returns how many.
fn deliver_batch(event: &Event) -> usize {
    // Relaxed: what a listener must see, it sees through the state word.
    wake_batch(|| event.notify_additional_relaxed(BATCH))
}

/// As [`deliver_batch`]; a waker that panics leaves the others to the next call, and there may be more of them.
fn deliver_batch_contained(event: &Event) -> usize {
    let mut notified = BATCH;
    contained(|| notified = deliver_batch(event));
    notified
}

/// The lists still to be notified. If a waker panics, the rest is notified while the panic goes on; another panic is
/// contained, because it would abort the program.
struct Delivery<'a> {
    events: &'a Events,
    lists: usize,
}

impl Delivery<'_> {
    #[inline]
    fn run(&mut self, next_batch: impl Fn(&Event) -> usize) {
        while self.lists != 0 {
            // `get` and not an index, so that no text of a panic is linked.
            if let Some(event) = self.events.get(self.lists.trailing_zeros() as usize) {
                deliver(event, &next_batch);
            }
            self.lists &= self.lists - 1;
        }
    }
}

impl Drop for Delivery<'_> {
    fn drop(&mut self) {
        if self.lists != 0 {
            self.run(deliver_batch_contained);
            wake_rest_contained();
        }
    }
}

/// Waiters of senders, which have none of their own: to be used again by the next wait.
struct Spare(Mutex<Cell<Option<TaskArc<Waiter>>>>);

impl Spare {
    fn take(&self) -> Option<TaskArc<Waiter>> {
        self.0.with(|top| {
            let spare = top.take()?;
            top.set(spare.replace_next(None));
            Some(spare)
        })
    }

    fn put(&self, waiter: TaskArc<Waiter>) {
        self.0.with(|top| {
            waiter.replace_next(top.take());
            top.set(Some(waiter));
        });
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        // One after the other: a long chain that drops itself would need a long stack.
        while let Some(waiter) = self.take() {
            waiter.retire();
        }
    }
}

/// A receiver's own waiter, made at its first wait.
pub(crate) struct OwnWaiter(Option<TaskArc<Waiter>>);

impl OwnWaiter {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// The waiter, and the list in which the receivers of `shard` wait. A registration that was kept is cancelled.
    #[inline]
    pub(crate) fn place<'a>(&'a mut self, notifier: &'a Notifier, shard: usize) -> (&'a TaskArc<Waiter>, &'a Event) {
        self.unregister();
        (self.0.get_or_insert_with(Waiter::new), &notifier.events.get_or_make()[shard])
    }

    /// Puts a listener into the list of `shard`, to be kept. `false` if one is kept already.
    pub(crate) fn register(&mut self, notifier: &Notifier, shard: usize) -> bool {
        kept::register(self.0.get_or_insert_with(Waiter::new), &notifier.events.get_or_make()[shard])
    }

    /// Polls the registration that is kept; ready if there is none, or if it was used up.
    pub(crate) fn poll_registration(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_ref().map_or(Poll::Ready(()), |waiter| kept::poll(waiter, cx.waker()))
    }

    /// Cancels the registration that is kept, if there is one.
    #[inline]
    pub(crate) fn unregister(&mut self) {
        if let Some(waiter) = &self.0 {
            kept::cancel(waiter);
        }
    }
}

impl Drop for OwnWaiter {
    #[inline]
    fn drop(&mut self) {
        if let Some(waiter) = &self.0 {
            // In this order, as a task's waker may panic when it is dropped.
            waiter.retire();
            kept::cancel(waiter);
        }
    }
}

/// A waiter for one wait of a sender, which goes back when this is dropped.
pub(crate) struct SenderWaiter<'a> {
    waiter: Option<TaskArc<Waiter>>,
    notifier: &'a Notifier,
}

impl<'a> SenderWaiter<'a> {
    pub(crate) fn new(notifier: &'a Notifier) -> Self {
        Self { waiter: notifier.spare.take(), notifier }
    }

    /// The waiter, and the list in which senders wait.
    pub(crate) fn place(&mut self) -> (&TaskArc<Waiter>, &Event) {
        (self.waiter.get_or_insert_with(Waiter::new), &self.notifier.events.get_or_make()[SENDERS])
    }
}

impl Drop for SenderWaiter<'_> {
    fn drop(&mut self) {
        if let Some(waiter) = self.waiter.take() {
            self.notifier.spare.put(waiter);
        }
    }
}
