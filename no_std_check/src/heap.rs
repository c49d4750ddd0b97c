//! The heap, which counts allocations.

use core::alloc::{GlobalAlloc, Layout};
use core::mem::MaybeUninit;
use core::ptr::addr_of_mut;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use embedded_alloc::LlffHeap;

/// The memory that is left for the heap on the smallest board.
const SIZE: usize = 25 * 512;

struct Counting {
    heap: LlffHeap,
    /// How often memory was requested.
    allocations: AtomicU32,
    /// Bytes that were requested and not freed.
    live: AtomicU32,
    /// 1 while a call is under way.
    busy: AtomicU32,
}

#[global_allocator]
static HEAP: Counting = Counting {
    heap: LlffHeap::empty(),
    allocations: AtomicU32::new(0),
    live: AtomicU32::new(0),
    busy: AtomicU32::new(0),
};

/// Must be called once, before anything allocates.
pub(crate) fn init() {
    static mut MEMORY: MaybeUninit<[u8; SIZE]> = MaybeUninit::uninit();
    // SAFETY: no other code uses this memory, and each board calls this once.
    unsafe { HEAP.heap.init(addr_of_mut!(MEMORY).addr(), SIZE) }
}

/// How often memory has been requested.
pub(crate) fn allocations() -> u32 {
    HEAP.allocations.load(Relaxed)
}

/// How many bytes are in use.
pub(crate) fn live() -> u32 {
    HEAP.live.load(Relaxed)
}

/// Returns `true` during a call to the heap, unless an interrupt has made another call in the meantime.
///
/// The heap has its own critical sections, which are as long as its search for a free block. They are not the crate's, so
/// [`critical`](crate::critical) does not measure a section that begins during such a call. It does measure a section that begins
/// before and then allocates: that one keeps interrupts off for the whole call.
pub(crate) fn is_busy() -> bool {
    HEAP.busy.load(Relaxed) != 0
}

/// Adds with interrupts off, because not every processor here has an atomic addition.
fn add(to: &AtomicU32, by: u32) {
    critical_section::with(|_| to.store(to.load(Relaxed).wrapping_add(by), Relaxed));
}

impl Counting {
    fn busy<R>(&self, f: impl FnOnce() -> R) -> R {
        self.busy.store(1, Relaxed);
        let result = f();
        self.busy.store(0, Relaxed);
        result
    }
}

// SAFETY: all calls are passed on to the heap.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.busy(|| {
            add(&self.allocations, 1);
            add(&self.live, layout.size() as u32);
            // SAFETY: as the caller promised.
            unsafe { self.heap.alloc(layout) }
        })
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        self.busy(|| {
            add(&self.live, (layout.size() as u32).wrapping_neg());
            // SAFETY: as the caller promised.
            unsafe { self.heap.dealloc(memory, layout) }
        })
    }
}
