//! Without the feature `tokio` there is no budget.

use core::task::{Context, Poll};

pub(crate) fn poll_within_budget<R>(cx: &mut Context<'_>, poll: impl FnOnce(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
    poll(cx)
}

pub(crate) fn unconstrained<F: Future>(future: F) -> F {
    future
}
