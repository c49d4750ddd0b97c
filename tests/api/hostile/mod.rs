//! Hostile wakers, closures and values: they panic, or use the channel while it calls them. In each
//! case no other task's wake-up is lost, nothing hangs, the channel can be used afterwards, and no
//! value is leaked.
//!
//! See also `tests/api/model.rs` (random programs in wakers), `waker_panics.rs`, `delivery.rs` and
//! `deadlock.rs`.

mod closures;
mod threads;
mod values;
mod waits;
mod wakers;
