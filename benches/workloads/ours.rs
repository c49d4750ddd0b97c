//! This crate.

use std::future::Future;
use std::ops::Deref;
use std::task::{Context, Poll};

use watch_channel::error::RecvError;
use watch_channel::{Receiver, Sender};

use super::channel::{AcrossThreads, HasChanged, OnHeap, PollChanged, Subscribe, Value, Watch};

pub(crate) struct Ours;

impl Watch for Ours {
    const NAME: &'static str = "ours";

    type Sender<T: Value> = Sender<T>;
    type Receiver<T: Value> = Receiver<T>;
    type Closed = RecvError;

    #[inline(always)]
    fn channel<T: Value>(value: T) -> (Sender<T>, Receiver<T>) {
        watch_channel::channel(value)
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

impl OnHeap for Ours {}

impl HasChanged for Ours {
    #[inline(always)]
    fn has_changed<T: Value>(rx: &Receiver<T>) -> bool {
        rx.has_changed().unwrap()
    }
}

impl Subscribe for Ours {
    #[inline(always)]
    fn subscribe<T: Value>(tx: &Sender<T>) -> Receiver<T> {
        tx.subscribe()
    }
}

impl AcrossThreads for Ours {
    #[inline(always)]
    fn changed_blocking<T: Value>(rx: &mut Receiver<T>) -> bool {
        rx.changed().wait().is_ok()
    }
}

impl PollChanged for Ours {
    fn poll_changed<T: Value>(rx: &mut Receiver<T>, cx: &mut Context<'_>) -> Poll<bool> {
        rx.poll_changed(cx).map(|changed| changed.is_ok())
    }
}
