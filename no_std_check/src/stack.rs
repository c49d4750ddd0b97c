//! How much of the stack was ever used. What lies below it is the program's data, and no board here would notice.

use core::hint::black_box;

use crate::board;

const PAINT: u32 = 0xA5A5_A5A5;

/// Words that `paint` itself needs.
const OWN: usize = 64;

/// To be called once, before much is on the stack.
#[inline(never)]
pub(crate) fn paint() {
    let bottom = board::stack_end();
    let local = 0;
    let here: *const u32 = black_box(&local);
    // SAFETY: between the stack's end and this function's own part of it, nothing is in use.
    unsafe {
        let free = here.offset_from(bottom) as usize - OWN;
        for word in 0..free {
            bottom.add(word).write_volatile(PAINT);
        }
    }
}

/// Returns how many bytes were never written to.
pub(crate) fn never_used() -> usize {
    let bottom = board::stack_end();
    // SAFETY: the loop ends at the latest where this function's own part of the stack begins.
    (0..).take_while(|word| unsafe { bottom.add(*word).read_volatile() } == PAINT).count() * size_of::<u32>()
}
