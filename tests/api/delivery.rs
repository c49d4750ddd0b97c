//! Sends that wake tasks: many of them, waits that begin or end meanwhile, and waits that need no
//! wake-up.

use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::thread;

use crate::common::wakers::{held_up, on_wake, register};
use crate::common::{Task, Waiting, spread_waits, waiting};
use watch_channel::{Receiver, channel};

fn wait(mut rx: Receiver<u32>) -> Waiting<impl Future<Output = ()> + Send> {
    waiting(async move { rx.changed().await.unwrap() })
}

/// Begins a wait, and returns what ends it. That returns the wait's task.
type EndsEarly = fn(Receiver<u32>) -> Box<dyn FnOnce() -> Task + Send>;

/// A wait ends after a send has begun and before the first waker of that send returns.
#[test]
fn g1_a_wait_that_ends_during_a_send_loses_no_other_wake_up() {
    let ways: [EndsEarly; 5] = [
        |rx| {
            let mut wait = wait(rx);
            Box::new(move || {
                assert!(wait.is_ready());
                wait.cancel()
            })
        },
        |mut rx| {
            let task = Task::new();
            register(&mut rx, &task.waker());
            Box::new(move || {
                assert!(task.poll_changed(&mut rx).is_ready());
                task
            })
        },
        |rx| {
            let wait = wait(rx);
            Box::new(|| wait.cancel())
        },
        |mut rx| {
            let task = Task::new();
            register(&mut rx, &task.waker());
            Box::new(|| {
                drop(rx);
                task
            })
        },
        // In the waker of a task that waits on another channel.
        |rx| {
            let mut wait = wait(rx);
            Box::new(move || {
                let (other_tx, mut other_rx) = channel(0);
                let (ended, has_ended) = mpsc::channel();
                let waker = on_wake(move || {
                    assert!(wait.is_ready());
                    ended.send(wait.cancel()).unwrap();
                });
                register(&mut other_rx, &waker);
                other_tx.set(1);
                has_ended.recv().unwrap()
            })
        },
    ];
    for begin in ways {
        let (tx, rx) = channel(0);
        let (waker, first_task) = held_up();
        let mut first = rx.clone();
        register(&mut first, &waker);
        let end = begin(rx.clone());
        let others: Vec<_> = (0..1_000).map(|_| wait(rx.clone())).collect();
        let early = thread::scope(|scope| {
            scope.spawn(|| tx.send(1).unwrap());
            first_task.wait_until_woken();
            let early = end();
            first_task.go_on();
            early
        });
        assert!(others.iter().all(|other| other.wakes() == 1));
        assert!(early.wakes() <= 1);
        assert_eq!(early.wakers_kept(), 0);
    }
}

#[test]
fn g3_dropping_a_wait_that_has_been_woken_wakes_no_other() {
    let (tx, rx) = channel(0);
    let mut receivers = vec![rx.clone(); 40];
    let task = Task::new();
    receivers.iter_mut().for_each(|rx| register(rx, Waker::noop()));
    tx.set(1);
    // They wait for the next version, in the list in which the others have waited.
    let mut others = vec![rx; 40];
    for rx in &mut others {
        rx.mark_unchanged();
        register(rx, &task.waker());
    }
    drop(receivers);
    assert_eq!(task.wakes(), 0);
    drop(others);
    assert_eq!(task.wakers_kept(), 0);
}

#[test]
fn a_wait_that_is_never_polled_keeps_the_registration_of_poll_changed() {
    let (tx, mut rx) = channel(0);
    let task = Task::new();
    register(&mut rx, &task.waker());
    drop(rx.changed());
    tx.set(1);
    assert_eq!(task.wakes(), 1);
}

/// Many receivers in each list, over several rounds, and at the close.
#[test]
fn g1_a_thousand_receivers_are_woken_once_each() {
    const ROUNDS: usize = 5;
    let (tx, mut rx) = channel(0);
    spread_waits(&tx);
    rx.mark_unchanged();
    let mut tx = Some(tx);
    let mut receivers = vec![rx; 1_000];
    for round in 1..=ROUNDS {
        let mut waits: Vec<_> = receivers.iter_mut().map(|rx| waiting(rx.changed())).collect();
        if round < ROUNDS {
            tx.as_ref().unwrap().send(round).unwrap();
        } else {
            tx = None;
        }
        for wait in &mut waits {
            assert_eq!(wait.wakes(), 1);
            assert_eq!(wait.poll().map(|result| result.is_ok()), Poll::Ready(round < ROUNDS));
        }
    }
}

#[test]
fn g1_a_value_sent_between_two_polls_is_found_without_a_wake_up() {
    let (tx, mut rx) = channel(1);
    let mut changed = Box::pin(rx.changed());
    tx.send(2).unwrap();
    let task = Task::new();
    assert!(task.poll(&mut changed).is_ready());
    assert_eq!(task.wakes(), 0);
}
