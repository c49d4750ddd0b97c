//! QEMU's RISC-V board `virt`: the machine timer is the timer, and the software interrupt runs the second executor.
//! Neither preempts the other.

use alloc::boxed::Box;
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};

use embassy_executor::raw::Executor;
use riscv::interrupt::Interrupt;
use riscv::register::{mie, mstatus};

use crate::{Executors, heap, stack, timer};

/// The registers of the core-local interruptor.
const MSIP: *mut u32 = ptr::without_provenance_mut(0x200_0000);
const MTIMECMP: *mut u32 = ptr::without_provenance_mut(0x200_4000);
const MTIME: *mut u32 = ptr::without_provenance_mut(0x200_BFF8);

/// What an executor gives to `__pender`.
const LOW: *mut () = ptr::without_provenance_mut(1);
const HIGH: *mut () = ptr::without_provenance_mut(2);

/// The executor of the software interrupt; written once, before that is enabled.
static mut HIGH_EXECUTOR: Option<&'static Executor> = None;
/// 1 if the other executor has something to do.
static LOW_PENDING: AtomicU32 = AtomicU32::new(0);

/// Called by an executor whose task was woken.
#[unsafe(export_name = "__pender")]
fn pender(executor: *mut ()) {
    match executor {
        LOW => LOW_PENDING.store(1, SeqCst),
        // SAFETY: it requests the software interrupt.
        _ => unsafe { MSIP.write_volatile(1) },
    }
}

#[riscv_rt::entry]
fn start() -> ! {
    stack::paint();
    heap::init();
    let low: &Executor = Box::leak(Box::new(Executor::new(LOW)));
    let high: &Executor = Box::leak(Box::new(Executor::new(HIGH)));
    no_interrupt();
    // SAFETY: interrupts are off until everything is there that their handlers need.
    unsafe {
        HIGH_EXECUTOR = Some(high);
        mie::set_mtimer();
        mie::set_msoft();
        riscv::interrupt::enable();
    }
    crate::main(Executors { low: low.spawner().make_send(), high: high.spawner().make_send() });
    loop {
        // SAFETY: this executor is polled only here.
        unsafe { low.poll() }
        critical_section::with(|_| {
            // An interrupt that is off still ends `wfi`, and runs after this.
            if LOW_PENDING.load(SeqCst) == 0 {
                riscv::asm::wfi();
            }
            LOW_PENDING.store(0, SeqCst);
        });
    }
}

#[riscv_rt::core_interrupt(Interrupt::MachineTimer)]
fn machine_timer() {
    timer::on_interrupt();
}

#[riscv_rt::core_interrupt(Interrupt::MachineSoft)]
fn machine_soft() {
    // SAFETY: the request is taken back before the executor looks for work, and this executor is polled only here.
    unsafe {
        MSIP.write_volatile(0);
        if let Some(executor) = HIGH_EXECUTOR {
            executor.poll();
        }
    }
}

/// The lowest word of the stack.
pub(crate) fn stack_end() -> *mut u32 {
    unsafe extern "C" {
        static mut __estack: u32;
    }
    &raw mut __estack
}

/// Calls [`timer::on_interrupt`] once, so many ticks from now.
pub(crate) fn interrupt_after(ticks: u32) {
    // SAFETY: reading the time has no effect; only this function and the next use the comparator. The upper half
    // stays at its maximum until the lower half is there.
    unsafe {
        let (low, high) = time();
        let (low, carry) = low.overflowing_add(ticks);
        MTIMECMP.write_volatile(low);
        MTIMECMP.add(1).write_volatile(high + u32::from(carry));
    }
}

/// Takes back what [`interrupt_after`] asked for.
pub(crate) fn no_interrupt() {
    // SAFETY: as there.
    unsafe { MTIMECMP.add(1).write_volatile(u32::MAX) }
}

/// The timer's time, in two words.
fn time() -> (u32, u32) {
    loop {
        // SAFETY: reading has no effect.
        let (high, low, again) =
            unsafe { (MTIME.add(1).read_volatile(), MTIME.read_volatile(), MTIME.add(1).read_volatile()) };
        if high == again {
            return (low, high);
        }
    }
}

/// The clock always runs: it is the timer's.
pub(crate) fn start_clock() {}

/// Ticks since some time.
#[inline]
pub(crate) fn clock() -> u32 {
    // SAFETY: reading has no effect.
    unsafe { MTIME.read_volatile() }
}

#[inline]
pub(crate) fn ticks_between(earlier: u32, later: u32) -> u32 {
    later.wrapping_sub(earlier)
}

/// Turns interrupts off, and returns `true` if they were on.
#[inline]
pub(crate) fn interrupts_off() -> bool {
    let on = mstatus::read().mie();
    riscv::interrupt::disable();
    on
}

/// # Safety
///
/// Not in a critical section, but for its end.
#[inline]
pub(crate) unsafe fn interrupts_on() {
    // SAFETY: as the caller promised.
    unsafe { riscv::interrupt::enable() }
}
