//! Values that a channel makes when it first needs them.

use alloc::boxed::Box;

use crate::sync::{SetOnce, get_or_init};

/// A value that is made when it is first needed, in a separate allocation.
#[derive(Default)]
pub(crate) struct Lazy<T>(SetOnce<Box<T>>);

impl<T: Default> Lazy<T> {
    /// Returns the value if it has been made.
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.get().map(|value| &**value)
    }

    pub(crate) fn get_or_make(&self) -> &T {
        self.get().unwrap_or_else(|| self.make())
    }

    #[cold]
    #[inline(never)]
    fn make(&self) -> &T {
        // Made before the cell is claimed, so other callers wait for a move and not for an
        // allocation.
        let value = Box::default();
        get_or_init(&self.0, || value).as_ref()
    }
}

/// A value that is there from the start. It replaces `Lazy` on small targets, where the code for a
/// value that may be missing takes more memory than the value.
#[cfg(not(target_pointer_width = "64"))]
#[derive(Default)]
pub(crate) struct Eager<T>(T);

#[cfg(not(target_pointer_width = "64"))]
impl<T> Eager<T> {
    pub(crate) fn get(&self) -> Option<&T> {
        Some(&self.0)
    }

    pub(crate) fn get_or_make(&self) -> &T {
        &self.0
    }
}

#[cfg(not(target_pointer_width = "64"))]
pub(crate) use self::Eager as LazyIfLarge;
/// `Lazy` on 64-bit targets, and `Eager` on small ones.
#[cfg(target_pointer_width = "64")]
pub(crate) use self::Lazy as LazyIfLarge;
