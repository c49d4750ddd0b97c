//! The one future behind every wait: check, register, check again, sleep.
//!
//! # The life of a wait
//!
//! 1. *Check.* If what the task waits for is there already, the wait is over, and no lock has been
//!    taken.
//! 2. *Register.* The task's waker is put into the wait list. Then the waiting bit is set, in the
//!    same atomic that the check reads. If what the task waits for has come in between, the wait is
//!    over.
//! 3. *Sleep.* A sender that takes the waiting bit takes the waker out of the list and calls it.
//!
//! A wait that ends or is dropped after step 2 takes its waker out of the list, unless a sender has
//! taken it already.

use core::task::{Context, Poll, ready};

use crate::channel::Channel;
use crate::channel::state::Version;
use crate::coop::poll_within_budget;
use crate::error::RecvError;
use crate::lock::deadlock::CallSite;
use crate::wake::wait_list::Ticket;
use crate::wake::{LANES, SENDERS, Waiters};

/// What the poll of a receiver's wait returns. The error says that the channel is closed.
pub(crate) type PollReceiver<R> = Poll<Result<R, RecvError>>;

/// Polls a wait. While it is pending, the task of the last poll is registered under `ticket`.
///
/// `check(None)` returns what the task waits for, if it is there. `check(Some(lane))` does that and
/// sets the waiting bit, which receivers have for each lane, in one atomic operation.
#[inline]
fn poll<R>(
    waiters: &Waiters,
    ticket: &mut Ticket,
    cx: &Context<'_>,
    check: impl Fn(Option<usize>) -> Option<R>,
) -> Poll<R> {
    // A task that has been woken usually finds here what it has been woken for.
    if let Some(found) = check(None) {
        drop(waiters.cancel(ticket));
        return Poll::Ready(found);
    }
    // Cloning runs foreign code, which must not run while the lock is held, nor between the two
    // steps of a registration.
    let replaced = waiters.register(ticket, cx.waker().clone());
    // Dropping wakers is the last step, because it may panic.
    let Some(found) = check(Some(ticket.lane.into())) else {
        drop(replaced);
        return Poll::Pending;
    };
    drop((waiters.cancel(ticket), replaced));
    Poll::Ready(found)
}

/// What a wait changes of its receiver. It is a struct of its own, so a future can change it while
/// it shares the channel.
pub(crate) struct Cursor {
    /// Which version has the receiver seen?
    pub(crate) seen: Version,
    /// Where is its waker while it waits?
    pub(crate) ticket: Ticket,
}

impl Cursor {
    /// Returns the cursor of a new receiver; there were `number` receivers before.
    pub(crate) fn new(seen: Version, number: usize) -> Self {
        // Receivers get their numbers in turn. The number of lanes is a power of two.
        Self { seen, ticket: Ticket::new((number & (LANES - 1)) as u8) }
    }

    /// Calls `f`, which looks at the value, and then marks its version as seen. If `f` panics, the
    /// version stays as it was.
    pub(crate) fn see<R>(&mut self, version: Version, f: impl FnOnce() -> R) -> R {
        let result = f();
        self.seen = version;
        result
    }
}

/// A receiver's wait for a new version, or for the close. Dropping it ends its registration.
pub(crate) struct Wait<'a, T> {
    /// On which channel does it wait?
    pub(crate) channel: &'a Channel<T>,
    /// For which version, and with which waker?
    pub(crate) cursor: &'a mut Cursor,
    /// Where was it begun, in the user's source?
    pub(crate) caller: CallSite,
    /// May it be registered? Yes after a poll that was pending or has panicked, until a poll is
    /// ready.
    pub(crate) is_pending: bool,
}

impl<T> Wait<'_, T> {
    /// Waits for a version other than `known`, or for nothing if that is `None`, and calls `look`
    /// with the version that is there then. To go on, `look` returns the version that it has found
    /// behind the value's lock.
    ///
    /// While `look` runs, the task is not registered and no lock is held.
    #[inline]
    pub(crate) fn poll<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut known: Option<Version>,
        mut look: impl FnMut(&mut Self, Version) -> Result<R, Version>,
    ) -> PollReceiver<R> {
        poll_within_budget(cx, |cx| {
            loop {
                self.is_pending = known.is_some();
                let Self { channel: Channel { state, waiters, .. }, cursor, .. } = self;
                // If a waker panics in here, `seen` stays as it is.
                let now = ready!(poll(waiters, &mut cursor.ticket, cx, |lane| {
                    let now = lane.map_or_else(|| state.load(), |lane| state.set_waiting(lane));
                    known.is_none_or(|known| now.ends_wait(known)).then_some(now)
                }));
                self.is_pending = false;
                if known == Some(now.version()) {
                    return Poll::Ready(Err(RecvError(()))); // it is closed
                }
                match look(self, now.version()) {
                    Ok(found) => return Poll::Ready(Ok(found)),
                    Err(version) => known = Some(version),
                }
            }
        })
    }
}

impl<T> Drop for Wait<'_, T> {
    fn drop(&mut self) {
        // A future that has never been polled leaves the registration of an earlier `poll_changed`
        // alone.
        if self.is_pending {
            drop(self.channel.waiters.cancel(&mut self.cursor.ticket));
        }
    }
}

/// A sender's wait. Dropping it ends its registration.
pub(crate) struct SenderWait<'a, T> {
    /// On which channel does it wait?
    channel: &'a Channel<T>,
    /// Where is its waker?
    ticket: Ticket,
}

impl<'a, T> SenderWait<'a, T> {
    pub(crate) fn new(channel: &'a Channel<T>) -> Self {
        Self { channel, ticket: Ticket::new(SENDERS as u8) }
    }

    /// Polls for the last receiver's drop, or for the first receiver.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, is_over: impl Fn(usize) -> bool) -> Poll<()> {
        let Self { channel, ticket } = self;
        poll_within_budget(cx, |cx| {
            poll(&channel.waiters, ticket, cx, |lane| {
                let receivers = match lane {
                    None => channel.receivers.get(),
                    Some(_) => channel.receivers.set_awaited(),
                };
                is_over(receivers).then_some(())
            })
        })
    }
}

impl<T> Drop for SenderWait<'_, T> {
    fn drop(&mut self) {
        drop(self.channel.waiters.cancel(&mut self.ticket));
    }
}
