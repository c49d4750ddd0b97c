//! The types that programs use: portable-atomic's and spin's.

pub(crate) use portable_atomic::{AtomicUsize, Ordering};
pub(crate) use portable_atomic_util::Arc;

pub(crate) type ReadGuard<'a, T> = spin::RwLockReadGuard<'a, T>;
pub(crate) type WriteGuard<'a, T> = spin::RwLockWriteGuard<'a, T>;

/// The lock around the value. It only ever tries: who waits, and how long, is `value.rs`'s policy.
#[derive(Debug)]
pub(crate) struct RwLock<T>(spin::RwLock<T>);

impl<T> RwLock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(spin::RwLock::new(value))
    }

    #[inline]
    pub(crate) fn try_read(&self) -> Option<ReadGuard<'_, T>> {
        self.0.try_read()
    }

    #[inline]
    pub(crate) fn try_write(&self) -> Option<WriteGuard<'_, T>> {
        self.0.try_write()
    }

    /// Holds new readers back, while those inside go on.
    pub(crate) fn try_claim(&self) -> Option<Claim<'_, T>> {
        self.0.try_upgradeable_read().map(Claim)
    }
}

/// A writer's turn at an [`RwLock`]: nobody enters while it lives.
pub(crate) struct Claim<'a, T>(spin::RwLockUpgradableGuard<'a, T>);

impl<'a, T> Claim<'a, T> {
    /// Succeeds once the last reader is out.
    pub(crate) fn try_write(self) -> Result<WriteGuard<'a, T>, Self> {
        self.0.try_upgrade().map_err(Self)
    }
}

/// A mutex whose lock is a critical section: whoever holds it is never preempted on its core. It lends its value
/// shared, because a section can be inside another one: what changes is a `Cell`.
#[cfg(feature = "critical-section")]
pub(crate) struct Mutex<T>(critical_section::Mutex<T>);

#[cfg(feature = "critical-section")]
impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(critical_section::Mutex::new(value))
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        critical_section::with(|section| f(self.0.borrow(section)))
    }
}

#[cfg(not(feature = "critical-section"))]
pub(crate) struct Mutex<T>(spin::mutex::SpinMutex<T>);

#[cfg(not(feature = "critical-section"))]
impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(spin::mutex::SpinMutex::new(value))
    }

    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        let mut backoff = crate::sync::Backoff::new();
        loop {
            if let Some(value) = self.0.try_lock() {
                return f(&value);
            }
            backoff.snooze();
        }
    }
}

/// A cell that is set once and then only read, with one acquire load.
#[derive(Debug)]
pub(crate) struct SetOnce<T>(spin::Once<T>);

impl<T> SetOnce<T> {
    pub(crate) const fn new() -> Self {
        Self(spin::Once::new())
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.get()
    }

    /// The cell's value: `value`, unless another caller was first.
    ///
    /// The value is made before the cell is claimed, so that others wait for a move and not for an
    /// allocation; and the move is uninterrupted, so that no interrupt waits for the code below it.
    #[cfg(all(feature = "event-listener", target_pointer_width = "64"))]
    pub(crate) fn get_or_set(&self, value: T) -> &T {
        let mut value = Some(value);
        crate::sync::uninterrupted(|| {
            self.0.try_call_once(|| value.take().ok_or(())).unwrap_or_else(|()| unreachable!())
        })
    }

    /// The cell's value, which `init` makes if it is the first caller's. Others wait for it.
    pub(crate) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        match self.get() {
            Some(value) => value,
            None => crate::sync::uninterrupted(|| self.0.call_once(init)),
        }
    }
}
