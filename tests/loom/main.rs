//! Model checking: every interleaving, up to a bound on preemptions, of a few threads on one
//! channel.
//!
//! Run them with `ci/loom.sh`. Each model says which changes to the code would break it. A lost
//! wake-up shows as loom's "deadlock", or as a task that is pending and has not been woken.
//!
//! `pairs.rs` has a table of all pairs of operations, with their models.
//!
//! In a model there are at most two lanes, and a list begins with room for one. So a second receiver
//! makes its list grow, and a few waiting receivers reach every branch of a delivery.
//!
//! A model returns its outcome, and the test compares the outcomes of all interleavings with those
//! it expects. So a model that no longer reaches a branch fails. The bound on preemptions is three,
//! unless the model ends without one or does not end with three within five minutes.
//! `LOOM_MAX_PREEMPTIONS` sets another one, which must not be lower than a model's own. `ci/loom.sh
//! --thorough` finds the highest at which each model ends.
//!
//! The drop of the last sender closes the channel, which wakes receivers too. So the threads below
//! return their sender, unless a model is about the close.
#![cfg(loom)]

mod closed;
#[path = "../common/mod.rs"]
mod common;
mod explore;
mod list;
#[cfg(all(feature = "event-listener", loom_event_listener))]
mod listen;
mod lock;
#[cfg(all(feature = "event-listener", loom_event_listener))]
mod pairs;
mod value;
mod wait;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::pin::Pin;
use std::task::{Context, Poll};

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread::{self, JoinHandle};
use watch_channel::error::RecvError;
use watch_channel::{Receiver, Sender, channel};

use common::Task;
use explore::{UNBOUNDED, shorter};

/// Explores all interleavings with at most `preemptions` preemptions, and checks that they have
/// these outcomes.
#[track_caller]
fn explore<R: Ord + Debug + Send + 'static, const N: usize>(
    preemptions: usize,
    outcomes: [R; N],
    f: impl Fn() -> R + Send + Sync + 'static,
) {
    assert_eq!(explore::model(preemptions, f), BTreeSet::from(outcomes));
}

/// Like [`explore`], with a new channel.
#[track_caller]
fn model<R: Ord + Debug + Send + 'static, const N: usize>(
    preemptions: usize,
    outcomes: [R; N],
    f: impl Fn(Sender<u32>, Receiver<u32>) -> R + Send + Sync + 'static,
) {
    explore(preemptions, outcomes, move || {
        let (tx, rx) = channel(0);
        f(tx, rx)
    });
}

/// Like [`explore`], but there can be other outcomes as well.
#[track_caller]
fn reaches<R: Ord + Debug + Send + 'static, const N: usize>(
    preemptions: usize,
    outcomes: [R; N],
    f: impl Fn() -> R + Send + Sync + 'static,
) {
    let found = explore::model(preemptions, f);
    assert!(found.is_superset(&BTreeSet::from(outcomes)), "{found:?}");
}

/// Makes a channel whose receivers all wait in the same list, unless two threads have met there.
fn lane_mates<const N: usize>() -> (Sender<u32>, [Receiver<u32>; N]) {
    let (tx, rx) = channel(0);
    let mut mates = vec![rx];
    while mates.len() < N {
        mates.push(mates[0].clone());
    }
    (tx, mates.try_into().unwrap_or_else(|_| unreachable!()))
}

/// Sends these values on a new thread, which returns the sender.
fn sending<const N: usize>(tx: Sender<u32>, values: [u32; N]) -> JoinHandle<Sender<u32>> {
    thread::spawn(move || {
        values.into_iter().for_each(|value| tx.set(value));
        tx
    })
}

/// Adds one to the value on a new thread, which returns the sender.
fn adding(tx: Sender<u32>) -> JoinHandle<Sender<u32>> {
    thread::spawn(move || {
        tx.send_modify(|value| *value += 1);
        tx
    })
}

/// Polls for a change. If it is pending, the registration stays.
fn poll(task: &Task, rx: &mut Receiver<u32>) -> Poll<Result<(), RecvError>> {
    rx.poll_changed(&mut Context::from_waker(&task.waker()))
}

/// Polls for a change with a new task, and returns whether that is pending. The registration stays.
fn polled(rx: &mut Receiver<u32>) -> (Task, bool) {
    let task = Task::new();
    let is_pending = poll(&task, rx).is_pending();
    (task, is_pending)
}

/// Polls a wait once with a new task, and returns whether it is pending.
fn begun<F: Future>(wait: F) -> (Task, Pin<Box<F>>, bool) {
    let (task, mut wait) = (Task::new(), Box::pin(wait));
    let is_pending = task.poll(&mut wait).is_pending();
    (task, wait, is_pending)
}

/// Checks a wait that was polled once while another thread did what it waits for, and is over now.
/// No waker may be left.
#[track_caller]
fn end_of_a_wait(is_pending: bool, task: &Task) -> &'static str {
    assert_eq!(task.wakers_kept(), 0);
    match (is_pending, task.wakes()) {
        (true, 1) => "woken",
        (false, 0) => "ready",
        // A delivery has taken the waker before the wait was cancelled.
        (false, 1) => "ready and woken",
        other => panic!("{other:?}"),
    }
}

/// Polls a wait once while another thread acts. Returns how the wait has ended, and its output.
#[track_caller]
fn wait_against<R: Send + 'static, F: Future>(
    act: impl FnOnce() -> R + Send + 'static,
    wait: impl FnOnce() -> F,
) -> (&'static str, F::Output) {
    let task = Task::new();
    let acting = thread::spawn(act);
    let mut wait = Box::pin(wait());
    let polled = task.poll(&mut wait);
    let _kept = acting.join().unwrap();
    let end = end_of_a_wait(polled.is_pending(), &task);
    let output = match polled {
        Poll::Ready(output) => output,
        Poll::Pending => task.poll_ready(wait),
    };
    (end, output)
}

/// Sends, and returns the sender, or closes the channel.
fn send_or_close(tx: Sender<u32>, closes: bool) -> Option<Sender<u32>> {
    if closes {
        drop(tx);
        return None;
    }
    tx.set(1);
    Some(tx)
}

/// A note that one thread makes without any order. Another thread that finds what it does
/// afterwards must find the note.
#[derive(Clone)]
struct Note(Arc<AtomicUsize>);

impl Note {
    fn new() -> Self {
        Self(Arc::new(AtomicUsize::new(0)))
    }

    /// Makes the note on a new thread, which then acts.
    fn before<R: 'static>(&self, act: impl FnOnce() -> R + 'static) -> JoinHandle<R> {
        let note = self.clone();
        thread::spawn(move || {
            note.0.store(1, Ordering::Relaxed);
            act()
        })
    }

    fn is_visible(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 1
    }
}

/// Lets all receivers wait once more, and checks that a send wakes each of them once and leaves no
/// waker behind.
#[track_caller]
fn assert_all_can_wait<'a>(tx: &Sender<u32>, receivers: impl IntoIterator<Item = &'a mut Receiver<u32>>) {
    let tasks = receivers.into_iter().map(|rx| {
        let task = Task::new();
        rx.mark_unchanged();
        assert!(poll(&task, rx).is_pending());
        task
    });
    let tasks = tasks.collect::<Vec<_>>();
    tx.set(99);
    for (i, task) in tasks.iter().enumerate() {
        assert_eq!((task.wakes(), task.wakers_kept()), (1, 0), "receiver {i} of {}", tasks.len());
    }
}
