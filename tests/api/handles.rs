//! Handles: clones, counts, `subscribe`, `same_channel` and weak senders.

use crate::common::Task;
use watch_channel::{Sender, channel};

#[test]
fn a_clone_of_a_receiver_has_seen_the_same_and_is_independent() {
    let (tx, mut rx) = channel(1);
    tx.send(2).unwrap();
    let mut unseen = rx.clone();
    rx.borrow_and_update();
    let seen = rx.clone();
    assert_eq!(unseen.has_changed(), Ok(true));
    assert_eq!(seen.has_changed(), Ok(false));
    unseen.borrow_and_update();
    rx.mark_changed();
    assert_eq!(seen.has_changed(), Ok(false));
}

#[test]
fn subscribe_counts_the_current_value_as_seen() {
    let tx = Sender::new(1);
    tx.send_replace(2);
    let mut rx = tx.subscribe();
    assert_eq!(rx.has_changed(), Ok(false));
    Task::new().poll_pending(rx.changed());
    tx.send(3).unwrap();
    assert_eq!(rx.has_changed(), Ok(true));
}

#[test]
fn handles_are_counted() {
    let (tx, rx) = channel(());
    assert_eq!((tx.sender_count(), tx.receiver_count()), (1, 1));
    let (tx2, rx2, rx3) = (tx.clone(), rx.clone(), tx.subscribe());
    assert_eq!((tx.sender_count(), tx.receiver_count()), (2, 3));
    drop((tx2, rx, rx2));
    assert_eq!((tx.sender_count(), tx.receiver_count()), (1, 1));
    assert!(!tx.is_closed());
    drop(rx3);
    assert_eq!(tx.receiver_count(), 0);
    assert!(tx.is_closed());
    let _rx = tx.subscribe();
    assert!(!tx.is_closed());
}

#[test]
fn only_the_last_sender_closes() {
    let (tx, rx) = channel(());
    let tx2 = tx.clone();
    drop(tx);
    assert!(!rx.is_closed());
    drop(tx2);
    assert!(rx.is_closed());
}

#[test]
fn same_channel_compares_channels() {
    let (tx, rx) = channel(());
    let (other_tx, other_rx) = channel(());
    assert!(tx.same_channel(&tx.clone()) && rx.same_channel(&tx.subscribe()));
    assert!(!tx.same_channel(&other_tx) && !rx.same_channel(&other_rx));
}

#[test]
fn a_default_sender_has_the_default_value_and_no_receiver() {
    let tx: Sender<u8> = Sender::default();
    assert_eq!((*tx.borrow(), tx.receiver_count()), (0, 0));
}

#[test]
fn a_weak_sender_keeps_nothing_open_and_reopens_nothing() {
    let (tx, mut rx) = channel(1);
    let weak = tx.downgrade();
    assert_eq!((weak.sender_count(), tx.sender_count()), (1, 1));
    let strong = weak.upgrade().unwrap();
    assert!(strong.same_channel(&tx));
    assert_eq!(weak.clone().sender_count(), 2);
    drop(tx);
    assert!(!rx.is_closed());
    strong.set(2);
    drop(strong);
    assert!(rx.is_closed());
    assert_eq!(rx.get_and_update(), 2);
    assert!(weak.upgrade().is_none());
    assert_eq!(weak.sender_count(), 0);
    assert!(rx.is_closed());
}
