//! The heap, which counts.

use core::alloc::{GlobalAlloc, Layout};
use core::mem::MaybeUninit;
use core::ptr::addr_of_mut;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use embedded_alloc::LlffHeap;

/// What the smallest board has left over for it.
const SIZE: usize = 25 * 512;

struct Counting {
    heap: LlffHeap,
    /// How often memory was asked for.
    allocations: AtomicU32,
    /// Bytes that were asked for and not given back.
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

/// To be called once, before anything allocates.
pub(crate) fn init() {
    static mut MEMORY: MaybeUninit<[u8; SIZE]> = MaybeUninit::uninit();
    // SAFETY: no other code uses this memory, and each board calls this once.
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

/// Returns `true` in the middle of a call to the heap, if no interrupt has made another in the meantime.
///
/// The heap has critical sections of its own, which are as long as its search for a free block. They are not
/// the crate's, so [`critical`](crate::critical) does not measure a section that begins in here. It does measure one that
/// begins outside and then allocates: that one keeps interrupts off for the whole call.
pub(crate) fn is_busy() -> bool {
    HEAP.busy.load(Relaxed) != 0
}

/// Adds with interrupts off: not every processor here can do it at once.
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

// SAFETY: the heap does it all.
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
