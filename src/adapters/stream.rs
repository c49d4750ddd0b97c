//! [`WatchStream`], and [`FusedFuture`] for all futures (feature `stream`).

use core::fmt;
use core::mem::ManuallyDrop;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::{FusedFuture, FusedStream, Stream};

use crate::receiver::Receiver;

/// The values of a channel as a [`Stream`].
///
/// It ends when the channel is closed and the last value has been seen. Like every receiver, it
/// skips values that are replaced before it is polled. A poll allocates only [as any
/// wait](crate::channel()).
///
/// # Blocking
///
/// A poll never waits for a new version. Copying the value waits [as any read](Receiver#blocking),
/// and the value is cloned while it is locked.
///
/// # Cancel safety
///
/// A value is marked as seen when the stream returns it, not before. After a poll that returned
/// [`Poll::Pending`], the task stays registered until the next poll or until the stream is dropped.
///
/// # Examples
///
/// ```
/// use futures_lite::{StreamExt, future::block_on};
/// use watch_channel::WatchStream;
///
/// let (tx, rx) = watch_channel::channel("current");
/// let mut values = WatchStream::new(rx.clone());
/// let mut changes = WatchStream::from_changes(rx);
/// assert_eq!(block_on(values.next()), Some("current"));
/// tx.set("changed");
/// drop(tx);
/// assert_eq!(block_on(values.next()), Some("changed"));
/// assert_eq!(block_on(values.next()), None);
/// assert_eq!(block_on(changes.collect::<Vec<_>>()), ["changed"]);
/// ```
pub struct WatchStream<T> {
    /// Where do the values come from?
    receiver: Receiver<T>,
    /// Has it returned `None`?
    has_ended: bool,
}

impl<T> WatchStream<T> {
    /// Creates a stream that starts with the current value, seen or not. Equivalent to
    /// [`from_changes`](Self::from_changes) after [`mark_changed`](Receiver::mark_changed).
    ///
    /// # Examples
    ///
    /// ```
    /// # use futures_lite::{StreamExt, future::block_on};
    /// let (_tx, rx) = watch_channel::channel(1);
    /// let mut stream = watch_channel::WatchStream::new(rx);
    /// assert_eq!(block_on(stream.next()), Some(1));
    /// ```
    pub fn new(mut receiver: Receiver<T>) -> Self {
        receiver.mark_changed();
        Self::from_changes(receiver)
    }

    /// Creates a stream that starts with the first value that the receiver has not seen.
    ///
    /// # Examples
    ///
    /// ```
    /// # use futures_lite::{StreamExt, future::block_on};
    /// let (tx, rx) = watch_channel::channel(1);
    /// let mut stream = watch_channel::WatchStream::from_changes(rx);
    /// tx.set(2);
    /// assert_eq!(block_on(stream.next()), Some(2));
    /// ```
    pub fn from_changes(receiver: Receiver<T>) -> Self {
        Self { receiver, has_ended: false }
    }

    /// Returns a reference to the receiver, which has seen what the stream has returned.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// let stream = watch_channel::WatchStream::from_changes(rx);
    /// tx.set(2);
    /// assert!(stream.receiver().has_unseen());
    /// ```
    pub fn receiver(&self) -> &Receiver<T> {
        &self.receiver
    }

    /// Returns the receiver, which has seen what the stream has returned.
    ///
    /// # Examples
    ///
    /// ```
    /// # use futures_lite::{StreamExt, future::block_on};
    /// let (tx, rx) = watch_channel::channel(1);
    /// let mut stream = watch_channel::WatchStream::from_changes(rx);
    /// tx.set(2);
    /// assert_eq!(block_on(stream.next()), Some(2));
    /// assert!(!stream.into_inner().has_unseen());
    /// ```
    pub fn into_inner(self) -> Receiver<T> {
        self.receiver
    }
}

impl<T: Clone> Stream for WatchStream<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let Self { receiver, has_ended } = self.get_mut();
        // Dropping it would end the registration.
        let mut recv = ManuallyDrop::new(receiver.recv());
        let received = ready!(Pin::new(&mut *recv).poll(cx));
        *has_ended = received.is_err();
        Poll::Ready(received.ok())
    }
}

impl<T: Clone> FusedStream for WatchStream<T> {
    fn is_terminated(&self) -> bool {
        self.has_ended
    }
}

impl<T> Receiver<T> {
    /// Converts this receiver into a stream that starts with the current value. Equivalent to
    /// [`WatchStream::new`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use futures_lite::{StreamExt, future::block_on};
    /// let (_tx, rx) = watch_channel::channel(1);
    /// assert_eq!(block_on(rx.into_stream().next()), Some(1));
    /// ```
    pub fn into_stream(self) -> WatchStream<T> {
        WatchStream::new(self)
    }
}

/// The clone continues from where this stream is, independently of it.
impl<T> Clone for WatchStream<T> {
    fn clone(&self) -> Self {
        Self { receiver: self.receiver.clone(), has_ended: self.has_ended }
    }
}

impl<T> fmt::Debug for WatchStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchStream").field("has_ended", &self.has_ended).finish_non_exhaustive()
    }
}

/// Equivalent to [`WatchStream::new`].
impl<T> From<Receiver<T>> for WatchStream<T> {
    fn from(receiver: Receiver<T>) -> Self {
        Self::new(receiver)
    }
}

/// Implements `FusedFuture`, so `futures::select!` takes a future where it is made.
macro_rules! fused {
    ($($future:ident<$($parameter:tt),+> [$($bound:tt)*] $(=> $result:ty)?;)+) => { $(
        /// It is never terminated: a future that was ready can be polled again, and then waits
        /// again.
        impl<$($bound)*> FusedFuture for crate::$future<$($parameter),+> {
            fn is_terminated(&self) -> bool {
                false
            }
        }
    )+ };
}
every_wait!(fused, fused);
