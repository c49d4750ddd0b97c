//! Uses the crate where there is no standard library, so that all of it is compiled there.
#![no_std]

use watch_channel::{Receiver, Ref, Sender, channel};

/// A sensor's reading: the synchronous part.
pub fn synchronous() -> (Sender<u32>, Receiver<u32>) {
    let (tx, mut rx) = channel(0);
    let other = tx.clone();
    let late = other.subscribe();
    if tx.send(1).is_ok() && rx.has_changed() == Ok(true) {
        tx.send_modify(|value| *value += *late.borrow() - *rx.borrow());
    }
    rx.mark_changed();
    if Ref::has_changed(&rx.borrow_and_update()) && !rx.is_closed() {
        tx.send_if_modified(|value| core::mem::replace(value, 3) != 3);
    }
    (tx, rx)
}

#[cfg(feature = "async")]
pub async fn asynchronous() -> Option<u32> {
    let (tx, mut rx) = synchronous();
    rx.changed().await.ok()?;
    let last = *rx.wait_for(|value| *value > 1).await.ok()?;
    drop(rx);
    tx.closed().await;
    Some(last)
}
