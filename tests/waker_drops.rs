//! G4: wakers that panic when they are dropped. A call has done all its work before it drops a waker.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use common::Task;
use watch_channel::{Receiver, channel};

/// Panics when the last of its wakers is dropped.
struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("on purpose");
    }
}

fn poll(rx: &mut Receiver<u32>, waker: &Waker) {
    assert!(rx.poll_changed(&mut Context::from_waker(waker)).is_pending());
}

fn poll_with_bomb(rx: &mut Receiver<u32>) {
    poll(rx, &Arc::new(Bomb).into());
}

fn assert_panics(f: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
}

/// Broken by a wait that counts as not begun because its first poll has panicked.
#[test]
fn g4_g6_a_dropped_wait_whose_poll_has_panicked_keeps_no_waker() {
    let (tx, mut rx) = channel(0);
    let task = Task::new();
    poll_with_bomb(&mut rx);
    let mut wait = Box::pin(rx.changed());
    assert_panics(|| assert!(task.poll(&mut wait).is_pending()));
    drop(wait);
    assert_eq!(task.wakers_kept(), 0);
    tx.set(1);
    assert_eq!(task.wakes(), 0);
}

/// Broken by a receiver that drops its waker before the count of receivers goes down.
#[test]
fn g4_the_last_receiver_wakes_senders_although_its_waker_panics() {
    let (tx, mut rx) = channel(0);
    let task = Task::new();
    let mut closed = Box::pin(tx.closed());
    assert!(task.poll(&mut closed).is_pending());
    poll_with_bomb(&mut rx);
    assert_panics(|| drop(rx));
    assert!(tx.is_closed());
    assert_eq!(task.wakes(), 1);
    task.poll_ready(closed);
}

/// Does something once when it is woken.
struct Act<F>(Mutex<Option<F>>);

impl<F: FnOnce() + Send + 'static> Wake for Act<F> {
    fn wake(self: Arc<Self>) {
        let act = self.0.lock().unwrap().take();
        act.into_iter().for_each(|act| act());
    }
}

/// A send has taken a waker that panics, and its receiver is polled by another task before the send has called that waker. Broken
/// by a delivery that ends with the panic, and by a wait that goes back to the round of the delivery.
#[test]
fn g4_a_wait_that_begins_during_a_send_that_panics_is_woken_by_the_next_one() {
    // They are all in one list, and are more than one batch.
    let (tx, rx) = channel(0);
    let mut receivers = vec![rx; 40];
    let mut last = receivers.pop().unwrap();
    let (task, others) = (Arc::new(Task::new()), Task::new());
    let (waits_again, waiting) = std::sync::mpsc::channel();
    // The first one's waker polls the last one, which therefore registers again before the delivery reaches it.
    let slot: Arc<Mutex<Option<Receiver<u32>>>> = Arc::default();
    let act = {
        let (slot, task) = (slot.clone(), task.clone());
        move || {
            let mut last = slot.lock().unwrap().take().unwrap();
            last.mark_unchanged();
            poll(&mut last, &task.waker());
            waits_again.send(last).unwrap();
        }
    };
    poll(&mut receivers[0], &Arc::new(Act(Mutex::new(Some(act)))).into());
    receivers[1..20].iter_mut().for_each(|rx| poll(rx, &others.waker()));
    poll_with_bomb(&mut last);
    receivers[20..].iter_mut().for_each(|rx| poll(rx, &others.waker()));
    *slot.lock().unwrap() = Some(last);
    assert_panics(|| tx.set(1));
    let _last = waiting.try_recv().unwrap();
    assert_eq!((task.wakes(), others.wakes()), (0, 38));
    tx.set(2);
    assert_eq!((task.wakes(), others.wakes()), (1, 38));
}

/// The poll that finds a version drops a waker that panics. Broken by a poll that marks the version as seen before that.
#[test]
fn g1_g4_a_poll_that_panics_marks_nothing_as_seen() {
    // The waker is still in the list, because the version has not been sent but marked as unseen.
    let (_tx, mut rx) = channel(1);
    poll_with_bomb(&mut rx);
    rx.mark_changed();
    let mut wait = Box::pin(rx.changed());
    assert_panics(|| drop(Task::new().poll(&mut wait)));
    assert_eq!(Task::new().poll(&mut wait), std::task::Poll::Ready(Ok(())));
    drop(wait);

    // The same for a wait that calls its condition with the value.
    poll_with_bomb(&mut rx);
    rx.mark_changed();
    let mut wait = Box::pin(rx.recv());
    assert_panics(|| drop(Task::new().poll(&mut wait)));
    assert_eq!(Task::new().poll(&mut wait), std::task::Poll::Ready(Ok(1)));
    drop(wait);
}
