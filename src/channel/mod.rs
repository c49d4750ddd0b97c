//! The core: what all handles of a channel share. Every "commit, unlock, then wake" is in this
//! file, once.
//!
//! | file | its one job |
//! |---|---|
//! | `state.rs` | the version state machine |
//! | `count.rs` | the counts of handles |
//! | `wait.rs` | the future behind every wait |

pub(crate) mod count;
#[cfg(all(test, loom, feature = "loom"))]
mod loom_tests;
pub(crate) mod state;
pub(crate) mod wait;

use core::fmt;
use core::mem;
use core::panic::{RefUnwindSafe, UnwindSafe};

use crate::channel::count::Count;
use crate::channel::state::{AtomicState, TakenBits, Version};
use crate::lock::deadlock::{CallSite, caller};
use crate::lock::{ReadGuard, ValueLock};
use crate::wake::{SENDERS, Waiters};

// Every check for a new version reads `state`, and every read of the value writes to its lock. With
// `std`, on 64-bit targets, this order keeps them 64 bytes or more apart, and so on different cache
// lines.
#[repr(C)]
pub(crate) struct Channel<T> {
    /// Which version is it at, is it closed, and who waits for the next version?
    pub(crate) state: AtomicState,
    /// Whom does a change of `state` or `receivers` wake?
    pub(crate) waiters: Waiters,
    /// How many receivers are there, and does a sender wait for the first or the last one?
    pub(crate) receivers: Count,
    /// How many senders are there?
    pub(crate) senders: Count,
    /// What is the value, and who may read or change it now?
    pub(crate) value: ValueLock<T>,
}

impl<T> Channel<T> {
    /// Returns the value and its version. Waits for the read lock.
    pub(crate) fn read(&self, caller: CallSite) -> (ReadGuard<'_, T>, Version) {
        let value = self.value.read(caller);
        (value, self.state.version_while_locked())
    }

    /// Returns the value and its version, unless that would have to wait.
    pub(crate) fn try_read(&self, caller: CallSite) -> Option<(ReadGuard<'_, T>, Version)> {
        self.value.try_read(caller).map(|value| (value, self.state.version_while_locked()))
    }

    /// Calls `f` with the value, which `f` may keep locked, and its version.
    pub(crate) fn with_guard<'a, R>(&'a self, caller: CallSite, f: impl FnOnce(ReadGuard<'a, T>, Version) -> R) -> R {
        self.value.with(caller, |value| f(value, self.state.version_while_locked()))
    }

    /// Calls `f` with the value and its version.
    pub(crate) fn with<R>(&self, caller: CallSite, f: impl FnOnce(&T, Version) -> R) -> R {
        self.with_guard(caller, |value, version| f(&value.value, version))
    }

    /// Calls `f` with the value and its version, unless that would have to wait.
    pub(crate) fn try_with<R>(&self, caller: CallSite, f: impl FnOnce(&T, Version) -> R) -> Option<R> {
        self.value.try_with(caller, |value| f(&value.value, self.state.version_while_locked()))
    }

    /// Calls `modify` with the value, and returns the first part of its result. If the second part
    /// is `true`, publishes a new version and wakes receivers.
    #[inline]
    pub(crate) fn modify<R>(&self, caller: CallSite, modify: impl FnOnce(&mut T) -> (R, bool)) -> R {
        let (result, taken) = self.value.write(caller, |value| {
            let (result, is_new) = modify(value);
            (result, is_new.then(|| self.state.publish_while_locked()))
        });
        if let Some(taken) = taken {
            self.notify_receivers(taken);
        }
        result
    }

    /// Swaps the value and `value` and wakes receivers, unless that would have to wait. Returns
    /// `true` if it has done so.
    pub(crate) fn try_swap(&self, caller: CallSite, value: &mut T) -> bool {
        let taken = self.value.try_write(caller, |current| {
            mem::swap(current, value);
            self.state.publish_while_locked()
        });
        taken.map(|taken| self.notify_receivers(taken)).is_some()
    }

    /// Wakes the receivers and listeners behind the bits that a send or the close has taken. The
    /// caller holds no lock.
    #[inline]
    fn notify_receivers(&self, taken: TakenBits) {
        if !taken.is_empty() {
            let listeners = taken.is_listening().then_some(&self.waiters.on_change);
            self.waiters.notify(taken.lanes(), listeners, self.state.waiting_bit());
        }
    }

    /// Removes a sender from the count. The last one closes the channel and wakes receivers.
    #[inline]
    pub(crate) fn remove_sender(&self) {
        if self.senders.remove().0 == 1 {
            self.notify_receivers(self.state.close());
        }
    }

    /// Removes a receiver from the count. The last one wakes senders.
    #[inline]
    pub(crate) fn remove_receiver(&self) {
        let Self { receivers, waiters, .. } = self;
        if receivers.remove() == (1, true) && receivers.take_awaited() {
            waiters.notify(1 << SENDERS, Some(waiters.on_closed()), receivers.waiting_bit());
        }
    }

    /// Wakes the senders that wait for the first receiver, which has been added to the count. The
    /// caller holds no lock.
    #[cold]
    #[inline(never)]
    pub(crate) fn notify_opened(&self) {
        if self.receivers.is_awaited() {
            // The mask clears nothing: a listener may have set the flag for the next last drop.
            self.waiters.notify(1 << SENDERS, None, (self.receivers.waiting_bit().0, !0));
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut s = f.debug_struct("Shared");
        match self.try_read(caller()) {
            Some((value, version)) => s.field("value", &&*value.value).field("version", &version),
            None => s.field("value", &format_args!("<locked>")).field("version", &self.state.load().version()),
        };
        s.field("is_closed", &self.state.load().is_closed())
            .field("receivers", &self.receivers.get())
            .field("senders", &self.senders.get())
            .finish()
    }
}

// A panic leaves the channel usable: the lock is released, and the value keeps its own version.
impl<T> UnwindSafe for Channel<T> {}
impl<T> RefUnwindSafe for Channel<T> {}

#[cfg(test)]
mod tests {
    use core::mem::offset_of;

    use super::*;
    use crate::sync::{HAS_STD, IS_MODEL};

    #[test]
    fn the_state_word_and_the_lock_share_no_cache_line() {
        let distance = offset_of!(Channel<u8>, value.lock) - offset_of!(Channel<u8>, state);
        let may_be_shared = !HAS_STD || usize::BITS < 64 || IS_MODEL;
        assert!(may_be_shared || distance >= 64, "they are {distance} bytes apart");
    }
}
