//! Senders that wait for the last receiver's drop.

use std::collections::BTreeSet;

use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use watch_channel::channel;

use crate::common::Task;
use crate::model;

/// G1. Broken by a wait that checks only before it registers, by a flag that is set before the waker is in its list, by a
/// last receiver that does not take the flag or wakes before it has counted itself out, and by a flag that is set or taken
/// with Relaxed.
#[test]
fn g1_closed_against_the_last_receivers_drop() {
    let outcomes = model(3, || {
        let (tx, rx) = channel(0);
        let task = Task::new();
        let dropping = thread::spawn(move || drop(rx));
        let mut closed = Box::pin(tx.closed());
        let polled = task.poll(&mut closed);
        dropping.join().unwrap();
        assert_eq!(task.wakers_kept(), 0);
        match (polled.is_pending(), task.wakes()) {
            (true, 1) => {
                task.poll_ready(closed);
                "woken"
            }
            (false, 0) => "ready",
            other => panic!("{other:?}"),
        }
    });
    assert_eq!(outcomes, BTreeSet::from(["ready", "woken"]));
}

/// What was done with the receiver before its drop is visible to a sender whose wait is over. Broken by a flag that is set
/// without Acquire: the second check of a wait.
#[test]
fn what_comes_before_the_last_receivers_drop_is_visible_after_closed() {
    let outcomes = model(3, || {
        let (tx, rx) = channel(0);
        let before = Arc::new(AtomicUsize::new(0));
        let dropping = thread::spawn({
            let before = before.clone();
            move || {
                before.store(1, Ordering::Relaxed);
                drop(rx);
            }
        });
        let is_ready = Task::new().poll(&mut Box::pin(tx.closed())).is_ready();
        assert!(!is_ready || before.load(Ordering::Relaxed) == 1);
        dropping.join().unwrap();
        is_ready
    });
    assert_eq!(outcomes, BTreeSet::from([false, true]));
}

/// G1. Broken by a receiver that takes the flag without being the last.
#[test]
fn g1_closed_against_two_receivers_drops() {
    model(3, || {
        let (tx, rx) = channel(0);
        let other = rx.clone();
        let first = thread::spawn(move || drop(rx));
        let second = thread::spawn(move || drop(other));
        block_on(tx.closed());
        assert_eq!(tx.receiver_count(), 0);
        first.join().unwrap();
        second.join().unwrap();
    });
}

/// G1, G6. One of two senders that wait stops waiting. Broken by a dropped wait that leaves its slot linked, or takes the
/// other's wake-up with it.
#[test]
fn g6_a_dropped_closed_against_the_last_receivers_drop() {
    let outcomes = model(3, || {
        let (tx, rx) = channel(0);
        let (left, task) = (Task::new(), Task::new());
        let (mut leaves, mut stays) = (Box::pin(tx.closed()), Box::pin(tx.closed()));
        assert!(left.poll(&mut leaves).is_pending());
        assert!(task.poll(&mut stays).is_pending());
        let dropping = thread::spawn(move || drop(rx));
        drop(leaves);
        dropping.join().unwrap();
        assert_eq!((left.wakers_kept(), task.wakers_kept(), task.wakes()), (0, 0, 1));
        task.poll_ready(stays);
        // The list goes on.
        let rx = tx.subscribe();
        let (mut first, mut second) = (Box::pin(tx.closed()), Box::pin(tx.closed()));
        let tasks = [Task::new(), Task::new()];
        assert!(tasks[0].poll(&mut first).is_pending());
        assert!(tasks[1].poll(&mut second).is_pending());
        drop(rx);
        assert_eq!((tasks[0].wakes(), tasks[1].wakes()), (1, 1));
        left.wakes()
    });
    assert_eq!(outcomes, BTreeSet::from([0, 1]));
}

/// G1. A new receiver comes while the last one goes, and goes as well. Broken by a flag that is taken by a receiver which
/// then does not wake, and by one that is not set again by a new wait.
#[test]
fn g1_closed_against_a_receiver_that_comes_and_goes() {
    let outcomes = model(3, || {
        let (tx, rx) = channel(0);
        let tasks = [Task::new(), Task::new()];
        let mut first = Box::pin(tx.closed());
        assert!(tasks[0].poll(&mut first).is_pending());
        let dropping = thread::spawn(move || drop(rx));
        let new = tx.subscribe();
        let mut second = Box::pin(tx.closed());
        assert!(tasks[1].poll(&mut second).is_pending());
        let is_woken = tasks[0].wakes() == 1;
        drop(new);
        dropping.join().unwrap();
        assert_eq!((tasks[0].wakes(), tasks[1].wakes()), (1, 1));
        is_woken
    });
    assert_eq!(outcomes, BTreeSet::from([false, true]));
}

/// G1, on a thread without an executor.
#[test]
fn g1_closed_blocking_against_the_last_receivers_drop() {
    model(3, || {
        let (tx, rx) = channel(0);
        let dropping = thread::spawn(move || drop(rx));
        tx.closed_blocking();
        assert!(tx.is_closed());
        dropping.join().unwrap();
    });
}
