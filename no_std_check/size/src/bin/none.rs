//! Without a channel.
#![no_std]
#![no_main]

use core::future::poll_fn;
use core::task::Poll;

use embassy_executor::Spawner;
use size_check::{VALUES, end, pass, passed};

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
