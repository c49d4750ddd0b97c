//! Whose turn it is to try the value's lock.
//!
//! Both implementations have the same names:
//!
//! | name | what it does |
//! |---|---|
//! | `Queue::retry` | calls an attempt to take the lock until it succeeds; waits for the caller's turn before each |
//! | `Queue::admits_attempt` | returns `true` if a call that never waits may try the lock |
//! | `Queue::notify` | wakes a thread that waits, after an attempt to read that has failed |
//! | `Queue::on_release` | returns an `OnRelease`, which is stored next to each lock guard and dropped right after it |
//! | `Queue::closure` | returns a value that lives while one of the user's closures runs with the lock held |
//!
//! `threads.rs` is for builds with threads: they sleep, and no thread starves. It asks `guards.rs`
//! which guards a thread holds. `spinning.rs` is for all other builds, where a caller can only try
//! again.

#[cfg(all(feature = "std", not(target_family = "wasm")))]
mod guards;
#[cfg(not(all(feature = "std", not(target_family = "wasm"))))]
mod spinning;
#[cfg(all(feature = "std", not(target_family = "wasm")))]
mod threads;

#[cfg(not(all(feature = "std", not(target_family = "wasm"))))]
pub(crate) use self::spinning::{OnRelease, Queue};
#[cfg(all(feature = "std", not(target_family = "wasm")))]
pub(crate) use self::threads::{OnRelease, Queue};
