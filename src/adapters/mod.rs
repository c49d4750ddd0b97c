//! One file or folder for each feature that connects the channel to something else.

#[cfg(feature = "defmt")]
mod defmt;
#[cfg(all(feature = "event-listener", any(not(loom), loom_event_listener)))]
mod event_listener;
#[cfg(feature = "stream")]
mod stream;

#[cfg(feature = "stream")]
pub use self::stream::WatchStream;
