//! Interrupts are off for a bounded time, however many receivers there are.
//!
//! Receivers are woken one at a time, each in its own critical section. Only one step takes longer with more receivers: when
//! more wait than ever before, the list moves to a vector of twice the size. It is allocated outside critical sections, and then
//! the wakers are moved, a few instructions each. QEMU counts instructions instead of time (`-icount`), so every run measures
//! the same.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use core::future::poll_fn;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};

use watch_channel::{Changed, Receiver, Sender};

use crate::critical;

/// How many receivers there are.
const COUNTS: [usize; 3] = [1, 8, 64];

/// How many more ticks more receivers may take.
const SLACK: u32 = 40;
/// How many more ticks a list that grows may take for each receiver whose waker it moves.
const MOVE: u32 = 24;

pub(crate) async fn run() -> String {
    let mut report = String::from("ticks without interrupts to ");
    for (name, _) in Longest::default().named() {
        write!(report, "{name}, ").expect("a String grows");
    }
    report.push_str("with");
    let mut before: Option<Longest> = None;
    for count in COUNTS {
        let longest = poll_fn(|cx| Poll::Ready(measure(count, cx))).await;
        write!(report, " {count} receivers").expect("a String grows");
        for (_, ticks) in longest.named() {
            write!(report, " {ticks}").expect("a String grows");
        }
        report.push(';');
        if let Some(before) = before {
            for ((name, ticks), (_, before)) in longest.named().into_iter().zip(before.named()).skip(1) {
                assert!(ticks <= before + SLACK, "'{name}' grows with the receivers: {report}");
            }
        }
        // The last growth has moved half of the receivers.
        let moved = count as u32 / 2;
        let most = longest.register + 2 * SLACK + moved * MOVE;
        assert!(longest.first <= most, "a list that grows takes too long: {report}");
        if count == COUNTS[2] {
            let each = (longest.first - longest.register) / moved;
            write!(report, " to move one waiting task to a larger list, about {each}").expect("a String grows");
        }
        before = Some(longest);
    }
    report
}

/// The longest times for which interrupts were off, in ticks of the board's clock.
#[derive(Default)]
struct Longest {
    first: u32,
    first_closed: u32,
    send: u32,
    register: u32,
    cancel: u32,
    drop: u32,
}

impl Longest {
    fn named(&self) -> [(&'static str, u32); 6] {
        [
            ("wait for the first time, for which the list grows", self.first),
            ("wait for the close for the first time", self.first_closed),
            ("send", self.send),
            ("wait again", self.register),
            ("cancel a wait", self.cancel),
            ("drop receivers", self.drop),
        ]
    }
}

/// Measures a new channel with `count` receivers.
fn measure(count: usize, cx: &mut Context<'_>) -> Longest {
    let mut longest = Longest::default();
    let tx = Sender::new(0);
    let mut receivers: Vec<_> = (0..count).map(|_| tx.subscribe()).collect();
    let mut waits: Vec<_> = receivers.iter_mut().map(Receiver::changed).collect();

    // The first wait of each receiver, during which the list grows a few times.
    longest.first = critical::longest(|| assert_eq!(poll_all(&mut waits, cx), 0));
    // The first waits of two senders, so their list grows as well.
    let (mut cancelled, mut closed) = (pin!(tx.closed()), pin!(tx.closed()));
    longest.first_closed = critical::longest(|| {
        assert!(cancelled.as_mut().poll(cx).is_pending() && closed.as_mut().poll(cx).is_pending());
    });
    for value in 1..=3 {
        longest.send = longest.send.max(critical::longest(|| tx.set(value)));
        let register = critical::longest(|| assert_eq!(poll_all(&mut waits, cx), count, "a receiver missed {value}"));
        longest.register = longest.register.max(register);
    }
    longest.cancel = critical::longest(|| {
        drop(waits);
        cancelled.set(tx.closed());
    });
    // Half of the receivers are dropped while they are registered. The last one wakes the sender.
    for rx in receivers.iter_mut().step_by(2) {
        assert!(rx.poll_changed(cx).is_pending());
    }
    longest.drop = critical::longest(|| drop(receivers));
    assert!(closed.poll(cx).is_ready());
    longest
}

/// Polls each wait until it is pending, and returns how many were ready before that.
fn poll_all(waits: &mut [Changed<'_, u32>], cx: &mut Context<'_>) -> usize {
    let mut ready = 0;
    for wait in waits {
        while let Poll::Ready(changed) = Pin::new(&mut *wait).poll(cx) {
            changed.expect("there is a sender");
            ready += 1;
        }
    }
    ready
}
