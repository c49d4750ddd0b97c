//! tokio's cooperative budget, the feature `tokio`: a task that always finds something new still lets its neighbours
//! run, because a wait that has used up the task's budget says that it is not ready.
//!
//! Outside of a tokio runtime there is no budget, and nothing changes. `coop_none.rs` stands in for this file without
//! the feature.

use core::task::{Context, Poll, ready};

use tokio::task::coop::poll_proceed;
pub(crate) use tokio::task::coop::{cooperative, unconstrained};

/// [`poll_look`], in an `async` function.
macro_rules! look_within_budget {
    ($look:expr) => {
        ::core::future::poll_fn(|cx| $crate::coop::poll_look(cx, || $look)).await
    };
}
pub(crate) use look_within_budget;

/// Waits, in an `async` function, without a part in the budget.
macro_rules! unbudgeted {
    ($wait:expr) => {
        $crate::coop::unconstrained(async { $wait }).await
    };
}
pub(crate) use unbudgeted;

/// Looks if the task has budget left, and takes one unit of it if something was found.
#[inline]
pub(crate) fn poll_look<R>(cx: &mut Context<'_>, look: impl FnOnce() -> Option<R>) -> Poll<Option<R>> {
    let budget = ready!(poll_proceed(cx));
    let found = look();
    if found.is_some() {
        budget.made_progress();
    }
    Poll::Ready(found)
}
