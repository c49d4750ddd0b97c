//! The ARM boards: SysTick is the timer, and a spare interrupt runs the second executor.

use alloc::boxed::Box;

use cortex_m::Peripherals;
use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::scb::SystemHandler;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::peripheral::{SCB, SYST};
use cortex_m::register::primask;
use embassy_executor::{Executor, InterruptExecutor};

use crate::{Executors, heap, stack, timer};

/// An interrupt that all these boards have, and whose device no program here uses. Only embassy's executor requests it.
#[derive(Clone, Copy)]
struct Spare;

// SAFETY: each of the boards has at least 32 interrupts.
unsafe impl InterruptNumber for Spare {
    fn number(self) -> u16 {
        20
    }
}

static HIGH: InterruptExecutor = InterruptExecutor::new();

#[cortex_m_rt::entry]
fn start() -> ! {
    stack::paint();
    heap::init();
    let mut peripherals = Peripherals::take().expect("taken once");
    peripherals.SYST.set_clock_source(SystClkSource::Core);
    // SAFETY: nothing depends on priorities yet. SysTick keeps the highest priority, and the executor gets a lower one, so
    // SysTick preempts it as well.
    unsafe {
        peripherals.SCB.set_priority(SystemHandler::SysTick, 0);
        peripherals.NVIC.set_priority(Spare, 0x80);
    }
    let high = HIGH.start(Spare);
    let low: &'static mut Executor = Box::leak(Box::new(Executor::new()));
    low.run(|low| crate::main(Executors { low: low.make_send(), high, other: None }))
}

#[cortex_m_rt::exception]
fn SysTick() {
    timer::on_interrupt();
}

/// Handles all other interrupts; there is only one.
///
/// # Safety
///
/// Only the processor may call it.
#[cortex_m_rt::exception]
unsafe fn DefaultHandler(number: i16) {
    assert_eq!(number, Spare.number() as i16, "an interrupt that was never enabled");
    // SAFETY: this is the executor's interrupt, which it enabled when it was started.
    unsafe { HIGH.on_interrupt() }
}

/// The lowest word of the stack.
pub(crate) fn stack_end() -> *mut u32 {
    unsafe extern "C" {
        static mut __sheap: u32;
    }
    &raw mut __sheap
}

/// SysTick, which only this file uses.
fn systick() -> SYST {
    // SAFETY: each function below writes whole registers. Code that interrupts it sets them again or does not touch them.
    unsafe { Peripherals::steal().SYST }
}

/// Calls [`timer::on_interrupt`] once, `ticks` from now.
pub(crate) fn interrupt_after(ticks: u32) {
    let mut systick = systick();
    systick.set_reload(ticks);
    systick.clear_current();
    systick.enable_interrupt();
    systick.enable_counter();
}

/// Cancels the call that [`interrupt_after`] has scheduled.
pub(crate) fn no_interrupt() {
    let mut systick = systick();
    systick.disable_counter();
    systick.disable_interrupt();
    SCB::clear_pendst();
}

/// Starts the clock. It has 24 bits, and shares SysTick with the interrupt.
pub(crate) fn start_clock() {
    let mut systick = systick();
    systick.disable_interrupt();
    systick.set_reload(CLOCK_MASK);
    systick.clear_current();
    systick.enable_counter();
}

const CLOCK_MASK: u32 = 0xFF_FFFF;

/// Ticks since some point in time.
#[inline]
pub(crate) fn clock() -> u32 {
    CLOCK_MASK - SYST::get_current()
}

#[inline]
pub(crate) fn ticks_between(earlier: u32, later: u32) -> u32 {
    later.wrapping_sub(earlier) & CLOCK_MASK
}

/// The number of the core that runs this.
#[inline]
pub(crate) fn core() -> u32 {
    0
}

/// Turns interrupts off, and returns `true` if they were on.
#[inline]
pub(crate) fn interrupts_off() -> bool {
    let on = primask::read().is_active();
    cortex_m::interrupt::disable();
    on
}

/// # Safety
///
/// Must not be called in a critical section, except to end it.
#[inline]
pub(crate) unsafe fn interrupts_on() {
    // SAFETY: the caller keeps the same promise.
    unsafe { cortex_m::interrupt::enable() }
}
