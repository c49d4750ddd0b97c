//! A global allocator for tests of memory.
#![expect(unsafe_code, reason = "a global allocator")]

use std::alloc::{GlobalAlloc, Layout, System};

/// The system's allocator. Before each call, it calls a function with the number of bytes, which is
/// negative if they are freed.
pub(crate) struct Observed(pub(crate) fn(isize));

// SAFETY: all calls are passed on to the system's allocator.
unsafe impl GlobalAlloc for Observed {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0(layout.size() as isize);
        // SAFETY: as the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        self.0(-(layout.size() as isize));
        // SAFETY: as the caller's.
        unsafe { System.dealloc(at, layout) }
    }
}
