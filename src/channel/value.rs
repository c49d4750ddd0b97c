//! The value behind its lock, and the policy of which callers wait for it, and how.
//!
//! Readers share the lock. A writer that finds readers there takes turns with them: it *claims* the lock, which keeps new
//! readers out while those that hold it leave. If they do not leave in time, it *releases* the claim and lets the others in
//! for a while. So neither side keeps the other out:
//!
//! - A thread that holds a guard can always take a second one: a claim ends, whether it has succeeded or not.
//! - A writer always gets its turn: a claim lasts longer than the one before, up to about a millisecond, and no stream of
//!   readers outlives it unless they hold their guards that long.
//!
//! Among writers, and for a reader among writers that follow each other without a pause, there are no turns: the first to
//! try while the lock is free gets it.

use crate::deadlock::{CallSite, ChannelId, Held};
use crate::sync::{Backoff, RwLock, RwLockReadGuard, RwLockUpgradableGuard, RwLockWriteGuard, without_preemption};

/// How many pauses the longest claim lasts: with threads 64 spins, 4 yields and 8 sleeps, about a millisecond.
const LONGEST_CLAIM: u32 = 18;

/// Calls `attempt` until it succeeds, and pauses in between. It gets `input`, and returns it if it fails.
fn retry<I, R>(mut input: I, mut attempt: impl FnMut(I) -> Result<R, I>) -> R {
    let mut backoff = Backoff::default();
    loop {
        match attempt(input) {
            Ok(result) => return result,
            Err(again) => input = again,
        }
        backoff.snooze();
    }
}

pub(crate) struct Value<T> {
    lock: RwLock<T>,
    id: ChannelId,
}

impl<T> Value<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { lock: RwLock::new(value), id: ChannelId::new() }
    }

    /// Waits while a writer holds or claims the lock.
    #[inline]
    pub(crate) fn read(&self, caller: CallSite) -> ValueGuard<'_, T> {
        self.id.check_read();
        let value = self.lock.try_read().unwrap_or_else(|| self.read_contended());
        ValueGuard { value, _held: self.id.reading(caller) }
    }

    #[cold]
    fn read_contended(&self) -> RwLockReadGuard<'_, T> {
        retry((), |()| self.lock.try_read().ok_or(()))
    }

    /// Never waits.
    #[inline]
    pub(crate) fn try_read(&self, caller: CallSite) -> Option<ValueGuard<'_, T>> {
        Some(ValueGuard { value: self.lock.try_read()?, _held: self.id.reading(caller) })
    }

    /// Runs `f` with the value, without preemption: so nothing on this core meets a reader that it has preempted, unless `f`
    /// returns the guard. Waits as [`read`](Self::read).
    pub(crate) fn with<'a, R>(&'a self, caller: CallSite, f: impl FnOnce(ValueGuard<'a, T>) -> R) -> R {
        self.id.check_read();
        retry(f, |f| {
            without_preemption(|| match self.try_read(caller) {
                Some(value) => Ok(f(value)),
                None => Err(f),
            })
        })
    }

    /// Waits for the write lock and runs `f` with it. If `f` panics, the lock is released, and the value stays as `f` has
    /// left it.
    #[inline]
    pub(crate) fn write<R>(&self, caller: CallSite, mut f: impl FnOnce(&mut T) -> R) -> R {
        self.id.check_write();
        let mut turns = Turns::new(&self.lock);
        loop {
            match self.attempt(caller, || turns.try_write(), f) {
                Ok(result) => return result,
                Err(again) => f = again,
            }
            turns.wait();
        }
    }

    /// Runs `f` if the lock is free and no other writer claims it, or returns `f`. Never waits.
    pub(crate) fn try_write<R, F: FnOnce(&mut T) -> R>(&self, caller: CallSite, f: F) -> Result<R, F> {
        self.attempt(caller, || self.lock.try_write(), f)
    }

    /// A writer is not preempted: nothing on its core ever waits for a writer that it has preempted.
    #[inline]
    fn attempt<'a, R, F: FnOnce(&mut T) -> R>(
        &'a self,
        caller: CallSite,
        try_write: impl FnOnce() -> Option<RwLockWriteGuard<'a, T>>,
        f: F,
    ) -> Result<R, F> {
        without_preemption(|| match try_write() {
            Some(mut value) => {
                let _held = self.id.writing(caller);
                Ok(f(&mut value))
            }
            None => Err(f),
        })
    }
}

/// A writer's turns at the lock.
struct Turns<'a, T> {
    lock: &'a RwLock<T>,
    /// While this is there, no reader gets the lock.
    claim: Option<RwLockUpgradableGuard<'a, T>>,
    /// How many pauses are left of this claim, and how many the next one lasts.
    left: u32,
    patience: u32,
    claimed: Backoff,
    released: Backoff,
}

impl<'a, T> Turns<'a, T> {
    fn new(lock: &'a RwLock<T>) -> Self {
        Self { lock, claim: None, left: 0, patience: 2, claimed: Backoff::default(), released: Backoff::default() }
    }

    fn try_write(&mut self) -> Option<RwLockWriteGuard<'a, T>> {
        match self.claim.take() {
            None => self.lock.try_write(),
            Some(claim) => claim.try_upgrade().map_err(|claim| self.claim = Some(claim)).ok(),
        }
    }

    /// Pauses once after a try that failed, then claims or releases the lock if it is time for that.
    #[cold]
    #[inline(never)]
    fn wait(&mut self) {
        if self.claim.is_some() {
            self.claimed.snooze();
            self.left -= 1;
            if self.left == 0 {
                self.claim = None;
                // Two pauses are longer than one of a reader that has waited as long, so it meets no claim.
                self.left = 2;
            }
        } else if self.left > 0 {
            self.released.snooze();
            self.left -= 1;
        } else {
            // Without preemption: a reader that is not preempted either, and waits for a second read, must not meet a
            // claim that it keeps from ending.
            self.claim = without_preemption(|| self.lock.try_upgradeable_read());
            self.claimed = Backoff::default();
            self.left = if self.claim.is_some() { self.patience } else { 2 };
            self.patience = (self.patience * 2).min(LONGEST_CLAIM);
        }
    }
}

/// A read lock on the value. Writers wait while it lives.
pub(crate) struct ValueGuard<'a, T> {
    pub(crate) value: RwLockReadGuard<'a, T>,
    _held: Held,
}
