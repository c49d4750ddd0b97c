//! One file or folder for each feature that connects the channel to something else.

pub(crate) mod coop;
#[cfg(feature = "defmt")]
mod defmt;
#[cfg(all(feature = "event-listener", any(not(loom), loom_event_listener)))]
mod event_listener;
#[cfg(feature = "stream")]
mod stream;

// Last, because rustdoc shows a type's methods in this order.
#[cfg(all(feature = "std", not(target_family = "wasm")))]
mod blocking;

#[cfg(feature = "stream")]
pub use self::stream::WatchStream;
