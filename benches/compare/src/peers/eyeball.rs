//! eyeball's `SharedObservable`.

use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};

use eyeball::{SharedObservable, Subscriber};
use futures_lite::Stream;

use super::Closed;
use crate::workloads::channel::{AcrossThreads, OnHeap, PollChanged, Subscribe, Value, Watch};

pub(super) const NOTE: (&str, &str) = (
    "eyeball 0.8",
    "calls wakers under the value's lock; a cancelled wait leaves its waker behind until the next send; closing hides \
     a last value that has not been seen",
);

pub(crate) struct Eyeball;

impl Watch for Eyeball {
    const NAME: &'static str = "eyeball";

    type Sender<T: Value> = SharedObservable<T>;
    type Receiver<T: Value> = Subscriber<T>;
    type Closed = Closed;

    #[inline(always)]
    fn channel<T: Value>(value: T) -> (SharedObservable<T>, Subscriber<T>) {
        let tx = SharedObservable::new(value);
        let rx = tx.subscribe();
        (tx, rx)
    }

    #[inline(always)]
    fn send<T: Value>(tx: &SharedObservable<T>, value: T) {
        tx.set(value);
    }

    #[inline(always)]
    fn another<T: Value>(rx: &Subscriber<T>) -> Subscriber<T> {
        rx.clone()
    }

    #[inline(always)]
    fn borrow<T: Value>(rx: &Subscriber<T>) -> impl Deref<Target = T> {
        rx.read()
    }

    #[inline(always)]
    fn borrow_and_update<T: Value>(rx: &mut Subscriber<T>) -> impl Deref<Target = T> {
        rx.next_ref_now()
    }

    #[inline(always)]
    async fn changed<T: Value>(rx: &mut Subscriber<T>) -> Result<(), Closed> {
        rx.next_ref().await.map(drop).ok_or(Closed)
    }
}

impl OnHeap for Eyeball {}

impl Subscribe for Eyeball {
    #[inline(always)]
    fn subscribe<T: Value>(tx: &SharedObservable<T>) -> Subscriber<T> {
        tx.subscribe()
    }
}

impl AcrossThreads for Eyeball {}

impl PollChanged for Eyeball {
    fn poll_changed<T: Value>(rx: &mut Subscriber<T>, cx: &mut Context<'_>) -> Poll<bool> {
        Pin::new(rx).poll_next(cx).map(|value| value.is_some())
    }
}
