//! The adapter to event-listener: which lists of listeners there are, and how those in them are notified.
//!
//! event-listener calls wakers while it holds its list lock. So the waker it is given is not a task's: it is made of
//! a [`Waiter`], which only puts itself onto a stack; the notifying caller then takes the waiters off the stack, one
//! by one, and wakes their tasks with nothing held.
//!
//! `notify_none.rs` stands in for this file without the `event-listener` feature.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use event_listener::{Event, listener};

use crate::state::{SHARDS, Shards};
use crate::sync::{SetOnce, TaskArc};
use crate::waiter::{Waiter, WaiterStack};

/// How many listeners are notified under one hold of their list's lock (or in one critical section).
const BATCH: usize = 32;

/// The list of the senders that wait in `closed`; the shards of receivers come before it.
const SENDERS: usize = SHARDS;

/// What a channel wakes its waiters with: nothing until the first wait ever.
pub(crate) struct Notifier {
    wakeups: SetOnce<TaskArc<Wakeups>>,
}

/// The wake machinery of one channel.
pub(crate) struct Wakeups {
    events: [Event; SHARDS + 1],
    /// Waiters that were notified, and whose tasks nobody has woken yet.
    pub(crate) woken: WaiterStack,
    /// Waiters of senders that no longer wait, kept for the next one, so that no wait but the first allocates.
    spare: WaiterStack,
}

impl Notifier {
    pub(crate) fn new() -> Self {
        Self { wakeups: SetOnce::new() }
    }

    fn wakeups(&self) -> &TaskArc<Wakeups> {
        self.wakeups.get().unwrap_or_else(|| self.wakeups.get_or_set(TaskArc::new(Wakeups::new())))
    }

    #[cold]
    fn new_waiter(&self) -> TaskArc<Waiter> {
        TaskArc::new(Waiter::new(self.wakeups().clone()))
    }

    /// A waiter for one wait of a sender.
    pub(crate) fn lend_waiter(&self) -> Lent<'_> {
        let spare = &self.wakeups().spare;
        let waiter = spare.pop().map_or_else(|| self.new_waiter(), |(waiter, _)| waiter);
        Lent { spare, waiter }
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

impl Drop for Notifier {
    fn drop(&mut self) {
        // Each waiter holds a reference to the machinery: the spare ones would keep it alive for ever.
        if let Some(wakeups) = self.wakeups.get() {
            while wakeups.spare.pop().is_some() {}
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
        Self { events: core::array::from_fn(|_| Event::new()), woken: WaiterStack::new(), spare: WaiterStack::new() }
    }

    pub(crate) fn receivers(&self, shard: usize) -> &Event {
        &self.events[shard]
    }

    pub(crate) fn senders(&self) -> &Event {
        &self.events[SENDERS]
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
                self.woken.wake_all();
                event.notify_additional_relaxed(BATCH);
            }
        }
        self.woken.wake_all();
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

/// A receiver's own waiter: none until its first wait.
#[derive(Default)]
pub(crate) struct OwnWaiter(Option<TaskArc<Waiter>>);

impl OwnWaiter {
    pub(crate) fn get_or_make(&mut self, notifier: &Notifier) -> &TaskArc<Waiter> {
        self.0.get_or_insert_with(|| notifier.new_waiter())
    }
}

/// A waiter on loan from its channel, which it goes back to.
pub(crate) struct Lent<'a> {
    spare: &'a WaiterStack,
    waiter: TaskArc<Waiter>,
}

impl Lent<'_> {
    pub(crate) fn waiter(&self) -> &TaskArc<Waiter> {
        &self.waiter
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.spare.push(&self.waiter);
    }
}
