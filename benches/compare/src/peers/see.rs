//! The channel for threads of `see`, whose `changed` leaves the value unseen.

use std::ops::Deref;

use see::error::RecvError;
use see::sync;

pub(crate) use see::sync::Sender;

#[derive(Clone)]
pub(crate) struct Receiver<T>(sync::Receiver<T>);

pub(crate) fn channel<T>(value: T) -> (Sender<T>, Receiver<T>) {
    let (tx, rx) = sync::channel(value);
    (tx, Receiver(rx))
}

impl<T> Receiver<T> {
    pub(crate) fn has_changed(&self) -> Result<bool, RecvError> {
        self.0.has_changed()
    }

    pub(crate) async fn changed(&mut self) -> Result<(), RecvError> {
        self.0.changed().await?;
        self.0.mark_unchanged();
        Ok(())
    }

    pub(crate) fn borrow(&self) -> impl Deref<Target = T> {
        self.0.borrow()
    }

    pub(crate) fn borrow_and_update(&mut self) -> impl Deref<Target = T> {
        self.0.borrow_and_update()
    }
}
