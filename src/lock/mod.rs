//! The lock around a channel's value. It does not know the value's version, which is the channel's.
//!
//! | file | its one job |
//! |---|---|
//! | `mod.rs` | the lock: try, wait for a turn, try again |
//! | `queue/` | whose turn it is |
//! | `deadlock/` | finds calls that would wait for their own thread |
//!
//! Readers share the lock; a writer has it alone. The lock itself is spin's, and only its `try_`
//! methods are used. Every caller asks the [`queue`] first. The channel's calls that never wait give
//! up if the queue refuses, or if the lock is held. Other calls try again whenever it is their turn,
//! until they have the lock.
//!
//! With `critical-section` (and without `std`), each attempt to write is one critical section
//! together with the closure that changes the value, and closures that read run in one as well. So
//! no code on this core ever waits for a holder that it has interrupted, unless that holder is a
//! `Ref`.

pub(crate) mod deadlock;
#[cfg(all(test, loom, feature = "loom"))]
mod loom_tests;
pub(crate) mod queue;

use crate::lock::deadlock::{CallSite, Detector, Held, Use};
use crate::lock::queue::{OnRelease, Queue, slow_path};
use crate::sync::{RwLock, RwLockReadGuard, without_preemption};

// `channel()` builds it, in one expression with the rest of the channel. Its order is part of that
// of `Channel`.
#[repr(C)]
pub(crate) struct ValueLock<T> {
    /// Whose turn is it to try `lock`?
    pub(crate) queue: Queue,
    /// Would a call wait for its own thread?
    pub(crate) detector: Detector,
    /// Who reads or changes the value now?
    pub(crate) lock: RwLock<T>,
}

impl<T> ValueLock<T> {
    /// Waits for writers.
    #[inline]
    pub(crate) fn read(&self, caller: CallSite) -> ReadGuard<'_, T> {
        self.detector.check(caller, Use::Read);
        let held = self.detector.note(caller);
        let value = if self.queue.admits(false) { self.lock.try_read() } else { None };
        self.guard(value.unwrap_or_else(|| slow_path(|| self.read_in_turn())), self.queue.on_release(), held)
    }

    #[inline]
    fn read_in_turn(&self) -> RwLockReadGuard<'_, T> {
        let mut turn = self.queue.turn();
        loop {
            turn.wait();
            if let Some(value) = self.lock.try_read() {
                return value;
            }
        }
    }

    /// Never waits.
    #[inline]
    pub(crate) fn try_read(&self, caller: CallSite) -> Option<ReadGuard<'_, T>> {
        let held = self.detector.note(caller);
        if !self.queue.admits(true) {
            return None;
        }
        // Taken before the attempt, which counts as a reader for a moment even if it fails, and then
        // must wake a thread.
        let on_release = self.queue.on_release();
        Some(self.guard(self.lock.try_read()?, on_release, held))
    }

    #[inline]
    fn guard<'a>(&self, value: RwLockReadGuard<'a, T>, on_release: OnRelease<'a>, mut held: Held) -> ReadGuard<'a, T> {
        held.set(Use::Ref);
        ReadGuard { value, _on_release: on_release, held }
    }

    /// Runs `f` with the value, without preemption. Waits for writers.
    pub(crate) fn with<'a, R>(&'a self, caller: CallSite, f: impl FnOnce(ReadGuard<'a, T>) -> R) -> R {
        without_preemption(|| self.look(self.read(caller), f))
    }

    /// Runs `f` with the value, without preemption. Never waits.
    pub(crate) fn try_with<'a, R>(&'a self, caller: CallSite, f: impl FnOnce(ReadGuard<'a, T>) -> R) -> Option<R> {
        without_preemption(|| Some(self.look(self.try_read(caller)?, f)))
    }

    /// Runs `f`, one of the user's closures that read the value.
    #[inline]
    fn look<'a, R>(&'a self, mut value: ReadGuard<'a, T>, f: impl FnOnce(ReadGuard<'a, T>) -> R) -> R {
        value.held.set(Use::Read);
        let _closure = self.queue.closure();
        f(value)
    }

    /// Waits for the lock and runs `f` with the value. If `f` panics, the lock is released, and the
    /// value stays as `f` has left it.
    #[inline]
    pub(crate) fn write<R>(&self, caller: CallSite, f: impl FnOnce(&mut T) -> R) -> R {
        self.detector.check(caller, Use::Write);
        let mut held = self.detector.note(caller);
        let attempted = self.attempt(self.queue.admits(false), &mut held, f);
        attempted.unwrap_or_else(|f| slow_path(|| self.write_in_turn(&mut held, f)))
    }

    #[inline]
    fn write_in_turn<R>(&self, held: &mut Held, mut f: impl FnOnce(&mut T) -> R) -> R {
        let mut turn = self.queue.turn();
        loop {
            turn.wait();
            match self.attempt(true, held, f) {
                Ok(result) => return result,
                Err(again) => f = again,
            }
        }
    }

    /// Runs `f` with the value. Never waits.
    #[inline]
    pub(crate) fn try_write<R>(&self, caller: CallSite, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut held = self.detector.note(caller);
        self.attempt(self.queue.admits(true), &mut held, f).ok()
    }

    /// Tries the lock once, without preemption, so no code on this core ever waits for a writer
    /// that it has preempted. Returns `f` if the lock is held, or if the caller may not try.
    #[inline]
    fn attempt<R, F: FnOnce(&mut T) -> R>(&self, may_try: bool, held: &mut Held, f: F) -> Result<R, F> {
        if !may_try {
            return Err(f);
        }
        without_preemption(|| {
            let Some(value) = self.lock.try_write() else { return Err(f) };
            held.set(Use::Write);
            let _on_release = self.queue.on_release();
            // Dropped before `_on_release`: locals drop in reverse order, on unwinding too.
            let mut value = value;
            let _closure = self.queue.closure();
            Ok(f(&mut value))
        })
    }
}

/// A read lock on the value. Writers wait while it lives.
pub(crate) struct ReadGuard<'a, T> {
    pub(crate) value: RwLockReadGuard<'a, T>,
    /// Dropped right after `value`: fields drop in the order of their declaration.
    _on_release: OnRelease<'a>,
    /// How does the detector describe this guard? Dropped last, because that may free memory.
    held: Held,
}

impl<T> ReadGuard<'_, T> {
    /// Returns the guard for the user to keep, as a `Ref`.
    pub(crate) fn into_ref(mut self) -> Self {
        self.held.set(Use::Ref);
        self
    }
}
