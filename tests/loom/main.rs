//! Model checking: every interleaving, up to a bound on preemptions, of a few threads on one channel.
//!
//! Run them with `ci/loom.sh`. Each model says which changes to the code would break it. A lost wake-up shows as loom's "deadlock",
//! or as a task that is pending and has not been woken.
//!
//! | file | models |
//! |---|---|
//! | `value.rs` | the value, its version and the handles |
//! | `lock.rs` | the value's lock, and the threads that wait for it |
//! | `wait.rs` | one receiver that waits |
//! | `list.rs` | several receivers in one wait list |
//! | `closed.rs` | senders that wait for the last receiver's drop, or for the first receiver |
//! | `listen.rs` | event-listener's listeners |
//!
//! `pairs.rs` has a table of all pairs of operations, with their models.
//!
//! In a model there are at most two lanes, a batch takes two wakers, and a list begins with room for one. So a list with three
//! waiting receivers reaches every branch of a delivery, and a second receiver makes its list grow.
//!
//! A model returns its outcome, and the test compares the outcomes of all interleavings with those it expects. So a model
//! that no longer reaches a branch fails. The bound on preemptions is three, unless the model ends without one or does not
//! end with three within five minutes. `LOOM_MAX_PREEMPTIONS` sets another one, which must not be lower than a model's own.
//! `ci/loom.sh --thorough` finds the highest at which each model ends.
//!
//! The drop of the last sender closes the channel, which wakes receivers too. So the threads below return their sender, unless a
//! model is about the close.
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

use std::task::{Context, Poll};

use loom::thread::{self, JoinHandle};
use watch_channel::error::RecvError;
use watch_channel::{Receiver, Sender, channel};

use common::Task;
use explore::{UNBOUNDED, model, shorter};

/// Makes a channel whose receivers all wait in the same list, unless two threads have met there.
fn lane_mates<const N: usize>() -> (Sender<u32>, [Receiver<u32>; N]) {
    let (tx, rx) = channel(0);
    let mut mates = vec![rx];
    while mates.len() < N {
        mates.push(mates[0].clone());
    }
    (tx, mates.try_into().unwrap_or_else(|_| unreachable!()))
}

/// Sends on a new thread, which returns the sender.
fn sending(tx: Sender<u32>, value: u32) -> JoinHandle<Sender<u32>> {
    thread::spawn(move || {
        tx.set(value);
        tx
    })
}

/// Polls for a change. If it is pending, the registration stays.
fn poll(task: &Task, rx: &mut Receiver<u32>) -> Poll<Result<(), RecvError>> {
    rx.poll_changed(&mut Context::from_waker(&task.waker()))
}

/// Lets all receivers wait once more, and checks that a send wakes each of them once and leaves no waker behind.
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
