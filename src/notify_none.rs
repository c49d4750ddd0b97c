//! Stands in for `notify.rs` without the `event-listener` feature: nobody can wait, so nobody is notified.

use crate::state::Shards;

#[derive(Debug)]
pub(crate) struct Notifier;

impl Notifier {
    pub(crate) fn new() -> Self {
        Self
    }

    #[inline]
    pub(crate) fn notify_receivers(&self, _: Shards) {}

    #[inline]
    pub(crate) fn notify_senders(&self) {}
}

pub(crate) struct OwnWaiter;

impl OwnWaiter {
    pub(crate) fn new() -> Self {
        Self
    }
}
