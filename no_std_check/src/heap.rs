//! The heap, which counts.

use core::alloc::{GlobalAlloc, Layout};
use core::mem::MaybeUninit;
use core::ptr::addr_of_mut;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use embedded_alloc::LlffHeap;

/// What the smallest board has left beside the stack.
const SIZE: usize = 25 * 512;

struct Counting {
    heap: LlffHeap,
    /// How often memory was asked for.
    allocations: AtomicU32,
    /// Bytes that were asked for and not given back.
    live: AtomicU32,
}

#[global_allocator]
static HEAP: Counting = Counting { heap: LlffHeap::empty(), allocations: AtomicU32::new(0), live: AtomicU32::new(0) };

/// To be called once, before anything allocates.
pub(crate) fn init() {
    static mut MEMORY: MaybeUninit<[u8; SIZE]> = MaybeUninit::uninit();
    // SAFETY: the memory is used by nobody else, and each board calls this once.
    unsafe { HEAP.heap.init(addr_of_mut!(MEMORY).addr(), SIZE) }
}

/// How often memory was asked for.
pub(crate) fn allocations() -> u32 {
    HEAP.allocations.load(Relaxed)
}

/// How many bytes are in use.
pub(crate) fn live() -> u32 {
    HEAP.live.load(Relaxed)
}

/// Adds with interrupts off: not every processor here can do it at once.
fn add(to: &AtomicU32, by: u32) {
    critical_section::with(|_| to.store(to.load(Relaxed).wrapping_add(by), Relaxed));
}

// SAFETY: the heap does it all.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(&self.allocations, 1);
        add(&self.live, layout.size() as u32);
        // SAFETY: as the caller promised.
        unsafe { self.heap.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        add(&self.live, (layout.size() as u32).wrapping_neg());
        // SAFETY: as the caller promised.
        unsafe { self.heap.dealloc(memory, layout) }
    }
}
