//! Waits on threads, without an executor (feature `std`): the three methods of every future. The
//! thread polls the future, and sleeps in between.

use core::pin::pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::time::Instant;

use crate::channel::wait::Wait;
use crate::coop::unconstrained;
use crate::error::{RecvError, RecvTimeoutError};
use crate::lock::deadlock::Use;
use crate::sync::pool::Pool;
use crate::sync::thread::{Parker, park, per_thread};

/// The three methods of the futures of a receiver: `FUTURE [BOUNDS] => RESULT;`.
macro_rules! waits_for_a_value {
    ($($future:ident<$($parameter:tt),+> [$($bound:tt)*] => $result:ty;)+) => { $(
        impl<$($bound)*> crate::$future<$($parameter),+> {
            /// Blocks the current thread until the wait is over, and returns its result: `.await`
            /// for threads.
            ///
            /// It marks as seen what the future would mark.
            ///
            /// # Blocking
            ///
            /// The thread [sleeps](crate#waiting-on-a-thread). In an asynchronous task use
            /// `.await`, which leaves the thread to other tasks.
            ///
            /// # Errors
            ///
            /// Returns [`RecvError`] when the future would: once the channel is closed and no value
            /// is left to return.
            ///
            /// # Examples
            ///
            /// ```
            /// let (tx, mut rx) = watch_channel::channel(1);
            /// let sender = std::thread::spawn(move || tx.set(2));
            /// assert_eq!(rx.recv().wait(), Ok(2));
            /// sender.join().unwrap();
            /// assert!(rx.recv().wait().is_err());
            /// ```
            pub fn wait(self) -> Result<$result, RecvError> {
                block(self, |future| check(&future.wait))
            }

            /// Blocks the current thread until the wait is over or `timeout` has elapsed.
            ///
            /// If `timeout` is zero, it checks once and does not wait. If `timeout` is too long for
            /// an [`Instant`], it waits without a limit. A timeout has the same effect as [dropping
            /// the future](crate#cancel-safety).
            ///
            /// # Blocking
            ///
            /// The thread [sleeps](crate#waiting-on-a-thread). A read of the value has no time
            /// limit.
            ///
            /// # Errors
            ///
            /// Returns [`RecvTimeoutError::Timeout`] if the wait is not over in time, and
            /// [`RecvTimeoutError::Closed`] where the future returns [`RecvError`].
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Duration;
            /// use watch_channel::error::RecvTimeoutError;
            ///
            /// let (tx, mut rx) = watch_channel::channel(1);
            /// let short = Duration::from_millis(10);
            /// assert_eq!(rx.recv().wait_timeout(short), Err(RecvTimeoutError::Timeout));
            /// tx.set(2);
            /// assert_eq!(rx.recv().wait_timeout(short), Ok(2));
            /// drop(tx);
            /// assert_eq!(rx.recv().wait_timeout(short), Err(RecvTimeoutError::Closed));
            /// ```
            pub fn wait_timeout(self, timeout: Duration) -> Result<$result, RecvTimeoutError> {
                let over = poll_until(self, Instant::now().checked_add(timeout), |future| check(&future.wait));
                Ok(over.ok_or(RecvTimeoutError::Timeout)??)
            }

            /// Blocks the current thread until the wait is over or `deadline` has passed.
            ///
            /// If `deadline` has passed already, it checks once and does not wait. A timeout has
            /// the same effect as [dropping the future](crate#cancel-safety).
            ///
            /// # Blocking
            ///
            /// The thread [sleeps](crate#waiting-on-a-thread). A read of the value has no time
            /// limit.
            ///
            /// # Errors
            ///
            /// Returns [`RecvTimeoutError::Timeout`] if the wait is not over in time, and
            /// [`RecvTimeoutError::Closed`] where the future returns [`RecvError`].
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Instant;
            ///
            /// let (tx, mut rx) = watch_channel::channel(1);
            /// tx.set(2);
            /// assert_eq!(rx.recv().wait_deadline(Instant::now()), Ok(2));
            /// assert!(rx.recv().wait_deadline(Instant::now()).is_err());
            /// ```
            pub fn wait_deadline(self, deadline: Instant) -> Result<$result, RecvTimeoutError> {
                let over = poll_until(self, Some(deadline), |future| check(&future.wait));
                Ok(over.ok_or(RecvTimeoutError::Timeout)??)
            }
        }
    )+ };
}

/// The three methods of the futures of a sender: `FUTURE [BOUNDS];`.
macro_rules! waits_for_receivers {
    ($($future:ident<$($parameter:tt),+> [$($bound:tt)*];)+) => { $(
        impl<$($bound)*> crate::$future<$($parameter),+> {
            /// Blocks the current thread until the wait is over: `.await` for threads.
            ///
            /// # Blocking
            ///
            /// The thread [sleeps](crate#waiting-on-a-thread). In an asynchronous task use
            /// `.await`, which leaves the thread to other tasks.
            ///
            /// # Examples
            ///
            /// ```
            /// let (tx, rx) = watch_channel::channel(());
            /// std::thread::spawn(move || drop(rx));
            /// tx.closed().wait();
            /// assert!(tx.is_closed());
            /// ```
            pub fn wait(self) {
                block(self, |_| ());
            }

            /// Blocks the current thread until the wait is over or `timeout` has elapsed, and
            /// returns `true` if the wait is over.
            ///
            /// If `timeout` is zero, it checks once and does not wait. If `timeout` is too long for
            /// an [`Instant`], it waits without a limit.
            ///
            /// # Blocking
            ///
            /// The thread [sleeps](crate#waiting-on-a-thread).
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Duration;
            ///
            /// let (tx, rx) = watch_channel::channel(());
            /// assert!(!tx.closed().wait_timeout(Duration::from_millis(10)));
            /// drop(rx);
            /// assert!(tx.closed().wait_timeout(Duration::from_millis(10)));
            /// ```
            pub fn wait_timeout(self, timeout: Duration) -> bool {
                poll_until(self, Instant::now().checked_add(timeout), |_| ()).is_some()
            }

            /// Blocks the current thread until the wait is over or `deadline` has passed, and
            /// returns `true` if the wait is over.
            ///
            /// If `deadline` has passed already, it checks once and does not wait.
            ///
            /// # Blocking
            ///
            /// The thread [sleeps](crate#waiting-on-a-thread).
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Instant;
            ///
            /// let (tx, rx) = watch_channel::channel(());
            /// assert!(!tx.closed().wait_deadline(Instant::now()));
            /// drop(rx);
            /// assert!(tx.closed().wait_deadline(Instant::now()));
            /// ```
            pub fn wait_deadline(self, deadline: Instant) -> bool {
                poll_until(self, Some(deadline), |_| ()).is_some()
            }
        }
    )+ };
}

every_wait!(waits_for_a_value, waits_for_receivers);

/// Checks, before a thread sleeps in a receiver's wait, that it does not keep senders waiting.
fn check<T>(wait: &Wait<'_, T>) {
    wait.channel.value.detector.check(wait.caller, Use::Wait);
}

per_thread! {
    /// The parkers that this thread does not use now. A wait inside another one takes a second
    /// parker, so it consumes no wake-up of the outer one.
    static PARKERS: Pool<Parker> = const { Pool::new() };
}

fn block<F: Future + Unpin>(future: F, on_sleep: impl Fn(&F)) -> F::Output {
    poll_until(future, None, on_sleep).expect("there is no deadline")
}

/// Polls the future until it is ready, and once more after the deadline. The thread sleeps in
/// between.
fn poll_until<F: Future + Unpin>(mut future: F, deadline: Option<Instant>, on_sleep: impl Fn(&F)) -> Option<F::Output> {
    // A thread whose thread-locals have been destroyed makes a parker each time.
    let parker = PARKERS.try_with(Pool::take).unwrap_or_default();
    let waker = parker.unparker().into();
    let output = loop {
        // A blocked thread runs no other tasks: if its task had used up its budget, it would sleep
        // forever.
        let polled = pin!(unconstrained(&mut future)).poll(&mut Context::from_waker(&waker));
        if let Poll::Ready(output) = polled {
            break Some(output);
        }
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) {
            break None;
        }
        on_sleep(&future);
        park(&parker, left);
    };
    let _ = PARKERS.try_with(|parkers| parkers.put(parker));
    output
}
