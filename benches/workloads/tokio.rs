//! tokio, to whose time each ratio compares.

use std::future::Future;
use std::ops::Deref;

use ::tokio::sync::watch::error::RecvError;
use ::tokio::sync::watch::{self, Receiver, Sender};

use super::channel::{AcrossThreads, HasChanged, OnHeap, Subscribe, Value, Watch};

pub(crate) struct Tokio;

impl Watch for Tokio {
    const NAME: &'static str = "tokio";

    type Sender<T: Value> = Sender<T>;
    type Receiver<T: Value> = Receiver<T>;
    type Closed = RecvError;

    #[inline(always)]
    fn channel<T: Value>(value: T) -> (Sender<T>, Receiver<T>) {
        watch::channel(value)
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
    fn changed<T: Value>(rx: &mut Receiver<T>) -> impl Future<Output = Result<(), RecvError>> + Send {
        rx.changed()
    }
}

impl OnHeap for Tokio {}

impl HasChanged for Tokio {
    #[inline(always)]
    fn has_changed<T: Value>(rx: &Receiver<T>) -> bool {
        rx.has_changed().unwrap()
    }
}

impl Subscribe for Tokio {
    #[inline(always)]
    fn subscribe<T: Value>(tx: &Sender<T>) -> Receiver<T> {
        tx.subscribe()
    }
}

impl AcrossThreads for Tokio {}
