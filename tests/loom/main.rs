//! Model checking: every interleaving, up to a bound on preemptions, of a few threads on one channel.
//!
//! Run with `ci/loom.sh`. Each model says which step or ordering it guards: with that one broken, it fails. A lost wake-up
//! shows as loom's "deadlock", or as a task that is pending and has not been woken.
//!
//! | file | models |
//! |---|---|
//! | `value.rs` | the value, its version and the handles |
//! | `lock.rs` | the value's lock, and the threads that wait for it |
//! | `tries.rs` | calls that never wait |
//! | `wait.rs` | one receiver that waits |
//! | `list.rs` | several receivers in one wait list |
//! | `closed.rs` | senders that wait for the last receiver's drop |
//! | `listen.rs` | event-listener's listeners |
//!
//! In a model there are two lanes, a delivery takes two wakers at a time, and a list starts with a slot for one receiver.
//! So a list with three waiting receivers reaches every branch of a delivery, and a second receiver makes its list grow.
//!
//! A model returns its outcome, and the test compares the outcomes of all interleavings with those it expects. So a model
//! that no longer reaches a branch fails. `LOOM_MAX_PREEMPTIONS` must not be lower than a model's own bound.
//!
//! A sender's drop is a close, which wakes receivers too. So the threads below hand their sender back, unless the close is
//! what a model is about.
#![cfg(loom)]

mod closed;
#[path = "../common/mod.rs"]
mod common;
mod list;
#[cfg(all(feature = "event-listener", loom_event_listener))]
mod listen;
mod lock;
mod tries;
mod value;
mod wait;

use std::collections::BTreeSet;
use std::mem;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use loom::model::Builder;
use loom::thread::{self, JoinHandle};
use watch_channel::error::RecvError;
use watch_channel::{Receiver, Sender, channel};

use common::Task;

/// Explores all interleavings with at most so many preemptions, and returns their outcomes.
fn model<R: Ord + Send + 'static>(preemptions: usize, f: impl Fn() -> R + Send + Sync + 'static) -> BTreeSet<R> {
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.max_branches = 10_000;
    builder.check({
        let outcomes = outcomes.clone();
        move || {
            let outcome = f();
            outcomes.lock().unwrap().insert(outcome);
        }
    });
    mem::take(&mut *outcomes.lock().unwrap())
}

/// Makes a channel whose receivers all wait in the same list.
fn lane_mates<const N: usize>() -> (Sender<u32>, [Receiver<u32>; N]) {
    const LANES: usize = 2;
    let (tx, rx) = channel(0);
    let mut receivers = vec![rx];
    while receivers.len() < N * LANES {
        receivers.push(receivers[0].clone());
    }
    let mates = receivers.into_iter().step_by(LANES).collect::<Vec<_>>();
    (tx, mates.try_into().unwrap_or_else(|_| unreachable!()))
}

/// Sends on a thread of its own, which hands the sender back.
fn sending(tx: Sender<u32>, value: u32) -> JoinHandle<Sender<u32>> {
    thread::spawn(move || {
        tx.set(value);
        tx
    })
}

/// Polls for a change. The registration stays when it is pending.
fn poll(task: &Task, rx: &mut Receiver<u32>) -> Poll<Result<(), RecvError>> {
    rx.poll_changed(&mut Context::from_waker(&task.waker()))
}

/// Lets all receivers wait once more, and checks that a send wakes each of them once and leaves no waker behind. A list
/// with a wrong link fails this.
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
