//! The facade: every atomic, reference count, lock and pause of this crate. Only this folder names
//! the crates that they come from. Under `cfg(loom)` the same names are loom's types.
//!
//! It has primitives and no policy: `lock/queue/` decides how a thread waits for the value, and
//! `wake/mod.rs` decides in which lane a receiver waits.

mod lazy;
#[cfg(all(test, loom, feature = "loom"))]
pub(crate) mod models;
cfg_if! { if #[model] { mod loom; pub(crate) use self::loom::*; } else { mod native; pub(crate) use self::native::*; } }

pub(crate) use self::lazy::{Lazy, LazyIfLarge};

/// `true` if there may be threads.
pub(crate) const HAS_STD: bool = cfg!(feature = "std");

/// `false` if all code runs on one thread that nothing interrupts, so waiting would never end.
#[cfg(not(all(feature = "std", not(target_family = "wasm"))))]
pub(crate) const CAN_SPIN: bool = cfg!(any(not(target_family = "wasm"), target_feature = "atomics"));

/// `true` if the lock of a [`Mutex`] is a critical section. With `std` there are threads, which
/// need locks that sleep, and the feature has no effect.
pub(crate) const HAS_CRITICAL_SECTIONS: bool = cfg!(all(feature = "critical-section", not(feature = "std")));

/// `true` in a model, where a few waiting tasks must be enough to reach every branch.
pub(crate) const IS_MODEL: bool = cfg!(all(loom, feature = "loom"));

/// Longer than any test or model runs.
#[cfg(all(feature = "std", not(target_family = "wasm")))]
pub(crate) const FOREVER: core::time::Duration = core::time::Duration::from_secs(3_600);

/// Returns what may be in `atomic`, as the first guess of a compare-exchange loop. In a model this
/// is a read-modify-write, because loom 0.7 considers only an atomic's last access when it looks for
/// interleavings: a plain load before the exchange would hide the exchange's own races.
#[inline]
pub(crate) fn first_guess(atomic: &AtomicUsize) -> usize {
    // ORDERING: Relaxed, both; the exchange fails if the guess is wrong.
    if IS_MODEL { atomic.fetch_or(0, Ordering::Relaxed) } else { atomic.load(Ordering::Relaxed) }
}

/// Runs `f` in a critical section, so nothing on this core preempts it. Without [critical
/// sections](HAS_CRITICAL_SECTIONS), just runs `f`.
pub(crate) fn without_preemption<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(all(feature = "critical-section", not(feature = "std")))]
    return critical_section::with(|_| f());
    #[cfg(not(all(feature = "critical-section", not(feature = "std"))))]
    f()
}

/// Calls `f`, and if that panics, calls it again during the unwind. `f` must then continue where it
/// has stopped. Further panics are caught, because they would abort the program. Without `std` no
/// panic can be caught. In a model none is caught either, because loom's own panics must end it.
#[inline]
pub(crate) fn despite_panics<F: FnMut()>(f: F) {
    struct Rest<F: FnMut()>(F);

    impl<F: FnMut()> Drop for Rest<F> {
        fn drop(&mut self) {
            #[cfg(all(feature = "std", not(all(loom, feature = "loom"))))]
            {
                use core::panic::AssertUnwindSafe;
                use std::panic::catch_unwind;

                while let Err(payload) = catch_unwind(AssertUnwindSafe(&mut self.0)) {
                    // Dropping the payload may panic as well. The second payload is leaked, because
                    // dropping it could panic again.
                    catch_unwind(AssertUnwindSafe(|| drop(payload))).unwrap_or_else(core::mem::forget);
                }
            }
            #[cfg(not(all(feature = "std", not(all(loom, feature = "loom")))))]
            (self.0)();
        }
    }

    let mut rest = Rest(f);
    (rest.0)();
    core::mem::forget(rest);
}

cfg_if! {
    if #[listeners] {
        pub(crate) use event_listener::Event;
    } else {
        /// There is nothing to notify.
        #[derive(Default)]
        pub(crate) struct Event;
    }
}

/// Notifies all listeners. event-listener calls their wakers while it holds its own lock.
///
/// The caller has taken, with Acquire, the bit that a listener sets after it has been added, so the
/// listener is in the list. What it checks after it has been notified is in the same atomic as the
/// bit, so no fence is needed here.
///
/// If the waker of a listener panics, event-listener has moved on to the next listener, and another
/// call notifies the others. But it has not counted the one that panicked, so its count of notified
/// listeners is wrong from then on. "Additional" notifications do not depend on that count.
pub(crate) fn notify_all(event: &Event) {
    #[cfg(all(feature = "event-listener", any(not(loom), loom_event_listener)))]
    {
        use event_listener::IntoNotification;

        event.notify(usize::MAX.additional().relaxed());
    }
    #[cfg(not(all(feature = "event-listener", any(not(loom), loom_event_listener))))]
    let Event = event;
}

/// What a thread keeps for the next time.
#[cfg(all(feature = "std", not(target_family = "wasm")))]
pub(crate) mod pool {
    use core::cell::Cell;

    /// How many values a thread keeps. A call inside another call takes a second one.
    const KEPT: usize = 4;

    /// A thread-local store of values that are not in use, so the steady state makes and drops
    /// none.
    pub(crate) struct Pool<T>([Cell<Option<T>>; KEPT]);

    impl<T: Default> Pool<T> {
        pub(crate) const fn new() -> Self {
            Self([const { Cell::new(None) }; KEPT])
        }

        pub(crate) fn take(&self) -> T {
            self.0.iter().find_map(Cell::take).unwrap_or_default()
        }

        /// Moves the others up. Drops one if there are too many.
        pub(crate) fn put(&self, value: T) {
            self.0.iter().try_fold(value, |value, place| place.replace(Some(value)));
        }
    }
}
