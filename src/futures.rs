//! The futures of the waits. Each has a name and is `Unpin`, so it can be kept in a struct and polled by `&mut`.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use crate::channel::Channel;
use crate::channel::state::Version;
use crate::channel::wait::{Registration, Wait};
use crate::coop::poll_within_budget;
use crate::error::RecvError;
use crate::guard::Ref;

/// The future of [`Receiver::changed`](crate::Receiver::changed).
///
/// Once it is ready, it can be polled again to wait for the next version.
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
        poll_within_budget(cx, |cx| wait.poll(|channel, cursor| channel.poll_unseen(cursor, cx)))
    }
}

/// The future of [`Receiver::recv`](crate::Receiver::recv).
///
/// Once it is ready, it can be polled again to wait for the next value.
///
/// # Examples
///
/// ```
/// use futures_lite::future::block_on;
///
/// let (tx, mut rx) = watch_channel::channel(1);
/// let mut recv = rx.recv();
/// tx.set(2);
/// assert_eq!(block_on(&mut recv), Ok(2));
/// tx.set(3);
/// assert_eq!(block_on(recv), Ok(3));
/// ```
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Recv<'a, T> {
    pub(crate) wait: Wait<'a, T>,
}

impl<T: Clone> Future for Recv<'_, T> {
    type Output = Result<T, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().wait.poll_recv(cx)
    }
}

impl<T: Clone> Wait<'_, T> {
    /// Polls for a value that has not been seen, marks it as seen, and returns a copy.
    pub(crate) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        let caller = self.caller;
        poll_within_budget(cx, |cx| self.poll(|channel, cursor| channel.poll_recv(cursor, cx, caller)))
    }
}

/// The future of [`Receiver::recv_if`](crate::Receiver::recv_if).
///
/// Once it is ready, it can be polled again to wait for the next value.
///
/// # Examples
///
/// ```
/// use futures_lite::future::block_on;
///
/// let (tx, mut rx) = watch_channel::channel(1);
/// let even = rx.recv_if(|value| value % 2 == 0);
/// tx.set(2);
/// assert_eq!(block_on(even), Ok(2));
/// ```
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct RecvIf<'a, T, F> {
    pub(crate) wait: Wait<'a, T>,
    pub(crate) condition: F,
    /// Which version was `condition` called with last? Unlike the version that the receiver has seen, it is dropped with the
    /// wait.
    pub(crate) checked: Version,
}

impl<T: Clone, F: FnMut(&T) -> bool> Future for RecvIf<'_, T, F> {
    type Output = Result<T, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { wait, condition, checked } = self.get_mut();
        let caller = wait.caller;
        poll_within_budget(cx, |cx| {
            loop {
                ready!(wait.poll(|channel, cursor| channel.poll_since(checked, &mut cursor.registration, cx)))?;
                let received = wait.channel.with(caller, |value, version| {
                    *checked = version;
                    receive_if(value, version, &mut wait.cursor.seen, &mut *condition)
                });
                if let Some(value) = received {
                    return Poll::Ready(Ok(value));
                }
            }
        })
    }
}

/// Returns a copy of the value and marks its version as seen, if `condition` returns `true`.
pub(crate) fn receive_if<T: Clone>(
    value: &T,
    version: Version,
    seen: &mut Version,
    condition: impl FnOnce(&T) -> bool,
) -> Option<T> {
    condition(value).then(|| {
        let copy = value.clone();
        seen.update(version);
        copy
    })
}

/// The future of [`Receiver::wait_for`](crate::Receiver::wait_for).
///
/// Once it is ready, it can be polled again, which calls the condition with the current value.
///
/// # Examples
///
/// ```
/// use futures_lite::future::block_on;
///
/// let (tx, mut rx) = watch_channel::channel(1);
/// let large = rx.wait_for(|value| *value > 10);
/// tx.set(20);
/// assert_eq!(*block_on(large).unwrap(), 20);
/// ```
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct WaitFor<'a, T, F> {
    pub(crate) wait: Wait<'a, T>,
    pub(crate) condition: F,
}

impl<'a, T, F: FnMut(&T) -> bool> Future for WaitFor<'a, T, F> {
    type Output = Result<Ref<'a, T>, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { wait, condition } = self.get_mut();
        let caller = wait.caller;
        poll_values(wait, cx, |channel, seen| {
            let mut has_changed = false;
            let found = channel.read_if(caller, |value, version| {
                has_changed = seen.update(version);
                condition(value)
            });
            found.map(|(value, version)| Ref::new(value, version, has_changed))
        })
    }
}

/// The future of [`Receiver::wait_until`](crate::Receiver::wait_until).
///
/// Once it is ready, it can be polled again, which calls the condition with the current value.
///
/// # Examples
///
/// ```
/// use futures_lite::future::block_on;
///
/// let (tx, mut rx) = watch_channel::channel(false);
/// let stopped = rx.wait_until(|stop| *stop);
/// tx.set(true);
/// assert_eq!(block_on(stopped), Ok(()));
/// ```
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct WaitUntil<'a, T, F> {
    pub(crate) wait: Wait<'a, T>,
    pub(crate) condition: F,
}

impl<T, F: FnMut(&T) -> bool> Future for WaitUntil<'_, T, F> {
    type Output = Result<(), RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { wait, condition } = self.get_mut();
        poll_map(wait, cx, |value| condition(value).then_some(()))
    }
}

/// The future of [`Receiver::wait_for_map`](crate::Receiver::wait_for_map).
///
/// Once it is ready, it can be polled again, which calls the function with the current value.
///
/// # Examples
///
/// ```
/// use futures_lite::future::block_on;
///
/// let (tx, mut rx) = watch_channel::channel(None);
/// let port = rx.wait_for_map(|value| *value);
/// tx.set(Some(8080));
/// assert_eq!(block_on(port), Ok(8080));
/// ```
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct WaitForMap<'a, T, F> {
    pub(crate) wait: Wait<'a, T>,
    pub(crate) f: F,
}

impl<T, U, F: FnMut(&T) -> Option<U>> Future for WaitForMap<'_, T, F> {
    type Output = Result<U, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { wait, f } = self.get_mut();
        poll_map(wait, cx, f)
    }
}

/// Marks each value as seen and calls `f` with it, until `f` returns `Some`.
fn poll_map<T, U>(
    wait: &mut Wait<'_, T>,
    cx: &mut Context<'_>,
    mut f: impl FnMut(&T) -> Option<U>,
) -> Poll<Result<U, RecvError>> {
    let caller = wait.caller;
    poll_values(wait, cx, |channel, seen| {
        channel.with(caller, |value, version| {
            seen.update(version);
            f(value)
        })
    })
}

/// Calls `look` at the first poll and after each change, until it returns `Some`.
fn poll_values<'a, T, R>(
    wait: &mut Wait<'a, T>,
    cx: &mut Context<'_>,
    mut look: impl FnMut(&'a Channel<T>, &mut Version) -> Option<R>,
) -> Poll<Result<R, RecvError>> {
    poll_within_budget(cx, |cx| {
        loop {
            if !wait.is_pending {
                // Cancelled before the value's lock is taken, because this may drop a waker.
                wait.cancel();
                if let Some(found) = look(wait.channel, &mut wait.cursor.seen) {
                    return Poll::Ready(Ok(found));
                }
            }
            ready!(wait.poll(|channel, cursor| channel.poll_unseen(cursor, cx)))?;
        }
    })
}

/// The future of [`Sender::closed`](crate::Sender::closed).
///
/// Once it is ready, it can be polled again to wait for receivers that have subscribed since.
///
/// # Examples
///
/// ```
/// use futures_lite::future::block_on;
///
/// let (tx, rx) = watch_channel::channel(1);
/// let closed = tx.closed();
/// drop(rx);
/// block_on(closed);
/// assert_eq!(tx.receiver_count(), 0);
/// ```
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Closed<'a, T> {
    pub(crate) wait: SenderWait<'a, T>,
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let SenderWait { channel, registration } = &mut self.get_mut().wait;
        poll_within_budget(cx, |cx| channel.poll_no_receiver(registration, cx))
    }
}

/// The future of [`Sender::opened`](crate::Sender::opened).
///
/// Once it is ready, it can be polled again to wait until there is a receiver again.
///
/// # Examples
///
/// ```
/// use futures_lite::future::block_on;
///
/// let tx = watch_channel::Sender::new(1);
/// let opened = tx.opened();
/// let rx = tx.subscribe();
/// block_on(opened);
/// assert!(!tx.is_closed());
/// ```
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Opened<'a, T> {
    pub(crate) wait: SenderWait<'a, T>,
}

impl<T> Future for Opened<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let SenderWait { channel, registration } = &mut self.get_mut().wait;
        poll_within_budget(cx, |cx| channel.poll_receiver(registration, cx))
    }
}

/// A sender's wait. Dropping it ends its registration.
pub(crate) struct SenderWait<'a, T> {
    /// On which channel does it wait?
    channel: &'a Channel<T>,
    /// Where is its waker?
    registration: Registration,
}

impl<'a, T> SenderWait<'a, T> {
    pub(crate) fn new(channel: &'a Channel<T>) -> Self {
        Self { channel, registration: Registration::of_sender() }
    }
}

impl<T> Drop for SenderWait<'_, T> {
    fn drop(&mut self) {
        drop(self.registration.cancel(&self.channel.waiters));
    }
}

// Nothing is pinned: the wakers are in the channel's lists, and the closures are only called.
impl<T, F> Unpin for RecvIf<'_, T, F> {}
impl<T, F> Unpin for WaitFor<'_, T, F> {}
impl<T, F> Unpin for WaitUntil<'_, T, F> {}
impl<T, F> Unpin for WaitForMap<'_, T, F> {}

/// Implements `Debug` with the name alone, which needs no bound on the parameters.
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
debug!(Recv<T>);
debug!(RecvIf<T, F>);
debug!(WaitFor<T, F>);
debug!(WaitUntil<T, F>);
debug!(WaitForMap<T, F>);
debug!(Closed<T>);
debug!(Opened<T>);
