//! `closed`: senders that wait for the last receiver's drop.

mod common;

use common::Task;
use watch_channel::{Sender, channel};

#[test]
fn it_is_ready_when_there_is_no_receiver() {
    Task::new().poll_ready(Sender::new(()).closed());
}

#[test]
fn g1_the_last_receiver_wakes_all_senders_that_wait() {
    let (tx, rx) = channel(());
    let (tx2, rx2) = (tx.clone(), rx.clone());
    let tasks = [Task::new(), Task::new(), Task::new()];
    let mut waits = [Box::pin(tx.closed()), Box::pin(tx.closed()), Box::pin(tx2.closed())];
    for (task, wait) in tasks.iter().zip(&mut waits) {
        assert!(task.poll(wait).is_pending());
    }
    drop(rx);
    assert!(tasks.iter().all(|task| task.wakes() == 0));
    drop(rx2);
    for (task, wait) in tasks.iter().zip(&mut waits) {
        assert_eq!(task.wakes(), 1);
        assert!(task.poll(wait).is_ready());
    }
}

#[test]
fn subscribe_opens_the_channel_again_before_the_sender_checks() {
    let (tx, rx) = channel(1);
    let task = Task::new();
    let mut closed = Box::pin(tx.closed());
    assert!(task.poll(&mut closed).is_pending());
    drop(rx);
    assert_eq!(task.wakes(), 1);
    let rx = tx.subscribe();
    assert!(task.poll(&mut closed).is_pending());
    assert_eq!(tx.send(2), Ok(()));
    drop(rx);
    assert_eq!(task.wakes(), 2);
    assert!(task.poll(&mut closed).is_ready());
}

#[test]
fn sends_do_not_wake_it() {
    let (tx, rx) = channel(1);
    let task = Task::new();
    let mut closed = Box::pin(tx.closed());
    assert!(task.poll(&mut closed).is_pending());
    tx.send(2).unwrap();
    drop(rx.clone());
    assert_eq!(task.wakes(), 0);
}

#[test]
fn g6_a_dropped_wait_is_not_woken_and_keeps_no_waker() {
    let (tx, rx) = channel(());
    let (task, other) = (Task::new(), Task::new());
    let mut kept = Box::pin(tx.closed());
    assert!(other.poll(&mut kept).is_pending());
    task.poll_pending(tx.closed());
    assert_eq!(task.wakers_kept(), 0);
    drop(rx);
    assert_eq!((task.wakes(), other.wakes()), (0, 1));
}

/// In each round one wait completes, and another is dropped after it has been woken and before it is polled again.
#[test]
fn waits_can_follow_each_other() {
    let tx = Sender::new(());
    let task = Task::new();
    for round in 0..10 {
        let rx = tx.subscribe();
        let mut first = Box::pin(tx.closed());
        let mut second = Box::pin(tx.closed());
        assert!(task.poll(&mut first).is_pending());
        assert!(task.poll(&mut second).is_pending());
        drop(rx);
        assert_eq!(task.wakes(), 2 * (round + 1));
        drop(first);
        assert!(task.poll(&mut second).is_ready());
    }
}
