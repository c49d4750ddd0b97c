//! [`Receiver`].

use core::fmt;
use core::mem::{self, ManuallyDrop};
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::channel::Channel;
use crate::channel::state::Version;
use crate::channel::wait::{Cursor, Wait};
use crate::error::{RecvError, TryRecvError};
use crate::futures::{Changed, Recv, RecvIf, WaitFor, WaitForMap, WaitUntil};
use crate::guard::Ref;
use crate::lock::deadlock::caller;
use crate::sync::Arc;

/// Receives the latest value of a channel, and tracks which version it has seen.
///
/// A clone starts out having seen the same version, and tracks its own from then on.
///
/// # Blocking
///
/// A read shares the value's lock with other reads, and waits while a sender changes the value: see
/// [`Sender`'s section on blocking](crate::Sender#blocking). Each method says whether it waits.
/// With the feature `std`:
///
/// - A thread that waits sleeps. It does not starve, even if there are many senders that never
///   pause.
/// - A read on a thread that holds a [`Ref`] of the channel never waits, even if senders are
///   waiting.
/// - With debug assertions, a read in a closure that changes the value of the same channel panics,
///   and the message names both places. Without debug assertions it waits forever.
///
/// # Missed values
///
/// A receiver sees the *latest* value, not every value: if several values are sent between two
/// reads, it sees the last one. Versions wrap: a change goes unnoticed only if the number of sends
/// between two reads, plus the number of this receiver's calls of
/// [`mark_changed`](Self::mark_changed), is exactly a multiple of 2<sup>54</sup>. On 32-bit targets
/// that is 2<sup>29</sup>, which takes nine minutes at one send per microsecond, and on 16-bit
/// targets 2<sup>13</sup>.
///
/// # Examples
///
/// ```
/// let (tx, mut rx) = watch_channel::channel("starting");
/// let other = rx.clone();
/// tx.set("ready");
/// assert_eq!(rx.get_and_update(), "ready");
/// assert!(!rx.has_unseen());
/// assert!(other.has_unseen());
/// ```
pub struct Receiver<T> {
    /// From which channel does it receive?
    pub(crate) channel: Arc<Channel<T>>,
    /// What has it seen, and where does it wait?
    pub(crate) cursor: Cursor,
}

impl<T> Receiver<T> {
    /// Waits for an unseen value, and marks it as seen.
    ///
    /// It returns at once if the current value is unseen. It does not return the value: read it
    /// with [`borrow_and_update`](Self::borrow_and_update) or
    /// [`get_and_update`](Self::get_and_update). If another value is sent before that read, the
    /// read marks it as seen too, so no value is read twice.
    ///
    /// # Blocking
    ///
    /// Suspends the task until a new version is sent. Checking for one never waits for readers or
    /// senders.
    ///
    /// # Errors
    ///
    /// Returns [`RecvError`] once all senders have been dropped and the last value has been seen.
    /// From then on, every call returns it at once. In a loop over several waits, end the loop or
    /// leave this one out: see [a closed channel is always
    /// ready](crate::guide::waiting#a-closed-channel-is-always-ready).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: a wait that is dropped has marked nothing as seen.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// tx.send(2).unwrap();
    /// drop(tx);
    /// let mut values = vec![];
    /// while rx.changed().await.is_ok() {
    ///     values.push(*rx.borrow_and_update());
    /// }
    /// assert_eq!(values, [2]);
    /// # });
    /// ```
    #[doc(alias("changed_blocking", "changed_timeout", "changed_deadline"))]
    #[track_caller]
    pub fn changed(&mut self) -> Changed<'_, T> {
        Changed { wait: self.wait() }
    }

    /// Waits for an unseen value, marks it as seen, and returns a copy.
    ///
    /// This method is [`changed`](Self::changed) and [`get_and_update`](Self::get_and_update) in
    /// one call. It is the best choice for most loops over the values of a channel. (async-watch,
    /// asyncband and postage also call it `recv`; embassy-sync calls it `changed`, and eyeball
    /// `next`.)
    ///
    /// # Blocking
    ///
    /// Suspends the task until a new version is sent. Copying the value waits [as any
    /// read](Self#blocking), and the value is cloned while it is locked.
    ///
    /// # Errors
    ///
    /// Returns [`RecvError`] once all senders have been dropped and the last value has been seen.
    /// From then on, every call returns it at once. In a loop over several waits, end the loop or
    /// leave this one out: see [a closed channel is always
    /// ready](crate::guide::waiting#a-closed-channel-is-always-ready).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: a wait that is dropped has marked nothing as seen.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// tx.send(2).unwrap();
    /// drop(tx);
    /// let mut values = vec![];
    /// while let Ok(value) = rx.recv().await {
    ///     values.push(value);
    /// }
    /// assert_eq!(values, [2]);
    /// # });
    /// ```
    #[doc(alias("recv_blocking", "blocking_recv", "recv_timeout", "recv_deadline"))]
    #[track_caller]
    pub fn recv(&mut self) -> Recv<'_, T>
    where
        T: Clone,
    {
        Recv { wait: self.wait() }
    }

    /// Waits for an unseen value for which `condition` returns `true`, marks it as seen, and
    /// returns a copy.
    ///
    /// Unlike [`wait_for`](Self::wait_for), it never returns a value that has been seen, and values
    /// for which `condition` returns `false` stay unseen. Within one wait, `condition` is called at
    /// most once for each value. The next wait starts with the current value if that is unseen.
    /// (embassy-sync's `Watch` calls this method `changed_and`.)
    ///
    /// `condition` runs while the value is locked: keep it short, and do not send on the same
    /// channel in it.
    ///
    /// # Blocking
    ///
    /// Suspends the task until the next value is sent. Each call of `condition` waits [as any
    /// read](Self#blocking), and the value is cloned while it is locked.
    ///
    /// # Errors
    ///
    /// Returns [`RecvError`] once all senders have been dropped and the last value has been seen or
    /// `condition` has returned `false` for it.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: a wait that is dropped has marked nothing as seen.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// tx.send(20).unwrap();
    /// assert_eq!(rx.recv_if(|value| *value > 10).await, Ok(20));
    /// assert!(!rx.has_unseen());
    /// # });
    /// ```
    #[track_caller]
    pub fn recv_if<F: FnMut(&T) -> bool>(&mut self, condition: F) -> RecvIf<'_, T, F>
    where
        T: Clone,
    {
        RecvIf { checked: self.cursor.seen, wait: self.wait(), condition }
    }

    /// Waits until `condition` returns `true` for a value, and returns a reference to that value.
    ///
    /// If you do not need a reference, use [`wait_until`](Self::wait_until), whose result can be
    /// kept and sent to another thread, or [`wait_for_map`](Self::wait_for_map), which returns a
    /// part of the value or a copy.
    ///
    /// `condition` is first called with the current value, even if that has been seen, and then
    /// with the latest value each time the task is woken. Each value passed to `condition` is
    /// marked as seen. Values that are replaced before the task runs are skipped. After the channel
    /// has been closed, `condition` is called once more if the last value is unseen.
    ///
    /// `condition` runs while the value is locked: keep it short, and do not send on the same
    /// channel in it.
    ///
    /// # Blocking
    ///
    /// Suspends the task until the next value is sent. Each call of `condition` waits [as any
    /// read](Self#blocking). All senders wait while the [`Ref`] lives.
    ///
    /// # Errors
    ///
    /// Returns [`RecvError`] once all senders have been dropped and `condition` has returned
    /// `false` for the last value.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: a wait that is dropped has marked only values for which
    /// `condition` returned `false`.
    ///
    /// # Panics
    ///
    /// Panics if `condition` panics. The value that it was called with is marked as seen.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// tx.send(20).unwrap();
    /// let value = rx.wait_for(|value| *value > 10).await.unwrap();
    /// assert_eq!(*value, 20);
    /// # });
    /// ```
    #[doc(alias("wait_for_blocking", "wait_for_timeout", "wait_for_deadline"))]
    #[track_caller]
    pub fn wait_for<F: FnMut(&T) -> bool>(&mut self, condition: F) -> WaitFor<'_, T, F> {
        WaitFor { wait: self.wait(), condition }
    }

    /// Waits until `condition` returns `true` for the value: [`wait_for`](Self::wait_for) without
    /// the [`Ref`].
    ///
    /// It calls `condition` when `wait_for` does, and marks the same values as seen. Use it for
    /// shutdown flags and the like, in `select!` and in spawned tasks: no reference to the value is
    /// held, so the task's future stays `Send`. For a time limit on a thread, write
    /// `rx.wait_until(condition).wait_timeout(limit)`.
    ///
    /// # Blocking
    ///
    /// Suspends the task until the next value is sent. Each call of `condition` waits [as any
    /// read](Self#blocking).
    ///
    /// # Errors
    ///
    /// Returns [`RecvError`] once all senders have been dropped and `condition` has returned
    /// `false` for the last value.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: a wait that is dropped has marked only values for which
    /// `condition` returned `false`.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = watch_channel::channel(false);
    /// let shutdown = async move { rx.wait_until(|stop| *stop).await };
    /// tx.set(true);
    /// assert_eq!(shutdown.await, Ok(()));
    /// # });
    /// ```
    #[track_caller]
    pub fn wait_until<F: FnMut(&T) -> bool>(&mut self, condition: F) -> WaitUntil<'_, T, F> {
        WaitUntil { wait: self.wait(), condition }
    }

    /// Waits for a value for which `f` returns `Some(result)`, and returns `result`.
    ///
    /// It calls `f` when [`wait_for`](Self::wait_for) calls its condition, and marks the same
    /// values as seen. The result is owned: no [`Ref`] is held, so the task's future stays `Send`.
    ///
    /// # Blocking
    ///
    /// Suspends the task until the next value is sent. Each call of `f` waits [as any
    /// read](Self#blocking).
    ///
    /// # Errors
    ///
    /// Returns [`RecvError`] once all senders have been dropped and `f` has returned `None` for the
    /// last value.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: a wait that is dropped has marked only values for which `f`
    /// returned `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = watch_channel::channel(None);
    /// tx.set(Some("10.0.0.1"));
    /// let address = rx.wait_for_map(|value| value.map(String::from)).await.unwrap();
    /// assert_eq!(address, "10.0.0.1");
    /// # });
    /// ```
    #[track_caller]
    pub fn wait_for_map<U, F: FnMut(&T) -> Option<U>>(&mut self, f: F) -> WaitForMap<'_, T, F> {
        WaitForMap { wait: self.wait(), f }
    }

    /// Polls for an unseen value, and marks it as seen: [`changed`](Self::changed) for hand-written
    /// futures.
    ///
    /// After it returns [`Poll::Pending`], the task stays registered until the next call, which
    /// registers its own task instead. Polling any other wait of this receiver ends the
    /// registration, and so does dropping the receiver.
    ///
    /// # Blocking
    ///
    /// Never waits for readers or senders. It allocates only [as any wait](crate::channel()).
    ///
    /// # Errors
    ///
    /// Returns [`RecvError`] once all senders have been dropped and the last value has been seen.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::task::{Context, Poll, Waker};
    ///
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// let mut cx = Context::from_waker(Waker::noop());
    /// assert_eq!(rx.poll_changed(&mut cx), Poll::Pending);
    /// tx.set(2);
    /// assert_eq!(rx.poll_changed(&mut cx), Poll::Ready(Ok(())));
    /// ```
    pub fn poll_changed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), RecvError>> {
        // Dropping it would end the registration.
        let mut changed = ManuallyDrop::new(self.changed());
        Pin::new(&mut *changed).poll(cx)
    }

    /// Wakes the senders that wait for this receiver, the first one.
    //
    // By value: a wake-up that panics drops the receiver, and with a reference the compiler would
    // build every new receiver on the stack and copy it.
    #[cold]
    #[inline(never)]
    pub(crate) fn announced(self) -> Self {
        self.channel.notify_opened();
        self
    }

    #[track_caller]
    pub(crate) fn wait(&mut self) -> Wait<'_, T> {
        Wait { channel: &self.channel, cursor: &mut self.cursor, caller: caller(), is_pending: false }
    }

    /// Returns a reference to the current value, and marks it as seen.
    ///
    /// All senders wait while the [`Ref`] lives. [`get_and_update`](Self::get_and_update) and
    /// [`with_and_update`](Self::with_and_update) return no `Ref` that could be held too long. Take
    /// a `Ref` where the value is neither cheap to copy nor easy to use in a closure, and drop it
    /// soon.
    ///
    /// # Blocking
    ///
    /// Waits [as any read](Self#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// tx.send(2).unwrap();
    /// assert_eq!(*rx.borrow_and_update(), 2);
    /// assert_eq!(rx.has_changed(), Ok(false));
    /// ```
    #[track_caller]
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        let (value, version) = self.channel.read(caller());
        Ref::new(value, version, mem::replace(&mut self.cursor.seen, version) != version)
    }

    /// Returns a reference to the current value, without marking it as seen.
    ///
    /// In a loop with [`changed`](Self::changed) use
    /// [`borrow_and_update`](Self::borrow_and_update): a value that is sent between `changed` and
    /// `borrow` would be returned twice. All senders wait while the [`Ref`] lives.
    ///
    /// # Blocking
    ///
    /// Waits [as any read](Self#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// tx.send(2).unwrap();
    /// assert_eq!(*rx.borrow(), 2);
    /// assert_eq!(rx.has_changed(), Ok(true));
    /// ```
    #[track_caller]
    pub fn borrow(&self) -> Ref<'_, T> {
        let (value, version) = self.channel.read(caller());
        Ref::new(value, version, self.cursor.seen != version)
    }

    /// Returns a copy of the current value, and marks it as seen.
    ///
    /// # Blocking
    ///
    /// Waits [as any read](Self#blocking). The value is cloned while it is locked.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// tx.set(2);
    /// assert_eq!(rx.get_and_update(), 2);
    /// assert!(!rx.has_unseen());
    /// ```
    #[track_caller]
    pub fn get_and_update(&mut self) -> T
    where
        T: Clone,
    {
        self.with_and_update(T::clone)
    }

    /// Returns a copy of the current value, without marking it as seen.
    ///
    /// # Blocking
    ///
    /// Waits [as any read](Self#blocking). The value is cloned while it is locked.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// tx.set(2);
    /// assert_eq!(rx.get(), 2);
    /// assert!(rx.has_unseen());
    /// ```
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// Calls `f` with the current value, marks that value as seen once `f` has returned, and
    /// returns its result.
    ///
    /// Senders wait while `f` runs: keep it short, and do not send on the same channel in it.
    ///
    /// # Blocking
    ///
    /// Waits [as any read](Self#blocking). With the feature `critical-section`, `f` runs in a
    /// critical section: see [from interrupts](crate::guide::firmware#from-interrupts).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(vec![0; 4]);
    /// tx.set(vec![0; 8]);
    /// assert_eq!(rx.with_and_update(|list| list.len()), 8);
    /// assert!(!rx.has_unseen());
    /// ```
    #[track_caller]
    pub fn with_and_update<R>(&mut self, f: impl FnOnce(&T) -> R) -> R {
        let Self { channel, cursor } = self;
        channel.with(caller(), |value, version| cursor.see(version, || f(value)))
    }

    /// Calls `f` with the current value, without marking it as seen, and returns the result of `f`.
    ///
    /// Senders wait while `f` runs: keep it short, and do not send on the same channel in it.
    ///
    /// # Blocking
    ///
    /// Waits [as any read](Self#blocking). With the feature `critical-section`, `f` runs in a
    /// critical section: see [from interrupts](crate::guide::firmware#from-interrupts).
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = watch_channel::channel(String::from("hello"));
    /// assert_eq!(rx.with(|value| value.len()), 5);
    /// ```
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.channel.with(caller(), |value, _| f(value))
    }

    /// Returns a copy of the value if it has not been seen, and marks it as seen.
    ///
    /// (embassy-sync's `Watch` calls this method `try_changed`.)
    ///
    /// # Blocking
    ///
    /// [Never waits](crate::Sender#calls-that-never-wait). The value is cloned while it is locked.
    /// With the feature `critical-section`, an interrupt handler can call this method.
    ///
    /// # Errors
    ///
    /// Returns [`TryRecvError::Empty`] if the value has been seen. Also returns it if a sender is
    /// changing the value at this moment, or if a queued thread has demanded the value's lock: the
    /// value then stays unseen for a later call. Returns [`TryRecvError::Closed`] once all senders
    /// have been dropped and the last value has been seen.
    ///
    /// # Examples
    ///
    /// ```
    /// use watch_channel::error::TryRecvError;
    ///
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.set(2);
    /// drop(tx);
    /// assert_eq!(rx.try_recv(), Ok(2));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    /// ```
    #[track_caller]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError>
    where
        T: Clone,
    {
        self.try_recv_if(|_| true)
    }

    /// Returns a copy of the value if it has not been seen and `condition` returns `true` for it,
    /// and marks it as seen.
    ///
    /// If `condition` returns `false`, the value stays unseen. The value that `condition` sees is
    /// the value that is returned: with two separate calls, another one could be sent in between.
    /// (embassy-sync's `Watch` calls this method `try_changed_and`.)
    ///
    /// # Blocking
    ///
    /// [Never waits](crate::Sender#calls-that-never-wait). `condition` runs while the value is
    /// locked: keep it short, and do not send on the same channel in it.
    ///
    /// # Errors
    ///
    /// Returns [`TryRecvError::Empty`] if the value has been seen or `condition` returns `false`,
    /// or [`TryRecvError::Closed`] if all senders have been dropped as well. Also returns `Empty`
    /// if a sender is changing the value at this moment, or if a queued thread has demanded the
    /// value's lock.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// tx.set(20);
    /// assert!(rx.try_recv_if(|value| *value > 30).is_err());
    /// assert!(rx.has_unseen());
    /// assert_eq!(rx.try_recv_if(|value| *value > 10), Ok(20));
    /// assert!(!rx.has_unseen());
    /// ```
    #[track_caller]
    pub fn try_recv_if(&mut self, condition: impl FnOnce(&T) -> bool) -> Result<T, TryRecvError>
    where
        T: Clone,
    {
        let Self { channel, cursor } = self;
        let now = channel.state.load();
        if now.is_other_than(cursor.seen) {
            let tried = channel
                .try_with(caller(), |value, version| condition(value).then(|| cursor.see(version, || value.clone())));
            // If the value could not be locked, it stays unseen, closed or not.
            if let Some(value) = tried.ok_or(TryRecvError::Empty)? {
                return Ok(value);
            }
        }
        // A close after the load is left to the next call, because the last value may have been
        // sent after the load, too.
        Err(if now.is_closed() { TryRecvError::Closed } else { TryRecvError::Empty })
    }

    /// Returns a reference to the current value, without marking it as seen, or `None` if a sender
    /// holds the value's lock or a queued thread has demanded it.
    ///
    /// # Blocking
    ///
    /// [Never waits](crate::Sender#calls-that-never-wait). All senders wait while the [`Ref`]
    /// lives.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// assert_eq!(*rx.try_borrow().unwrap(), 1);
    /// tx.send_modify(|_| assert!(rx.try_borrow().is_none()));
    /// ```
    #[track_caller]
    pub fn try_borrow(&self) -> Option<Ref<'_, T>> {
        let (value, version) = self.channel.try_read(caller())?;
        Some(Ref::new(value, version, self.cursor.seen != version))
    }

    /// Returns `true` if there is an unseen value, without marking it as seen.
    ///
    /// [`has_unseen`](Self::has_unseen) returns the same without an error.
    ///
    /// # Blocking
    ///
    /// Never waits: it is one atomic load.
    ///
    /// # Errors
    ///
    /// Returns [`RecvError`] once all senders have been dropped, even if the last value has not
    /// been seen.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// assert_eq!(rx.has_changed(), Ok(false));
    /// tx.send(2).unwrap();
    /// assert_eq!(rx.has_changed(), Ok(true));
    /// drop(tx);
    /// assert!(rx.has_changed().is_err());
    /// ```
    pub fn has_changed(&self) -> Result<bool, RecvError> {
        let now = self.channel.state.load();
        if now.is_closed() { Err(RecvError(())) } else { Ok(now.is_other_than(self.cursor.seen)) }
    }

    /// Returns `true` if there is an unseen value, even on a closed channel, without marking it as
    /// seen.
    ///
    /// # Blocking
    ///
    /// Never waits: it is one atomic load.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// tx.set(2);
    /// drop(tx);
    /// assert!(rx.has_unseen());
    /// ```
    pub fn has_unseen(&self) -> bool {
        self.channel.state.load().is_other_than(self.cursor.seen)
    }

    /// Returns `true` if all senders have been dropped, so no new value will come. The last one may
    /// still be unseen.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(());
    /// assert!(!rx.is_closed());
    /// drop(tx);
    /// assert!(rx.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.channel.state.load().is_closed()
    }

    /// Marks the current value as unseen, so the next [`changed`](Self::changed) returns at once.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(());
    /// rx.mark_changed();
    /// assert_eq!(rx.has_changed(), Ok(true));
    /// ```
    pub fn mark_changed(&mut self) {
        self.cursor.seen.step_back();
    }

    /// Marks the current value as seen.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// tx.send(2).unwrap();
    /// rx.mark_unchanged();
    /// assert_eq!(rx.has_changed(), Ok(false));
    /// ```
    pub fn mark_unchanged(&mut self) {
        self.cursor.seen = self.version();
    }

    /// Returns the version of the channel's current value, seen or not.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// let before = rx.version();
    /// assert_eq!(rx.get(), 1);
    /// assert_eq!(rx.version(), before);
    /// tx.set(2);
    /// assert_ne!(rx.version(), before);
    /// ```
    pub fn version(&self) -> Version {
        self.channel.state.load().version()
    }

    /// Returns `true` if both receive from the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(());
    /// assert!(rx.same_channel(&tx.subscribe()));
    /// assert!(!rx.same_channel(&watch_channel::channel(()).1));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.channel, &other.channel)
    }
}

/// Creates a receiver that has seen what this one has seen.
impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        let (number, _) = self.channel.receivers.add();
        Self { channel: self.channel.clone(), cursor: Cursor::new(self.cursor.seen, number) }
    }
}

/// Wakes the senders that wait in [`Sender::closed`](crate::Sender::closed), if this is the last
/// receiver.
impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        // Dropped last: it may panic, or use the channel.
        let _waker = self.channel.waiters.cancel(&mut self.cursor.ticket);
        self.channel.remove_receiver();
    }
}

/// Shows the version that this receiver has seen, the current version, and the value, or `<locked>`
/// where [`try_borrow`](Receiver::try_borrow) would return `None`. It never waits.
impl<T: fmt::Debug> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("shared", &self.channel).field("version", &self.cursor.seen).finish()
    }
}
