//! G4: wakers that panic when they are woken or dropped. `tests/api/hostile/wakers.rs` uses more of
//! them with each future.

use std::pin::pin;
#[cfg(feature = "std")]
use std::sync::Arc;
#[cfg(feature = "std")]
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use crate::common::wakers::{on_last_drop, on_wake, panic_on_purpose, panics, register};
use crate::common::{Task, waiting};
use watch_channel::{Receiver, Sender, channel};

/// Makes the channel keep a waker that panics when it is dropped.
fn register_bomb(rx: &mut Receiver<u32>) {
    register(rx, &on_last_drop(|| panic_on_purpose()));
}

/// Without `std` a second panic aborts.
#[cfg(feature = "std")]
#[test]
fn g3_g4_a_wakers_panic_is_propagated_only_by_the_send_that_has_called_it() {
    let (tx, mut rx) = channel(0);
    crate::common::spread_waits(&tx);
    rx.mark_unchanged();
    let returned = Arc::new(AtomicUsize::new(0));
    let mut in_front = vec![rx.clone(); 16];
    for (i, other) in in_front.iter_mut().enumerate() {
        let (tx, mut rx, returned) = (tx.clone(), rx.clone(), returned.clone());
        let mut innocent = waiting(async move { rx.changed().await.unwrap() });
        let waker = on_wake(move || {
            if i % 2 == 0 {
                // No task waits for this version. The send must not call the wakers that the outer
                // send has taken.
                tx.send_modify(|value| *value += 1);
            } else {
                // The poll is on another thread, which is not in the middle of a delivery.
                std::thread::spawn(move || assert!(innocent.is_ready())).join().unwrap();
            }
            returned.fetch_add(1, Ordering::SeqCst);
        });
        register(other, &waker);
    }
    let mut panicking = vec![rx; 400];
    panicking.iter_mut().for_each(|rx| register(rx, &on_wake(|| panic_on_purpose())));
    assert!(panics(|| tx.set(1)));
    assert_eq!(returned.load(Ordering::SeqCst), 16, "a call inside a waker panics because of another send's waker");
    assert!(panicking.iter_mut().all(|rx| Task::new().poll_changed(rx).is_ready()));
}

#[cfg(feature = "std")]
#[test]
fn g4_the_payload_of_a_caught_panic_is_dropped_and_may_panic_then() {
    /// Counts its drops, and panics in each.
    struct PanicsOnDrop(Arc<AtomicUsize>);

    impl Drop for PanicsOnDrop {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
            panic_on_purpose();
        }
    }

    let (tx, rx) = channel(0);
    let (drops, woken) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut receivers = vec![rx; 9];
    for (i, rx) in receivers.iter_mut().enumerate() {
        let (drops, woken) = (drops.clone(), woken.clone());
        let waker = on_wake(move || match i {
            0 => panic_on_purpose(),
            1..=4 => std::panic::resume_unwind(Box::new(PanicsOnDrop(drops))),
            _ => _ = woken.fetch_add(1, Ordering::SeqCst),
        });
        register(rx, &waker);
    }
    assert!(panics(|| tx.set(1)), "the first panic is propagated");
    assert_eq!((woken.load(Ordering::SeqCst), drops.load(Ordering::SeqCst)), (4, 4));
}

/// The poll that finds a version drops a waker that panics. Broken by a poll that marks the version
/// as seen before that.
#[test]
fn g1_g4_a_poll_that_panics_marks_nothing_as_seen() {
    // The waker is still in the list, because the version has not been sent but marked as unseen.
    let (_tx, mut rx) = channel(1);
    register_bomb(&mut rx);
    rx.mark_changed();
    let mut wait = Box::pin(rx.changed());
    assert!(panics(|| drop(Task::new().poll(&mut wait))));
    assert_eq!(Task::new().poll(&mut wait), Poll::Ready(Ok(())));
    drop(wait);

    // The same for a wait that calls its condition with the value.
    register_bomb(&mut rx);
    rx.mark_changed();
    let mut wait = Box::pin(rx.recv());
    assert!(panics(|| drop(Task::new().poll(&mut wait))));
    assert_eq!(Task::new().poll(&mut wait), Poll::Ready(Ok(1)));
}

/// A version is sent while a waker is cloned, and the clone panics. Broken by a poll that marks the
/// version as seen.
#[test]
fn g1_g4_a_version_that_is_sent_by_a_waker_that_panics_is_reported() {
    let (tx, mut rx) = channel(0);
    let mut conditions = vec![];
    let mut wait = Box::pin(rx.wait_until(|value| {
        conditions.push(*value);
        *value == 1
    }));
    let waker = crate::common::wakers::on_each_event(move |_| {
        if *tx.borrow() == 0 {
            tx.set(1);
            panic_on_purpose();
        }
    });
    assert!(panics(|| drop(wait.as_mut().poll(&mut Context::from_waker(&waker)))));
    assert_eq!(Task::new().poll(&mut wait), Poll::Ready(Ok(())));
    drop(wait);
    assert_eq!(conditions, [0, 1]);
}

/// Broken by a wait that counts as not begun because its first poll has panicked.
#[test]
fn g4_g6_a_dropped_wait_whose_poll_has_panicked_keeps_no_waker() {
    let (tx, mut rx) = channel(0);
    let task = Task::new();
    register_bomb(&mut rx);
    let mut wait = Box::pin(rx.changed());
    assert!(panics(|| assert!(task.poll(&mut wait).is_pending())));
    drop(wait);
    assert_eq!(task.wakers_kept(), 0);
    tx.set(1);
    assert_eq!(task.wakes(), 0);
}

/// Broken by a receiver that drops its waker before the count of receivers goes down.
#[test]
fn g4_the_last_receiver_wakes_senders_although_its_waker_panics() {
    let (tx, mut rx) = channel(0);
    let mut closed = waiting(tx.closed());
    register_bomb(&mut rx);
    assert!(panics(|| drop(rx)));
    assert!(tx.is_closed());
    assert_eq!(closed.wakes(), 1);
    assert!(closed.is_ready());
}

/// The waker that the channel keeps for `poll_changed` panics when it is dropped.
#[test]
fn g4_a_registration_whose_waker_panics_when_it_is_dropped_loses_no_wake_up() {
    let ends: [fn(&mut Receiver<u32>); 3] = [
        // Another task's waker replaces it.
        |rx| assert!(Task::new().poll_changed(rx).is_pending()),
        // The next poll is ready.
        |rx| {
            rx.mark_changed();
            assert!(Task::new().poll_changed(rx).is_ready());
        },
        // Another wait cancels it.
        |rx| Task::new().poll_pending(rx.changed()),
    ];
    let (tx, mut rx) = channel(0);
    for end in ends {
        register_bomb(&mut rx);
        assert!(panics(|| end(&mut rx)));
        rx.mark_unchanged();
        let task = Task::new();
        register(&mut rx, &task.waker());
        tx.set(1);
        assert_eq!((task.wakes(), task.poll_changed(&mut rx), task.wakers_kept()), (1, Poll::Ready(true), 0));
    }
    register_bomb(&mut rx);
    assert!(panics(|| drop(rx)));
}

/// The receiver that `subscribe` was about to return is dropped.
#[test]
fn a_subscribe_that_panics_because_of_a_waker_leaves_no_receiver() {
    let tx = Sender::new(());
    let waker = on_wake(|| panic_on_purpose());
    let mut opened = pin!(tx.opened());
    assert!(opened.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert!(panics(|| drop(tx.subscribe())));
    assert!(tx.is_closed());
}
