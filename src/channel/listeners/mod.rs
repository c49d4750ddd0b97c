//! event-listener's listeners of a channel: [`Listeners`], which notifies those that wait for a [`Notify`].
//!
//! Both implementations have the same names. With the feature `event-listener` there is an event for receivers and one for
//! senders, to which `adapters/event_listener.rs` adds listeners. Without it there is nothing, and nothing to notify.

#[cfg(not(feature = "event-listener"))]
mod disabled;
#[cfg(feature = "event-listener")]
mod enabled;

#[cfg(not(feature = "event-listener"))]
pub(crate) use self::disabled::Listeners;
#[cfg(feature = "event-listener")]
pub(crate) use self::enabled::Listeners;

/// Which listeners.
#[derive(Clone, Copy)]
pub(crate) enum Notify {
    /// Those that wait for the next version, or for the close.
    Receivers,
    /// Those that wait for the last receiver to be dropped.
    Senders,
}
