//! The deadlock detector: it knows of which channels this thread holds a guard, and where each guard was taken. A call that
//! would wait for its own thread panics instead.
//!
//! Both implementations have the same names: [`caller`] returns the user's [`CallSite`], a [`Detector`] checks and notes
//! what this thread holds, and a note lasts as long as its [`Held`] lives. `enabled.rs` is for debug builds with `std`.
//! `disabled.rs`, without state and without code, is for all others.

#[cfg(not(all(feature = "std", debug_assertions, not(all(loom, feature = "loom")))))]
#[cfg_attr(
    not(all(feature = "std", not(target_family = "wasm"))),
    expect(dead_code, reason = "`check_wait` is for waits on threads")
)]
mod disabled;
#[cfg(all(feature = "std", debug_assertions, not(all(loom, feature = "loom"))))]
#[cfg_attr(target_family = "wasm", expect(dead_code, reason = "as above"))]
mod enabled;

#[cfg(not(all(feature = "std", debug_assertions, not(all(loom, feature = "loom")))))]
pub(crate) use self::disabled::{CallSite, Detector, Held, caller};
#[cfg(all(feature = "std", debug_assertions, not(all(loom, feature = "loom"))))]
pub(crate) use self::enabled::{CallSite, Detector, Held, caller};
