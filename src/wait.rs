//! What handles wait for: `changed` and `wait_for` of a [`Receiver`], `closed` of a [`Sender`].
//!
//! The parts that do not need the value's type are functions without it, so that they exist once in a program.

use crate::count::Count;
use crate::error::RecvError;
use crate::guard::Ref;
use crate::held::here;
use crate::notify::{Notifier, OwnWaiter, SenderWaiter};
use crate::receiver::Receiver;
use crate::sender::Sender;
use crate::state::{AtomicState, News, Seen};
use crate::waiter::{Look, wait};

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
        changed(&self.handle.shared.state, &self.handle.notifier, &mut self.seen, &mut self.waiter).await
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
            let shared = &handle.shared;
            loop {
                {
                    let (value, version) = shared.read(site);
                    let has_changed = seen.update(version);
                    if condition(&value) {
                        return Ok(Ref::new(value, has_changed));
                    }
                }
                changed(&shared.state, &handle.notifier, seen, waiter).await?;
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
        closed(&self.handle.shared.receivers, &self.handle.notifier).await;
    }
}

async fn changed(
    state: &AtomicState,
    notifier: &Notifier,
    seen: &mut Seen,
    waiter: &mut OwnWaiter,
) -> Result<(), RecvError> {
    let news = match seen.look(state.load()) {
        Some(news) => news,
        None => {
            let shard = seen.shard();
            let (slot, event) = waiter.get_or_claim(notifier, shard);
            wait(slot, event, |look| {
                seen.look(match look {
                    Look::AndSetWaiting => state.set_waiting(shard),
                    Look::Only => state.load(),
                })
            })
            .await
        }
    };
    match news {
        News::Unseen => Ok(()),
        News::Closed => Err(RecvError::new()),
    }
}

async fn closed(receivers: &Count, notifier: &Notifier) {
    if receivers.get() == 0 {
        return;
    }
    let waiter = SenderWaiter::claim(notifier);
    let (slot, event) = waiter.get();
    wait(slot, event, |look| {
        let left = match look {
            Look::AndSetWaiting => receivers.set_waiting(),
            Look::Only => receivers.get(),
        };
        (left == 0).then_some(())
    })
    .await;
}
