//! loom's types under the same names.
#![expect(clippy::disallowed_types, reason = "what loom does not see is said where it is used")]

#[cfg(test)]
pub(crate) mod models;
pub(crate) mod thread;

use core::ops::{Deref, DerefMut};

pub(crate) use loom::sync::Arc;
pub(crate) use loom::sync::atomic::{AtomicUsize, Ordering};

macro_rules! new_arc {
    ($value:expr) => {
        $crate::sync::Arc::new($value)
    };
}
pub(crate) use new_arc;

/// Returns what is in `atomic`. This is a read-modify-write, because loom 0.7 considers only an atomic's last access when it
/// looks for interleavings: a plain load before the exchange would hide the exchange's own races.
pub(crate) fn first_guess(atomic: &AtomicUsize) -> usize {
    // ORDERING: Relaxed; as the native one.
    atomic.fetch_or(0, Ordering::Relaxed)
}

/// A model of spin's lock, built from loom's atomic: an attempt to read counts as a reader for a moment, even if it fails.
/// (loom's own lock does not let a thread read twice, and its `try_` methods wait for one another.)
pub(crate) struct RwLock<T> {
    word: AtomicUsize,
    /// loom does not see this lock, which is never contended.
    value: std::sync::RwLock<T>,
}

const WRITER: usize = 1;
const READER: usize = 2;

impl<T> RwLock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { word: AtomicUsize::new(0), value: std::sync::RwLock::new(value) }
    }

    pub(crate) fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        // ORDERING: Acquire; partner: the Release in `Unlock`.
        let before = self.word.fetch_add(READER, Ordering::Acquire);
        let unlock = Unlock { word: &self.word, by: READER };
        let is_free = before & WRITER == 0;
        is_free.then(|| Guard { value: self.value.try_read().expect("there is no writer"), _unlock: unlock })
    }

    pub(crate) fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        // ORDERING: Acquire; partner: the Release in `Unlock`.
        let before = self.word.compare_exchange(0, WRITER, Ordering::Acquire, Ordering::Relaxed);
        before.ok().map(|_| Guard {
            value: self.value.try_write().unwrap_or_else(|error| match error {
                std::sync::TryLockError::Poisoned(poisoned) => poisoned.into_inner(),
                std::sync::TryLockError::WouldBlock => panic!("there is another holder"),
            }),
            _unlock: Unlock { word: &self.word, by: WRITER },
        })
    }
}

struct Unlock<'a> {
    word: &'a AtomicUsize,
    by: usize,
}

impl Drop for Unlock<'_> {
    fn drop(&mut self) {
        // ORDERING: Release; partners: the Acquire of the attempts that succeed later.
        self.word.fetch_sub(self.by, Ordering::Release);
    }
}

pub(crate) struct Guard<'a, G> {
    value: G,
    // Dropped after `value`, because this is below it.
    _unlock: Unlock<'a>,
}

pub(crate) type RwLockReadGuard<'a, T> = Guard<'a, std::sync::RwLockReadGuard<'a, T>>;
pub(crate) type RwLockWriteGuard<'a, T> = Guard<'a, std::sync::RwLockWriteGuard<'a, T>>;

impl<G: Deref> Deref for Guard<'_, G> {
    type Target = G::Target;

    fn deref(&self) -> &G::Target {
        &self.value
    }
}

impl<G: DerefMut> DerefMut for Guard<'_, G> {
    fn deref_mut(&mut self) -> &mut G::Target {
        &mut self.value
    }
}

#[derive(Default)]
pub(crate) struct Mutex<T> {
    value: loom::sync::Mutex<T>,
    /// loom does not see this flag, so asking for it adds no interleavings.
    is_locked: core::sync::atomic::AtomicBool,
}

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value: loom::sync::Mutex::new(value), is_locked: Default::default() }
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        let mut value = self.value.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // ORDERING: SeqCst; loom runs one thread at a time.
        self.is_locked.store(true, Ordering::SeqCst);
        let result = f(&mut value);
        self.is_locked.store(false, Ordering::SeqCst);
        result
    }

    pub(crate) fn is_locked(&self) -> bool {
        // ORDERING: SeqCst; loom runs one thread at a time.
        self.is_locked.load(Ordering::SeqCst)
    }

    /// Returns `None` if the mutex is held.
    pub(crate) fn try_with<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.value.try_lock().ok().map(|mut value| f(&mut value))
    }
}

/// The value is in std's cell, which loom cannot see. `is_set` publishes it for loom, and of two callers that set it, the
/// second waits for `setting`.
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
        // ORDERING: Acquire; partner: the Release in `get_or_init`; the value becomes visible.
        if self.is_set.load(Ordering::Acquire) == 0 { None } else { self.value.get() }
    }

    pub(crate) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        self.setting.with(|()| {
            let value = self.value.get_or_init(init);
            // ORDERING: Release; partner: the Acquire in `get`, to which the value becomes visible.
            self.is_set.store(1, Ordering::Release);
            value
        })
    }
}
