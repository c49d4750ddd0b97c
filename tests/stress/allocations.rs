//! What is alive: the bytes of the whole program, and the values.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

struct Counting;

static LIVE_BYTES: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    static IS_COUNTED: Cell<bool> = const { Cell::new(true) };
}

fn count(bytes: isize) {
    if IS_COUNTED.try_with(Cell::get).unwrap_or(true) {
        LIVE_BYTES.fetch_add(bytes, Ordering::Relaxed);
    }
}

// SAFETY: it is the system's allocator; the counters are plain cells, which do not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as the caller's.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// From now on, what this thread allocates and frees is not counted.
pub(crate) fn do_not_count_this_thread() {
    IS_COUNTED.set(false);
}

/// The bytes that are alive.
pub(crate) fn live_bytes() -> isize {
    LIVE_BYTES.load(Ordering::Relaxed)
}

/// Fails if more bytes are alive than `before`.
#[track_caller]
pub(crate) fn assert_no_leak(before: isize) {
    let leaked = live_bytes() - before;
    assert!(leaked <= 0, "{leaked} bytes have leaked");
}

/// Counts the values that are alive. A value has one of these.
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
