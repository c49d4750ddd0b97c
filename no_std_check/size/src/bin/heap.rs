//! Without a channel, with a heap.
#![no_std]
#![no_main]

use core::future::poll_fn;
use core::task::Poll;

use embassy_executor::Spawner;
use semihosting::println;
use size_check::{Memory, VALUES, end, pass, passed};

extern crate alloc;

#[global_allocator]
static MEMORY: Memory = Memory::new();

async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        cx.waker().wake_by_ref();
        if core::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

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
