//! The facade: every atomic, reference count, lock and pause of this crate. It and its submodules are the only place that
//! names the crates they come from. Under `cfg(loom)` the same names are loom's types.

mod backoff;
mod lane;
#[cfg(feature = "event-listener")]
mod lazy;
#[cfg(all(feature = "std", feature = "event-listener"))]
mod per_thread;
#[cfg_attr(all(loom, feature = "loom"), path = "sync/primitives_loom.rs")]
mod primitives;
#[cfg(feature = "event-listener")]
mod scratch;
#[cfg(all(feature = "std", feature = "event-listener", not(target_family = "wasm")))]
pub(crate) mod thread;

/// A reference count that a [`Waker`](core::task::Waker) can be made of, and the trait that does it.
#[cfg(feature = "event-listener")]
pub(crate) use portable_atomic_util::{Arc as TaskArc, task::Wake};

pub(crate) use self::backoff::Backoff;
pub(crate) use self::lane::{LANES, lane};
#[cfg(feature = "event-listener")]
pub(crate) use self::lazy::Lazy;
#[cfg(all(feature = "std", feature = "event-listener"))]
pub(crate) use self::per_thread::per_thread;
pub(crate) use self::primitives::{Arc, AtomicUsize, Claim, Ordering, ReadGuard, RwLock, WriteGuard};
#[cfg(not(all(loom, not(feature = "event-listener"))))]
pub(crate) use self::primitives::{Mutex, SetOnce};
#[cfg(feature = "event-listener")]
pub(crate) use self::scratch::{Scratch, scratch};

/// How many listeners are notified under one hold of their list's lock: one, where that is a critical section, and where
/// threads have no [`Scratch`] of their own to keep the others in. loom has few waiters.
#[cfg(feature = "event-listener")]
pub(crate) const BATCH: usize = if cfg!(all(loom, feature = "loom")) {
    2
} else if cfg!(all(feature = "std", not(feature = "critical-section"))) {
    32
} else {
    1
};

/// Runs `f` where nothing on this core can preempt it: in a critical section, if the feature asks for one.
#[cfg(feature = "critical-section")]
pub(crate) fn uninterrupted<R>(f: impl FnOnce() -> R) -> R {
    critical_section::with(|_| f())
}

/// Runs `f`; without the `critical-section` feature, threads preempt each other wherever they like.
#[cfg(not(feature = "critical-section"))]
#[inline]
pub(crate) fn uninterrupted<R>(f: impl FnOnce() -> R) -> R {
    f()
}

/// Runs `f`. A panic of it ends here, once its message was printed; without `std` nothing can stop it. (loom's own panics
/// are to end the model.)
#[cfg(feature = "event-listener")]
#[cold]
pub(crate) fn contained(f: impl FnOnce()) {
    #[cfg(all(feature = "std", not(all(loom, feature = "loom"))))]
    if let Err(panic) = std::panic::catch_unwind(core::panic::AssertUnwindSafe(f)) {
        // Not dropped, as that may panic as well.
        core::mem::forget(panic);
    }
    #[cfg(not(all(feature = "std", not(all(loom, feature = "loom")))))]
    f();
}
