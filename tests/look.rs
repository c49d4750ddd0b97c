//! Reading and checking without waiting: `borrow`, `has_changed`, and what counts as seen.

mod common;

use common::Task;
use watch_channel::error::RecvError;
use watch_channel::{Receiver, channel};

fn is_err(looked: Result<bool, RecvError>) -> bool {
    looked.is_err()
}

#[test]
fn borrow_leaves_a_value_unseen_and_borrow_and_update_does_not() {
    let (tx, mut rx) = channel(1);
    assert!(!rx.borrow().has_changed());
    tx.send(2).unwrap();
    assert!(rx.borrow().has_changed());
    assert!(rx.borrow().has_changed());
    assert_eq!(rx.has_changed(), Ok(true));
    assert!(rx.borrow_and_update().has_changed());
    assert!(!rx.borrow_and_update().has_changed());
    assert!(!rx.borrow().has_changed());
    assert_eq!(rx.has_changed(), Ok(false));
    assert!(!tx.borrow().has_changed());
}

#[test]
fn has_changed_is_an_error_once_closed_even_with_an_unseen_value() {
    let (tx, mut rx) = channel(1);
    tx.send(2).unwrap();
    assert!(!rx.is_closed());
    drop(tx);
    assert!(rx.is_closed());
    assert!(is_err(rx.has_changed()));
    assert!(rx.borrow().has_changed());
    assert_eq!(*rx.borrow_and_update(), 2);
    assert!(is_err(rx.has_changed()));
}

#[test]
fn mark_changed_repeats_the_value_and_mark_unchanged_undoes_that() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    for _ in 0..3 {
        rx.mark_changed();
        assert_eq!(rx.has_changed(), Ok(true));
    }
    rx.mark_unchanged();
    assert_eq!(rx.has_changed(), Ok(false));
    tx.send(2).unwrap();
    rx.mark_unchanged();
    task.poll_pending(rx.changed());

    rx.mark_changed();
    rx.mark_changed();
    tx.send(3).unwrap();
    tx.send(4).unwrap();
    assert_eq!(rx.has_changed(), Ok(true));
    assert_eq!(task.poll_ready(rx.changed()), Ok(()));
    task.poll_pending(rx.changed());
}

#[test]
fn mark_changed_wraps_below_the_first_version() {
    let (tx, mut rx) = channel(1);
    rx.mark_changed();
    assert!(rx.borrow().has_changed());
    tx.send(2).unwrap();
    assert!(rx.borrow_and_update().has_changed());
    assert_eq!(rx.has_changed(), Ok(false));
}

#[test]
fn mark_changed_after_the_close_makes_one_more_change() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    drop(tx);
    assert!(task.poll_ready(rx.changed()).is_err());
    rx.mark_changed();
    assert!(task.poll_ready(rx.changed()).is_ok());
    assert!(task.poll_ready(rx.changed()).is_err());
}

#[test]
fn a_ref_knows_whether_the_value_was_unseen_when_it_was_taken() {
    let (_tx, mut rx) = channel(1);
    rx.mark_changed();
    let other: Receiver<_> = rx.clone();
    let value = rx.borrow_and_update();
    assert!(value.has_changed());
    assert!(other.borrow().has_changed());
}

#[test]
fn debug_shows_the_value_and_never_waits() {
    let (tx, rx) = channel("value");
    let value = rx.borrow();
    assert_eq!(format!("{value:?}"), "Ref { inner: \"value\", has_changed: false }");
    assert!(format!("{rx:?}").starts_with("Receiver { shared: Shared { value: \"value\","));
    assert!(format!("{tx:?}").contains("receivers: 1, senders: 1"));
    drop(value);
    tx.send_modify(|_| assert!(format!("{rx:?}").contains("<locked>")));
}
