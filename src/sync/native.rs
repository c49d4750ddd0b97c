//! The types that programs use: those of portable-atomic and spin.

pub(crate) use portable_atomic::{AtomicUsize, Ordering};
pub(crate) use portable_atomic_util::Arc;

/// Makes an `Arc` from an expression. It allocates first, so a release build writes even a large value directly into its
/// place; with `Arc::new` the value goes through the stack.
macro_rules! new_arc {
    ($value:expr) => {
        $crate::sync::Arc::new_cyclic(|_| $value)
    };
}
pub(crate) use new_arc;

/// The lock around the value. Only its `try_` methods are used: `lock/` decides how a caller waits for it.
pub(crate) use spin::{RwLock, RwLockReadGuard};

/// Returns what may be in `atomic`, as the first guess of a compare-exchange loop.
#[inline]
pub(crate) fn first_guess(atomic: &AtomicUsize) -> usize {
    // ORDERING: Relaxed; the exchange fails if the guess is wrong.
    atomic.load(Ordering::Relaxed)
}

#[cfg(feature = "std")]
use std::sync::OnceLock as Once;

#[cfg(not(feature = "std"))]
use spin::Once;

/// A cell that is set once and then only read, with one acquire load. With `std`, a caller sleeps while another one sets it.
pub(crate) struct SetOnce<T>(Once<T>);

impl<T> SetOnce<T> {
    pub(crate) const fn new() -> Self {
        Self(Once::new())
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.0.get()
    }

    /// Returns the cell's value. The first caller makes it with `init`, and the others wait for that. With
    /// `critical-section`, `init` is not preempted, so no interrupt handler waits for the interrupted code.
    pub(crate) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        match self.get() {
            Some(value) => value,
            #[cfg(feature = "std")]
            None => crate::sync::without_preemption(|| self.0.get_or_init(init)),
            #[cfg(not(feature = "std"))]
            None => crate::sync::without_preemption(|| self.0.call_once(init)),
        }
    }
}
