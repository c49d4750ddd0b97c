//! What handles wait for: `changed` and `wait_for` of a [`Receiver`], `closed` of a [`Sender`].
//!
//! `news!` and `wait!` are macros and not `async fn`s because each of those is one more state machine to enter at every
//! poll, and hands its arguments over through memory: together a tenth of the time of a wait.

use core::task::{Context, Poll, ready};

use crate::coop::{cooperative, poll_look, unbudgeted};
use crate::error::RecvError;
use crate::guard::Ref;
use crate::held::here;
use crate::notify::SenderWaiter;
use crate::receiver::Receiver;
use crate::registration::wait;
use crate::sender::Sender;
use crate::state::News;

/// Waits for a version that the receiver has not seen, or for the close. The receiver is taken apart anew at each use,
/// so that the future keeps one reference to it and not one to each part.
macro_rules! news {
    ($receiver:ident) => {{
        let news = wait! {
            look: $receiver.seen.look($receiver.handle.shared.state.load()),
            look_and_set_waiting: {
                let shard = $receiver.seen.shard();
                $receiver.seen.look($receiver.handle.shared.state.set_waiting(shard))
            },
            place: $receiver.waiter.place(&$receiver.handle.notifier, $receiver.seen.shard()),
            is_later: News::is_later,
        };
        news.into_result()
    }};
}

impl<T> Receiver<T> {
    /// Waits for a value that was not seen yet, and counts it as seen.
    ///
    /// It returns at once if the current value is unseen. It does not return the value: look with
    /// [`borrow_and_update`](Self::borrow_and_update), so that a value sent in the meantime does not come twice.
    ///
    /// # Blocking
    ///
    /// The task sleeps. To look for news waits for nobody who reads or changes the value.
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
        news!(self)
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
    /// The task sleeps. Each look at the value waits as [`borrow`](Self::borrow) does.
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
        cooperative(async move {
            loop {
                {
                    let mut has_changed = false;
                    let found = self.handle.shared.read_if(site, |value, version| {
                        has_changed = self.seen.update(version);
                        condition(value)
                    });
                    if let Some(value) = found {
                        return Ok(Ref::new(value, has_changed));
                    }
                }
                unbudgeted!(news!(self))?;
            }
        })
    }

    /// Waits for a value for which `f` returns something, and returns that.
    ///
    /// It looks, and counts values as seen, as [`wait_for`](Self::wait_for). But the result is owned: no [`Ref`] is held,
    /// so that the future stays `Send` whatever follows.
    ///
    /// # Blocking
    ///
    /// The task sleeps. Each look at the value waits as [`with`](Self::with) does.
    ///
    /// # Errors
    ///
    /// [`RecvError`] once all senders are dropped, and `f` returned `None` for the last value.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it is ready, only values for which `f` returned `None` were seen, and nothing
    /// of the wait is left behind.
    ///
    /// # Panics
    ///
    /// As [`wait_for`](Self::wait_for).
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = watch_channel::channel(None);
    /// tx.set(Some("10.0.0.1"));
    /// let address = rx.wait_for_map(|value| value.map(String::from)).await.unwrap();
    /// assert_eq!(address, "10.0.0.1");
    /// # });
    /// ```
    // Not an `async fn`: as `wait_for`.
    #[track_caller]
    pub fn wait_for_map<U>(
        &mut self,
        mut f: impl FnMut(&T) -> Option<U>,
    ) -> impl Future<Output = Result<U, RecvError>> {
        let site = here();
        cooperative(async move {
            loop {
                let found = self.handle.shared.with(site, |value, version| {
                    self.seen.update(version);
                    f(value)
                });
                if let Some(found) = found {
                    return Ok(found);
                }
                unbudgeted!(news!(self))?;
            }
        })
    }

    /// Polls for a value that was not seen yet, and counts it as seen: [`changed`](Self::changed) for futures that are
    /// written by hand.
    ///
    /// While it is pending, the registration is kept, and only the last `cx` given is woken. Any other wait on this
    /// receiver cancels it, and so does dropping the receiver. A registration takes one allocation, unlike `changed`,
    /// because it must outlive the poll.
    ///
    /// # Blocking
    ///
    /// Does not wait for anybody who reads or changes the value.
    ///
    /// # Errors
    ///
    /// [`RecvError`] once all senders are dropped and the last value was seen.
    ///
    /// # Panics
    ///
    /// If the task's waker panics when it is cloned.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::task::{Context, Poll, Waker};
    ///
    /// let (tx, mut rx) = watch_channel::channel(1);
    /// let mut cx = Context::from_waker(Waker::noop());
    /// assert_eq!(rx.poll_changed(&mut cx), Poll::Pending);
    /// tx.set(2);
    /// assert_eq!(rx.poll_changed(&mut cx), Poll::Ready(Ok(())));
    /// ```
    pub fn poll_changed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), RecvError>> {
        let Self { handle, seen, waiter } = self;
        let (state, notifier) = (&handle.shared.state, &handle.notifier);
        if let Some(news) = ready!(poll_look(cx, || seen.look(state.load()))) {
            waiter.unregister();
            return Poll::Ready(news.into_result());
        }
        let shard = seen.shard();
        loop {
            if waiter.register(notifier, shard) {
                if let Some(news) = seen.look(state.set_waiting(shard)) {
                    waiter.unregister();
                    return Poll::Ready(news.into_result());
                }
            }
            if waiter.poll_registration(cx).is_pending() {
                return Poll::Pending;
            }
            // Woken for nothing, or by a send since we looked: with a new listener we look again.
        }
    }
}

impl<T> Sender<T> {
    /// Waits until there is no receiver. [`subscribe`](Self::subscribe) can make one again at any time.
    ///
    /// # Blocking
    ///
    /// The task sleeps. To look for receivers waits for nobody who reads or changes the value.
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
            place: waiter.get_or_insert_with(|| SenderWaiter::new(&self.handle.notifier)).place(),
            is_later: |(): &()| false,
        }
    }
}
