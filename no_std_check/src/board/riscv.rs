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

/// The pointers that the executors pass to `__pender`.
const LOW: *mut () = ptr::without_provenance_mut(1);
const HIGH: *mut () = ptr::without_provenance_mut(2);

/// The executor of the software interrupt. It is written once, before that interrupt is enabled.
static mut HIGH_EXECUTOR: Option<&'static Executor> = None;
/// 1 if the other executor has tasks to run.
static LOW_PENDING: AtomicU32 = AtomicU32::new(0);

/// An executor calls this when one of its tasks has been woken.
#[unsafe(export_name = "__pender")]
fn pender(executor: *mut ()) {
    match executor {
        LOW => LOW_PENDING.store(1, SeqCst),
        // SAFETY: this only requests the software interrupt.
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
    // SAFETY: interrupts stay off until everything that their handlers need has been set up.
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
            // An interrupt ends `wfi` even while interrupts are off, and runs after this.
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
    // SAFETY: the request is cleared before the executor checks for work, and this executor is polled only here.
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

/// Calls [`timer::on_interrupt`] once, `ticks` from now.
pub(crate) fn interrupt_after(ticks: u32) {
    // SAFETY: reading the time has no side effect. Only this function and the next one use the comparator. Its upper half
    // stays at its maximum until the lower half is written.
    unsafe {
        let (low, high) = time();
        let (low, carry) = low.overflowing_add(ticks);
        MTIMECMP.write_volatile(low);
        MTIMECMP.add(1).write_volatile(high + u32::from(carry));
    }
}

/// Cancels the call that [`interrupt_after`] has scheduled.
pub(crate) fn no_interrupt() {
    // SAFETY: as in `interrupt_after`.
    unsafe { MTIMECMP.add(1).write_volatile(u32::MAX) }
}

/// The timer's time, in two words.
fn time() -> (u32, u32) {
    loop {
        // SAFETY: reading has no side effect.
        let (high, low, again) =
            unsafe { (MTIME.add(1).read_volatile(), MTIME.read_volatile(), MTIME.add(1).read_volatile()) };
        if high == again {
            return (low, high);
        }
    }
}

/// Does nothing: the clock is the timer's, which always runs.
pub(crate) fn start_clock() {}

/// Ticks since some point in time.
#[inline]
pub(crate) fn clock() -> u32 {
    // SAFETY: reading has no side effect.
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
/// Must not be called in a critical section, except to end it.
#[inline]
pub(crate) unsafe fn interrupts_on() {
    // SAFETY: the caller keeps the same promise.
    unsafe { riscv::interrupt::enable() }
}
