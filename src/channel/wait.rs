//! The one future behind every wait: check, register, check again, sleep.
//!
//! # The life of a wait
//!
//! 1. *Check.* If what the task waits for is there already, the wait is over, without a lock.
//! 2. *Register.* The task's waker is put into the wait list. Then the waiting bit is set, in the atomic that says whether
//!    what the task waits for is there. If it has come in between, the wait is over.
//! 3. *Sleep.* A sender that takes the waiting bit takes the waker out of the list and calls it.
//!
//! A wait that ends or is dropped after step 2 takes its waker back out of the list, unless a sender was faster.

use core::task::{Context, Poll, Waker};

use crate::channel::Channel;
use crate::channel::count::Count;
use crate::channel::state::{AtomicState, Observation, Seen};
use crate::channel::wait_list::{Index, NO_SLOT};
use crate::channel::waiters::{SENDERS, Waiters, lane_of_this_thread};

/// What a task can sleep for.
trait Condition {
    /// What the wait ends with.
    type Met;

    /// Returns the list to wait in, for a wait that has no place in one yet.
    fn list(&self) -> usize;

    /// Returns what the task waits for, if it is there, and marks it as seen.
    fn check(&mut self) -> Option<Self::Met>;

    /// Sets the waiting bit of the list and checks, in one atomic operation.
    fn set_waiting_and_check(&mut self, list: usize) -> Option<Self::Met>;
}

/// There is a version that the receiver has not seen, or the channel is closed.
struct Unseen<'a> {
    state: &'a AtomicState,
    seen: &'a mut Seen,
}

impl Condition for Unseen<'_> {
    type Met = Observation;

    #[inline]
    fn list(&self) -> usize {
        lane_of_this_thread()
    }

    #[inline]
    fn check(&mut self) -> Option<Observation> {
        self.seen.observe_and_update(self.state.load())
    }

    #[inline]
    fn set_waiting_and_check(&mut self, lane: usize) -> Option<Observation> {
        self.seen.observe_and_update(self.state.set_waiting(lane))
    }
}

/// The channel has no receiver.
struct NoReceiver<'a>(&'a Count);

impl Condition for NoReceiver<'_> {
    type Met = ();

    fn list(&self) -> usize {
        SENDERS
    }

    #[inline]
    fn check(&mut self) -> Option<()> {
        (self.0.get() == 0).then_some(())
    }

    fn set_waiting_and_check(&mut self, _: usize) -> Option<()> {
        (self.0.set_waiting() == 0).then_some(())
    }
}

/// Where one wait at a time leaves its waker: a slot in a wait list, from the first wait on.
#[derive(Debug)]
pub(crate) struct Place {
    slot: Index,
    list: u8,
    /// `true` if the slot may have a waker: set by a poll that is pending, cleared by the end of the wait.
    is_registered: bool,
}

impl Place {
    pub(crate) const fn new() -> Self {
        Self { slot: NO_SLOT, list: 0, is_registered: false }
    }

    /// Polls a wait. While it is pending, the task of the last poll is registered.
    #[inline]
    fn poll<C: Condition>(&mut self, mut condition: C, waiters: &Waiters, cx: &Context<'_>) -> Poll<C::Met> {
        // A task that has been woken mostly finds here what it has been woken for.
        if let Some(met) = condition.check() {
            self.cancel(waiters);
            return Poll::Ready(met);
        }
        // Cloning runs foreign code, which must neither run under the lock nor between the two steps of a registration.
        let waker = cx.waker().clone();
        if self.slot == NO_SLOT {
            self.list = condition.list() as u8;
        }
        let list = usize::from(self.list);
        let replaced = waiters.list(list).register(&mut self.slot, waker);
        self.is_registered = true;
        let met = condition.set_waiting_and_check(list);
        if met.is_some() {
            self.cancel(waiters);
        }
        // The last step, because it may panic.
        drop(replaced);
        met.map_or(Poll::Pending, Poll::Ready)
    }

    /// Ends the registration, if there is one: the waker is taken back unless a sender has taken it.
    #[inline]
    pub(crate) fn cancel(&mut self, waiters: &Waiters) {
        if self.is_registered {
            self.is_registered = false;
            drop(waiters.list(usize::from(self.list)).cancel(self.slot));
        }
    }

    /// Gives the slot back, and returns the waker that was still in it. There is no wait any more.
    #[inline]
    pub(crate) fn release(&mut self, waiters: &Waiters) -> Option<Waker> {
        if self.slot == NO_SLOT {
            return None;
        }
        self.is_registered = false;
        waiters.list(usize::from(self.list)).release(core::mem::replace(&mut self.slot, NO_SLOT))
    }
}

/// How far a receiver is: the version that it has seen, and where it waits for the next one.
#[derive(Debug)]
pub(crate) struct Cursor {
    pub(crate) seen: Seen,
    pub(crate) place: Place,
}

impl Cursor {
    pub(crate) fn new(seen: Seen) -> Self {
        Self { seen, place: Place::new() }
    }
}

impl<T> Channel<T> {
    /// Polls for a version that has not been seen, and marks it as seen, or for the close. While it is pending, the task of
    /// the last poll is registered.
    #[inline]
    pub(crate) fn poll_unseen(&self, cursor: &mut Cursor, cx: &Context<'_>) -> Poll<Observation> {
        let Cursor { seen, place } = cursor;
        place.poll(Unseen { state: &self.state, seen }, &self.waiters, cx)
    }

    /// Polls for the drop of the last receiver. While it is pending, the task of the last poll is registered.
    #[inline]
    pub(crate) fn poll_no_receiver(&self, place: &mut Place, cx: &Context<'_>) -> Poll<()> {
        place.poll(NoReceiver(&self.receivers), &self.waiters, cx)
    }
}

/// A receiver's wait for the next version, or for the close. Dropping it ends its registration.
pub(crate) struct Wait<'a, T> {
    pub(crate) channel: &'a Channel<T>,
    pub(crate) cursor: &'a mut Cursor,
    /// `true` from a poll that was pending to one that is ready.
    pub(crate) is_pending: bool,
}

impl<'a, T> Wait<'a, T> {
    #[inline]
    pub(crate) fn new(channel: &'a Channel<T>, cursor: &'a mut Cursor) -> Self {
        Self { channel, cursor, is_pending: false }
    }

    #[inline]
    pub(crate) fn poll(&mut self, cx: &Context<'_>) -> Poll<Observation> {
        self.is_pending = true;
        let observed = self.channel.poll_unseen(self.cursor, cx);
        self.is_pending = observed.is_pending();
        observed
    }

    /// Ends the registration, of this wait or of an earlier `poll_changed`.
    #[inline]
    pub(crate) fn cancel(&mut self) {
        self.is_pending = false;
        self.cursor.place.cancel(&self.channel.waiters);
    }
}

impl<T> Drop for Wait<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // A future that has never been polled leaves the registration of an earlier `poll_changed` alone.
        if self.is_pending {
            self.cancel();
        }
    }
}
