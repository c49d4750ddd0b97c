//! Replaces `Lazy` on small targets, where the code for a value that may be missing takes more memory than the value.

/// A value that is there from the start.
#[derive(Default)]
pub(crate) struct Eager<T>(T);

impl<T> Eager<T> {
    pub(crate) fn get(&self) -> Option<&T> {
        Some(&self.0)
    }

    pub(crate) fn get_or_make(&self) -> &T {
        &self.0
    }
}
