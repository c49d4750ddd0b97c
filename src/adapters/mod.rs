//! One file for each feature that ties the channel to something else.

#[cfg(all(feature = "std", not(target_family = "wasm")))]
mod blocking;
pub(crate) mod coop;
#[cfg(feature = "defmt")]
mod defmt;
#[cfg(feature = "event-listener")]
mod event_listener;
#[cfg(feature = "stream")]
mod stream;

#[cfg(feature = "stream")]
pub use self::stream::WatchStream;
