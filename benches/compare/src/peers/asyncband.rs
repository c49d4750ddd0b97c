//! asyncband's watch. Its receivers return copies of the value.

use std::future::Future;
use std::ops::Deref;

use asyncband::watch::{self, Receiver, RecvError, Sender};

use super::Copied;
use crate::workloads::channel::{AcrossThreads, HasChanged, OnHeap, Subscribe, Value, Watch};

pub(super) const NOTE: (&str, &str) = (
    "asyncband 0.7",
    "reads by copy, under one mutex that each operation locks, so readers exclude each other and a value without Clone \
     cannot be read; a send to more than 32 waiting receivers allocates; a waker that panics strands the tasks that \
     would be woken after it",
);

pub(crate) struct Asyncband;

impl Watch for Asyncband {
    const NAME: &'static str = "asyncband";

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
        Copied(rx.get())
    }

    #[inline(always)]
    fn borrow_and_update<T: Value>(rx: &mut Receiver<T>) -> impl Deref<Target = T> {
        Copied(rx.get())
    }

    #[inline(always)]
    fn changed<T: Value>(rx: &mut Receiver<T>) -> impl Future<Output = Result<(), RecvError>> + Send {
        rx.changed()
    }
}

impl OnHeap for Asyncband {}

impl HasChanged for Asyncband {
    #[inline(always)]
    fn has_changed<T: Value>(rx: &Receiver<T>) -> bool {
        rx.has_changed().unwrap()
    }
}

impl Subscribe for Asyncband {
    #[inline(always)]
    fn subscribe<T: Value>(tx: &Sender<T>) -> Receiver<T> {
        tx.subscribe()
    }
}

impl AcrossThreads for Asyncband {}
