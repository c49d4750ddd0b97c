//! What a channel makes at its first wait.

use alloc::boxed::Box;

use crate::sync::SetOnce;

/// A value that is made when it is first needed, in an allocation of its own.
pub(crate) struct Lazy<T>(SetOnce<Box<T>>);

impl<T: Default> Lazy<T> {
    /// Returns the value if it has been needed yet.
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.get().map(|value| &**value)
    }

    pub(crate) fn get_or_make(&self) -> &T {
        match self.0.get() {
            Some(value) => value,
            None => self.make(),
        }
    }

    #[cold]
    #[inline(never)]
    fn make(&self) -> &T {
        self.0.get_or_set(Box::default())
    }
}

impl<T> Default for Lazy<T> {
    fn default() -> Self {
        Self(SetOnce::new())
    }
}

/// A table of [`Lazy`] values: lazy itself where it is large ...
#[cfg(target_pointer_width = "64")]
pub(crate) type LazyTable<T> = Lazy<T>;

/// ... and there from the start where it is not, on small targets.
#[cfg(not(target_pointer_width = "64"))]
#[derive(Default)]
pub(crate) struct LazyTable<T>(T);

#[cfg(not(target_pointer_width = "64"))]
impl<T> LazyTable<T> {
    pub(crate) fn get(&self) -> Option<&T> {
        Some(&self.0)
    }

    pub(crate) fn get_or_make(&self) -> &T {
        &self.0
    }
}
