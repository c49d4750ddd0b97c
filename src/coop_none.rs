//! Stands in for `coop.rs` without the feature `tokio`: a wait looks whenever it is polled.

use core::task::{Context, Poll};

macro_rules! look_within_budget {
    ($look:expr) => {
        $look
    };
}
pub(crate) use look_within_budget;

macro_rules! unbudgeted {
    ($wait:expr) => {
        $wait
    };
}
pub(crate) use unbudgeted;

/// A future that takes one unit of the budget when it is ready.
#[inline]
pub(crate) fn cooperative<F: Future>(future: F) -> F {
    future
}

/// A future that takes no part in the budget, nor anything in it.
#[inline]
pub(crate) fn unconstrained<F: Future>(future: F) -> F {
    future
}

#[inline]
pub(crate) fn poll_look<R>(_: &mut Context<'_>, look: impl FnOnce() -> Option<R>) -> Poll<Option<R>> {
    Poll::Ready(look())
}
