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

use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use event_listener::{Event, Listener, listener};

use crate::pool::{Links, Stacks};
use crate::sync::{Mutex, TaskArc, Wake};

/// What one wait at a time is done with.
pub(crate) struct Waiter {
    /// Set by the waiting task's poll; taken by who wakes it, or by the end of the wait.
    task: Mutex<Option<Waker>>,
    pub(crate) links: Links,
    stacks: TaskArc<Stacks>,
}

/// A waiter, with the waker that puts it onto the woken stack: made once, because a wait only borrows it.
pub(crate) struct Slot {
    pub(crate) waiter: TaskArc<Waiter>,
    waker: Waker,
}

impl Slot {
    pub(crate) fn new(links: Links, stacks: TaskArc<Stacks>) -> Self {
        let waiter = TaskArc::new(Waiter { task: Mutex::new(None), links, stacks });
        Self { waker: waiter.clone().into(), waiter }
    }
}

impl Waiter {
    /// Replaces the task to be woken. Wakers are cloned and dropped with nothing locked.
    fn set_task(&self, task: &Waker) {
        let task = Some(task.clone());
        let replaced = self.task.with(|slot| core::mem::replace(slot, task));
        drop(replaced);
    }

    /// Whether `task` is the one to be woken already.
    fn has_task(&self, task: &Waker) -> bool {
        self.task.with(|set| set.as_ref().is_some_and(|set| set.will_wake(task)))
    }

    pub(crate) fn take_task(&self) -> Option<Waker> {
        self.task.with(Option::take)
    }
}

impl Wake for Waiter {
    /// Called under event-listener's list lock: links the waiter, and runs nobody else's code.
    fn wake(this: TaskArc<Self>) {
        Self::wake_by_ref(&this);
    }

    fn wake_by_ref(this: &TaskArc<Self>) {
        this.stacks.push_woken(&this.links);
    }
}

/// How a wait looks whether it is over.
#[derive(Clone, Copy)]
pub(crate) enum Look {
    /// And makes sure that its waiting bit is set, before or in the same atomic operation.
    AndSetWaiting,
    /// And does no more.
    Only,
}

/// Waits until `look` returns something. It looks only while the listener is in `event`'s list, so that no
/// notification falls between a look and the sleep.
pub(crate) async fn wait<R>(slot: &Slot, event: &Event, mut look: impl FnMut(Look) -> Option<R>) -> R {
    loop {
        listener!(event => listener);
        let mut wait = Wait { listener: Some(listener), slot, stage: Stage::Listening };
        if let Some(result) = look(Look::AndSetWaiting) {
            wait.stage = Stage::Over;
            return result;
        }
        if let Some(result) = poll_fn(|cx| wait.poll(cx, &mut look)).await {
            return result;
        }
        // Woken for nothing.
    }
}

struct Wait<'a, L: Listener + Unpin> {
    /// `None` once it was notified and has left its list.
    listener: Option<L>,
    slot: &'a Slot,
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

impl<L: Listener + Unpin> Wait<'_, L> {
    /// `Ready(None)` asks for a new listener, because this one was used up.
    #[inline]
    fn poll<R>(&mut self, cx: &mut Context<'_>, look: &mut impl FnMut(Look) -> Option<R>) -> Poll<Option<R>> {
        if self.stage == Stage::Sleeping {
            // A woken task mostly finds its news here, and is spared the locks of the waiter and of the list.
            if let Some(result) = look(Look::Only) {
                self.stage = Stage::Over;
                drop(self.slot.waiter.take_task());
                return Poll::Ready(Some(result));
            }
            if !self.slot.waiter.has_task(cx.waker()) {
                self.slot.waiter.set_task(cx.waker());
            }
        } else {
            self.slot.waiter.set_task(cx.waker());
            self.stage = Stage::Sleeping;
        }
        // First the task, then the list: whoever is notified from here on wakes this task.
        let Some(listener) = &mut self.listener else { return Poll::Ready(None) };
        match Pin::new(listener).poll(&mut Context::from_waker(&self.slot.waker)) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                self.listener = None;
                Poll::Ready(None)
            }
        }
    }
}

impl<L: Listener + Unpin> Drop for Wait<'_, L> {
    fn drop(&mut self) {
        if self.stage != Stage::Sleeping {
            // A listener that is dropped passes its notification on to one that has none. After a wait that ended
            // as it should there is none such in its list: see `Seen::shard`.
            return;
        }
        let task = self.slot.waiter.take_task();
        if task.is_none() {
            // Cancelled after it was notified: whoever waits in the list by now waits for something else.
            if let Some(listener) = self.listener.take() {
                listener.discard();
            }
        }
        drop(task);
    }
}
