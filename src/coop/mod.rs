//! tokio's cooperative budget: a task whose waits are always ready still lets other tasks run,
//! because a wait returns `Pending` once the task has used up its budget. Outside of a tokio
//! runtime there is no budget, and nothing changes.
//!
//! Both implementations have the same names: [`poll_within_budget`] polls a wait, which uses one
//! unit of the budget when it is ready and none when it is pending; `unconstrained` makes a future
//! that ignores the budget. `enabled.rs` is for the feature `tokio`; `disabled.rs` polls every wait
//! without a budget.

cfg_if! {
    if #[budget] {
        mod enabled;
        pub(crate) use self::enabled::*;
    } else {
        #[cfg_attr(not(all(feature = "std", not(target_family = "wasm"))), expect(dead_code, reason = "for threads"))]
        mod disabled;
        pub(crate) use self::disabled::*;
    }
}
