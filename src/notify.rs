//! The adapter to event-listener: which lists of listeners there are, and how those in them are notified.
//!
//! event-listener calls wakers while it holds its list lock. So the waker it is given is not a task's but a waiter's,
//! which only puts itself onto a stack; the notifying caller then takes the waiters off the stack, one
//! by one, and wakes their tasks with nothing held.
//!
//! `notify_none.rs` stands in for this file without the `event-listener` feature.

use core::fmt;
use core::future::Future;
use core::num::NonZero;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use event_listener::{Event, EventListener, listener};

use alloc::boxed::Box;

use crate::pool::Pool;
use crate::state::{SHARDS, Shards};
use crate::sync::SetOnce;
use crate::waiter::{Registration, Slot};

/// How many listeners are notified under one hold of their list's lock (or in one critical section).
const BATCH: usize = 16;

/// The list of the senders that wait in `closed`; the shards of receivers come before it.
const SENDERS: usize = SHARDS;

/// What a channel wakes its waiters with: nothing until the first wait ever.
pub(crate) struct Notifier {
    wakeups: SetOnce<Box<Wakeups>>,
}

/// The wake machinery of one channel.
struct Wakeups {
    events: [Event; SHARDS + 1],
    pool: Pool,
}

impl Notifier {
    pub(crate) fn new() -> Self {
        Self { wakeups: SetOnce::new() }
    }

    #[inline]
    fn wakeups(&self) -> &Wakeups {
        match self.wakeups.get() {
            Some(wakeups) => wakeups,
            None => self.make_wakeups(),
        }
    }

    #[cold]
    fn make_wakeups(&self) -> &Wakeups {
        self.wakeups.get_or_set(Box::new(Wakeups::new()))
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
        // The waiting bit was set by somebody who had made the machinery, and was seen with Acquire: it is there.
        if let Some(wakeups) = self.wakeups.get() {
            Delivery { wakeups, lists }.run();
        }
    }
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifier").finish_non_exhaustive()
    }
}

impl Wakeups {
    fn new() -> Self {
        Self { events: core::array::from_fn(|_| Event::new()), pool: Pool::new() }
    }

    /// Notifies those who listen to `event` now, and wakes their tasks, a batch after the other.
    fn deliver(&self, event: &Event) {
        // Relaxed: what a listener must see, it sees through the state word.
        if event.notify_additional_relaxed(BATCH) == BATCH {
            // Woken tasks may be back in the list before its end is reached. A listener of our own marks where it
            // was: lists are in order, so once it is notified, all before it are.
            listener!(event => end);
            let mut cx = Context::from_waker(Waker::noop());
            while Pin::new(&mut end).poll(&mut cx) == Poll::Pending {
                self.pool.wake_all();
                event.notify_additional_relaxed(BATCH);
            }
        }
        self.pool.wake_all();
    }
}

/// The lists still to be notified; if a waker panics, the rest is notified while the panic goes on.
struct Delivery<'a> {
    wakeups: &'a Wakeups,
    lists: usize,
}

impl Delivery<'_> {
    fn run(&mut self) {
        while self.lists != 0 {
            let list = self.lists.trailing_zeros() as usize;
            self.wakeups.deliver(&self.wakeups.events[list]);
            self.lists &= self.lists - 1;
        }
    }
}

impl Drop for Delivery<'_> {
    fn drop(&mut self) {
        self.run();
    }
}

/// A receiver's own waiter, claimed at its first wait.
pub(crate) struct OwnWaiter {
    number: Option<NonZero<usize>>,
    /// What the last poll of `poll_changed` left in a list. The box is made once and then kept.
    polled: Option<Box<Option<Registration<EventListener>>>>,
}

impl OwnWaiter {
    #[inline]
    pub(crate) fn new() -> Self {
        Self { number: None, polled: None }
    }

    /// The waiter, and the list in which the receivers of `shard` wait. A registration that was kept is cancelled.
    pub(crate) fn get_or_claim<'a>(&mut self, notifier: &'a Notifier, shard: usize) -> (&'a Slot, &'a Event) {
        if self.polled.is_some() {
            self.unregister(notifier);
        }
        let wakeups = notifier.wakeups();
        let number = *self.number.get_or_insert_with(|| NonZero::<usize>::MIN.saturating_add(wakeups.pool.claim()));
        (wakeups.pool.slot(number.get() - 1), &wakeups.events[shard])
    }

    /// Puts a listener into the list of `shard`, to be kept. `false` if one is kept already: it may be in the list of
    /// an older version, but then it is notified, or about to be.
    pub(crate) fn register(&mut self, notifier: &Notifier, shard: usize) -> bool {
        if self.polled.as_ref().is_some_and(|kept| kept.is_some()) {
            return false;
        }
        let (_, event) = self.get_or_claim(notifier, shard);
        **self.polled.get_or_insert_default() = Some(Registration::new(event.listen()));
        true
    }

    /// Polls the registration that is kept; ready if it was used up.
    pub(crate) fn poll_registration(&mut self, notifier: &Notifier, cx: &mut Context<'_>) -> Poll<()> {
        let (Some(number), Some(kept)) = (self.number, &mut self.polled) else { return Poll::Ready(()) };
        let Some(registration) = &mut **kept else { return Poll::Ready(()) };
        let slot = notifier.wakeups().pool.slot(number.get() - 1);
        registration.poll(slot, cx, || None::<()>).map(|_| **kept = None)
    }

    /// Cancels the registration that is kept, if there is one.
    #[inline]
    pub(crate) fn unregister(&mut self, notifier: &Notifier) {
        let (Some(number), Some(kept)) = (self.number, &mut self.polled) else { return };
        if let Some(mut registration) = kept.take() {
            registration.cancel(notifier.wakeups().pool.slot(number.get() - 1));
        }
    }

    /// Gives the waiter back. To be called when its receiver is dropped.
    #[inline]
    pub(crate) fn release(&mut self, notifier: &Notifier) {
        self.unregister(notifier);
        if let Some(number) = self.number.take() {
            notifier.wakeups().pool.release(number.get() - 1);
        }
    }
}

/// A waiter for one wait of a sender, which goes back when this is dropped.
pub(crate) struct SenderWaiter<'a> {
    wakeups: &'a Wakeups,
    number: usize,
}

impl<'a> SenderWaiter<'a> {
    pub(crate) fn claim(notifier: &'a Notifier) -> Self {
        let wakeups = notifier.wakeups();
        Self { wakeups, number: wakeups.pool.claim() }
    }

    /// The waiter, and the list in which senders wait.
    pub(crate) fn get(&self) -> (&'a Slot, &'a Event) {
        (self.wakeups.pool.slot(self.number), &self.wakeups.events[SENDERS])
    }
}

impl Drop for SenderWaiter<'_> {
    fn drop(&mut self) {
        self.wakeups.pool.release(self.number);
    }
}
