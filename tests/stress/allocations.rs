//! Counts the bytes that the whole program has allocated, and the values that are alive.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, Ordering};

struct Counting;

static LIVE_BYTES: AtomicIsize = AtomicIsize::new(0);

// SAFETY: all calls are passed on to the system's allocator, and counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE_BYTES.fetch_add(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: as the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE_BYTES.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: as the caller's.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The bytes that are allocated.
pub(crate) fn live_bytes() -> isize {
    LIVE_BYTES.load(Ordering::Relaxed)
}

/// Counts the values that are alive: each value has one of these.
#[derive(Debug)]
pub(crate) struct Live(());

static LIVE_VALUES: AtomicIsize = AtomicIsize::new(0);

impl Live {
    pub(crate) fn new() -> Self {
        LIVE_VALUES.fetch_add(1, Ordering::Relaxed);
        Self(())
    }

    pub(crate) fn count() -> isize {
        LIVE_VALUES.load(Ordering::Relaxed)
    }
}

impl Clone for Live {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        LIVE_VALUES.fetch_sub(1, Ordering::Relaxed);
    }
}
