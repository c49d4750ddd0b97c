//! Does nothing, for release builds and for builds without threads.

/// The place where a guard was taken, which this implementation does not keep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallSite;

#[inline]
pub(crate) fn caller() -> CallSite {
    CallSite
}

pub(crate) struct Detector;

impl Detector {
    pub(crate) const fn new() -> Self {
        Self
    }

    #[inline]
    pub(crate) fn check_read(&self, _: CallSite) {}

    #[inline]
    pub(crate) fn check_write(&self, _: CallSite) {}

    #[inline]
    pub(crate) fn prepare(&self) {}

    #[inline]
    pub(crate) fn check_wait(&self, _: CallSite) {}

    #[inline]
    pub(crate) fn reading(&self, _: CallSite) -> Held {
        Held
    }

    #[inline]
    pub(crate) fn writing(&self, _: CallSite) -> Held {
        Held
    }
}

pub(crate) struct Held;

impl Held {
    #[inline]
    pub(crate) fn set_in_closure(&mut self, _: bool) {}
}
