//! Critical sections, and how long interrupts are off at most. The allocator's own critical sections are not measured.
//!
//! They turn interrupts off on their core, and lock out the other core, as on an RP2040.

#[cfg(target_has_atomic = "32")]
use core::sync::atomic::Ordering::Acquire;
use core::sync::atomic::{
    AtomicU32,
    Ordering::{Relaxed, Release},
};

use critical_section::{Impl, RawRestoreState};

use crate::{board, heap};

struct Measured;
critical_section::set_impl!(Measured);

/// The core in whose critical section the program is, plus one; 0 if there is none.
static OWNER: AtomicU32 = AtomicU32::new(0);

/// What `acquire` returns for a section inside another one. Otherwise it returns 1 if interrupts were on, and 0 if not.
const NESTED: RawRestoreState = 2;

/// 1 while sections are measured. They are not always, because reading the clock takes time, and there is no clock while SysTick
/// is the source of interrupts.
static MEASURING: AtomicU32 = AtomicU32::new(0);
/// When the outermost section began.
static BEGAN: AtomicU32 = AtomicU32::new(0);
static LONGEST: AtomicU32 = AtomicU32::new(0);

// SAFETY: in a section its core's interrupts are off, and no other core is in a section. Only the outermost section ends that.
unsafe impl Impl for Measured {
    // Not inlined into the many functions with a section, for the sake of the smallest board's flash.
    #[inline(never)]
    unsafe fn acquire() -> RawRestoreState {
        let core = board::core() + 1;
        if OWNER.load(Relaxed) == core {
            return NESTED;
        }
        let interrupts = loop {
            // Before the core is the owner: an interrupt handler would take the section that it has interrupted for its own.
            let interrupts = board::interrupts_off();
            if claim(core) {
                break interrupts;
            }
            if interrupts {
                // SAFETY: this core is in no section.
                unsafe { board::interrupts_on() }
            }
        };
        if interrupts && is_measured() {
            BEGAN.store(board::clock(), Relaxed);
        }
        interrupts.into()
    }

    #[inline(never)]
    unsafe fn release(state: RawRestoreState) {
        if state == NESTED {
            return;
        }
        let interrupts = state == 1;
        if interrupts && is_measured() {
            let length = board::ticks_between(BEGAN.load(Relaxed), board::clock());
            LONGEST.store(LONGEST.load(Relaxed).max(length), Relaxed);
        }
        OWNER.store(0, Release);
        if interrupts {
            // SAFETY: `acquire` found interrupts on.
            unsafe { board::interrupts_on() }
        }
    }
}

/// Makes this core the owner, unless there is one. Interrupts are off.
fn claim(core: u32) -> bool {
    #[cfg(target_has_atomic = "32")]
    return OWNER.compare_exchange(0, core, Acquire, Relaxed).is_ok();
    // No processor here has several cores and no atomics.
    #[cfg(not(target_has_atomic = "32"))]
    OWNER.store(core, Relaxed);
    #[cfg(not(target_has_atomic = "32"))]
    true
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
