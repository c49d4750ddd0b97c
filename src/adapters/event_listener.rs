//! [`EventListener`]s of the crate event-listener, on which the smol family builds (feature
//! `event-listener`).

use event_listener::EventListener;

use crate::channel::state::LISTENING;
use crate::receiver::Receiver;
use crate::sender::Sender;
use crate::sync::notify_all;

impl<T> Receiver<T> {
    /// Returns a listener that is notified when a new version is sent or the channel is closed.
    ///
    /// A listener owns what it needs: it is `'static` and `Send`, and can be awaited, waited for on
    /// a thread (`wait`, `wait_timeout`, `wait_deadline`), and combined with other futures. It
    /// marks nothing as seen. If you need none of this, [`changed`](Self::changed) is faster and
    /// easier to use.
    ///
    /// Listen first, then check, then wait: a version that is sent after the check then notifies
    /// the listener. On a closed channel, a new listener is notified at once. A listener can also
    /// be notified without a new version: by a send that was still notifying when the listener was
    /// made, or by another listener that was notified and then dropped. Each call allocates.
    ///
    /// # Blocking
    ///
    /// This method never waits for readers or senders. A send, or the last sender's drop, calls the
    /// wakers of listeners while it holds event-listener's own lock. With event-listener's feature
    /// `critical-section`, which this crate does not enable, that lock is a critical section.
    /// Firmware needs it if interrupts use the channel.
    ///
    /// # Panics
    ///
    /// If the waker of a listener panics, the send notifies all other listeners and then panics.
    /// But event-listener does not count the one that panicked as notified. In a debug build,
    /// dropping that listener, or the last listener after it, panics as well.
    ///
    /// # Examples
    ///
    /// In a task:
    ///
    /// ```
    /// # use futures_lite::future::block_on;
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// let sender = std::thread::spawn(move || tx.set(2));
    /// block_on(async {
    ///     loop {
    ///         let listener = rx.listen();
    ///         if rx.has_unseen() {
    ///             break;
    ///         }
    ///         listener.await;
    ///     }
    /// });
    /// assert_eq!(rx.get_and_update(), 2);
    /// # sender.join().unwrap();
    /// ```
    ///
    /// On a thread, with a deadline:
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// use event_listener::Listener;
    ///
    /// let (tx, rx) = watch_channel::channel("starting");
    /// let deadline = Instant::now() + Duration::from_millis(10);
    /// let is_ready = loop {
    ///     let listener = rx.listen();
    ///     if rx.get() == "ready" {
    ///         break true;
    ///     }
    ///     if listener.wait_deadline(deadline).is_none() {
    ///         break false;
    ///     }
    /// };
    /// assert!(!is_ready);
    /// # drop(tx);
    /// ```
    pub fn listen(&self) -> EventListener {
        let listener = self.channel.waiters.on_change.listen();
        if self.channel.state.set(LISTENING).is_closed() {
            notify_all(&self.channel.waiters.on_change);
        }
        listener
    }
}

impl<T> Sender<T> {
    /// Returns a listener that is notified when the last receiver is dropped.
    ///
    /// It does for senders what [`Receiver::listen`] does for receivers. If you need no listener
    /// that owns what it needs, use [`closed`](Self::closed). On a channel without a receiver, a
    /// new listener is notified at once. Each call allocates.
    ///
    /// # Blocking
    ///
    /// This method never waits for readers or senders. The last receiver's drop calls the wakers of
    /// listeners while it holds event-listener's own lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use event_listener::Listener;
    ///
    /// let (tx, rx) = watch_channel::channel(());
    /// let receiver = std::thread::spawn(move || drop(rx));
    /// while !tx.is_closed() {
    ///     let listener = tx.listen_closed();
    ///     if !tx.is_closed() {
    ///         listener.wait_timeout(Duration::from_secs(1)).expect("the thread drops the receiver");
    ///     }
    /// }
    /// assert!(tx.is_closed());
    /// # receiver.join().unwrap();
    /// ```
    pub fn listen_closed(&self) -> EventListener {
        let listener = self.channel.waiters.on_closed().listen();
        if self.channel.receivers.set_awaited() == 0 {
            notify_all(self.channel.waiters.on_closed());
        }
        listener
    }
}
