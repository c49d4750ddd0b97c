//! The queue of builds without threads that could sleep: a caller tries again until it succeeds.
//!
//! The lock is free between two attempts. So with `critical-section`, an interrupt handler never waits for a lock that only
//! the interrupted code can release, unless that code holds a `Ref`.

use core::marker::PhantomData;

use crate::channel::queue::Access;
use crate::sync::HAS_OTHER_THREADS;

pub(crate) struct Queue;

impl Queue {
    pub(crate) const fn new() -> Self {
        Self
    }

    #[inline]
    pub(crate) fn admits(&self, _: Access) -> bool {
        true
    }

    /// # Panics
    ///
    /// Panics on WebAssembly without threads: the lock's holder is on this thread and waits for this call to return.
    #[inline]
    pub(crate) fn enter<R>(&self, _: Access, mut attempt: impl FnMut() -> Option<R>) -> R {
        loop {
            if let Some(result) = attempt() {
                return result;
            }
            if !HAS_OTHER_THREADS {
                panic!(
                    "deadlock: this call waits for a `Ref` or a closure of the same watch channel, and there is no other \
                     thread that could end it; drop the `Ref` first, or use `try_set` or `try_borrow`"
                );
            }
            core::hint::spin_loop();
        }
    }

    #[inline]
    pub(crate) fn notify(&self) {}

    #[inline]
    pub(crate) fn on_release(&self) -> OnRelease<'_> {
        OnRelease(PhantomData)
    }
}

pub(crate) struct OnRelease<'a>(PhantomData<&'a Queue>);
