//! The deadlock detector of debug builds: a call that would wait for its own thread panics.

use std::panic::{Location, UnwindSafe, catch_unwind};

use crate::common::{Task, must_end, panic_text};
use watch_channel::{Receiver, Sender, channel};

const SENDS: &str = "sends on a watch channel";
const READS: &str = "reads a watch channel";
const WAITS: &str = "waits for a new value of a watch channel";
const HOLDING_A_REF: &str = "while this thread holds a `Ref` of it, taken";
const INSIDE_WITH: &str = "inside `with`, `wait_for` or another call that reads its value,";
const IN_A_CHANGE: &str = "in a closure that changes its value, passed";

/// Checks that `f` panics with a message that names two places: the call, and what it would wait
/// for. A place is given as a number of lines below the line that calls this function.
#[track_caller]
fn assert_panics(
    (call, does): (u32, &str),
    (is_held, by): (&str, u32),
    f: impl FnOnce(Sender<u32>, Receiver<u32>) + UnwindSafe + Send + 'static,
) {
    let here = Location::caller().line();
    let place = |below| format!("at {}:{}:", file!(), here + below);
    let (called, by) = (place(call), place(by));
    let call = move || {
        let (tx, rx) = channel(1);
        f(tx, rx);
    };
    let panic = must_end(move || catch_unwind(call)).unwrap_err();
    let text = panic_text(&*panic);
    assert!(text.starts_with(&format!("deadlock: the call {called}")), "{text}");
    assert!(text.contains(does), "{text}");
    assert!(text.contains(&format!("{is_held} {by}")), "{text}");
}

#[test]
fn a_send_while_this_thread_holds_a_ref_panics() {
    assert_panics((2, SENDS), (HOLDING_A_REF, 1), |tx, rx| {
        let _held = rx.borrow();
        let _ = tx.send(2);
    });
}

#[test]
fn each_call_that_changes_the_value_panics_whichever_call_returned_the_ref() {
    assert_panics((2, SENDS), (HOLDING_A_REF, 1), |tx, mut rx| {
        let _held = Task::new().poll_ready(rx.wait_for(|_| true));
        tx.send_if_modified(|_| false);
    });
    assert_panics((2, SENDS), (HOLDING_A_REF, 1), |tx, _rx| {
        let _held = tx.borrow();
        tx.send_replace(2);
    });
    assert_panics((2, SENDS), (HOLDING_A_REF, 1), |tx, mut rx| {
        let _held = rx.borrow_and_update();
        let _ = tx.set_if_changed(2);
    });
}

#[test]
fn a_send_inside_a_condition_panics() {
    assert_panics((1, SENDS), (INSIDE_WITH, 1), |tx, mut rx| {
        let _ = Task::new().poll_ready(rx.wait_for(|_| tx.send(2).is_ok()));
    });
    assert_panics((1, SENDS), (INSIDE_WITH, 1), |tx, mut rx| {
        let _ = Task::new().poll_ready(rx.wait_for_map(|_| tx.send(2).ok()));
    });
}

/// This code takes no `Ref`, so the message does not mention one.
#[test]
fn a_send_inside_a_read_panics() {
    assert_panics((1, SENDS), (INSIDE_WITH, 1), |tx, rx| {
        rx.with(|_| tx.set(2));
    });
}

#[test]
fn a_read_or_a_send_inside_a_change_panics() {
    assert_panics((1, READS), (IN_A_CHANGE, 1), |tx, rx| {
        tx.send_modify(|_| drop(rx.borrow()));
    });
    assert_panics((1, READS), (IN_A_CHANGE, 1), |tx, rx| {
        tx.send_modify(|value| *value = rx.get());
    });
    assert_panics((1, SENDS), (IN_A_CHANGE, 1), |tx, _rx| {
        tx.send_modify(|_| tx.send_modify(|_| ()));
    });
}

#[test]
fn after_the_panic_the_channel_is_usable() {
    must_end(|| {
        let (tx, rx) = channel(1);
        let held = rx.borrow();
        assert!(catch_unwind(|| tx.send(2)).is_err());
        drop(held);
        tx.send(3).unwrap();
        assert_eq!(*rx.borrow(), 3);
    });
}

#[test]
fn other_channels_other_threads_and_dropped_refs_cause_no_panic() {
    must_end(|| {
        let (tx, rx) = channel(1);
        let (other_tx, other_rx) = channel(1);
        let (first, second) = (rx.borrow(), rx.borrow());
        other_tx.send(2).unwrap();
        drop(first);
        let sender = std::thread::spawn({
            let tx = tx.clone();
            move || tx.send(2).unwrap()
        });
        drop(second);
        sender.join().unwrap();
        tx.send(3).unwrap();
        assert_eq!((*rx.borrow(), *other_rx.borrow()), (3, 2));
    });
}

#[test]
fn a_leaked_ref_of_a_dropped_channel_causes_no_panic() {
    // A new channel may have the old one's address.
    for _ in 0..100 {
        let (tx, rx) = channel(1);
        tx.send(2).unwrap();
        std::mem::forget(rx.borrow());
    }
}

/// Broken by a blocking wait that does not look before it sleeps.
#[test]
fn a_blocking_wait_panics_while_this_thread_keeps_senders_waiting() {
    assert_panics((3, WAITS), (HOLDING_A_REF, 2), |_tx, mut rx| {
        let other = rx.clone();
        let _held = other.borrow();
        let _ = rx.changed().wait();
    });
    assert_panics((3, WAITS), (HOLDING_A_REF, 2), |tx, mut rx| {
        rx.mark_unchanged();
        let _held = tx.borrow();
        let _ = rx.wait_until(|value| *value == 2).wait_timeout(std::time::Duration::from_millis(10));
    });
    assert_panics((1, WAITS), (INSIDE_WITH, 1), |tx, mut rx| {
        tx.with(|_| drop(rx.recv().wait()));
    });
    assert_panics((1, WAITS), (IN_A_CHANGE, 1), |tx, mut rx| {
        tx.send_modify(|_| drop(rx.recv().wait()));
    });
}

/// A wait that does not sleep is no deadlock, and neither is one for something else than a value.
#[test]
fn a_wait_that_needs_no_sender_does_not_panic() {
    must_end(|| {
        let (tx, mut rx) = channel(1);
        rx.mark_changed();
        let held = tx.borrow();
        assert!(rx.changed().wait().is_ok());
        assert!(rx.changed().wait_timeout(std::time::Duration::ZERO).is_err());
        assert!(!tx.closed().wait_timeout(std::time::Duration::from_millis(1)));
        drop(held);
    });
}

/// Broken by an attempt whose condition does not count as a closure.
#[test]
fn a_send_inside_an_attempt_panics() {
    assert_panics((2, SENDS), (INSIDE_WITH, 2), |tx, mut rx| {
        rx.mark_changed();
        let _ = rx.try_recv_if(|_| tx.set_if_changed(2).is_some());
    });
}

/// With a look at each of the thread's guards for each call, this takes half a minute.
#[test]
fn thousands_of_refs_on_one_thread_take_linear_time() {
    must_end(|| {
        let channels: Vec<_> = (0..30_000).map(channel).collect();
        let (tx, rx) = channel(0);
        let mut refs: Vec<_> = channels.iter().map(|(_, rx)| rx.borrow()).collect();
        for i in 0..1_000 {
            tx.set(i);
        }
        refs.extend((0..30_000).map(|_| rx.borrow()));
    });
}
