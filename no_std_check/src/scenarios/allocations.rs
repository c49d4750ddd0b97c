//! What is allocated, and that after start-up nothing is.

use alloc::format;
use alloc::string::String;

use embassy_executor::SendSpawner;
use embassy_futures::poll_once;
use embassy_futures::select::{Either, select};
use embassy_futures::yield_now;
use watch_channel::{Receiver, Sender, channel};

use crate::task::spawn;
use crate::{heap, timer};

const START: u32 = 4;
const ROUNDS: u32 = 10_000;

pub(crate) async fn run(low: SendSpawner) -> String {
    let timer = timer::start(timer::OFTEN, || ());
    let sizes = sizes();
    let (tx, rx) = channel(0);
    let (answers, mut answered) = channel(0);
    let answering = spawn(low, answer(rx, answers));
    // Start-up: everybody has slept once.
    for number in 1..=START {
        round(&tx, &mut answered, number).await;
    }

    let before = heap::allocations();
    for number in START + 1..=START + ROUNDS {
        round(&tx, &mut answered, number).await;
    }
    let allocations = heap::allocations() - before;
    assert_eq!(allocations, 0, "sends and waits allocate");
    drop(tx);
    let cancelled = answering.await;
    assert!(cancelled > 0, "no wait was cancelled");
    drop(timer);
    format!("{ROUNDS} sends and answers, {cancelled} cancelled waits, {allocations} allocations; {sizes}")
}

async fn round(tx: &Sender<u32>, answered: &mut Receiver<u32>, number: u32) {
    tx.set(number);
    let answer = answered.wait_for_map(|answer| (*answer == number).then_some(number)).await;
    assert_eq!(answer, Ok(number));
    timer::progress();
}

/// Answers each value with the same, and gives up waiting for it now and then.
async fn answer(mut rx: Receiver<u32>, answers: Sender<u32>) -> u32 {
    let mut cancelled = 0;
    loop {
        match select(rx.changed(), yield_now()).await {
            Either::First(Ok(())) => answers.set(rx.get_and_update()),
            Either::First(Err(_)) => return cancelled,
            Either::Second(()) => cancelled += 1,
        }
        if rx.changed().await.is_err() {
            return cancelled;
        }
        answers.set(rx.get_and_update());
    }
}

/// The bytes that a channel's parts take.
fn sizes() -> String {
    let start = heap::live();
    let (tx, mut first) = channel(0_u32);
    let channel = heap::live() - start;
    let mut others = [tx.subscribe(), tx.subscribe()];
    let wait = |rx: &mut Receiver<u32>| {
        let before = heap::live();
        assert!(poll_once(rx.changed()).is_pending());
        heap::live() - before
    };
    let wait_ever = wait(&mut first);
    let [second, third] = others.each_mut().map(wait);
    assert_eq!(second, third, "receivers take the same");
    tx.set(1);
    first.mark_unchanged();
    let wait_after_a_send = wait(&mut first);
    format!(
        "bytes: channel {channel}, first wait ever {wait_ever}, first wait after a send {wait_after_a_send}, \
         each further receiver's first wait {second}"
    )
}
