//! The value, its version and the handles: no task waits.

use std::collections::BTreeSet;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use watch_channel::{Cached, channel};

use crate::{model, sending};

/// G2. Broken by a version that is published after the write lock has been released: a value is then read with the version
/// before its own.
#[test]
fn g2_a_value_and_its_version_are_one() {
    let outcomes = model(2, || {
        let (tx, mut rx) = channel(0);
        let other = tx.clone();
        let first = thread::spawn(move || tx.send_modify(|value| *value += 1));
        let second = thread::spawn(move || other.send_modify(|value| *value += 1));
        let mut last = 0;
        for _ in 0..2 {
            let value = rx.borrow_and_update();
            assert_eq!(value.has_changed(), *value != last);
            last = *value;
        }
        first.join().unwrap();
        second.join().unwrap();
        let value = rx.borrow_and_update();
        assert_eq!((*value, value.has_changed()), (2, last != 2));
        last
    });
    assert_eq!(outcomes, BTreeSet::from([0, 1, 2]));
}

/// A receiver that knows of a version finds its value. Broken by a version that is published before the write lock is taken.
/// (The value's lock orders the rest for loom, so a Relaxed `load` passes here.)
#[test]
fn a_known_version_is_there() {
    let outcomes = model(3, || {
        let (tx, rx) = channel(0);
        let sender = sending(tx, 1);
        let is_known = rx.has_unseen();
        if is_known {
            assert_eq!(rx.get(), 1);
        }
        let _tx = sender.join().unwrap();
        is_known
    });
    assert_eq!(outcomes, BTreeSet::from([false, true]));
}

/// G2. `try_recv` beside a `try_send` and a `set` returns each value once, or nothing, and nothing is lost. Broken by an attempt
/// to read that marks a version as seen although it fails, and by a `try_send` that publishes after it has unlocked.
#[test]
fn g2_an_attempt_to_receive_returns_a_value_once() {
    let outcomes = model(2, || {
        let (tx, mut rx) = channel(0);
        let other = tx.clone();
        let first = thread::spawn(move || (tx.try_send(1).is_ok(), tx));
        let second = sending(other, 2);
        let early = rx.try_recv().ok();
        let (is_sent, _tx) = first.join().unwrap();
        let _other = second.join().unwrap();
        let late = rx.try_recv().ok();
        assert!(rx.try_recv().is_err());
        assert_ne!(early, late, "a value is returned once, and the last one is");
        assert_eq!(late.or(early), Some(rx.get()));
        (is_sent, early, late)
    });
    let expected = [
        (false, None, Some(2)),
        (false, Some(2), None),
        (true, None, Some(1)),
        (true, None, Some(2)),
        (true, Some(1), None),
        (true, Some(1), Some(2)),
        (true, Some(2), None),
        (true, Some(2), Some(1)),
    ];
    assert_eq!(outcomes, BTreeSet::from(expected));
}

/// A receiver that sees the close finds the last value. Broken by a close with a sender that is not the last one.
#[test]
fn the_close_comes_after_every_send() {
    let outcomes = model(3, || {
        let (tx, mut rx) = channel(0);
        let other = tx.clone();
        let first = thread::spawn(move || tx.set(1));
        let second = thread::spawn(move || drop(other));
        let is_closed = rx.is_closed();
        if is_closed {
            assert_eq!(*rx.borrow_and_update(), 1);
        }
        first.join().unwrap();
        second.join().unwrap();
        assert!(rx.is_closed());
        assert_eq!(*rx.borrow_and_update(), 1);
        is_closed
    });
    assert_eq!(outcomes, BTreeSet::from([false, true]));
}

/// A closed channel stays closed. Broken by an upgrade that reads the count and then adds to it.
#[test]
fn an_upgrade_against_the_last_senders_drop() {
    let outcomes = model(3, || {
        let (tx, rx) = channel(0);
        let weak = tx.downgrade();
        let dropping = thread::spawn(move || drop(tx));
        let upgraded = weak.upgrade();
        if let Some(tx) = &upgraded {
            assert!(!rx.is_closed());
            tx.set(1);
            assert_eq!(rx.get(), 1);
        }
        dropping.join().unwrap();
        assert_eq!(rx.is_closed(), upgraded.is_none());
        upgraded.is_some()
    });
    assert_eq!(outcomes, BTreeSet::from([false, true]));
}

/// A cached value is as new as the version it is marked with. Broken by a version that is published before the write lock
/// is taken.
#[test]
fn two_sends_against_a_cached_value() {
    let outcomes = model(3, || {
        let (tx, rx) = channel(0);
        let sender = thread::spawn(move || {
            tx.set(1);
            tx.set(2);
        });
        let mut cached = Cached::new(rx);
        let early = *cached.get();
        let late = *cached.get();
        assert!(early <= late);
        sender.join().unwrap();
        assert_eq!(*cached.get(), 2);
        assert!(!cached.receiver().has_unseen());
        (early, late)
    });
    assert_eq!(outcomes, BTreeSet::from([(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]));
}

/// What a sender did before a send or its drop is visible to a receiver that knows of it, without a look at the value.
/// Broken by a version or a close that is published without Release, and by a check for either without Acquire.
#[test]
fn what_comes_before_a_send_is_visible() {
    for closes in [false, true] {
        let outcomes = model(3, move || {
            let (tx, rx) = channel(0);
            let before = Arc::new(AtomicUsize::new(0));
            let sender = thread::spawn({
                let before = before.clone();
                move || {
                    before.store(1, Ordering::Relaxed);
                    if closes {
                        drop(tx);
                        return None;
                    }
                    tx.set(1);
                    Some(tx)
                }
            });
            let is_known = rx.has_unseen() || rx.is_closed();
            assert!(!is_known || before.load(Ordering::Relaxed) == 1);
            let _tx = sender.join().unwrap();
            is_known
        });
        assert_eq!(outcomes, BTreeSet::from([false, true]));
    }
}

/// What each sender did before its drop is visible to a receiver that sees the close. Broken by a count that goes down without
/// Release, or without Acquire by the last one, which closes the channel.
#[test]
fn what_comes_before_every_senders_drop_is_visible() {
    let outcomes = model(3, || {
        let (tx, rx) = channel(0);
        let other = tx.clone();
        let before = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let [first, second] = [(tx, 0), (other, 1)].map(|(tx, i)| {
            let before = before.clone();
            thread::spawn(move || {
                before[i].store(1, Ordering::Relaxed);
                drop(tx);
            })
        });
        let is_closed = rx.is_closed();
        assert!(!is_closed || before.iter().all(|before| before.load(Ordering::Relaxed) == 1));
        first.join().unwrap();
        second.join().unwrap();
        is_closed
    });
    assert_eq!(outcomes, BTreeSet::from([false, true]));
}

/// What was done with each receiver before its drop is visible to a sender that knows that all are gone. Broken by a count
/// that goes down without Release, or is read without Acquire.
#[test]
fn what_comes_before_the_last_receivers_drop_is_visible() {
    let outcomes = model(3, || {
        let (tx, rx) = channel(0);
        let other = rx.clone();
        let before = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let [first, second] = [(rx, 0), (other, 1)].map(|(rx, i)| {
            let before = before.clone();
            thread::spawn(move || {
                before[i].store(1, Ordering::Relaxed);
                drop(rx);
            })
        });
        let is_closed = tx.is_closed();
        assert!(!is_closed || before.iter().all(|before| before.load(Ordering::Relaxed) == 1));
        first.join().unwrap();
        second.join().unwrap();
        is_closed
    });
    assert_eq!(outcomes, BTreeSet::from([false, true]));
}
