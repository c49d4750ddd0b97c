//! The program with this crate.
#![no_std]
#![no_main]

use embassy_executor::Spawner;
use semihosting::println;
use size_check::{Memory, VALUES, end};
use watch_channel::{Receiver, Sender, channel};

#[global_allocator]
static MEMORY: Memory = Memory::new();

#[embassy_executor::task]
async fn send(tx: Sender<u32>) {
    for value in VALUES {
        tx.set(value);
    }
}

#[embassy_executor::task]
async fn receive(mut rx: Receiver<u32>) {
    let mut last = 0;
    while last != VALUES[2] && rx.changed().await.is_ok() {
        last = rx.get_and_update();
    }
    println!("heap: {} bytes", MEMORY.used());
    end(last);
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    MEMORY.init();
    let (tx, rx) = channel(0);
    spawner.spawn(send(tx).unwrap());
    spawner.spawn(receive(rx).unwrap());
}
