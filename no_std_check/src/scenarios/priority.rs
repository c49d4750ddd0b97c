//! Tasks at two priorities, and an interrupt above both. All send to one channel, and the tasks wait on it.
//!
//! The interrupt starts a task at the high priority, which preempts the tasks at the low priority between any two
//! instructions. A send of a low task wakes a high task, which runs before the call that has woken it returns.

use alloc::format;
use alloc::string::String;

use embassy_futures::yield_now;
use watch_channel::{Receiver, Sender, Version, WeakSender, channel};

use crate::task::spawn;
use crate::{Executors, timer};

const INTERRUPTS: u32 = 20_000;

/// How often each of them has changed the value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Counts {
    interrupt: u32,
    high: u32,
    low: u32,
    /// The last `low` that the high priority has answered.
    answered: u32,
    /// The value will not change any more.
    over: bool,
}

pub(crate) async fn run(Executors { low, high, .. }: Executors) -> String {
    let (tx, rx) = channel(Counts::default());
    let (pulses, pulse) = channel(0);
    let pulsed = spawn(high, on_each_pulse(pulse, tx.clone()));
    let answers = spawn(high, answer(rx.clone(), tx.downgrade()));
    let asked = spawn(low, ask(tx.clone(), rx.clone(), pulses.downgrade()));
    let read = spawn(low, read(rx.clone()));
    let changes = spawn(low, count_changes(rx.clone()));
    let timer = timer::start(timer::SELDOM, interrupt(tx.clone(), pulses));

    let (asked, pulsed) = (asked.await, pulsed.await);
    tx.send_modify(|counts| counts.over = true);
    let (answers, reads, changes) = (answers.await, read.await, changes.await);
    drop(timer);
    let all = rx.get();
    let expected = Counts { interrupt: INTERRUPTS / 2, high: pulsed, low: asked, answered: asked, over: true };
    assert_eq!(all, expected, "changes were lost");
    assert!(answers == asked, "{asked} values were asked for and {answers} answered");
    assert!(pulsed > INTERRUPTS / 4, "the task at the high priority has hardly run: {pulsed}");
    format!(
        "{INTERRUPTS} interrupts; {} of them sent, {pulsed} times a preempting task, {asked} times a preempted one, which \
         was answered; {reads} reads, {changes} changes",
        all.interrupt
    )
}

/// The interrupt: sends to the channel, and to another one that only starts the task at the high priority.
fn interrupt(tx: Sender<Counts>, pulses: Sender<u32>) -> impl FnMut() + Send {
    let mut handles = Some((tx, pulses));
    let mut interrupts = 0;
    move || {
        if interrupts == INTERRUPTS {
            handles = None;
        }
        let Some((tx, pulses)) = &handles else { return };
        interrupts += 1;
        // Between two pulses without a send of the interrupt, only tasks can have sent.
        if interrupts % 2 == 0 {
            tx.send_modify(|counts| counts.interrupt += 1);
        }
        pulses.set(interrupts);
        assert_eq!(tx.get().interrupt, interrupts / 2);
    }
}

/// High: preempts whatever runs, reads, and sends.
async fn on_each_pulse(mut pulse: Receiver<u32>, tx: Sender<Counts>) -> u32 {
    let mut pulsed = 0;
    let mut last = read_with_version(&tx);
    while pulse.changed().await.is_ok() {
        pulse.mark_unchanged();
        let before = read_with_version(&tx);
        assert_eq!(before.0 == last.0, before.1 == last.1, "a value has another value's version");
        pulsed += 1;
        tx.send_modify(|counts| counts.high += 1);
        last = read_with_version(&tx);
        assert_eq!((before.1.high + 1, before.1.low), (pulsed, last.1.low), "a task at the low priority has run");
        assert_eq!(last.1.high, pulsed);
    }
    pulsed
}

/// Returns a value and its version. Only the interrupt can send between the two calls.
fn read_with_version(tx: &Sender<Counts>) -> (Version, Counts) {
    loop {
        let (version, counts) = (tx.version(), tx.get());
        if tx.version() == version {
            return (version, counts);
        }
    }
}

/// High: waits for values from the low priority, and answers on the same channel.
async fn answer(mut rx: Receiver<Counts>, tx: WeakSender<Counts>) -> u32 {
    let mut answers = 0;
    let unanswered = |counts: &Counts| (counts.over || counts.low != counts.answered).then_some(*counts);
    loop {
        let counts = rx.wait_for_map(unanswered).await.expect("the end comes first");
        if counts.over {
            return answers;
        }
        answers += 1;
        let tx = tx.upgrade().expect("the task that asks has a sender");
        tx.send_modify(|now| now.answered = counts.low);
    }
}

/// Low: sends, and waits for the answer from the high priority.
async fn ask(tx: Sender<Counts>, mut rx: Receiver<Counts>, pulses: WeakSender<u32>) -> u32 {
    let mut asked = 0;
    while pulses.sender_count() > 0 {
        asked += 1;
        tx.send_modify(|counts| counts.low += 1);
        let answered = rx.wait_for_map(|counts| (counts.answered == asked).then_some(())).await;
        answered.expect("this task has a sender");
        timer::progress();
        yield_now().await;
    }
    asked
}

/// Low: never sleeps, and can be preempted anywhere.
async fn read(rx: Receiver<Counts>) -> u32 {
    let (mut reads, mut last) = (0, rx.get());
    while !last.over {
        let next = if reads % 2 == 0 { rx.get() } else { rx.with(|counts| *counts) };
        let is_later = next.interrupt >= last.interrupt && next.high >= last.high && next.low >= last.low;
        assert!(is_later && next.answered <= next.low, "counts go backwards: {next:?} after {last:?}");
        last = next;
        reads += 1;
        yield_now().await;
    }
    reads
}

/// Low: waits for each change.
async fn count_changes(mut rx: Receiver<Counts>) -> u32 {
    let mut changes = 0;
    while !rx.get_and_update().over {
        rx.changed().await.expect("the end comes first");
        changes += 1;
    }
    changes
}
