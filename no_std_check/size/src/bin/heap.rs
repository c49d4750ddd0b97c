//! The program without a channel, with a heap.
#![no_std]
#![no_main]

use embassy_executor::Spawner;
use semihosting::println;
use size_check::{Memory, VALUES, end, pass, passed, yield_now};

extern crate alloc;

#[global_allocator]
static MEMORY: Memory = Memory::new();

#[embassy_executor::task]
async fn send() {
    for value in VALUES {
        pass(*core::hint::black_box(alloc::boxed::Box::new(value)));
        yield_now().await;
    }
}

#[embassy_executor::task]
async fn receive() {
    while passed() != VALUES[2] {
        yield_now().await;
    }
    println!("heap: {} bytes", MEMORY.used());
    end(passed());
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    MEMORY.init();
    spawner.spawn(send().unwrap());
    spawner.spawn(receive().unwrap());
}
