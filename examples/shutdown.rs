//! Stops three workers, and waits until the last of them has ended.
//!
//! ```text
//! cargo run --example shutdown
//! ```
//!
//! It prints, the workers in any order:
//!
//! ```text
//! main: stop
//! worker 1 has cleaned up
//! worker 2 has cleaned up
//! worker 3 has cleaned up
//! main: all workers have ended
//! ```

use std::thread;
use std::time::Duration;

use smol::Timer;
use smol::future::FutureExt;
use watch_channel::{Receiver, Sender};

async fn worker(id: u32, mut stop: Receiver<bool>) {
    let work = async {
        loop {
            Timer::after(Duration::from_millis(10)).await;
        }
    };
    // Drops the work once the flag is set. If the sender is dropped, the wait ends as well, with an error, so no worker
    // outlives the main part of the program.
    let _ = stop.wait_until(|stop| *stop).or(work).await;
    Timer::after(Duration::from_millis(20)).await; // cleans up
    println!("worker {id} has cleaned up");
    // Here `stop` is dropped. That is how a worker reports its end.
}

fn main() {
    let stop = Sender::new(false);
    for id in 1..=3 {
        smol::spawn(worker(id, stop.subscribe())).detach();
    }

    thread::sleep(Duration::from_millis(100)); // a service would wait for Ctrl-C
    println!("main: stop");
    stop.set(true);
    smol::block_on(stop.closed()); // until each worker has dropped its receiver
    println!("main: all workers have ended");
}
