//! The cost of single operations, on one thread.

use std::hint::black_box;
use std::pin::pin;
use std::task::Context;
use std::time::Duration;

use super::channel::{HasChanged, OnHeap, Subscribe, Watch};
use super::timing::time;
use super::waker::task_waker;

pub(super) fn borrow<W: Watch>(n: u64) -> Duration {
    let (_tx, rx) = W::channel(0u64);
    time(|| {
        for _ in 0..n {
            black_box(*W::borrow(black_box(&rx)));
        }
    })
}

pub(super) fn has_changed<W: HasChanged>(n: u64) -> Duration {
    let (_tx, rx) = W::channel(0u64);
    // No `black_box` for each call, which would cost more than the call: an atomic load is not optimized away.
    time(|| {
        let mut changes = 0u64;
        for _ in 0..n {
            if W::has_changed(&rx) {
                changes += 1;
            }
        }
        black_box(changes);
    })
}

pub(super) fn send<W: Watch>(n: u64) -> Duration {
    let (tx, _rx) = W::channel(0u64);
    time(|| {
        for i in 0..n {
            W::send(black_box(&tx), i);
        }
    })
}

pub(super) fn send_then_changed<W: Watch>(n: u64) -> Duration {
    let (tx, mut rx) = W::channel(0u64);
    let waker = task_waker();
    let mut cx = Context::from_waker(&waker);
    time(|| {
        for i in 0..n {
            W::send(&tx, i);
            assert!(pin!(W::changed(&mut rx)).poll(&mut cx).is_ready());
        }
    })
}

pub(super) fn pending_then_send<W: Watch>(n: u64) -> Duration {
    let (tx, mut rx) = W::channel(0u64);
    let waker = task_waker();
    let mut cx = Context::from_waker(&waker);
    time(|| {
        for i in 0..n {
            let mut changed = pin!(W::changed(&mut rx));
            assert!(changed.as_mut().poll(&mut cx).is_pending());
            W::send(&tx, i);
            assert!(changed.poll(&mut cx).is_ready());
        }
    })
}

pub(super) fn pending_then_dropped<W: Watch>(n: u64) -> Duration {
    let (_tx, mut rx) = W::channel(0u64);
    let waker = task_waker();
    let mut cx = Context::from_waker(&waker);
    time(|| {
        for _ in 0..n {
            assert!(pin!(W::changed(&mut rx)).poll(&mut cx).is_pending());
        }
    })
}

pub(super) fn clone_and_drop<W: OnHeap>(n: u64) -> Duration {
    let (_tx, rx) = W::channel(0u64);
    time(|| {
        for _ in 0..n {
            drop(black_box(black_box(&rx).clone()));
        }
    })
}

pub(super) fn subscribe_and_drop<W: Subscribe>(n: u64) -> Duration {
    let (tx, _rx) = W::channel(0u64);
    time(|| {
        for _ in 0..n {
            drop(black_box(W::subscribe(black_box(&tx))));
        }
    })
}

pub(super) fn make_and_drop<W: OnHeap>(n: u64) -> Duration {
    time(|| {
        for i in 0..n {
            drop(black_box(W::channel(i)));
        }
    })
}
