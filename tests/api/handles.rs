//! Handles: `same_channel`, and the default sender.

use watch_channel::{Sender, channel};

#[test]
fn same_channel_compares_channels() {
    let (tx, rx) = channel(());
    let (other_tx, other_rx) = channel(());
    assert!(tx.same_channel(&tx.clone()) && rx.same_channel(&tx.subscribe()));
    assert!(tx.downgrade().clone().upgrade().is_some_and(|upgraded| tx.same_channel(&upgraded)));
    assert!(!tx.same_channel(&other_tx) && !rx.same_channel(&other_rx));
}

#[test]
fn a_default_sender_has_the_default_value_and_no_receiver() {
    let tx: Sender<u8> = Sender::default();
    assert_eq!((*tx.borrow(), tx.receiver_count()), (0, 0));
}
