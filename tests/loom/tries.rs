//! Calls that never wait, against a demand for the lock and against the close.

use std::collections::BTreeSet;

use loom::thread;
use watch_channel::channel;
use watch_channel::error::TryRecvError;

use crate::{model, sending};

/// G7. A sender waits for a `Ref`, so only its demand can turn a reader away, and not the thread that holds the `Ref`. Broken by
/// a thread that demands the lock late or not at all, by a newcomer that overlooks a demand, and by a second `borrow` that heeds
/// it: it waits for the sender, which waits for the first one.
#[test]
fn g7_a_newcomer_finds_a_demand() {
    let outcomes = model(3, || {
        let (tx, rx) = channel(0);
        let newcomer = rx.clone();
        let value = rx.borrow();
        let sender = sending(tx, 1);
        let reader = thread::spawn(move || newcomer.try_borrow().is_none());
        let is_turned_away = reader.join().unwrap();
        let second = rx.borrow();
        drop((value, second));
        let _tx = sender.join().unwrap();
        is_turned_away
    });
    assert_eq!(outcomes, BTreeSet::from([false, true]));
}

/// The last value comes before the close. Broken by a `try_recv` that looks for the close after it has looked for a value.
#[test]
fn an_attempt_to_receive_against_a_send_and_the_close() {
    let outcomes = model(3, || {
        let (tx, mut rx) = channel(0);
        let sender = thread::spawn(move || tx.set(1));
        let first = rx.try_recv();
        assert_ne!(first, Err(TryRecvError::Closed), "the value has not been received");
        sender.join().unwrap();
        if first.is_err() {
            assert_eq!(rx.try_recv(), Ok(1));
        }
        assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
        first.is_ok()
    });
    assert_eq!(outcomes, BTreeSet::from([false, true]));
}
