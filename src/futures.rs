//! The futures of the waits. Each has a name and is `Unpin`, so it can be kept in a struct and polled by `&mut`.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use crate::adapters::coop::poll_within_budget;
use crate::channel::Channel;
use crate::channel::state::Version;
use crate::channel::wait::{Place, Wait};
use crate::deadlock::CallSite;
use crate::error::RecvError;
use crate::guard::Ref;

/// The future of [`Receiver::changed`](crate::Receiver::changed).
///
/// Once it is ready, it can be polled again, to wait for the next version.
///
/// # Examples
///
/// It can be kept while other futures are polled:
///
/// ```
/// use futures_lite::future::{block_on, or, ready};
///
/// let (tx, mut rx) = watch_channel::channel(1);
/// let mut changed = rx.changed();
/// assert!(!block_on(or(async { (&mut changed).await.is_ok() }, ready(false))));
/// tx.send(2).unwrap();
/// assert!(block_on(changed).is_ok());
/// ```
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Changed<'a, T> {
    pub(crate) wait: Wait<'a, T>,
}

impl<T> Future for Changed<'_, T> {
    type Output = Result<(), RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let wait = &mut self.get_mut().wait;
        poll_within_budget(cx, |cx| wait.poll(cx))
    }
}

/// The future of [`Receiver::wait_for`](crate::Receiver::wait_for).
///
/// Once it is ready, it can be polled again, to call the condition with the value of that moment.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct WaitFor<'a, T, F> {
    pub(crate) wait: Wait<'a, T>,
    pub(crate) condition: F,
    pub(crate) caller: CallSite,
}

impl<'a, T, F: FnMut(&T) -> bool> Future for WaitFor<'a, T, F> {
    type Output = Result<Ref<'a, T>, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { wait, condition, caller } = self.get_mut();
        let caller = *caller;
        poll_values(wait, cx, |channel, seen| {
            let mut has_changed = false;
            let found = channel.read_if(caller, |value, version| {
                has_changed = seen.update(version);
                condition(value)
            });
            found.map(|value| Ref::new(value, has_changed))
        })
    }
}

/// The future of [`Receiver::wait_for_map`](crate::Receiver::wait_for_map).
///
/// Once it is ready, it can be polled again, to call the function with the value of that moment.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct WaitForMap<'a, T, F> {
    pub(crate) wait: Wait<'a, T>,
    pub(crate) f: F,
    pub(crate) caller: CallSite,
}

impl<T, U, F: FnMut(&T) -> Option<U>> Future for WaitForMap<'_, T, F> {
    type Output = Result<U, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { wait, f, caller } = self.get_mut();
        let caller = *caller;
        poll_values(wait, cx, |channel, seen| {
            channel.with(caller, |value, version| {
                seen.update(version);
                f(value)
            })
        })
    }
}

/// Calls `look` at first and after each change, until it returns something.
fn poll_values<'a, T, R>(
    wait: &mut Wait<'a, T>,
    cx: &mut Context<'_>,
    mut look: impl FnMut(&'a Channel<T>, &mut Version) -> Option<R>,
) -> Poll<Result<R, RecvError>> {
    poll_within_budget(cx, |cx| {
        loop {
            if !wait.is_pending {
                // Before the value's lock is taken, because it may drop a waker.
                wait.cancel();
                if let Some(found) = look(wait.channel, &mut wait.cursor.seen) {
                    return Poll::Ready(Ok(found));
                }
            }
            ready!(wait.poll(cx))?;
        }
    })
}

/// The future of [`Sender::closed`](crate::Sender::closed).
///
/// Once it is ready, it can be polled again, in case a receiver has subscribed since.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Closed<'a, T> {
    pub(crate) channel: &'a Channel<T>,
    pub(crate) place: Place,
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { channel, place } = self.get_mut();
        poll_within_budget(cx, |cx| channel.poll_no_receiver(place, cx))
    }
}

impl<T> Drop for Closed<'_, T> {
    fn drop(&mut self) {
        drop(self.place.release(&self.channel.waiters));
    }
}

// Nothing is pinned: wakers are in the channel's lists, and the closure is only called.
impl<T, F> Unpin for WaitFor<'_, T, F> {}
impl<T, F> Unpin for WaitForMap<'_, T, F> {}

/// Shows the name alone, so no bound is needed.
macro_rules! debug {
    ($name:ident<$($parameter:ident),+>) => {
        impl<$($parameter),+> fmt::Debug for $name<'_, $($parameter),+> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}
debug!(Changed<T>);
debug!(WaitFor<T, F>);
debug!(WaitForMap<T, F>);
debug!(Closed<T>);
