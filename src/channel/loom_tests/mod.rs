//! Models of the channel's parts, each alone. They find what a model of the whole channel can miss because another part
//! makes up for it. `tests/loom/` has the models of the whole channel.
//!
//! Run them with `ci/loom.sh`. An [`UnsafeCell`] stands for data that one operation must make visible to another: loom fails
//! when two accesses to it are not ordered. (Only the accesses matter, so no model uses the contents of the cell.)
#![expect(clippy::disallowed_types, reason = "outcomes are collected outside of the model")]

mod count;
#[expect(clippy::std_instead_of_alloc, reason = "tests share this file, and they have std")]
#[path = "../../../tests/loom/explore.rs"]
mod explore;
mod state;
mod value;
mod wait_list;

use loom::cell::UnsafeCell;

use self::explore::{UNBOUNDED, model};

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
