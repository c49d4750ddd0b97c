//! `poll_changed`: the registration is kept from one poll to the next, until it is replaced, used
//! up or cancelled.

use std::task::Poll;

use crate::common::Task;
use watch_channel::channel;

#[test]
fn only_the_last_task_is_woken() {
    let (tx, mut rx) = channel(0);
    let (first, last) = (Task::new(), Task::new());
    assert_eq!(first.poll_changed(&mut rx), Poll::Pending);
    assert_eq!(last.poll_changed(&mut rx), Poll::Pending);
    assert_eq!(last.poll_changed(&mut rx), Poll::Pending);
    assert_eq!(first.wakers_kept(), 0);
    tx.set(1);
    assert_eq!((first.wakes(), last.wakes()), (0, 1));
}

#[test]
fn g6_another_wait_cancels_it() {
    let (tx, mut rx) = channel(0);
    let (polled, waiting) = (Task::new(), Task::new());
    assert_eq!(polled.poll_changed(&mut rx), Poll::Pending);
    let mut changed = Box::pin(rx.changed());
    assert!(waiting.poll(&mut changed).is_pending());
    assert_eq!(polled.wakers_kept(), 0);
    tx.set(1);
    assert_eq!((polled.wakes(), waiting.wakes()), (0, 1));
    assert!(waiting.poll(&mut changed).is_ready());
    drop(changed);
    // Polling can begin again.
    assert_eq!(polled.poll_changed(&mut rx), Poll::Pending);
    tx.set(2);
    assert_eq!((polled.wakes(), waiting.wakes()), (1, 1));
}

#[test]
fn g6_dropping_the_receiver_cancels_it() {
    let (tx, mut rx) = channel(0);
    let mut other = rx.clone();
    let (dropped, kept) = (Task::new(), Task::new());
    assert_eq!(dropped.poll_changed(&mut rx), Poll::Pending);
    assert_eq!(kept.poll_changed(&mut other), Poll::Pending);
    drop(rx);
    assert_eq!(dropped.wakers_kept(), 0);
    tx.set(1);
    assert_eq!((dropped.wakes(), kept.wakes()), (0, 1));
}

#[test]
fn g6_a_ready_poll_keeps_no_waker() {
    let (tx, mut rx) = channel(0);
    let task = Task::new();
    assert_eq!(task.poll_changed(&mut rx), Poll::Pending);
    rx.mark_changed();
    assert_eq!(task.poll_changed(&mut rx), Poll::Ready(true));
    assert_eq!(task.wakers_kept(), 0);
    tx.set(1);
    assert_eq!(task.wakes(), 0);
}
