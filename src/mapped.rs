//! [`Mapped`], and the futures of its waits.

use core::fmt;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::channel::state::Version;
use crate::channel::wait::Wait;
use crate::error::RecvError;
use crate::receiver::Receiver;

/// A receiver of a part of the value, or of anything that a function makes from it.
///
/// It keeps the function's last result. Only a different result counts as a change: a task that
/// waits for one field of a large value sleeps on while other fields change. Made by
/// [`Receiver::map`]. [`Cached`](crate::Cached) is the map that copies the whole value.
///
/// It needs no task and allocates nothing of its own. Reading it and waiting for it call the
/// function, at most once for each version. The function runs while the value is locked, like the
/// closure of [`Receiver::with`]: keep it short, and do not send on the same channel in it. A read
/// is one atomic load and calls nothing while nothing has been sent.
///
/// # Examples
///
/// ```
/// # futures_lite::future::block_on(async {
/// struct Config {
///     name: String,
///     limit: u32,
/// }
///
/// let (tx, rx) = watch_channel::channel(Config { name: "a".into(), limit: 1 });
/// let mut limit = rx.map(|config| config.limit);
/// assert_eq!(*limit.get(), 1);
/// tx.send_modify(|config| config.name = "b".into());
/// assert!(!limit.update());
/// tx.send_modify(|config| config.limit = 2);
/// assert_eq!(limit.recv().await, Ok(2));
/// # });
/// ```
#[derive(Clone)]
pub struct Mapped<T, U, F> {
    /// What has `f` returned for the value that `receiver` has seen last?
    result: U,
    /// Where do the values come from?
    receiver: Receiver<T>,
    /// How is a result made from a value?
    f: F,
}

/// Returns `Some` if the results differ.
fn change<U: PartialEq>(present: &U, new: &U) -> Option<()> {
    (new != present).then_some(())
}

impl<T> Wait<'_, T> {
    /// Makes a result from the current value, under the value's lock, and marks the value as seen.
    /// `change` compares the present and the new result. If it returns `Some`, the new one replaces
    /// the present one, and what is in the `Some` is returned. Otherwise, returns the version.
    ///
    /// If anything panics, the value stays unseen and `result` unchanged.
    #[cold]
    pub(crate) fn derive<U, R>(
        &mut self,
        result: &mut U,
        make: &mut impl FnMut(&T) -> U,
        change: impl FnOnce(&U, &U) -> Option<R>,
    ) -> Result<R, Version> {
        let (new, version) = self.channel.with(self.caller, |value, version| (make(value), version));
        let changed = change(result, &new).ok_or(version);
        self.cursor.seen = version;
        if changed.is_ok() {
            // Dropped last, because that may panic.
            drop(mem::replace(result, new));
        }
        changed
    }
}

impl<T> Receiver<T> {
    /// Converts this receiver into one that receives the results of `f`. Only a different result
    /// counts as a change.
    ///
    /// It calls `f` with the current value, and marks that value as seen.
    /// [`changed`](Mapped::changed) then waits for a different result, so begin with
    /// [`get`](Mapped::get).
    ///
    /// # Blocking
    ///
    /// Waits [as any read](Self#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(vec![3, 1]);
    /// let mut largest = rx.map(|list| list.iter().max().copied());
    /// assert_eq!(*largest.get(), Some(3));
    /// tx.send_modify(|list| list.push(2));
    /// assert!(!largest.update());
    /// ```
    #[track_caller]
    pub fn map<U: PartialEq, F: FnMut(&T) -> U>(mut self, mut f: F) -> Mapped<T, U, F> {
        Mapped { result: self.with_and_update(&mut f), receiver: self, f }
    }
}

impl<T, U: PartialEq, F: FnMut(&T) -> U> Mapped<T, U, F> {
    /// Returns the result for the latest value, and marks that value as seen.
    ///
    /// It sees every send that happened before it, in the sense of the memory model.
    ///
    /// # Blocking
    ///
    /// Never waits while there is no new value. Otherwise it waits [as any
    /// read](Receiver#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// let mut doubled = rx.map(|value| value * 2);
    /// tx.set(2);
    /// assert_eq!(*doubled.get(), 4);
    /// ```
    #[inline]
    #[track_caller]
    pub fn get(&mut self) -> &U {
        self.update();
        &self.result
    }

    /// Calls the function if there is a new value, marks that value as seen, and returns `true` if
    /// the result has changed.
    ///
    /// # Blocking
    ///
    /// Never waits while there is no new value. Otherwise it waits [as any
    /// read](Receiver#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// let mut is_even = rx.map(|value| value % 2 == 0);
    /// tx.set(3);
    /// assert!(!is_even.update());
    /// tx.set(4);
    /// assert!(is_even.update());
    /// assert!(*is_even.peek());
    /// ```
    #[inline]
    #[track_caller]
    pub fn update(&mut self) -> bool {
        self.receiver.has_unseen() && self.receiver.wait().derive(&mut self.result, &mut self.f, change).is_ok()
    }

    /// Waits for a different result. Read it with [`peek`](Self::peek).
    ///
    /// Each value passed to the function is marked as seen.
    ///
    /// # Blocking
    ///
    /// Suspends the task until a new version is sent. Each call of the function waits [as any
    /// read](Receiver#blocking).
    ///
    /// # Errors
    ///
    /// Returns [`RecvError`] once all senders have been dropped and the last value has not changed
    /// the result.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: a wait that is dropped has marked only values that have not
    /// changed the result.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = watch_channel::channel(1);
    /// let mut is_even = rx.map(|value| value % 2 == 0);
    /// tx.set(2);
    /// is_even.changed().await.unwrap();
    /// assert!(*is_even.peek());
    /// # });
    /// ```
    #[track_caller]
    pub fn changed(&mut self) -> MappedChanged<'_, T, U, F> {
        MappedChanged { wait: self.receiver.wait(), result: &mut self.result, f: &mut self.f }
    }

    /// Waits for a different result, and returns a copy.
    ///
    /// Each value passed to the function is marked as seen.
    ///
    /// # Blocking
    ///
    /// Suspends the task until a new version is sent. Each call of the function waits [as any
    /// read](Receiver#blocking).
    ///
    /// # Errors
    ///
    /// Returns [`RecvError`] once all senders have been dropped and the last value has not changed
    /// the result.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: a wait that is dropped has marked only values that have not
    /// changed the result.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = watch_channel::channel((1, "a"));
    /// let mut number = rx.map(|value| value.0);
    /// tx.set((1, "b"));
    /// tx.set((2, "c"));
    /// drop(tx);
    /// assert_eq!(number.recv().await, Ok(2));
    /// assert!(number.recv().await.is_err());
    /// # });
    /// ```
    #[track_caller]
    pub fn recv(&mut self) -> MappedRecv<'_, T, U, F>
    where
        U: Clone,
    {
        MappedRecv { wait: self.receiver.wait(), result: &mut self.result, f: &mut self.f }
    }
}

impl<T, U, F> Mapped<T, U, F> {
    /// Returns the result as it is, without checking the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// let doubled = rx.map(|value| value * 2);
    /// tx.set(2);
    /// assert_eq!(*doubled.peek(), 2);
    /// ```
    pub fn peek(&self) -> &U {
        &self.result
    }

    /// Returns a reference to the receiver, which has seen the value that the function was called
    /// with last.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// let doubled = rx.map(|value| value * 2);
    /// tx.set(2);
    /// assert!(doubled.receiver().has_unseen());
    /// ```
    pub fn receiver(&self) -> &Receiver<T> {
        &self.receiver
    }

    /// Returns the receiver, and drops the result and the function.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = watch_channel::channel(1);
    /// let rx = rx.map(|value| value * 2).into_inner();
    /// assert_eq!(rx.get(), 1);
    /// ```
    pub fn into_inner(self) -> Receiver<T> {
        self.receiver
    }
}

/// Shows the result and the receiver. It never waits.
impl<T: fmt::Debug, U: fmt::Debug, F> fmt::Debug for Mapped<T, U, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapped").field("result", &self.result).field("receiver", &self.receiver).finish_non_exhaustive()
    }
}

/// The future of [`Mapped::changed`].
///
/// Once it is ready, it can be polled again to wait for the next result.
///
/// # Examples
///
/// ```
/// use futures_lite::future::block_on;
///
/// let (tx, rx) = watch_channel::channel(1);
/// let mut doubled = rx.map(|value| value * 2);
/// let changed = doubled.changed();
/// tx.set(2);
/// assert_eq!(block_on(changed), Ok(()));
/// assert_eq!(*doubled.peek(), 4);
/// ```
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct MappedChanged<'a, T, U, F> {
    pub(crate) wait: Wait<'a, T>,
    /// Which result is replaced?
    result: &'a mut U,
    /// How is a result made from a value?
    f: &'a mut F,
}

impl<T, U: PartialEq, F: FnMut(&T) -> U> Future for MappedChanged<'_, T, U, F> {
    type Output = Result<(), RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { wait, result, f } = self.get_mut();
        wait.poll(cx, Some(wait.cursor.seen), |wait, _| wait.derive(*result, *f, change))
    }
}

/// The future of [`Mapped::recv`].
///
/// Once it is ready, it can be polled again to wait for the next result.
///
/// # Examples
///
/// ```
/// use futures_lite::future::block_on;
///
/// let (tx, rx) = watch_channel::channel(1);
/// let mut doubled = rx.map(|value| value * 2);
/// let recv = doubled.recv();
/// tx.set(2);
/// assert_eq!(block_on(recv), Ok(4));
/// ```
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct MappedRecv<'a, T, U, F> {
    pub(crate) wait: Wait<'a, T>,
    /// Which result is replaced?
    result: &'a mut U,
    /// How is a result made from a value?
    f: &'a mut F,
}

impl<T, U: PartialEq + Clone, F: FnMut(&T) -> U> Future for MappedRecv<'_, T, U, F> {
    type Output = Result<U, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { wait, result, f } = self.get_mut();
        let change = |present: &U, new: &U| (new != present).then(|| new.clone());
        wait.poll(cx, Some(wait.cursor.seen), |wait, _| wait.derive(*result, *f, change))
    }
}
