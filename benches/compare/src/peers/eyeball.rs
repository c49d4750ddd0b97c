//! eyeball's `SharedObservable`.

use std::ops::Deref;

use eyeball::{SharedObservable, Subscriber};

#[derive(Debug)]
pub(crate) struct Closed;

pub(crate) struct Sender<T>(SharedObservable<T>);

#[derive(Clone)]
pub(crate) struct Receiver<T>(Subscriber<T>);

pub(crate) fn channel<T>(value: T) -> (Sender<T>, Receiver<T>) {
    let tx = Sender(SharedObservable::new(value));
    let rx = tx.subscribe();
    (tx, rx)
}

impl<T> Sender<T> {
    pub(crate) fn send(&self, value: T) -> Result<(), Closed> {
        self.0.set(value);
        Ok(())
    }

    pub(crate) fn subscribe(&self) -> Receiver<T> {
        Receiver(self.0.subscribe())
    }
}

impl<T> Receiver<T> {
    pub(crate) async fn changed(&mut self) -> Result<(), Closed> {
        self.0.next_ref().await.map(drop).ok_or(Closed)
    }

    pub(crate) fn borrow(&self) -> impl Deref<Target = T> {
        self.0.read()
    }

    pub(crate) fn borrow_and_update(&mut self) -> impl Deref<Target = T> {
        self.0.next_ref_now()
    }
}
