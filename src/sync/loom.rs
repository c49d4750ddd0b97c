//! loom's types under the same names. Its lock blocks where the native one tries, because a loop that tries again gives a
//! model checker endless interleavings.

pub(crate) use loom::sync::Arc;
pub(crate) use loom::sync::atomic::{AtomicUsize, Ordering};

pub(crate) use loom::sync::{RwLockReadGuard, RwLockWriteGuard};

/// Returns what is in `atomic`. It is a read-modify-write, because loom 0.7 takes only an atomic's last access into account
/// when it looks for interleavings: a plain load before the exchange would hide the exchange's own races.
pub(crate) fn first_guess(atomic: &AtomicUsize) -> usize {
    // ORDERING: Relaxed; as the native one.
    atomic.fetch_or(0, Ordering::Relaxed)
}

pub(crate) struct RwLock<T>(loom::sync::RwLock<T>);

impl<T> RwLock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::RwLock::new(value))
    }

    pub(crate) fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        self.0.read().ok()
    }

    pub(crate) fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        self.0.write().ok()
    }

    pub(crate) fn try_upgradeable_read(&self) -> Option<RwLockUpgradableGuard<'_, T>> {
        self.try_write().map(RwLockUpgradableGuard)
    }
}

pub(crate) struct RwLockUpgradableGuard<'a, T>(RwLockWriteGuard<'a, T>);

impl<'a, T> RwLockUpgradableGuard<'a, T> {
    pub(crate) fn try_upgrade(self) -> Result<RwLockWriteGuard<'a, T>, Self> {
        Ok(self.0)
    }
}

pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

/// The value is in std's cell, which loom cannot see. `is_set` publishes it to loom, and the second of two callers that set it
/// waits for `setting`.
pub(crate) struct SetOnce<T> {
    value: std::sync::OnceLock<T>,
    is_set: AtomicUsize,
    setting: Mutex<()>,
}

impl<T> SetOnce<T> {
    pub(crate) fn new() -> Self {
        Self { value: std::sync::OnceLock::new(), is_set: AtomicUsize::new(0), setting: Mutex::new(()) }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        // ORDERING: Acquire; partner: the Release in `get_or_set`; the value becomes visible.
        if self.is_set.load(Ordering::Acquire) == 0 { None } else { self.value.get() }
    }

    pub(crate) fn get_or_set(&self, value: T) -> &T {
        self.setting.with(|()| {
            let value = self.value.get_or_init(|| value);
            // ORDERING: Release; partner: the Acquire in `get`, to which the value becomes visible.
            self.is_set.store(1, Ordering::Release);
            value
        })
    }
}
