//! `wait_for`, `wait_until` and `wait_for_map`: what the condition is called with, beyond what
//! `tests/api/model.rs` compares.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::common::Task;
use watch_channel::channel;

#[test]
fn wait_for_returns_the_value_that_satisfied_the_condition() {
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

/// Unlike that of `recv_if`, the closure of a wait for a state marks what it is called with, even
/// if it panics.
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
