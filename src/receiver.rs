//! [`Receiver`]. What it waits with is in `wait.rs`.

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

use crate::channel::Handle;
use crate::error::RecvError;
use crate::guard::Ref;
use crate::held::here;
use crate::notify::OwnWaiter;
use crate::state::{Seen, Version};

/// Sees the latest value of a channel, and knows which version it has seen.
///
/// A clone starts with the same version seen, and goes its own way from there.
///
/// # Missed values
///
/// A receiver sees the *latest* value, not each one: of several sent between two looks, it sees the last. Versions
/// wrap: a change goes unnoticed only if exactly a multiple of 2<sup>55</sup> sends (on 64-bit targets; 2<sup>29</sup>
/// on 32-bit ones) falls between two looks.
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
    pub(crate) handle: Handle<T>,
    pub(crate) seen: Seen,
    pub(crate) waiter: OwnWaiter,
}

impl<T> Receiver<T> {
    /// The receiver that the channel was made with, and which is already counted.
    pub(crate) fn first(handle: Handle<T>) -> Self {
        let seen = Seen::new(handle.shared.state.load().version());
        Self { handle, seen, waiter: OwnWaiter::new() }
    }

    pub(crate) fn new(handle: Handle<T>, seen: Version) -> Self {
        handle.shared.receivers.add();
        Self { handle, seen: Seen::new(seen), waiter: OwnWaiter::new() }
    }

    /// Returns a copy of the current value, and leaves it as seen or unseen as it was.
    ///
    /// # Blocking
    ///
    /// As [`with`](Self::with).
    ///
    /// # Panics
    ///
    /// As [`with`](Self::with); and if the value's `clone` panics.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// tx.set(2);
    /// assert_eq!(rx.get(), 2);
    /// assert!(rx.has_unseen());
    /// ```
    #[inline]
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// Returns a copy of the current value, which counts as seen from now on.
    ///
    /// # Blocking
    ///
    /// As [`with`](Self::with).
    ///
    /// # Panics
    ///
    /// As [`get`](Self::get).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// tx.set(2);
    /// assert_eq!(rx.get_and_update(), 2);
    /// assert!(!rx.has_unseen());
    /// ```
    #[inline]
    #[track_caller]
    pub fn get_and_update(&mut self) -> T
    where
        T: Clone,
    {
        self.with_and_update(T::clone)
    }

    /// Lets `f` look at the current value, and returns what it returns. The value stays as seen or unseen as it was.
    ///
    /// Senders wait while `f` runs: keep it short, and do not send on the same channel in it.
    ///
    /// # Blocking
    ///
    /// Waits while a sender is inside, or holds new readers back because it waits for its turn, in the way that is
    /// described [for all senders](crate::Sender#blocking). With the `critical-section` feature, `f` runs in a critical
    /// section, so that no interrupt comes in between: see [from interrupts](crate#from-interrupts).
    ///
    /// # Panics
    ///
    /// If `f` panics; the channel can be used as before. And inside a closure that modifies the same channel, as
    /// described [for all senders](crate::Sender#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = watch_channel::channel(String::from("hello"));
    /// assert_eq!(rx.with(|value| value.len()), 5);
    /// ```
    #[inline]
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.handle.shared.with(here(), |value, _| f(value))
    }

    /// Lets `f` look at the current value, which counts as seen from now on, and returns what it returns.
    ///
    /// # Blocking
    ///
    /// As [`with`](Self::with).
    ///
    /// # Panics
    ///
    /// As [`with`](Self::with). If `f` panics, the value counts as seen.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(vec![0; 4]);
    /// tx.set(vec![0; 8]);
    /// assert_eq!(rx.with_and_update(|list| list.len()), 8);
    /// assert!(!rx.has_unseen());
    /// ```
    #[inline]
    #[track_caller]
    pub fn with_and_update<R>(&mut self, f: impl FnOnce(&T) -> R) -> R {
        let Self { handle, seen, .. } = self;
        handle.shared.with(here(), |value, version| {
            seen.update(version);
            f(value)
        })
    }

    /// Returns a reference to the current value, and leaves it as seen or unseen as it was.
    ///
    /// A [`Ref`] makes all senders wait while it lives. [`get`](Self::get) and [`with`](Self::with) cannot be held too
    /// long; take a `Ref` where the value is neither cheap to copy nor easy to use in a closure, and keep it short.
    ///
    /// In a loop with [`changed`](Self::changed) use [`borrow_and_update`](Self::borrow_and_update): a value sent
    /// between `changed` and `borrow` would be returned now, and once more next time.
    ///
    /// # Blocking
    ///
    /// Waits while a sender is inside, or holds new readers back because it waits for its turn, in the way that is
    /// described [for all senders](crate::Sender#blocking). A second `borrow` on the same thread never deadlocks: a
    /// sender that waits in between lets it pass. All senders wait while the [`Ref`] lives.
    ///
    /// # Panics
    ///
    /// Inside a closure that modifies the same channel, as described [for all senders](crate::Sender#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// tx.send(2).unwrap();
    /// assert_eq!(*rx.borrow(), 2);
    /// assert_eq!(rx.has_changed(), Ok(true));
    /// ```
    #[inline]
    #[track_caller]
    pub fn borrow(&self) -> Ref<'_, T> {
        let (value, version) = self.handle.shared.read(here());
        Ref::new(value, self.seen.version() != version)
    }

    /// Returns a reference to the current value, which counts as seen from now on.
    ///
    /// # Blocking
    ///
    /// As [`borrow`](Self::borrow).
    ///
    /// # Panics
    ///
    /// As [`borrow`](Self::borrow).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// tx.send(2).unwrap();
    /// assert_eq!(*rx.borrow_and_update(), 2);
    /// assert_eq!(rx.has_changed(), Ok(false));
    /// ```
    #[inline]
    #[track_caller]
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        let (value, version) = self.handle.shared.read(here());
        let has_changed = self.seen.update(version);
        Ref::new(value, has_changed)
    }

    /// Returns a reference to the current value, or `None` while a sender is inside, or holds new readers back because
    /// it waits for its turn. It leaves the value as seen or unseen as it was.
    ///
    /// # Blocking
    ///
    /// Does not wait. All senders wait while the [`Ref`] lives.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// assert_eq!(*rx.try_borrow().unwrap(), 1);
    /// tx.send_modify(|_| assert!(rx.try_borrow().is_none()));
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_borrow(&self) -> Option<Ref<'_, T>> {
        let (value, version) = self.handle.shared.try_read(here())?;
        Some(Ref::new(value, self.seen.version() != version))
    }

    /// Tells whether there is a value that was not seen yet, whether the channel is closed or not. It does not count
    /// as seeing it.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// tx.set(2);
    /// drop(tx);
    /// assert!(rx.has_unseen());
    /// ```
    #[inline]
    pub fn has_unseen(&self) -> bool {
        self.handle.shared.state.load().is_other_than(self.seen.version())
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
    #[inline]
    pub fn version(&self) -> Version {
        self.handle.shared.state.load().version()
    }

    /// Tells whether there is a value that was not seen yet. It does not count as seeing it.
    ///
    /// [`has_unseen`](Self::has_unseen) tells the same without an error.
    ///
    /// # Errors
    ///
    /// [`RecvError`] once all senders are dropped, even if the last value was not seen.
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
    #[inline]
    pub fn has_changed(&self) -> Result<bool, RecvError> {
        let now = self.handle.shared.state.load();
        if now.is_closed() { Err(RecvError::new()) } else { Ok(now.is_other_than(self.seen.version())) }
    }

    /// Tells whether all senders are dropped, so that no new value will come. The last one may still be unseen.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(());
    /// assert!(!rx.is_closed());
    /// drop(tx);
    /// assert!(rx.is_closed());
    /// ```
    #[inline]
    pub fn is_closed(&self) -> bool {
        self.handle.shared.state.load().is_closed()
    }

    /// Makes the current value count as not seen yet, so that the next [`changed`](Self::changed) returns at once.
    /// It can be called again and again.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(());
    /// rx.mark_changed();
    /// assert_eq!(rx.has_changed(), Ok(true));
    /// ```
    #[inline]
    pub fn mark_changed(&mut self) {
        self.seen.step_back();
    }

    /// Makes the current value count as seen.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// tx.send(2).unwrap();
    /// rx.mark_unchanged();
    /// assert_eq!(rx.has_changed(), Ok(false));
    /// ```
    #[inline]
    pub fn mark_unchanged(&mut self) {
        self.seen.update(self.handle.shared.state.load().version());
    }

    /// Tells whether both receive from the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(());
    /// assert!(rx.same_channel(&tx.subscribe()));
    /// assert!(!rx.same_channel(&watch_channel::channel(()).1));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        self.handle.same_channel(&other.handle)
    }
}

/// The clone has seen what this receiver has seen.
///
/// # Panics
///
/// If there are more than `usize::MAX / 4` receivers, which only `mem::forget` can bring about.
impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self::new(self.handle.clone(), self.seen.version())
    }
}

/// Wakes the senders that wait in [`Sender::closed`](crate::Sender::closed), if this is the last receiver.
impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.handle.remove_receiver();
    }
}

/// Shows the value, or `<locked>` while a sender is inside; it never waits.
impl<T: fmt::Debug> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("shared", &self.handle).field("version", &self.seen).finish()
    }
}

// A panic leaves the channel usable: the lock is released, and value and version belong together.
impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}
