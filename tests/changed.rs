//! `changed`: waiting for a new version, and for the close.

mod common;

use std::task::Poll;

use common::{Task, on_threads};
use watch_channel::channel;

#[test]
fn changed_is_ready_for_an_unseen_value_and_counts_it_as_seen() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    task.poll_pending(rx.changed());
    tx.send(2).unwrap();
    assert_eq!(task.poll_ready(rx.changed()), Ok(()));
    assert_eq!(rx.has_changed(), Ok(false));
    task.poll_pending(rx.changed());
}

#[test]
fn g1_a_sleeping_receiver_is_woken_by_each_way_to_change() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    let ways: [&dyn Fn(); 4] = [
        &|| tx.send(2).unwrap(),
        &|| assert_eq!(tx.send_replace(3), 2),
        &|| tx.send_modify(|value| *value = 4),
        &|| assert!(tx.send_if_modified(|_| true)),
    ];
    for (woken, way) in ways.iter().enumerate() {
        let mut changed = Box::pin(rx.changed());
        assert!(task.poll(&mut changed).is_pending());
        assert_eq!(task.wakes(), woken);
        way();
        assert_eq!(task.wakes(), woken + 1);
        assert!(task.poll(&mut changed).is_ready());
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

#[test]
fn an_unseen_last_value_comes_before_the_close() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    tx.send(2).unwrap();
    drop(tx);
    assert!(task.poll_ready(rx.changed()).is_ok());
    assert_eq!(*rx.borrow(), 2);
    assert!(task.poll_ready(rx.changed()).is_err());
    assert!(task.poll_ready(rx.changed()).is_err());
}

#[test]
fn the_close_wakes_and_is_an_error() {
    let (tx, rx) = channel(1);
    let tasks: Vec<_> = (0..3).map(|_| (Task::new(), rx.clone())).collect();
    let mut waits: Vec<_> = tasks
        .into_iter()
        .map(|(task, mut rx)| {
            let mut wait = Box::pin(async move { rx.changed().await });
            assert!(task.poll(&mut wait).is_pending());
            (task, wait)
        })
        .collect();
    let other = tx.clone();
    drop(tx);
    assert!(waits.iter().all(|(task, _)| task.wakes() == 0));
    drop(other);
    for (task, wait) in &mut waits {
        assert_eq!(task.wakes(), 1);
        assert!(matches!(task.poll(wait), std::task::Poll::Ready(Err(_))));
    }
}

#[test]
fn a_spurious_poll_changes_nothing() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    let mut changed = Box::pin(rx.changed());
    for _ in 0..3 {
        assert!(task.poll(&mut changed).is_pending());
    }
    assert_eq!(task.wakers_kept(), 1);
    tx.send(2).unwrap();
    assert_eq!(task.wakes(), 1);
    assert!(task.poll(&mut changed).is_ready());
}

#[test]
fn the_task_of_the_last_poll_is_woken() {
    let (tx, mut rx) = channel(1);
    let (first, second) = (Task::new(), Task::new());
    let mut changed = Box::pin(rx.changed());
    assert!(first.poll(&mut changed).is_pending());
    assert!(second.poll(&mut changed).is_pending());
    assert_eq!(first.wakers_kept(), 0);
    tx.send(2).unwrap();
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
    assert!(second.poll(&mut changed).is_ready());
}

#[test]
fn several_sends_are_one_change() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    let mut changed = Box::pin(rx.changed());
    assert!(task.poll(&mut changed).is_pending());
    tx.send(2).unwrap();
    tx.send(3).unwrap();
    assert_eq!(task.wakes(), 1);
    assert!(task.poll(&mut changed).is_ready());
    drop(changed);
    assert_eq!(*rx.borrow(), 3);
    task.poll_pending(rx.changed());
}

#[test]
fn a_wait_that_was_not_woken_yet_sees_a_later_version() {
    let (tx, mut rx) = channel(0);
    let mut other = rx.clone();
    let (slow, fast) = (Task::new(), Task::new());
    let mut wait = Box::pin(rx.changed());
    assert!(slow.poll(&mut wait).is_pending());
    for i in 1..=5 {
        let mut changed = Box::pin(other.changed());
        assert!(fast.poll(&mut changed).is_pending());
        tx.send(i).unwrap();
        assert_eq!(fast.wakes(), i);
        assert!(fast.poll(&mut changed).is_ready());
    }
    assert_eq!(slow.wakes(), 1);
    assert!(slow.poll(&mut wait).is_ready());
    drop(wait);
    assert_eq!(rx.has_changed(), Ok(false));
}

/// More receivers than one batch in each list, over several rounds, and at the close.
#[test]
fn g1_a_thousand_receivers_are_woken_once_each() {
    const RECEIVERS: usize = 1_000;
    const ROUNDS: usize = 5;
    let (tx, rx) = channel(0);
    let mut tx = Some(tx);
    let mut receivers: Vec<_> = (0..RECEIVERS).map(|_| (Task::new(), rx.clone())).collect();
    for round in 1..=ROUNDS {
        let mut waits: Vec<_> = receivers.iter_mut().map(|(task, rx)| (&*task, Box::pin(rx.changed()))).collect();
        on_threads(&mut waits, |_, (task, wait)| assert!(task.poll(wait).is_pending()));
        if round < ROUNDS {
            tx.as_ref().unwrap().send(round).unwrap();
        } else {
            tx = None;
        }
        for (task, wait) in &mut waits {
            assert_eq!(task.wakes(), round);
            assert_eq!(task.poll(wait).map(|result| result.is_ok()), Poll::Ready(round < ROUNDS));
        }
    }
}
