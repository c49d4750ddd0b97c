//! A registration that outlives the poll which made it: what `poll_changed` leaves in a list until its next call.

use core::task::{Poll, Waker};

use alloc::boxed::Box;

use event_listener::{Event, EventListener};

use crate::deferred::WakePropagated;
use crate::registration::{Listening, Registration};
use crate::sync::TaskArc;
use crate::waiter::{Kept, Waiter};

impl Kept for Option<Registration<EventListener>> {
    fn register(mut self: Box<Self>, waiter: &Waiter, event: &Event) {
        *self = Some(Registration::new(Listening::new(event.listen())));
        waiter.keep(self, true);
    }

    fn poll(mut self: Box<Self>, waiter: &TaskArc<Waiter>, task: Waker) -> Poll<()> {
        let Some(registration) = &mut *self else { return Poll::Ready(()) };
        let (polled, replaced) = registration.sleep(waiter, task);
        let mut unused = None;
        if polled.is_ready() {
            unused = registration.cancel(waiter);
            *self = None;
        }
        waiter.keep(self, polled.is_pending());
        drop((replaced, unused));
        polled
    }

    fn cancel(mut self: Box<Self>, waiter: &Waiter) {
        let task = {
            let _wake = WakePropagated;
            let task = self.take().and_then(|mut registration| registration.cancel(waiter));
            waiter.keep(self, false);
            task
        };
        drop(task);
    }
}

/// Registers with `event`. `false` if a registration is kept already. It may be in another list: its bit was set there,
/// and if the version is an older one it is notified, or about to be.
pub(crate) fn register(waiter: &Waiter, event: &Event) -> bool {
    let is_new = !waiter.keeps();
    if is_new {
        waiter.take_kept().unwrap_or_else(|| Box::new(None)).register(waiter, event);
    }
    is_new
}

/// Ready if no registration is kept, or if it was used up.
pub(crate) fn poll(waiter: &TaskArc<Waiter>, task: &Waker) -> Poll<()> {
    // Cloned before anything is taken out, because that may panic as well.
    let task = task.clone();
    waiter.take_kept().map_or(Poll::Ready(()), |kept| kept.poll(waiter, task))
}

/// Cancels the registration, if one is kept.
#[inline]
pub(crate) fn cancel(waiter: &Waiter) {
    if waiter.keeps() {
        cancel_kept(waiter);
    }
}

#[cold]
#[inline(never)]
fn cancel_kept(waiter: &Waiter) {
    if let Some(kept) = waiter.take_kept() {
        kept.cancel(waiter);
    }
}
