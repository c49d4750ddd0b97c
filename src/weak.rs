//! [`WeakSender`].

use core::fmt;

use crate::channel::Channel;
use crate::sender::Sender;
use crate::sync::Arc;

/// A sender that does not keep the channel open, made by [`Sender::downgrade`].
///
/// To send, call [`upgrade`](Self::upgrade), which returns a [`Sender`] until the channel is closed. The last value stays in
/// memory as long as any handle of the channel lives, including weak senders.
///
/// # Examples
///
/// ```
/// let (tx, rx) = watch_channel::channel(1);
/// let weak = tx.downgrade();
/// weak.upgrade().unwrap().set(2);
/// assert_eq!(rx.get(), 2);
/// drop(tx);
/// assert!(weak.upgrade().is_none());
/// ```
pub struct WeakSender<T> {
    channel: Arc<Channel<T>>,
}

impl<T> WeakSender<T> {
    pub(crate) fn new(channel: Arc<Channel<T>>) -> Self {
        Self { channel }
    }

    /// Returns a sender, or `None` once the last sender has been dropped: a closed channel stays closed.
    ///
    /// # Panics
    ///
    /// Panics if there are more than `usize::MAX / 8` senders, which is possible only with `mem::forget`.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(());
    /// let weak = tx.downgrade();
    /// assert!(weak.upgrade().is_some_and(|upgraded| upgraded.same_channel(&tx)));
    /// drop(tx);
    /// assert!(weak.upgrade().is_none());
    /// ```
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.channel.senders.add_unless_zero().then(|| Sender { channel: self.channel.clone() })
    }

    /// Returns the number of senders at this moment, without the weak senders.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(());
    /// let weak = tx.downgrade();
    /// assert_eq!(weak.sender_count(), 1);
    /// ```
    pub fn sender_count(&self) -> usize {
        self.channel.senders.get()
    }

    /// Returns `true` if both belong to the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(());
    /// let weak = tx.downgrade();
    /// assert!(weak.same_channel(&tx.clone().downgrade()));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.channel, &other.channel)
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self::new(self.channel.clone())
    }
}

/// Shows the version and the value, or `<locked>` where [`try_borrow`](Sender::try_borrow) would return `None`. It never
/// waits.
impl<T: fmt::Debug> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakSender").field("shared", &self.channel).finish()
    }
}
