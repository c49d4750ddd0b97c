//! Stands in for `held.rs` in release builds and without threads: the same names, no state and no code.

/// Where a guard was taken: not kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site;

#[inline]
pub(crate) fn here() -> Site {
    Site
}

#[derive(Debug)]
pub(crate) struct Identity;

impl Identity {
    pub(crate) const fn new() -> Self {
        Self
    }

    #[inline]
    pub(crate) fn check_read(&self) {}

    #[inline]
    pub(crate) fn check_write(&self) {}

    #[inline]
    pub(crate) fn reading(&self, _: Site) -> Held {
        Held
    }

    #[inline]
    pub(crate) fn writing(&self, _: Site) -> Held {
        Held
    }
}

#[derive(Debug)]
pub(crate) struct Held;
