//! Sending: what is stored, what is returned, and what counts as a new version.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::{Task, must_end};
use watch_channel::{Receiver, Sender, channel};

/// When it is dropped, it uses its channel, which hangs, or panics in a debug build, if a lock is
/// held. It notes how often a task had been woken by then.
struct Looks {
    at: Option<(Receiver<Looks>, Sender<Looks>)>,
    task: Arc<Task>,
    wakes: Arc<AtomicUsize>,
}

impl Drop for Looks {
    fn drop(&mut self) {
        if let Some((rx, tx)) = self.at.take() {
            assert!(rx.borrow().at.is_none());
            self.wakes.store(self.task.wakes(), Ordering::SeqCst);
            tx.send_modify(|_| ());
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
fn g3_the_old_value_is_dropped_with_no_lock_held_after_all_tasks_have_been_woken() {
    let ways: [fn(&Sender<Looks>, Looks); 5] = [
        |tx, value| tx.send(value).ok().unwrap(),
        |tx, value| tx.try_set(value).ok().unwrap(),
        |tx, value| tx.set(value),
        |tx, value| drop(tx.send_replace(value)),
        |tx, value| drop(tx.set_if_changed(value)),
    ];
    for send in ways {
        must_end(move || {
            let (task, wakes) = (Arc::new(Task::new()), Arc::new(AtomicUsize::new(0)));
            let value = |at| Looks { at, task: task.clone(), wakes: wakes.clone() };
            let (tx, mut rx) = channel(value(None));
            send(&tx, value(Some((rx.clone(), tx.clone()))));
            rx.mark_unchanged();
            assert!(task.poll_changed(&mut rx).is_pending());
            send(&tx, value(None));
            assert_eq!(wakes.load(Ordering::SeqCst), 1);
            assert_eq!(rx.has_changed(), Ok(true));
        });
    }
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

    // The error's `Debug` has no bound on the value.
    struct Opaque;
    fn is_error(_: &dyn std::error::Error) {}
    let error = Sender::new(Opaque).send(Opaque).err().unwrap();
    is_error(&error);
    assert_eq!(format!("{error:?}"), "SendError { .. }");
    assert_eq!(Sender::new(1).send(2).unwrap_err().into_inner(), 2);
}

#[test]
fn try_set_stores_or_gives_the_value_back_and_leaves_nothing_locked() {
    let (tx, rx) = channel(1);
    assert_eq!(tx.try_set(2), Ok(()));
    assert_eq!((*rx.borrow(), rx.has_changed()), (2, Ok(true)));
    let held = rx.borrow();
    assert_eq!(tx.try_set(3), Err(3));
    let second = rx.try_borrow();
    assert!(second.is_some());
    drop((held, second));
    rx.with(|_| assert_eq!(tx.try_set(3), Err(3)));
    tx.send_modify(|_| assert_eq!(tx.try_set(3), Err(3)));
    assert_eq!(*rx.borrow(), 2);
    drop(rx);
    assert_eq!(tx.try_set(4), Ok(()), "it stores without receivers");
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

#[test]
fn a_value_that_does_not_equal_itself_always_differs() {
    assert!(Sender::new(f32::NAN).set_if_changed(f32::NAN).is_some());
}
