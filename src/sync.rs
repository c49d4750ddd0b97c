//! The facade: every atomic, reference count, lock and pause of this crate, and the only file that names the
//! crates they come from. Under `cfg(loom)` the same names are loom's types.

pub(crate) use self::imp::{Arc, AtomicUsize, Claim, Ordering, ReadGuard, RwLock, WriteGuard};
#[cfg(not(all(loom, not(feature = "event-listener"))))]
pub(crate) use self::imp::{Mutex, SetOnce};

/// A reference count that a [`Waker`](core::task::Waker) can be made of, and the trait that does it.
#[cfg(feature = "event-listener")]
pub(crate) use portable_atomic_util::{Arc as TaskArc, task::Wake};

/// A cell of each thread's own, made by a constant expression.
#[cfg(all(feature = "std", feature = "event-listener", not(all(loom, feature = "loom"))))]
macro_rules! per_thread {
    ($(#[$attr:meta])* static $name:ident: $type:ty = $init:expr;) => {
        std::thread_local! { $(#[$attr])* static $name: $type = const { $init }; }
    };
}
#[cfg(all(feature = "std", feature = "event-listener", loom, feature = "loom"))]
macro_rules! per_thread {
    ($(#[$attr:meta])* static $name:ident: $type:ty = $init:expr;) => {
        loom::thread_local! { $(#[$attr])* static $name: $type = $init; }
    };
}
#[cfg(all(feature = "std", feature = "event-listener"))]
pub(crate) use per_thread;

/// Into how many lanes threads are dealt out: one without threads, and where a narrow word has no bits for more.
pub(crate) const LANES: usize = if cfg!(all(feature = "std", target_pointer_width = "64")) { 4 } else { 1 };

/// The lane of this thread: threads get theirs in turn, when they first wait.
#[cfg(all(feature = "std", feature = "event-listener", not(all(loom, feature = "loom"))))]
#[inline]
pub(crate) fn lane() -> usize {
    per_thread! {
        /// One more than the thread's number, once it has one.
        static NUMBER: core::cell::Cell<usize> = core::cell::Cell::new(0);
    }

    #[cold]
    fn next_number() -> usize {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        // ORDERING: Relaxed; the numbers only have to differ.
        THREADS.fetch_add(1, Ordering::Relaxed) + 1
    }

    if LANES == 1 {
        return 0;
    }
    NUMBER.with(|number| {
        if number.get() == 0 {
            number.set(next_number());
        }
        number.get() % LANES
    })
}

#[cfg(not(all(feature = "std", feature = "event-listener", not(all(loom, feature = "loom")))))]
#[inline]
pub(crate) fn lane() -> usize {
    0
}

/// Threads, for those that wait.
#[cfg(all(feature = "std", feature = "event-listener", not(target_family = "wasm")))]
pub(crate) mod thread {
    #[cfg(all(loom, feature = "loom"))]
    pub(crate) use loom::thread::{Thread, current};
    #[cfg(not(all(loom, feature = "loom")))]
    pub(crate) use std::thread::{Thread, current};

    use core::time::Duration;

    /// Sleeps until the thread is unparked, for no reason, or for at most that long.
    #[cfg(not(all(loom, feature = "loom")))]
    pub(crate) fn park(limit: Option<Duration>) {
        match limit {
            Some(limit) => std::thread::park_timeout(limit),
            None => std::thread::park(),
        }
    }

    /// loom has no time.
    #[cfg(all(loom, feature = "loom"))]
    pub(crate) fn park(_: Option<Duration>) {
        loom::thread::park();
    }
}

#[cfg(feature = "event-listener")]
pub(crate) use self::scratch::{Scratch, scratch};

/// A value that is made when it is first needed, in an allocation of its own.
#[cfg(all(feature = "event-listener", target_pointer_width = "64"))]
#[derive(Debug)]
pub(crate) struct Lazy<T>(SetOnce<alloc::boxed::Box<T>>);

#[cfg(all(feature = "event-listener", target_pointer_width = "64"))]
impl<T: Default> Lazy<T> {
    pub(crate) fn new() -> Self {
        Self(SetOnce::new())
    }

    /// The value, if it was needed yet.
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.get().map(|value| &**value)
    }

    #[inline]
    pub(crate) fn get_or_make(&self) -> &T {
        match self.0.get() {
            Some(value) => value,
            None => self.make(),
        }
    }

    #[cold]
    fn make(&self) -> &T {
        self.0.get_or_set(alloc::boxed::Box::default())
    }
}

/// A value that is there from the start: on small targets it takes less memory than the code that would make it later.
#[cfg(all(feature = "event-listener", not(target_pointer_width = "64")))]
#[derive(Debug)]
pub(crate) struct Lazy<T>(T);

#[cfg(all(feature = "event-listener", not(target_pointer_width = "64")))]
impl<T: Default> Lazy<T> {
    pub(crate) fn new() -> Self {
        Self(T::default())
    }

    pub(crate) fn get(&self) -> Option<&T> {
        Some(&self.0)
    }

    pub(crate) fn get_or_make(&self) -> &T {
        &self.0
    }
}

/// How many listeners are notified under one hold of their list's lock: one, where that is a critical section, and where
/// threads have no [`Scratch`] of their own to keep the others in. loom has few waiters.
#[cfg(feature = "event-listener")]
pub(crate) const BATCH: usize = if cfg!(all(loom, feature = "loom")) {
    2
} else if cfg!(all(feature = "std", not(feature = "critical-section"))) {
    32
} else {
    1
};

/// Runs `f` where nothing on this core can preempt it: in a critical section, if the feature asks for one.
#[cfg(feature = "critical-section")]
pub(crate) fn uninterrupted<R>(f: impl FnOnce() -> R) -> R {
    critical_section::with(|_| f())
}

/// Runs `f`; without the `critical-section` feature, threads preempt each other wherever they like.
#[cfg(not(feature = "critical-section"))]
#[inline]
pub(crate) fn uninterrupted<R>(f: impl FnOnce() -> R) -> R {
    f()
}

/// Runs `f` for a destructor. If that runs because of a panic, another panic ends here once its message was printed:
/// it would abort the program. Without `std` it does.
#[cfg(feature = "event-listener")]
#[cold]
pub(crate) fn finish(f: impl FnOnce()) {
    #[cfg(feature = "std")]
    if std::thread::panicking() {
        let _ = std::panic::catch_unwind(core::panic::AssertUnwindSafe(f));
        return;
    }
    f();
}

/// How a caller that cannot have a lock yet passes the time: longer at every step.
///
/// With threads it spins for about a microsecond, yields a few times, then sleeps, so that a blocked thread
/// leaves its core to others. Without threads there is nobody to leave it to, and it spins.
#[derive(Debug)]
pub(crate) struct Backoff {
    step: u32,
}

impl Backoff {
    /// Steps that spin, for 1, 2, 4, ... iterations.
    const SPINS: u32 = 6;
    /// The step at which a pause stops growing.
    const LAST: u32 = 16;

    pub(crate) const fn new() -> Self {
        Self { step: 0 }
    }

    /// Pauses once.
    #[cold]
    #[inline(never)]
    pub(crate) fn snooze(&mut self) {
        if self.step < Self::SPINS {
            Self::spin(self.step);
        } else {
            Self::pause(self.step);
        }
        self.step = (self.step + 1).min(Self::LAST);
    }

    fn spin(step: u32) {
        for _ in 0..1 << step {
            core::hint::spin_loop();
        }
    }

    /// Yields four times, then sleeps for 4, 8, ... 128 microseconds.
    #[cfg(all(feature = "std", not(target_family = "wasm"), not(all(loom, feature = "loom"))))]
    fn pause(step: u32) {
        match step - Self::SPINS {
            0..4 => std::thread::yield_now(),
            sleeps => std::thread::sleep(core::time::Duration::from_micros(4 << (sleeps - 4).min(5))),
        }
    }

    #[cfg(all(not(all(feature = "std", not(target_family = "wasm"))), not(all(loom, feature = "loom"))))]
    fn pause(step: u32) {
        Self::spin(step.min(12));
    }

    #[cfg(all(loom, feature = "loom"))]
    fn pause(_: u32) {
        loom::thread::yield_now();
    }
}

/// A static of which nobody else touches the value while [`Scratch::alone`] runs.
///
/// With threads each has a value of its own. Without, there is one: behind a critical section, or behind a lock.
#[cfg(feature = "event-listener")]
mod scratch {
    /// Declares one, made by a constant expression.
    #[cfg(feature = "std")]
    macro_rules! scratch {
        (static $name:ident: $type:ty = $init:expr;) => {
            // Not a static, through which other crates would call the key and not see into it.
            const $name: $crate::sync::Scratch<$type> = {
                $crate::sync::per_thread! {
                    static EACH: core::mem::ManuallyDrop<$type> = core::mem::ManuallyDrop::new($init);
                }
                $crate::sync::Scratch::new(&EACH)
            };
        };
    }
    #[cfg(not(feature = "std"))]
    macro_rules! scratch {
        (static $name:ident: $type:ty = $init:expr;) => {
            static $name: $crate::sync::Scratch<$type> = $crate::sync::Scratch::new($init);
        };
    }
    pub(crate) use scratch;

    #[cfg(all(feature = "std", loom, feature = "loom"))]
    type LocalKey<T> = loom::thread::LocalKey<T>;
    #[cfg(all(feature = "std", not(all(loom, feature = "loom"))))]
    type LocalKey<T> = std::thread::LocalKey<T>;

    /// Not dropped with its thread: the destructors of other thread-locals may still need it.
    #[cfg(feature = "std")]
    pub(crate) struct Scratch<T: 'static>(&'static LocalKey<core::mem::ManuallyDrop<T>>);

    #[cfg(feature = "std")]
    impl<T> Scratch<T> {
        pub(crate) const fn new(each: &'static LocalKey<core::mem::ManuallyDrop<T>>) -> Self {
            Self(each)
        }

        #[inline]
        pub(crate) fn alone<R>(&self, f: impl FnOnce() -> R) -> R {
            f()
        }

        #[inline]
        pub(crate) fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
            self.0.with(|value| f(value))
        }
    }

    #[cfg(all(not(feature = "std"), feature = "critical-section"))]
    pub(crate) struct Scratch<T>(super::Mutex<T>);

    #[cfg(all(not(feature = "std"), feature = "critical-section"))]
    impl<T> Scratch<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(super::Mutex::new(value))
        }

        pub(crate) fn alone<R>(&self, f: impl FnOnce() -> R) -> R {
            super::uninterrupted(f)
        }

        pub(crate) fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
            self.0.with(f)
        }
    }

    #[cfg(all(not(feature = "std"), not(feature = "critical-section")))]
    pub(crate) struct Scratch<T> {
        turn: super::Mutex<()>,
        value: super::Mutex<T>,
    }

    #[cfg(all(not(feature = "std"), not(feature = "critical-section")))]
    impl<T> Scratch<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self { turn: super::Mutex::new(()), value: super::Mutex::new(value) }
        }

        pub(crate) fn alone<R>(&self, f: impl FnOnce() -> R) -> R {
            self.turn.with(|()| f())
        }

        pub(crate) fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
            self.value.with(f)
        }
    }
}

#[cfg(not(all(loom, feature = "loom")))]
mod imp {
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
            let mut backoff = super::Backoff::new();
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
            super::uninterrupted(|| self.0.try_call_once(|| value.take().ok_or(())).unwrap_or_else(|()| unreachable!()))
        }

        /// The cell's value, which `init` makes if it is the first caller's. Others wait for it.
        pub(crate) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
            match self.get() {
                Some(value) => value,
                None => super::uninterrupted(|| self.0.call_once(init)),
            }
        }
    }
}

/// loom's types under the same names. Its lock blocks where the real one tries: a model checker has no use for a
/// loop that tries again.
#[cfg(all(loom, feature = "loom"))]
mod imp {
    pub(crate) use loom::sync::Arc;
    pub(crate) use loom::sync::atomic::{AtomicUsize, Ordering};

    pub(crate) type ReadGuard<'a, T> = loom::sync::RwLockReadGuard<'a, T>;
    pub(crate) type WriteGuard<'a, T> = loom::sync::RwLockWriteGuard<'a, T>;

    #[derive(Debug)]
    pub(crate) struct RwLock<T>(loom::sync::RwLock<T>);

    impl<T> RwLock<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::RwLock::new(value))
        }

        pub(crate) fn try_read(&self) -> Option<ReadGuard<'_, T>> {
            self.0.read().ok()
        }

        pub(crate) fn try_write(&self) -> Option<WriteGuard<'_, T>> {
            self.0.write().ok()
        }

        pub(crate) fn try_claim(&self) -> Option<Claim<'_, T>> {
            self.try_write().map(Claim)
        }
    }

    pub(crate) struct Claim<'a, T>(WriteGuard<'a, T>);

    impl<'a, T> Claim<'a, T> {
        pub(crate) fn try_write(self) -> Result<WriteGuard<'a, T>, Self> {
            Ok(self.0)
        }
    }

    #[derive(Debug)]
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
            f(&self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
        }
    }

    /// The value is in std's cell, which loom cannot see; `set` is what publishes it to loom, and `setting` what the
    /// second of two who set it waits for.
    #[derive(Debug)]
    pub(crate) struct SetOnce<T> {
        value: std::sync::OnceLock<T>,
        set: AtomicUsize,
        setting: Mutex<()>,
    }

    impl<T> SetOnce<T> {
        pub(crate) fn new() -> Self {
            Self { value: std::sync::OnceLock::new(), set: AtomicUsize::new(0), setting: Mutex::new(()) }
        }

        pub(crate) fn get(&self) -> Option<&T> {
            // ORDERING: Acquire; partner: the Release in `get_or_set`; the value becomes visible.
            if self.set.load(Ordering::Acquire) == 0 { None } else { self.value.get() }
        }

        pub(crate) fn get_or_set(&self, value: T) -> &T {
            self.setting.with(|()| {
                let value = self.value.get_or_init(|| value);
                // ORDERING: Release; partner: the Acquire in `get`, to which the value becomes visible.
                self.set.store(1, Ordering::Release);
                value
            })
        }
    }
}
