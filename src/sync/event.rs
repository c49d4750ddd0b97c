//! event-listener's list of listeners, with the feature `event-listener`. Without it there is nothing to notify.

#[cfg(feature = "event-listener")]
pub(crate) use event_listener::Event;

/// Notifies all listeners. event-listener calls their wakers while it holds its own lock.
///
/// The caller has taken the bit that a listener sets after it has been added, with Acquire: the listener is in the list. What
/// it looks at after it has been notified is in the same atomic as the bit, so no fence is needed here.
#[cfg(feature = "event-listener")]
pub(crate) fn notify_all(event: &Event) {
    use event_listener::IntoNotification;

    event.notify(usize::MAX.relaxed());
}

#[cfg(not(feature = "event-listener"))]
#[derive(Default)]
pub(crate) struct Event;

#[cfg(not(feature = "event-listener"))]
pub(crate) fn notify_all(_: &Event) {}
