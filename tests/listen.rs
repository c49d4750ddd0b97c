//! `listen` and `listen_closed`: event-listener's listeners.
#![cfg(feature = "event-listener")]

mod common;

use std::pin::pin;
use std::thread;
use std::time::{Duration, Instant};

use common::{HANG, Task, must_end};
use event_listener::{EventListener, Listener};
use watch_channel::{Receiver, channel};

fn is_owned_and_can_be_sent(_: impl Send + Sync + 'static) {}

/// The pattern from the documentation, in a task: listen, check, wait.
async fn next(rx: &mut Receiver<u32>) -> Option<u32> {
    loop {
        let listener = rx.listen();
        if rx.has_unseen() {
            return Some(rx.get_and_update());
        }
        if rx.is_closed() {
            return None;
        }
        listener.await;
    }
}

/// The same pattern on a thread, with a deadline.
fn next_until(rx: &mut Receiver<u32>, deadline: Instant) -> Option<u32> {
    loop {
        let listener = rx.listen();
        if rx.has_unseen() {
            return Some(rx.get_and_update());
        }
        listener.wait_deadline(deadline)?;
    }
}

#[test]
fn g1_a_listener_is_notified_by_the_next_version_and_by_the_close() {
    let (tx, rx) = channel(0);
    let (task, mut listener) = (Task::new(), rx.listen());
    is_owned_and_can_be_sent(rx.listen());
    assert!(task.poll_pinned(pin!(&mut listener)).is_pending());
    assert!(!tx.send_if_modified(|_| false));
    assert_eq!(task.wakes(), 0);
    tx.set(1);
    assert_eq!(task.wakes(), 1);
    assert!(task.poll_pinned(pin!(&mut listener)).is_ready());
    assert!(rx.has_unseen(), "a listener marks nothing as seen");

    let mut listener = rx.listen();
    assert!(task.poll_pinned(pin!(&mut listener)).is_pending());
    drop(tx);
    assert_eq!(task.wakes(), 2);
    assert!(task.poll_pinned(pin!(&mut listener)).is_ready());
}

#[test]
fn g1_a_listener_on_a_closed_channel_is_notified_from_the_start() {
    let (tx, rx) = channel(0);
    let (weak, all) = (tx.downgrade(), tx.subscribe());
    drop(tx);
    assert!(weak.upgrade().is_none());
    assert!(rx.listen().wait_timeout(HANG).is_some());
    drop(all);

    let (tx, rx) = channel(0);
    drop(rx);
    assert!(tx.listen_closed().wait_timeout(HANG).is_some());
}

#[test]
fn g3_sends_do_not_notify_listeners_for_the_last_receivers_drop() {
    let (tx, rx) = channel(0);
    let (task, mut listener) = (Task::new(), tx.listen_closed());
    assert!(task.poll_pinned(pin!(&mut listener)).is_pending());
    tx.set(1);
    drop(rx.clone());
    assert_eq!(task.wakes(), 0);
    drop(rx);
    assert_eq!(task.wakes(), 1);
    assert!(task.poll_pinned(pin!(&mut listener)).is_ready());
}

#[test]
fn a_dropped_listener_is_not_notified_and_all_others_are() {
    let (tx, rx) = channel(0);
    let tasks: Vec<_> = (0..100).map(|_| Task::new()).collect();
    let mut listeners: Vec<Option<EventListener>> = tasks.iter().map(|_| Some(rx.listen())).collect();
    for (task, listener) in tasks.iter().zip(&mut listeners) {
        assert!(task.poll_pinned(pin!(listener.as_mut().unwrap())).is_pending());
    }
    listeners.iter_mut().step_by(3).for_each(|listener| *listener = None);
    tx.set(1);
    for (i, task) in tasks.iter().enumerate() {
        assert_eq!(task.wakes(), usize::from(i % 3 != 0), "{i}");
    }
}

#[test]
fn g1_under_smol_values_are_seen_in_order_up_to_the_last() {
    must_end(|| {
        let (tx, mut rx) = channel(0);
        let follow = smol::spawn(async move {
            let mut last = 0;
            while let Some(value) = next(&mut rx).await {
                assert!(value > last);
                last = value;
            }
            last
        });
        smol::block_on(async {
            for value in 1..=1_000 {
                tx.set(value);
                if value % 10 == 0 {
                    smol::future::yield_now().await;
                }
            }
            drop(tx);
            assert_eq!(follow.await, 1_000);
        });
    });
}

#[test]
fn g1_threads_pass_numbers_back_and_forth() {
    must_end(|| {
        let (ping, mut pinged) = channel(0);
        let (pong, mut ponged) = channel(0);
        let deadline = Instant::now() + HANG;
        let echo = thread::spawn(move || {
            for value in 1..=1_000 {
                assert_eq!(next_until(&mut pinged, deadline), Some(value));
                pong.set(value);
            }
        });
        for value in 1..=1_000 {
            ping.set(value);
            assert_eq!(next_until(&mut ponged, deadline), Some(value));
        }
        echo.join().unwrap();
    });
}

#[test]
fn a_deadline_ends_the_wait() {
    let (_tx, mut rx) = channel(0);
    assert_eq!(next_until(&mut rx, Instant::now() + Duration::from_millis(5)), None);
}

#[test]
fn g1_the_last_receiver_on_another_thread_ends_a_threads_wait() {
    must_end(|| {
        let (tx, rx) = channel(0);
        let receiver = thread::spawn(move || drop(rx));
        while !tx.is_closed() {
            let listener = tx.listen_closed();
            if !tx.is_closed() {
                listener.wait();
            }
        }
        receiver.join().unwrap();
    });
}

/// Panics when it is woken, without a message.
#[cfg(feature = "std")]
struct Panics;

#[cfg(feature = "std")]
impl std::task::Wake for Panics {
    fn wake(self: std::sync::Arc<Self>) {
        std::panic::resume_unwind(Box::new(()));
    }
}

#[cfg(feature = "std")]
#[test]
fn g4_a_panicking_waker_loses_no_listeners_notification() {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    let (tx, mut rx) = channel(0);
    let waker = std::sync::Arc::new(Panics).into();
    assert!(rx.poll_changed(&mut std::task::Context::from_waker(&waker)).is_pending());
    let listener = rx.listen();
    assert!(catch_unwind(AssertUnwindSafe(|| tx.set(1))).is_err());
    assert!(listener.wait_timeout(HANG).is_some());
}

/// The waker of one listener panics. Broken by a send that notifies no listener after that one, and by notifications that depend on
/// event-listener's count, which is wrong from then on.
#[cfg(feature = "std")]
#[test]
fn g1_g4_a_listener_that_panics_loses_no_other_listeners_notification() {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::pin::Pin;
    use std::task::Context;

    for panicking in 1..=3 {
        let (tx, rx) = channel(0);
        let mut listeners: Vec<_> = (0..6).map(|_| rx.listen()).collect();
        for listener in &mut listeners[..panicking] {
            let waker = std::sync::Arc::new(Panics).into();
            assert!(Pin::new(listener).poll(&mut Context::from_waker(&waker)).is_pending());
        }
        assert!(catch_unwind(AssertUnwindSafe(|| tx.set(1))).is_err());
        let others = listeners.split_off(panicking);
        for listener in others {
            assert!(listener.wait_timeout(HANG).is_some());
        }
        // In a debug build, event-listener panics here, because its count gets less than zero.
        for listener in listeners {
            assert!(catch_unwind(AssertUnwindSafe(|| drop(listener))).is_ok() || cfg!(debug_assertions));
        }
        for value in 2..5 {
            let listener = rx.listen();
            tx.set(value);
            assert!(listener.wait_timeout(HANG).is_some(), "a later listener");
        }
    }
}
