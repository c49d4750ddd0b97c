//! A channel as a stream, with the meaning of tokio-stream's `WatchStream`.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::common::Task;
use futures_core::{FusedStream, Stream};
use watch_channel::{WatchStream, channel};

fn poll<T: Clone>(stream: &mut WatchStream<T>, task: &Task) -> Poll<Option<T>> {
    Pin::new(stream).poll_next(&mut Context::from_waker(&task.waker()))
}

#[test]
fn values_need_be_neither_static_nor_send() {
    let local = Cell::new(1);
    let (tx, rx) = channel((&local, Rc::new(())));
    let mut stream = WatchStream::new(rx);
    local.set(2);
    let Poll::Ready(Some((value, _))) = poll(&mut stream, &Task::new()) else { panic!("there is a value") };
    assert_eq!(value.get(), 2);
    drop(tx);
}

/// The same steps have the same results on both streams: `new` starts with the current value even
/// if it has been seen, and `from_changes` with the first unseen one.
#[test]
fn it_behaves_like_tokios() {
    let (tx, rx) = channel(0);
    let (tokio_tx, tokio_rx) = tokio::sync::watch::channel(0);
    let (task, tokio_task) = (Task::new(), Task::new());
    let waker = tokio_task.waker();
    let mut streams = [WatchStream::new(rx.clone()), WatchStream::from_changes(rx)];
    let mut tokio_streams = [
        tokio_stream::wrappers::WatchStream::new(tokio_rx.clone()),
        tokio_stream::wrappers::WatchStream::from_changes(tokio_rx),
    ];
    let mut look = || {
        for (ours, tokio) in streams.iter_mut().zip(&mut tokio_streams) {
            assert_eq!(task.wakes(), tokio_task.wakes());
            for _ in 0..3 {
                let polled = poll(ours, &task);
                assert_eq!(polled, Pin::new(&mut *tokio).poll_next(&mut Context::from_waker(&waker)));
                assert_eq!(ours.is_terminated(), polled == Poll::Ready(None));
            }
        }
    };
    look();
    tx.set(1);
    tokio_tx.send_replace(1);
    look();
    for value in [2, 3] {
        tx.set(value);
        tokio_tx.send_replace(value);
    }
    look();
    tx.set(4);
    tokio_tx.send_replace(4);
    drop((tx, tokio_tx));
    look();
}

#[test]
fn a_clone_continues_where_the_stream_is_and_is_independent() {
    let (tx, rx) = channel(1);
    let task = Task::new();
    let mut stream = rx.into_stream();
    let mut fresh = stream.clone();
    assert_eq!(poll(&mut stream, &task), Poll::Ready(Some(1)));
    let mut clone = stream.clone();
    assert_eq!(poll(&mut fresh, &task), Poll::Ready(Some(1)));
    assert_eq!(poll(&mut clone, &task), Poll::Pending);
    tx.set(2);
    assert_eq!(poll(&mut clone, &task), Poll::Ready(Some(2)));
    assert!(stream.receiver().has_unseen());
    assert_eq!(poll(&mut stream, &task), Poll::Ready(Some(2)));
    drop(tx);
    assert_eq!(poll(&mut stream, &task), Poll::Ready(None));
    assert!(stream.clone().is_terminated());
}

#[test]
fn debug_shows_no_value() {
    struct Opaque;
    let (_tx, rx) = channel(Opaque);
    assert_eq!(format!("{:?}", rx.into_stream()), "WatchStream { has_ended: false, .. }");
}

#[test]
fn a_value_whose_clone_panics_comes_with_the_next_poll() {
    struct PanicsOnce(Rc<Cell<bool>>);
    impl Clone for PanicsOnce {
        fn clone(&self) -> Self {
            assert!(!self.0.replace(false), "on purpose");
            Self(self.0.clone())
        }
    }
    let panics = Rc::new(Cell::new(true));
    let (tx, rx) = channel(PanicsOnce(panics.clone()));
    let task = Task::new();
    let mut stream = rx.into_stream();
    for _ in 0..2 {
        assert!(catch_unwind(AssertUnwindSafe(|| drop(poll(&mut stream, &task)))).is_err());
        assert!(matches!(poll(&mut stream, &task), Poll::Ready(Some(_))));
        panics.set(true);
        tx.send_modify(|_| ());
    }
}
