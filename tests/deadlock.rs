//! The detector of a thread that would wait for itself, in debug builds.
#![cfg(all(debug_assertions, feature = "std"))]

mod common;

use std::panic::catch_unwind;

use common::{must_end, panic_text};
use watch_channel::channel;

#[track_caller]
fn assert_panics(with: &str, line: u32, f: impl FnOnce() + std::panic::UnwindSafe + Send + 'static) {
    let panic = must_end(move || catch_unwind(f)).unwrap_err();
    let text = panic_text(&*panic);
    assert!(text.starts_with(with), "{text}");
    assert!(text.contains(&format!("{}:{line}:", file!())), "{text}");
}

#[test]
fn a_send_beside_a_ref_of_this_thread_panics_and_names_its_line() {
    let line = line!() + 3;
    assert_panics("deadlock: this thread sends on a watch channel while it still holds a `Ref`", line, || {
        let (tx, rx) = channel(1);
        let _held = rx.borrow();
        let _ = tx.send(2);
    });
}

#[test]
fn so_does_each_other_way_to_change_beside_each_other_ref() {
    let line = line!() + 4;
    assert_panics("deadlock: this thread sends", line, || {
        let (tx, mut rx) = channel(1);
        let task = common::Task::new();
        let _held = task.poll_ready(rx.wait_for(|_| true));
        tx.send_if_modified(|_| false);
    });
    let line = line!() + 3;
    assert_panics("deadlock: this thread sends", line, || {
        let (tx, _rx) = channel(1);
        let _held = tx.borrow();
        tx.send_replace(2);
    });
}

#[test]
fn a_send_inside_a_condition_panics() {
    let line = line!() + 4;
    assert_panics("deadlock: this thread sends", line, || {
        let (tx, mut rx) = channel(1);
        let task = common::Task::new();
        let _ = task.poll_ready(rx.wait_for(|_| tx.send(2).is_ok()));
    });
}

#[test]
fn a_send_inside_a_read_panics() {
    let line = line!() + 3;
    assert_panics("deadlock: this thread sends on a watch channel while it still holds a `Ref`", line, || {
        let (tx, rx) = channel(1);
        rx.with(|_| tx.set(2));
    });
    let line = line!() + 4;
    assert_panics("deadlock: this thread sends", line, || {
        let (tx, mut rx) = channel(1);
        let task = common::Task::new();
        let _ = task.poll_ready(rx.wait_for_map(|_| tx.send(2).ok()));
    });
}

#[test]
fn a_borrow_or_a_send_inside_a_modification_panics() {
    let line = line!() + 3;
    assert_panics("deadlock: this thread reads a watch channel inside the closure that modifies it", line, || {
        let (tx, rx) = channel(1);
        tx.send_modify(|_| drop(rx.borrow()));
    });
    let line = line!() + 3;
    assert_panics("deadlock: this thread reads a watch channel inside the closure", line, || {
        let (tx, rx) = channel(1);
        tx.send_modify(|value| *value = rx.get());
    });
    let line = line!() + 3;
    assert_panics("deadlock: this thread sends on a watch channel inside the closure", line, || {
        let (tx, _rx) = channel(1);
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
fn other_channels_other_threads_and_dropped_refs_are_no_concern() {
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
fn a_leaked_ref_of_a_channel_that_is_gone_is_no_concern() {
    // New channels may get the old one's address.
    for _ in 0..100 {
        let (tx, rx) = channel(1);
        tx.send(2).unwrap();
        std::mem::forget(rx.borrow());
    }
}
