//! A channel and the handle to it. Every "commit, unlock, then notify" is here, once.

use core::fmt;
use core::ops::Deref;

use crate::held::Site;
use crate::notify::Notifier;
use crate::shared::Shared;
use crate::sync::Arc;

pub(crate) struct Channel<T> {
    pub(crate) shared: Shared<T>,
    pub(crate) notifier: Notifier,
}

impl<T> Channel<T> {
    /// Lets `modify` change the value under the lock; if it says `true`, this is a new version and receivers are
    /// woken. Returns what `modify` said.
    #[inline]
    pub(crate) fn modify(&self, site: Site, modify: impl FnOnce(&mut T) -> bool) -> bool {
        match self.shared.modify(site, modify) {
            Some(shards) => {
                self.notifier.notify_receivers(shards);
                true
            }
            None => false,
        }
    }

    /// Replaces the value if that need not wait, and wakes receivers; or gives the new value back.
    pub(crate) fn try_replace(&self, site: Site, value: T) -> Result<T, T> {
        let (old, shards) = self.shared.try_replace(site, value)?;
        self.notifier.notify_receivers(shards);
        Ok(old)
    }

    #[inline]
    pub(crate) fn remove_sender(&self) {
        if let Some(shards) = self.shared.remove_sender() {
            self.notifier.notify_receivers(shards);
        }
    }

    #[inline]
    pub(crate) fn remove_receiver(&self) {
        if self.shared.remove_receiver() {
            self.notifier.notify_senders();
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.fmt(f)
    }
}

/// A share in a channel. It counts neither as a sender nor as a receiver: the public types do that.
pub(crate) struct Handle<T>(Arc<Channel<T>>);

impl<T> Handle<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Arc::new(Channel { shared: Shared::new(value), notifier: Notifier::new() }))
    }

    pub(crate) fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Clone for Handle<T> {
    #[inline]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Deref for Handle<T> {
    type Target = Channel<T>;

    #[inline]
    fn deref(&self) -> &Channel<T> {
        &self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
