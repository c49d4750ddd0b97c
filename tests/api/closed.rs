//! `closed`: senders that wait for the last receiver's drop.

use crate::common::waiting;
use watch_channel::channel;

#[test]
fn g1_the_last_receiver_wakes_all_senders_that_wait() {
    let (tx, rx) = channel(());
    let (other, other_rx) = (tx.clone(), rx.clone());
    let mut waits = [&tx, &tx, &other].map(|tx| waiting(tx.closed()));
    drop(rx);
    assert!(waits.iter().all(|wait| wait.wakes() == 0));
    drop(other_rx);
    for wait in &mut waits {
        assert_eq!((wait.wakes(), wait.is_ready()), (1, true));
    }
}

#[test]
fn g6_a_dropped_wait_is_not_woken_and_keeps_no_waker() {
    let (tx, rx) = channel(());
    let (kept, dropped) = (waiting(tx.closed()), waiting(tx.closed()).cancel());
    assert_eq!(dropped.wakers_kept(), 0);
    drop(rx);
    assert_eq!((dropped.wakes(), kept.wakes()), (0, 1));
}
