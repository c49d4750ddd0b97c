//! One file or folder for each feature that connects the channel to something else.

#[cfg(feature = "defmt")]
mod defmt;
cfg_if! { if #[listeners] { mod event_listener; } }
#[cfg(feature = "stream")]
mod stream;

#[cfg(feature = "stream")]
pub use self::stream::WatchStream;
