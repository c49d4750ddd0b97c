//! Waiting on a thread, without an executor: the same waits, with a task that is a parked thread.

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
    /// Waits for a value that was not seen yet, and counts it as seen: [`changed`](Self::changed) for threads.
    ///
    /// # Blocking
    ///
    /// The thread sleeps. In an asynchronous task use [`changed`](Self::changed), which leaves the thread to others.
    ///
    /// # Errors
    ///
    /// [`RecvError`] once all senders are dropped and the last value was seen.
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

    /// As [`changed_blocking`](Self::changed_blocking), for at most `timeout`.
    ///
    /// If the time is zero, it only looks; if it is too long for an [`Instant`], it waits for ever.
    ///
    /// # Blocking
    ///
    /// The thread sleeps. After a timeout nothing was seen, and nothing of the wait is left behind.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError::Closed`] once all senders are dropped and the last value was seen, and
    /// [`RecvTimeoutError::Timeout`] if no unseen value came in time.
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

    /// As [`changed_blocking`](Self::changed_blocking), until `deadline` at most. If that is past, it only looks.
    ///
    /// # Blocking
    ///
    /// As [`changed_timeout`](Self::changed_timeout).
    ///
    /// # Errors
    ///
    /// As [`changed_timeout`](Self::changed_timeout).
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
        Ok(block_until(deadline, self.changed()).ok_or(RecvTimeoutError::Timeout)??)
    }

    /// Waits for a value for which `condition` returns `true`, and returns a reference to the very value that it saw:
    /// [`wait_for`](Self::wait_for) for threads.
    ///
    /// # Blocking
    ///
    /// The thread sleeps, as in [`changed_blocking`](Self::changed_blocking).
    ///
    /// # Errors
    ///
    /// [`RecvError`] once all senders are dropped, and `condition` returned `false` for the last value.
    ///
    /// # Panics
    ///
    /// If `condition` panics; the value that it looked at counts as seen, and the channel can be used as before.
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
}

impl<T> Sender<T> {
    /// Waits until there is no receiver: [`closed`](Self::closed) for threads.
    ///
    /// # Blocking
    ///
    /// The thread sleeps. In an asynchronous task use [`closed`](Self::closed), which leaves the thread to others.
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
}

/// Wakes a thread that sleeps in [`block_until`].
struct Unparker {
    thread: thread::Thread,
    /// 1 from the wake-up until the thread has noticed: unlike the thread's own token, nobody else uses it.
    woken: AtomicUsize,
}

impl Wake for Unparker {
    fn wake(this: WakerArc<Self>) {
        // ORDERING: Release; partner: the Acquire in `block_until`. What is done before the wake-up is visible after.
        if this.woken.swap(1, Ordering::Release) == 0 {
            this.thread.unpark();
        }
    }
}

type Parker = (WakerArc<Unparker>, Waker);

per_thread! {
    /// The thread's parker while no wait uses it. (One inside the `condition` of another makes its own.)
    static PARKER: Cell<Option<Parker>> = Cell::new(None);
}

/// Polls the future until it is ready, and lets the thread sleep in between.
fn block<F: Future>(future: F) -> F::Output {
    block_until(None, future).expect("there is no deadline")
}

/// Polls the future until it is ready, or once after the deadline, and lets the thread sleep in between.
fn block_until<F: Future>(deadline: Option<Instant>, future: F) -> Option<F::Output> {
    // A thread that sleeps has no other tasks to run: inside a task that has used up its budget it would sleep for ever.
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
        // ORDERING: Acquire; partner: the Release in `wake`.
        while !is_over && parker.0.woken.swap(0, Ordering::Acquire) == 0 {
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
