//! The program without a channel.
#![no_std]
#![no_main]

use embassy_executor::Spawner;
use size_check::{VALUES, end, pass, passed, yield_now};

#[embassy_executor::task]
async fn send() {
    for value in VALUES {
        pass(value);
        yield_now().await;
    }
}

#[embassy_executor::task]
async fn receive() {
    while passed() != VALUES[2] {
        yield_now().await;
    }
    end(passed());
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    spawner.spawn(send().unwrap());
    spawner.spawn(receive().unwrap());
}
