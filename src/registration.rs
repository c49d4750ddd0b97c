//! The wait for a notification: a listener in a list, and the task behind it.
//!
//! # The life of a wait
//!
//! 1. *Listening*: a listener is put into its list, then the waiting bit is set. If that shows news, the wait is over.
//! 2. *Sleeping*: the task's waker is in the [`Waiter`], and event-listener has the waiter's own waker.
//! 3. *Notified*: event-listener has called that waker under its list lock; its wake-up is deferred.
//! 4. *Woken*: the notifying caller has taken the task's waker out of the waiter and called it, with nothing held.
//!
//! A wait that ends, or is dropped, in any of these states removes the listener and the task's waker: a wake-up that is
//! still deferred then finds nobody to wake.

use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};

use event_listener::Listener;

use crate::coop::poll_look;
use crate::deferred::must_discard;
use crate::sync::TaskArc;
use crate::waiter::Waiter;

/// A listener in a list; not there any more once it was found notified. Drop a
/// [`WakePropagated`](crate::deferred::WakePropagated) after it.
pub(crate) struct Listening<L: Listener + Unpin>(Option<L>);

impl<L: Listener + Unpin> Listening<L> {
    #[inline]
    pub(crate) fn new(listener: L) -> Self {
        Self(Some(listener))
    }

    /// Ready once it was notified, which takes it out of its list: then it is not to be polled again.
    #[inline]
    pub(crate) fn poll(&mut self, waker: &Waker) -> Poll<()> {
        self.0.as_mut().map_or(Poll::Ready(()), |listener| Pin::new(listener).poll(&mut Context::from_waker(waker)))
    }

    /// Drops the listener, which is not in its list any more.
    #[inline]
    fn end(&mut self) {
        self.0 = None;
    }

    /// Removes the listener from its list; a notification is not passed on.
    #[inline]
    fn discard(&mut self) {
        if let Some(listener) = self.0.take() {
            listener.discard();
        }
    }
}

impl<L: Listener + Unpin> Drop for Listening<L> {
    #[inline]
    fn drop(&mut self) {
        if must_discard() {
            self.discard();
        }
    }
}

/// Waits, in an `async` block or function, until `look` returns something. While a listener is in the list of `place`,
/// `look_and_set_waiting` looks and makes sure that the waiting bit is set, before or in the same atomic operation.
/// `is_later` says of what was found whether others may be in that list by now who wait for something else.
macro_rules! wait {
    (
        look: $look:expr,
        look_and_set_waiting: $look_and_set_waiting:expr,
        place: $place:expr,
        is_later: $is_later:expr $(,)?
    ) => {
        match $crate::coop::look_within_budget!($look) {
            Some(found) => found,
            None => loop {
                let (waiter, event) = $place;
                let _wake = $crate::deferred::WakePropagated;
                ::event_listener::listener!(*event => listener);
                let listener = $crate::registration::Listening::new(listener);
                if let Some(found) = $look_and_set_waiting {
                    break found;
                }
                if let Some(found) = $crate::registration::Wait::new(listener, waiter, || $look, $is_later).await {
                    break found;
                }
                // Woken for nothing.
            },
        }
    };
}
pub(crate) use wait;

/// The part of a wait after the listener is in its list. `None` asks for a new listener, because this one was used up.
pub(crate) struct Wait<'a, L: Listener + Unpin, F, G> {
    registration: Registration<L>,
    waiter: &'a TaskArc<Waiter>,
    look: F,
    is_later: G,
}

impl<'a, L: Listener + Unpin, F, G> Wait<'a, L, F, G> {
    #[inline]
    pub(crate) fn new(listener: Listening<L>, waiter: &'a TaskArc<Waiter>, look: F, is_later: G) -> Self {
        Self { registration: Registration::new(listener), waiter, look, is_later }
    }
}

impl<L, F, R, G> Future for Wait<'_, L, F, G>
where
    L: Listener + Unpin,
    F: FnMut() -> Option<R> + Unpin,
    G: Fn(&R) -> bool + Unpin,
{
    type Output = Option<R>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R>> {
        let Self { registration, waiter, look, is_later } = &mut *self;
        let found = ready!(registration.poll(waiter, cx, look));
        if found.as_ref().is_some_and(&*is_later) {
            registration.listener.discard();
        }
        Poll::Ready(found)
    }
}

impl<L: Listener + Unpin, F, G> Drop for Wait<'_, L, F, G> {
    #[inline]
    fn drop(&mut self) {
        drop(self.registration.cancel(self.waiter));
    }
}

/// A listener in a list, and what is known of the task behind it.
pub(crate) struct Registration<L: Listener + Unpin> {
    listener: Listening<L>,
    /// Whether a task was set that may still be there.
    is_sleeping: bool,
}

impl<L: Listener + Unpin> Registration<L> {
    #[inline]
    pub(crate) fn new(listener: Listening<L>) -> Self {
        Self { listener, is_sleeping: false }
    }

    /// `Ready(None)` asks for a new listener, because this one was used up.
    #[inline]
    pub(crate) fn poll<R>(
        &mut self,
        waiter: &TaskArc<Waiter>,
        cx: &mut Context<'_>,
        look: impl FnOnce() -> Option<R>,
    ) -> Poll<Option<R>> {
        if self.is_sleeping {
            // A woken task mostly finds its news here, and is spared the locks of the waiter and of the list.
            if let Some(found) = ready!(poll_look(cx, look)) {
                self.is_sleeping = false;
                drop(waiter.clear_task());
                return Poll::Ready(Some(found));
            }
        }
        let (notified, replaced) = self.sleep(waiter, cx.waker().clone());
        drop(replaced);
        notified.map(|()| None)
    }

    /// Ready if the listener was used up. If not, `task` is woken when it is notified. Returns the task that was there.
    #[inline]
    pub(crate) fn sleep(&mut self, waiter: &TaskArc<Waiter>, task: Waker) -> (Poll<()>, Option<Waker>) {
        self.is_sleeping = true;
        // First the task, then the list: whoever is notified from here on wakes this task.
        let (notified, replaced) = Waiter::sleep(waiter, task, |own| self.listener.poll(own));
        if notified.is_ready() {
            self.listener.end();
        }
        (notified, replaced)
    }

    /// To be called before it is dropped. Returns the task that was there.
    #[inline]
    pub(crate) fn cancel(&mut self, waiter: &Waiter) -> Option<Waker> {
        if !self.is_sleeping {
            return None;
        }
        let task = waiter.clear_task();
        if task.is_none() {
            // Notified some time ago: whoever waits in the list by now waits for something else.
            self.listener.discard();
        }
        task
    }
}
