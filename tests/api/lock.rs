//! The value's lock: values with their versions, and second borrows.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::common::must_end;
use watch_channel::{Sender, channel};

/// The value and the version both count the sends.
#[test]
fn g2_every_way_to_send_publishes_the_value_with_its_version() {
    let ways: [fn(&Sender<usize>, usize); 6] = [
        |tx, value| tx.send(value).unwrap(),
        |tx, value| while tx.try_set(value).is_err() {},
        |tx, value| tx.set(value),
        |tx, value| assert!(tx.set_if_changed(value).is_some()),
        |tx, value| tx.send_modify(|current| *current = value),
        |tx, value| assert_eq!(tx.send_replace(value) + 1, value),
    ];
    for send in ways {
        must_end(move || {
            const LAST: usize = 20_000;
            let (tx, rx) = channel(0);
            let sender = thread::spawn(move || (1..=LAST).for_each(|value| send(&tx, value)));
            loop {
                let value = rx.borrow();
                assert_eq!(format!("{:?}", value.version()), format!("Version({})", *value));
                if *value == LAST {
                    break;
                }
            }
            sender.join().unwrap();
        });
    }
}

#[test]
fn g2_a_handle_is_shown_with_a_value_and_its_version() {
    must_end(|| {
        const LAST: usize = 20_000;
        let (tx, rx) = channel(0);
        let sender = thread::spawn(move || (1..=LAST).for_each(|value| tx.set(value)));
        let mut shown = 0;
        while shown < LAST {
            let text = format!("{rx:?}");
            let number = |name: &str| {
                let (_, rest) = text.split_once(name)?;
                rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok()
            };
            // Otherwise it shows `<locked>`.
            if let Some(value) = number("value: ") {
                assert_eq!(number("version: Version("), Some(value), "{text}");
                shown = value;
            }
        }
        sender.join().unwrap();
    });
}

/// With critical sections, the closure runs in a critical section.
#[test]
fn g7_a_second_read_in_a_closure_passes_a_sender() {
    must_end(|| {
        let ((tx, rx), is_over) = (channel(0), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    tx.send_modify(|value| *value += 1);
                }
            });
            for _ in 0..50_000 {
                let _held = rx.borrow();
                rx.with(|value| assert_eq!(*value, *rx.borrow()));
            }
            is_over.store(true, Ordering::Relaxed);
        });
    });
}

#[test]
fn borrows_of_several_threads_live_side_by_side() {
    must_end(|| {
        let ((_tx, rx), inside) = (channel(7), Barrier::new(4));
        let read = || {
            let value = rx.borrow();
            inside.wait();
            assert_eq!(*value, 7);
        };
        thread::scope(|scope| (0..4).for_each(|_| _ = scope.spawn(read)));
    });
}
