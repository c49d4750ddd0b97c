//! [`WatchStream`], and [`FusedFuture`] for all futures (feature `stream`).

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::{FusedFuture, FusedStream, Stream};

use crate::coop::poll_within_budget;
use crate::lock::deadlock::caller;
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
    /// What does the next poll return?
    next: Next,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// The current value, seen or not.
    Current,
    /// The next value that has not been seen.
    Change,
    /// The stream has ended.
    Nothing,
}

impl<T> WatchStream<T> {
    /// Creates a stream that starts with the current value, seen or not.
    ///
    /// # Examples
    ///
    /// ```
    /// # use futures_lite::{StreamExt, future::block_on};
    /// let (_tx, rx) = watch_channel::channel(1);
    /// let mut stream = watch_channel::WatchStream::new(rx);
    /// assert_eq!(block_on(stream.next()), Some(1));
    /// ```
    pub fn new(receiver: Receiver<T>) -> Self {
        Self { receiver, next: Next::Current }
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
        Self { receiver, next: Next::Change }
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
        let Self { receiver, next } = self.get_mut();
        match next {
            Next::Current => {
                let current = receiver.get_and_update();
                *next = Next::Change;
                Poll::Ready(Some(current))
            }
            Next::Change => {
                let Receiver { channel, cursor } = receiver;
                let received = ready!(poll_within_budget(cx, |cx| channel.poll_recv(cursor, cx, caller())));
                if received.is_err() {
                    *next = Next::Nothing;
                }
                Poll::Ready(received.ok())
            }
            Next::Nothing => Poll::Ready(None),
        }
    }
}

impl<T: Clone> FusedStream for WatchStream<T> {
    fn is_terminated(&self) -> bool {
        self.next == Next::Nothing
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
        Self { receiver: self.receiver.clone(), next: self.next }
    }
}

impl<T> fmt::Debug for WatchStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchStream").field("next", &self.next).finish_non_exhaustive()
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
