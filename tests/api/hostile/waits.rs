//! All kinds of waits, each as a future that owns its handle, and what they wait for.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use watch_channel::{Cached, Receiver, Sender, channel};

use crate::common::{Waiting, waiting};

pub(crate) type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Changed,
    Recv,
    RecvIf,
    WaitFor,
    WaitUntil,
    WaitForMap,
    PollChanged,
    CachedChanged,
    #[cfg(feature = "stream")]
    Stream,
    Closed,
    Opened,
}

impl Kind {
    pub(crate) const ALL: &[Self] = &[
        Self::Changed,
        Self::Recv,
        Self::RecvIf,
        Self::WaitFor,
        Self::WaitUntil,
        Self::WaitForMap,
        Self::PollChanged,
        Self::CachedChanged,
        #[cfg(feature = "stream")]
        Self::Stream,
        Self::Closed,
        Self::Opened,
    ];
}

/// A channel, and the kind of wait that tasks use on it.
pub(crate) struct Side {
    kind: Kind,
    tx: Mutex<Option<Sender<u32>>>,
    rx: Mutex<Option<Receiver<u32>>>,
}

impl Side {
    pub(crate) fn new(kind: Kind) -> Self {
        let (tx, rx) = channel(0);
        Self { kind, tx: Mutex::new(Some(tx)), rx: Mutex::new(Some(rx)) }
    }

    /// Returns a wait that is pending until the next [`trigger`](Self::trigger).
    pub(crate) fn begin(&self) -> Wait {
        let tx = self.sender().expect("there is a sender");
        match self.kind {
            Kind::Closed => {
                self.rx.lock().unwrap().get_or_insert_with(|| tx.subscribe());
                return Box::pin(async move { tx.closed().await });
            }
            Kind::Opened => {
                self.replace_receiver(None);
                return Box::pin(async move { tx.opened().await });
            }
            _ => (),
        }
        let mut rx = tx.subscribe();
        let now = tx.get();
        drop(tx);
        match self.kind {
            Kind::Changed => Box::pin(async move { drop(rx.changed().await) }),
            Kind::Recv => Box::pin(async move { drop(rx.recv().await) }),
            Kind::RecvIf => Box::pin(async move { drop(rx.recv_if(|value| *value != now).await) }),
            Kind::WaitFor => Box::pin(async move { drop(rx.wait_for(|value| *value != now).await) }),
            Kind::WaitUntil => Box::pin(async move { drop(rx.wait_until(|value| *value != now).await) }),
            Kind::WaitForMap => {
                Box::pin(async move { drop(rx.wait_for_map(|value| (*value != now).then_some(())).await) })
            }
            Kind::PollChanged => Box::pin(async move { drop(poll_fn(|cx| rx.poll_changed(cx)).await) }),
            Kind::CachedChanged => {
                let mut cached = Cached::new(rx);
                Box::pin(async move { drop(cached.changed().await) })
            }
            #[cfg(feature = "stream")]
            Kind::Stream => {
                let mut stream = watch_channel::WatchStream::from_changes(rx);
                Box::pin(async move {
                    let _ = futures_lite::StreamExt::next(&mut stream).await;
                })
            }
            Kind::Closed | Kind::Opened => unreachable!(),
        }
    }

    /// Returns waits that are pending.
    pub(crate) fn begin_many(&self, count: usize) -> Vec<Waiting<Wait>> {
        (0..count).map(|_| waiting(self.begin())).collect()
    }

    /// Does what tasks wait for: sends a new value, drops the last receiver, or makes one. It holds
    /// no lock while wakers are called.
    pub(crate) fn trigger(&self) {
        match (self.kind, self.sender()) {
            (Kind::Closed, _) => self.replace_receiver(None),
            (Kind::Opened, Some(tx)) => self.replace_receiver(Some(tx.subscribe())),
            (_, Some(tx)) => tx.send_modify(|value| *value += 1),
            (_, None) => (),
        }
    }

    /// Drops the handles that are not in waits. The close wakes tasks that wait for a version. For
    /// those that wait for a receiver there is one afterwards.
    pub(crate) fn drop_handles(&self) {
        if self.kind == Kind::Opened {
            self.trigger();
        } else {
            self.replace_receiver(None);
        }
        let tx = self.tx.lock().unwrap().take();
        drop(tx);
    }

    /// Makes later waits for a version use several lists.
    pub(crate) fn spread_waits(&self) {
        crate::common::spread_waits(&self.sender().expect("there is a sender"));
    }

    fn replace_receiver(&self, rx: Option<Receiver<u32>>) {
        let before = std::mem::replace(&mut *self.rx.lock().unwrap_or_else(PoisonError::into_inner), rx);
        drop(before);
    }

    fn sender(&self) -> Option<Sender<u32>> {
        self.tx.lock().unwrap().clone()
    }

    /// Fails unless a trigger wakes each new wait. A side whose handles have been dropped is not
    /// checked.
    #[track_caller]
    pub(crate) fn assert_usable(&self) {
        if self.sender().is_none() {
            return;
        }
        for mut wait in self.begin_many(3) {
            self.trigger();
            assert_eq!((wait.wakes(), wait.is_ready()), (1, true), "{:?}", self.kind);
            assert_eq!(wait.task.wakers_kept(), 0, "{:?}", self.kind);
            self.begin_many(1);
        }
    }
}
