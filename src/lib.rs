#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![warn(
    clippy::alloc_instead_of_core,
    clippy::disallowed_types,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core
)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(feature = "event-listener"), expect(dead_code, reason = "only waits use all of the state"))]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(all(feature = "std", feature = "event-listener", not(target_family = "wasm")))]
mod blocking;
mod cached;
mod channel;
#[cfg(feature = "event-listener")]
#[cfg_attr(not(feature = "tokio"), path = "coop_none.rs")]
#[cfg_attr(
    not(any(feature = "tokio", all(feature = "std", not(target_family = "wasm")))),
    expect(dead_code, reason = "only threads wait without a task")
)]
mod coop;
mod count;
#[cfg(feature = "event-listener")]
mod deferred;
#[cfg(feature = "defmt")]
mod defmt;
pub mod error;
mod guard;
#[cfg_attr(not(all(feature = "std", debug_assertions, not(all(loom, feature = "loom")))), path = "held_untracked.rs")]
mod held;
#[cfg(feature = "event-listener")]
mod kept;
#[cfg_attr(not(feature = "event-listener"), path = "notify_none.rs")]
mod notify;
mod receiver;
#[cfg(feature = "event-listener")]
mod registration;
mod sender;
mod shared;
mod state;
#[cfg(feature = "stream")]
mod stream;
#[cfg_attr(not(all(loom, feature = "loom")), expect(clippy::disallowed_types, reason = "this is the facade"))]
mod sync;
mod value;
#[cfg(feature = "event-listener")]
mod wait;
#[cfg(feature = "event-listener")]
mod waiter;
#[cfg(not(all(loom, feature = "loom")))]
mod watch;
mod weak;

pub use crate::cached::Cached;
pub use crate::guard::Ref;
pub use crate::receiver::Receiver;
pub use crate::sender::{Sender, channel};
pub use crate::state::Version;
#[cfg(feature = "stream")]
pub use crate::stream::WatchStream;
#[cfg(not(all(loom, feature = "loom")))]
pub use crate::watch::Watch;
pub use crate::weak::WeakSender;
