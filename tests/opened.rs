//! `opened`: senders that wait for a receiver.

mod common;

use common::Task;
#[cfg(feature = "std")]
use common::must_end;
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
    let tx = Sender::new(());
    let other = tx.clone();
    let tasks = [Task::new(), Task::new(), Task::new()];
    let mut waits = [Box::pin(tx.opened()), Box::pin(tx.opened()), Box::pin(other.opened())];
    for (task, wait) in tasks.iter().zip(&mut waits) {
        assert!(task.poll(wait).is_pending());
    }
    let _rx = tx.subscribe();
    for (task, wait) in tasks.iter().zip(&mut waits) {
        assert_eq!(task.wakes(), 1);
        assert!(task.poll(wait).is_ready());
    }
}

#[test]
fn every_way_to_make_the_first_receiver_wakes() {
    for is_seen in [true, false] {
        let (tx, task) = (Sender::new(()), Task::new());
        let mut opened = Box::pin(tx.opened());
        assert!(task.poll(&mut opened).is_pending());
        let _rx = if is_seen { tx.subscribe() } else { tx.subscribe_unseen() };
        assert_eq!(task.wakes(), 1);
    }
}

#[test]
fn a_receiver_that_is_gone_before_the_sender_checks_goes_unnoticed() {
    let (tx, task) = (Sender::new(()), Task::new());
    let mut opened = Box::pin(tx.opened());
    assert!(task.poll(&mut opened).is_pending());
    drop(tx.subscribe());
    assert_eq!(task.wakes(), 1);
    assert!(task.poll(&mut opened).is_pending());
    let _rx = tx.subscribe();
    assert_eq!(task.wakes(), 2);
    assert!(task.poll(&mut opened).is_ready());
}

#[test]
fn g3_receivers_wake_no_sender_that_waits_in_closed() {
    let (tx, rx) = channel(0);
    let task = Task::new();
    let mut closed = Box::pin(tx.closed());
    assert!(task.poll(&mut closed).is_pending());
    task.poll_ready(tx.opened());
    let others = (tx.subscribe(), rx.clone());
    assert_eq!(task.wakes(), 0);
    drop((others, rx));
    assert_eq!(task.wakes(), 1);
}

#[cfg(all(feature = "std", feature = "event-listener"))]
#[test]
fn g3_a_receiver_notifies_no_listener_that_waits_for_the_close() {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use common::Inline;
    use event_listener::Listener;

    // The task that waits in `opened` is polled where it is woken, and then listens: the delivery is still under way.
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
    let (tx, task, other) = (Sender::new(()), Task::new(), Task::new());
    let mut kept = Box::pin(tx.opened());
    assert!(other.poll(&mut kept).is_pending());
    task.poll_pending(tx.opened());
    assert_eq!(task.wakers_kept(), 0);
    let _rx = tx.subscribe();
    assert_eq!((task.wakes(), other.wakes()), (0, 1));
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

/// The wakers are called with no lock held, and one that panics keeps no other from being called. The receiver that
/// `subscribe` was about to return is dropped.
#[cfg(feature = "std")]
#[test]
fn g4_a_waker_that_panics_loses_no_wake_up() {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake};

    struct UsesThenPanics(Sender<i32>, AtomicUsize);

    impl Wake for UsesThenPanics {
        fn wake(self: Arc<Self>) {
            self.0.send_modify(|value| *value += 1);
            Task::new().poll_pending(self.0.closed());
            Task::new().poll_ready(self.0.opened());
            self.1.fetch_add(1, Ordering::Relaxed);
            panic!("on purpose");
        }
    }

    must_end(|| {
        let (tx, task) = (Sender::new(0), Task::new());
        let hostile = Arc::new(UsesThenPanics(tx.clone(), AtomicUsize::new(0)));
        let mut waits: Vec<_> = (0..50).map(|_| Box::pin(tx.opened())).collect();
        for (i, wait) in waits.iter_mut().enumerate() {
            if i % 10 == 0 {
                let waker = hostile.clone().into();
                assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            } else {
                assert!(task.poll(wait).is_pending());
            }
        }
        assert!(catch_unwind(AssertUnwindSafe(|| tx.subscribe())).is_err());
        assert_eq!((task.wakes(), hostile.1.load(Ordering::Relaxed), tx.get()), (45, 5, 5));
        assert!(tx.is_closed());
        drop(waits);
        let mut opened = Box::pin(tx.opened());
        assert!(task.poll(&mut opened).is_pending());
        let _rx = tx.subscribe();
        assert_eq!(task.wakes(), 46);
    });
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
