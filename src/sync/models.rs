//! What the models of the crate's parts share. Each part has its models beside it; `tests/loom/` has
//! those of the whole channel. Models of a part find defects that a model of the whole channel can
//! miss because another part makes up for them.
//!
//! Run them with `ci/loom.sh`.
#![expect(
    clippy::disallowed_types,
    clippy::std_instead_of_alloc,
    reason = "`explore` is shared with tests, which have std"
)]

use loom::cell::UnsafeCell;

#[path = "../../tests/loom/explore.rs"]
mod explore;

pub(crate) use explore::{UNBOUNDED, model, shorter};

/// Data that one operation must make visible to another: loom fails if two accesses to it are not
/// ordered. (The cell holds no data, because only the accesses count.)
#[derive(Debug)]
pub(crate) struct Data(UnsafeCell<()>);

impl Data {
    pub(crate) fn new() -> Self {
        Self(UnsafeCell::new(()))
    }

    pub(crate) fn write(&self) {
        self.0.with_mut(|_| ());
    }

    pub(crate) fn read(&self) {
        self.0.with(|_| ());
    }
}
