//! Two events, of a word each until somebody listens.

use event_listener::{Event, EventListener, IntoNotification};

use super::Notify;

pub(crate) struct Listeners {
    receivers: Event,
    senders: Event,
}

impl Listeners {
    pub(crate) fn new() -> Self {
        Self { receivers: Event::new(), senders: Event::new() }
    }

    fn event(&self, listeners: Notify) -> &Event {
        match listeners {
            Notify::Receivers => &self.receivers,
            Notify::Senders => &self.senders,
        }
    }

    /// Adds a listener. After that the caller sets the bit for it, in the state word or in the count of receivers.
    pub(crate) fn listen(&self, listeners: Notify) -> EventListener {
        self.event(listeners).listen()
    }

    /// Notifies all. event-listener calls their wakers while it holds its own lock.
    ///
    /// Relaxed: that the listeners are in the list is visible through the bit that was taken, and what they look at
    /// after their wake-up is visible through the same atomic.
    pub(crate) fn notify(&self, listeners: Notify) {
        self.event(listeners).notify(usize::MAX.relaxed());
    }
}
