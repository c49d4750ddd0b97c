//! QEMU's RISC-V board `virt`: the machine timer is the timer, and the software interrupt runs the second executor.
//! Neither preempts the other. With the feature `two-cores`, a second core runs a third executor.

use alloc::boxed::Box;
use core::arch::global_asm;
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};

use embassy_executor::raw::Executor;
use riscv::interrupt::Interrupt;
use riscv::register::{mhartid, mie, mstatus};

use crate::{Executors, heap, stack, timer};

/// The registers of the core-local interruptor. There is one `MSIP` for each core.
const MSIP: *mut u32 = ptr::without_provenance_mut(0x200_0000);
const MTIMECMP: *mut u32 = ptr::without_provenance_mut(0x200_4000);
const MTIME: *mut u32 = ptr::without_provenance_mut(0x200_BFF8);

/// The pointers that the executors pass to `__pender`.
const LOW: *mut () = ptr::without_provenance_mut(1);
const HIGH: *mut () = ptr::without_provenance_mut(2);
const OTHER: *mut () = ptr::without_provenance_mut(3);

/// The executor of the software interrupt. It is written once, before that interrupt is enabled.
static mut HIGH_EXECUTOR: Option<&'static Executor> = None;
/// The executor of the second core. It is written once, before that core starts.
static mut OTHER_EXECUTOR: Option<&'static Executor> = None;
/// 1 if the executor outside interrupts has tasks to run.
static LOW_PENDING: AtomicU32 = AtomicU32::new(0);

/// An executor calls this when one of its tasks has been woken.
#[unsafe(export_name = "__pender")]
fn pender(executor: *mut ()) {
    if executor == LOW {
        LOW_PENDING.store(1, SeqCst);
        if core() == 0 {
            return;
        }
    }
    // SAFETY: this only requests a software interrupt, which also ends `wfi`.
    unsafe { MSIP.add((executor == OTHER).into()).write_volatile(1) }
}

// The second core sleeps until the first one requests its software interrupt, whose bit is the fourth one.
global_asm!(
    ".section .init.mp_hook, \"ax\"",
    ".global _mp_hook",
    "_mp_hook:",
    "    beqz a0, 2f",
    "    csrwi mie, 8",
    "1:  wfi",
    "    csrr t0, mip",
    "    andi t0, t0, 8",
    "    beqz t0, 1b",
    "    li a0, 0",
    "    ret",
    "2:  li a0, 1",
    "    ret",
);

#[riscv_rt::entry]
fn start(core: usize) -> ! {
    if core > 0 {
        start_other();
    }
    stack::paint();
    heap::init();
    let new_executor = |name| -> &'static Executor { Box::leak(Box::new(Executor::new(name))) };
    let (low, high) = (new_executor(LOW), new_executor(HIGH));
    let other = cfg!(feature = "two-cores").then(|| new_executor(OTHER));
    no_interrupt();
    // SAFETY: interrupts stay off until everything that their handlers need has been set up.
    unsafe {
        HIGH_EXECUTOR = Some(high);
        OTHER_EXECUTOR = other;
        mie::set_mtimer();
        mie::set_msoft();
        riscv::interrupt::enable();
    }
    let other = other.map(|other| {
        pender(OTHER);
        other.spawner().make_send()
    });
    crate::main(Executors { low: low.spawner().make_send(), high: high.spawner().make_send(), other });
    loop {
        // SAFETY: this executor is polled only here.
        unsafe { low.poll() }
        interrupts_off();
        // An interrupt ends `wfi` even while interrupts are off, and runs after this.
        if LOW_PENDING.load(SeqCst) == 0 {
            riscv::asm::wfi();
        }
        LOW_PENDING.store(0, SeqCst);
        // SAFETY: this is not a critical section.
        unsafe { interrupts_on() }
    }
}

/// Runs the executor of the second core, which has no interrupts.
fn start_other() -> ! {
    loop {
        // SAFETY: the request is cleared before the executor checks for work, and this executor is polled only here.
        unsafe {
            MSIP.add(1).write_volatile(0);
            if let Some(executor) = OTHER_EXECUTOR {
                executor.poll();
            }
        }
        riscv::asm::wfi();
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

/// The lowest word of the first core's stack. The second core's is below it.
pub(crate) fn stack_end() -> *mut u32 {
    unsafe extern "C" {
        static mut _stack_start: u32;
        static _hart_stack_size: u32;
    }
    (&raw mut _stack_start).wrapping_byte_sub((&raw const _hart_stack_size).addr())
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

/// The number of the core that runs this.
#[inline]
pub(crate) fn core() -> u32 {
    mhartid::read() as u32
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
