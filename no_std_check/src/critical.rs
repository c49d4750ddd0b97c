//! Critical sections, and how long interrupts are off at most. The allocator's own critical sections are not measured.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use critical_section::{Impl, RawRestoreState};

use crate::{board, heap};

struct Measured;
critical_section::set_impl!(Measured);

/// 1 while sections are measured. They are not always, because reading the clock takes time, and there is no clock while SysTick
/// is the source of interrupts.
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

/// Returns `true` if the outermost section, which begins or ends here, must be measured. The result is the same at its beginning
/// and its end.
fn is_measured() -> bool {
    MEASURING.load(Relaxed) != 0 && !heap::is_busy()
}

/// Runs `f`, and returns the longest time for which interrupts were off, in ticks of the board's clock.
pub(crate) fn longest(f: impl FnOnce()) -> u32 {
    board::start_clock();
    LONGEST.store(0, Relaxed);
    MEASURING.store(1, Relaxed);
    f();
    MEASURING.store(0, Relaxed);
    LONGEST.load(Relaxed)
}
