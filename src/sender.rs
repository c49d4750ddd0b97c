//! [`Sender`] and [`channel`].

use core::fmt;
use core::mem;
use core::panic::{RefUnwindSafe, UnwindSafe};

use crate::channel::Handle;
use crate::error::SendError;
use crate::guard::Ref;
use crate::held::here;
use crate::receiver::Receiver;

/// Creates a channel that holds `init`, with one sender and one receiver, which counts `init` as seen.
///
/// One allocation. The first wait ever makes the wake machinery, and each receiver's first wait makes its waiter;
/// after that, neither sends nor waits allocate.
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
    /// If there is no receiver, the value comes back in the error, and nothing is stored.
    /// [`send_replace`](Self::send_replace) and [`send_modify`](Self::send_modify) store without receivers too. A
    /// receiver may still be dropped, or subscribe, at the same moment: `Ok` does not mean that one will see it.
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
    /// If a woken task's waker panics, after all others are woken.
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

    /// Returns a reference to the current value.
    ///
    /// # Blocking
    ///
    /// Waits while a sender is inside, or waits for its turn. A second `borrow` on the same thread never
    /// deadlocks: a sender that waits in between lets it pass. All senders wait while the [`Ref`] lives.
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
        Receiver::new(self.handle.clone(), self.handle.shared.state.load().version())
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
