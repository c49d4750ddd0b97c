//! see's channel for threads. Its `changed` leaves the value unseen.

use std::ops::Deref;

use see::error::RecvError;
use see::sync::{self, Receiver, Sender};

use crate::workloads::channel::{HasChanged, OnHeap, Subscribe, Value, Watch};

pub(super) const NOTE: (&str, &str) = (
    "see 0.1",
    "checks for a new version before it listens, so a receiver that begins to wait during a send on another thread can \
     miss it, and waits across threads are not measured; wakers are called under a lock; closing hides a last value \
     that has not been seen",
);

pub(crate) struct See;

impl Watch for See {
    const NAME: &'static str = "see";

    type Sender<T: Value> = Sender<T>;
    type Receiver<T: Value> = Receiver<T>;
    type Closed = RecvError;

    #[inline(always)]
    fn channel<T: Value>(value: T) -> (Sender<T>, Receiver<T>) {
        sync::channel(value)
    }

    #[inline(always)]
    fn send<T: Value>(tx: &Sender<T>, value: T) {
        tx.send(value).unwrap();
    }

    #[inline(always)]
    fn another<T: Value>(rx: &Receiver<T>) -> Receiver<T> {
        rx.clone()
    }

    #[inline(always)]
    fn borrow<T: Value>(rx: &Receiver<T>) -> impl Deref<Target = T> {
        rx.borrow()
    }

    #[inline(always)]
    fn borrow_and_update<T: Value>(rx: &mut Receiver<T>) -> impl Deref<Target = T> {
        rx.borrow_and_update()
    }

    #[inline(always)]
    async fn changed<T: Value>(rx: &mut Receiver<T>) -> Result<(), RecvError> {
        rx.changed().await?;
        rx.mark_unchanged();
        Ok(())
    }
}

impl OnHeap for See {}

impl HasChanged for See {
    #[inline(always)]
    fn has_changed<T: Value>(rx: &Receiver<T>) -> bool {
        rx.has_changed().unwrap()
    }
}

impl Subscribe for See {
    #[inline(always)]
    fn subscribe<T: Value>(tx: &Sender<T>) -> Receiver<T> {
        tx.subscribe()
    }
}
