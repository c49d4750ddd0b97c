//! Sending: what is stored, what is returned, and what counts as a new version.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::Task;
use common::must_end;
use watch_channel::error::SendError;
use watch_channel::{Receiver, Sender, channel};

#[test]
fn a_value_sent_is_seen() {
    let (tx, rx) = channel("one");
    assert_eq!(*rx.borrow(), "one");
    assert_eq!(tx.send("two"), Ok(()));
    assert_eq!(*rx.borrow(), "two");
    assert_eq!(*tx.borrow(), "two");
}

#[test]
fn without_receivers_send_gives_the_value_back_and_stores_nothing() {
    let (tx, rx) = channel(1);
    drop(rx);
    assert_eq!(tx.send(2), Err(SendError(2)));
    assert_eq!(*tx.borrow(), 1);
    let rx = tx.subscribe();
    assert_eq!(rx.has_changed(), Ok(false));
    assert_eq!(tx.send(3), Ok(()));
    assert_eq!(*rx.borrow(), 3);
}

#[test]
fn without_receivers_every_other_way_to_send_stores_the_value() {
    let tx = Sender::new(1);
    assert_eq!(tx.send_replace(2), 1);
    tx.send_modify(|value| *value += 1);
    assert!(tx.send_if_modified(|value| {
        *value += 1;
        true
    }));
    assert_eq!(*tx.subscribe().borrow(), 4);
}

#[test]
fn an_unmodified_value_is_no_version_but_stays_visible() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    let mut changed = Box::pin(rx.changed());
    assert!(task.poll(&mut changed).is_pending());
    assert!(!tx.send_if_modified(|value| {
        *value = 2;
        false
    }));
    assert_eq!(task.wakes(), 0);
    drop(changed);
    assert_eq!(rx.has_changed(), Ok(false));
    assert_eq!(*rx.borrow(), 2);
}

#[test]
fn a_panicking_closure_is_no_version_and_the_channel_stays_usable() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    let mut changed = Box::pin(rx.changed());
    assert!(task.poll(&mut changed).is_pending());
    for _ in 0..2 {
        let panicked = catch_unwind(|| {
            tx.send_modify(|value| {
                *value += 1;
                panic!("on purpose");
            });
        });
        assert!(panicked.is_err());
    }
    assert_eq!(task.wakes(), 0);
    drop(changed);
    assert_eq!(rx.has_changed(), Ok(false));
    assert_eq!(*rx.borrow(), 3);
    tx.send(4).unwrap();
    assert_eq!(rx.has_changed(), Ok(true));
    assert_eq!(*rx.borrow_and_update(), 4);
}

/// Reads its channel when it is dropped. This hangs, or panics in a debug build, if a lock is held.
struct Looks {
    at: Option<(Receiver<Looks>, Sender<Looks>)>,
    looked: Arc<AtomicBool>,
}

impl Drop for Looks {
    fn drop(&mut self) {
        if let Some((rx, tx)) = self.at.take() {
            assert!(rx.borrow().at.is_none());
            tx.send_modify(|_| ());
            self.looked.store(true, Ordering::SeqCst);
        }
    }
}

/// Two values are never equal.
impl PartialEq for Looks {
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

#[test]
fn g3_the_old_value_is_dropped_with_no_lock_held() {
    let ways: [fn(&Sender<Looks>, Looks); 5] = [
        |tx, value| tx.send(value).ok().unwrap(),
        |tx, value| tx.try_set(value).ok().unwrap(),
        |tx, value| tx.set(value),
        |tx, value| drop(tx.send_replace(value)),
        |tx, value| drop(tx.set_if_changed(value)),
    ];
    for send in ways {
        must_end(move || {
            let looked = Arc::new(AtomicBool::new(false));
            let (tx, mut rx) = channel(Looks { at: None, looked: looked.clone() });
            send(&tx, Looks { at: Some((rx.clone(), tx.clone())), looked: looked.clone() });
            rx.mark_unchanged();
            send(&tx, Looks { at: None, looked: looked.clone() });
            assert!(looked.load(Ordering::SeqCst));
            assert_eq!(rx.has_changed(), Ok(true));
        });
    }
}

#[test]
fn the_old_value_is_dropped_after_all_tasks_have_been_woken() {
    struct Asks(Arc<Task>, Arc<AtomicBool>);
    impl PartialEq for Asks {
        fn eq(&self, _: &Self) -> bool {
            false
        }
    }
    impl Drop for Asks {
        fn drop(&mut self) {
            self.1.store(self.0.wakes() == 1, Ordering::SeqCst);
        }
    }
    let ways: [fn(&Sender<Option<Asks>>); 5] = [
        |tx| tx.send(None).ok().unwrap(),
        |tx| tx.try_set(None).ok().unwrap(),
        |tx| tx.set(None),
        |tx| drop(tx.send_replace(None)),
        |tx| drop(tx.set_if_changed(None)),
    ];
    for send in ways {
        let (task, woken_before) = (Arc::new(Task::new()), Arc::new(AtomicBool::new(false)));
        let (tx, mut rx) = channel(Some(Asks(task.clone(), woken_before.clone())));
        let mut changed = Box::pin(rx.changed());
        assert!(task.poll(&mut changed).is_pending());
        send(&tx);
        assert!(woken_before.load(Ordering::SeqCst));
    }
}

#[test]
fn values_that_cannot_be_cloned_or_shared_by_static_references_are_fine() {
    struct NoClone<'a>(&'a str);
    let text = String::from("borrowed");
    let (tx, rx) = channel(NoClone(&text));
    assert_eq!(tx.send_replace(NoClone("other")).0, "borrowed");
    assert_eq!(rx.borrow().0, "other");
}

#[test]
fn errors_read_like_tokios() {
    use tokio::sync::watch;

    let (tx, mut rx) = channel(vec![1]);
    let (tokio_tx, mut tokio_rx) = watch::channel(vec![1]);
    let task = Task::new();

    drop((tx, tokio_tx));
    let (ours, tokios) = (task.poll_ready(rx.changed()).unwrap_err(), task.poll_ready(tokio_rx.changed()).unwrap_err());
    assert_eq!(format!("{ours:?} {ours}"), format!("{tokios:?} {tokios}"));

    let ours = Sender::new(vec![1]).send(vec![2]).unwrap_err();
    let tokios = watch::Sender::new(vec![1]).send(vec![2]).unwrap_err();
    assert_eq!(format!("{ours:?} {ours}"), format!("{tokios:?} {tokios}"));
    assert_eq!(ours.into_inner(), [2]);

    // The error's `Debug` has no bound on the value.
    struct Opaque;
    fn is_error(_: &dyn std::error::Error) {}
    let error = Sender::new(Opaque).send(Opaque).err().unwrap();
    is_error(&error);
    assert_eq!(format!("{error:?}"), "SendError { .. }");
}

#[test]
fn a_panicking_drop_of_the_old_value_comes_after_the_send() {
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.0, "on purpose");
        }
    }
    let (tx, rx) = channel(Bomb(true));
    assert!(catch_unwind(AssertUnwindSafe(|| tx.send(Bomb(false)))).is_err());
    assert!(!rx.borrow().0);
    assert_eq!(rx.has_changed(), Ok(true));
}

#[test]
fn set_stores_a_value_with_and_without_receivers() {
    let tx = Sender::new(1);
    tx.set(2);
    let rx = tx.subscribe();
    assert_eq!((*rx.borrow(), rx.has_changed()), (2, Ok(false)));
    tx.set(3);
    assert_eq!((*rx.borrow(), rx.has_changed()), (3, Ok(true)));
}

#[test]
fn set_if_changed_stores_only_what_differs() {
    let (tx, mut rx) = channel(String::from("a"));
    assert_eq!(tx.set_if_changed("a".into()), None);
    assert_eq!(rx.has_changed(), Ok(false));
    assert_eq!(tx.set_if_changed("b".into()), Some("a".into()));
    assert_eq!(*rx.borrow_and_update(), "b");
    drop(rx);
    assert_eq!(tx.set_if_changed("c".into()), Some("b".into()), "without receivers too");
    // A value that does not equal itself always differs.
    let tx = Sender::new(f32::NAN);
    assert!(tx.set_if_changed(f32::NAN).is_some());
}

#[test]
fn a_panicking_comparison_changes_nothing() {
    #[derive(Debug)]
    struct Incomparable(u8);
    impl PartialEq for Incomparable {
        fn eq(&self, _: &Self) -> bool {
            panic!("on purpose")
        }
    }
    let (tx, rx) = channel(Incomparable(1));
    assert!(catch_unwind(AssertUnwindSafe(|| tx.set_if_changed(Incomparable(2)))).is_err());
    assert_eq!((rx.borrow().0, rx.has_changed()), (1, Ok(false)));
    tx.set(Incomparable(3));
    assert_eq!(rx.borrow().0, 3);
}

#[test]
fn try_set_stores_or_gives_the_value_back() {
    let (tx, rx) = channel(1);
    assert_eq!(tx.try_set(2), Ok(()));
    assert_eq!((*rx.borrow(), rx.has_changed()), (2, Ok(true)));
    let held = rx.borrow();
    assert_eq!(tx.try_set(3), Err(3));
    drop(held);
    rx.with(|_| assert_eq!(tx.try_set(3), Err(3)));
    tx.send_modify(|_| assert_eq!(tx.try_set(3), Err(3)));
    assert_eq!(*rx.borrow(), 2);
    drop(rx);
    assert_eq!(tx.try_set(4), Ok(()), "it stores without receivers");
    assert_eq!(*tx.borrow(), 4);
}

#[test]
fn a_try_set_that_fails_leaves_nothing_locked() {
    let (tx, rx) = channel(1);
    let held = rx.borrow();
    let _ = tx.try_set(2);
    let second = rx.try_borrow();
    assert!(second.is_some());
    drop((held, second));
    assert_eq!(tx.try_set(2), Ok(()));
}

#[test]
fn every_way_to_send_wakes() {
    let (tx, mut rx) = channel(0);
    let sends: [fn(&Sender<i32>); 7] = [
        |tx| tx.send(1).unwrap(),
        |tx| tx.try_set(2).unwrap(),
        |tx| tx.set(3),
        |tx| assert_eq!(tx.set_if_changed(4), Some(3)),
        |tx| tx.send_modify(|value| *value = 5),
        |tx| assert!(tx.send_if_modified(|_| true)),
        |tx| assert_eq!(tx.send_replace(6), 5),
    ];
    for send in sends {
        let task = Task::new();
        let mut changed = Box::pin(rx.changed());
        assert!(task.poll(&mut changed).is_pending());
        send(&tx);
        assert_eq!(task.wakes(), 1);
        assert!(task.poll(&mut changed).is_ready());
    }
}

#[test]
fn a_value_that_was_not_sent_can_be_taken_out_of_the_error() {
    let (tx, rx) = channel(String::from("a"));
    drop(rx);
    assert_eq!(tx.send("d".into()).unwrap_err().into_inner(), "d");
}

#[test]
fn send_modify_returns_what_its_closure_returns() {
    let (tx, mut rx) = channel(vec![1, 2]);
    assert_eq!(tx.send_modify(Vec::pop), Some(2));
    assert_eq!(rx.try_recv(), Ok(vec![1]));
    // A result is a new version even if it says that nothing has changed.
    assert!(!tx.send_modify(|_| false));
    assert!(rx.has_unseen());
    // tokio's calls, whose closures return nothing.
    let clear: fn(&mut Vec<i32>) = |list| list.clear();
    tx.send_modify(clear);
    assert_eq!(rx.get(), []);
}

/// A receiver that comes between learns of both changes, so one that does not must not be kept from the second. (Kotlin's
/// `StateFlow` delivers nothing there.)
#[test]
fn a_value_that_changes_and_changes_back_is_unseen() {
    let (tx, mut rx) = channel('a');
    let before = rx.version();
    assert_eq!(tx.set_if_changed('b'), Some('a'));
    assert_eq!(tx.set_if_changed('a'), Some('b'));
    assert_ne!(rx.version(), before);
    assert_eq!(rx.try_recv(), Ok('a'));
}
