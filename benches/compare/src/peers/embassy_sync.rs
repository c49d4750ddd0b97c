//! embassy-sync's `Watch`, as on a microcontroller in a `static`: each is leaked here.

use std::ops::Deref;

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::watch;

/// The most receivers at a time: those of the largest fan-out that is measured, and the one that they are made from.
pub(crate) const RECEIVERS: usize = 101;

type Watch<T> = watch::Watch<CriticalSectionRawMutex, T, RECEIVERS>;

#[derive(Debug)]
pub(crate) struct Closed;

pub(crate) struct Sender<T: Clone + 'static>(&'static Watch<T>);

pub(crate) struct Receiver<T: Clone + 'static> {
    watch: &'static Watch<T>,
    receiver: watch::Receiver<'static, CriticalSectionRawMutex, T, RECEIVERS>,
}

/// A copy of the value: there is no reference to it.
pub(crate) struct Copied<T>(T);

pub(crate) fn channel<T: Clone>(value: T) -> (Sender<T>, Receiver<T>) {
    let tx = Sender(Box::leak(Box::new(Watch::new_with(value))));
    let rx = tx.subscribe();
    (tx, rx)
}

impl<T: Clone> Sender<T> {
    pub(crate) fn send(&self, value: T) -> Result<(), Closed> {
        self.0.sender().send(value);
        Ok(())
    }

    pub(crate) fn subscribe(&self) -> Receiver<T> {
        Receiver { watch: self.0, receiver: self.0.receiver().expect("at most RECEIVERS") }
    }
}

impl<T: Clone> Receiver<T> {
    pub(crate) async fn changed(&mut self) -> Result<(), Closed> {
        self.receiver.changed().await;
        Ok(())
    }

    pub(crate) fn borrow(&self) -> Copied<T> {
        Copied(self.watch.try_get().expect("there is a value from the start"))
    }

    pub(crate) fn borrow_and_update(&mut self) -> Copied<T> {
        Copied(self.receiver.try_get().expect("there is a value from the start"))
    }
}

impl<T: Clone> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Sender(self.watch).subscribe()
    }
}

impl<T> Deref for Copied<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
