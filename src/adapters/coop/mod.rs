//! tokio's cooperative budget: a task that always finds something new still lets its neighbours run, because a wait that has
//! used up the task's budget returns `Pending`. Outside of a tokio runtime there is no budget, and nothing changes.
//!
//! Both implementations have the same names: [`poll_within_budget`] polls a wait, which takes one unit of the budget when it
//! is ready and none while it is pending; `unconstrained` is a future that the budget does not hold up. `enabled.rs` is for
//! the feature `tokio`; with `disabled.rs` every wait is polled as it is. (With `--cfg loom` there is no tokio runtime.)

#[cfg(not(all(feature = "tokio", not(loom))))]
#[cfg_attr(not(all(feature = "std", not(target_family = "wasm"))), expect(dead_code, reason = "for threads"))]
mod disabled;
#[cfg(all(feature = "tokio", not(loom)))]
mod enabled;

#[cfg(not(all(feature = "tokio", not(loom))))]
pub(crate) use self::disabled::*;
#[cfg(all(feature = "tokio", not(loom)))]
pub(crate) use self::enabled::*;
