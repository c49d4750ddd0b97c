//! [`Ref`], the guard that `borrow` and its relatives return.

use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use core::panic::{RefUnwindSafe, UnwindSafe};

use crate::channel::state::Version;
use crate::lock::ReadGuard;

/// Has every auto trait except `Send`, because a `Ref` must be dropped on the thread that took it.
/// The compiler's error message names this trait.
trait RefStaysOnItsThread: Sync + Unpin + UnwindSafe + RefUnwindSafe {}

/// A reference to a channel's value, which cannot change while the `Ref` lives.
///
/// Drop it soon: all senders of the channel wait until it is dropped. If a task keeps a `Ref`
/// across an `.await`, the senders also wait until that `.await` is over.
///
/// It is never `Send`, whatever `T` is. It is `Sync` if `T` is, and covariant in `T`, like a
/// reference.
///
/// # Examples
///
/// ```
/// let (tx, rx) = watch_channel::channel(String::from("one"));
/// {
///     let value = rx.borrow();
///     assert_eq!(value.len(), 3);
/// } // dropped before the next send
/// tx.send("three".into()).unwrap();
/// assert_eq!(*rx.borrow(), "three");
/// ```
pub struct Ref<'a, T> {
    /// What is the value? Locked for readers while this lives.
    value: ReadGuard<'a, T>,
    /// Which version is it?
    version: Version,
    /// Had the receiver not seen it?
    has_changed: bool,
    _not_send: PhantomData<dyn RefStaysOnItsThread>,
}

impl<'a, T> Ref<'a, T> {
    pub(crate) fn new(value: ReadGuard<'a, T>, version: Version, has_changed: bool) -> Self {
        Self { value, version, has_changed, _not_send: PhantomData }
    }

    /// Returns `true` if the receiver that this `Ref` comes from had not seen the value before.
    ///
    /// The answer does not change while the `Ref` lives.
    /// [`Receiver::borrow`](crate::Receiver::borrow) leaves the value unseen, so the next `Ref`
    /// returns `true` again. A `Ref` from a [`Sender`](crate::Sender) always returns `false`.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// tx.send(2).unwrap();
    /// assert!(rx.borrow().has_changed());
    /// assert!(rx.borrow_and_update().has_changed());
    /// assert!(!rx.borrow().has_changed());
    /// ```
    pub fn has_changed(&self) -> bool {
        self.has_changed
    }

    /// Returns the version of this value.
    ///
    /// Another value can be sent between a read and a call of
    /// [`Receiver::version`](crate::Receiver::version); this method always returns the version of
    /// the value that the `Ref` refers to.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// let first = rx.borrow().version();
    /// tx.send(2).unwrap();
    /// assert_ne!(tx.borrow().version(), first);
    /// assert_eq!(rx.borrow().version(), rx.version());
    /// ```
    pub fn version(&self) -> Version {
        self.version
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ref").field("inner", &&**self).field("has_changed", &self.has_changed()).finish()
    }
}

// Like a plain reference: a panic leaves neither the value nor the lock half changed.
impl<T: RefUnwindSafe> UnwindSafe for Ref<'_, T> {}
impl<T: RefUnwindSafe> RefUnwindSafe for Ref<'_, T> {}
