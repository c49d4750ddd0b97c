//! Who waits: the place for a task's waker, and the wait itself.
//!
//! # The life of a wait
//!
//! 1. *Listening*: a listener is put into its list, then the waiting bit is set. If that shows news, the wait is over.
//! 2. *Sleeping*: the task's waker is in the [`Waiter`], and event-listener has the waiter's own waker.
//! 3. *Notified*: event-listener has called that waker under its list lock; the waiter is on the woken stack.
//! 4. *Woken*: the notifying caller has taken the waiter off the stack and called the task's waker, with nothing held.
//!
//! A wait that ends, or is dropped, in any of these states removes the listener and the task's waker: whoever finds
//! the waiter on the stack afterwards finds nobody to wake.

use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};

use event_listener::Listener;

use crate::coop::poll_look;
use crate::notify::Wakeups;
use crate::sync::{AtomicUsize, Mutex, Ordering, TaskArc, Wake};
use crate::woken::Link;

/// What one wait at a time is done with.
pub(crate) struct Waiter {
    inner: Mutex<Inner>,
    /// 0 only if there is no task, so that a wait that ends need not lock `inner` to know.
    ///
    /// ORDERING: Relaxed, everywhere; written under the lock. Only the wait looks, which set it to 1 itself.
    has_task: AtomicUsize,
    wakeups: TaskArc<Wakeups>,
}

struct Inner {
    /// Set by the waiting task's poll; taken by who wakes it, or by the end of the wait.
    task: Option<Waker>,
    link: Link,
}

/// A waiter, with the waker that puts it onto the woken stack: made once, because a wait only borrows it.
pub(crate) struct Slot {
    waiter: TaskArc<Waiter>,
    waker: Waker,
}

impl Slot {
    pub(crate) fn new(wakeups: TaskArc<Wakeups>) -> Self {
        let inner = Inner { task: None, link: Link::new() };
        let waiter = TaskArc::new(Waiter { inner: Mutex::new(inner), has_task: AtomicUsize::new(0), wakeups });
        Self { waker: waiter.clone().into(), waiter }
    }
}

impl Waiter {
    /// Replaces the task to be woken. Wakers are cloned and dropped with nothing locked.
    fn set_task(&self, task: &Waker) {
        let task = Some(task.clone());
        let replaced = self.inner.with(|inner| {
            self.has_task.store(1, Ordering::Relaxed);
            core::mem::replace(&mut inner.task, task)
        });
        drop(replaced);
    }

    fn take_task(&self) -> Option<Waker> {
        self.take_task_and(|_| ())
    }

    pub(crate) fn take_task_and(&self, f: impl FnOnce(&mut Link)) -> Option<Waker> {
        self.inner.with(|inner| {
            f(&mut inner.link);
            self.has_task.store(0, Ordering::Relaxed);
            inner.task.take()
        })
    }

    pub(crate) fn with_link<R>(&self, f: impl FnOnce(&mut Link) -> R) -> R {
        self.inner.with(|inner| f(&mut inner.link))
    }

    /// Makes sure that there is no task to be woken.
    #[inline]
    fn clear_task(&self) {
        if self.has_task.load(Ordering::Relaxed) != 0 {
            drop(self.take_task());
        }
    }
}

impl Wake for Waiter {
    /// Called under event-listener's list lock: links the waiter, and runs nobody else's code.
    fn wake(this: TaskArc<Self>) {
        let wakeups = this.wakeups.clone();
        wakeups.woken.push(this);
    }
}

/// Waits, in an `async` block or function, until `look` returns something. While a listener is in the list of `place`,
/// `look_and_set_waiting` looks and makes sure that the waiting bit is set, before or in the same atomic operation.
macro_rules! wait {
    (look: $look:expr, look_and_set_waiting: $look_and_set_waiting:expr, place: $place:expr $(,)?) => {
        match $crate::coop::look_within_budget!($look) {
            Some(found) => found,
            None => loop {
                let (slot, event) = $place;
                ::event_listener::listener!(event => listener);
                if let Some(found) = $look_and_set_waiting {
                    break found;
                }
                if let Some(found) = $crate::waiter::Wait::new(listener, slot, || $look).await {
                    break found;
                }
                // Woken for nothing.
            },
        }
    };
}
pub(crate) use wait;

/// The part of a wait after the listener is in its list. `None` asks for a new listener, because this one was used up.
pub(crate) struct Wait<'a, L: Listener + Unpin, F> {
    registration: Registration<L>,
    slot: &'a Slot,
    look: F,
}

impl<'a, L: Listener + Unpin, F> Wait<'a, L, F> {
    #[inline]
    pub(crate) fn new(listener: L, slot: &'a Slot, look: F) -> Self {
        Self { registration: Registration::new(listener), slot, look }
    }
}

impl<L: Listener + Unpin, F: FnMut() -> Option<R> + Unpin, R> Future for Wait<'_, L, F> {
    type Output = Option<R>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R>> {
        let Self { registration, slot, look } = &mut *self;
        registration.poll(slot, cx, look)
    }
}

impl<L: Listener + Unpin, F> Drop for Wait<'_, L, F> {
    #[inline]
    fn drop(&mut self) {
        self.registration.cancel(self.slot);
    }
}

/// A listener in a list, and what is known of the task behind it.
pub(crate) struct Registration<L> {
    /// `None` once it was notified and has left its list.
    listener: Option<L>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// No task was set.
    Listening,
    /// A task was set, and may have been taken.
    Sleeping,
    /// There was news.
    Over,
}

impl<L: Listener + Unpin> Registration<L> {
    #[inline]
    pub(crate) fn new(listener: L) -> Self {
        Self { listener: Some(listener), stage: Stage::Listening }
    }

    /// `Ready(None)` asks for a new listener, because this one was used up.
    #[inline]
    pub(crate) fn poll<R>(
        &mut self,
        slot: &Slot,
        cx: &mut Context<'_>,
        look: impl FnOnce() -> Option<R>,
    ) -> Poll<Option<R>> {
        if self.stage == Stage::Sleeping {
            // A woken task mostly finds its news here, and is spared the locks of the waiter and of the list.
            if let Some(found) = ready!(poll_look(cx, look)) {
                self.stage = Stage::Over;
                slot.waiter.clear_task();
                return Poll::Ready(Some(found));
            }
        }
        slot.waiter.set_task(cx.waker());
        self.stage = Stage::Sleeping;
        // First the task, then the list: whoever is notified from here on wakes this task.
        let Some(listener) = &mut self.listener else { return Poll::Ready(None) };
        match Pin::new(listener).poll(&mut Context::from_waker(&slot.waker)) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                self.listener = None;
                Poll::Ready(None)
            }
        }
    }

    /// To be called before it is dropped.
    #[inline]
    pub(crate) fn cancel(&mut self, slot: &Slot) {
        if self.stage != Stage::Sleeping {
            // A listener that is dropped passes its notification on to one that has none. After a wait that ended
            // as it should there is none such in its list: see `Seen::shard`.
            return;
        }
        let task = slot.waiter.take_task();
        if task.is_none() {
            // Cancelled after it was notified: whoever waits in the list by now waits for something else.
            if let Some(listener) = self.listener.take() {
                listener.discard();
            }
        }
        drop(task);
    }
}
