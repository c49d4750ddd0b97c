//! embassy-sync's `Watch`. A microcontroller has it in a `static`; here each one is leaked.

use std::ops::Deref;

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::watch;

use super::{Closed, Copied};
use crate::workloads::channel::{AcrossThreads, Subscribe, Value, Watch};

pub(super) const NOTE: (&str, &str) = (
    "embassy-sync 0.8",
    "has room for a const N of receivers, 101 here, and never closes; reads are copies; its lock is here \
     critical-section's for std, which all channels share, and wakers are called under it",
);

/// The receivers of the largest fan-out that is measured, and the receiver from which they are made.
const RECEIVERS: usize = 101;

type Channel<T> = watch::Watch<CriticalSectionRawMutex, T, RECEIVERS>;

pub(crate) struct EmbassySync;

pub(crate) struct Receiver<T: Value> {
    channel: &'static Channel<T>,
    receiver: watch::Receiver<'static, CriticalSectionRawMutex, T, RECEIVERS>,
}

impl Watch for EmbassySync {
    const NAME: &'static str = "embassy-sync";
    const MAX_RECEIVERS: usize = RECEIVERS;

    type Sender<T: Value> = &'static Channel<T>;
    type Receiver<T: Value> = Receiver<T>;
    type Closed = Closed;

    #[inline(always)]
    fn channel<T: Value>(value: T) -> (&'static Channel<T>, Receiver<T>) {
        let tx: &'static _ = Box::leak(Box::new(Channel::new_with(value)));
        (tx, Self::subscribe(&tx))
    }

    #[inline(always)]
    fn send<T: Value>(tx: &&'static Channel<T>, value: T) {
        tx.sender().send(value);
    }

    #[inline(always)]
    fn another<T: Value>(rx: &Receiver<T>) -> Receiver<T> {
        Self::subscribe(&rx.channel)
    }

    #[inline(always)]
    fn borrow<T: Value>(rx: &Receiver<T>) -> impl Deref<Target = T> {
        Copied(rx.channel.try_get().expect("there is a value from the start"))
    }

    #[inline(always)]
    fn borrow_and_update<T: Value>(rx: &mut Receiver<T>) -> impl Deref<Target = T> {
        Copied(rx.receiver.try_get().expect("there is a value from the start"))
    }

    #[inline(always)]
    async fn changed<T: Value>(rx: &mut Receiver<T>) -> Result<(), Closed> {
        rx.receiver.changed().await;
        Ok(())
    }
}

impl Subscribe for EmbassySync {
    #[inline(always)]
    fn subscribe<T: Value>(tx: &&'static Channel<T>) -> Receiver<T> {
        Receiver { channel: tx, receiver: tx.receiver().expect("there are at most RECEIVERS") }
    }
}

impl AcrossThreads for EmbassySync {}
