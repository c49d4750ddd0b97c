//! postage's watch. Its one sender is `&mut` where tokio's is `&`, so it is in a cell.

use std::cell::RefCell;
use std::ops::Deref;

use postage::sink::Sink;
use postage::stream::Stream;
use postage::watch;

#[derive(Debug)]
pub(crate) struct Closed;

pub(crate) struct Sender<T>(RefCell<watch::Sender<T>>);

#[derive(Clone)]
pub(crate) struct Receiver<T>(watch::Receiver<T>);

pub(crate) fn channel<T: Clone>(value: T) -> (Sender<T>, Receiver<T>) {
    let (tx, mut rx) = watch::channel_with(value);
    // The initial value is news to a receiver, and here it isn't.
    let _ = rx.try_recv();
    (Sender(RefCell::new(tx)), Receiver(rx))
}

impl<T> Sender<T> {
    pub(crate) fn send(&self, value: T) -> Result<(), Closed> {
        self.0.borrow_mut().try_send(value).map_err(|_| Closed)
    }

    pub(crate) fn subscribe(&self) -> Receiver<T> {
        Receiver(self.0.borrow_mut().subscribe())
    }
}

impl<T: Clone> Receiver<T> {
    pub(crate) async fn changed(&mut self) -> Result<(), Closed> {
        self.0.recv().await.map(drop).ok_or(Closed)
    }

    pub(crate) fn borrow(&self) -> impl Deref<Target = T> {
        self.0.borrow()
    }

    pub(crate) fn borrow_and_update(&mut self) -> impl Deref<Target = T> {
        self.0.borrow()
    }
}
