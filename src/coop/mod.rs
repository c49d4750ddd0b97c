//! tokio's cooperative budget: a task whose waits are always ready still lets other tasks run,
//! because a wait returns `Pending` once the task has used up its budget. Outside of a tokio
//! runtime, and without the feature `tokio`, there is no budget.

use core::task::{Context, Poll};

cfg_if! {
    if #[threads] {
        cfg_if! {
            if #[budget] {
                /// Makes a future that ignores the budget.
                pub(crate) use tokio::task::coop::unconstrained;
            } else {
                pub(crate) use core::convert::identity as unconstrained;
            }
        }
    }
}

/// Polls a wait, which uses one unit of the budget when it is ready and none when it is pending.
pub(crate) fn poll_within_budget<R>(cx: &mut Context<'_>, poll: impl FnOnce(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
    #[cfg(all(feature = "tokio", not(loom)))]
    let budget = core::task::ready!(tokio::task::coop::poll_proceed(cx));
    let polled = poll(cx);
    #[cfg(all(feature = "tokio", not(loom)))]
    if polled.is_ready() {
        budget.made_progress();
    }
    polled
}
