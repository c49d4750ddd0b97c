//! Waits for threads, without an executor (feature `std`): the futures of the async waits, polled by a thread that parks in
//! between.

use core::pin::pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::time::Instant;

use crate::adapters::coop::unconstrained;
use crate::error::{RecvError, RecvTimeoutError};
use crate::guard::Ref;
use crate::receiver::Receiver;
use crate::sender::Sender;
use crate::sync::thread::Parker;

impl<T> Receiver<T> {
    /// Waits for a value that has not been seen, and marks it as seen: [`changed`](Self::changed) for threads.
    ///
    /// # Blocking
    ///
    /// Parks the thread until a new version is sent. In an asynchronous task use [`changed`](Self::changed), which leaves the
    /// thread to other tasks.
    ///
    /// All blocking waits need the feature `std`, and do not exist on WebAssembly. They sleep with
    /// [`park`](std::thread::park) and are woken by [`unpark`](std::thread::Thread::unpark). A thread has only one token for
    /// these, so a wait may consume an `unpark` that was meant for the caller's own `park`. Call your own `park` in a loop
    /// that checks its condition, as it requires anyway.
    ///
    /// # Errors
    ///
    /// Returns [`RecvError`] once all senders have been dropped and the last value has been seen.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// let sender = std::thread::spawn(move || tx.set(2));
    /// assert_eq!(rx.changed_blocking(), Ok(()));
    /// assert_eq!(rx.get_and_update(), 2);
    /// sender.join().unwrap();
    /// assert!(rx.changed_blocking().is_err());
    /// ```
    pub fn changed_blocking(&mut self) -> Result<(), RecvError> {
        block(self.changed())
    }

    /// Waits for at most `timeout` for a value that has not been seen, and marks it as seen.
    ///
    /// If `timeout` is zero, it only checks for a value. If `timeout` is too long for an [`Instant`], it waits without a
    /// limit.
    ///
    /// # Blocking
    ///
    /// Parks the thread until a new version is sent or `timeout` has elapsed. After a timeout no value has been marked as
    /// seen and no waker is left registered.
    ///
    /// # Errors
    ///
    /// Returns [`RecvTimeoutError::Closed`] once all senders have been dropped and the last value has been seen, and
    /// [`RecvTimeoutError::Timeout`] if there was no unseen value in time.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use watch_channel::error::RecvTimeoutError;
    ///
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// let short = Duration::from_millis(10);
    /// assert_eq!(rx.changed_timeout(short), Err(RecvTimeoutError::Timeout));
    /// tx.set(2);
    /// assert_eq!(rx.changed_timeout(short), Ok(()));
    /// drop(tx);
    /// assert_eq!(rx.changed_timeout(short), Err(RecvTimeoutError::Closed));
    /// ```
    pub fn changed_timeout(&mut self, timeout: Duration) -> Result<(), RecvTimeoutError> {
        self.changed_until(Instant::now().checked_add(timeout))
    }

    /// Waits until `deadline` for a value that has not been seen, and marks it as seen.
    ///
    /// If `deadline` has passed, it only checks for a value.
    ///
    /// # Blocking
    ///
    /// Parks the thread until a new version is sent or `deadline` has passed. After a timeout no value has been marked as seen
    /// and no waker is left registered.
    ///
    /// # Errors
    ///
    /// Returns [`RecvTimeoutError::Closed`] once all senders have been dropped and the last value has been seen, and
    /// [`RecvTimeoutError::Timeout`] if there was no unseen value in time.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// tx.set(2);
    /// assert!(rx.changed_deadline(Instant::now()).is_ok());
    /// assert!(rx.changed_deadline(Instant::now()).is_err());
    /// ```
    pub fn changed_deadline(&mut self, deadline: Instant) -> Result<(), RecvTimeoutError> {
        self.changed_until(Some(deadline))
    }

    fn changed_until(&mut self, deadline: Option<Instant>) -> Result<(), RecvTimeoutError> {
        block_in_time(deadline, self.changed())
    }

    /// Waits for a value that has not been seen, marks it as seen, and returns a copy: [`recv`](Self::recv) for threads.
    ///
    /// # Blocking
    ///
    /// Parks the thread until a new version is sent. Copying the value waits [as any read](Self#blocking). In an
    /// asynchronous task use [`recv`](Self::recv), which leaves the thread to other tasks.
    ///
    /// # Errors
    ///
    /// Returns [`RecvError`] once all senders have been dropped and the last value has been seen.
    ///
    /// # Panics
    ///
    /// Panics if the value's `clone` panics; the value stays unseen, and the channel stays usable.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// let sender = std::thread::spawn(move || tx.set(2));
    /// assert_eq!(rx.recv_blocking(), Ok(2));
    /// sender.join().unwrap();
    /// assert!(rx.recv_blocking().is_err());
    /// ```
    #[track_caller]
    pub fn recv_blocking(&mut self) -> Result<T, RecvError>
    where
        T: Clone,
    {
        block(self.recv())
    }

    /// Waits for at most `timeout` for a value that has not been seen, marks it as seen, and returns a copy.
    ///
    /// If `timeout` is zero, it only checks for a value. If `timeout` is too long for an [`Instant`], it waits without a
    /// limit.
    ///
    /// # Blocking
    ///
    /// Parks the thread until a new version is sent or `timeout` has elapsed. Copying the value waits [as any
    /// read](Self#blocking), without a time limit. After a timeout no value has been marked as seen and no waker is left
    /// registered.
    ///
    /// # Errors
    ///
    /// Returns [`RecvTimeoutError::Closed`] once all senders have been dropped and the last value has been seen, and
    /// [`RecvTimeoutError::Timeout`] if there was no unseen value in time.
    ///
    /// # Panics
    ///
    /// Panics if the value's `clone` panics; the value stays unseen, and the channel stays usable.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use watch_channel::error::RecvTimeoutError;
    ///
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// let short = Duration::from_millis(10);
    /// assert_eq!(rx.recv_timeout(short), Err(RecvTimeoutError::Timeout));
    /// tx.set(2);
    /// assert_eq!(rx.recv_timeout(short), Ok(2));
    /// drop(tx);
    /// assert_eq!(rx.recv_timeout(short), Err(RecvTimeoutError::Closed));
    /// ```
    #[track_caller]
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<T, RecvTimeoutError>
    where
        T: Clone,
    {
        block_in_time(Instant::now().checked_add(timeout), self.recv())
    }

    /// Waits until `deadline` for a value that has not been seen, marks it as seen, and returns a copy.
    ///
    /// If `deadline` has passed, it only checks for a value.
    ///
    /// # Blocking
    ///
    /// Parks the thread until a new version is sent or `deadline` has passed. Copying the value waits [as any
    /// read](Self#blocking), without a time limit. After a timeout no value has been marked as seen and no waker is left
    /// registered.
    ///
    /// # Errors
    ///
    /// Returns [`RecvTimeoutError::Closed`] once all senders have been dropped and the last value has been seen, and
    /// [`RecvTimeoutError::Timeout`] if there was no unseen value in time.
    ///
    /// # Panics
    ///
    /// Panics if the value's `clone` panics; the value stays unseen, and the channel stays usable.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// tx.set(2);
    /// assert_eq!(rx.recv_deadline(Instant::now()), Ok(2));
    /// assert!(rx.recv_deadline(Instant::now()).is_err());
    /// ```
    #[track_caller]
    pub fn recv_deadline(&mut self, deadline: Instant) -> Result<T, RecvTimeoutError>
    where
        T: Clone,
    {
        block_in_time(Some(deadline), self.recv())
    }

    /// Waits for a value for which `condition` returns `true`, and returns a reference to that very value:
    /// [`wait_for`](Self::wait_for) for threads.
    ///
    /// # Blocking
    ///
    /// Parks the thread until the next value is sent. Each call of `condition` waits [as any read](Self#blocking). All
    /// senders wait while the [`Ref`] lives.
    ///
    /// # Errors
    ///
    /// Returns [`RecvError`] once all senders have been dropped and `condition` has returned `false` for the last value.
    ///
    /// # Panics
    ///
    /// Panics if `condition` panics. The value that it was called with is marked as seen, and the channel stays usable.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// std::thread::spawn(move || (2..=10).for_each(|value| tx.set(value)));
    /// assert_eq!(*rx.wait_for_blocking(|value| *value >= 10).unwrap(), 10);
    /// ```
    #[track_caller]
    pub fn wait_for_blocking(&mut self, condition: impl FnMut(&T) -> bool) -> Result<Ref<'_, T>, RecvError> {
        block(self.wait_for(condition))
    }

    /// Waits for at most `timeout` for a value for which `condition` returns `true`, and returns a reference to that very
    /// value.
    ///
    /// If `timeout` is zero, it only checks the current value. If `timeout` is too long for an [`Instant`], it waits without
    /// a limit.
    ///
    /// # Blocking
    ///
    /// Parks the thread until the next value is sent or `timeout` has elapsed. Each call of `condition` waits [as any
    /// read](Self#blocking), without a time limit. After a timeout only values for which `condition` returned `false` have
    /// been marked as seen and no waker is left registered.
    ///
    /// # Errors
    ///
    /// Returns [`RecvTimeoutError::Closed`] once all senders have been dropped and `condition` has returned `false` for the
    /// last value, and [`RecvTimeoutError::Timeout`] if `condition` has not returned `true` in time.
    ///
    /// # Panics
    ///
    /// Panics if `condition` panics. The value that it was called with is marked as seen, and the channel stays usable.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use watch_channel::error::RecvTimeoutError;
    ///
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// let short = Duration::from_millis(10);
    /// assert_eq!(rx.wait_for_timeout(|value| *value > 10, short).unwrap_err(), RecvTimeoutError::Timeout);
    /// tx.set(20);
    /// assert_eq!(*rx.wait_for_timeout(|value| *value > 10, short).unwrap(), 20);
    /// ```
    #[track_caller]
    pub fn wait_for_timeout(
        &mut self,
        condition: impl FnMut(&T) -> bool,
        timeout: Duration,
    ) -> Result<Ref<'_, T>, RecvTimeoutError> {
        block_in_time(Instant::now().checked_add(timeout), self.wait_for(condition))
    }

    /// Waits until `deadline` for a value for which `condition` returns `true`, and returns a reference to that very value.
    ///
    /// If `deadline` has passed, it only checks the current value.
    ///
    /// # Blocking
    ///
    /// Parks the thread until the next value is sent or `deadline` has passed. Each call of `condition` waits [as any
    /// read](Self#blocking), without a time limit. After a timeout only values for which `condition` returned `false` have
    /// been marked as seen and no waker is left registered.
    ///
    /// # Errors
    ///
    /// Returns [`RecvTimeoutError::Closed`] once all senders have been dropped and `condition` has returned `false` for the
    /// last value, and [`RecvTimeoutError::Timeout`] if `condition` has not returned `true` in time.
    ///
    /// # Panics
    ///
    /// Panics if `condition` panics. The value that it was called with is marked as seen, and the channel stays usable.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// let (tx, mut rx) = watch_channel::channel(20);
    /// assert_eq!(*rx.wait_for_deadline(|value| *value > 10, Instant::now()).unwrap(), 20);
    /// assert!(rx.wait_for_deadline(|value| *value > 30, Instant::now()).is_err());
    /// # drop(tx);
    /// ```
    #[track_caller]
    pub fn wait_for_deadline(
        &mut self,
        condition: impl FnMut(&T) -> bool,
        deadline: Instant,
    ) -> Result<Ref<'_, T>, RecvTimeoutError> {
        block_in_time(Some(deadline), self.wait_for(condition))
    }
}

impl<T> Sender<T> {
    /// Waits until there is no receiver: [`closed`](Self::closed) for threads.
    ///
    /// # Blocking
    ///
    /// Parks the thread until the last receiver is dropped. In an asynchronous task use [`closed`](Self::closed), which leaves
    /// the thread to other tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(());
    /// std::thread::spawn(move || drop(rx));
    /// tx.closed_blocking();
    /// assert!(tx.is_closed());
    /// ```
    pub fn closed_blocking(&self) {
        block(self.closed());
    }

    /// Waits for at most `timeout` until there is no receiver, and returns `true` if there is none.
    ///
    /// If `timeout` is zero, it only checks for receivers. If `timeout` is too long for an [`Instant`], it waits without a
    /// limit.
    ///
    /// # Blocking
    ///
    /// Parks the thread until the last receiver is dropped or `timeout` has elapsed. After a timeout no waker is left
    /// registered.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = watch_channel::channel(());
    /// assert!(!tx.closed_timeout(Duration::from_millis(10)));
    /// drop(rx);
    /// assert!(tx.closed_timeout(Duration::from_millis(10)));
    /// ```
    pub fn closed_timeout(&self, timeout: Duration) -> bool {
        block_until(Instant::now().checked_add(timeout), self.closed()).is_some()
    }

    /// Waits until there is no receiver or `deadline` has passed, and returns `true` if there is no receiver.
    ///
    /// If `deadline` has passed already, it only checks for receivers.
    ///
    /// # Blocking
    ///
    /// Parks the thread until the last receiver is dropped or `deadline` has passed. After a timeout no waker is left
    /// registered.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// let (tx, rx) = watch_channel::channel(());
    /// assert!(!tx.closed_deadline(Instant::now()));
    /// drop(rx);
    /// assert!(tx.closed_deadline(Instant::now()));
    /// ```
    pub fn closed_deadline(&self, deadline: Instant) -> bool {
        block_until(Some(deadline), self.closed()).is_some()
    }
}

/// Polls the future until it is ready, and parks the thread in between.
fn block<F: Future>(future: F) -> F::Output {
    block_until(None, future).expect("there is no deadline")
}

/// Does what [`block_until`] does, for the waits of receivers.
fn block_in_time<R>(
    deadline: Option<Instant>,
    future: impl Future<Output = Result<R, RecvError>>,
) -> Result<R, RecvTimeoutError> {
    Ok(block_until(deadline, future).ok_or(RecvTimeoutError::Timeout)??)
}

/// Polls the future until it is ready, or once after the deadline, and parks the thread in between.
fn block_until<F: Future>(deadline: Option<Instant>, future: F) -> Option<F::Output> {
    // A blocked thread runs no other tasks: if its task had used up its budget, it would sleep forever.
    let mut future = pin!(unconstrained(future));
    let parker = Parker::take();
    let waker = parker.waker();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) {
            return None;
        }
        parker.park(left);
    }
}
