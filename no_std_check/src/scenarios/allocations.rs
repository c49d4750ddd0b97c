//! What channels allocate, and that nothing is allocated after start-up.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use core::future::poll_fn;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};

use embassy_executor::SendSpawner;
use embassy_futures::poll_once;
use embassy_futures::select::{Either, select};
use embassy_futures::yield_now;
use futures_core::Stream;
use watch_channel::{Receiver, Sender, WatchStream, channel};

use crate::task::spawn;
use crate::{heap, timer};

/// The number of rounds after which the tasks have waited in every way.
const START: u32 = 8;
const ROUNDS: u32 = 1_000;
/// The most receivers with which the list of waiting tasks is measured.
const RECEIVERS: usize = 32;

pub(crate) async fn run(low: SendSpawner) -> String {
    let sizes = poll_fn(|cx| Poll::Ready(sizes(cx))).await;
    let timer = timer::start(timer::OFTEN, || ());
    let (tx, rx) = channel(0);
    let (answers, mut answered) = channel(0);
    let answering = spawn(low, answer(rx, answers));
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
    assert!(cancelled >= ROUNDS, "hardly any wait was cancelled: {cancelled}");
    drop(timer);
    format!("{ROUNDS} sends and answers, {cancelled} cancelled waits, {allocations} allocations; {sizes}")
}

/// Sends the next number, cancels a `closed` wait, and waits for the answer.
async fn round(tx: &Sender<u32>, answered: &mut Receiver<u32>, number: u32) {
    tx.set(number);
    assert!(poll_once(tx.closed()).is_pending());
    let answer = answered.wait_for_map(|answer| (*answer == number).then_some(number)).await;
    assert_eq!(answer, Ok(number));
    timer::progress();
}

/// Answers each number with the same number, and waits for it in each of four ways in turn. Returns how many waits it has
/// cancelled.
async fn answer(rx: Receiver<u32>, answers: Sender<u32>) -> u32 {
    let mut cancelled = 0;
    // Cancels a first wait at once and a second one after other tasks have run. Then waits.
    macro_rules! impatient {
        ($wait:expr) => {
            match poll_once($wait) {
                Poll::Ready(ready) => ready,
                Poll::Pending => {
                    cancelled += 1;
                    match select($wait, yield_now()).await {
                        Either::First(ready) => ready,
                        Either::Second(()) => {
                            cancelled += 1;
                            $wait.await
                        }
                    }
                }
            }
        };
    }
    let (mut changed, mut polled) = (rx.clone(), rx.clone());
    let mut stream = WatchStream::from_changes(rx);
    for number in 1.. {
        let is_open = match number % 4 {
            0 => impatient!(changed.changed()).is_ok(),
            1 => impatient!(changed.wait_for_map(|now| (*now == number).then_some(()))).is_ok(),
            2 => impatient!(poll_fn(|cx| polled.poll_changed(cx))).is_ok(),
            _ => impatient!(is_next(&mut stream, number)),
        };
        if !is_open {
            break;
        }
        assert_eq!(changed.get_and_update(), number);
        polled.mark_unchanged();
        answers.set(number);
    }
    cancelled
}

/// Waits until the stream has `number`. Returns `false` if it ends before.
async fn is_next(stream: &mut WatchStream<u32>, number: u32) -> bool {
    while let Some(next) = poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await {
        if next == number {
            return true;
        }
    }
    false
}

/// Returns the bytes that a channel's parts take.
fn sizes(cx: &mut Context<'_>) -> String {
    let start = heap::live();
    let (tx, rx) = channel(0_u32);
    let channel = heap::live() - start;
    let mut receivers = Vec::with_capacity(RECEIVERS);
    receivers.push(rx);
    receivers.resize_with(RECEIVERS, || tx.subscribe());

    // What the waits of all receivers take together. The list doubles in size, so most waits take nothing.
    let before = heap::live();
    let mut waited = 0;
    let together = [1, 2, 4, 8, 16, RECEIVERS].map(|count| {
        wait_all(&mut receivers[waited..count], cx);
        waited = count;
        (count, heap::live() - before)
    });

    // The first send of a list with critical sections makes its second vector necessary, which is as large as the first one.
    tx.set(0);
    receivers.iter_mut().for_each(Receiver::mark_unchanged);
    wait_all(&mut receivers, cx);

    // New receivers get the entries of those that have been dropped.
    for round in 0..4 {
        receivers[1..].fill_with(|| tx.subscribe());
        let allocations = heap::allocations();
        wait_all(&mut receivers, cx);
        assert_eq!(heap::allocations(), allocations, "entries are not used again");
        // So do those that wait after they have been woken.
        tx.set(round);
        receivers.iter_mut().for_each(Receiver::mark_unchanged);
        wait_all(&mut receivers, cx);
        assert_eq!(heap::allocations(), allocations, "a send or the next wait allocates");
    }

    let closed = bytes_of_first_closed(cx);
    let mut report = format!("bytes: channel {channel}, first wait for the close {closed}");
    report.push_str(", first waits of");
    for (count, bytes) in together {
        write!(report, " {count} receivers {bytes},").expect("a String grows");
    }
    report.truncate(report.len() - 1);
    report
}

/// Returns the bytes that the first `closed` wait allocates.
fn bytes_of_first_closed(cx: &mut Context<'_>) -> u32 {
    let (tx, _rx) = channel(0_u32);
    let before = heap::live();
    assert!(pin!(tx.closed()).poll(cx).is_pending());
    heap::live() - before
}

/// Lets the receivers wait, all at the same time.
fn wait_all(receivers: &mut [Receiver<u32>], cx: &mut Context<'_>) {
    for rx in receivers {
        assert!(rx.poll_changed(cx).is_pending());
    }
}
