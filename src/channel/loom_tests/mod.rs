//! Model checking of the channel's parts, each alone: what a model of the whole channel can overlook, because another part
//! makes up for it. `tests/loom/` has the models of the whole channel.
//!
//! Run with `ci/loom.sh`. A [`UnsafeCell`] stands for data that one operation must make visible to another: loom fails when
//! two accesses to it are not ordered. (Only that they happen counts, so no model looks at what is in the cell.)
#![expect(clippy::disallowed_types, reason = "outcomes are collected outside of the model")]

mod count;
mod state;
mod value;
mod wait_list;

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use std::sync::Mutex;

use loom::cell::UnsafeCell;
use loom::model::Builder;

/// More preemptions than any model has: all interleavings.
const UNBOUNDED: usize = 100;

/// Explores all interleavings with at most so many preemptions, and returns their outcomes.
fn model<R: Ord + Send + 'static>(preemptions: usize, f: impl Fn() -> R + Send + Sync + 'static) -> BTreeSet<R> {
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.max_branches = 10_000;
    builder.check({
        let outcomes = outcomes.clone();
        move || {
            let outcome = f();
            outcomes.lock().unwrap().insert(outcome);
        }
    });
    core::mem::take(&mut *outcomes.lock().unwrap())
}

/// Data that loom watches.
#[derive(Debug)]
struct Data(UnsafeCell<()>);

impl Data {
    fn new() -> Self {
        Self(UnsafeCell::new(()))
    }

    fn write(&self) {
        self.0.with_mut(|_| ());
    }

    fn read(&self) {
        self.0.with(|_| ());
    }
}
