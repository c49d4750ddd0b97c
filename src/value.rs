//! The value behind its lock, and the policy of who waits for it and how.
//!
//! Readers share the lock. A writer that finds readers inside takes turns: it *claims* the lock, which holds new
//! readers back while those inside leave, and if they do not leave in time it *releases* the claim and lets the
//! others in for a while. So neither side waits for ever:
//!
//! - a thread that holds a guard can always take a second one: a claim ends, whether it succeeded or not;
//! - a writer always gets its turn: a claim lasts longer than the one before, up to about a millisecond, and no
//!   stream of readers outlives it unless they hold their guards that long.

use core::fmt;
use core::ops::Deref;

use crate::held::{Held, Identity, Site};
use crate::sync::{Backoff, ReadGuard, RwLock, uninterrupted};

/// How many pauses the longest claim lasts: with threads 64 spins, 4 yields and 8 sleeps, about a millisecond.
const LONGEST_CLAIM: u32 = 18;

#[derive(Debug)]
pub(crate) struct Value<T> {
    lock: RwLock<T>,
    identity: Identity,
}

impl<T> Value<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { lock: RwLock::new(value), identity: Identity::new() }
    }

    /// Waits while a writer is inside or claims the lock.
    #[inline]
    pub(crate) fn read(&self, site: Site) -> Guard<'_, T> {
        self.identity.check_read();
        let lock = match self.lock.try_read() {
            Some(lock) => lock,
            None => self.read_contended(),
        };
        Guard { lock, _held: self.identity.reading(site) }
    }

    /// Does not wait.
    pub(crate) fn try_read(&self, site: Site) -> Option<Guard<'_, T>> {
        Some(Guard { lock: self.lock.try_read()?, _held: self.identity.reading(site) })
    }

    /// Runs `f` with the value, uninterrupted, so that nothing on this core finds a reader that it has preempted.
    ///
    /// Waits as [`read`](Self::read).
    #[inline]
    pub(crate) fn with<R>(&self, site: Site, f: impl FnOnce(&T) -> R) -> R {
        self.identity.check_read();
        match self.try_with(site, f) {
            Ok(result) => result,
            Err(f) => self.with_contended(site, f),
        }
    }

    #[inline]
    fn try_with<R, F: FnOnce(&T) -> R>(&self, site: Site, f: F) -> Result<R, F> {
        uninterrupted(|| match self.try_read(site) {
            Some(value) => Ok(f(&value)),
            None => Err(f),
        })
    }

    #[cold]
    fn with_contended<R, F: FnOnce(&T) -> R>(&self, site: Site, mut f: F) -> R {
        let mut backoff = Backoff::new();
        loop {
            backoff.snooze();
            f = match self.try_with(site, f) {
                Ok(result) => return result,
                Err(f) => f,
            };
        }
    }

    #[cold]
    fn read_contended(&self) -> ReadGuard<'_, T> {
        let mut backoff = Backoff::new();
        loop {
            backoff.snooze();
            if let Some(lock) = self.lock.try_read() {
                return lock;
            }
        }
    }

    /// Waits for the write lock and runs `f` inside it. If `f` panics the lock is released, and the value stays as
    /// `f` left it.
    #[inline]
    pub(crate) fn write<R>(&self, site: Site, f: impl FnOnce(&mut T) -> R) -> R {
        self.identity.check_write();
        match self.try_write(site, f) {
            Ok(result) => result,
            Err(f) => self.write_contended(site, f),
        }
    }

    /// Runs `f` if nobody is inside and no other writer claims the lock, or gives `f` back. Does not wait.
    ///
    /// A writer is uninterrupted: nothing on its core ever waits for a writer that it has preempted.
    #[inline]
    pub(crate) fn try_write<R, F: FnOnce(&mut T) -> R>(&self, site: Site, f: F) -> Result<R, F> {
        uninterrupted(|| match self.lock.try_write() {
            Some(mut value) => {
                let _held = self.identity.writing(site);
                Ok(f(&mut value))
            }
            None => Err(f),
        })
    }

    #[cold]
    fn write_contended<R, F: FnOnce(&mut T) -> R>(&self, site: Site, mut f: F) -> R {
        let mut patience = 2;
        let mut released = Backoff::new();
        loop {
            f = match self.write_in_claim(site, patience, f) {
                Ok(result) => return result,
                Err(f) => f,
            };
            patience = (patience * 2).min(LONGEST_CLAIM);
            // Two pauses are longer than one of a reader that has waited as long, so that it finds the door open.
            for _ in 0..2 {
                released.snooze();
                f = match self.try_write(site, f) {
                    Ok(result) => return result,
                    Err(f) => f,
                };
            }
        }
    }

    /// Holds new readers back, for at most so many pauses, until those inside have left.
    fn write_in_claim<R, F: FnOnce(&mut T) -> R>(&self, site: Site, patience: u32, mut f: F) -> Result<R, F> {
        let Some(mut claim) = self.lock.try_claim() else { return Err(f) };
        let mut backoff = Backoff::new();
        for _ in 0..patience {
            let attempt = uninterrupted(|| match claim.try_write() {
                Ok(mut value) => {
                    let _held = self.identity.writing(site);
                    Ok(f(&mut value))
                }
                Err(claim) => Err((claim, f)),
            });
            match attempt {
                Ok(result) => return Ok(result),
                Err(again) => (claim, f) = again,
            }
            backoff.snooze();
        }
        Err(f)
    }
}

/// A read lock on the value. Writers wait while it lives.
pub(crate) struct Guard<'a, T> {
    lock: ReadGuard<'a, T>,
    _held: Held,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.lock
    }
}

impl<T: fmt::Debug> fmt::Debug for Guard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
