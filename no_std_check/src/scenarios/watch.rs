//! A channel in a `static`, which tasks and, with `critical-section`, the interrupt share.

use alloc::format;
use alloc::string::String;

use embassy_executor::SendSpawner;
use embassy_futures::yield_now;
use watch_channel::Watch;

use crate::task::spawn;
use crate::timer;

const LAST: u32 = 5_000;

static CONFIG: Watch<u32> = Watch::new(0);

pub(crate) async fn run(low: SendSpawner) -> String {
    let waiting = spawn(low, wait());
    let timer = if cfg!(feature = "critical-section") {
        timer::start(timer::OFTEN, send_next)
    } else {
        timer::start(timer::OFTEN, || ())
    };
    while CONFIG.sender().get() < LAST {
        if !cfg!(feature = "critical-section") {
            send_next();
        }
        yield_now().await;
    }
    let seen = waiting.await;
    let interrupts = timer.interrupts();
    format!("{LAST} values sent, {seen} of them waited for, {interrupts} interrupts")
}

/// Sends the next value. It takes a sender each time: that allocates nothing once the channel is there.
fn send_next() {
    let tx = CONFIG.sender();
    tx.send_if_modified(|value| {
        let may = *value < LAST;
        if may {
            *value += 1;
        }
        may
    });
}

async fn wait() -> u32 {
    let mut rx = CONFIG.subscribe();
    let (mut count, mut seen) = (0, rx.get_and_update());
    while seen < LAST {
        rx.changed().await.expect("a Watch never closes");
        let value = rx.get_and_update();
        assert!(value > seen, "changed, but {value} after {seen}");
        seen = value;
        count += 1;
        timer::progress();
    }
    count
}
