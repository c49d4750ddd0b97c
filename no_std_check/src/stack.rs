//! Measures how much of the stack has been used. The program's data lies below the stack, and no board here would notice an
//! overflow.

use core::hint::black_box;

use crate::board;

const PAINT: u32 = 0xA5A5_A5A5;

/// The words of the stack that `paint` itself needs.
const OWN: usize = 64;

/// Must be called once, before much is on the stack.
#[inline(never)]
pub(crate) fn paint() {
    let bottom = board::stack_end();
    let local = 0;
    let here: *const u32 = black_box(&local);
    // SAFETY: the part between the stack's end and this function's own frame is not in use.
    unsafe {
        let free = here.offset_from(bottom) as usize - OWN;
        for word in 0..free {
            bottom.add(word).write_volatile(PAINT);
        }
    }
}

/// Returns how many bytes have never been written to.
pub(crate) fn never_used() -> usize {
    let bottom = board::stack_end();
    // SAFETY: the loop ends at this function's own frame at the latest.
    (0..).take_while(|word| unsafe { bottom.add(*word).read_volatile() } == PAINT).count() * size_of::<u32>()
}
