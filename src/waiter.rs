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

use core::cell::Cell;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};

use alloc::boxed::Box;

use event_listener::Listener;

use crate::coop::poll_look;
use crate::kept::Kept;
use crate::sync::{AtomicUsize, BATCH, Mutex, Ordering, TaskArc, Wake};
use crate::woken::put_aside;

/// What one wait at a time is done with: one allocation, which its owner uses for all its waits.
// In this order, what is touched to wake the task is side by side, behind the reference count: mostly one cache line.
#[repr(C)]
pub(crate) struct Waiter {
    /// Which parts are there: so that they need not be locked to see that they are not.
    ///
    /// ORDERING: Relaxed, everywhere; written under the lock. Without it only the owner looks, who set the bit itself.
    there: AtomicUsize,
    parts: Mutex<Parts>,
}

/// A bit of [`Waiter::there`]: a task is to be woken.
const TASK: usize = 1;
/// A bit of [`Waiter::there`]: a registration is kept.
const KEPT: usize = 2;

#[derive(Default)]
#[repr(C)]
struct Parts {
    /// Set by the waiting task's poll; taken by who wakes it, or by the end of the wait.
    task: Cell<Option<Waker>>,
    /// The waker that puts this waiter aside, for event-listener to clone. It is a reference to itself, until it is
    /// retired: to make a new one for each wait would cost another count up and down.
    own: Cell<Option<Waker>>,
    kept: Cell<Option<Box<dyn Kept>>>,
    /// The next one that is spare.
    next: Cell<Option<TaskArc<Waiter>>>,
}

impl Waiter {
    pub(crate) fn new() -> TaskArc<Self> {
        TaskArc::new(Self { parts: Mutex::new(Parts::default()), there: AtomicUsize::new(0) })
    }

    #[inline]
    fn is_there(&self, part: usize) -> bool {
        self.there.load(Ordering::Relaxed) & part != 0
    }

    /// To be called while the parts are locked.
    #[inline]
    fn set_there(&self, part: usize, is_there: bool) {
        let others = self.there.load(Ordering::Relaxed) & !part;
        self.there.store(if is_there { others | part } else { others }, Ordering::Relaxed);
    }

    /// Sets the task to be woken, then calls `poll` with the waker that does it. Returns the task that was there: it is
    /// dropped with nothing locked.
    #[inline]
    fn sleep<R>(this: &TaskArc<Self>, task: Waker, poll: impl FnOnce(&Waker) -> R) -> (R, Option<Waker>) {
        this.parts.with(|parts| {
            this.set_there(TASK, true);
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
            self.set_there(TASK, false);
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
    fn clear_task(&self) -> Option<Waker> {
        if self.is_there(TASK) { self.take_task() } else { None }
    }

    /// Whether a registration is kept.
    #[inline]
    pub(crate) fn keeps(&self) -> bool {
        self.is_there(KEPT)
    }

    /// Keeps this, which holds a registration or can be used for the next one.
    pub(crate) fn keep(&self, kept: Box<dyn Kept>, is_registered: bool) {
        self.parts.with(|parts| {
            self.set_there(KEPT, is_registered);
            parts.kept.set(Some(kept));
        });
    }

    /// Takes out what is kept; whoever does so puts it back, before any code of others runs.
    pub(crate) fn take_kept(&self) -> Option<Box<dyn Kept>> {
        self.parts.with(|parts| {
            self.set_there(KEPT, false);
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
                let (waiter, event) = $place;
                let _inherited = $crate::woken::Inherited;
                ::event_listener::listener!(*event => listener);
                let listener = $crate::waiter::Listening::new(listener);
                if let Some(found) = $look_and_set_waiting {
                    break found;
                }
                if let Some(found) = $crate::waiter::Wait::new(listener, waiter, || $look, $is_later).await {
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
