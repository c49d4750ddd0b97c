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
//!
//! # Which operations meet in which model
//!
//! The table has every pair of operations, under the one that comes first in the table. A capital letter says why a pair has no
//! model:
//!
//! - N: there is nothing to order. The two touch different words, lists and locks, or both only read, or one changes a part of a
//!   word that the other does not read. Either may come first.
//! - L: each of the two has an entry in a list, and the list's lock orders them. How a delivery treats the entries is in the rows
//!   of `set` and of the drops, and `src/wake/loom_tests.rs` has models of the lists alone.
//! - P: one of the two consists of other operations, one after the other: `send` is a check for receivers and `set`; `recv` and
//!   `wait_for` are `changed` and `with`. See the rows of these operations.
//! - S: once it has the lock, `try_set` does what `set` does, so the model of `set` covers it.
//! - B: one needs a sender or a receiver, and the other drops the last one, so the two never run at once.
//! - W: a `Watch` does not exist under loom, because a static needs `const` constructors, which loom's types do not have. All
//!   its methods are those of a `Sender` in a cell. `g1_two_first_waits_at_once` races for such a cell, and
//!   `threads_that_race_to_be_first_make_one_channel` in `tests/watch.rs` for the one of a `Watch`.
//!
//! | operation | what it also stands for |
//! |---|---|
//! | `set` | `send_modify`, `send_if_modified`, `send_replace` and `set_if_changed`, which share one function |
//! | `borrow` | `borrow_and_update` and `try_borrow`, of senders and receivers |
//! | `with` | `get`, `get_and_update`, the checks for a version or the close, `Cached` and `Mapped`, of senders and receivers |
//! | `first poll`, `later poll`, `dropped wait` | those of `changed`, in a task and on a thread |
//! | `poll_changed` | (the models call it `poll`) |
//! | `wait_for` | `wait_until` and `wait_for_map` |
//! | `recv`, `try_recv` | `recv_if`, the waits of `Mapped`, `try_recv_if` |
//! | `clone` | that of each handle |
//! | a drop without "last" | a drop that leaves other handles of the same kind |
//! | `closed`, `opened`, `listen` | their dropped futures, and `listen_closed` |
//!
//! ```text
//! send
//!   send, set, borrow, with, first poll, later poll, dropped wait, poll_changed, wait_for, recv, try_recv: P
//!   try_set: sends_against_the_last_receivers_drop
//!   clone, subscribe, sender's drop, receiver's drop, upgrade, closed: N
//!   last sender's drop: B
//!   last receiver's drop: sends_against_the_last_receivers_drop
//!   listen: P
//!   opened: N
//!   Watch: W
//! set
//!   set: two_writers two_writers_wait_for_a_reader g2_a_value_and_its_version_are_one g1_a_wait_against_two_senders
//!     g3_two_deliveries_at_once g3_two_deliveries_on_two_threads
//!   try_set: g2_an_attempt_to_receive_returns_a_value_once g1_recv_against_a_set_and_a_try_set
//!   borrow: two_readers_and_a_writer g7_a_second_read_and_a_queued_writer g7_two_channels_crosswise a_demand_against_a_newcomer
//!     g7_a_newcomer_finds_a_demand tries_against_a_holder
//!   with: a_receiver_that_knows_a_version_finds_its_value two_sends_against_a_cached_value
//!     g2_three_kinds_of_reads_against_a_send what_comes_before_a_send_is_visible
//!   first poll: g1_a_wait_against_a_send what_comes_before_a_send_is_visible_after_a_wait
//!     g1_a_woken_task_finds_the_new_version g1_changed_on_a_thread_against_two_sends g1_waits_in_one_lane_against_a_send
//!     g1_waits_in_two_lanes_against_a_send g1_growth_against_a_delivery g1_two_growths_against_a_delivery
//!   later poll: g1_a_repeated_poll_against_a_delivery g3_two_deliveries_on_two_threads
//!   dropped wait: g6_a_dropped_wait_against_a_delivery
//!     g1_a_dropped_wait_and_another_against_a_send g1_a_wait_that_was_never_polled_against_a_send
//!   poll_changed: g1_poll_changed_against_two_sends g6_a_ready_wait_keeps_no_waker
//!     g1_a_waiting_bit_that_another_receiver_has_set
//!   wait_for: g1_wait_for_against_two_sends g1_wait_for_against_two_senders
//!   recv: g1_recv_against_a_set_and_a_try_set
//!   try_recv: g2_an_attempt_to_receive_returns_a_value_once g2_three_kinds_of_reads_against_a_send
//!   clone: new_receivers_against_a_send
//!   subscribe: new_receivers_against_a_send g1_a_dropped_receiver_against_a_delivery
//!   sender's drop: the_close_comes_after_every_send
//!   last sender's drop: B
//!   receiver's drop: g1_a_dropped_receiver_against_a_delivery g6_a_receiver_and_a_wait_are_dropped_during_a_delivery
//!   last receiver's drop: sends_against_the_last_receivers_drop
//!   upgrade: N
//!   closed: g3_closed_and_a_wait_in_one_list_against_a_send
//!   listen: g1_a_listener_against_a_send g1_awaited_listeners_against_two_sends g1_a_wait_and_a_listener_against_a_send
//!   opened: N
//!   Watch: W
//! try_set
//!   try_set: S
//!   borrow: tries_against_a_holder
//!   with: S
//!   first poll: S
//!   later poll, dropped wait: S
//!   poll_changed: g1_a_wait_against_a_try_set
//!   wait_for: S
//!   recv: g1_recv_against_a_set_and_a_try_set
//!   try_recv: g2_an_attempt_to_receive_returns_a_value_once
//!   clone, subscribe, receiver's drop, closed: S
//!   sender's drop, upgrade: N
//!   last sender's drop: B
//!   last receiver's drop: sends_against_the_last_receivers_drop
//!   listen: g1_a_listener_against_two_senders
//!   opened: S
//!   Watch: W
//! borrow
//!   borrow: two_readers_and_a_writer
//!   with, try_recv: g2_three_kinds_of_reads_against_a_send
//!   first poll, later poll, dropped wait, poll_changed, clone, subscribe: N
//!   wait_for, recv: P
//!   sender's drop, last sender's drop, receiver's drop, last receiver's drop, upgrade, closed, listen: N
//!   opened: N
//!   Watch: W
//! with
//!   with: N
//!   try_recv: g2_three_kinds_of_reads_against_a_send
//!   first poll, later poll, dropped wait, poll_changed, clone, subscribe: N
//!   wait_for, recv: P
//!   sender's drop, last sender's drop, receiver's drop, last receiver's drop, upgrade, closed, listen: N
//!   opened: N
//!   Watch: W
//! first poll
//!   first poll: g1_two_first_waits_at_once g1_two_growths_at_once g1_waits_in_one_lane_against_a_send
//!   later poll, poll_changed: L
//!   dropped wait: g1_a_dropped_wait_and_another_against_a_send
//!   wait_for, recv: P
//!   try_recv, clone, subscribe, upgrade: N
//!   sender's drop: g1_a_wait_against_a_send_and_the_close
//!   last sender's drop: g1_a_wait_against_the_close g1_a_wait_against_a_send_and_the_close
//!     what_comes_before_a_send_is_visible_after_a_wait g1_changed_on_a_thread_against_a_send_and_the_close
//!   receiver's drop: g1_a_list_that_shrinks_against_a_first_wait
//!   last receiver's drop: B
//!   closed: g3_closed_and_a_wait_in_one_list_against_a_send
//!   listen: g1_a_wait_and_a_listener_against_a_send
//!   opened: L
//!   Watch: W
//! later poll
//!   later poll, dropped wait, poll_changed, closed: L
//!   wait_for, recv: P
//!   try_recv, clone, subscribe, sender's drop, upgrade, listen: N
//!   last sender's drop, receiver's drop: g1_a_repeated_poll_against_the_close
//!   last receiver's drop: B
//!   opened: L
//!   Watch: W
//! dropped wait
//!   dropped wait, poll_changed, closed: L
//!   wait_for, recv: P
//!   try_recv, clone, subscribe, sender's drop, upgrade, listen: N
//!   last sender's drop: g6_a_receiver_and_a_wait_are_dropped_during_the_close
//!   receiver's drop: g6_a_receiver_and_a_wait_are_dropped_during_the_close
//!   last receiver's drop: B
//!   opened: L
//!   Watch: W
//! poll_changed
//!   poll_changed: g1_two_first_waits_at_once
//!   wait_for, recv: P
//!   try_recv, clone, subscribe, sender's drop, listen: N
//!   last sender's drop: g1_a_waiting_bit_that_another_receiver_has_set_against_the_close
//!   receiver's drop: g1_a_list_that_shrinks_against_a_first_wait
//!   last receiver's drop: B
//!   upgrade: two_upgrades_against_the_last_senders_drop
//!   closed: g3_closed_and_a_wait_in_one_list_against_a_send
//!   opened: L
//!   Watch: W
//! wait_for
//!   wait_for, recv, try_recv, closed, listen: P
//!   clone, subscribe, upgrade: N
//!   sender's drop, last sender's drop: g1_wait_for_against_a_send_and_the_close
//!   receiver's drop: g6_a_receiver_and_a_wait_are_dropped_during_a_delivery
//!   last receiver's drop: B
//!   opened: P
//!   Watch: W
//! recv
//!   recv, try_recv, sender's drop, last sender's drop, receiver's drop, closed, listen: P
//!   clone, subscribe, upgrade: N
//!   last receiver's drop: B
//!   opened: P
//!   Watch: W
//! try_recv
//!   try_recv, clone, subscribe, receiver's drop, upgrade, closed, listen: N
//!   sender's drop, last sender's drop: attempts_to_receive_against_a_send_and_the_close
//!   last receiver's drop: B
//!   opened: N
//!   Watch: W
//! clone
//!   clone: N
//!   subscribe: new_receivers_against_a_send
//!   sender's drop: a_senders_clone_against_another_senders_drop
//!   last sender's drop, last receiver's drop: B
//!   receiver's drop, closed: g1_closed_against_a_clone_and_drops
//!   upgrade, listen: N
//!   opened: N
//!   Watch: W
//! subscribe
//!   subscribe, sender's drop, receiver's drop, upgrade: N
//!   last sender's drop: B
//!   last receiver's drop, closed: g1_closed_against_a_receiver_that_comes_and_goes
//!   listen: g1_a_closed_listener_and_a_receiver_that_comes_and_goes
//!   opened: g1_opened_against_a_subscribe g1_opened_on_a_thread_against_a_subscribe
//!   Watch: W
//! sender's drop
//!   sender's drop, last sender's drop: what_comes_before_every_senders_drop_is_visible the_close_comes_after_every_send
//!   receiver's drop, last receiver's drop, closed, listen: N
//!   upgrade: two_upgrades_against_the_last_senders_drop
//!   opened: N
//!   Watch: W
//! last sender's drop
//!   last sender's drop, closed: B
//!   receiver's drop: g6_a_receiver_and_a_wait_are_dropped_during_the_close
//!   last receiver's drop: g6_both_ends_are_dropped_at_once
//!   upgrade: an_upgrade_against_the_last_senders_drop two_upgrades_against_the_last_senders_drop
//!   listen: g1_a_listener_against_the_close
//!   opened: B
//!   Watch: W
//! receiver's drop
//!   receiver's drop, last receiver's drop: what_comes_before_the_last_receivers_drop_is_visible
//!   upgrade, listen: N
//!   closed: g1_closed_against_two_receivers_drops
//!   opened: N
//!   Watch: W
//! last receiver's drop
//!   last receiver's drop: B
//!   upgrade: g6_both_ends_are_dropped_at_once
//!   closed: g1_closed_against_the_last_receivers_drop what_comes_before_the_last_receivers_drop_is_visible_after_closed
//!     g6_a_dropped_closed_against_the_last_receivers_drop g1_closed_on_a_thread_against_the_last_receivers_drop
//!   listen: g1_a_closed_listener_against_the_last_receivers_drop
//!   opened: g1_opened_against_a_receiver_that_comes_and_goes
//!   Watch: W
//! upgrade
//!   upgrade: two_upgrades_against_the_last_senders_drop
//!   closed, listen: N
//!   opened: N
//!   Watch: W
//! closed
//!   closed: g1_two_senders_in_closed_against_the_last_receivers_drop
//!   listen: g1_a_closed_listener_and_a_receiver_that_comes_and_goes
//!   opened: g1_opened_and_closed_against_a_receiver_that_comes_and_goes
//!   Watch: W
//! opened
//!   opened: g1_two_senders_in_opened_against_a_subscribe
//!   listen: N
//!   Watch: W
//! listen
//!   listen: g1_two_listeners_against_a_send
//!   Watch: W
//! Watch
//!   Watch: W
//! ```
//!
//! `tests/loom_table.rs` checks that this table has every pair, names only models that exist, and leaves out no model.
#![cfg(loom)]

mod closed;
#[path = "../common/mod.rs"]
mod common;
mod explore;
mod list;
#[cfg(all(feature = "event-listener", loom_event_listener))]
mod listen;
mod lock;
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
