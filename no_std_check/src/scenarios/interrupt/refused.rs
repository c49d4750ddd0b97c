//! `try_set`, which returns the value while the interrupted task holds a `Ref`.

use embassy_executor::SendSpawner;
use embassy_futures::yield_now;
use portable_atomic::{AtomicU32, Ordering::Relaxed};
use portable_atomic_util::Arc;
use watch_channel::{Receiver, Sender, channel};

use super::{BURST, INTERRUPTS, Reading, Seen};
use crate::task::spawn;
use crate::timer;

#[derive(Default)]
struct Counts {
    stored: AtomicU32,
    refused: AtomicU32,
}

/// Returns how many values were stored, and how often a value was refused.
pub(super) async fn run(low: SendSpawner) -> (u32, u32) {
    let (tx, rx) = channel(Reading::new(0));
    let seen = Seen::<3>::new();
    let counts = Arc::new(Counts::default());
    let tasks = (
        spawn(low, changed(rx.clone(), seen.by(0))),
        spawn(low, waiting_for(rx.clone(), seen.by(1))),
        spawn(low, holding(rx.clone(), seen.by(2), counts.clone())),
    );
    let timer = timer::start(timer::OFTEN, interrupt(tx, rx, seen.clone(), counts.clone()));
    tasks.0.await;
    tasks.1.await;
    let met = tasks.2.await;
    assert!(timer.interrupts() >= INTERRUPTS);
    let (stored, refused) = (counts.stored.load(Relaxed), counts.refused.load(Relaxed));
    assert!(
        met > INTERRUPTS / 100 && refused >= 2 * met,
        "{met} Refs were held while the interrupt sent {refused} times"
    );
    seen.check_last(stored);
    (stored, refused)
}

/// The interrupt: sends a value until it is stored, reads while the `Ref`s live, and closes the channel at the end.
fn interrupt(
    tx: Sender<Reading>,
    mut rx: Receiver<Reading>,
    seen: Seen<3>,
    counts: Arc<Counts>,
) -> impl FnMut() + Send {
    let mut tx = Some(tx);
    let mut interrupts = 0;
    move || {
        let Some(sender) = &tx else { return };
        let last = counts.stored.load(Relaxed);
        interrupts += 1;
        assert_eq!(rx.get_and_update().number(), last, "the interrupt reads a value that it has not sent");
        if seen.caught_up(last) {
            if interrupts >= INTERRUPTS && last.is_multiple_of(BURST) {
                tx = None;
                return;
            }
            match sender.try_set(Reading::new(last + 1)) {
                Ok(()) => counts.stored.store(last + 1, Relaxed),
                Err(back) => {
                    assert_eq!(back.number(), last + 1, "another value is returned");
                    counts.refused.store(counts.refused.load(Relaxed) + 1, Relaxed);
                }
            }
        }
        let read = rx.try_borrow().expect("no interrupted task is sending");
        assert_eq!(read.number(), counts.stored.load(Relaxed));
    }
}

async fn changed(mut rx: Receiver<Reading>, mut seen: impl FnMut(u32)) {
    while rx.changed().await.is_ok() {
        let number = rx.borrow_and_update().number();
        seen(number);
    }
}

async fn waiting_for(mut rx: Receiver<Reading>, mut seen: impl FnMut(u32)) {
    let mut last = 0;
    loop {
        match rx.wait_for(|reading| reading.number() > last).await {
            Ok(reading) => last = reading.number(),
            Err(_) => return,
        }
        seen(last);
    }
}

/// Holds every other `Ref` until the interrupt has met it twice, and returns how often that happened.
async fn holding(mut rx: Receiver<Reading>, mut seen: impl FnMut(u32), counts: Arc<Counts>) -> u32 {
    let mut met = 0;
    while rx.changed().await.is_ok() {
        {
            let reading = rx.borrow_and_update();
            let number = reading.number();
            seen(number);
            // At the end of a burst the interrupt waits for other receivers, which run only if this task yields.
            if number % 2 == 1 {
                let before = counts.refused.load(Relaxed);
                while counts.refused.load(Relaxed) < before + 2 {
                    assert_eq!(reading.number(), number, "the value changed under a Ref");
                }
                met += 1;
            }
        }
        yield_now().await;
    }
    met
}
