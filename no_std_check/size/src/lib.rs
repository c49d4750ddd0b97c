//! What the programs share: how they end, and a heap for those that need one.
#![no_std]

use core::future::poll_fn;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::Poll;

use cortex_m as _;
use embedded_alloc::LlffHeap as Heap;
use semihosting::{println, process};

/// The values that are passed from one task to the other.
pub const VALUES: [u32; 3] = [1, 2, 3];

/// Ends the program in QEMU, with status 0 if `last` is the last value.
pub fn end(last: u32) -> ! {
    println!("the last value is {last}");
    process::exit((last != VALUES[2]).into());
}

const HEAP_SIZE: usize = 4096;

/// A heap that knows how much of it is used.
pub struct Memory(Heap);

impl Memory {
    pub const fn new() -> Self {
        Self(Heap::empty())
    }

    /// Must be called once, before anything else.
    pub fn init(&self) {
        static mut ARENA: [MaybeUninit<u8>; HEAP_SIZE] = [MaybeUninit::uninit(); HEAP_SIZE];
        // SAFETY: called once, before anything is allocated; no other code names the arena.
        unsafe { self.0.init(&raw mut ARENA as usize, HEAP_SIZE) }
    }

    pub fn used(&self) -> usize {
        self.0.used()
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: all calls are passed on to the heap.
unsafe impl core::alloc::GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: core::alloc::Layout) -> *mut u8 {
        // SAFETY: as the caller promised.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: core::alloc::Layout) {
        // SAFETY: as the caller promised.
        unsafe { self.0.dealloc(at, layout) }
    }
}

/// Ends the program in QEMU, with a different status.
#[cfg(not(feature = "panic-messages"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    process::exit(101)
}

/// Lets the other task run.
pub async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        cx.waker().wake_by_ref();
        if core::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// A value that is passed without a channel.
pub static PASSED: AtomicUsize = AtomicUsize::new(0);

pub fn pass(value: u32) {
    PASSED.store(value as usize, Ordering::Release);
}

pub fn passed() -> u32 {
    PASSED.load(Ordering::Acquire) as u32
}
