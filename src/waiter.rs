//! Who waits: the place for a task's waker, and the wait itself.
//!
//! # The life of a wait
//!
//! 1. *Listening*: a listener is put into its list, then the waiting bit is set. If that shows news, the wait is over.
//! 2. *Sleeping*: the task's waker is in the [`Waiter`], and event-listener has the waiter's own waker.
//! 3. *Notified*: event-listener has called that waker under its list lock; the waiter is put aside.
//! 4. *Woken*: the notifying caller has taken the task's waker out of the waiter and called it, with nothing held.
//!
//! A wait that ends, or is dropped, in any of these states removes the listener and the task's waker: whoever has the
//! waiter put aside then finds nobody to wake.

use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};

use event_listener::Listener;

use crate::coop::poll_look;
use crate::sync::{AtomicUsize, BATCH, Mutex, Ordering, TaskArc, Wake};
use crate::woken::put_aside;

/// What one wait at a time is done with.
pub(crate) struct Waiter {
    /// Set by the waiting task's poll; taken by who wakes it, or by the end of the wait.
    task: Mutex<Option<Waker>>,
    /// 0 only if there is no task, so that a wait that ends need not lock `task` to know.
    ///
    /// ORDERING: Relaxed, everywhere; written under the lock. Only the wait looks, which set it to 1 itself.
    has_task: AtomicUsize,
}

/// A waiter, with the waker that puts it aside: made once, because a wait only borrows it.
pub(crate) struct Slot {
    waiter: TaskArc<Waiter>,
    waker: Waker,
}

impl Slot {
    pub(crate) fn new() -> Self {
        let waiter = TaskArc::new(Waiter { task: Mutex::new(None), has_task: AtomicUsize::new(0) });
        Self { waker: waiter.clone().into(), waiter }
    }
}

impl Waiter {
    /// Replaces the task to be woken. Wakers are cloned and dropped with nothing locked.
    fn set_task(&self, task: &Waker) {
        let new = Some(task.clone());
        let replaced = self.task.with(|task| {
            self.has_task.store(1, Ordering::Relaxed);
            core::mem::replace(task, new)
        });
        drop(replaced);
    }

    fn take_task(&self) -> Option<Waker> {
        self.task.with(|task| {
            self.has_task.store(0, Ordering::Relaxed);
            task.take()
        })
    }

    /// The caller holds no lock.
    #[inline]
    pub(crate) fn wake_task(&self) {
        if let Some(task) = self.take_task() {
            task.wake();
        }
    }

    /// Makes sure that there is no task to be woken. Returns whether there was one.
    #[inline]
    fn clear_task(&self) -> bool {
        self.has_task.load(Ordering::Relaxed) != 0 && self.take_task().is_some()
    }
}

impl Wake for Waiter {
    /// Called under event-listener's list lock: nobody else's code runs, and no memory is taken or freed.
    fn wake(this: TaskArc<Self>) {
        put_aside(this);
    }
}

/// A listener in a list; not there any more once it was found notified. What its drop needs says
/// [`Inherited`](crate::woken::Inherited).
pub(crate) struct Listening<L: Listener + Unpin>(Option<L>);

impl<L: Listener + Unpin> Listening<L> {
    #[inline]
    pub(crate) fn new(listener: L) -> Self {
        Self(Some(listener))
    }

    /// Ready once it was notified, and from then on.
    #[inline]
    pub(crate) fn poll(&mut self, waker: &Waker) -> Poll<()> {
        if let Some(listener) = &mut self.0 {
            ready!(Pin::new(listener).poll(&mut Context::from_waker(waker)));
            self.0 = None;
        }
        Poll::Ready(())
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
        if BATCH == 1 {
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
                let (slot, event) = $place;
                let _inherited = $crate::woken::Inherited;
                ::event_listener::listener!(*event => listener);
                let listener = $crate::waiter::Listening::new(listener);
                if let Some(found) = $look_and_set_waiting {
                    break found;
                }
                if let Some(found) = $crate::waiter::Wait::new(listener, slot, || $look, $is_later).await {
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
    slot: &'a Slot,
    look: F,
    is_later: G,
}

impl<'a, L: Listener + Unpin, F, G> Wait<'a, L, F, G> {
    #[inline]
    pub(crate) fn new(listener: Listening<L>, slot: &'a Slot, look: F, is_later: G) -> Self {
        Self { registration: Registration::new(listener), slot, look, is_later }
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
        let Self { registration, slot, look, is_later } = &mut *self;
        let found = ready!(registration.poll(slot, cx, look));
        if found.as_ref().is_some_and(&*is_later) {
            registration.listener.discard();
        }
        Poll::Ready(found)
    }
}

impl<L: Listener + Unpin, F, G> Drop for Wait<'_, L, F, G> {
    #[inline]
    fn drop(&mut self) {
        self.registration.cancel(self.slot);
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
        slot: &Slot,
        cx: &mut Context<'_>,
        look: impl FnOnce() -> Option<R>,
    ) -> Poll<Option<R>> {
        if self.is_sleeping {
            // A woken task mostly finds its news here, and is spared the locks of the waiter and of the list.
            if let Some(found) = ready!(poll_look(cx, look)) {
                self.is_sleeping = false;
                slot.waiter.clear_task();
                return Poll::Ready(Some(found));
            }
        }
        slot.waiter.set_task(cx.waker());
        self.is_sleeping = true;
        // First the task, then the list: whoever is notified from here on wakes this task.
        self.listener.poll(&slot.waker).map(|()| None)
    }

    /// To be called before it is dropped.
    #[inline]
    pub(crate) fn cancel(&mut self, slot: &Slot) {
        if self.is_sleeping && !slot.waiter.clear_task() {
            // Notified some time ago: whoever waits in the list by now waits for something else.
            self.listener.discard();
        }
    }
}
