//! The queue of builds without threads that could sleep: there is none, and a caller tries again
//! until it succeeds.
//!
//! The lock is free between two attempts. So with `critical-section`, an interrupt handler never
//! waits for a lock that only the interrupted code can release, unless that code holds a `Ref`.

use core::marker::PhantomData;
use core::mem;

use crate::sync::{AtomicUsize, CAN_SPIN, HAS_CRITICAL_SECTIONS, Ordering, without_preemption};

/// There is no faster path.
#[inline]
pub(crate) fn slow_path<R>(f: impl FnOnce() -> R) -> R {
    f()
}

pub(crate) struct Queue {
    /// With critical sections: how many of the user's closures run with this lock held? They run in
    /// a critical section. So if the count is above zero in a critical section, the caller runs
    /// inside such a closure.
    closures: AtomicUsize,
}

impl Queue {
    pub(crate) const fn new() -> Self {
        Self { closures: AtomicUsize::new(0) }
    }

    /// Every caller that may wait asks for a turn, so the code of a closure that changes the value
    /// is there once.
    /// (With a first attempt outside of the loop it would be there twice.)
    #[inline]
    pub(crate) fn admits(&self, is_attempt: bool) -> bool {
        is_attempt
    }

    #[inline]
    pub(crate) fn turn(&self) -> Turn<'_> {
        Turn { queue: self, has_tried: false }
    }

    #[inline]
    pub(crate) fn on_release(&self) -> OnRelease<'_> {
        PhantomData
    }

    /// The caller is in a critical section, if there are any, until the result has been dropped.
    #[inline]
    pub(crate) fn closure(&self) -> Closure<'_> {
        self.count_closure(1);
        Closure(self)
    }

    #[inline]
    fn count_closure(&self, change: isize) {
        if HAS_CRITICAL_SECTIONS {
            // ORDERING: Relaxed, both; all accesses are in critical sections, which order them. So
            // a load and a store do: an addition would be longer where there is no instruction for
            // it.
            let closures = self.closures.load(Ordering::Relaxed);
            self.closures.store(closures.wrapping_add_signed(change), Ordering::Relaxed);
        }
    }
}

/// A call that tries the lock again and again.
pub(crate) struct Turn<'a> {
    queue: &'a Queue,
    /// Has it tried the lock?
    has_tried: bool,
}

impl Turn<'_> {
    /// Returns when the caller may try the lock.
    ///
    /// # Panics
    ///
    /// Panics if only the caller could release the lock: in a closure that runs with the lock held,
    /// or on WebAssembly without threads.
    #[inline]
    pub(crate) fn wait(&mut self) {
        if mem::replace(&mut self.has_tried, true) {
            self.wait_for_holder();
        }
    }

    #[cold]
    #[inline(never)]
    fn wait_for_holder(&self) {
        // ORDERING: Relaxed; in a critical section, as all accesses.
        if HAS_CRITICAL_SECTIONS && without_preemption(|| self.queue.closures.load(Ordering::Relaxed)) > 0 {
            panic!("deadlock: a closure uses the watch channel whose value it reads or changes");
        }
        if !CAN_SPIN {
            panic!(
                "deadlock: this call waits for a `Ref` or a closure of the same watch channel, and there is no other thread \
                 that could end it; drop the `Ref` first, or use `try_set` or `try_borrow`"
            );
        }
        core::hint::spin_loop();
    }
}

/// No thread sleeps, so none is woken.
pub(crate) type OnRelease<'a> = PhantomData<&'a Queue>;

/// One of the user's closures runs with the lock held.
pub(crate) struct Closure<'a>(&'a Queue);

impl Drop for Closure<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.count_closure(-1);
    }
}
