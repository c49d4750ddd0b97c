//! Interrupts are off for a bounded time, however many receivers there are.
//!
//! Receivers are notified one at a time, each in a critical section of its own. QEMU counts instructions instead of time (`-icount`), so that every run finds the same.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt::Write;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll};

use watch_channel::Sender;

use crate::critical;

/// Receivers, and ticks by which they may take longer than those before: a list of several is a case of its own beside
/// one, but of those each takes nothing.
const COUNTS: [(usize, u32); 3] = [(1, 0), (8, 40), (64, 8)];

pub(crate) async fn run() -> String {
    let mut report = String::from("ticks without interrupts to register/send/cancel, with");
    let mut before: Option<Longest> = None;
    for (count, slack) in COUNTS {
        let longest = measure(count).await;
        let Longest { register, send, cancel } = longest;
        write!(report, " {count} receivers {register}/{send}/{cancel};").expect("a String grows");
        if let Some(before) = before {
            assert!(send <= before.send + slack, "a send grows with the receivers: {report}");
            assert!(register <= before.register + slack, "a wait grows with the receivers: {report}");
            assert!(cancel <= before.cancel + slack, "a cancelled wait grows with the receivers: {report}");
        }
        before = Some(longest);
    }
    report
}

/// For how long interrupts were off at most, in ticks of the board's clock.
#[derive(Default)]
struct Longest {
    register: u32,
    send: u32,
    cancel: u32,
}

async fn measure(count: usize) -> Longest {
    let tx = Sender::new(0_u32);
    let woken = Cell::new(0);
    let mut waits = Vec::with_capacity(count);
    for _ in 0..count {
        let (mut rx, woken) = (tx.subscribe(), &woken);
        waits.push(Box::pin(async move {
            while rx.changed().await.is_ok() {
                woken.set(woken.get() + 1);
            }
        }));
    }
    // The first round allocates, and the allocator's critical sections are its own.
    poll_all(&mut waits).await;
    let mut longest = Longest::default();
    for round in 1..=3 {
        longest.send = longest.send.max(critical::longest(|| tx.set(round)));
        let register = measured_poll(&mut waits).await;
        longest.register = longest.register.max(register);
        assert_eq!(woken.get(), round as usize * count, "somebody was not woken");
    }
    longest.cancel = critical::longest(|| drop(waits));
    longest
}

async fn poll_all<F: Future<Output = ()>>(waits: &mut [Pin<Box<F>>]) {
    poll_fn(|cx| {
        each(waits, cx);
        Poll::Ready(())
    })
    .await;
}

async fn measured_poll<F: Future<Output = ()>>(waits: &mut [Pin<Box<F>>]) -> u32 {
    poll_fn(|cx| Poll::Ready(critical::longest(|| each(waits, cx)))).await
}

fn each<F: Future<Output = ()>>(waits: &mut [Pin<Box<F>>], cx: &mut Context<'_>) {
    for wait in waits {
        assert!(wait.as_mut().poll(cx).is_pending(), "nobody closed the channel");
    }
}
