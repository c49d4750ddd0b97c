//! event-listener's list of listeners, with the feature `event-listener`. Without the feature there is nothing to notify.
//!
//! With `--cfg loom`, event-listener only compiles with its own feature `loom`. So in such a build there are listeners only
//! with this crate's feature `loom`, which turns that on, and `--cfg loom_event_listener`.

#[cfg(all(feature = "event-listener", any(not(loom), loom_event_listener)))]
pub(crate) use event_listener::Event;

/// Notifies all listeners. event-listener calls their wakers while it holds its own lock.
///
/// The caller has taken, with Acquire, the bit that a listener sets after it has been added, so the listener is in the list.
/// What it checks after it has been notified is in the same atomic as the bit, so no fence is needed here.
///
/// If the waker of a listener panics, event-listener has moved on to the next listener, and another call notifies the others.
/// But it has not counted the one that panicked, so its count of notified listeners is wrong from then on. "Additional"
/// notifications do not depend on that count.
#[cfg(all(feature = "event-listener", any(not(loom), loom_event_listener)))]
pub(crate) fn notify_all(event: &Event) {
    use event_listener::IntoNotification;

    event.notify(usize::MAX.additional().relaxed());
}

#[cfg(not(all(feature = "event-listener", any(not(loom), loom_event_listener))))]
#[derive(Default)]
pub(crate) struct Event;

#[cfg(not(all(feature = "event-listener", any(not(loom), loom_event_listener))))]
pub(crate) fn notify_all(_: &Event) {}
