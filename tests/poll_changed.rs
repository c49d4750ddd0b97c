//! `poll_changed`: polling without a future. The registration is kept from one poll to the next.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use common::{Task, must_end};
use watch_channel::{Receiver, Sender, channel};

fn poll(rx: &mut Receiver<u32>, task: &Task) -> Poll<bool> {
    rx.poll_changed(&mut Context::from_waker(&task.waker())).map(|result| result.is_ok())
}

#[test]
fn g1_it_is_woken_by_each_change_and_by_the_close() {
    let (tx, mut rx) = channel(0);
    let task = Task::new();
    for i in 1..=10 {
        assert_eq!(poll(&mut rx, &task), Poll::Pending);
        tx.set(i as u32);
        assert_eq!(task.wakes(), i);
        assert_eq!(poll(&mut rx, &task), Poll::Ready(true));
        assert_eq!(rx.get(), i as u32);
    }
    assert_eq!(poll(&mut rx, &task), Poll::Pending);
    drop(tx);
    assert_eq!(task.wakes(), 11);
    assert_eq!(poll(&mut rx, &task), Poll::Ready(false));
    assert_eq!(poll(&mut rx, &task), Poll::Ready(false));
}

#[test]
fn only_the_last_task_is_woken() {
    let (tx, mut rx) = channel(0);
    let (first, last) = (Task::new(), Task::new());
    assert_eq!(poll(&mut rx, &first), Poll::Pending);
    assert_eq!(poll(&mut rx, &last), Poll::Pending);
    assert_eq!(poll(&mut rx, &last), Poll::Pending);
    assert_eq!(first.wakers_kept(), 0);
    tx.set(1);
    assert_eq!((first.wakes(), last.wakes()), (0, 1));
}

#[test]
fn g6_another_wait_cancels_it() {
    let (tx, mut rx) = channel(0);
    let (polled, waiting) = (Task::new(), Task::new());
    assert_eq!(poll(&mut rx, &polled), Poll::Pending);
    let mut changed = Box::pin(rx.changed());
    assert!(waiting.poll(&mut changed).is_pending());
    assert_eq!(polled.wakers_kept(), 0);
    tx.set(1);
    assert_eq!((polled.wakes(), waiting.wakes()), (0, 1));
    assert!(waiting.poll(&mut changed).is_ready());
    drop(changed);
    // Polling can begin again.
    assert_eq!(poll(&mut rx, &polled), Poll::Pending);
    tx.set(2);
    assert_eq!((polled.wakes(), waiting.wakes()), (1, 1));
}

#[test]
fn g6_dropping_the_receiver_cancels_it() {
    let (tx, mut rx) = channel(0);
    let mut other = rx.clone();
    let (dropped, kept) = (Task::new(), Task::new());
    assert_eq!(poll(&mut rx, &dropped), Poll::Pending);
    assert_eq!(poll(&mut other, &kept), Poll::Pending);
    drop(rx);
    assert_eq!(dropped.wakers_kept(), 0);
    tx.set(1);
    assert_eq!((dropped.wakes(), kept.wakes()), (0, 1));
}

#[test]
fn mark_changed_and_mark_unchanged_take_effect_between_polls() {
    let (tx, mut rx) = channel(0);
    let task = Task::new();
    assert_eq!(poll(&mut rx, &task), Poll::Pending);
    rx.mark_changed();
    assert_eq!(poll(&mut rx, &task), Poll::Ready(true));
    assert_eq!(poll(&mut rx, &task), Poll::Pending);
    tx.set(1);
    rx.mark_unchanged();
    // The version is marked as seen without a poll, so the next poll registers for the version after it.
    assert_eq!(poll(&mut rx, &task), Poll::Pending);
    let before = task.wakes();
    tx.set(2);
    assert_eq!(task.wakes(), before + 1);
    assert_eq!(poll(&mut rx, &task), Poll::Ready(true));
}

#[test]
fn g6_a_ready_poll_keeps_no_waker() {
    let (tx, mut rx) = channel(0);
    let task = Task::new();
    assert_eq!(poll(&mut rx, &task), Poll::Pending);
    rx.mark_changed();
    assert_eq!(poll(&mut rx, &task), Poll::Ready(true));
    assert_eq!(task.wakers_kept(), 0);
    tx.set(1);
    assert_eq!(task.wakes(), 0);
}

#[test]
fn a_clone_does_not_inherit_the_registration() {
    let (tx, mut rx) = channel(0);
    let task = Task::new();
    assert_eq!(poll(&mut rx, &task), Poll::Pending);
    drop(rx.clone());
    assert_eq!(task.wakers_kept(), 1);
    tx.set(1);
    assert_eq!(task.wakes(), 1);
}

/// Panics when the last of its wakers is dropped.
struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("on purpose");
    }
}

fn poll_with_bomb(rx: &mut Receiver<u32>) {
    let waker: Waker = Arc::new(Bomb).into();
    assert!(rx.poll_changed(&mut Context::from_waker(&waker)).is_pending());
}

#[test]
fn g4_a_waker_that_panics_when_it_is_dropped_loses_no_wake_up() {
    must_end(|| {
        let (tx, mut rx) = channel(0);
        let task = Task::new();
        let waits_as_ever = |rx: &mut Receiver<u32>, value| {
            assert_eq!(poll(rx, &task), Poll::Pending);
            let before = task.wakes();
            tx.set(value);
            assert_eq!(task.wakes(), before + 1);
            assert_eq!(poll(rx, &task), Poll::Ready(true));
            assert_eq!(task.wakers_kept(), 0);
        };
        // Another task's waker replaces it.
        poll_with_bomb(&mut rx);
        assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut rx, &Task::new()))).is_err());
        waits_as_ever(&mut rx, 1);
        // The next poll is ready.
        poll_with_bomb(&mut rx);
        rx.mark_changed();
        assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut rx, &Task::new()))).is_err());
        assert_eq!(poll(&mut rx, &task), Poll::Ready(true), "the poll that panicked has marked the version as seen");
        waits_as_ever(&mut rx, 2);
        // Another wait cancels it.
        poll_with_bomb(&mut rx);
        assert!(catch_unwind(AssertUnwindSafe(|| Task::new().poll_pending(rx.changed()))).is_err());
        waits_as_ever(&mut rx, 3);
        poll_with_bomb(&mut rx);
        assert!(catch_unwind(AssertUnwindSafe(|| drop(rx))).is_err());
    });
}

/// A task that owns a receiver. It is dropped with the last of its wakers.
struct Owner {
    _receiver: Mutex<Receiver<u32>>,
}

impl Wake for Owner {
    fn wake(self: Arc<Self>) {}
}

/// Drops receivers when it is woken.
#[derive(Default)]
struct Dropper(Mutex<Vec<Receiver<u32>>>);

impl Wake for Dropper {
    fn wake(self: Arc<Self>) {
        let receivers = std::mem::take(&mut *self.0.lock().unwrap());
        drop(receivers);
    }
}

/// Makes receivers wait, and drops them in a waker of the same batch.
fn dropped_by_a_waker(
    make: impl FnOnce(&dyn Fn(&mut Receiver<u32>, &Waker)) -> Vec<Receiver<u32>>,
    rx: &Receiver<u32>,
    tx: &Sender<u32>,
) {
    let poll_with = |rx: &mut Receiver<u32>, waker: &Waker| {
        assert!(rx.poll_changed(&mut Context::from_waker(waker)).is_pending());
    };
    let mut others: Vec<_> = (0..70).map(|_| (rx.clone(), Task::new())).collect();
    let dropper = Arc::new(Dropper::default());
    let mut first = rx.clone();
    poll_with(&mut first, &dropper.clone().into());
    let dropped = make(&poll_with);
    for (rx, task) in &mut others {
        poll_with(rx, &task.waker());
    }
    *dropper.0.lock().unwrap() = dropped;
    tx.send_modify(|value| *value += 1);
    assert!(others.iter().all(|(_, task)| task.wakes() == 1));
}

#[test]
fn g1_waits_that_are_dropped_where_others_are_woken_lose_no_wake_up() {
    let (tx, rx) = channel(0);
    let receivers = || {
        let mut rx = rx.clone();
        rx.mark_unchanged();
        vec![rx; 10]
    };
    // They are dropped one after the other.
    let each = |poll_with: &dyn Fn(&mut Receiver<u32>, &Waker)| {
        let mut dropped = receivers();
        dropped.iter_mut().for_each(|rx| poll_with(rx, Waker::noop()));
        dropped
    };
    dropped_by_a_waker(each, &receivers()[0], &tx);
    // Each is dropped by the drop of the waker of the one before.
    let chain = |poll_with: &dyn Fn(&mut Receiver<u32>, &Waker)| {
        let mut receivers = receivers().into_iter();
        let mut first = receivers.next().unwrap();
        poll_with(&mut first, Waker::noop());
        for mut rx in receivers {
            let owner: Waker = Arc::new(Owner { _receiver: Mutex::new(first) }).into();
            poll_with(&mut rx, &owner);
            first = rx;
        }
        vec![first]
    };
    dropped_by_a_waker(chain, &receivers()[0], &tx);
}

#[test]
fn g1_receivers_dropped_during_sends_on_two_channels_lose_no_wake_up() {
    must_end(|| {
        // The first wakers of two sends wait while 20 receivers of each channel are dropped, whose wakers the sends may have taken.
        let (go_on, goes_on): (Vec<_>, Vec<_>) = (0..2).map(|_| mpsc::channel()).unzip();
        let mut goes_on = goes_on.into_iter();
        let mut channels: Vec<_> = (0..2)
            .map(|_| {
                let (tx, rx) = channel(0);
                let (at_first, is_at_first) = mpsc::channel();
                let first: Waker = Arc::new(Slow(Mutex::new((at_first, goes_on.next().unwrap())))).into();
                let mut receivers = vec![rx; 1 + 20 + 100];
                assert!(receivers[0].poll_changed(&mut Context::from_waker(&first)).is_pending());
                (tx, is_at_first, receivers)
            })
            .collect();
        // Each is dropped by the drop of the waker of the one before. They alternate between the two channels.
        let mut owned: Option<Receiver<u32>> = None;
        for _ in 0..20 {
            for (_, _, receivers) in &mut channels {
                let mut rx = receivers.remove(1);
                let waker = owned
                    .take()
                    .map_or(Waker::noop().clone(), |owned| Arc::new(Owner { _receiver: Mutex::new(owned) }).into());
                assert!(rx.poll_changed(&mut Context::from_waker(&waker)).is_pending());
                owned = Some(rx);
            }
        }
        let tasks: Vec<_> = (0..200).map(|_| Task::new()).collect();
        let others = channels.iter_mut().flat_map(|(_, _, receivers)| &mut receivers[1..]);
        for (task, rx) in tasks.iter().zip(others) {
            assert_eq!(poll(rx, task), Poll::Pending);
        }
        thread::scope(|scope| {
            for (tx, is_at_first, _) in &channels {
                let tx = tx.clone();
                scope.spawn(move || tx.set(1));
                is_at_first.recv().unwrap();
            }
            drop(owned);
            go_on.into_iter().for_each(|go_on| go_on.send(()).unwrap());
        });
        assert!(tasks.iter().all(|task| task.wakes() == 1));
    });
}

/// Reports that it is woken, and then waits until the test lets it continue.
struct Slow(Mutex<(mpsc::Sender<()>, mpsc::Receiver<()>)>);

impl Wake for Slow {
    fn wake(self: Arc<Self>) {
        let slow = self.0.lock().unwrap();
        slow.0.send(()).unwrap();
        slow.1.recv().unwrap();
    }
}
