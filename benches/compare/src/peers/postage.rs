//! postage's watch. Its one sender is `&mut` where tokio's is `&`, so it is in a cell.

use std::cell::RefCell;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};

use postage::sink::Sink;
use postage::stream::{PollRecv, Stream};
use postage::watch::{self, Receiver};

use super::Closed;
use crate::workloads::channel::{AcrossThreads, OnHeap, PollChanged, Subscribe, Value, Watch};

pub(super) const NOTE: (&str, &str) =
    ("postage 0.5", "has one sender; a cancelled wait leaves its waker behind until the next send");

pub(crate) struct Postage;

impl Watch for Postage {
    const NAME: &'static str = "postage";

    type Sender<T: Value> = RefCell<watch::Sender<T>>;
    type Receiver<T: Value> = Receiver<T>;
    type Closed = Closed;

    #[inline(always)]
    fn channel<T: Value>(value: T) -> (RefCell<watch::Sender<T>>, Receiver<T>) {
        let (tx, mut rx) = watch::channel_with(value);
        // A receiver has not seen the initial value, so it is marked as seen.
        let _ = rx.try_recv();
        (RefCell::new(tx), rx)
    }

    #[inline(always)]
    fn send<T: Value>(tx: &RefCell<watch::Sender<T>>, value: T) {
        tx.borrow_mut().try_send(value).unwrap();
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
    async fn changed<T: Value>(rx: &mut Receiver<T>) -> Result<(), Closed> {
        rx.recv().await.map(drop).ok_or(Closed)
    }
}

impl OnHeap for Postage {}

impl Subscribe for Postage {
    #[inline(always)]
    fn subscribe<T: Value>(tx: &RefCell<watch::Sender<T>>) -> Receiver<T> {
        tx.borrow_mut().subscribe()
    }
}

impl AcrossThreads for Postage {}

impl PollChanged for Postage {
    fn poll_changed<T: Value>(rx: &mut Receiver<T>, cx: &mut Context<'_>) -> Poll<bool> {
        match Pin::new(rx).poll_recv(&mut cx.into()) {
            PollRecv::Ready(_) => Poll::Ready(true),
            PollRecv::Pending => Poll::Pending,
            PollRecv::Closed => Poll::Ready(false),
        }
    }
}
