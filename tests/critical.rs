//! G9, as far as threads can show it: closures that read or change the value run in a critical section, and a call that is made
//! in a critical section never waits for a thread that needs the critical section.
#![cfg(all(feature = "critical-section", not(feature = "std")))]

mod common;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use common::{Task, must_end};
use watch_channel::channel;

/// Returns `true` if another thread enters a critical section during this call, as an interrupt would. In a critical section that
/// is impossible. Outside, it nearly always happens.
fn is_interrupted() -> bool {
    let (interrupt, interrupted) = mpsc::channel();
    thread::spawn(move || critical_section::with(|_| interrupt.send(())));
    interrupted.recv_timeout(Duration::from_millis(50)).is_ok()
}

#[test]
fn g9_closures_that_read_or_change_the_value_are_not_interrupted() {
    assert!(is_interrupted());
    let (tx, mut rx) = channel(());
    rx.with(|_| assert!(!is_interrupted()));
    tx.send_modify(|_| assert!(!is_interrupted()));
    tx.set(());
    assert!(rx.try_recv_if(|_| !is_interrupted()).is_ok());
    tx.set(());
    assert!(Task::new().poll_ready(rx.recv_if(|_| !is_interrupted())).is_ok());
    let found = Task::new().poll_ready(rx.wait_for(|_| !is_interrupted()));
    assert!(is_interrupted(), "the call has not left its critical section");
    drop(found);
    let task = Task::new();
    assert_eq!(task.poll_ready(rx.wait_for_map(|_| Some(is_interrupted()))), Ok(false));
}

/// A sender that waits for a `Ref` does not block readers.
#[test]
fn g9_a_read_in_a_critical_section_does_not_wait_for_a_blocked_sender() {
    must_end(|| {
        let (tx, rx) = channel(1);
        let mut other = rx.clone();
        let held = rx.borrow();
        let sender = thread::spawn(move || tx.set(2));
        for _ in 0..100 {
            thread::sleep(Duration::from_millis(1));
            other.mark_changed();
            let read = critical_section::with(|_| (rx.get(), rx.with(|value| *value), other.try_recv()));
            assert_eq!(read, (1, 1, Ok(1)));
        }
        drop(held);
        sender.join().unwrap();
        assert_eq!(critical_section::with(|_| rx.get()), 2);
    });
}

/// While the second sender waits in a critical section, the first one in the queue cannot try the lock. So the second one tries it.
#[test]
fn g9_a_send_in_a_critical_section_does_not_wait_for_a_blocked_sender() {
    must_end(|| {
        let (tx, rx) = channel(0);
        let held = rx.borrow();
        let first = thread::spawn({
            let tx = tx.clone();
            move || tx.send_modify(|value| *value += 1)
        });
        thread::sleep(Duration::from_millis(50));
        let second = thread::spawn(move || critical_section::with(|_| tx.send_modify(|value| *value += 1)));
        thread::sleep(Duration::from_millis(50));
        drop(held);
        second.join().unwrap();
        first.join().unwrap();
        assert_eq!(rx.get(), 2);
    });
}
