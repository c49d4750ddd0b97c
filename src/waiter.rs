//! Who waits: the slot for a task's waker, the stack of those to be woken, and the wait itself.
//!
//! # The life of a wait
//!
//! 1. *Listening*: a listener is put into its list, then the waiting bit is set. If that shows news, the wait is over.
//! 2. *Sleeping*: the task's waker is in the [`Waiter`]'s slot, and event-listener has the waiter's own waker.
//! 3. *Notified*: event-listener has called that waker under its list lock; the waiter is linked into the stack.
//! 4. *Woken*: the notifying caller has taken the waiter off the stack and called the task's waker, with nothing held.
//!
//! A wait that ends, or is dropped, in any of these states removes the listener and empties the slot: whoever finds
//! the waiter on the stack afterwards finds nobody to wake.

use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use event_listener::{Event, Listener, listener};

use crate::notify::Wakeups;
use crate::sync::{Mutex, TaskArc, Wake};

/// What a receiver owns to wait with, from its first wait on.
pub(crate) struct Waiter {
    slot: Mutex<Slot>,
    wakeups: TaskArc<Wakeups>,
}

struct Slot {
    /// Set by the waiting task's poll; taken by who wakes it, or by the end of the wait.
    task: Option<Waker>,
    /// Set while a stack holds the waiter, so that it is on one at most.
    linked: bool,
    next: Option<TaskArc<Waiter>>,
}

impl Waiter {
    pub(crate) fn new(wakeups: TaskArc<Wakeups>) -> Self {
        Self { slot: Mutex::new(Slot { task: None, linked: false, next: None }), wakeups }
    }

    pub(crate) fn wakeups(&self) -> &Wakeups {
        &self.wakeups
    }

    /// Sets the task to be woken. Wakers are cloned and dropped with nothing locked.
    fn set_task(&self, task: &Waker) {
        if self.slot.with(|slot| slot.task.as_ref().is_some_and(|set| set.will_wake(task))) {
            return;
        }
        let task = task.clone();
        let replaced = self.slot.with(|slot| slot.task.replace(task));
        drop(replaced);
    }

    fn clear_task(&self) {
        let cleared = self.slot.with(|slot| slot.task.take());
        drop(cleared);
    }
}

impl Wake for Waiter {
    /// Called under event-listener's list lock: links the waiter, and runs nobody else's code.
    fn wake(this: TaskArc<Self>) {
        this.wakeups.woken.push(&this);
    }

    fn wake_by_ref(this: &TaskArc<Self>) {
        this.wakeups.woken.push(this);
    }
}

/// A stack of waiters, linked through their slots: it needs no memory of its own.
pub(crate) struct WaiterStack {
    top: Mutex<Option<TaskArc<Waiter>>>,
}

impl WaiterStack {
    pub(crate) fn new() -> Self {
        Self { top: Mutex::new(None) }
    }

    /// Links `waiter`, unless it is on a stack already.
    pub(crate) fn push(&self, waiter: &TaskArc<Waiter>) {
        self.top.with(|top| {
            let linked = waiter.slot.with(|slot| {
                let linked = slot.linked;
                if !linked {
                    slot.linked = true;
                    slot.next = top.take();
                }
                linked
            });
            if !linked {
                *top = Some(waiter.clone());
            }
        });
    }

    /// Unlinks the waiter pushed last, and takes the waker of its task if one waits.
    ///
    /// One at a time: what one caller has not popped when it is preempted, any other can.
    pub(crate) fn pop(&self) -> Option<(TaskArc<Waiter>, Option<Waker>)> {
        self.top.with(|top| {
            let waiter = top.take()?;
            let task = waiter.slot.with(|slot| {
                slot.linked = false;
                *top = slot.next.take();
                slot.task.take()
            });
            Some((waiter, task))
        })
    }

    /// Wakes the tasks of all waiters on the stack. The caller holds no lock.
    pub(crate) fn wake_all(&self) {
        while let Some((_, task)) = self.pop() {
            if let Some(task) = task {
                task.wake();
            }
        }
    }
}

/// How a wait looks whether it is over.
#[derive(Clone, Copy)]
pub(crate) enum Look {
    /// And sets its waiting bit, in the same atomic operation.
    AndSetWaiting,
    /// And does no more.
    Only,
}

/// Waits until `look` returns something. It looks only while the listener is in `event`'s list, so that no
/// notification falls between a look and the sleep.
pub(crate) async fn wait<R>(waiter: &TaskArc<Waiter>, event: &Event, mut look: impl FnMut(Look) -> Option<R>) -> R {
    loop {
        listener!(event => listener);
        let mut wait = Wait { listener: Some(listener), waiter };
        if let Some(result) = look(Look::AndSetWaiting) {
            return result;
        }
        if let Some(result) = poll_fn(|cx| wait.poll(cx, &mut look)).await {
            return result;
        }
        // Woken for nothing.
    }
}

struct Wait<'a, L: Listener + Unpin> {
    listener: Option<L>,
    waiter: &'a TaskArc<Waiter>,
}

impl<L: Listener + Unpin> Wait<'_, L> {
    /// `Ready(None)` asks for a new listener, because this one was used up.
    fn poll<R>(&mut self, cx: &mut Context<'_>, look: &mut impl FnMut(Look) -> Option<R>) -> Poll<Option<R>> {
        // A woken task mostly finds its news here, and is spared the slot's and the list's lock.
        if let Some(result) = look(Look::Only) {
            return Poll::Ready(Some(result));
        }
        let Some(listener) = &mut self.listener else { return Poll::Ready(None) };
        // First the slot, then the list: whoever is notified from here on wakes this task.
        self.waiter.set_task(cx.waker());
        let waker = Waker::from(self.waiter.clone());
        match Pin::new(listener).poll(&mut Context::from_waker(&waker)) {
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
        if let Some(listener) = self.listener.take() {
            // Not a plain drop, which would pass a notification on to a receiver that it was not meant for.
            listener.discard();
        }
        self.waiter.clear_task();
    }
}
