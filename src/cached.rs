//! [`Cached`], and the future of its wait.

use core::pin::Pin;
use core::task::{Context, Poll};

use crate::channel::wait::Wait;
use crate::error::RecvError;
use crate::receiver::Receiver;

/// A receiver with its own copy of the value, which it refreshes when the channel has a newer
/// value.
///
/// # When to use it
///
/// Use it for values that are read far more often than they change, on many cores, such as a
/// configuration that each request reads. While nothing is sent, [`get`](Self::get) is one atomic
/// load and no write, so any number of threads, each with its own `Cached`, read without slowing
/// each other down. [`Receiver::borrow`] and [`Receiver::get`] write to the channel's lock, so its
/// cache line moves from core to core.
///
/// The price is a copy of the value in each `Cached` and a `clone` after each change. An old copy
/// lives until its `Cached` is read again. If the value is large, put an `Arc` into the channel.
///
/// # Examples
///
/// ```
/// use watch_channel::Cached;
///
/// let (tx, rx) = watch_channel::channel(1);
/// let mut cached = Cached::new(rx);
/// assert_eq!(*cached.get(), 1);
/// tx.set(2);
/// assert_eq!(*cached.get(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Cached<T> {
    /// Which value has `receiver` seen last? A copy of it.
    value: T,
    /// Where do the values come from?
    receiver: Receiver<T>,
}

impl<T: Clone> Cached<T> {
    /// Copies the current value, and marks it as seen.
    ///
    /// [`changed`](Self::changed) then waits for a newer one. So a task that makes a `Cached` when
    /// it first runs should begin with [`get`](Self::get).
    ///
    /// # Blocking
    ///
    /// Waits [as any read](Receiver#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = watch_channel::channel("value");
    /// assert_eq!(*watch_channel::Cached::new(rx).get(), "value");
    /// ```
    #[track_caller]
    pub fn new(mut receiver: Receiver<T>) -> Self {
        Self { value: receiver.get_and_update(), receiver }
    }

    /// Returns the latest value, and marks it as seen.
    ///
    /// It sees every send that happened before it, in the sense of the memory model: if another
    /// thread sends a value and then notifies this thread, this thread gets that value or a later
    /// one.
    ///
    /// # Blocking
    ///
    /// Never waits while there is no new value. Copying a new value waits [as any
    /// read](Receiver#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(vec![1]);
    /// let mut cached = watch_channel::Cached::new(rx);
    /// tx.send_modify(|list| list.push(2));
    /// assert_eq!(*cached.get(), [1, 2]);
    /// ```
    #[inline]
    #[track_caller]
    pub fn get(&mut self) -> &T {
        self.update();
        &self.value
    }

    /// Refreshes the copy if there is a newer value, marks that value as seen, and returns `true`
    /// if there was one.
    ///
    /// # Blocking
    ///
    /// Never waits while there is no new value. Copying a new value waits [as any
    /// read](Receiver#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// let mut cached = watch_channel::Cached::new(rx);
    /// assert!(!cached.update());
    /// tx.set(2);
    /// assert!(cached.update());
    /// assert_eq!(*cached.peek(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn update(&mut self) -> bool {
        self.receiver.has_unseen()
            && self.receiver.wait().derive(&mut self.value, &mut T::clone, |_, _| Some(())).is_ok()
    }

    /// Waits for a newer value, refreshes the copy, and marks the value as seen.
    ///
    /// # Blocking
    ///
    /// Suspends the task until a new version is sent. Copying the value waits [as any
    /// read](Receiver#blocking).
    ///
    /// # Errors
    ///
    /// Returns [`RecvError`] once all senders have been dropped and the last value has been copied.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: a wait that is dropped has neither marked a value nor changed
    /// the copy.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = watch_channel::channel(1);
    /// let mut cached = watch_channel::Cached::new(rx);
    /// tx.set(2);
    /// cached.changed().await.unwrap();
    /// assert_eq!(*cached.peek(), 2);
    /// # });
    /// ```
    #[track_caller]
    pub fn changed(&mut self) -> CachedChanged<'_, T> {
        CachedChanged { wait: self.receiver.wait(), copy: &mut self.value }
    }
}

impl<T> Cached<T> {
    /// Returns the copy as it is, without checking the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// let cached = watch_channel::Cached::new(rx);
    /// tx.set(2);
    /// assert_eq!(*cached.peek(), 1);
    /// ```
    pub fn peek(&self) -> &T {
        &self.value
    }

    /// Returns a reference to the receiver, which has seen the value that was copied last.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// let cached = watch_channel::Cached::new(rx);
    /// tx.set(2);
    /// assert!(cached.receiver().has_unseen());
    /// ```
    pub fn receiver(&self) -> &Receiver<T> {
        &self.receiver
    }

    /// Returns the receiver and drops the copy.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = watch_channel::channel(1);
    /// let rx = watch_channel::Cached::new(rx).into_inner();
    /// assert!(!rx.has_unseen());
    /// ```
    pub fn into_inner(self) -> Receiver<T> {
        self.receiver
    }
}

/// The future of [`Cached::changed`].
///
/// Once it is ready, it can be polled again to wait for the next value.
///
/// # Examples
///
/// ```
/// use futures_lite::future::block_on;
///
/// let (tx, rx) = watch_channel::channel(1);
/// let mut cached = watch_channel::Cached::new(rx);
/// let changed = cached.changed();
/// tx.set(2);
/// assert_eq!(block_on(changed), Ok(()));
/// assert_eq!(*cached.peek(), 2);
/// ```
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct CachedChanged<'a, T> {
    pub(crate) wait: Wait<'a, T>,
    /// Which copy is refreshed?
    copy: &'a mut T,
}

impl<T: Clone> Future for CachedChanged<'_, T> {
    type Output = Result<(), RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { wait, copy } = self.get_mut();
        wait.poll(cx, Some(wait.cursor.seen), |wait, _| wait.derive(*copy, &mut T::clone, |_, _| Some(())))
    }
}

/// Equivalent to [`Cached::new`].
impl<T: Clone> From<Receiver<T>> for Cached<T> {
    fn from(receiver: Receiver<T>) -> Self {
        Self::new(receiver)
    }
}
