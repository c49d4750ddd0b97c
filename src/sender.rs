//! [`Sender`] and [`channel`].

use core::fmt;
use core::mem;
use core::panic::{RefUnwindSafe, UnwindSafe};

use crate::channel::Handle;
use crate::error::{SendError, TrySendError};
use crate::guard::Ref;
use crate::held::here;
use crate::receiver::Receiver;
use crate::state::Version;
use crate::weak::WeakSender;

/// Creates a channel that holds `init`, with one sender and one receiver, which counts `init` as seen.
///
/// One allocation. A receiver's first wait makes its waiter, which is another one. The first wait ever on a channel makes
/// a table of lists of waiters, and the first wait in each list makes that list: there are some for even and some for odd
/// versions, and one for `closed`. After that, neither sends nor waits allocate.
///
/// # Examples
///
/// ```
/// let (tx, mut rx) = watch_channel::channel("first");
/// assert_eq!(rx.has_changed(), Ok(false));
/// tx.send("second").unwrap();
/// assert_eq!(rx.has_changed(), Ok(true));
/// assert_eq!(*rx.borrow_and_update(), "second");
/// ```
pub fn channel<T>(init: T) -> (Sender<T>, Receiver<T>) {
    let handle = Handle::new(init);
    let receiver = Receiver::first(handle.clone());
    (Sender { handle }, receiver)
}

/// Changes the value of a channel.
///
/// Clones send on the same channel; when the last sender is dropped, the channel is closed: receivers see the last
/// value, and then the close.
///
/// # Blocking
///
/// Each method says what it waits for. All that change the value wait for [`Ref`]s of the channel to be dropped, and
/// for readers and other senders that are inside for a moment. With the `std` feature a waiting thread spins for
/// about a microsecond, yields, and then sleeps; without it, it spins.
///
/// With the `std` feature and debug assertions, a call that would wait for its own thread (for a `Ref` that this
/// thread holds, or inside a closure that modifies the same channel) panics and names the line where the `Ref` was
/// taken. Without them, it waits for ever.
///
/// # With and without receivers
///
/// [`send`](Self::send) and [`try_send`](Self::try_send) are for a sender that has nothing to do once nobody listens:
/// without a receiver they store nothing and give the value back. All other methods store the value in any case, for
/// receivers that [`subscribe`](Self::subscribe) later.
///
/// # Examples
///
/// ```
/// let tx = watch_channel::Sender::new(1);
/// let (other, rx) = (tx.clone(), tx.subscribe());
/// other.set(2);
/// assert_eq!(rx.get(), 2);
/// drop((tx, other));
/// assert!(rx.is_closed());
/// ```
pub struct Sender<T> {
    pub(crate) handle: Handle<T>,
}

impl<T> Sender<T> {
    /// Creates a channel without a receiver. See [`subscribe`](Self::subscribe).
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(1);
    /// assert_eq!(tx.receiver_count(), 0);
    /// let rx = tx.subscribe();
    /// assert_eq!(*rx.borrow(), 1);
    /// ```
    pub fn new(init: T) -> Self {
        let (tx, _) = channel(init);
        tx
    }

    /// Sends a new value: stores it and wakes all receivers that wait.
    ///
    /// If there is no receiver, the value comes back in the error, and nothing is stored: see [with and without
    /// receivers](Self#with-and-without-receivers), and [`set`](Self::set). A receiver may still be dropped, or
    /// subscribe, at the same moment: `Ok` does not mean that one will see it.
    ///
    /// The old value is dropped after everybody is woken, with no lock held.
    ///
    /// # Blocking
    ///
    /// As described [for all senders](Self#blocking).
    ///
    /// # Errors
    ///
    /// [`SendError`] with the value, if there is no receiver.
    ///
    /// # Panics
    ///
    /// If a woken task's waker panics, after all others are woken. If several do, the first panic goes on; the others end
    /// once their messages are printed, or abort the program without `std`.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// tx.send(2).unwrap();
    /// assert_eq!(*rx.borrow(), 2);
    /// drop(rx);
    /// assert_eq!(tx.send(3).unwrap_err().0, 3);
    /// assert_eq!(*tx.borrow(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        if self.receiver_count() == 0 {
            return Err(SendError(value));
        }
        drop(self.send_replace(value));
        Ok(())
    }

    /// Sends a new value if that need not wait. It is for interrupt handlers (with the `critical-section` feature: see
    /// [from interrupts](crate#from-interrupts)), and for code that may hold a [`Ref`] of the channel itself.
    ///
    /// # Blocking
    ///
    /// It waits for nobody who reads or changes the value. Waking receivers takes internal locks for a few
    /// instructions at a time, which the `critical-section` feature makes critical sections. Without it, an interrupt
    /// that meets one of them spins for ever.
    ///
    /// # Errors
    ///
    /// With the value: [`TrySendError::Busy`] while a `Ref` of the channel lives or another caller is inside, and
    /// [`TrySendError::Closed`] if there is no receiver.
    ///
    /// # Panics
    ///
    /// If a waker panics, as [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```
    /// use watch_channel::error::TrySendError;
    ///
    /// let (tx, rx) = watch_channel::channel(1);
    /// let value = rx.borrow();
    /// assert_eq!(tx.try_send(2), Err(TrySendError::Busy(2)));
    /// drop(value);
    /// assert_eq!(tx.try_send(2), Ok(()));
    /// drop(rx);
    /// assert_eq!(tx.try_send(3), Err(TrySendError::Closed(3)));
    /// ```
    #[track_caller]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        if self.receiver_count() == 0 {
            return Err(TrySendError::Closed(value));
        }
        self.handle.try_replace(here(), value).map(drop).map_err(TrySendError::Busy)
    }

    /// Stores a new value, receivers or not, and wakes all that wait. It never fails.
    ///
    /// The old value is dropped after everybody is woken, with no lock held.
    ///
    /// # Blocking
    ///
    /// As described [for all senders](Self#blocking).
    ///
    /// # Panics
    ///
    /// If a waker panics, as [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(1);
    /// tx.set(2);
    /// assert_eq!(tx.subscribe().get(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn set(&self, value: T) {
        drop(self.send_replace(value));
    }

    /// Stores a new value, receivers or not, if it differs from the current one, and returns the old value. Otherwise
    /// there is no new version, nobody is woken, and the given value comes back.
    ///
    /// # Blocking
    ///
    /// As described [for all senders](Self#blocking). The values are compared while the channel is locked.
    ///
    /// # Errors
    ///
    /// The given value, if it equals the current one.
    ///
    /// # Panics
    ///
    /// If the comparison panics, or a waker, as [`send_modify`](Self::send_modify).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel("on");
    /// assert_eq!(tx.set_if_changed("on"), Err("on"));
    /// assert!(!rx.has_unseen());
    /// assert_eq!(tx.set_if_changed("off"), Ok("on"));
    /// assert!(rx.has_unseen());
    /// ```
    #[inline]
    #[track_caller]
    pub fn set_if_changed(&self, mut value: T) -> Result<T, T>
    where
        T: PartialEq,
    {
        let changed = self.send_if_modified(|old| {
            let differs = *old != value;
            if differs {
                mem::swap(old, &mut value);
            }
            differs
        });
        if changed { Ok(value) } else { Err(value) }
    }

    /// Modifies the value in place, counts that as a new version, and wakes all receivers that wait. It stores
    /// without receivers too.
    ///
    /// `modify` runs while the channel is locked: keep it short.
    ///
    /// # Blocking
    ///
    /// As described [for all senders](Self#blocking).
    ///
    /// # Panics
    ///
    /// If `modify` panics. What it changed until then stays, without a new version or a wake-up, and the channel
    /// can be used as before. If a waker panics, as [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(vec![1]);
    /// tx.send_modify(|list| list.push(2));
    /// assert_eq!(*rx.borrow_and_update(), [1, 2]);
    /// ```
    #[inline]
    #[track_caller]
    pub fn send_modify<F>(&self, modify: F)
    where
        F: FnOnce(&mut T),
    {
        self.send_if_modified(|value| {
            modify(value);
            true
        });
    }

    /// Modifies the value in place, and counts that as a new version only if `modify` returns `true`, which is
    /// returned. It stores without receivers too.
    ///
    /// If `modify` returns `false`, what it changed all the same stays and can be seen, but no version is counted and
    /// nobody is woken.
    ///
    /// `modify` runs while the channel is locked: keep it short.
    ///
    /// # Blocking
    ///
    /// As described [for all senders](Self#blocking).
    ///
    /// # Panics
    ///
    /// As [`send_modify`](Self::send_modify).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(10);
    /// let raise = |to: i32| move |value: &mut i32| {
    ///     let higher = to > *value;
    ///     if higher {
    ///         *value = to;
    ///     }
    ///     higher
    /// };
    /// assert!(!tx.send_if_modified(raise(5)));
    /// assert_eq!(rx.has_changed(), Ok(false));
    /// assert!(tx.send_if_modified(raise(20)));
    /// assert_eq!(*rx.borrow_and_update(), 20);
    /// ```
    #[inline]
    #[track_caller]
    pub fn send_if_modified<F>(&self, modify: F) -> bool
    where
        F: FnOnce(&mut T) -> bool,
    {
        self.handle.modify(here(), modify)
    }

    /// Stores a new value, receivers or not, wakes all that wait, and returns the old value.
    ///
    /// # Blocking
    ///
    /// As described [for all senders](Self#blocking).
    ///
    /// # Panics
    ///
    /// If a waker panics, as [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(1);
    /// assert_eq!(tx.send_replace(2), 1);
    /// assert_eq!(*tx.borrow(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn send_replace(&self, mut value: T) -> T {
        self.send_modify(|old| mem::swap(old, &mut value));
        value
    }

    /// Returns a copy of the current value.
    ///
    /// # Blocking
    ///
    /// As [`Receiver::get`].
    ///
    /// # Panics
    ///
    /// As [`Receiver::get`].
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(1);
    /// assert_eq!(tx.get(), 1);
    /// ```
    #[inline]
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// Lets `f` look at the current value, and returns what it returns.
    ///
    /// # Blocking
    ///
    /// As [`Receiver::with`].
    ///
    /// # Panics
    ///
    /// As [`Receiver::with`].
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(vec![1, 2]);
    /// assert_eq!(tx.with(|list| list.len()), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.handle.shared.with(here(), |value, _| f(value))
    }

    /// Returns a reference to the current value. [`get`](Self::get) and [`with`](Self::with) cannot be held too long.
    ///
    /// # Blocking
    ///
    /// As [`Receiver::borrow`].
    ///
    /// # Panics
    ///
    /// Inside a closure that modifies the same channel, as described [for all senders](Self#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(1);
    /// assert_eq!(*tx.borrow(), 1);
    /// ```
    #[inline]
    #[track_caller]
    pub fn borrow(&self) -> Ref<'_, T> {
        let (value, _) = self.handle.shared.read(here());
        Ref::new(value, false)
    }

    /// Returns a reference to the current value, or `None` while a sender is inside, or holds new readers back because
    /// it waits for its turn.
    ///
    /// # Blocking
    ///
    /// Does not wait. All senders wait while the [`Ref`] lives.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(1);
    /// assert_eq!(*tx.try_borrow().unwrap(), 1);
    /// tx.send_modify(|_| assert!(tx.try_borrow().is_none()));
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_borrow(&self) -> Option<Ref<'_, T>> {
        let (value, _) = self.handle.shared.try_read(here())?;
        Some(Ref::new(value, false))
    }

    /// Returns the version of the current value.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(1);
    /// let before = tx.version();
    /// tx.set(2);
    /// assert_ne!(tx.version(), before);
    /// ```
    #[inline]
    pub fn version(&self) -> Version {
        self.handle.shared.state.load().version()
    }

    /// Tells whether there is no receiver. [`subscribe`](Self::subscribe) can change that.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(());
    /// assert!(!tx.is_closed());
    /// drop(rx);
    /// assert!(tx.is_closed());
    /// ```
    #[inline]
    pub fn is_closed(&self) -> bool {
        self.receiver_count() == 0
    }

    /// Creates a receiver, which counts the current value as seen. It opens a channel again that had no receiver.
    ///
    /// # Panics
    ///
    /// If there are more than `usize::MAX / 4` receivers, which only `mem::forget` can bring about.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(1);
    /// tx.send_replace(2);
    /// let rx = tx.subscribe();
    /// assert_eq!(rx.has_changed(), Ok(false));
    /// assert_eq!(*rx.borrow(), 2);
    /// ```
    pub fn subscribe(&self) -> Receiver<T> {
        Receiver::new(self.handle.clone(), self.version())
    }

    /// As [`subscribe`](Self::subscribe), but the current value counts as not seen yet.
    ///
    /// # Panics
    ///
    /// As [`subscribe`](Self::subscribe).
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let tx = watch_channel::Sender::new(1);
    /// let mut rx = tx.subscribe_unseen();
    /// rx.changed().await.unwrap();
    /// assert_eq!(rx.get_and_update(), 1);
    /// # });
    /// ```
    pub fn subscribe_unseen(&self) -> Receiver<T> {
        let mut receiver = self.subscribe();
        receiver.mark_changed();
        receiver
    }

    /// Returns a handle that does not keep the channel open.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// let weak = tx.downgrade();
    /// drop(tx);
    /// assert!(rx.is_closed());
    /// assert!(weak.upgrade().is_none());
    /// ```
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender::new(self.handle.clone())
    }

    /// Returns how many receivers there are at this moment.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(());
    /// let other = rx.clone();
    /// assert_eq!(tx.receiver_count(), 2);
    /// ```
    #[inline]
    pub fn receiver_count(&self) -> usize {
        self.handle.shared.receivers.get()
    }

    /// Returns how many senders there are at this moment, this one included.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(());
    /// let other = tx.clone();
    /// assert_eq!(tx.sender_count(), 2);
    /// ```
    #[inline]
    pub fn sender_count(&self) -> usize {
        self.handle.shared.senders.get()
    }

    /// Tells whether both send on the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(());
    /// assert!(tx.same_channel(&tx.clone()));
    /// assert!(!tx.same_channel(&watch_channel::Sender::new(())));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        self.handle.same_channel(&other.handle)
    }
}

/// # Panics
///
/// If there are more than `usize::MAX / 4` senders, which only `mem::forget` can bring about.
impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.handle.shared.senders.add();
        Self { handle: self.handle.clone() }
    }
}

/// Closes the channel and wakes all receivers, if this is the last sender.
impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.handle.remove_sender();
    }
}

impl<T: Default> Default for Sender<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

/// Shows the value, or `<locked>` while a sender is inside; it never waits.
impl<T: fmt::Debug> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("shared", &self.handle).finish()
    }
}

// A panic leaves the channel usable: the lock is released, and value and version belong together.
impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}
