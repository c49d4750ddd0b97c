//! Errors. Those that are also in `tokio::sync::watch::error` have the same names, fields and
//! messages.

use core::error::Error;
use core::fmt;

/// Returned by [`Sender::send`](crate::Sender::send) when there is no receiver. It contains the
/// value that was not sent.
///
/// # Examples
///
/// ```
/// use watch_channel::error::SendError;
///
/// let (tx, rx) = watch_channel::channel(1);
/// drop(rx);
/// assert_eq!(tx.send(2), Err(SendError(2)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

impl<T> SendError<T> {
    /// Returns the value that was not sent.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// drop(rx);
    /// assert_eq!(tx.send(2).unwrap_err().into_inner(), 2);
    /// ```
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendError").finish_non_exhaustive()
    }
}

/// Returned by methods of [`Receiver`](crate::Receiver) when all senders have been dropped, so no
/// new value will come.
///
/// # Examples
///
/// ```
/// let (tx, rx) = watch_channel::channel(1);
/// drop(tx);
/// let error: watch_channel::error::RecvError = rx.has_changed().unwrap_err();
/// assert_eq!(error.to_string(), "channel closed");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecvError(pub(crate) ());

/// Returned by [`Receiver::try_recv`](crate::Receiver::try_recv) and
/// [`try_recv_if`](crate::Receiver::try_recv_if).
///
/// # Examples
///
/// ```
/// use watch_channel::error::TryRecvError;
///
/// let (tx, mut rx) = watch_channel::channel(1);
/// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
/// drop(tx);
/// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryRecvError {
    /// There is no value to return now. A later call may return one.
    Empty,
    /// There is no value to return, and all senders have been dropped.
    Closed,
}

/// Returned by `.wait_timeout()` and `.wait_deadline()` of a receiver's futures (feature `std`).
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "std")] {
/// use std::time::Instant;
/// use watch_channel::error::RecvTimeoutError;
///
/// let (_tx, mut rx) = watch_channel::channel(1);
/// assert_eq!(rx.recv().wait_deadline(Instant::now()), Err(RecvTimeoutError::Timeout));
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecvTimeoutError {
    /// The value that the call waited for did not come in time. The channel is still open.
    Timeout,
    /// All senders have been dropped, and no value is left to return.
    Closed,
}

impl From<RecvError> for RecvTimeoutError {
    fn from(_: RecvError) -> Self {
        Self::Closed
    }
}

/// Calls the macro `show` with all errors and their messages. `Display` and defmt's `Format` show
/// the same.
macro_rules! every_error {
    ($show:ident) => {
        $show! {
            SendError<T> { _ => "channel closed" }
            RecvError { _ => "channel closed" }
            TryRecvError { Self::Empty => "channel empty", Self::Closed => "channel closed" }
            RecvTimeoutError { Self::Timeout => "timed out waiting on channel", Self::Closed => "channel closed" }
        }
    };
}

macro_rules! display {
    ($($error:ident $(<$T:ident>)? { $($case:pat => $message:literal),+ })+) => { $(
        impl $(<$T>)? fmt::Display for $error $(<$T>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($case => $message),+ })
            }
        }

        impl $(<$T>)? Error for $error $(<$T>)? {}
    )+ };
}
every_error!(display);
