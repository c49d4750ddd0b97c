//! One receiver that waits, against sends and the close.

use std::future::poll_fn;
use std::pin::pin;

use loom::future::block_on;
use loom::thread;
use watch_channel::channel;

use crate::common::Task;
use crate::{Note, UNBOUNDED, adding, model, poll, reaches, send_or_close, sending, shorter, wait_against};

/// G1. Broken by a wait that checks only before it registers, by a waiting bit that is set before
/// the waker is in its list or not at all, by a send that takes no bit or takes it with Relaxed (it
/// then does not find the list), and by a bit that is set with Relaxed.
#[test]
pub(crate) fn g1_a_wait_against_a_send() {
    model(UNBOUNDED, ["ready", "woken"], |tx, mut rx| {
        let send = move || {
            tx.set(1);
            tx
        };
        let (end, changed) = wait_against(send, || rx.changed());
        assert_eq!(changed, Ok(()));
        end
    });
}

/// What a sender did before a send or its drop is visible to a receiver whose wait is over. Broken
/// by a version or a close that is published without Release, and by a waiting bit that is set
/// without Acquire (the second check of a wait).
#[test]
pub(crate) fn what_comes_before_a_send_is_visible_after_a_wait() {
    for closes in [false, true] {
        model(UNBOUNDED, [false, true], move |tx, mut rx| {
            let note = Note::new();
            let sender = note.before(move || send_or_close(tx, closes));
            let is_ready = poll(&Task::new(), &mut rx).is_ready();
            assert!(!is_ready || note.is_visible());
            let _tx = sender.join().unwrap();
            is_ready
        });
    }
}

/// G1, with a task that is polled as soon as it is woken. Broken by a delivery that begins before
/// the new version is published.
#[test]
pub(crate) fn g1_a_woken_task_finds_the_new_version() {
    // loom's `block_on` may wake the task once for no reason.
    model(UNBOUNDED, [1, 2, 3], |tx, mut rx| {
        let sender = sending(tx, [1]);
        let mut polls = 0;
        block_on(async {
            let mut wait = pin!(rx.changed());
            poll_fn(|cx| {
                polls += 1;
                wait.as_mut().poll(cx)
            })
            .await
            .unwrap();
        });
        assert_eq!(rx.get(), 1);
        sender.join().unwrap();
        polls
    });
}

/// G1. Broken by a close that does not take the waiting bits, or wakes before the channel is
/// closed.
#[test]
pub(crate) fn g1_a_wait_against_the_close() {
    model(UNBOUNDED, ["ready", "woken"], |tx, mut rx| {
        let (end, changed) = wait_against(move || drop(tx), || rx.changed());
        assert!(changed.is_err());
        end
    });
}

/// G1. The last value comes before the close. Broken by a close that hides an unseen version, and
/// by a sender that closes the channel although it is not the last one.
#[test]
pub(crate) fn g1_a_wait_against_a_send_and_the_close() {
    model(3, [false, true], |tx, mut rx| {
        let other = tx.clone();
        let first = thread::spawn(move || tx.set(1));
        let second = thread::spawn(move || drop(other));
        block_on(rx.changed()).unwrap();
        assert_eq!(rx.get_and_update(), 1);
        let is_closed = rx.is_closed();
        assert!(block_on(rx.changed()).is_err());
        first.join().unwrap();
        second.join().unwrap();
        is_closed
    });
}

/// G1. Broken by a send that takes the waiting bits and leaves the delivery to another one.
#[test]
pub(crate) fn g1_a_wait_against_two_senders() {
    model(2, [1, 2], |tx, mut rx| {
        let senders = [tx.clone(), tx].map(adding);
        let (mut last, mut waits) = (0, 0);
        while last < 2 {
            block_on(rx.changed()).unwrap();
            waits += 1;
            let value = rx.get_and_update();
            assert!(value > last, "{value} after {last}");
            last = value;
        }
        let _senders = senders.map(|sender| sender.join().unwrap());
        waits
    });
}

/// G1, with a registration that is kept between polls. Broken by a registration that a delivery has
/// used up and that is not renewed.
#[test]
pub(crate) fn g1_poll_changed_against_two_sends() {
    // At most two waits of two polls each, and one more poll because loom's `block_on` may wake the
    // task once for no reason.
    reaches(3, [0, 1, 2, 3, 4], || {
        let (tx, mut rx) = channel(0);
        let sender = sending(tx, [1, 2]);
        let mut polls = 0;
        block_on(async {
            while rx.get() != 2 {
                poll_fn(|cx| {
                    polls += 1;
                    rx.poll_changed(cx)
                })
                .await
                .unwrap();
            }
        });
        let _tx = sender.join().unwrap();
        assert!(polls <= 5);
        polls
    });
}

/// G1. A registration is kept, and a wait that was never polled is dropped. Broken by a dropped
/// wait that ends a registration that is not its own.
#[test]
pub(crate) fn g1_a_wait_that_was_never_polled_against_a_send() {
    model(UNBOUNDED, [()], |tx, mut rx| {
        let task = Task::new();
        assert!(poll(&task, &mut rx).is_pending());
        let sender = sending(tx, [1]);
        drop(rx.changed());
        let _tx = sender.join().unwrap();
        assert_eq!((task.wakes(), task.wakers_kept()), (1, 0));
    });
}

/// G1, with one future for several versions. Broken by a send that takes a bit and does not deliver
/// to its list.
#[test]
pub(crate) fn g1_wait_for_against_two_sends() {
    // Each send wakes the task once, and loom's `block_on` may do so once for no reason.
    model(3, [1, 2, 3, 4], |tx, mut rx| {
        let sender = sending(tx, [1, 2]);
        let mut polls = 0;
        block_on(async {
            let mut wait = pin!(rx.wait_for(|value| *value == 2));
            poll_fn(|cx| {
                polls += 1;
                wait.as_mut().poll(cx).map(|value| assert_eq!(*value.unwrap(), 2))
            })
            .await;
        });
        let _tx = sender.join().unwrap();
        polls
    });
}

/// G6. Broken by a wait that turns out to be over after it has registered, and does not cancel its
/// registration.
#[test]
pub(crate) fn g6_a_ready_wait_keeps_no_waker() {
    model(UNBOUNDED, [false, true], |tx, mut rx| {
        let task = Task::new();
        let sender = sending(tx, [1]);
        let is_ready = poll(&task, &mut rx).is_ready();
        if is_ready {
            assert_eq!(task.wakers_kept(), 0);
        }
        let _tx = sender.join().unwrap();
        assert!(is_ready || poll(&task, &mut rx).is_ready());
        assert_eq!(task.wakers_kept(), 0);
        is_ready
    });
}

/// G1, for a blocking wait. Broken by a thread that parks without checking whether it has been
/// woken, or that is not unparked.
#[test]
pub(crate) fn g1_changed_on_a_thread_against_a_send_and_the_close() {
    model(3, [false, true], |tx, mut rx| {
        let sender = thread::spawn(move || tx.set(1));
        rx.changed().wait().unwrap();
        assert_eq!(rx.get(), 1);
        let is_closed = rx.is_closed();
        assert!(rx.changed().wait().is_err());
        sender.join().unwrap();
        is_closed
    });
}

/// G1, for a blocking wait. Broken by the same changes as the model above. Here no close makes up
/// for a send.
#[test]
pub(crate) fn g1_changed_on_a_thread_against_two_sends() {
    model(3, [()], |tx, mut rx| {
        let sender = sending(tx, [1, 2]);
        while rx.get() != 2 {
            rx.changed().wait().unwrap();
        }
        let _tx = sender.join().unwrap();
    });
}

/// G1, G2. `recv` returns the value that it marks as seen, and none twice. Broken by a `recv` that
/// marks the version that has woken it as seen instead of the one that it copies, and by a
/// `try_set` that does not wake.
#[test]
pub(crate) fn g1_recv_against_a_set_and_a_try_set() {
    let expected = [(false, 1, None), (true, 1, None), (true, 1, Some(2)), (true, 2, None), (true, 2, Some(1))];
    model(shorter(3, 2), expected, |tx, mut rx| {
        let other = tx.clone();
        let first = sending(tx, [1]);
        let second = thread::spawn(move || (other.try_set(2).is_ok(), other));
        let early = block_on(rx.recv()).unwrap();
        let _tx = first.join().unwrap();
        let (is_sent, _other) = second.join().unwrap();
        let late = rx.try_recv().ok();
        assert_ne!(Some(early), late);
        assert_eq!(late.unwrap_or(early), rx.get());
        (is_sent, early, late)
    });
}

/// G1, with a `try_set` only. Broken by a `try_set` that takes the bit and does not wake.
#[test]
pub(crate) fn g1_a_wait_against_a_try_set() {
    model(UNBOUNDED, ["ready", "woken"], |tx, mut rx| {
        let send = move || {
            assert_eq!(tx.try_set(1), Ok(()));
            tx
        };
        let (end, changed) = wait_against(send, || poll_fn(|cx| rx.poll_changed(cx)));
        assert_eq!(changed, Ok(()));
        end
    });
}

/// G1, with one future for the versions of two senders. Broken by a send that takes a bit and does
/// not deliver to its list, and by a condition that is called with a value that is then not marked
/// as seen.
#[test]
pub(crate) fn g1_wait_for_against_two_senders() {
    let expected = [
        (false, vec![0, 1, 2]),
        (false, vec![0, 2]),
        (false, vec![1, 2]),
        (false, vec![2]),
        (true, vec![0, 1, 2]),
        (true, vec![0, 2]),
        (true, vec![1, 2]),
    ];
    model(2, expected, |tx, mut rx| {
        let other = tx.clone();
        let senders = [tx, other].map(adding);
        let (task, mut values) = (Task::new(), Vec::new());
        let mut wait = Box::pin(rx.wait_for(|value| {
            values.push(*value);
            *value == 2
        }));
        let is_pending = task.poll(&mut wait).is_pending();
        let _senders = senders.map(|sender| sender.join().unwrap());
        if is_pending {
            assert_eq!(task.wakes(), 1);
            assert_eq!(*task.poll_ready(wait).unwrap(), 2);
        }
        assert!(values.windows(2).all(|pair| pair[0] < pair[1]), "{values:?}");
        (is_pending, values)
    });
}

/// G1. The condition is called with the last value, and then the wait ends. Broken by a close that
/// hides an unseen version, and by a close that does not wake.
#[test]
pub(crate) fn g1_wait_for_against_a_send_and_the_close() {
    model(shorter(3, 2), [vec![0, 1], vec![1]], |tx, mut rx| {
        let other = tx.clone();
        let first = thread::spawn(move || tx.set(1));
        let second = thread::spawn(move || drop(other));
        let mut values = Vec::new();
        let is_closed = block_on(rx.wait_for(|value| {
            values.push(*value);
            *value == 2
        }))
        .is_err();
        assert!(is_closed);
        assert_eq!(values.last(), Some(&1));
        assert!(!rx.has_unseen());
        first.join().unwrap();
        second.join().unwrap();
        values
    });
}

/// G1, G6. A registered receiver is polled again by another task while the channel closes, and
/// another receiver is dropped. Broken by a registration that is not refreshed, and by a close that
/// wakes before it is published.
#[test]
pub(crate) fn g1_a_repeated_poll_against_the_close() {
    const WOKEN: &str = "ready and woken";
    model(UNBOUNDED, [("ready", 0), ("ready", 1), (WOKEN, 0), (WOKEN, 1), ("woken", 0), ("woken", 1)], |tx, mut rx| {
        let mut other = rx.clone();
        let tasks = [Task::new(), Task::new(), Task::new()];
        assert!(poll(&tasks[0], &mut rx).is_pending());
        assert!(poll(&tasks[1], &mut other).is_pending());
        let closing = thread::spawn(move || drop(tx));
        let dropping = thread::spawn(move || drop(other));
        let is_pending = poll(&tasks[2], &mut rx).is_pending();
        closing.join().unwrap();
        dropping.join().unwrap();
        assert!(tasks.iter().all(|task| task.wakers_kept() == 0));
        let outcome = match (is_pending, tasks[0].wakes(), tasks[2].wakes()) {
            (true, 0, 1) => "woken",
            (false, 0, 0) => "ready",
            // The delivery has taken one of its wakers.
            (false, 1, 0) | (false, 0, 1) => WOKEN,
            other => panic!("{other:?}"),
        };
        (outcome, tasks[1].wakes())
    });
}

/// G6. The last sender and the last receiver, which has a registration, are dropped at once, and a
/// weak sender is upgraded. Broken by a receiver that leaves its waker in the list, and by a close
/// that finds the entry of a dropped receiver.
#[test]
pub(crate) fn g6_both_ends_are_dropped_at_once() {
    // If the upgraded sender has found no receiver, the close came too late for its waker.
    let expected = [(0, None), (1, None), (0, Some(false)), (1, Some(false)), (0, Some(true))];
    model(shorter(UNBOUNDED, 3), expected, |tx, mut rx| {
        let weak = tx.downgrade();
        let task = Task::new();
        assert!(poll(&task, &mut rx).is_pending());
        let closing = thread::spawn(move || drop(tx));
        let upgrading = thread::spawn(move || weak.upgrade().map(|tx| tx.is_closed()));
        drop(rx);
        assert!(task.wakers_kept() <= 1, "a delivery may have taken one");
        closing.join().unwrap();
        let upgraded = upgrading.join().unwrap();
        assert_eq!(task.wakers_kept(), 0);
        (task.wakes(), upgraded)
    });
}
