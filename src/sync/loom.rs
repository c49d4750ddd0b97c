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

/// Returns what is in `atomic`. This is a read-modify-write, because loom 0.7 considers only an
/// atomic's last access when it looks for interleavings: a plain load before the exchange would
/// hide the exchange's own races.
pub(crate) fn first_guess(atomic: &AtomicUsize) -> usize {
    // ORDERING: Relaxed; as the native one.
    atomic.fetch_or(0, Ordering::Relaxed)
}

/// A model of spin's lock, built from loom's atomic: an attempt to read counts as a reader for a
/// moment, even if it fails. (loom's own lock does not let a thread read twice, and its `try_`
/// methods wait for one another.)
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

/// The value is in std's cell, which loom cannot see. `is_set` publishes it for loom, and of two
/// callers that set it, the second waits for `setting`.
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

/// Threads, with the names of the native ones.
pub(crate) mod thread {
    use alloc::sync::Arc;
    use alloc::task::Wake;
    use core::sync::atomic::{AtomicU64, Ordering};
    use core::task::Waker;
    use core::time::Duration;

    use loom::sync::Notify;
    pub(crate) use loom::thread::yield_now;

    pub(crate) use super::Mutex as SleepMutex;

    pub(crate) const FOREVER: Duration = Duration::from_secs(3_600);

    /// The time of a model. It passes when a sleep with a limit ends, and only then.
    pub(crate) type Instant = Duration;

    /// In microseconds. Only differences count, so it goes on from one execution to the next. loom
    /// does not see it.
    static NOW: AtomicU64 = AtomicU64::new(0);

    pub(crate) fn now() -> Instant {
        // ORDERING: Relaxed; loom runs one thread at a time.
        Duration::from_micros(NOW.load(Ordering::Relaxed))
    }

    /// Declares a thread-local value.
    macro_rules! per_thread {
        ($(#[$attr:meta])* $vis:vis static $name:ident: $type:ty = $init:expr;) => {
            loom::thread_local! { $(#[$attr])* $vis static $name: $type = $init; }
        };
    }
    pub(crate) use per_thread;

    /// (loom's own `unpark` also ends a thread's wait for a lock, and loom then fails.)
    #[derive(Clone)]
    pub(crate) struct Unparker(Arc<Unparked>);

    struct Unparked(Notify);

    impl Unparker {
        pub(crate) fn unpark(&self) -> bool {
            self.0.0.notify();
            true
        }

        pub(crate) fn will_unpark(&self, parker: &Parker) -> bool {
            Arc::ptr_eq(&self.0, &parker.0.0)
        }
    }

    impl Wake for Unparked {
        fn wake(self: Arc<Self>) {
            self.0.notify();
        }
    }

    impl From<Unparker> for Waker {
        fn from(unparker: Unparker) -> Self {
            unparker.0.into()
        }
    }

    pub(crate) struct Parker(Unparker);

    impl Default for Parker {
        fn default() -> Self {
            Self(Unparker(Arc::new(Unparked(Notify::new()))))
        }
    }

    impl Parker {
        pub(crate) fn unparker(&self) -> Unparker {
            self.0.clone()
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
            _ => parker.0.0.0.wait(),
        }
    }
}

#[cfg(test)]
#[expect(clippy::std_instead_of_alloc, reason = "tests share this file, and they have std")]
#[path = "../../tests/loom/explore.rs"]
mod explore;

/// What the models of the crate's parts share. Each part has its models beside it; `tests/loom/`
/// has those of the whole channel. Models of a part find defects that a model of the whole channel
/// can miss because another part makes up for them.
///
/// Run them with `ci/loom.sh`.
#[cfg(test)]
pub(crate) mod models {
    use loom::cell::UnsafeCell;

    pub(crate) use super::explore::{UNBOUNDED, model, shorter};

    /// Data that one operation must make visible to another: loom fails if two accesses to it are
    /// not ordered. (The cell holds no data, because only the accesses count.)
    #[derive(Debug)]
    pub(crate) struct Data(UnsafeCell<()>);

    impl Data {
        pub(crate) fn new() -> Self {
            Self(UnsafeCell::new(()))
        }

        pub(crate) fn write(&self) {
            self.0.with_mut(|_| ());
        }

        pub(crate) fn read(&self) {
            self.0.with(|_| ());
        }
    }
}
