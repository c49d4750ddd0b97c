//! The futures of the waits. Each has a name and is `Unpin`, so it can be kept in a struct and
//! polled by `&mut`.

use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::channel::state::Version;
use crate::channel::wait::{PollReceiver, SenderWait, Wait};
use crate::error::RecvError;
use crate::guard::Ref;
use crate::lock::ReadGuard;

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
        wait.poll(cx, Some(wait.cursor.seen), |wait, newer| {
            wait.cursor.seen = newer;
            Ok(())
        })
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
        let wait = &mut self.get_mut().wait;
        wait.poll(cx, Some(wait.cursor.seen), |wait, _| {
            Ok(wait.channel.with(wait.caller, |value, version| wait.cursor.see(version, || value.clone())))
        })
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
    /// Which version was `condition` called with last? Unlike the version that the receiver has
    /// seen, it is dropped with the wait.
    pub(crate) checked: Version,
}

impl<T: Clone, F: FnMut(&T) -> bool> Future for RecvIf<'_, T, F> {
    type Output = Result<T, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { wait, condition, checked } = self.get_mut();
        wait.poll(cx, Some(*checked), |wait, _| {
            wait.channel.with(wait.caller, |value, version| {
                *checked = version;
                if condition(value) { Ok(wait.cursor.see(version, || value.clone())) } else { Err(version) }
            })
        })
    }
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
        wait.poll_values(cx, |value, version, before| {
            condition(&value.value).then(|| Ref::new(value.into_ref(), version, before != version))
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
        wait.poll_values(cx, |value, _, _| condition(&value.value).then_some(()))
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
        wait.poll_values(cx, |value, _, _| f(&value.value))
    }
}

impl<'a, T> Wait<'a, T> {
    /// Marks each value as seen and calls `f` with it, its version, and the version seen before,
    /// until `f` returns `Some`. Begins with the current value, seen or not.
    fn poll_values<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut f: impl FnMut(ReadGuard<'a, T>, Version, Version) -> Option<R>,
    ) -> PollReceiver<R> {
        let mut has_waited = self.is_pending;
        self.poll(cx, has_waited.then_some(self.cursor.seen), |wait, newer| {
            // As with tokio, a version that has ended a wait is not a change for the `Ref`.
            if mem::replace(&mut has_waited, true) {
                wait.cursor.seen = newer;
            }
            wait.channel.with_guard(wait.caller, |value, version| {
                let before = mem::replace(&mut wait.cursor.seen, version);
                f(value, version, before).ok_or(version)
            })
        })
    }
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
        self.get_mut().wait.poll(cx, |receivers| receivers == 0)
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
        self.get_mut().wait.poll(cx, |receivers| receivers > 0)
    }
}

// Nothing is pinned: the wakers are in the channel's lists, and the closures are only called.
impl<T, F> Unpin for RecvIf<'_, T, F> {}
impl<T, F> Unpin for WaitFor<'_, T, F> {}
impl<T, F> Unpin for WaitUntil<'_, T, F> {}
impl<T, F> Unpin for WaitForMap<'_, T, F> {}
