//! async-watch. Its `changed` marks the value as seen, like tokio's.

use std::future::Future;
use std::ops::Deref;

use async_watch::error::RecvError;
use async_watch::{Receiver, Sender};

use crate::workloads::channel::{OnHeap, Value, Watch};

pub(super) const NOTE: (&str, &str) = (
    "async-watch 0.3",
    "has one sender; a receiver that begins to wait during a send on another thread can panic, because the new version \
     shows before the notification, so waits across threads are not measured; wakers are called under a lock",
);

pub(crate) struct AsyncWatch;

impl Watch for AsyncWatch {
    const NAME: &'static str = "async-watch";

    type Sender<T: Value> = Sender<T>;
    type Receiver<T: Value> = Receiver<T>;
    type Closed = RecvError;

    #[inline(always)]
    fn channel<T: Value>(value: T) -> (Sender<T>, Receiver<T>) {
        async_watch::channel(value)
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
        rx.borrow()
    }

    #[inline(always)]
    fn changed<T: Value>(rx: &mut Receiver<T>) -> impl Future<Output = Result<(), RecvError>> + Send {
        rx.changed()
    }
}

impl OnHeap for AsyncWatch {}
