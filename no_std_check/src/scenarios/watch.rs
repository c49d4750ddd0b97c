//! A channel in a `static`, which tasks share, and with `critical-section` the interrupt as well.

use alloc::format;
use alloc::string::String;

use embassy_executor::SendSpawner;
use embassy_futures::yield_now;
use watch_channel::Watch;

use crate::task::spawn;
use crate::timer;

const LAST: u32 = 8_000;
/// How many values are sent until the receiver must have caught up.
const BURST: u32 = 4;

static CONFIG: Watch<u32> = Watch::new(0);
/// What the receiver has seen.
static APPLIED: Watch<u32> = Watch::new(0);

pub(crate) async fn run(low: SendSpawner) -> String {
    // Both channels are allocated here, so the interrupt does not allocate.
    let (tx, applied) = (CONFIG.sender(), APPLIED.subscribe());
    let applying = spawn(low, apply());
    let timer = if cfg!(feature = "critical-section") {
        timer::start(timer::SELDOM, send_next)
    } else {
        timer::start(timer::SELDOM, || ())
    };
    while !cfg!(feature = "critical-section") && tx.get() < LAST {
        send_next();
        yield_now().await;
    }
    let count = applying.await;
    assert_eq!((tx.get(), applied.get()), (LAST, LAST));
    let interrupts = timer.interrupts();
    format!("{LAST} values sent, {count} of them waited for, {interrupts} interrupts")
}

/// Sends the next value, except the first of a burst if the receiver has not caught up. It makes new handles each time.
fn send_next() {
    let applied = APPLIED.subscribe().get();
    CONFIG.sender().send_if_modified(|value| {
        let may_send = *value < LAST && (!value.is_multiple_of(BURST) || applied == *value);
        *value += u32::from(may_send);
        may_send
    });
}

/// Waits for each value, and sends back each value that it has seen.
async fn apply() -> u32 {
    let mut rx = CONFIG.subscribe();
    let (mut count, mut seen) = (0, rx.get_and_update());
    APPLIED.sender().set(seen);
    while seen < LAST {
        rx.changed().await.expect("a Watch never closes");
        let value = rx.get_and_update();
        assert!(value > seen, "changed, but {value} after {seen}");
        seen = value;
        APPLIED.sender().set(seen);
        count += 1;
        timer::progress();
    }
    count
}
