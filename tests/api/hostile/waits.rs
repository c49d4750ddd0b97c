//! All kinds of waits, each as a future that owns its handle, and what they wait for.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Mutex;

use crate::common::{Waiting, waiting};
use watch_channel::{Cached, Receiver, Sender, channel};

pub(crate) type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// The name of a receiver's wait, and the wait for another value than this one.
    Receiver(&'static str, fn(Receiver<u32>, u32) -> Wait),
    Closed,
    Opened,
}

impl Kind {
    pub(crate) const ALL: &[Self] = &[
        Self::Receiver("changed", |mut rx, _| Box::pin(async move { drop(rx.changed().await) })),
        Self::Receiver("recv", |mut rx, _| Box::pin(async move { drop(rx.recv().await) })),
        Self::Receiver("recv_if", |mut rx, now| Box::pin(async move { drop(rx.recv_if(|value| *value != now).await) })),
        Self::Receiver("wait_for", |mut rx, now| {
            Box::pin(async move { drop(rx.wait_for(|value| *value != now).await) })
        }),
        Self::Receiver("wait_until", |mut rx, now| {
            Box::pin(async move { drop(rx.wait_until(|value| *value != now).await) })
        }),
        Self::Receiver("wait_for_map", |mut rx, now| {
            Box::pin(async move { drop(rx.wait_for_map(|value| (*value != now).then_some(())).await) })
        }),
        Self::Receiver("poll_changed", |mut rx, _| {
            Box::pin(async move { drop(poll_fn(|cx| rx.poll_changed(cx)).await) })
        }),
        Self::Receiver("cached", |rx, _| {
            let mut cached = Cached::new(rx);
            Box::pin(async move { drop(cached.changed().await) })
        }),
        #[cfg(feature = "stream")]
        Self::Receiver("stream", |rx, _| {
            let mut stream = watch_channel::WatchStream::from_changes(rx);
            Box::pin(async move { _ = futures_lite::StreamExt::next(&mut stream).await })
        }),
        Self::Closed,
        Self::Opened,
    ];
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Receiver(name, _) => name,
            Self::Closed => "closed",
            Self::Opened => "opened",
        })
    }
}

/// A channel, and the kind of wait that tasks use on it.
pub(crate) struct Side {
    kind: Kind,
    tx: Sender<u32>,
    rx: Mutex<Option<Receiver<u32>>>,
}

impl Side {
    pub(crate) fn new(kind: Kind) -> Self {
        let (tx, rx) = channel(0);
        Self { kind, tx, rx: Mutex::new(Some(rx)) }
    }

    /// Returns a wait that is pending until the next [`trigger`](Self::trigger).
    pub(crate) fn begin(&self) -> Wait {
        let tx = self.tx.clone();
        match self.kind {
            Kind::Receiver(_, begin) => begin(tx.subscribe(), tx.get()),
            Kind::Closed => {
                self.rx.lock().unwrap().get_or_insert_with(|| tx.subscribe());
                Box::pin(async move { tx.closed().await })
            }
            Kind::Opened => {
                self.replace_receiver(None);
                Box::pin(async move { tx.opened().await })
            }
        }
    }

    /// Returns waits that are pending.
    pub(crate) fn begin_many(&self, count: usize) -> Vec<Waiting<Wait>> {
        (0..count).map(|_| waiting(self.begin())).collect()
    }

    /// Does what tasks wait for: sends a new value, drops the last receiver, or makes one. It holds
    /// no lock while wakers are called.
    pub(crate) fn trigger(&self) {
        match self.kind {
            Kind::Receiver(..) => self.tx.send_modify(|value| *value += 1),
            Kind::Closed => self.replace_receiver(None),
            Kind::Opened => self.replace_receiver(Some(self.tx.subscribe())),
        }
    }

    /// Makes later waits for a version use several lists.
    pub(crate) fn spread_waits(&self) {
        crate::common::spread_waits(&self.tx);
    }

    fn replace_receiver(&self, rx: Option<Receiver<u32>>) {
        let before = std::mem::replace(&mut *self.rx.lock().unwrap(), rx);
        drop(before);
    }

    /// Fails unless a trigger wakes each new wait.
    #[track_caller]
    pub(crate) fn assert_usable(&self) {
        for mut wait in self.begin_many(3) {
            self.trigger();
            assert_eq!((wait.wakes(), wait.is_ready()), (1, true), "{:?}", self.kind);
            assert_eq!(wait.task.wakers_kept(), 0, "{:?}", self.kind);
            self.begin_many(1);
        }
    }
}
