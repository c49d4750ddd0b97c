//! A thread that has waited long enough demands the value's lock. `try_borrow`, `try_recv` and
//! `try_set` then fail.

use std::thread;
use std::time::Duration;

use crate::common::alone;
use watch_channel::error::TryRecvError;
use watch_channel::{Receiver, channel};

/// Calls `f` on a new thread, which holds no `Ref`, while this thread holds one and a sender waits
/// for it to be dropped.
fn while_a_sender_waits<R: Send + 'static>(f: impl FnOnce(&mut Receiver<u32>) -> R + Send + 'static) -> R {
    alone(|| {
        let (tx, reader) = channel(0);
        let mut rx = reader.clone();
        thread::scope(|scope| {
            let value = reader.borrow();
            scope.spawn(|| tx.set(1));
            let result = on_new_thread(|| f(&mut rx));
            assert_eq!(*value, 0);
            result
        })
    })
}

fn on_new_thread<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(f).join().unwrap())
}

/// Calls `f` until it returns `true`, for some seconds: many times as long as a thread waits before
/// it demands the lock.
fn comes_true(mut f: impl FnMut() -> bool) -> bool {
    (0..2_000).any(|_| {
        thread::sleep(Duration::from_millis(2));
        f()
    })
}

/// Broken by a thread that never demands the lock, and by a `try_borrow` that overtakes one that
/// does.
#[test]
fn g7_try_borrow_returns_nothing_while_a_sender_demands_the_lock() {
    assert!(while_a_sender_waits(|rx| comes_true(|| rx.try_borrow().is_none())));
}

/// Only a `Ref` of the same channel is enough. Broken by a thread that passes because it holds any
/// guard.
#[test]
fn g7_try_borrow_passes_a_demand_on_a_thread_that_holds_a_ref_of_the_channel() {
    alone(|| {
        let (tx, rx) = channel(0);
        thread::scope(|scope| {
            let _held = rx.borrow();
            scope.spawn(|| tx.set(1));
            assert!(comes_true(|| on_new_thread(|| rx.try_borrow().is_none())));
            assert!(rx.try_borrow().is_some());
            let with_another_ref = || {
                let (_other_tx, other) = channel(0);
                let _held = other.borrow();
                rx.try_borrow().is_none()
            };
            assert!(on_new_thread(with_another_ref));
        });
    });
}

/// Broken by a thread that counts as the holder of a `Ref` after it has dropped it.
#[test]
fn g7_a_ref_that_is_dropped_passes_no_demand() {
    assert!(while_a_sender_waits(|rx| {
        let (tx, other) = channel(0);
        drop(other.borrow());
        other.with(|_| ());
        tx.set(1);
        comes_true(|| rx.try_borrow().is_none())
    }));
}

/// A receiver that asks again and again would otherwise keep the sender waiting. The value stays
/// unseen.
#[test]
fn g7_try_recv_returns_nothing_while_a_sender_demands_the_lock() {
    assert!(while_a_sender_waits(|rx| {
        assert!(comes_true(|| rx.try_borrow().is_none()));
        rx.mark_changed();
        rx.try_recv() == Err(TryRecvError::Empty) && rx.has_unseen()
    }));
}

/// A reader demands the lock of a channel that closes meanwhile. Broken by a `try_recv` that
/// reports the close instead.
#[test]
fn try_recv_does_not_report_a_close_before_the_last_value() {
    alone(|| {
        let (tx, mut rx) = channel(0);
        let (entered, is_inside) = std::sync::mpsc::channel();
        let sender = thread::spawn(move || {
            tx.send_modify(|value| {
                entered.send(()).unwrap();
                thread::sleep(Duration::from_millis(30));
                *value = 1;
            });
        });
        is_inside.recv().unwrap();
        let reader = rx.clone();
        let reading = thread::spawn(move || drop(reader.borrow()));
        let received = loop {
            match rx.try_recv() {
                Err(TryRecvError::Empty) => thread::yield_now(),
                received => break received,
            }
        };
        assert_eq!(received, Ok(1));
        sender.join().unwrap();
        reading.join().unwrap();
    });
}

/// A thread that demands the lock leaves no demand behind.
#[test]
fn g7_a_demand_ends_with_the_wait() {
    alone(|| {
        let (tx, rx) = channel(0);
        for i in 1..=5 {
            let value = rx.borrow();
            thread::scope(|scope| {
                scope.spawn(|| tx.set(i));
                thread::sleep(Duration::from_millis(20));
                drop(value);
            });
            assert_eq!(rx.try_borrow().map(|value| *value), Some(i));
            assert_eq!(tx.try_set(i), Ok(()));
        }
    });
}

/// Just after the `Ref`'s drop the sender does not have the lock yet, so a `try_set` could be
/// faster. It may be if the sender gets no processor. Broken by a `try_set` that does not check for a
/// demand.
#[test]
fn g7_try_set_does_not_overtake_a_sender_that_demands_the_lock() {
    alone(|| {
        let has_overtaken = || {
            let (tx, rx) = channel(0);
            let sent = thread::scope(|scope| {
                let value = rx.borrow();
                scope.spawn(|| tx.set(1));
                assert!(on_new_thread(|| comes_true(|| rx.try_borrow().is_none())));
                drop(value);
                tx.try_set(2)
            });
            sent.is_ok() && rx.get() == 1
        };
        let overtaken = (0..20).filter(|_| has_overtaken()).count();
        assert!(overtaken < 10, "{overtaken} of 20 senders have been overtaken");
    });
}
