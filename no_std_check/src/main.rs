//! Firmware that checks the crate on microcontrollers, and ends with exit status 0 if all checks pass.
//!
//! The scenarios are the same on every board, and run one after the other in 16 KiB of memory (28 on RISC-V). Each
//! prints its name, and then what it has counted. If a check fails, the program panics with a message that names the check,
//! and ends with another status.
//!
//! `ci/target.sh firmware` builds and runs it for each board, in QEMU.
#![no_std]
#![no_main]
#![cfg_attr(not(feature = "critical-section"), expect(dead_code, reason = "only some of the scenarios are left"))]

extern crate alloc;

#[cfg_attr(target_arch = "arm", path = "board/cortex_m.rs")]
#[cfg_attr(target_arch = "riscv32", path = "board/riscv.rs")]
mod board;
mod critical;
mod heap;
mod scenarios;
mod stack;
mod task;
mod timer;

use embassy_executor::SendSpawner;

/// The executors: `low` runs outside interrupts, `high` in its own interrupt, and `other` on a second core if there is one.
#[derive(Clone, Copy)]
struct Executors {
    low: SendSpawner,
    high: SendSpawner,
    #[cfg_attr(not(feature = "two-cores"), expect(dead_code, reason = "only that scenario uses it"))]
    other: Option<SendSpawner>,
}

/// Each board calls this once it is ready.
fn main(executors: Executors) {
    executors.low.spawn(scenarios(executors).unwrap());
}

#[embassy_executor::task]
async fn scenarios(executors: Executors) {
    let passed = scenarios::run(executors).await;
    let spare = stack::never_used();
    assert!(spare >= 128, "the stack is too small: {spare} bytes were never used");
    semihosting::println!("ok: {passed} scenarios, {spare} bytes of the stack to spare");
    semihosting::process::exit(0)
}
