//! `changed`: waiting for a new version, and for the close.

use std::task::Poll;

use crate::common::{Task, spread_waits, waiting};
use watch_channel::channel;

/// More receivers than one batch in each list, over several rounds, and at the close.
#[test]
fn g1_a_thousand_receivers_are_woken_once_each() {
    const ROUNDS: usize = 5;
    let (tx, mut rx) = channel(0);
    spread_waits(&tx);
    rx.mark_unchanged();
    let mut tx = Some(tx);
    let mut receivers = vec![rx; 1_000];
    for round in 1..=ROUNDS {
        let mut waits: Vec<_> = receivers.iter_mut().map(|rx| waiting(rx.changed())).collect();
        if round < ROUNDS {
            tx.as_ref().unwrap().send(round).unwrap();
        } else {
            tx = None;
        }
        for wait in &mut waits {
            assert_eq!(wait.wakes(), 1);
            assert_eq!(wait.poll().map(|result| result.is_ok()), Poll::Ready(round < ROUNDS));
        }
    }
}

#[test]
fn g1_a_value_sent_between_two_polls_is_found_without_a_wake_up() {
    let (tx, mut rx) = channel(1);
    let mut changed = Box::pin(rx.changed());
    tx.send(2).unwrap();
    let task = Task::new();
    assert!(task.poll(&mut changed).is_ready());
    assert_eq!(task.wakes(), 0);
}
