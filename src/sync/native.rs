//! The types that programs use: those of portable-atomic and spin.

pub(crate) use portable_atomic::{AtomicUsize, Ordering};
pub(crate) use portable_atomic_util::Arc;

/// Makes an `Arc` from an expression. It allocates first, so a release build writes even a large
/// value directly into its place; with `Arc::new` the value goes through the stack.
macro_rules! new_arc {
    ($value:expr) => {
        $crate::sync::Arc::new_cyclic(|_| $value)
    };
}
pub(crate) use new_arc;

/// The lock around the value. Only its `try_` methods are used: `lock/` decides how a caller waits
/// for it.
pub(crate) use spin::{RwLock, RwLockReadGuard};

/// A cell that is set once and then only read, with one acquire load.
#[cfg(feature = "std")]
pub(crate) type SetOnce<T> = std::sync::OnceLock<T>;
#[cfg(not(feature = "std"))]
pub(crate) type SetOnce<T> = spin::Once<T>;

/// Returns the cell's value. The first caller makes it with `init`, and the others wait for that;
/// with `std` they sleep. With `critical-section`, `init` is not preempted, so no interrupt handler
/// waits for the interrupted code.
#[inline]
pub(crate) fn get_or_init<T>(cell: &SetOnce<T>, init: impl FnOnce() -> T) -> &T {
    #[cfg(feature = "std")]
    return cell.get_or_init(init);
    #[cfg(not(feature = "std"))]
    cell.get().unwrap_or_else(|| crate::sync::without_preemption(|| cell.call_once(init)))
}

/// The lock of the wait lists: held for a few instructions, and never while foreign code runs. It is
/// a critical section, so the thread or interrupt that holds it is never preempted on its core.
#[cfg(all(feature = "critical-section", not(feature = "std")))]
pub(crate) struct Mutex<T>(critical_section::Mutex<core::cell::RefCell<T>>);

#[cfg(all(feature = "critical-section", not(feature = "std")))]
impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(critical_section::Mutex::new(core::cell::RefCell::new(value)))
    }

    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // No foreign code runs in `f`, so the cell is never borrowed twice.
        critical_section::with(|section| f(&mut self.0.borrow_ref_mut(section)))
    }

    /// Returns `true` if a caller would have to wait, at this moment.
    #[inline]
    pub(crate) fn is_locked(&self) -> bool {
        false
    }
}

/// The lock of the wait lists: held for a few instructions, and never while foreign code runs. It is
/// spin's. With std's mutex, a wait and its wake-up take 6 % longer, and waking 10,000 receivers on
/// two threads takes up to a third longer.
#[cfg(not(all(feature = "critical-section", not(feature = "std"))))]
pub(crate) struct Mutex<T>(spin::mutex::SpinMutex<T>);

#[cfg(not(all(feature = "critical-section", not(feature = "std"))))]
impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(spin::mutex::SpinMutex::new(value))
    }

    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        let mut failed = 0;
        loop {
            if let Some(mut value) = self.0.try_lock() {
                return f(&mut value);
            }
            pause(&mut failed);
        }
    }

    /// Returns `true` if a caller would have to wait, at this moment.
    #[inline]
    pub(crate) fn is_locked(&self) -> bool {
        self.0.is_locked()
    }
}

/// Pauses after a failed attempt, and counts it in `failed`. With threads it soon sleeps, because
/// the holder may have been preempted.
#[cfg(not(all(feature = "critical-section", not(feature = "std"))))]
#[cold]
fn pause(failed: &mut u32) {
    *failed = failed.saturating_add(1);
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    if *failed > 100 {
        return std::thread::sleep(core::time::Duration::from_micros(20));
    }
    core::hint::spin_loop();
}

/// Thread support: thread-local cells, parking, time, and a mutex whose waiters sleep.
#[cfg(all(feature = "std", not(target_family = "wasm")))]
pub(crate) mod thread {
    use core::time::Duration;
    pub(crate) use std::thread::yield_now;
    /// Declares a thread-local value with a constant initial value.
    pub(crate) use std::thread_local as per_thread;
    pub(crate) use std::time::Instant;

    pub(crate) use parking::{Parker, Unparker};

    /// A mutex whose waiters sleep.
    pub(crate) type SleepMutex<T> = std::sync::Mutex<T>;

    pub(crate) fn now() -> Instant {
        Instant::now()
    }

    /// Sleeps until the parker is unparked, but no longer than `limit`. It may also wake up for no
    /// reason. (The token of `std::thread::park` belongs to the program.)
    pub(crate) fn park(parker: &Parker, limit: Option<Duration>) {
        let Some(limit) = limit else { return parker.park() };
        #[cfg(not(loom))]
        parker.park_timeout(limit);
        // A model of another crate, which this channel is not part of. parking has no time limits
        // there.
        #[cfg(loom)]
        std::thread::sleep(limit.min(Duration::from_micros(100)));
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_waits_until_another_one_has_released_the_lock() {
        let (mutex, is_locked) = (Mutex::new(0), Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                mutex.with(|value| {
                    is_locked.wait();
                    // Time for the other thread to try often enough to sleep.
                    thread::sleep(Duration::from_millis(50));
                    *value = 1;
                });
            });
            is_locked.wait();
            assert_eq!(mutex.with(|value| *value), 1);
        });
    }
}
