//! G9, as far as a host can show it: closures that look at the value run in a critical section.
#![cfg(feature = "critical-section")]

mod common;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use common::Task;
use watch_channel::channel;

/// Whether another thread, as an interrupt would, gets in here. It has no chance in a critical section, and mostly one
/// outside.
fn is_interrupted() -> bool {
    let (interrupt, interrupted) = mpsc::channel();
    thread::spawn(move || critical_section::with(|_| interrupt.send(())));
    interrupted.recv_timeout(Duration::from_millis(50)).is_ok()
}

#[test]
fn g9_closures_that_look_at_the_value_are_not_interrupted() {
    assert!(is_interrupted());
    let (tx, mut rx) = channel(());
    rx.with(|_| assert!(!is_interrupted()));
    tx.send_modify(|_| assert!(!is_interrupted()));
    let found = Task::new().poll_ready(rx.wait_for(|_| !is_interrupted()));
    assert!(is_interrupted(), "it returned the value, and not the critical section");
    drop(found);
    let task = Task::new();
    assert_eq!(task.poll_ready(rx.wait_for_map(|_| Some(is_interrupted()))), Ok(false));
}
