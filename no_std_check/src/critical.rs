//! Critical sections, of which the longest is measured: for how long were interrupts off? The allocator's own are left out.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use critical_section::{Impl, RawRestoreState};

use crate::{board, heap};

struct Measured;
critical_section::set_impl!(Measured);

/// 1 while sections are measured: to look at the clock takes a while, and where SysTick gives the interrupts there is
/// none.
static MEASURING: AtomicU32 = AtomicU32::new(0);
/// When the outermost section began.
static BEGAN: AtomicU32 = AtomicU32::new(0);
static LONGEST: AtomicU32 = AtomicU32::new(0);

// SAFETY: with interrupts off, nothing else runs on a single core; only the outermost section turns them on again.
unsafe impl Impl for Measured {
    unsafe fn acquire() -> RawRestoreState {
        let outermost = board::interrupts_off();
        if outermost && is_measured() {
            BEGAN.store(board::clock(), Relaxed);
        }
        outermost
    }

    unsafe fn release(outermost: RawRestoreState) {
        if outermost {
            if is_measured() {
                let length = board::ticks_between(BEGAN.load(Relaxed), board::clock());
                LONGEST.store(LONGEST.load(Relaxed).max(length), Relaxed);
            }
            // SAFETY: `acquire` found interrupts on.
            unsafe { board::interrupts_on() }
        }
    }
}

/// Returns `true` if the outermost section, which begins or ends here, is one to measure. The answer is the same at both of
/// its ends.
fn is_measured() -> bool {
    MEASURING.load(Relaxed) != 0 && !heap::is_busy()
}

/// Runs `f`, and returns for how many ticks of the board's clock interrupts were off at the longest.
pub(crate) fn longest(f: impl FnOnce()) -> u32 {
    board::start_clock();
    LONGEST.store(0, Relaxed);
    MEASURING.store(1, Relaxed);
    f();
    MEASURING.store(0, Relaxed);
    LONGEST.load(Relaxed)
}
