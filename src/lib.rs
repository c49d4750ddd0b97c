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

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

// Such a build would link and run, until an interrupt meets a lock of the code that it has interrupted.
#[cfg(all(target_os = "none", not(any(feature = "std", feature = "critical-section", feature = "single-context"))))]
compile_error!(
    "on bare metal, an interrupt handler that uses a watch channel can hang the firmware: enable the feature \
     `critical-section` of watch-channel, and let the firmware supply an implementation for the crate `critical-section`; \
     or, if no interrupt handler and no second core ever uses a channel, enable the feature `single-context`"
);

mod cached;
mod channel;
mod deadlock;
pub mod error;
mod futures;
mod guard;
#[cfg(doc)]
pub mod guide;
mod receiver;
mod sender;
#[cfg_attr(not(all(loom, feature = "loom")), expect(clippy::disallowed_types, reason = "this is the facade"))]
mod sync;
#[cfg(not(all(loom, feature = "loom")))]
mod watch;
mod weak;

// Last: a type's page shows its methods in this order.
mod adapters;

#[cfg(feature = "stream")]
pub use crate::adapters::WatchStream;
pub use crate::cached::{Cached, CachedChanged};
pub use crate::channel::state::Version;
pub use crate::futures::{Changed, Closed, Recv, RecvIf, WaitFor, WaitForMap, WaitUntil};
pub use crate::guard::Ref;
pub use crate::receiver::Receiver;
pub use crate::sender::{Sender, channel};
#[cfg(not(all(loom, feature = "loom")))]
pub use crate::watch::Watch;
pub use crate::weak::WeakSender;
