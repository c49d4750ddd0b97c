//! The one future behind every wait: check, register, check again, sleep.
//!
//! # The life of a wait
//!
//! 1. *Check.* If what the task waits for is there already, the wait is over, and no lock has been taken.
//! 2. *Register.* The task's waker is put into the wait list. Then the waiting bit is set, in the same atomic that the check
//!    reads. If what the task waits for has come in between, the wait is over.
//! 3. *Sleep.* A sender that takes the waiting bit takes the waker out of the list and calls it.
//!
//! A wait that ends or is dropped after step 2 takes its waker out of the list, unless a sender has taken it already.

use core::task::{Context, Poll, Waker, ready};

use crate::channel::Channel;
use crate::channel::state::Version;
use crate::error::RecvError;
use crate::lock::deadlock::CallSite;
use crate::wake::wait_list::Ticket;
use crate::wake::{LANES, SENDERS, Waiters};

/// The registration of one wait at a time: its waker is in a list, or it has none.
pub(crate) struct Registration(Ticket);

impl Registration {
    /// Returns a registration for the waits of a receiver; there were `number` receivers before.
    fn of_receiver(number: usize) -> Self {
        // Receivers get their numbers in turn. The number of lanes is a power of two.
        Self(Ticket::new((number & (LANES - 1)) as u8))
    }

    /// Returns a registration for a wait in `closed`.
    pub(crate) fn of_sender() -> Self {
        Self(Ticket::new(SENDERS as u8))
    }

    /// Polls a wait. While it is pending, the task of the last poll is registered.
    ///
    /// `check(None)` returns what the task waits for, if it is there. `check(Some(lane))` does that and sets the waiting bit,
    /// which receivers have for each lane, in one atomic operation.
    #[inline]
    fn poll<R>(
        &mut self,
        waiters: &Waiters,
        cx: &Context<'_>,
        mut check: impl FnMut(Option<usize>) -> Option<R>,
    ) -> Poll<R> {
        // A task that has been woken usually finds here what it has been woken for.
        if let Some(found) = check(None) {
            drop(self.cancel(waiters));
            return Poll::Ready(found);
        }
        // Cloning runs foreign code, which must not run while the lock is held, nor between the two steps of a registration.
        let replaced = waiters.register(&mut self.0, cx.waker().clone());
        // Dropping wakers is the last step, because it may panic.
        let Some(found) = check(Some(self.0.lane())) else {
            drop(replaced);
            return Poll::Pending;
        };
        drop((self.cancel(waiters), replaced));
        Poll::Ready(found)
    }

    /// Ends the registration, if there is one, and returns the waker unless a sender has taken it.
    #[inline]
    #[must_use = "dropping a waker runs foreign code: do that last"]
    pub(crate) fn cancel(&mut self, waiters: &Waiters) -> Option<Waker> {
        waiters.cancel(&mut self.0)
    }
}

/// What a wait changes of its receiver. It is apart from the receiver's reference to the channel, so a future can borrow the
/// cursor to change it and the channel to share it.
pub(crate) struct Cursor {
    /// Which version has the receiver seen?
    pub(crate) seen: Version,
    /// Where is its waker while it waits?
    pub(crate) registration: Registration,
}

impl Cursor {
    /// Returns the cursor of a new receiver; there were `number` receivers before.
    pub(crate) fn new(seen: Version, number: usize) -> Self {
        Self { seen, registration: Registration::of_receiver(number) }
    }
}

impl<T> Channel<T> {
    /// Polls for a version that has not been seen, and marks it as seen, or for the close. While it is pending, the task of
    /// the last poll is registered.
    pub(crate) fn poll_unseen(&self, cursor: &mut Cursor, cx: &Context<'_>) -> Poll<Result<(), RecvError>> {
        let Cursor { seen, registration } = cursor;
        self.poll_since(seen, registration, cx)
    }

    /// Like [`poll_unseen`](Self::poll_unseen), but returns a copy of the value, and marks it as seen once it has been
    /// copied.
    pub(crate) fn poll_recv(
        &self,
        cursor: &mut Cursor,
        cx: &Context<'_>,
        caller: CallSite,
    ) -> Poll<Result<T, RecvError>>
    where
        T: Clone,
    {
        let Cursor { seen, registration } = cursor;
        ready!(self.poll_since(&mut seen.clone(), registration, cx))?;
        Poll::Ready(Ok(self.with_and_update(caller, seen, T::clone)))
    }

    /// Polls for a version other than `seen`, which is then set to it, or for the close.
    pub(crate) fn poll_since(
        &self,
        seen: &mut Version,
        registration: &mut Registration,
        cx: &Context<'_>,
    ) -> Poll<Result<(), RecvError>> {
        // If a waker panics in this poll, it marks nothing as seen.
        let mut found = *seen;
        let polled = registration.poll(&self.waiters, cx, |lane| {
            found.observe_and_update(match lane {
                None => self.state.load(),
                Some(lane) => self.state.set_waiting(lane),
            })
        });
        *seen = found;
        polled
    }

    /// Polls for the drop of the last receiver. While it is pending, the task of the last poll is registered.
    pub(crate) fn poll_no_receiver(&self, registration: &mut Registration, cx: &Context<'_>) -> Poll<()> {
        registration.poll(&self.waiters, cx, |lane| {
            let receivers = match lane {
                None => self.receivers.get(),
                Some(_) => self.receivers.set_waiting(),
            };
            (receivers == 0).then_some(())
        })
    }

    /// Polls for a receiver. While it is pending, the task of the last poll is registered.
    pub(crate) fn poll_receiver(&self, registration: &mut Registration, cx: &Context<'_>) -> Poll<()> {
        registration.poll(&self.waiters, cx, |lane| {
            let receivers = match lane {
                None => self.receivers.get(),
                Some(_) => self.receivers.set_waiting_for_first(),
            };
            (receivers > 0).then_some(())
        })
    }
}

/// A receiver's wait for the next version, or for the close. Dropping it ends its registration.
pub(crate) struct Wait<'a, T> {
    /// On which channel does it wait?
    pub(crate) channel: &'a Channel<T>,
    /// For which version, and with which waker?
    pub(crate) cursor: &'a mut Cursor,
    /// Where was it begun, in the user's source?
    pub(crate) caller: CallSite,
    /// May it be registered? Yes after a poll that was pending or has panicked, until a poll is ready.
    pub(crate) is_pending: bool,
}

impl<T> Wait<'_, T> {
    /// Polls with `poll`, which calls one of the channel's `poll_` methods.
    pub(crate) fn poll<R>(&mut self, poll: impl FnOnce(&Channel<T>, &mut Cursor) -> Poll<R>) -> Poll<R> {
        self.is_pending = true;
        let polled = poll(self.channel, self.cursor);
        self.is_pending = polled.is_pending();
        polled
    }

    /// Ends the registration, of this wait or of an earlier `poll_changed`.
    pub(crate) fn cancel(&mut self) {
        self.is_pending = false;
        drop(self.cursor.registration.cancel(&self.channel.waiters));
    }
}

impl<T> Drop for Wait<'_, T> {
    fn drop(&mut self) {
        // A future that has never been polled leaves the registration of an earlier `poll_changed` alone.
        if self.is_pending {
            self.cancel();
        }
    }
}
