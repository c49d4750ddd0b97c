//! All kinds of waits, each as a future that owns its handle, and what they wait for.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use watch_channel::{Cached, Receiver, Sender, channel};

use crate::common::Task;

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
        if self.kind == Kind::Closed {
            self.rx.lock().unwrap().get_or_insert_with(|| tx.subscribe());
            return Box::pin(async move { tx.closed().await });
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
            Kind::Closed => unreachable!(),
        }
    }

    /// Returns waits that are pending, with their tasks.
    pub(crate) fn begin_many(&self, count: usize) -> Vec<(Task, Wait)> {
        let begin = |_| {
            let (task, mut wait) = (Task::new(), self.begin());
            assert!(task.poll(&mut wait).is_pending());
            (task, wait)
        };
        (0..count).map(begin).collect()
    }

    /// Does what tasks wait for: sends a new value, or drops the last receiver. It holds no lock while wakers are called.
    pub(crate) fn trigger(&self) {
        if self.kind == Kind::Closed {
            let last = self.rx.lock().unwrap_or_else(PoisonError::into_inner).take();
            drop(last);
        } else if let Some(tx) = self.sender() {
            tx.send_modify(|value| *value += 1);
        }
    }

    /// Drops the handles that are not in waits. The close wakes tasks that wait for a version.
    pub(crate) fn drop_handles(&self) {
        let handles = (self.tx.lock().unwrap().take(), self.rx.lock().unwrap().take());
        drop(handles);
    }

    fn sender(&self) -> Option<Sender<u32>> {
        self.tx.lock().unwrap().clone()
    }

    /// Fails unless a trigger wakes each new wait. A side whose handles have been dropped is not checked.
    #[track_caller]
    pub(crate) fn assert_usable(&self) {
        if self.sender().is_none() {
            return;
        }
        for (task, mut wait) in self.begin_many(3) {
            self.trigger();
            assert_eq!(task.wakes(), 1, "{:?}", self.kind);
            assert!(task.poll(&mut wait).is_ready(), "{:?}", self.kind);
            assert_eq!(task.wakers_kept(), 0, "{:?}", self.kind);
            self.begin_many(1);
        }
    }
}
