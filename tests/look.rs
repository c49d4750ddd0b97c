//! Reading and checking without waiting: `borrow`, `has_changed`, and what counts as seen.

mod common;

use common::Task;
use watch_channel::channel;
use watch_channel::error::RecvError;

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
fn debug_shows_the_value_and_never_waits() {
    let (tx, rx) = channel("value");
    let value = rx.borrow();
    assert_eq!(format!("{value:?}"), "Ref { inner: \"value\", has_changed: false }");
    assert!(format!("{rx:?}").starts_with("Receiver { shared: Shared { value: \"value\","));
    assert!(format!("{tx:?}").contains("receivers: 1, senders: 1"));
    drop(value);
    tx.send_modify(|_| assert!(format!("{rx:?}").contains("<locked>")));
}
