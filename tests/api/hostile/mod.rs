//! Hostile wakers, closures and values: they panic, or use the channel while it calls them. In each
//! case no other task's wake-up is lost, nothing hangs, the channel can be used afterwards, and no
//! value is leaked.
//!
//! | file | what is hostile |
//! |---|---|
//! | `waits.rs` | nothing; it has all kinds of waits |
//! | `wakers.rs` | wakers, when they are cloned, woken, replaced, cancelled or dropped |
//! | `closures.rs` | the closures that the user passes |
//! | `values.rs` | the value's `clone`, `==`, `Debug` and drop |
//! | `threads.rs` | threads that use a channel while they end |
//!
//! See also `tests/api/model.rs` (random programs in wakers), `waker_panics.rs`, `delivery.rs` and
//! `deadlock.rs`.

mod closures;
mod threads;
mod values;
mod waits;
mod wakers;
