//! event-listener's listeners, in their usual pattern: listen, check, wait.
//!
//! With `critical-section`, an interrupt sends and drops receivers. Without it, another task does so.

use alloc::format;
use alloc::string::String;
use core::cell::RefCell;

use critical_section::Mutex;
use embassy_executor::SendSpawner;
use embassy_futures::yield_now;
use portable_atomic::{AtomicU32, Ordering::Relaxed};
use portable_atomic_util::Arc;
use watch_channel::{Receiver, Sender, channel};

use crate::task::spawn;
use crate::timer;

const LAST: u32 = 8_000;
/// How many values are sent until the task must have caught up. If its wake-up is lost, it stays asleep, because no later send
/// wakes it.
const BURST: u32 = 4;
/// How often the last receiver is dropped.
const CLOSES: u32 = 2_000;

/// The receiver that will be dropped.
type Shared = Arc<Mutex<RefCell<Option<Receiver<u32>>>>>;

pub(crate) async fn run(low: SendSpawner) -> String {
    let (listeners, interrupts) = versions(low).await;
    let waits = closes(low).await;
    assert!(listeners > LAST / BURST && waits > CLOSES / 8, "hardly any listener was waited for: {listeners}, {waits}");
    format!(
        "{LAST} values sent, {listeners} listeners waited for, {interrupts} interrupts; the last receiver dropped {CLOSES} \
         times, {waits} listeners waited for"
    )
}

/// Runs a task that waits for each version, and for the close. Returns how many listeners it has waited for, and how many
/// interrupts there were.
async fn versions(low: SendSpawner) -> (u32, u32) {
    let (tx, rx) = channel(0);
    let seen = Arc::new(AtomicU32::new(0));
    let listening = spawn(low, each_version(rx, seen.clone()));
    let send = send_next(tx, seen);
    let timer = every_interrupt(send, timer::SELDOM, || listening.is_over()).await;
    (listening.await, timer.interrupts())
}

/// Returns a function that sends the next value, except the first of a burst if the task has not caught up. After the last value
/// it closes the channel.
fn send_next(tx: Sender<u32>, seen: Arc<AtomicU32>) -> impl FnMut() + Send {
    let mut tx = Some(tx);
    move || {
        let Some(sender) = &tx else { return };
        let last = sender.get();
        if !last.is_multiple_of(BURST) || seen.load(Relaxed) == last {
            if last == LAST {
                tx = None;
            } else {
                sender.set(last + 1);
            }
        }
    }
}

/// Waits for each version until the channel is closed, and returns how often it waited.
async fn each_version(mut rx: Receiver<u32>, seen: Arc<AtomicU32>) -> u32 {
    let mut waits = 0;
    loop {
        let listener = rx.listen();
        if rx.has_unseen() {
            let value = rx.get_and_update();
            assert!(value > seen.load(Relaxed), "an unseen version, but no new value");
            seen.store(value, Relaxed);
            timer::progress();
        } else if rx.is_closed() {
            assert_eq!(seen.load(Relaxed), LAST, "the channel was closed before the last value was sent");
            return waits;
        } else {
            listener.await;
            waits += 1;
        }
    }
}

/// Runs a task that waits for the last receiver's drop again and again. Returns how many listeners it has waited for.
async fn closes(low: SendSpawner) -> u32 {
    let receiver = Shared::new(Mutex::new(RefCell::new(None)));
    let listening = spawn(low, each_close(receiver.clone()));
    let timer = every_interrupt(drop_late(receiver), timer::OFTEN, || listening.is_over()).await;
    let waits = listening.await;
    drop(timer);
    waits
}

/// Returns a function that drops the receiver, at once or in one of the next calls, so the task can be anywhere by then.
fn drop_late(receiver: Shared) -> impl FnMut() + Send {
    let (mut passed, mut let_pass) = (0, 0);
    move || {
        if passed < let_pass {
            passed += 1;
            return;
        }
        let taken = critical_section::with(|section| receiver.borrow_ref_mut(section).take());
        if taken.is_some() {
            (passed, let_pass) = (0, (let_pass + 1) % 16);
        }
    }
}

/// Provides the only receiver, waits for its drop, and returns how often it has waited.
async fn each_close(receiver: Shared) -> u32 {
    let tx = Sender::new(0);
    let mut waits = 0;
    for _ in 0..CLOSES {
        let rx = tx.subscribe();
        critical_section::with(|section| *receiver.borrow_ref_mut(section) = Some(rx));
        loop {
            let listener = tx.listen_closed();
            if tx.is_closed() {
                break;
            }
            listener.await;
            waits += 1;
        }
        timer::progress();
    }
    waits
}

/// Runs `f` at each interrupt. Without `critical-section` an interrupt must not use a channel, so `f` runs between the steps of
/// the other tasks until `is_over` returns `true`.
async fn every_interrupt(mut f: impl FnMut() + Send + 'static, more: u32, is_over: impl Fn() -> bool) -> timer::Timer {
    if cfg!(feature = "critical-section") {
        return timer::start(more, f);
    }
    let timer = timer::start(more, || ());
    while !is_over() {
        f();
        yield_now().await;
    }
    timer
}
