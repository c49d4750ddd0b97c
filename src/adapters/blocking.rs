//! Waiting on a thread, without an executor, the feature `std`: the same waits, with a parked thread for a task.

use core::cell::Cell;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::time::Instant;

use crate::adapters::coop::unconstrained;
use crate::error::{RecvError, RecvTimeoutError};
use crate::guard::Ref;
use crate::receiver::Receiver;
use crate::sender::Sender;
use crate::sync::thread::{self, per_thread};
use crate::sync::{AtomicUsize, Ordering, Wake, WakerArc};

impl<T> Receiver<T> {
    /// Waits for a value that has not been seen, and marks it as seen: [`changed`](Self::changed) for threads.
    ///
    /// # Blocking
    ///
    /// Parks the thread until a new version is sent. In an asynchronous task use [`changed`](Self::changed), which leaves the
    /// thread to other tasks.
    ///
    /// All blocking waits need the feature `std`, and threads: they do not exist in WebAssembly. They sleep with
    /// [`park`](std::thread::park), and wake up by [`unpark`](std::thread::Thread::unpark). A thread has one token for that. So a
    /// wait may take an `unpark` that was meant for the caller's own `park`: let that check its condition in a loop, as `park`
    /// asks for anyway.
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

    /// Waits for a value that has not been seen, and marks it as seen, for at most `timeout`.
    ///
    /// If `timeout` is zero, it only checks for a value. If it is too long for an [`Instant`], it waits without a limit.
    ///
    /// # Blocking
    ///
    /// Parks the thread until a new version is sent or the time is over. After a timeout no value has been marked as seen and
    /// no waker is left registered.
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

    /// Waits for a value that has not been seen, and marks it as seen, until `deadline`. If that has passed, it only checks for
    /// a value.
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
    /// Parks the thread until a new version is sent. Copying the value waits for it [as any read](Self#blocking). In an
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

    /// Waits for a value that has not been seen, marks it as seen, and returns a copy, for at most `timeout`.
    ///
    /// If `timeout` is zero, it only checks for a value. If it is too long for an [`Instant`], it waits without a limit.
    ///
    /// # Blocking
    ///
    /// Parks the thread until a new version is sent or the time is over. Copying the value waits for it [as any
    /// read](Self#blocking), and that has no limit. After a timeout no value has been marked as seen and no waker is left
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

    /// Waits for a value that has not been seen, marks it as seen, and returns a copy, until `deadline`. If that has passed,
    /// it only checks for a value.
    ///
    /// # Blocking
    ///
    /// Parks the thread until a new version is sent or `deadline` has passed. Copying the value waits for it [as any
    /// read](Self#blocking), and that has no limit. After a timeout no value has been marked as seen and no waker is left
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
    /// Parks the thread between two values. Each call of `condition` waits for the value [as any read](Self#blocking).
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

    /// Waits for a value for which `condition` returns `true`, and returns a reference to that very value, for at most
    /// `timeout`.
    ///
    /// If `timeout` is zero, it only checks the current value. If it is too long for an [`Instant`], it waits without a limit.
    ///
    /// # Blocking
    ///
    /// Parks the thread between two values, until the time is over. Each call of `condition` waits for the value [as any
    /// read](Self#blocking), and that has no limit.
    ///
    /// # Errors
    ///
    /// Returns [`RecvTimeoutError::Closed`] once all senders have been dropped and `condition` has returned `false` for the
    /// last value, and [`RecvTimeoutError::Timeout`] if it has not returned `true` in time.
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

    /// Waits for a value for which `condition` returns `true`, and returns a reference to that very value, until `deadline`.
    /// If that has passed, it only checks the current value.
    ///
    /// # Blocking
    ///
    /// Parks the thread between two values, until `deadline` has passed. Each call of `condition` waits for the value [as any
    /// read](Self#blocking), and that has no limit.
    ///
    /// # Errors
    ///
    /// Returns [`RecvTimeoutError::Closed`] once all senders have been dropped and `condition` has returned `false` for the
    /// last value, and [`RecvTimeoutError::Timeout`] if it has not returned `true` in time.
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

    /// Waits until there is no receiver, for at most `timeout`, and returns `true` if there is none.
    ///
    /// If `timeout` is zero, it only checks for receivers. If it is too long for an [`Instant`], it waits without a limit.
    ///
    /// # Blocking
    ///
    /// Parks the thread until the last receiver is dropped or the time is over. After a timeout no waker is left registered.
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

    /// Waits until there is no receiver, until `deadline`, and returns `true` if there is none. If `deadline` has passed, it
    /// only checks for receivers.
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

/// Wakes a thread that sleeps in [`block_until`].
struct Unparker {
    thread: thread::Thread,
    /// 1 from the wake-up until the thread has noticed it. Unlike the thread's own token, only these waits use it.
    woken: AtomicUsize,
}

impl Wake for Unparker {
    fn wake(this: WakerArc<Self>) {
        // ORDERING: Relaxed; as in `block_until`.
        if this.woken.swap(1, Ordering::Relaxed) == 0 {
            this.thread.unpark();
        }
    }
}

type Parker = (WakerArc<Unparker>, Waker);

per_thread! {
    /// The thread's parker while no wait uses it. A wait in the `condition` of another one makes its own.
    static PARKER: Cell<Option<Parker>> = Cell::new(None);
}

/// Polls the future until it is ready, and parks the thread in between.
fn block<F: Future>(future: F) -> F::Output {
    block_until(None, future).expect("there is no deadline")
}

/// As [`block_until`], for the waits of receivers.
fn block_in_time<R>(
    deadline: Option<Instant>,
    future: impl Future<Output = Result<R, RecvError>>,
) -> Result<R, RecvTimeoutError> {
    Ok(block_until(deadline, future).ok_or(RecvTimeoutError::Timeout)??)
}

/// Polls the future until it is ready, or once after the deadline, and parks the thread in between.
fn block_until<F: Future>(deadline: Option<Instant>, future: F) -> Option<F::Output> {
    // A thread that sleeps runs no other tasks: in a task that has used up its budget it would sleep forever.
    let mut future = pin!(unconstrained(future));
    let parker = PARKER.try_with(Cell::take).ok().flatten().unwrap_or_else(|| {
        let unparker = WakerArc::new(Unparker { thread: thread::current(), woken: AtomicUsize::new(0) });
        (unparker.clone(), unparker.into())
    });
    let mut is_over = false;
    let output = loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&parker.1)) {
            break Some(output);
        }
        if is_over {
            break None;
        }
        // ORDERING: Relaxed; it only says that it is time for another poll. A poll that does not find there what the thread was
        // woken for takes the lock of the wait list, as the sender has that took the waker out: its second check finds it.
        while !is_over && parker.0.woken.swap(0, Ordering::Relaxed) == 0 {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            is_over = left == Some(Duration::ZERO);
            if !is_over {
                thread::park(left);
            }
        }
    };
    let _ = PARKER.try_with(|unused| unused.set(Some(parker)));
    output
}
