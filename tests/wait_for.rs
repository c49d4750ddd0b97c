//! `wait_for`, `wait_until` and `wait_for_map`: waiting for a value that meets a condition.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use common::Task;
use watch_channel::channel;

#[test]
fn each_value_that_is_checked_counts_as_seen() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    tx.send(2).unwrap();
    {
        let value = task.poll_ready(rx.wait_for(|value| *value == 2)).unwrap();
        assert!(value.has_changed());
    }
    assert_eq!(rx.has_changed(), Ok(false));
    tx.send(3).unwrap();
    task.poll_pending(rx.wait_for(|value| *value == 4));
    assert_eq!(rx.has_changed(), Ok(false));
}

#[test]
fn it_sleeps_until_the_condition_holds() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    let mut looked_at = vec![];
    {
        let mut wait = Box::pin(rx.wait_for(|value| {
            looked_at.push(*value);
            *value > 2
        }));
        assert!(task.poll(&mut wait).is_pending());
        tx.send(2).unwrap();
        assert!(task.poll(&mut wait).is_pending());
        tx.send(3).unwrap();
        tx.send(4).unwrap();
        assert!(matches!(task.poll(&mut wait), Poll::Ready(Ok(value)) if *value == 4));
    }
    assert_eq!(task.wakes(), 2);
    assert_eq!(looked_at, [1, 2, 4]);
}

#[test]
fn it_returns_the_very_guard_that_the_condition_saw() {
    let (tx, mut rx) = channel(Box::new(1));
    let task = Task::new();
    let mut seen = std::ptr::null();
    let value = task
        .poll_ready(rx.wait_for(|value| {
            seen = &raw const **value;
            true
        }))
        .unwrap();
    // While the guard lives, the value cannot change.
    assert!(std::ptr::eq(seen, &**value));
    drop(value);
    tx.send(Box::new(2)).unwrap();
}

#[test]
fn after_the_close_it_checks_a_seen_value_before_it_returns_an_error() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    drop(tx);
    assert_eq!(*task.poll_ready(rx.wait_for(|value| *value == 1)).unwrap(), 1);
    let mut looks = 0;
    assert!(
        task.poll_ready(rx.wait_for(|_| {
            looks += 1;
            false
        }))
        .is_err()
    );
    assert_eq!(looks, 1);
}

#[test]
fn a_close_ends_the_wait() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    let mut looks = 0;
    {
        let mut wait = Box::pin(rx.wait_for(|_| {
            looks += 1;
            false
        }));
        assert!(task.poll(&mut wait).is_pending());
        drop(tx);
        assert_eq!(task.wakes(), 1);
        assert!(matches!(task.poll(&mut wait), Poll::Ready(Err(_))));
    }
    assert_eq!(looks, 1);
}

#[test]
fn a_cancelled_wait_has_seen_only_values_that_were_refused() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    {
        let mut wait = Box::pin(rx.wait_for(|value| *value == 2));
        assert!(task.poll(&mut wait).is_pending());
        tx.send(2).unwrap();
        assert_eq!(task.wakes(), 1);
        // The wait is dropped before it has checked the 2.
    }
    assert_eq!(rx.has_changed(), Ok(true));
    assert_eq!(*task.poll_ready(rx.wait_for(|value| *value == 2)).unwrap(), 2);
}

#[test]
fn wait_until_is_wait_for_without_the_reference() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    assert_eq!(
        task.poll_ready(rx.wait_until(|value| *value == 1)),
        Ok(()),
        "it checks the current value, even if it has been seen"
    );
    tx.set(2);
    let mut wait = Box::pin(rx.wait_until(|value| *value == 3));
    assert!(task.poll(&mut wait).is_pending());
    tx.set(3);
    assert_eq!(task.wakes(), 1);
    assert_eq!(task.poll(&mut wait), Poll::Ready(Ok(())));
    tx.try_set(4).expect("nothing is locked");
    assert!(task.poll(&mut wait).is_pending());
    drop(wait);
    assert!(!rx.has_unseen(), "each value that was checked has been seen");
    assert_eq!(task.wakers_kept(), 0);
    drop(tx);
    assert!(task.poll_ready(rx.wait_until(|value| *value == 3)).is_err());
}

#[test]
fn a_value_found_by_wait_until_or_wait_for_map_counts_as_seen() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    tx.set(2);
    assert_eq!(task.poll_ready(rx.wait_until(|value| *value == 2)), Ok(()));
    assert!(!rx.has_unseen());
    tx.set(3);
    assert_eq!(task.poll_ready(rx.wait_for_map(|value| (*value == 3).then_some("three"))), Ok("three"));
    assert!(!rx.has_unseen());
}

/// Unlike that of `recv_if`, the closure of a wait for a state marks what it is called with, even if it panics.
#[test]
fn a_value_whose_closure_panics_is_marked_as_seen() {
    let (tx, mut rx) = channel(0);
    let task = Task::new();
    macro_rules! panics_and_marks {
        ($($wait:tt)+) => {
            tx.send_modify(|value| *value += 1);
            let panicked = catch_unwind(AssertUnwindSafe(|| task.poll_ready(rx.$($wait)+).is_ok()));
            assert!(panicked.is_err() && !rx.has_unseen(), "{}", stringify!($($wait)+));
        };
    }
    panics_and_marks!(wait_for(|_| panic!("on purpose")));
    panics_and_marks!(wait_until(|_| panic!("on purpose")));
    panics_and_marks!(wait_for_map(|_| -> Option<()> { panic!("on purpose") }));
    tx.set(9);
    assert_eq!(task.poll_ready(rx.wait_until(|value| *value == 9)), Ok(()));
}
