//! The place for the waker of a task that waits.

use core::cell::Cell;
use core::mem;
use core::task::{Poll, Waker};

use alloc::boxed::Box;

use event_listener::Event;

use crate::sync::{AtomicUsize, Mutex, Ordering, TaskArc};

/// What one wait at a time is done with: one allocation, which its owner uses for all its waits.
// In this order, what is touched to wake the task is side by side, behind the reference count: mostly one cache line.
#[repr(C)]
pub(crate) struct Waiter {
    /// Which parts are present: so that they need not be locked to see that they are not.
    ///
    /// ORDERING: Relaxed, everywhere; written under the lock. Without it only the owner looks, who set the bit itself.
    present: AtomicUsize,
    parts: Mutex<Parts>,
}

/// A bit of [`Waiter::present`]: a task is to be woken.
const TASK: usize = 1;
/// A bit of [`Waiter::present`]: a registration is kept.
const KEPT: usize = 2;

#[derive(Default)]
#[repr(C)]
struct Parts {
    /// Set by the waiting task's poll; taken by who wakes it, or by the end of the wait.
    task: Cell<Option<Waker>>,
    /// The waker made of this waiter, for event-listener to clone. It is a reference to itself, until it is retired: to
    /// make a new one for each wait would cost another count up and down.
    own: Cell<Option<Waker>>,
    kept: Cell<Option<Box<dyn Kept>>>,
    /// The next one that is spare.
    next: Cell<Option<TaskArc<Waiter>>>,
}

impl Waiter {
    pub(crate) fn new() -> TaskArc<Self> {
        TaskArc::new(Self { parts: Mutex::new(Parts::default()), present: AtomicUsize::new(0) })
    }

    #[inline]
    fn has(&self, part: usize) -> bool {
        self.present.load(Ordering::Relaxed) & part != 0
    }

    /// To be called while the parts are locked.
    #[inline]
    fn set_present(&self, part: usize, is_present: bool) {
        let others = self.present.load(Ordering::Relaxed) & !part;
        self.present.store(if is_present { others | part } else { others }, Ordering::Relaxed);
    }

    /// Sets the task to be woken, then calls `poll` with the waker that does it. Returns the task that was there: it is
    /// dropped with nothing locked.
    #[inline]
    pub(crate) fn sleep<R>(this: &TaskArc<Self>, task: Waker, poll: impl FnOnce(&Waker) -> R) -> (R, Option<Waker>) {
        this.parts.with(|parts| {
            this.set_present(TASK, true);
            let replaced = parts.task.replace(Some(task));
            let own = parts.own.take().unwrap_or_else(|| this.clone().into());
            let polled = poll(&own);
            // It was taken, so there is nothing to be dropped.
            mem::forget(parts.own.replace(Some(own)));
            (polled, replaced)
        })
    }

    #[inline]
    fn take_task(&self) -> Option<Waker> {
        self.parts.with(|parts| {
            self.set_present(TASK, false);
            parts.task.take()
        })
    }

    /// The caller holds no lock.
    #[inline]
    pub(crate) fn wake_task(&self) {
        if let Some(task) = self.take_task() {
            task.wake();
        }
    }

    /// Makes sure that there is no task to be woken. Returns the one that there was.
    #[inline]
    pub(crate) fn clear_task(&self) -> Option<Waker> {
        if self.has(TASK) { self.take_task() } else { None }
    }

    /// Whether a registration is kept.
    #[inline]
    pub(crate) fn keeps(&self) -> bool {
        self.has(KEPT)
    }

    /// Keeps this, which holds a registration or can be used for the next one.
    pub(crate) fn keep(&self, kept: Box<dyn Kept>, is_registered: bool) {
        self.parts.with(|parts| {
            self.set_present(KEPT, is_registered);
            parts.kept.set(Some(kept));
        });
    }

    /// Takes out what is kept; whoever does so puts it back, before any code of others runs.
    pub(crate) fn take_kept(&self) -> Option<Box<dyn Kept>> {
        self.parts.with(|parts| {
            self.set_present(KEPT, false);
            parts.kept.take()
        })
    }

    /// Sets the next one that is spare, and returns which it was.
    pub(crate) fn replace_next(&self, next: Option<TaskArc<Self>>) -> Option<TaskArc<Self>> {
        self.parts.with(|parts| parts.next.replace(next))
    }

    /// Gives its reference to itself up. There is no wait any more, and will not be another one.
    pub(crate) fn retire(&self) {
        drop(self.parts.with(|parts| parts.own.take()));
    }
}

/// What a waiter keeps. It is taken out to be used, and puts itself back before wakers of tasks are dropped, which may
/// panic. Behind a `dyn`, so that a program which never calls `poll_changed` has no code for it.
pub(crate) trait Kept: Send {
    fn register(self: Box<Self>, waiter: &Waiter, event: &Event);

    /// Ready if the registration was used up.
    fn poll(self: Box<Self>, waiter: &TaskArc<Waiter>, task: Waker) -> Poll<()>;

    fn cancel(self: Box<Self>, waiter: &Waiter);
}
