//! The futures of the waits are named types, need no pinning, and can be polled through `&mut`.

use std::fmt::Debug;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::common::Task;
use futures_lite::future::{block_on, or, ready};
use watch_channel::{Changed, Closed, Receiver, Sender, channel};

fn is_unpin<T: Unpin>(_: &T) {}

#[test]
fn they_need_not_be_pinned_whatever_they_hold() {
    let (tx, mut rx) = channel(std::marker::PhantomPinned);
    let pinned = std::marker::PhantomPinned;
    is_unpin(&tx.closed());
    is_unpin(&tx.opened());
    is_unpin(&rx.changed());
    is_unpin(
        &rx.clone()
            .map(|_| {
                let _ = &pinned;
                1
            })
            .recv(),
    );
    is_unpin(&rx.wait_for(|_| {
        let _ = &pinned;
        true
    }));
    is_unpin(&rx.wait_for_map(|_| {
        let _ = &pinned;
        Some(1)
    }));
}

/// Waits for two things. Each wait continues when the other one is ready.
struct Both<'a> {
    changed: Changed<'a, u32>,
    closed: Closed<'a, u32>,
    changes: usize,
}

impl Future for Both<'_> {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        // A future that has been ready then waits for the next version.
        while Pin::new(&mut self.changed).poll(cx).is_ready() {
            self.changes += 1;
        }
        Pin::new(&mut self.closed).poll(cx).map(|()| self.changes)
    }
}

#[test]
fn they_can_be_kept_in_a_struct_and_polled_again() {
    let tx = Sender::new(0);
    let (own_tx, own_rx) = channel(0);
    let mut rx = tx.subscribe();
    let task = Task::new();
    let mut both = Box::pin(Both { changed: rx.changed(), closed: own_tx.closed(), changes: 0 });
    for value in 1..=3 {
        assert!(task.poll(&mut both).is_pending());
        tx.set(value);
        assert_eq!(task.wakes(), value as usize);
    }
    assert!(task.poll(&mut both).is_pending());
    drop(own_rx);
    assert_eq!(task.wakes(), 4);
    assert_eq!(task.poll(&mut both), Poll::Ready(3));
}

#[test]
fn g6_a_future_that_loses_a_race_keeps_its_registration_until_it_is_dropped() {
    let (tx, mut rx) = channel(0);
    let task = Task::new();
    let mut changed = rx.changed();
    for _ in 0..3 {
        // It is polled, and is pending, before the other one is ready.
        assert!(task.poll_ready(or(async { (&mut changed).await.is_err() }, ready(true))));
        assert_eq!(task.wakers_kept(), 1);
    }
    tx.set(1);
    assert_eq!(task.wakes(), 1);
    assert_eq!(block_on(changed), Ok(()));
    assert_eq!(task.wakers_kept(), 0);
}

#[tokio::test]
async fn they_can_be_used_by_reference_in_tokios_select() {
    let (tx, mut rx) = channel(0);
    let mut at_three = rx.wait_for_map(|value| (*value == 3).then_some(*value));
    let mut steps = 0;
    let value = loop {
        tokio::select! {
            biased;
            value = &mut at_three => break value,
            () = tokio::task::yield_now() => {
                steps += 1;
                tx.set(steps);
            }
        }
    };
    assert_eq!((value, steps), (Ok(3), 3));
}

#[test]
fn a_condition_is_called_once_for_each_value_however_often_it_is_polled() {
    let (tx, mut rx) = channel(0);
    let task = Task::new();
    let mut calls = vec![];
    let mut wait = Box::pin(rx.wait_for(|value| {
        calls.push(*value);
        *value == 2
    }));
    for value in 1..=2 {
        for _ in 0..3 {
            assert!(task.poll(&mut wait).is_pending());
        }
        tx.set(value);
    }
    assert!(task.poll(&mut wait).is_ready());
    // After it has been ready, it begins again with the current value.
    assert!(task.poll(&mut wait).is_ready());
    drop(wait);
    assert_eq!(calls, [0, 1, 2, 2]);
    calls.clear();
    let mut recv_if = Box::pin(rx.recv_if(|value| {
        calls.push(*value);
        *value == 4
    }));
    tx.set(3);
    for _ in 0..3 {
        assert!(task.poll(&mut recv_if).is_pending());
    }
    tx.set(4);
    assert!(task.poll(&mut recv_if).is_ready());
    drop(recv_if);
    assert_eq!(calls, [3, 4]);
}

#[test]
fn debug_shows_their_names() {
    fn shown(future: &impl Debug) -> String {
        format!("{future:?}")
    }
    struct NoDebug;
    let (tx, mut rx): (Sender<NoDebug>, Receiver<NoDebug>) = channel(NoDebug);
    assert_eq!(shown(&rx.changed()), "Changed { .. }");
    assert_eq!(shown(&rx.wait_for(|_| true)), "WaitFor { .. }");
    assert_eq!(shown(&rx.wait_for_map(|_| Some(1))), "WaitForMap { .. }");
    assert_eq!(shown(&tx.closed()), "Closed { .. }");
}

/// `select!` of the crate futures takes each wait where it is made.
#[cfg(feature = "stream")]
#[test]
fn futures_select_takes_them() {
    use futures_util::select;

    let (tx, mut rx) = channel(1);
    let mut other = rx.clone();
    let mut cached = watch_channel::Cached::new(rx.clone());
    let mut mapped = rx.clone().map(|value| value % 2);
    let mut also_mapped = mapped.clone();
    tx.set(2);
    let first = block_on(async {
        select! {
            value = rx.recv() => value.unwrap(),
            () = tx.closed() => unreachable!("there are receivers"),
        }
    });
    assert_eq!(first, 2);
    let mut chosen = 0;
    for _ in 0..6 {
        block_on(async {
            select! {
                _ = rx.changed() => unreachable!("it has seen the value"),
                value = other.recv_if(|value| *value == 2) => chosen += value.unwrap(),
                _ = cached.changed() => chosen += 10,
                _ = mapped.changed() => chosen += 100,
                value = also_mapped.recv() => chosen += 1_000 + value.unwrap(),
                () = tx.opened() => chosen += 0,
            }
        });
    }
    drop(tx);
    while block_on(async {
        select! {
            value = other.recv_if(|value| *value == 2) => value.map(|value| chosen += value),
            complete => unreachable!("they are never terminated"),
        }
    })
    .is_ok()
    {}
    block_on(async {
        select! {
            found = rx.wait_until(|value| *value == 2) => found.unwrap(),
            found = other.wait_for_map(|value| Some(*value)) => assert_eq!(found, Ok(2)),
        }
        select! {
            value = rx.wait_for(|value| *value == 2) => assert_eq!(*value.unwrap(), 2),
        }
    });
}

#[test]
fn opened_can_be_polled_again_after_it_was_ready() {
    let (tx, task) = (Sender::new(()), Task::new());
    let mut opened = Box::pin(tx.opened());
    for round in 0..10 {
        assert!(task.poll(&mut opened).is_pending());
        let rx = tx.subscribe();
        assert_eq!(task.wakes(), round + 1);
        assert!(task.poll(&mut opened).is_ready());
        drop(rx);
    }
}
