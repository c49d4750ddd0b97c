//! `opened`: senders that wait for a receiver.

use std::task::Context;

#[cfg(feature = "std")]
use crate::common::must_end;
use crate::common::wakers::{on_wake, panic_on_purpose, panics};
use crate::common::{Task, waiting};
use watch_channel::{Sender, channel};

#[test]
fn it_is_ready_while_there_is_a_receiver() {
    let (tx, rx) = channel(());
    Task::new().poll_ready(tx.opened());
    drop(rx);
    Task::new().poll_pending(tx.opened());
}

#[test]
fn g1_the_first_receiver_wakes_all_senders_that_wait() {
    for is_seen in [true, false] {
        let tx = Sender::new(());
        let other = tx.clone();
        let mut waits = [&tx, &tx, &other].map(|tx| waiting(tx.opened()));
        let _rx = if is_seen { tx.subscribe() } else { tx.subscribe_unseen() };
        for wait in &mut waits {
            assert_eq!((wait.wakes(), wait.is_ready()), (1, true));
        }
    }
}

#[test]
fn g3_receivers_wake_no_sender_that_waits_in_closed() {
    let (tx, rx) = channel(0);
    let closed = waiting(tx.closed());
    Task::new().poll_ready(tx.opened());
    let others = (tx.subscribe(), rx.clone());
    assert_eq!(closed.wakes(), 0);
    drop((others, rx));
    assert_eq!(closed.wakes(), 1);
}

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
fn g6_a_dropped_wait_is_not_woken_and_keeps_no_waker() {
    let tx = Sender::new(());
    let (kept, dropped) = (waiting(tx.opened()), waiting(tx.opened()).cancel());
    assert_eq!(dropped.wakers_kept(), 0);
    let _rx = tx.subscribe();
    assert_eq!((dropped.wakes(), kept.wakes()), (0, 1));
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

#[cfg(feature = "std")]
#[test]
fn it_waits_on_a_thread() {
    use std::time::{Duration, Instant};

    must_end(|| {
        let tx = Sender::new(0);
        let (short, start) = (Duration::from_millis(5), Instant::now());
        assert!(!tx.opened().wait_timeout(short));
        assert!(!tx.opened().wait_deadline(start + 2 * short));
        assert!(start.elapsed() >= 2 * short);
        let subscribing = {
            let tx = tx.clone();
            std::thread::spawn(move || {
                std::thread::sleep(short);
                tx.subscribe()
            })
        };
        tx.opened().wait();
        let _rx = subscribing.join().unwrap();
        assert!(tx.opened().wait_timeout(Duration::ZERO) && tx.opened().wait_deadline(start));
    });
}
