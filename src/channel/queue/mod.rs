//! How a caller waits for the value's lock.
//!
//! Both implementations have the same names:
//!
//! | name | what it does |
//! |---|---|
//! | `Queue::admits` | returns `true` if a caller that is not in the queue may try the lock |
//! | `Queue::enter` | calls `attempt`, which tries the lock, until it succeeds |
//! | `Queue::notify` | wakes a thread that waits, after an attempt to read that has failed |
//! | `Queue::on_release` | returns a value that is kept with each guard of the lock, and dropped right after it |
//!
//! `threads.rs` is for builds with threads: they sleep, and no thread starves. `spinning.rs` is for all others, where a
//! caller can only try again.

#[cfg(not(all(feature = "std", not(target_family = "wasm"))))]
mod spinning;
#[cfg(all(feature = "std", not(target_family = "wasm")))]
mod threads;

#[cfg(not(all(feature = "std", not(target_family = "wasm"))))]
pub(crate) use self::spinning::{OnRelease, Queue};
#[cfg(all(feature = "std", not(target_family = "wasm")))]
pub(crate) use self::threads::{OnRelease, Queue};

/// What a caller wants to do with the value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}
