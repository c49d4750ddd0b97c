//! `listen` and `listen_closed`: event-listener's listeners.

use std::pin::pin;

use loom::future::block_on;
use loom::thread;
use watch_channel::{Receiver, Sender, channel};

use crate::closed::subscribing;
use crate::common::{Task, waiting};
use crate::{UNBOUNDED, begun, explore, model, reaches, sending, shorter, wait_against};

/// Listens, checks, and waits if nothing was unseen. Returns what the check has found.
fn listen(rx: &Receiver<u32>) -> bool {
    let listener = rx.listen();
    let has_unseen = rx.has_unseen();
    if !has_unseen {
        block_on(listener);
    }
    has_unseen
}

/// G1. Listen, check, wait. Broken by a bit that is not set, and by a send that takes it without a
/// notification.
#[test]
pub(crate) fn g1_a_listener_against_a_send() {
    model(UNBOUNDED, ["found", "notified", "woken"], |tx, rx| {
        let task = Task::new();
        let sender = sending(tx, [1]);
        let mut listener = pin!(rx.listen());
        let has_unseen = rx.has_unseen();
        let polled = task.poll_pinned(listener.as_mut());
        let _tx = sender.join().unwrap();
        let outcome = match (has_unseen, polled.is_pending(), task.wakes()) {
            (false, true, 1) => "woken",
            (_, false, 0) => "notified",
            (true, true, _) => "found",
            other => panic!("{other:?}"),
        };
        assert!(has_unseen || polled.is_ready() || task.poll_pinned(listener).is_ready());
        outcome
    });
}

/// G1, for listeners that are awaited. Broken by the same changes as the model above.
#[test]
pub(crate) fn g1_awaited_listeners_against_two_sends() {
    reaches(3, [0, 1, 2], || {
        let (tx, mut rx) = channel(0);
        let sender = sending(tx, [1, 2]);
        let mut waits = 0;
        while rx.get_and_update() != 2 {
            let listener = rx.listen();
            if !rx.has_unseen() {
                waits += 1;
                block_on(listener);
            }
        }
        let _tx = sender.join().unwrap();
        waits
    });
}

/// G1. A listener made after the close is notified from the start, so no check for the close is
/// needed. Broken by a `listen` that does not check for it, by a bit that is set before the
/// listener is in its list, and by a close that does not take the bit.
#[test]
pub(crate) fn g1_a_listener_against_the_close() {
    model(UNBOUNDED, ["ready", "woken"], |tx, rx| wait_against(move || drop(tx), || rx.listen()).0);
}

/// G1. Broken by a `listen_closed` that sets the flag before it listens or does not check for
/// receivers, and by a last receiver that wakes only the tasks in `closed`.
#[test]
pub(crate) fn g1_a_closed_listener_against_the_last_receivers_drop() {
    model(UNBOUNDED, ["ready", "woken"], |tx, rx| wait_against(move || drop(rx), || tx.listen_closed()).0);
}

/// G1. The last receiver's drop finds the flag of a listener, and takes the flag of a task that has
/// begun to wait for a new receiver's drop. Broken by a flag that is taken with Relaxed: the
/// delivery then does not find the task's list.
#[test]
pub(crate) fn g1_a_closed_listener_and_a_receiver_that_comes_and_goes() {
    model(UNBOUNDED, [false, true], |tx, rx| {
        let listener = waiting(tx.listen_closed());
        let dropping = thread::spawn(move || drop(rx));
        let new = tx.subscribe();
        let closed = waiting(tx.closed());
        let is_notified = listener.wakes() == 1;
        drop(new);
        dropping.join().unwrap();
        assert_eq!((listener.wakes(), closed.wakes()), (1, 1));
        is_notified
    });
}

/// G1. A sender listens for the last receiver's drop while the first receiver subscribes, and finds
/// the flag of a task that waits for it. Broken by a `subscribe` that clears the flag.
#[test]
pub(crate) fn g1_a_closed_listener_against_the_first_receiver() {
    explore(UNBOUNDED, [false, true], || {
        let tx = Sender::new(0);
        let (opened, _wait, _) = begun(tx.opened());
        let subscribing = subscribing(&tx);
        let task = Task::new();
        let mut listener = pin!(tx.listen_closed());
        let found_none = task.poll_pinned(listener.as_mut()).is_ready();
        let rx = subscribing.join().unwrap();
        assert_eq!((opened.wakes(), task.wakes()), (1, 0));
        drop(rx);
        assert_eq!(task.wakes(), usize::from(!found_none));
        found_none
    });
}

/// G1. A task and a listener wait for the same version. Broken by a send that wakes only one kind.
#[test]
pub(crate) fn g1_a_wait_and_a_listener_against_a_send() {
    model(shorter(UNBOUNDED, 3), [(false, false), (false, true), (true, false), (true, true)], |tx, mut rx| {
        let other = rx.clone();
        let sender = sending(tx, [1]);
        let listening = thread::spawn(move || listen(&other));
        let (task, _wait, is_pending) = begun(rx.changed());
        let has_unseen = listening.join().unwrap();
        let _tx = sender.join().unwrap();
        assert_eq!(task.wakes(), is_pending.into());
        (is_pending, has_unseen)
    });
}

/// G1. Two threads listen for the same version. Broken by a bit that only the first listener sets,
/// and by a send that notifies only one of them.
#[test]
pub(crate) fn g1_two_listeners_against_a_send() {
    model(shorter(3, 2), [(false, false), (false, true), (true, false), (true, true)], |tx, rx| {
        let other = rx.clone();
        let sender = sending(tx, [1]);
        let listening = thread::spawn(move || listen(&other));
        let has_unseen = listen(&rx);
        let other_has_unseen = listening.join().unwrap();
        let _tx = sender.join().unwrap();
        assert!(rx.has_unseen());
        (has_unseen, other_has_unseen)
    });
}

/// G1. A listener against a `try_set` and a send. Both publish a version, and the one that takes
/// the bit must notify. Broken by a send that takes the bit and leaves the notification to the
/// other one.
#[test]
pub(crate) fn g1_a_listener_against_two_senders() {
    reaches(3, [(false, false, false), (false, false, true), (false, true, true), (true, false, true)], || {
        let (tx, rx) = channel(0);
        let other = tx.clone();
        let senders = (sending(tx, [1]), thread::spawn(move || (other.try_set(2).is_ok(), other)));
        let task = Task::new();
        let mut listener = pin!(rx.listen());
        let has_unseen = rx.has_unseen();
        let polled = task.poll_pinned(listener.as_mut());
        let _tx = senders.0.join().unwrap();
        let (is_sent, _other) = senders.1.join().unwrap();
        assert!(has_unseen || polled.is_ready() || task.wakes() == 1);
        (has_unseen, polled.is_ready(), is_sent)
    });
}
