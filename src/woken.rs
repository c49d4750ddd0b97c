//! The woken stack: waiters that were notified, and whose tasks nobody has woken yet.

use crate::sync::{Mutex, TaskArc};
use crate::waiter::Waiter;

/// One for each channel.
pub(crate) struct Woken(Mutex<Option<TaskArc<Waiter>>>);

/// A waiter's place on the stack. It is touched only while the stack is locked.
pub(crate) struct Link {
    /// Set by [`Woken::push`], cleared by [`Woken::wake_all`].
    is_linked: bool,
    next: Option<TaskArc<Waiter>>,
}

impl Link {
    pub(crate) const fn new() -> Self {
        Self { is_linked: false, next: None }
    }
}

impl Woken {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Puts a waiter onto the stack, unless it is there already. Nobody else's code runs, and no memory is taken or freed:
    /// this happens under event-listener's list lock.
    pub(crate) fn push(&self, waiter: TaskArc<Waiter>) {
        self.0.with(|top| {
            let linked = waiter.with_link(|link| {
                if !link.is_linked {
                    link.is_linked = true;
                    link.next = top.take();
                    return true;
                }
                false
            });
            if linked {
                *top = Some(waiter);
            }
        });
    }

    /// Wakes the tasks of all waiters on the stack. The caller holds no lock.
    ///
    /// One at a time: what one caller has not popped when it is preempted, any other can.
    pub(crate) fn wake_all(&self) {
        let mut more = true;
        while more {
            let woken = self.0.with(|top| {
                let waiter = top.take()?;
                let task = waiter.take_task_and(|link| {
                    link.is_linked = false;
                    *top = link.next.take();
                });
                more = top.is_some();
                Some((waiter, task))
            });
            let Some((_waiter, task)) = woken else { return };
            if let Some(task) = task {
                task.wake();
            }
        }
    }
}
