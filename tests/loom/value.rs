//! The value, its version and the handles: no task waits.

use loom::thread;
use watch_channel::Cached;
use watch_channel::error::TryRecvError;

use crate::common::Task;
use crate::{Note, UNBOUNDED, adding, model, poll, send_or_close, sending, shorter};

/// G2. Broken by a version that is published after the write lock has been released: a value is
/// then read with the version before its own.
#[test]
pub(crate) fn g2_a_value_and_its_version_are_one() {
    model(2, [0, 1, 2], |tx, mut rx| {
        let senders = [tx.clone(), tx].map(adding);
        let mut last = 0;
        for _ in 0..2 {
            let value = rx.borrow_and_update();
            assert_eq!(value.has_changed(), *value != last);
            last = *value;
        }
        let _senders = senders.map(|sender| sender.join().unwrap());
        let value = rx.borrow_and_update();
        assert_eq!((*value, value.has_changed()), (2, last != 2));
        last
    });
}

/// A receiver that knows of a version finds its value. Broken by a version that is published before
/// the write lock is taken. (The value's lock orders the rest for loom, so a Relaxed `load` passes
/// here.)
#[test]
pub(crate) fn a_receiver_that_knows_a_version_finds_its_value() {
    model(UNBOUNDED, [false, true], |tx, rx| {
        let sender = sending(tx, [1]);
        let is_known = rx.has_unseen();
        if is_known {
            assert_eq!(rx.get(), 1);
        }
        let _tx = sender.join().unwrap();
        is_known
    });
}

/// G2. During a `try_set` and a `set`, `try_recv` returns each value at most once, and the last
/// value is not lost. Broken by an attempt to read that marks a version as seen although it fails,
/// and by a `try_set` that publishes after it has unlocked.
#[test]
pub(crate) fn g2_an_attempt_to_receive_returns_a_value_once() {
    let expected = [
        (false, None, Some(2)),
        (false, Some(2), None),
        (true, None, Some(1)),
        (true, None, Some(2)),
        (true, Some(1), None),
        (true, Some(1), Some(2)),
        (true, Some(2), None),
        (true, Some(2), Some(1)),
    ];
    model(3, expected, |tx, mut rx| {
        let other = tx.clone();
        let first = thread::spawn(move || (tx.try_set(1).is_ok(), tx));
        let second = sending(other, [2]);
        let early = rx.try_recv().ok();
        let (is_sent, _tx) = first.join().unwrap();
        let _other = second.join().unwrap();
        let late = rx.try_recv().ok();
        assert!(rx.try_recv().is_err());
        assert_ne!(early, late, "a value is returned once, and the last one is");
        assert_eq!(late.or(early), Some(rx.get()));
        (is_sent, early, late)
    });
}

/// A receiver that sees the close finds the last value. Broken by a sender that closes the channel
/// although it is not the last one.
#[test]
pub(crate) fn the_close_comes_after_every_send() {
    model(UNBOUNDED, [false, true], |tx, mut rx| {
        let other = tx.clone();
        let first = thread::spawn(move || tx.set(1));
        let second = thread::spawn(move || drop(other));
        let is_closed = rx.is_closed();
        if is_closed {
            assert_eq!(*rx.borrow_and_update(), 1);
        }
        first.join().unwrap();
        second.join().unwrap();
        assert!(rx.is_closed());
        assert_eq!(*rx.borrow_and_update(), 1);
        is_closed
    });
}

/// A closed channel stays closed. Broken by an upgrade that reads the count and then adds to it.
#[test]
pub(crate) fn an_upgrade_against_the_last_senders_drop() {
    model(UNBOUNDED, [false, true], |tx, rx| {
        let weak = tx.downgrade();
        let dropping = thread::spawn(move || drop(tx));
        let upgraded = weak.upgrade();
        if let Some(tx) = &upgraded {
            assert!(!rx.is_closed());
            tx.set(1);
            assert_eq!(rx.get(), 1);
        }
        dropping.join().unwrap();
        assert_eq!(rx.is_closed(), upgraded.is_none());
        upgraded.is_some()
    });
}

/// A cached value is as new as the version that is stored with it. Broken by a version that is
/// published before the write lock is taken.
#[test]
pub(crate) fn two_sends_against_a_cached_value() {
    model(3, [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)], |tx, rx| {
        let sender = thread::spawn(move || {
            tx.set(1);
            tx.set(2);
        });
        let mut cached = Cached::new(rx);
        let early = *cached.get();
        let late = *cached.get();
        assert!(early <= late);
        sender.join().unwrap();
        assert_eq!(*cached.get(), 2);
        assert!(!cached.receiver().has_unseen());
        (early, late)
    });
}

/// What a sender did before a send or its drop is visible to a receiver that has found the version
/// or the close, even if it does not read the value. Broken by a version or a close that is
/// published without Release, and by a check for either without Acquire.
#[test]
pub(crate) fn what_comes_before_a_send_is_visible() {
    for closes in [false, true] {
        model(UNBOUNDED, [false, true], move |tx, rx| {
            let note = Note::new();
            let sender = note.before(move || send_or_close(tx, closes));
            let is_known = rx.has_unseen() || rx.is_closed();
            assert!(!is_known || note.is_visible());
            let _tx = sender.join().unwrap();
            is_known
        });
    }
}

/// Drops two handles on two threads, and checks that what comes before each drop is visible once
/// `is_closed` returns `true`.
fn notes_before_drops<H: 'static>(handles: [H; 2], is_closed: impl Fn() -> bool) -> bool {
    let notes = [Note::new(), Note::new()];
    let mut note = notes.iter();
    let dropping = handles.map(|handle| note.next().unwrap().before(move || drop(handle)));
    let is_closed = is_closed();
    assert!(!is_closed || notes.iter().all(Note::is_visible));
    dropping.into_iter().for_each(|thread| thread.join().unwrap());
    is_closed
}

/// What each sender did before its drop is visible to a receiver that sees the close. Broken by a
/// count that goes down without Release, or without Acquire by the last one, which closes the
/// channel.
#[test]
pub(crate) fn what_comes_before_every_senders_drop_is_visible() {
    model(UNBOUNDED, [false, true], |tx, rx| notes_before_drops([tx.clone(), tx], || rx.is_closed()));
}

/// What was done with each receiver before its drop is visible to a sender that finds no receiver.
/// Broken by a count that goes down without Release, or is read without Acquire.
#[test]
pub(crate) fn what_comes_before_the_last_receivers_drop_is_visible() {
    model(UNBOUNDED, [false, true], |tx, rx| notes_before_drops([rx.clone(), rx], || tx.is_closed()));
}

/// A call that returns the value has stored nothing, and a `send` that succeeds has found a
/// receiver. Broken by a `send` that stores the value before it checks for receivers, and by a
/// `try_set` that publishes a value and also returns it.
#[test]
pub(crate) fn sends_against_the_last_receivers_drop() {
    let expected = [(false, "sent", 2), (true, "busy", 1), (true, "sent", 1), (true, "sent", 2)];
    model(shorter(UNBOUNDED, 3), expected, |tx, rx| {
        let other = tx.clone();
        let first = thread::spawn(move || tx.send(1).is_ok());
        let dropping = thread::spawn(move || drop(rx));
        let second = match other.try_set(2) {
            Ok(()) => "sent",
            Err(2) => "busy",
            Err(other) => panic!("{other} is returned"),
        };
        let first = first.join().unwrap();
        dropping.join().unwrap();
        let value = other.get();
        match (first, second) {
            (false, "sent") => assert_eq!(value, 2),
            (true, "sent") => assert!(value == 1 || value == 2),
            (is_sent, _) => assert_eq!(value, u32::from(is_sent)),
        }
        (first, second, value)
    });
}

/// A clone has seen what its original has seen, and a new receiver has seen the version that was
/// current when it was made. Neither misses a send, and the new one does not take an old value for
/// a new one. Broken by a clone that has seen the current version, and by a new receiver that has
/// seen another version than it found.
#[test]
pub(crate) fn new_receivers_against_a_send() {
    let expected =
        [(0, false, false), (0, false, true), (0, true, false), (0, true, true), (1, false, false), (1, false, true)];
    model(3, expected, |tx, rx| {
        let source = tx.clone();
        let sender = sending(tx, [1]);
        let cloning = thread::spawn(move || {
            let clone = rx.clone();
            drop(rx);
            let has_unseen = clone.has_unseen();
            (clone, has_unseen)
        });
        let mut subscribed = source.subscribe();
        let early = subscribed.get_and_update();
        let late = subscribed.has_unseen();
        assert!(early == 0 || !late, "the one value is new twice");
        let (clone, clone_has_unseen) = cloning.join().unwrap();
        let _tx = sender.join().unwrap();
        assert_eq!(clone.borrow().has_changed(), clone.has_unseen());
        assert!(clone.has_unseen());
        assert_eq!(subscribed.has_unseen(), early == 0);
        assert_eq!((source.receiver_count(), clone.get(), subscribed.get()), (2, 1, 1));
        (early, late, clone_has_unseen)
    });
}

/// A channel is open as long as there is a clone of any sender. Broken by a clone that is counted
/// only after it has been made, and by a count that is read and then stored.
#[test]
pub(crate) fn a_senders_clone_against_another_senders_drop() {
    model(UNBOUNDED, [false, true], |tx, rx| {
        let other = tx.clone();
        let cloning = thread::spawn(move || {
            let clone = tx.clone();
            drop(tx);
            clone.set(1);
        });
        let dropping = thread::spawn(move || drop(other));
        let is_closed = rx.is_closed();
        if is_closed {
            assert_eq!(rx.get(), 1);
        }
        cloning.join().unwrap();
        dropping.join().unwrap();
        assert!(rx.is_closed());
        assert_eq!(rx.get(), 1);
        is_closed
    });
}

/// Two weak senders are upgraded while the last sender is dropped. The channel closes once, after
/// the last of the three. Broken by an upgrade that reads the count and then adds to it, and by a
/// sender that closes the channel although it is not the last one.
#[test]
pub(crate) fn two_upgrades_against_the_last_senders_drop() {
    model(shorter(UNBOUNDED, 3), [(false, false), (false, true), (true, false), (true, true)], |tx, mut rx| {
        let task = Task::new();
        assert!(poll(&task, &mut rx).is_pending());
        let weak = tx.downgrade();
        let first = thread::spawn({
            let weak = weak.clone();
            move || weak.upgrade().is_some()
        });
        let dropping = thread::spawn(move || drop(tx));
        let second = weak.upgrade();
        if let Some(tx) = &second {
            assert!(!rx.is_closed());
            tx.set(1);
        }
        let is_second = second.is_some();
        drop(second);
        let is_first = first.join().unwrap();
        dropping.join().unwrap();
        assert!(rx.is_closed() && weak.upgrade().is_none());
        assert_eq!((task.wakes(), task.wakers_kept()), (1, 0));
        assert_eq!(rx.get(), u32::from(is_second));
        (is_first, is_second)
    });
}

/// Each kind of read is made during one send. None fails because of another reader, and each value
/// has its version. Broken by an attempt to read that fails because of a reader.
#[test]
pub(crate) fn g2_three_kinds_of_reads_against_a_send() {
    let expected = [(None, 0, 0), (None, 0, 1), (None, 1, 0), (None, 1, 1), (Some(1), 1, 0), (Some(1), 1, 1)];
    model(3, expected, |tx, mut rx| {
        let other = rx.clone();
        let sender = sending(tx, [1]);
        let borrowing = thread::spawn(move || {
            let value = other.borrow();
            assert_eq!(value.has_changed(), *value == 1);
            *value
        });
        let received = rx.try_recv().ok();
        let with = rx.with(|value| *value);
        assert!(received.is_none_or(|received| received == with));
        let borrowed = borrowing.join().unwrap();
        let _tx = sender.join().unwrap();
        (received, with, borrowed)
    });
}

/// An attempt to receive finds the last value before it finds the close. Broken by a check for the
/// close that comes after the check for a new version.
#[test]
pub(crate) fn attempts_to_receive_against_a_send_and_the_close() {
    model(UNBOUNDED, [None, Some(1)], |tx, mut rx| {
        let other = tx.clone();
        let first = thread::spawn(move || tx.set(1));
        let second = thread::spawn(move || drop(other));
        let early = rx.try_recv();
        assert_ne!(early, Err(TryRecvError::Closed), "the last value comes first");
        first.join().unwrap();
        second.join().unwrap();
        if early.is_err() {
            assert_eq!(rx.try_recv(), Ok(1));
        }
        assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
        early.ok()
    });
}
