//! The program with embassy-sync's `Watch`, which needs no heap.
#![no_std]
#![no_main]

use embassy_executor::Spawner;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::watch::{Receiver, Sender, Watch};
use size_check::{VALUES, end};

type Mutex = CriticalSectionRawMutex;

static WATCH: Watch<Mutex, u32, 1> = Watch::new();

#[embassy_executor::task]
async fn send(tx: Sender<'static, Mutex, u32, 1>) {
    for value in VALUES {
        tx.send(value);
    }
}

#[embassy_executor::task]
async fn receive(mut rx: Receiver<'static, Mutex, u32, 1>) {
    let mut last = 0;
    while last != VALUES[2] {
        last = rx.changed().await;
    }
    end(last);
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let Some(rx) = WATCH.receiver() else { end(0) };
    spawner.spawn(send(WATCH.sender()).unwrap());
    spawner.spawn(receive(rx).unwrap());
}
