//! A sender that waits for a `Ref` does not keep others from reading.
//!
//! A task at the high priority holds a `Ref` across an `.await`, which blocks a sender at the low priority. An interrupt comes
//! between any two instructions of the blocked sender, reads, and tries to send. After a few interrupts it wakes the task at
//! the high priority. That task preempts the sender, drops its `Ref`, and reads at once.

use alloc::format;
use alloc::string::String;

use embassy_futures::yield_now;
use portable_atomic::{AtomicU32, Ordering::Relaxed};
use portable_atomic_util::Arc;
use watch_channel::{Receiver, Sender, channel};

use crate::task::{Join, spawn, spawn_here};
use crate::{Executors, timer};

/// How many values are sent, each of them while a `Ref` lives.
const ROUNDS: u32 = 2_000;

/// The fewest interrupts of a round in which the sender is blocked.
const FEWEST_MEETINGS: u32 = 3;

#[derive(Default)]
struct State {
    /// The value that the `Ref` keeps from being sent, or 0 if there is no `Ref`.
    held_back: AtomicU32,
    /// The value that the sender is sending, or 0 if it is not in a call.
    sending: AtomicU32,
    /// How many interrupts have read while the sender was blocked.
    meetings: AtomicU32,
}

impl State {
    /// Returns the value that a blocked sender sends, if there is one.
    fn blocked(&self) -> Option<u32> {
        let sending = self.sending.load(Relaxed);
        (sending != 0 && sending == self.held_back.load(Relaxed)).then_some(sending)
    }
}

pub(crate) async fn run(Executors { low, high, .. }: Executors) -> String {
    let (tx, rx) = channel(0);
    let (wake, woken) = channel(0);
    let state = Arc::new(State::default());
    let holder = spawn(high, start_holder(rx.clone(), woken, state.clone()));
    let sender = spawn(low, send(tx.clone(), state.clone()));
    let timer = timer::start(timer::OFTEN, interrupt(tx, rx.clone(), wake, state.clone()));
    sender.await;
    let reads = holder.await.await;
    drop(timer);
    let meetings = state.meetings.load(Relaxed);
    assert!(meetings >= FEWEST_MEETINGS * ROUNDS, "too few interrupts have met a blocked sender: {meetings}");
    assert_eq!((rx.get(), reads), (ROUNDS, ROUNDS));
    format!(
        "{ROUNDS} sends blocked by a Ref, {meetings} interrupts read meanwhile, {reads} times a preempting task did after \
         it had dropped the Ref"
    )
}

/// Low: sends each value while a `Ref` lives.
async fn send(tx: Sender<u32>, state: Arc<State>) {
    for value in 1..=ROUNDS {
        while state.held_back.load(Relaxed) != value {
            yield_now().await;
        }
        state.sending.store(value, Relaxed);
        match value % 3 {
            0 => tx.set(value),
            1 => tx.send(value).expect("there are receivers"),
            _ => tx.send_modify(|last| *last = value),
        }
        state.sending.store(0, Relaxed);
        assert_eq!(tx.get(), value, "a sender does not read what it has sent");
        timer::progress();
    }
}

/// High: starts the task that holds `Ref`s. They are not `Send`, so it must be started on the executor that runs it.
async fn start_holder(rx: Receiver<u32>, woken: Receiver<u32>, state: Arc<State>) -> Join<u32> {
    // SAFETY: this is a task of embassy's executor.
    unsafe { spawn_here(move || hold_refs(rx, woken, state)) }.await
}

/// High: holds a `Ref` until the interrupt wakes it, and reads as soon as it has dropped that. Returns how often it did.
async fn hold_refs(mut rx: Receiver<u32>, mut woken: Receiver<u32>, state: Arc<State>) -> u32 {
    let mut reads = 0;
    for next in 1..=ROUNDS {
        let value = rx.borrow_and_update();
        assert_eq!(*value, next - 1);
        state.held_back.store(next, Relaxed);
        woken.wait_for_map(|woken| (*woken == next).then_some(())).await.expect("the interrupt has a sender");
        assert_eq!(*value, next - 1, "the value changed under a Ref");
        state.held_back.store(0, Relaxed);
        drop(value);
        let now = (rx.get(), rx.with(|value| *value), rx.has_unseen());
        assert_eq!(now, (next - 1, next - 1, false), "the sender has preempted a task of higher priority");
        assert_eq!(state.sending.load(Relaxed), next, "no sender was blocked");
        reads += 1;
        rx.changed().await.expect("the interrupt has a sender");
    }
    reads
}

/// The interrupt: reads and tries to send whenever the sender is blocked, and after some time wakes the holder of the `Ref`.
fn interrupt(tx: Sender<u32>, mut rx: Receiver<u32>, wake: Sender<u32>, state: Arc<State>) -> impl FnMut() + Send {
    let (mut last, mut times) = (0, 0);
    move || {
        let Some(next) = state.blocked() else { return };
        if next != last {
            (last, times) = (next, 0);
            rx.mark_unchanged();
        }
        assert_eq!((rx.get(), rx.with(|value| *value), rx.has_unseen()), (next - 1, next - 1, false));
        assert_eq!(*rx.try_borrow().expect("no sender has the lock"), next - 1);
        assert_eq!(tx.try_set(0), Err(0), "a Ref lives");
        state.meetings.store(state.meetings.load(Relaxed) + 1, Relaxed);
        times += 1;
        if times == FEWEST_MEETINGS + next % 8 {
            wake.set(next);
        }
    }
}
