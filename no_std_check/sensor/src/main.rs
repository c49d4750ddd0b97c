//! A thermometer: an interrupt publishes readings, one task displays them, and another one raises an alarm.
//!
//! ```text
//! rustup target add thumbv6m-none-eabi
//! cargo run       # in this folder; needs qemu-system-arm
//! ```
//!
//! It runs on a micro:bit that QEMU emulates, prints this, and ends with status 0:
//!
//! ```text
//! display: 21.5 C
//! display: 23.0 C
//! display: 24.5 C
//! display: 26.0 C
//! alarm: reading 13 is 26.5 C
//! ```
#![no_std]
#![no_main]

use core::mem::MaybeUninit;

use cortex_m::Peripherals;
use cortex_m::peripheral::syst::SystClkSource;
use embassy_executor::Spawner;
use embedded_alloc::LlffHeap as Heap;
use semihosting::{println, process};
use watch_channel::{Receiver, Watch};

#[derive(Clone, Copy)]
struct Reading {
    number: u32,
    /// In tenths of a degree Celsius.
    temperature: u32,
}

/// The channel. It is in a `static` because an interrupt handler takes no arguments.
static READING: Watch<Reading> = Watch::new(Reading { number: 0, temperature: 200 });

#[global_allocator]
static HEAP: Heap = Heap::empty();

/// Simulates a sensor that has completed a measurement. It is a little warmer each time.
#[cortex_m_rt::exception]
fn SysTick() {
    // `set` returns at once: only a `Ref` could make it wait, and no task takes one. In a program whose tasks call `borrow`,
    // the interrupt would use `try_set` instead.
    READING.send_modify(|reading| {
        reading.number += 1;
        reading.temperature += 5;
    });
}

/// Displays the latest reading whenever it differs from the displayed one by more than a degree.
#[embassy_executor::task]
async fn display(mut readings: Receiver<Reading>) {
    let mut displayed = readings.get().temperature;
    while let Ok(reading) = readings.recv_if(|reading| reading.temperature.abs_diff(displayed) > 10).await {
        displayed = reading.temperature;
        println!("display: {}.{} C", displayed / 10, displayed % 10);
    }
}

#[embassy_executor::task]
async fn alarm(mut readings: Receiver<Reading>) {
    let hot = readings.wait_for_map(|reading| (reading.temperature > 260).then_some(*reading)).await;
    let Reading { number, temperature } = hot.expect("a static channel never closes");
    println!("alarm: reading {number} is {}.{} C", temperature / 10, temperature % 10);
    process::exit(0);
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    const SIZE: usize = 2048;
    static mut MEMORY: MaybeUninit<[u8; SIZE]> = MaybeUninit::uninit();
    // SAFETY: this is called once, before anything allocates, and no other code uses the memory.
    unsafe { HEAP.init(&raw mut MEMORY as usize, SIZE) }

    // The first use of the channel allocates it: here, and not in the interrupt.
    spawner.spawn(display(READING.subscribe()).unwrap());
    spawner.spawn(alarm(READING.subscribe()).unwrap());

    // An interrupt every 160,000 clock cycles: 10 ms at 16 MHz.
    let mut systick = Peripherals::take().expect("this is the first call").SYST;
    systick.set_clock_source(SystClkSource::Core);
    systick.set_reload(160_000 - 1);
    systick.clear_current();
    systick.enable_interrupt();
    systick.enable_counter();
}
