//! What all handles of a channel share: the value, its state and the counts of handles. Nothing here notifies:
//! what must be notified comes back as a `#[must_use]` token.

use core::fmt;

use crate::count::{Count, Removed};
use crate::held::{Site, here};
use crate::state::{AtomicState, Shards, Version};
use crate::value::{Guard, Value};

pub(crate) struct Shared<T> {
    pub(crate) state: AtomicState,
    pub(crate) receivers: Count,
    pub(crate) senders: Count,
    value: Value<T>,
}

impl<T> Shared<T> {
    /// For one sender and one receiver.
    pub(crate) fn new(value: T) -> Self {
        Self { state: AtomicState::new(), receivers: Count::new(), senders: Count::new(), value: Value::new(value) }
    }

    /// The value, and the version it is.
    #[inline]
    pub(crate) fn read(&self, site: Site) -> (Guard<'_, T>, Version) {
        let value = self.value.read(site);
        (value, self.state.version_while_locked())
    }

    /// As [`read`](Self::read), if that need not wait.
    pub(crate) fn try_read(&self, site: Site) -> Option<(Guard<'_, T>, Version)> {
        let value = self.value.try_read(site)?;
        Some((value, self.state.version_while_locked()))
    }

    /// Lets `f` look at the value and the version it is.
    #[inline]
    pub(crate) fn with<R>(&self, site: Site, f: impl FnOnce(&T, Version) -> R) -> R {
        self.value.with(site, |value| f(&value, self.state.version_while_locked()))
    }

    /// Lets `condition` look at the value and the version it is, and returns the value if it says `true`.
    #[inline]
    pub(crate) fn read_if(&self, site: Site, condition: impl FnOnce(&T, Version) -> bool) -> Option<Guard<'_, T>> {
        self.value.with(site, |value| condition(&value, self.state.version_while_locked()).then_some(value))
    }

    /// Lets `modify` change the value; if it says `true` this is a new version, for which the shards returned must
    /// be notified.
    #[inline]
    pub(crate) fn modify(&self, site: Site, modify: impl FnOnce(&mut T) -> bool) -> Option<Shards> {
        self.value.write(site, |value| modify(value).then(|| self.state.publish_while_locked()))
    }

    /// Replaces the value, which is a new version, if that need not wait; or gives it back.
    pub(crate) fn try_replace(&self, site: Site, mut value: T) -> Result<(T, Shards), T> {
        let replaced = self.value.try_write(site, |old| {
            core::mem::swap(old, &mut value);
            self.state.publish_while_locked()
        });
        match replaced.ok() {
            Some(shards) => Ok((value, shards)),
            None => Err(value),
        }
    }

    /// Drops a sender; after the last one the channel is closed, and the shards returned must be notified.
    #[inline]
    pub(crate) fn remove_sender(&self) -> Option<Shards> {
        match self.senders.remove() {
            Removed::NotLast => None,
            Removed::Last | Removed::LastAwaited => Some(self.state.close()),
        }
    }

    /// Drops a receiver; `true` if senders wait for the last one to go and must be notified.
    #[inline]
    #[must_use = "senders in `closed` sleep until they are notified"]
    pub(crate) fn remove_receiver(&self) -> bool {
        self.receivers.remove() == Removed::LastAwaited
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.load();
        let mut s = f.debug_struct("Shared");
        match self.value.try_read(here()) {
            Some(value) => s.field("value", &value),
            None => s.field("value", &format_args!("<locked>")),
        };
        s.field("version", &state.version())
            .field("is_closed", &state.is_closed())
            .field("receivers", &self.receivers.get())
            .field("senders", &self.senders.get())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_modification_is_a_version() {
        let shared = Shared::new(1);
        let before = shared.state.load().version();
        assert_eq!(
            shared.modify(here(), |value| {
                *value = 2;
                false
            }),
            None
        );
        let (value, version) = shared.read(here());
        assert_eq!((*value, version), (2, before));
        drop(value);
        assert!(
            shared
                .modify(here(), |value| {
                    *value = 3;
                    true
                })
                .is_some()
        );
        let (value, version) = shared.read(here());
        assert_eq!(*value, 3);
        assert_ne!(version, before);
    }

    #[test]
    fn the_last_sender_closes() {
        let shared = Shared::new(());
        shared.senders.add();
        assert_eq!(shared.senders.get(), 2);
        assert_eq!(shared.remove_sender(), None);
        assert!(!shared.state.load().is_closed());
        assert!(shared.remove_sender().is_some());
        assert!(shared.state.load().is_closed());
    }

    #[test]
    fn the_last_receiver_notifies_only_senders_that_wait() {
        let shared = Shared::new(());
        assert!(!shared.remove_receiver());
        shared.receivers.add();
        shared.receivers.set_waiting();
        assert!(shared.remove_receiver());
    }
}
