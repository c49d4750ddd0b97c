//! The deadlock detector: it knows of which channels this thread holds a guard, and where each
//! guard was taken. A call that would wait for its own thread panics instead.
//!
//! `enabled.rs` is for debug builds with `std`. `disabled.rs`, without state and without code, is
//! for all others. Both have the same names:
//!
//! | name | what it does |
//! |---|---|
//! | [`caller`] | returns the [`CallSite`] of the user's call |
//! | `Detector::check` | panics if a call would wait for this thread's own guard; a [`Use`] says what for |
//! | `Detector::note` | makes the note of a guard, before the lock is tried: making it may allocate |
//! | `Held::set` | says that the lock is held, and what for: a [`Use`] |
//! | `Held`'s drop | removes the note, after the lock's release: removing it may free memory |

cfg_if! {
    if #[detector] {
        mod enabled;
        pub(crate) use self::enabled::{CallSite, Detector, Held, caller};
    } else {
        mod disabled;
        pub(crate) use self::disabled::{CallSite, Detector, Held, caller};
    }
}

/// What a call does with the value, or waits to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// It holds a `Ref`.
    Ref,
    /// It runs a closure that reads the value, or the value's `clone`. It waits for writers.
    Read,
    /// It runs a closure that changes the value. It waits for readers and writers.
    Write,
    /// It waits on a thread for a new value, and so for a sender, which waits for readers and
    /// writers. (Where there are no threads, no call does.)
    #[cfg_attr(not(all(feature = "std", not(target_family = "wasm"))), expect(dead_code))]
    Wait,
}
