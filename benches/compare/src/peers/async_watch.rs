//! async-watch, whose `changed` marks the value as seen, as tokio's does.

use std::ops::Deref;

use async_watch::error::RecvError;

pub(crate) use async_watch::Sender;

#[derive(Clone)]
pub(crate) struct Receiver<T>(async_watch::Receiver<T>);

pub(crate) fn channel<T>(value: T) -> (Sender<T>, Receiver<T>) {
    let (tx, rx) = async_watch::channel(value);
    (tx, Receiver(rx))
}

impl<T> Receiver<T> {
    pub(crate) async fn changed(&mut self) -> Result<(), RecvError> {
        self.0.changed().await
    }

    pub(crate) fn borrow(&self) -> impl Deref<Target = T> {
        self.0.borrow()
    }

    pub(crate) fn borrow_and_update(&mut self) -> impl Deref<Target = T> {
        self.0.borrow()
    }
}
