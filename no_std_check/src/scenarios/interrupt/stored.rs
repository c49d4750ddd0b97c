//! `set` and similar calls, which the interrupt may use because no task holds a `Ref`.

use core::future::poll_fn;
use core::task::Poll;

use embassy_executor::SendSpawner;
use embassy_futures::{poll_once, yield_now};
use portable_atomic::{AtomicU32, Ordering::Relaxed};
use portable_atomic_util::Arc;
use watch_channel::{Receiver, Sender, Version, channel};

use super::{BURST, INTERRUPTS, Reading, Seen};
use crate::task::spawn;
use crate::timer;

/// Returns how many values were sent.
pub(super) async fn run(low: SendSpawner) -> u32 {
    let (tx, rx) = channel(Reading::new(0));
    let seen = Seen::<5>::new();
    let sent = Arc::new(AtomicU32::new(0));
    let tasks = (
        spawn(low, changed(rx.clone(), seen.by(0))),
        spawn(low, waiting_for(rx.clone(), seen.by(1))),
        spawn(low, polling(rx.clone(), seen.by(2))),
        spawn(low, impatient(rx.clone(), seen.by(3))),
        spawn(low, reading(rx.clone(), rx.version(), seen.by(4))),
    );
    let timer = timer::start(timer::OFTEN, interrupt(tx, rx, seen.clone(), sent.clone()));
    tasks.0.await;
    tasks.1.await;
    tasks.2.await;
    tasks.3.await;
    tasks.4.await;
    assert!(timer.interrupts() >= INTERRUPTS);
    let sent = sent.load(Relaxed);
    seen.check_last(sent);
    sent
}

/// The interrupt: sends in each of four ways, reads what it has sent, and closes the channel at the end.
fn interrupt(
    tx: Sender<Reading>,
    mut rx: Receiver<Reading>,
    seen: Seen<5>,
    sent: Arc<AtomicU32>,
) -> impl FnMut() + Send {
    let mut tx = Some(tx);
    let mut interrupts = 0;
    move || {
        let Some(sender) = &tx else { return };
        let last = sent.load(Relaxed);
        interrupts += 1;
        assert_eq!(rx.with_and_update(Reading::number), last, "the interrupt reads a value that it has not sent");
        if seen.caught_up(last) {
            if interrupts >= INTERRUPTS && last.is_multiple_of(BURST) {
                tx = None;
                return;
            }
            let next = Reading::new(last + 1);
            match last % 4 {
                0 => sender.set(next),
                1 => sender.send(next).expect("there are receivers"),
                2 => sender.send_modify(|reading| *reading = next),
                _ => drop(sender.set_if_changed(next).expect("it differs")),
            }
            sent.store(last + 1, Relaxed);
            assert!(rx.has_unseen(), "the interrupt has not yet seen what it has sent");
        }
    }
}

async fn changed(mut rx: Receiver<Reading>, mut seen: impl FnMut(u32)) {
    while rx.changed().await.is_ok() {
        seen(rx.get_and_update().number());
    }
}

async fn waiting_for(mut rx: Receiver<Reading>, mut seen: impl FnMut(u32)) {
    let mut last = 0;
    while let Ok(number) = rx.wait_for_map(|reading| Some(reading.number()).filter(|number| *number > last)).await {
        last = number;
        seen(number);
    }
}

async fn polling(mut rx: Receiver<Reading>, mut seen: impl FnMut(u32)) {
    while poll_fn(|cx| rx.poll_changed(cx)).await.is_ok() {
        seen(rx.with_and_update(Reading::number));
    }
}

/// Cancels each wait and drops the receiver that has waited, so slots are taken and given back all the time.
async fn impatient(mut rx: Receiver<Reading>, mut seen: impl FnMut(u32)) {
    loop {
        let mut visitor = rx.clone();
        match poll_once(visitor.changed()) {
            Poll::Ready(Err(_)) => return,
            Poll::Ready(Ok(())) => seen(rx.get_and_update().number()),
            Poll::Pending => {}
        }
        drop(visitor);
        yield_now().await;
    }
}

/// Never sleeps. `version` is that of the number 0.
async fn reading(mut rx: Receiver<Reading>, mut version: Version, mut seen: impl FnMut(u32)) {
    let (mut last, mut counted) = (0, 0);
    while !rx.is_closed() || rx.has_unseen() {
        let (next_version, next) = (rx.version(), rx.get().number());
        assert!(next >= last, "values go backwards");
        if rx.version() == next_version {
            assert_eq!(next_version == version, next == last, "a value has another value's version");
            (version, last) = (next_version, next);
        }
        if rx.has_unseen() {
            let number = rx.with_and_update(Reading::number);
            assert!(number > counted, "an unseen version, but no new value");
            counted = number;
            seen(number);
        }
        yield_now().await;
    }
    poll_fn(|cx| match rx.poll_changed(cx) {
        Poll::Ready(Err(_)) => Poll::Ready(()),
        other => panic!("after the close: {other:?}"),
    })
    .await;
}
