//! What handles wait for: `changed` and `wait_for` of a [`Receiver`], `closed` of a [`Sender`].
//!
//! `news!` and `wait!` are macros and not `async fn`s because each of those is one more state machine to enter at every
//! poll, and hands its arguments over through memory: together a tenth of the time of a wait.

use crate::error::RecvError;
use crate::guard::Ref;
use crate::held::here;
use crate::notify::SenderWaiter;
use crate::receiver::Receiver;
use crate::sender::Sender;
use crate::state::News;
use crate::waiter::wait;

/// Waits for a version that a receiver, taken apart, has not seen, or for the close.
macro_rules! news {
    ($handle:expr, $seen:expr, $waiter:expr) => {{
        let (state, notifier) = (&$handle.shared.state, &$handle.notifier);
        let news = wait! {
            look: $seen.look(state.load()),
            look_and_set_waiting: $seen.look(state.set_waiting($seen.shard())),
            place: $waiter.get_or_claim(notifier, $seen.shard()),
        };
        match news {
            News::Unseen => Ok(()),
            News::Closed => Err(RecvError::new()),
        }
    }};
}

impl<T> Receiver<T> {
    /// Waits for a value that was not seen yet, and counts it as seen.
    ///
    /// It returns at once if the current value is unseen. It does not return the value: look with
    /// [`borrow_and_update`](Self::borrow_and_update), so that a value sent in the meantime does not come twice.
    ///
    /// # Errors
    ///
    /// [`RecvError`] once all senders are dropped and the last value was seen.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it is ready, nothing was seen, and nothing of the wait is left behind.
    ///
    /// # Panics
    ///
    /// If the task's waker panics when it is cloned.
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
    pub async fn changed(&mut self) -> Result<(), RecvError> {
        let Self { handle, seen, waiter } = self;
        news!(handle, seen, waiter)
    }

    /// Waits for a value for which `condition` returns `true`, and returns a reference to the very value that it
    /// saw, which counts as seen.
    ///
    /// It looks at the current value first, even if that was seen. Each value looked at counts as seen; those
    /// sent between two looks are not looked at. After the channel is closed, it looks once more if the last value
    /// is unseen.
    ///
    /// `condition` runs while the value is borrowed: keep it short, and do not send on the same channel in it.
    ///
    /// # Blocking
    ///
    /// Between waits as [`borrow`](Self::borrow).
    ///
    /// # Errors
    ///
    /// [`RecvError`] once all senders are dropped, and `condition` returned `false` for the last value.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it is ready, only values for which `condition` returned `false` were seen,
    /// and nothing of the wait is left behind.
    ///
    /// # Panics
    ///
    /// If `condition` panics; the value that it looked at counts as seen, and the channel can be used as before.
    /// If the task's waker panics when it is cloned.
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
    // Not an `async fn`: the caller's line must be taken now, not when the future is polled.
    #[track_caller]
    pub fn wait_for(
        &mut self,
        mut condition: impl FnMut(&T) -> bool,
    ) -> impl Future<Output = Result<Ref<'_, T>, RecvError>> {
        let site = here();
        async move {
            let Self { handle, seen, waiter } = self;
            loop {
                {
                    let (value, version) = handle.shared.read(site);
                    let has_changed = seen.update(version);
                    if condition(&value) {
                        return Ok(Ref::new(value, has_changed));
                    }
                }
                news!(handle, seen, waiter)?;
            }
        }
    }
}

impl<T> Sender<T> {
    /// Waits until there is no receiver. [`subscribe`](Self::subscribe) can make one again at any time.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it is ready, nothing of the wait is left behind.
    ///
    /// # Panics
    ///
    /// If the task's waker panics when it is cloned.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = watch_channel::channel(());
    /// drop(rx);
    /// tx.closed().await;
    /// assert!(tx.is_closed());
    /// # });
    /// ```
    pub async fn closed(&self) {
        let receivers = &self.handle.shared.receivers;
        let mut waiter = None;
        wait! {
            look: (receivers.get() == 0).then_some(()),
            look_and_set_waiting: (receivers.set_waiting() == 0).then_some(()),
            place: waiter.get_or_insert_with(|| SenderWaiter::claim(&self.handle.notifier)).get(),
        }
    }
}
