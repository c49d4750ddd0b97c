//! `opened`: senders that wait for a receiver.

use std::task::Context;

use crate::common::Task;
use crate::common::wakers::{on_wake, panic_on_purpose, panics};
use watch_channel::Sender;

#[cfg(all(feature = "std", feature = "event-listener"))]
#[test]
fn g3_a_receiver_notifies_no_listener_that_waits_for_the_close() {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use crate::common::Inline;
    use event_listener::Listener;

    // The task that waits in `opened` is polled where it is woken, and then listens: the delivery
    // is still under way.
    let tx = Sender::new(0);
    let listener = Arc::new(Mutex::new(None));
    let task = Inline::spawn({
        let (tx, listener) = (tx.clone(), listener.clone());
        async move {
            tx.opened().await;
            *listener.lock().unwrap() = Some(tx.listen_closed());
        }
    });
    let rx = tx.subscribe();
    assert!(task.is_done());
    let listener = listener.lock().unwrap().take().unwrap();
    let other = tx.subscribe();
    assert!(listener.wait_timeout(Duration::from_millis(1)).is_none());
    drop((rx, other));
}

#[test]
fn it_can_be_polled_again_after_it_was_ready() {
    let (tx, task) = (Sender::new(()), Task::new());
    let mut opened = Box::pin(tx.opened());
    for round in 0..10 {
        assert!(task.poll(&mut opened).is_pending());
        let rx = tx.subscribe();
        assert_eq!(task.wakes(), round + 1);
        assert!(task.poll(&mut opened).is_ready());
        drop(rx);
    }
}

/// The receiver that `subscribe` was about to return is dropped.
#[test]
fn a_subscribe_that_panics_because_of_a_waker_leaves_no_receiver() {
    let tx = Sender::new(());
    let waker = on_wake(|| panic_on_purpose());
    let mut opened = Box::pin(tx.opened());
    assert!(opened.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert!(panics(|| drop(tx.subscribe())));
    assert!(tx.is_closed());
}
