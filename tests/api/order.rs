//! With critical sections, deliveries share one list, so a send also wakes the tasks that an
//! earlier send has not woken yet.

use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use crate::common::Task;
use crate::common::wakers::{on_wake, register};
use watch_channel::channel;

/// Returns a waker that acts, and then notes how often each task has been woken.
fn acts_and_looks(tasks: &[Task], act: impl FnOnce() + Send + 'static) -> (Waker, Arc<Mutex<Vec<usize>>>) {
    let counts: Vec<_> = tasks.iter().map(Task::counter).collect();
    let woken: Arc<Mutex<Vec<usize>>> = Arc::default();
    let notes = woken.clone();
    let waker = on_wake(move || {
        act();
        notes.lock().unwrap().extend(counts.iter().map(|count| count.wakes()));
    });
    (waker, woken)
}

/// Broken by a send that takes the waiting bit: the one in the middle then finds no task.
#[test]
fn g9_a_send_in_the_middle_of_another_wakes_all_that_are_left() {
    for others in [1, 3, 40] {
        let (tx, rx) = channel(0);
        let mut receivers = vec![rx; 1 + others];
        let tasks: Vec<_> = (0..others).map(|_| Task::new()).collect();
        // No other task begins to wait in between.
        let inner = tx.clone();
        let (first, woken) = acts_and_looks(&tasks, move || inner.set(2));
        register(&mut receivers[0], &first);
        receivers[1..].iter_mut().zip(&tasks).for_each(|(rx, task)| register(rx, &task.waker()));
        tx.set(1);
        assert_eq!(*woken.lock().unwrap(), vec![1; others], "when the inner send had returned");
        assert!(tasks.iter().all(|task| task.wakes() == 1), "when the outer send had returned");
    }
}

/// The same for senders: the last receiver's drop, in the middle of another one.
#[test]
fn g9_a_close_in_the_middle_of_another_wakes_all_that_are_left() {
    let (tx, rx) = channel(0);
    let tasks: Vec<_> = (0..3).map(|_| Task::new()).collect();
    let inner = tx.clone();
    let (first, woken) = acts_and_looks(&tasks, move || drop(inner.subscribe()));
    let mut waits: Vec<_> = (0..4).map(|_| Box::pin(tx.closed())).collect();
    assert!(waits[0].as_mut().poll(&mut Context::from_waker(&first)).is_pending());
    for (wait, task) in waits[1..].iter_mut().zip(&tasks) {
        assert!(task.poll(wait).is_pending());
    }
    drop(rx);
    assert_eq!(*woken.lock().unwrap(), [1, 1, 1]);
    assert!(tasks.iter().all(|task| task.wakes() == 1));
}

/// The first task begins another receiver's wait and sends, as an interrupt in the middle of a
/// delivery would. Broken by a delivery that puts its tasks in front of those of the delivery under
/// way.
#[test]
fn tasks_are_woken_in_the_order_in_which_they_began_to_wait() {
    let (tx, rx) = channel(0);
    let mut receivers = vec![rx; 5];
    let woken: Arc<Mutex<Vec<u32>>> = Arc::default();
    let notes = |name| {
        let woken = woken.clone();
        move || woken.lock().unwrap().push(name)
    };
    let interrupt = {
        let (tx, mut rx, note, last) = (tx.clone(), receivers.pop().unwrap(), notes(0), on_wake(notes(10)));
        move || {
            note();
            rx.mark_unchanged();
            register(&mut rx, &last);
            tx.set(2);
        }
    };
    register(&mut receivers[0], &on_wake(interrupt));
    for (name, rx) in (1..).zip(&mut receivers[1..]) {
        register(rx, &on_wake(notes(name)));
    }
    tx.set(1);
    assert_eq!(*woken.lock().unwrap(), [0, 1, 2, 3, 10]);
}
