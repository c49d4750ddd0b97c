//! The value's lock and the queue of threads that wait for it.
//!
//! In a model, a thread does not spin before it joins the queue, and it demands the lock at its
//! second try. A sleep with a limit may end at any time, and only such sleeps let time pass.

use loom::thread;
use watch_channel::channel;

use crate::{UNBOUNDED, model, reaches, sending, shorter};

/// Readers share the lock, and each finds the value before or after the send. Broken by a thread
/// that leaves the queue and does not wake the next one.
#[test]
pub(crate) fn two_readers_and_a_writer() {
    model(3, [(0, 0), (0, 1), (1, 0), (1, 1)], |tx, rx| {
        let other = rx.clone();
        let sender = sending(tx, [1]);
        let reader = thread::spawn(move || {
            let value = other.borrow();
            (*value, *other.borrow())
        });
        let mine = *rx.borrow();
        let theirs = reader.join().unwrap();
        let tx = sender.join().unwrap();
        assert_eq!(theirs.0, theirs.1, "a value does not change while a `Ref` lives");
        assert_eq!(tx.try_set(2), Ok(()), "no thread demands the lock any more");
        (mine, theirs.0)
    });
}

/// Both changes are made, one after the other. Broken by a first thread that sleeps without a
/// limit: it misses a holder that checks for it too early.
#[test]
pub(crate) fn two_writers() {
    model(UNBOUNDED, [4, 5], |tx, rx| {
        let other = tx.clone();
        let sender = thread::spawn(move || {
            other.send_modify(|value| *value = *value * 2 + 1);
            other
        });
        tx.send_modify(|value| *value = *value * 2 + 2);
        let _other = sender.join().unwrap();
        assert_eq!(tx.try_set(*rx.borrow()), Err(rx.get()));
        assert_eq!(tx.try_set(rx.get()), Ok(()), "no thread demands the lock any more");
        rx.get()
    });
}

/// Two senders that wait for a `Ref` both continue after its drop. Broken by a thread that leaves
/// the queue and does not wake the next one, and by one that wakes it and stays in the queue.
#[test]
pub(crate) fn two_writers_wait_for_a_reader() {
    model(shorter(3, 2), [1, 2], |tx, rx| {
        let other = tx.clone();
        let value = rx.borrow();
        let senders = [(tx, 1), (other, 2)].map(|(tx, value)| sending(tx, [value]));
        drop(value);
        let senders = senders.map(|sender| sender.join().unwrap());
        assert_eq!(senders[0].try_set(rx.get()), Ok(()), "no thread demands the lock any more");
        rx.get()
    });
}

/// G7. Broken by a second read that waits for the sender, and by a sender that leaves its demand
/// behind. (`g7_a_newcomer_finds_a_demand` shows that a second read ignores a demand.)
#[test]
pub(crate) fn g7_a_second_read_and_a_queued_writer() {
    model(shorter(UNBOUNDED, 4), [0, 1], |tx, rx| {
        let sender = sending(tx, [1]);
        let first = rx.borrow();
        let second = rx.borrow();
        assert_eq!(*first, *second);
        let read = *first;
        drop((first, second));
        let tx = sender.join().unwrap();
        assert_eq!(tx.try_set(2), Ok(()), "no thread demands the lock any more");
        read
    });
}

/// G7, with two channels: each thread holds a `Ref` of one channel and reads the other one, for
/// which a sender waits. Broken by a thread that passes queued threads only in the channel of its
/// `Ref`.
#[test]
pub(crate) fn g7_two_channels_crosswise() {
    reaches(shorter(3, 2), [((0, 0), (0, 0)), ((1, 1), (1, 1)), ((1, 0), (1, 1))], || {
        let (tx, rx) = channel(0);
        let (other_tx, other_rx) = channel(0);
        let reader = {
            let (rx, other_rx) = (rx.clone(), other_rx.clone());
            thread::spawn(move || {
                let first = rx.borrow();
                let second = other_rx.borrow();
                (*first, *second)
            })
        };
        let sender = thread::spawn(move || {
            tx.set(1);
            other_tx.set(1);
            (tx, other_tx)
        });
        let second = other_rx.borrow();
        let first = rx.borrow();
        let mine = (*first, *second);
        drop((first, second));
        let theirs = reader.join().unwrap();
        let _senders = sender.join().unwrap();
        (mine, theirs)
    });
}

/// A reader that arrives while a sender demands the lock waits for the sender, and then gets the
/// lock. Broken by a thread that leaves the queue and does not withdraw its demand, and by one that
/// does not wake the next thread.
#[test]
pub(crate) fn a_demand_against_a_newcomer() {
    // The first is `None` if the sender demands the lock or holds it.
    model(3, [(None, 1), (Some(0), 0), (Some(0), 1), (Some(1), 1)], |tx, rx| {
        let newcomer = rx.clone();
        let value = rx.borrow();
        let sender = sending(tx, [1]);
        let reader = thread::spawn(move || (newcomer.try_borrow().map(|value| *value), *newcomer.borrow()));
        drop(value);
        let read = reader.join().unwrap();
        let tx = sender.join().unwrap();
        assert!(rx.try_borrow().is_some(), "no thread demands the lock any more");
        assert_eq!(tx.try_set(2), Ok(()));
        read
    });
}

/// `try_borrow` and `try_set` return without waiting. Broken by a `try_set` that waits: it then
/// never fails.
#[test]
pub(crate) fn tries_against_a_holder() {
    model(UNBOUNDED, [(false, 0), (true, 0), (true, 1)], |tx, rx| {
        let reader = {
            let rx = rx.clone();
            thread::spawn(move || *rx.borrow())
        };
        let sent = tx.try_set(1).is_ok();
        let read = reader.join().unwrap();
        assert!(sent || read == 0);
        assert_eq!(rx.get(), u32::from(sent));
        (sent, read)
    });
    model(UNBOUNDED, [None, Some(0), Some(1)], |tx, rx| {
        let sender = sending(tx, [1]);
        let read = rx.try_borrow().map(|value| *value);
        let _tx = sender.join().unwrap();
        read
    });
}

/// G7. A sender waits for a `Ref`, so only its demand can turn a reader away, and it must not turn
/// away the thread that holds the `Ref`. Broken by a thread that demands the lock late or not at
/// all, by a newcomer that misses a demand, and by a second `borrow` that does not ignore it: it
/// waits for the sender, which waits for the first `Ref`.
#[test]
pub(crate) fn g7_a_newcomer_finds_a_demand() {
    model(3, [false, true], |tx, rx| {
        let newcomer = rx.clone();
        let value = rx.borrow();
        let sender = sending(tx, [1]);
        let reader = thread::spawn(move || newcomer.try_borrow().is_none());
        let is_turned_away = reader.join().unwrap();
        let second = rx.borrow();
        drop((value, second));
        let _tx = sender.join().unwrap();
        is_turned_away
    });
}
