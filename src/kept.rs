//! A registration that outlives the poll which made it: what `poll_changed` leaves in a list until its next call.

use core::task::{Context, Poll};

use alloc::boxed::Box;

use event_listener::{Event, EventListener};

use crate::sync::TaskArc;
use crate::waiter::{Listening, Registration, Waiter};
use crate::woken::Inherited;

/// What a waiter keeps. Behind a `dyn`, so that a program which never calls `poll_changed` has no code for it.
pub(crate) trait Kept: Send {
    fn is_registered(&self) -> bool;

    fn register(&mut self, event: &Event);

    /// Ready if there is no registration, or if it was used up.
    fn poll(&mut self, waiter: &TaskArc<Waiter>, cx: &mut Context<'_>) -> Poll<()>;

    fn cancel(&mut self, waiter: &TaskArc<Waiter>);
}

impl Kept for Option<Registration<EventListener>> {
    fn is_registered(&self) -> bool {
        self.is_some()
    }

    fn register(&mut self, event: &Event) {
        *self = Some(Registration::new(Listening::new(event.listen())));
    }

    fn poll(&mut self, waiter: &TaskArc<Waiter>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(registration) = self else { return Poll::Ready(()) };
        registration.poll(waiter, cx, || None::<()>).map(|_| *self = None)
    }

    fn cancel(&mut self, waiter: &TaskArc<Waiter>) {
        if let Some(mut registration) = self.take() {
            registration.cancel(waiter);
        }
    }
}

/// What a waiter keeps while it is used; it goes back when this is dropped.
struct Used<'a> {
    kept: Option<Box<dyn Kept>>,
    waiter: &'a Waiter,
}

impl<'a> Used<'a> {
    fn new(waiter: &'a Waiter) -> Self {
        Self { kept: waiter.replace_kept(None, false), waiter }
    }
}

impl Drop for Used<'_> {
    fn drop(&mut self) {
        let is_registered = self.kept.as_ref().is_some_and(|kept| kept.is_registered());
        self.waiter.replace_kept(self.kept.take(), is_registered);
    }
}

/// Registers with `event`. `false` if a registration is kept already: it may be in the list of an older version, but then
/// it is notified, or about to be.
pub(crate) fn register(waiter: &Waiter, event: &Event) -> bool {
    let is_new = !waiter.keeps();
    if is_new {
        Used::new(waiter).kept.get_or_insert_with(|| Box::new(None)).register(event);
    }
    is_new
}

/// Ready if no registration is kept, or if it was used up.
pub(crate) fn poll(waiter: &TaskArc<Waiter>, cx: &mut Context<'_>) -> Poll<()> {
    Used::new(waiter).kept.as_mut().map_or(Poll::Ready(()), |kept| kept.poll(waiter, cx))
}

/// Cancels the registration, if one is kept.
#[inline]
pub(crate) fn cancel(waiter: &TaskArc<Waiter>) {
    if waiter.keeps() {
        let _inherited = Inherited;
        if let Some(kept) = &mut Used::new(waiter).kept {
            kept.cancel(waiter);
        }
    }
}
