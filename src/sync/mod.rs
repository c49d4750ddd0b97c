//! The facade: every atomic, reference count, lock and pause of this crate. Only this folder names the crates that they come
//! from. Under `cfg(loom)` the same names are loom's types.
//!
//! It has primitives and no policy: `lock/queue/` decides how a thread waits for the value, and `channel/wait.rs` decides
//! in which lane a receiver waits.

#[cfg(not(target_pointer_width = "64"))]
mod eager;
mod event;
mod lazy;
#[cfg(all(loom, feature = "loom"))]
mod loom;
#[cfg(not(all(loom, feature = "loom")))]
mod mutex;
#[cfg(not(all(loom, feature = "loom")))]
mod native;
#[cfg(all(feature = "std", not(target_family = "wasm")))]
pub(crate) mod pool;
#[cfg(all(feature = "std", not(target_family = "wasm"), not(all(loom, feature = "loom"))))]
pub(crate) mod thread;

pub(crate) use self::event::{Event, notify_all};
pub(crate) use self::lazy::Lazy;
#[cfg(all(loom, feature = "loom"))]
pub(crate) use self::loom::*;
#[cfg(not(all(loom, feature = "loom")))]
pub(crate) use self::mutex::Mutex;
#[cfg(not(all(loom, feature = "loom")))]
pub(crate) use self::native::*;

/// `Lazy` on 64-bit targets, and `Eager` on small ones.
#[cfg(not(target_pointer_width = "64"))]
pub(crate) use self::eager::Eager as LazyIfLarge;
#[cfg(target_pointer_width = "64")]
pub(crate) use self::lazy::Lazy as LazyIfLarge;

/// `true` if there may be threads.
pub(crate) const HAS_STD: bool = cfg!(feature = "std");

/// `false` if all code runs on one thread that nothing interrupts, so waiting would never end.
#[cfg(not(all(feature = "std", not(target_family = "wasm"))))]
pub(crate) const CAN_SPIN: bool = cfg!(any(not(target_family = "wasm"), target_feature = "atomics"));

/// `true` if the lock of a [`Mutex`] is a critical section. With `std` there are threads, which need locks that sleep, and the
/// feature has no effect.
pub(crate) const HAS_CRITICAL_SECTIONS: bool = cfg!(all(feature = "critical-section", not(feature = "std")));

/// `true` in a model, where a few waiting tasks must be enough to reach every branch.
pub(crate) const IS_MODEL: bool = cfg!(all(loom, feature = "loom"));

/// Runs `f` in a critical section, so nothing on this core preempts it. Without [critical sections](HAS_CRITICAL_SECTIONS), just
/// runs `f`.
pub(crate) fn without_preemption<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(all(feature = "critical-section", not(feature = "std")))]
    return critical_section::with(|_| f());
    #[cfg(not(all(feature = "critical-section", not(feature = "std"))))]
    f()
}

/// Runs `f` and catches its panic, after the panic's message has been printed. Without `std` no panic can be caught. In a
/// model none is caught either, because loom's own panics must end it.
#[cold]
pub(crate) fn catch_panic(f: impl FnOnce()) {
    #[cfg(all(feature = "std", not(all(loom, feature = "loom"))))]
    {
        use core::panic::AssertUnwindSafe;
        use std::panic::catch_unwind;

        if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
            // Dropping the payload may panic as well. The second payload is leaked, because dropping it could panic again.
            catch_unwind(AssertUnwindSafe(|| drop(payload))).unwrap_or_else(core::mem::forget);
        }
    }
    #[cfg(not(all(feature = "std", not(all(loom, feature = "loom")))))]
    f();
}
