//! loom's types under the same names.
#![expect(clippy::disallowed_types, reason = "what loom does not see is said where it is used")]

use core::ops::{Deref, DerefMut};

pub(crate) use loom::sync::Arc;
pub(crate) use loom::sync::atomic::{AtomicUsize, Ordering};

macro_rules! new_arc {
    ($value:expr) => {
        $crate::sync::Arc::new($value)
    };
}
pub(crate) use new_arc;

/// A model of spin's lock, built from loom's atomic: an attempt to read counts as a reader for a
/// moment, even if it fails. (loom's own lock does not let a thread read twice, and its `try_`
/// methods wait for one another.)
pub(crate) struct RwLock<T> {
    word: AtomicUsize,
    /// loom does not see this lock, which is never contended.
    value: spin::RwLock<T>,
}

const WRITER: usize = 1;
const READER: usize = 2;

impl<T> RwLock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { word: AtomicUsize::new(0), value: spin::RwLock::new(value) }
    }

    pub(crate) fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        // ORDERING: Acquire; partner: the Release in `Unlock`.
        let before = self.word.fetch_add(READER, Ordering::Acquire);
        let unlock = Unlock(&self.word, READER);
        (before & WRITER == 0).then(|| Guard { value: self.value.try_read().unwrap(), _unlock: unlock })
    }

    pub(crate) fn try_write(&self) -> Option<Guard<'_, spin::RwLockWriteGuard<'_, T>>> {
        // ORDERING: Acquire; partner: the Release in `Unlock`.
        self.word.compare_exchange(0, WRITER, Ordering::Acquire, Ordering::Relaxed).ok()?;
        let unlock = Unlock(&self.word, WRITER);
        Some(Guard { value: self.value.try_write().unwrap(), _unlock: unlock })
    }
}

/// Subtracts a number from the word when it is dropped.
struct Unlock<'a>(&'a AtomicUsize, usize);

impl Drop for Unlock<'_> {
    fn drop(&mut self) {
        // ORDERING: Release; partners: the Acquire of the attempts that succeed later.
        self.0.fetch_sub(self.1, Ordering::Release);
    }
}

pub(crate) struct Guard<'a, G> {
    value: G,
    // Dropped after `value`, because this is below it.
    _unlock: Unlock<'a>,
}

pub(crate) type RwLockReadGuard<'a, T> = Guard<'a, spin::RwLockReadGuard<'a, T>>;

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

pub(crate) struct Mutex<T> {
    lock: loom::sync::Mutex<()>,
    /// loom does not see this lock, which is never contended. So `is_locked` adds no interleavings.
    value: spin::mutex::SpinMutex<T>,
}

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { lock: Default::default(), value: value.into() }
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        let _lock = self.lock.lock();
        f(&mut self.value.try_lock().unwrap())
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.value.is_locked()
    }
}

/// The value is in std's cell, which loom cannot see. `is_set` publishes it for loom, and of two
/// callers that set it, the second waits for `setting`.
#[derive(Default)]
pub(crate) struct SetOnce<T> {
    value: std::sync::OnceLock<T>,
    is_set: AtomicUsize,
    setting: loom::sync::Mutex<()>,
}

impl<T> SetOnce<T> {
    pub(crate) fn get(&self) -> Option<&T> {
        // ORDERING: Acquire; partner: the Release in `get_or_init`; the value becomes visible.
        if self.is_set.load(Ordering::Acquire) == 0 { None } else { self.value.get() }
    }
}

pub(crate) fn get_or_init<T>(cell: &SetOnce<T>, init: impl FnOnce() -> T) -> &T {
    let _setting = cell.setting.lock();
    let value = cell.value.get_or_init(init);
    // ORDERING: Release; partner: the Acquire in `get`, to which the value becomes visible.
    cell.is_set.store(1, Ordering::Release);
    value
}

/// Threads, with the names of the native ones.
pub(crate) mod thread {
    use alloc::sync::Arc;
    use alloc::task::Wake;
    use core::sync::atomic::{AtomicU64, Ordering};
    use core::time::Duration;

    pub(crate) use loom::sync::Mutex as SleepMutex;
    use loom::sync::Notify;
    pub(crate) use loom::thread::yield_now;

    use crate::sync::FOREVER;

    /// The time of a model. It passes when a sleep with a limit ends, and only then.
    pub(crate) type Instant = Duration;

    /// In microseconds. Only differences count, so it goes on from one execution to the next. loom
    /// does not see it.
    static NOW: AtomicU64 = AtomicU64::new(0);

    pub(crate) fn now() -> Instant {
        // ORDERING: Relaxed; loom runs one thread at a time.
        Duration::from_micros(NOW.load(Ordering::Relaxed))
    }

    macro_rules! per_thread {
        ($(#[$attr:meta])* $vis:vis static $name:ident: $type:ty = const { $init:expr };) => {
            loom::thread_local! { $(#[$attr])* $vis static $name: $type = $init; }
        };
    }
    pub(crate) use per_thread;

    pub(crate) type Parker = Arc<Notified>;
    pub(crate) type Unparker = Parker;

    /// (loom's own `unpark` also ends a thread's wait for a lock, and loom then fails.)
    #[derive(Default)]
    pub(crate) struct Notified(Notify);

    impl Notified {
        pub(crate) fn unparker(self: &Arc<Self>) -> Unparker {
            self.clone()
        }

        pub(crate) fn will_unpark(self: &Arc<Self>, parker: &Parker) -> bool {
            Arc::ptr_eq(self, parker)
        }

        pub(crate) fn unpark(&self) {
            self.0.notify();
        }
    }

    impl Wake for Notified {
        fn wake(self: Arc<Self>) {
            self.unpark();
        }
    }

    /// A sleep with a limit ends once other threads have run, whether they have woken the thread or
    /// not.
    pub(crate) fn park(parker: &Parker, limit: Option<Duration>) {
        match limit {
            Some(limit) if limit < FOREVER => {
                yield_now();
                // ORDERING: Relaxed; as in `now`.
                NOW.fetch_add(limit.as_micros() as u64, Ordering::Relaxed);
            }
            _ => parker.0.wait(),
        }
    }
}
