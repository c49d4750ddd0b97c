//! What a channel makes when somebody first waits.

#[cfg(target_pointer_width = "64")]
use alloc::boxed::Box;

#[cfg(target_pointer_width = "64")]
use crate::sync::SetOnce;

/// A value that is made when it is first needed, in an allocation of its own.
#[cfg(target_pointer_width = "64")]
#[derive(Debug)]
pub(crate) struct Lazy<T>(SetOnce<Box<T>>);

#[cfg(target_pointer_width = "64")]
impl<T: Default> Lazy<T> {
    pub(crate) fn new() -> Self {
        Self(SetOnce::new())
    }

    /// The value, if it was needed yet.
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.get().map(|value| &**value)
    }

    #[inline]
    pub(crate) fn get_or_make(&self) -> &T {
        match self.0.get() {
            Some(value) => value,
            None => self.make(),
        }
    }

    #[cold]
    fn make(&self) -> &T {
        self.0.get_or_set(Box::default())
    }
}

/// A value that is there from the start: on small targets it takes less memory than the code that would make it later.
#[cfg(not(target_pointer_width = "64"))]
#[derive(Debug)]
pub(crate) struct Lazy<T>(T);

#[cfg(not(target_pointer_width = "64"))]
impl<T: Default> Lazy<T> {
    pub(crate) fn new() -> Self {
        Self(T::default())
    }

    pub(crate) fn get(&self) -> Option<&T> {
        Some(&self.0)
    }

    pub(crate) fn get_or_make(&self) -> &T {
        &self.0
    }
}
