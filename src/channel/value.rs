//! The value behind its lock.
//!
//! Readers share the lock; a writer has it alone. A caller that does not get it waits in the [`queue`](super::queue), which
//! decides which thread is next. Without `std` there is no queue: a caller tries again until it succeeds.
//!
//! With `critical-section`, a writer holds the lock only within a critical section, and closures that read run in one. So
//! `with` finds a writer only if that writer's closure has called it, and no code on this core waits for a holder that it
//! has interrupted, unless that holder is a `Ref`.

use crate::channel::queue::{Access, OnRelease, Queue};
use crate::deadlock::{CallSite, ChannelId, Held};
use crate::sync::{HAS_CRITICAL_SECTIONS, RwLock, RwLockReadGuard, without_preemption};

// `channel()` builds it, in one expression with the rest of the channel.
pub(crate) struct Value<T> {
    pub(crate) lock: RwLock<T>,
    pub(crate) queue: Queue,
    pub(crate) id: ChannelId,
}

impl<T> Value<T> {
    /// Waits for writers.
    #[inline]
    pub(crate) fn read(&self, caller: CallSite) -> ValueGuard<'_, T> {
        self.id.check_read(caller);
        self.guard(self.queue.enter(Access::Read, || self.lock.try_read()), caller)
    }

    /// Never waits.
    #[inline]
    pub(crate) fn try_read(&self, caller: CallSite) -> Option<ValueGuard<'_, T>> {
        if !self.queue.admits(Access::Read) {
            return None;
        }
        let value = self.lock.try_read();
        if value.is_none() {
            self.queue.notify();
        }
        Some(self.guard(value?, caller))
    }

    #[inline]
    fn guard<'a>(&'a self, value: RwLockReadGuard<'a, T>, caller: CallSite) -> ValueGuard<'a, T> {
        ValueGuard { value, _on_release: self.queue.on_release(), held: self.id.reading(caller) }
    }

    /// Runs `f` with the value, without preemption, so no code on this core waits for a reader that it has preempted, unless
    /// `f` returns the guard. Waits for writers.
    pub(crate) fn with<'a, R>(&'a self, caller: CallSite, f: impl FnOnce(ValueGuard<'a, T>) -> R) -> R {
        self.id.check_read(caller);
        without_preemption(|| {
            let mut value = if HAS_CRITICAL_SECTIONS {
                // In a critical section, only the code that has made this call can hold the write lock.
                let value = self.lock.try_read();
                let value = value.unwrap_or_else(|| panic!("deadlock: a read in a closure that changes the value"));
                self.guard(value, caller)
            } else {
                self.read(caller)
            };
            value.held.set_in_closure(true);
            f(value)
        })
    }

    /// Runs `f` with the value, without preemption, unless a writer holds the lock. Never waits, not even for queued
    /// threads, so a caller must not read the same version again and again.
    pub(crate) fn try_with<R>(&self, caller: CallSite, f: impl FnOnce(&T) -> R) -> Option<R> {
        without_preemption(|| {
            let value = self.lock.try_read();
            if value.is_none() {
                self.queue.notify();
            }
            let mut value = self.guard(value?, caller);
            value.held.set_in_closure(true);
            Some(f(&value.value))
        })
    }

    /// Waits for the write lock and runs `f` with the value. If `f` panics, the lock is released, and the value stays as `f`
    /// has left it.
    #[inline]
    pub(crate) fn write<R>(&self, caller: CallSite, f: impl FnOnce(&mut T) -> R) -> R {
        self.id.check_write(caller);
        let mut f = Some(f);
        self.queue.enter(Access::Write, || self.attempt(caller, f.take()?).map_err(|again| f = Some(again)).ok())
    }

    /// Runs `f` if the lock is free and no thread demands it. Never waits.
    #[inline]
    pub(crate) fn try_write<R>(&self, caller: CallSite, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        if self.queue.admits(Access::Write) { self.attempt(caller, f).ok() } else { None }
    }

    /// Tries the lock once, without preemption, so no code on this core ever waits for a writer that it has preempted.
    /// Returns `f` if the lock is held.
    #[inline]
    fn attempt<R, F: FnOnce(&mut T) -> R>(&self, caller: CallSite, f: F) -> Result<R, F> {
        without_preemption(|| {
            let Some(value) = self.lock.try_write() else { return Err(f) };
            let _on_release = self.queue.on_release();
            // Dropped before that, even if `f` panics.
            let (mut value, _held) = (value, self.id.writing(caller));
            Ok(f(&mut value))
        })
    }
}

/// A read lock on the value. Writers wait while it lives.
pub(crate) struct ValueGuard<'a, T> {
    pub(crate) value: RwLockReadGuard<'a, T>,
    // Dropped after `value`, because this is below it.
    _on_release: OnRelease<'a>,
    held: Held,
}

impl<T> ValueGuard<'_, T> {
    /// Returns the guard for the user to keep, as a `Ref`.
    pub(crate) fn into_ref(mut self) -> Self {
        self.held.set_in_closure(false);
        self
    }
}
