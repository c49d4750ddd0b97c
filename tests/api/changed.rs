//! `changed`: waiting for a new version, and for the close.

use std::task::Poll;

use crate::common::{Task, spread_waits, waiting};
use watch_channel::channel;

#[test]
fn g1_a_value_sent_between_two_polls_is_found_without_a_wake_up() {
    let (tx, mut rx) = channel(1);
    let mut changed = Box::pin(rx.changed());
    tx.send(2).unwrap();
    let task = Task::new();
    assert!(task.poll(&mut changed).is_ready());
    assert_eq!(task.wakes(), 0);
}

#[test]
fn the_close_wakes_and_is_an_error() {
    let (tx, rx) = channel(1);
    let mut receivers = vec![rx; 3];
    let mut waits: Vec<_> = receivers.iter_mut().map(|rx| waiting(rx.changed())).collect();
    let other = tx.clone();
    drop(tx);
    assert!(waits.iter().all(|wait| wait.wakes() == 0));
    drop(other);
    for wait in &mut waits {
        assert_eq!(wait.wakes(), 1);
        assert!(matches!(wait.poll(), Poll::Ready(Err(_))));
    }
}

#[test]
fn the_task_of_the_last_poll_is_woken_however_often_it_has_polled() {
    let (tx, mut rx) = channel(1);
    let (first, last) = (Task::new(), Task::new());
    let mut changed = Box::pin(rx.changed());
    assert!(first.poll(&mut changed).is_pending());
    for _ in 0..3 {
        assert!(last.poll(&mut changed).is_pending());
    }
    assert_eq!((first.wakers_kept(), last.wakers_kept()), (0, 1));
    tx.send(2).unwrap();
    assert_eq!((first.wakes(), last.wakes()), (0, 1));
    assert!(last.poll(&mut changed).is_ready());
}

/// Many receivers in each list, over several rounds, and at the close.
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
fn g6_a_cancelled_wait_keeps_no_waker_and_is_not_woken() {
    let (tx, mut rx) = channel(0);
    let changed = waiting(rx.changed());
    assert_eq!(changed.task.wakers_kept(), 1);
    let task = changed.cancel();
    assert_eq!(task.wakers_kept(), 0);
    tx.send(1).unwrap();
    assert_eq!(task.wakes(), 0);
    assert_eq!(rx.has_changed(), Ok(true));
}
