//! `listen` and `listen_closed`: event-listener's listeners.

#[cfg(feature = "std")]
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};
#[cfg(feature = "std")]
use std::{pin::pin, task::Context};

#[cfg(feature = "std")]
use crate::common::wakers::{on_wake, panic_on_purpose, panics, register};
use crate::common::{HANG, Task, must_end, waiting};
use event_listener::Listener;
use watch_channel::{Receiver, channel};

fn is_owned_and_can_be_sent(_: impl Send + Sync + 'static) {}

/// The pattern from the documentation, on a thread and with a deadline: listen, check, wait.
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
    is_owned_and_can_be_sent(rx.listen());
    let mut listener = waiting(rx.listen());
    assert!(!tx.send_if_modified(|_| false));
    assert_eq!(listener.wakes(), 0);
    tx.set(1);
    assert_eq!((listener.wakes(), listener.is_ready()), (1, true));
    assert!(rx.has_unseen(), "a listener marks nothing as seen");

    let mut listener = waiting(rx.listen());
    drop(tx);
    assert_eq!((listener.wakes(), listener.is_ready()), (1, true));
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
    let mut listener = waiting(tx.listen_closed());
    tx.set(1);
    drop(rx.clone());
    assert_eq!(listener.wakes(), 0);
    drop(rx);
    assert_eq!((listener.wakes(), listener.is_ready()), (1, true));
}

#[test]
fn a_dropped_listener_is_not_notified_and_all_others_are() {
    let (tx, rx) = channel(0);
    let (dropped, kept): (Vec<_>, Vec<_>) = (0..100).map(|i| (i, waiting(rx.listen()))).partition(|(i, _)| i % 3 == 0);
    let dropped: Vec<Task> = dropped.into_iter().map(|(_, listener)| listener.cancel()).collect();
    tx.set(1);
    assert!(dropped.iter().all(|task| task.wakes() == 0));
    assert!(kept.iter().all(|(_, listener)| listener.wakes() == 1));
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

#[cfg(feature = "std")]
#[test]
fn g4_a_panicking_waker_loses_no_listeners_notification() {
    let (tx, mut rx) = channel(0);
    register(&mut rx, &on_wake(|| panic_on_purpose()));
    let listener = rx.listen();
    assert!(panics(|| tx.set(1)));
    assert!(listener.wait_timeout(HANG).is_some());
}

/// The waker of one listener panics. Broken by a send that notifies no listener after that one, and
/// by notifications that depend on event-listener's count, which is wrong from then on.
#[cfg(feature = "std")]
#[test]
fn g1_g4_a_listener_that_panics_loses_no_other_listeners_notification() {
    for panicking in 1..=3 {
        let (tx, rx) = channel(0);
        let mut listeners: Vec<_> = (0..6).map(|_| rx.listen()).collect();
        for listener in &mut listeners[..panicking] {
            let waker = on_wake(|| panic_on_purpose());
            assert!(pin!(listener).poll(&mut Context::from_waker(&waker)).is_pending());
        }
        assert!(panics(|| tx.set(1)));
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

#[cfg(feature = "std")]
#[test]
fn g3_a_receiver_notifies_no_listener_that_waits_for_the_close() {
    use crate::common::Inline;
    use std::sync::{Arc, Mutex};

    // The task that waits in `opened` is polled where it is woken, and then listens: the delivery
    // is still under way.
    let (tx, _) = channel(0);
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
