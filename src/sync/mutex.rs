//! The lock of the wait lists: held for a few instructions, and never while code of others runs.
//!
//! With `critical-section` it is a critical section, so the thread or interrupt that holds it is never preempted on its
//! core. Otherwise it is std's, where a thread sleeps while the holder is preempted, or spin's without threads.

#[cfg(feature = "critical-section")]
pub(crate) struct Mutex<T>(critical_section::Mutex<core::cell::RefCell<T>>);

#[cfg(feature = "critical-section")]
impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(critical_section::Mutex::new(core::cell::RefCell::new(value)))
    }

    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // No code of others runs in `f`, so it is never borrowed twice. (`borrow_mut` would link the text of its panic.)
        critical_section::with(|section| {
            f(&mut self.0.borrow(section).try_borrow_mut().unwrap_or_else(|_| unreachable!()))
        })
    }
}

#[cfg(all(feature = "std", not(target_family = "wasm"), not(feature = "critical-section")))]
pub(crate) use crate::sync::thread::Mutex;

#[cfg(not(any(all(feature = "std", not(target_family = "wasm")), feature = "critical-section")))]
pub(crate) struct Mutex<T>(spin::mutex::SpinMutex<T>);

#[cfg(not(any(all(feature = "std", not(target_family = "wasm")), feature = "critical-section")))]
impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(spin::mutex::SpinMutex::new(value))
    }

    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.lock())
    }
}
