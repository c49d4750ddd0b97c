//! tokio's budget of the task that is polled.

use core::task::{Context, Poll, ready};

use tokio::task::coop::poll_proceed;
pub(crate) use tokio::task::coop::unconstrained;

pub(crate) fn poll_within_budget<R>(cx: &mut Context<'_>, poll: impl FnOnce(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
    let budget = ready!(poll_proceed(cx));
    let polled = poll(cx);
    if polled.is_ready() {
        budget.made_progress();
    }
    polled
}
