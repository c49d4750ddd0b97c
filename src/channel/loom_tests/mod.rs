//! Models of the channel's parts, each by itself. They find defects that a model of the whole channel can miss because another
//! part makes up for them. `tests/loom/` has the models of the whole channel.
//!
//! Run them with `ci/loom.sh`. A [`UnsafeCell`] stands for data that one operation must make visible to another: loom fails if
//! two accesses to it are not ordered. (The cell holds no data, because only the accesses count.)
#![expect(clippy::disallowed_types, reason = "outcomes are collected outside the model")]

mod count;
#[expect(clippy::std_instead_of_alloc, reason = "tests share this file, and they have std")]
#[path = "../../../tests/loom/explore.rs"]
mod explore;
mod state;
mod value;

use loom::cell::UnsafeCell;

use self::explore::{UNBOUNDED, model, shorter};

/// Data whose accesses loom checks.
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
