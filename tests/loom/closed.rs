//! `closed` and `opened`: senders that wait for the last receiver's drop, or for the first
//! receiver.

use loom::future::block_on;
use loom::thread::{self, JoinHandle};
use watch_channel::{Receiver, Sender, channel};

use crate::common::{Task, waiting};
use crate::{Note, UNBOUNDED, begun, end_of_a_wait, explore, model, polled, reaches, sending, shorter, wait_against};

/// Subscribes on a new thread, which returns the receiver.
pub(crate) fn subscribing(tx: &Sender<u32>) -> JoinHandle<Receiver<u32>> {
    let tx = tx.clone();
    thread::spawn(move || tx.subscribe())
}

/// G1. Broken by a wait that checks only before it registers, by a flag that is set before the
/// waker is in its list, by a last receiver that does not take the flag or wakes before it has
/// counted itself out, and by a flag that is set or taken with Relaxed.
#[test]
pub(crate) fn g1_closed_against_the_last_receivers_drop() {
    model(UNBOUNDED, ["ready", "woken"], |tx, rx| wait_against(move || drop(rx), || tx.closed()).0);
}

/// What was done with the receiver before its drop is visible to a sender whose wait is over.
/// Broken by a flag that is set without Acquire (the second check of a wait).
#[test]
pub(crate) fn what_comes_before_the_last_receivers_drop_is_visible_after_closed() {
    model(UNBOUNDED, [false, true], |tx, rx| {
        let note = Note::new();
        let dropping = note.before(move || drop(rx));
        let is_ready = Task::new().poll(&mut Box::pin(tx.closed())).is_ready();
        assert!(!is_ready || note.is_visible());
        dropping.join().unwrap();
        is_ready
    });
}

/// G1. Broken by a receiver that takes the flag although it is not the last one.
#[test]
pub(crate) fn g1_closed_against_two_receivers_drops() {
    model(shorter(UNBOUNDED, 3), [()], |tx, rx| {
        let other = rx.clone();
        let first = thread::spawn(move || drop(rx));
        let second = thread::spawn(move || drop(other));
        block_on(tx.closed());
        assert_eq!(tx.receiver_count(), 0);
        first.join().unwrap();
        second.join().unwrap();
    });
}

/// G1, G6. One of two senders that wait stops waiting. Broken by a dropped wait that leaves its
/// waker, or takes the other's wake-up with it.
#[test]
pub(crate) fn g6_a_dropped_closed_against_the_last_receivers_drop() {
    model(UNBOUNDED, [0, 1], |tx, rx| {
        let (leaves, mut stays) = (waiting(tx.closed()), waiting(tx.closed()));
        let dropping = thread::spawn(move || drop(rx));
        let left = leaves.cancel();
        dropping.join().unwrap();
        assert_eq!((left.wakers_kept(), stays.task.wakers_kept(), stays.wakes()), (0, 0, 1));
        assert!(stays.is_ready());
        // The list still works.
        let rx = tx.subscribe();
        let (first, second) = (waiting(tx.closed()), waiting(tx.closed()));
        drop(rx);
        assert_eq!((first.wakes(), second.wakes()), (1, 1));
        left.wakes()
    });
}

/// G1. While the last receiver is dropped, a new one is made and dropped as well. Broken by a
/// receiver that takes the flag and does not wake, and by a new wait that does not set the flag
/// again.
#[test]
pub(crate) fn g1_closed_against_a_receiver_that_comes_and_goes() {
    model(UNBOUNDED, [false, true], |tx, rx| {
        let first = waiting(tx.closed());
        let dropping = thread::spawn(move || drop(rx));
        let new = tx.subscribe();
        let second = waiting(tx.closed());
        let is_woken = first.wakes() == 1;
        drop(new);
        dropping.join().unwrap();
        assert_eq!((first.wakes(), second.wakes()), (1, 1));
        is_woken
    });
}

/// G1, for a blocking wait.
#[test]
pub(crate) fn g1_closed_on_a_thread_against_the_last_receivers_drop() {
    model(UNBOUNDED, [()], |tx, rx| {
        let dropping = thread::spawn(move || drop(rx));
        tx.closed().wait();
        assert!(tx.is_closed());
        dropping.join().unwrap();
    });
}

/// G1. Two senders wait in `closed` for the first time, each on its own thread, while the last
/// receiver is dropped. Broken by a flag that is set before the waker is in the list, and by a
/// delivery that wakes only one of them.
#[test]
pub(crate) fn g1_two_senders_in_closed_against_the_last_receivers_drop() {
    // If the other sender has set the flag, the delivery can find the waker of a wait that is
    // ready.
    model(3, ["ready", "ready and woken", "woken"], |tx, rx| {
        let other = tx.clone();
        let dropping = thread::spawn(move || drop(rx));
        let waiting = thread::spawn(move || block_on(other.closed()));
        let (task, closed, is_pending) = begun(tx.closed());
        waiting.join().unwrap();
        dropping.join().unwrap();
        let end = end_of_a_wait(is_pending, &task);
        task.poll_ready(closed);
        end
    });
}

/// G3. A receiver and a sender wait. A send wakes the receiver alone, and the receiver's drop wakes
/// the sender alone. Broken by waits in `closed` that are among those of the receivers.
#[test]
pub(crate) fn g3_closed_and_a_wait_against_a_send() {
    model(3, [false, true], |tx, mut rx| {
        let other = tx.clone();
        let sender = sending(tx, [1]);
        let receiving = thread::spawn(move || {
            let (task, is_pending) = polled(&mut rx);
            (is_pending, task, rx)
        });
        let closed = waiting(other.closed());
        let (is_pending, task, rx) = receiving.join().unwrap();
        let _tx = sender.join().unwrap();
        assert_eq!((task.wakes(), closed.wakes()), (is_pending.into(), 0));
        drop(rx);
        assert_eq!((task.wakers_kept(), closed.wakes()), (0, 1));
        is_pending
    });
}

/// G1. A receiver is cloned and both are dropped, while another one is dropped. The count reaches
/// zero once. Broken by a clone that is not counted, and by a receiver that takes the flag although
/// it is not the last one, and does not wake.
#[test]
pub(crate) fn g1_closed_against_a_clone_and_drops() {
    model(shorter(UNBOUNDED, 3), [()], |tx, rx| {
        let (other, weak) = (rx.clone(), tx.downgrade());
        let cloning = thread::spawn(move || {
            let clone = rx.clone();
            drop(rx);
            assert!(weak.upgrade().is_some_and(|tx| !tx.is_closed()));
            drop(clone);
        });
        let dropping = thread::spawn(move || drop(other));
        let (task, closed, is_pending) = begun(tx.closed());
        cloning.join().unwrap();
        dropping.join().unwrap();
        assert_ne!(end_of_a_wait(is_pending, &task), "ready and woken");
        assert!(tx.is_closed());
        task.poll_ready(closed);
    });
}

/// G1. Broken by a wait that checks only before it registers, by a flag that is set before the
/// waker is in its list, and by a `subscribe` that does not take the flag, or wakes before it has
/// counted its receiver.
#[test]
pub(crate) fn g1_opened_against_a_subscribe() {
    explore(UNBOUNDED, ["ready", "woken"], || {
        let tx = Sender::new(0);
        let other = tx.clone();
        wait_against(move || other.subscribe(), || tx.opened()).0
    });
}

/// G1, for a blocking wait.
#[test]
pub(crate) fn g1_opened_on_a_thread_against_a_subscribe() {
    explore(UNBOUNDED, [()], || {
        let tx = Sender::new(0);
        let subscribing = subscribing(&tx);
        tx.opened().wait();
        assert!(!tx.is_closed());
        drop(subscribing.join().unwrap());
    });
}

/// G1. Two senders wait in `opened`, each on its own thread. Broken by a delivery that wakes only
/// one of them.
#[test]
pub(crate) fn g1_two_senders_in_opened_against_a_subscribe() {
    explore(3, [false, true], || {
        let tx = Sender::new(0);
        let other = tx.clone();
        let waiting = thread::spawn(move || block_on(other.opened()));
        let subscribing = subscribing(&tx);
        let (task, opened, is_pending) = begun(tx.opened());
        let _rx = subscribing.join().unwrap();
        waiting.join().unwrap();
        assert!(!is_pending || task.wakes() == 1);
        assert_eq!(task.wakers_kept(), 0);
        task.poll_ready(opened);
        is_pending
    });
}

/// G1. The last receiver is dropped while the next one subscribes. A sender that finds none of them
/// is woken. Broken by a `subscribe` that looks for the flag before it counts its receiver.
#[test]
pub(crate) fn g1_opened_against_a_receiver_that_comes_and_goes() {
    model(UNBOUNDED, [false, true], |tx, rx| {
        let dropping = thread::spawn(move || drop(rx));
        let subscribing = subscribing(&tx);
        let (task, opened, is_pending) = begun(tx.opened());
        dropping.join().unwrap();
        let _rx = subscribing.join().unwrap();
        assert_eq!(task.wakes(), usize::from(is_pending));
        task.poll_ready(opened);
        is_pending
    });
}

/// G1. A sender waits in `closed` and another one in `opened`, in the same list, while the last
/// receiver is dropped and the next one subscribes. Broken by a drop or a `subscribe` that takes
/// the other one's flag and wakes no task.
#[test]
pub(crate) fn g1_opened_and_closed_against_a_receiver_that_comes_and_goes() {
    let expected =
        [(true, true, true), (true, false, true), (true, false, false), (false, true, false), (false, false, false)];
    reaches(UNBOUNDED, expected, || {
        let (tx, rx) = channel(0);
        let (left, right) = (Task::new(), Task::new());
        let other = tx.clone();
        let receiving = thread::spawn(move || {
            drop(rx);
            other.subscribe()
        });
        let (mut closed, mut opened) = (Box::pin(tx.closed()), Box::pin(tx.opened()));
        let is_open = left.poll(&mut closed).is_pending();
        let is_closed = right.poll(&mut opened).is_pending();
        let rx = receiving.join().unwrap();
        // A sender that waits in `closed` for the next receiver's drop has not been woken yet.
        let was_woken = left.wakes() > 0;
        drop(rx);
        assert!(!is_open || left.wakes() > 0, "closed sleeps");
        assert!(!is_closed || right.wakes() > 0, "opened sleeps");
        (is_open, is_closed, was_woken)
    });
}
