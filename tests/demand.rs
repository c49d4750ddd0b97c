//! A thread that has waited long enough demands the value's lock. `try_borrow` and `try_set` then fail; `try_recv` does not.
#![cfg(feature = "std")]

mod common;

use std::thread;
use std::time::Duration;

use common::must_end;
use watch_channel::error::TryRecvError;
use watch_channel::{Receiver, channel};

/// Calls `f` on a new thread, which holds no `Ref`, while this thread holds one and a sender waits for it to be dropped.
fn while_a_sender_waits<R: Send + 'static>(f: impl FnOnce(&mut Receiver<u32>) -> R + Send + 'static) -> R {
    must_end(|| {
        let (tx, reader) = channel(0);
        let mut rx = reader.clone();
        let value = reader.borrow();
        let sender = thread::spawn(move || tx.set(1));
        let result = thread::spawn(move || f(&mut rx)).join().unwrap();
        assert_eq!(*value, 0);
        drop(value);
        sender.join().unwrap();
        result
    })
}

/// Calls `f` until it returns `true`, for some seconds: many times as long as a thread waits before it demands the lock.
fn comes_true(mut f: impl FnMut() -> bool) -> bool {
    (0..2_000).any(|_| {
        thread::sleep(Duration::from_millis(2));
        f()
    })
}

/// Broken by a thread that never demands the lock, and by a `try_borrow` that overtakes one that does.
#[test]
fn g7_try_borrow_returns_nothing_while_a_sender_demands_the_lock() {
    assert!(while_a_sender_waits(|rx| comes_true(|| rx.try_borrow().is_none())));
}

/// Any `Ref` of this thread is enough, even of another channel: the sender may be waiting for this thread.
#[test]
fn g7_try_borrow_succeeds_on_a_thread_that_holds_a_ref() {
    assert!(while_a_sender_waits(|rx| {
        assert!(comes_true(|| rx.try_borrow().is_none()));
        let (_other_tx, other_rx) = channel(0);
        let _other = other_rx.borrow();
        rx.try_borrow().is_some()
    }));
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

/// `try_recv` differs from `try_borrow` and `try_set`: a receiver that waits for the next version would find this one again and
/// again without receiving it.
#[test]
fn try_recv_ignores_a_demand() {
    let received = while_a_sender_waits(|rx| {
        assert!(comes_true(|| rx.try_borrow().is_none()));
        rx.mark_changed();
        (rx.try_recv(), rx.try_recv())
    });
    assert_eq!(received, (Ok(0), Err(TryRecvError::Empty)));
}

/// A thread that demands the lock leaves no demand behind.
#[test]
fn g7_a_demand_ends_with_the_wait() {
    must_end(|| {
        let (tx, rx) = channel(0);
        for i in 1..=5 {
            let value = rx.borrow();
            let sender = thread::spawn({
                let tx = tx.clone();
                move || tx.set(i)
            });
            thread::sleep(Duration::from_millis(20));
            drop(value);
            sender.join().unwrap();
            assert_eq!(rx.try_borrow().map(|value| *value), Some(i));
            assert_eq!(tx.try_set(i), Ok(()));
        }
    });
}

/// Just after the `Ref`'s drop the sender does not have the lock yet, so a `try_set` could be faster. Broken by a `try_set` that
/// does not check for a demand.
#[test]
fn g7_try_set_does_not_overtake_a_sender_that_demands_the_lock() {
    must_end(|| {
        for _ in 0..20 {
            let (tx, rx) = channel(0);
            let value = rx.borrow();
            let sender = thread::spawn({
                let tx = tx.clone();
                move || tx.set(1)
            });
            let newcomer = rx.clone();
            let is_demanded = thread::spawn(move || comes_true(|| newcomer.try_borrow().is_none()));
            assert!(is_demanded.join().unwrap());
            drop(value);
            let sent = tx.try_set(2);
            sender.join().unwrap();
            assert!(sent.is_err() || rx.get() == 2, "the other sender must be first");
        }
    });
}
