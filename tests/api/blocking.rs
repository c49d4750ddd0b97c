//! Waiting on threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::wakers::{held_up, register};
use crate::common::{HANG, must_end};
use watch_channel::error::RecvTimeoutError;
use watch_channel::{Cached, Ref, Sender, channel};

#[test]
fn g1_ping_pong_loses_nothing() {
    must_end(|| {
        let (ping, mut pinged) = channel(0);
        let (pong, mut ponged) = channel(0);
        let echo = thread::spawn(move || {
            while pinged.changed().wait().is_ok() {
                pong.set(pinged.get_and_update());
            }
        });
        for i in 1..=10_000 {
            ping.set(i);
            ponged.changed().wait().unwrap();
            assert_eq!(ponged.get_and_update(), i);
        }
        drop(ping);
        echo.join().unwrap();
    });
}

/// Another task's waker delays the sender, and with it the wake-up of this thread.
#[test]
fn a_value_that_is_there_at_the_deadline_is_seen() {
    let (tx, mut slow) = channel(0);
    let mut rx = slow.clone();
    let (waker, slow_task) = held_up();
    register(&mut slow, &waker);
    let sender = thread::spawn(move || {
        thread::sleep(Duration::from_millis(10));
        tx.set(1);
    });
    assert_eq!(rx.changed().wait_timeout(Duration::from_millis(500)), Ok(()));
    slow_task.go_on();
    sender.join().unwrap();
}

#[test]
fn a_timeout_that_no_instant_can_represent_waits() {
    must_end(|| {
        let (tx, mut rx) = channel(0);
        let sender = thread::spawn(move || tx.set(1));
        assert_eq!(rx.changed().wait_timeout(Duration::MAX), Ok(()));
        sender.join().unwrap();
    });
}

#[test]
fn g6_a_wait_that_timed_out_leaves_nothing_behind() {
    must_end(|| {
        let (tx, mut rx) = channel(0);
        for i in 1..=100 {
            assert!(rx.changed().wait_timeout(Duration::ZERO).is_err());
            tx.set(i);
            rx.mark_unchanged();
        }
        tx.set(0);
        assert_eq!(rx.changed().wait(), Ok(()));
    });
}

/// A wait inside another wait's condition has a separate parker, so neither takes the other's
/// wake-up.
#[test]
fn waits_can_be_nested() {
    must_end(|| {
        let (tx, mut rx) = channel(0);
        let (inner_tx, mut inner) = channel(0);
        let sender = thread::spawn(move || {
            for i in 1..=1_000 {
                inner_tx.set(i);
                tx.set(i);
            }
            inner_tx
        });
        let looks = AtomicUsize::new(0);
        let last = *rx
            .wait_for(|value| {
                looks.fetch_add(1, Ordering::Relaxed);
                let _ = inner.changed().wait_timeout(Duration::from_micros(10));
                *value == 1_000
            })
            .wait()
            .unwrap();
        assert_eq!(last, 1_000);
        assert!(looks.into_inner() > 0);
        sender.join().unwrap();
    });
}

#[test]
fn a_timeout_and_a_close_are_told_apart() {
    assert_eq!(RecvTimeoutError::Timeout.to_string(), "timed out waiting on channel");
    assert_eq!(RecvTimeoutError::Closed.to_string(), "channel closed");
}

/// The results are owned, so a `match` may use
/// the receiver again.
#[test]
fn each_wait_ends_with_a_result_a_timeout_or_the_close() {
    macro_rules! each {
        ($(($by:expr, $result:pat, $($make:tt)+),)+) => { $(
            must_end(|| {
                let (tx, rx) = channel(0);
                let mut rx = ($by)(rx);
                let (short, start) = (Duration::from_millis(2), Instant::now());
                assert!(matches!(rx.$($make)+.wait_timeout(short), Err(RecvTimeoutError::Timeout)), stringify!($($make)+));
                let deadline = start + 2 * short;
                assert!(matches!(rx.$($make)+.wait_deadline(deadline), Err(RecvTimeoutError::Timeout)));
                assert!(start.elapsed() >= 2 * short, "it ended too early");
                assert!(matches!(rx.$($make)+.wait_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout)));
                let sender = thread::spawn(move || {
                    thread::sleep(short);
                    tx.set(7);
                    tx
                });
                assert!(matches!(rx.$($make)+.wait(), Ok($result)), stringify!($($make)+));
                let tx = sender.join().unwrap();
                tx.set(7);
                assert!(matches!(rx.$($make)+.wait_timeout(HANG), Ok($result)));
                tx.set(7);
                assert!(matches!(rx.$($make)+.wait_deadline(Instant::now()), Ok($result)));
                tx.set(8);
                drop(tx);
                let _ = rx.$($make)+.wait();
                assert!(rx.$($make)+.wait().is_err(), stringify!($($make)+));
                assert!(matches!(rx.$($make)+.wait_timeout(Duration::MAX), Err(RecvTimeoutError::Closed)));
                assert!(matches!(rx.$($make)+.wait_deadline(deadline), Err(RecvTimeoutError::Closed)));
            });
        )+ };
    }
    each! {
        (|rx| rx, (), changed()),
        (|rx| rx, 7, recv()),
        (|rx| rx, 7, recv_if(|value| *value == 7)),
        (|rx| rx, (), wait_until(|value| *value == 7)),
        (|rx| rx, 49, wait_for_map(|value| (*value == 7).then(|| value * value))),
        (|rx| rx, Ref { .. }, wait_for(|value| *value == 7)),
        (Cached::new, (), changed()),
    }
}

/// `closed` ends with the last receiver's drop, and `opened` with the first receiver.
#[test]
fn each_wait_of_a_sender_ends_with_true_or_at_the_deadline() {
    macro_rules! each {
        ($(($wait:ident, $is_open:literal),)+) => { $(
            must_end(|| {
                let tx = Sender::new(0);
                let rx = $is_open.then(|| tx.subscribe());
                let (short, start) = (Duration::from_millis(5), Instant::now());
                assert!(!tx.$wait().wait_timeout(short));
                assert!(!tx.$wait().wait_deadline(start + 2 * short));
                assert!(start.elapsed() >= 2 * short, "it ended too early");
                let others = [tx.clone(), tx.clone()];
                let others = others.map(|tx| thread::spawn(move || tx.$wait().wait()));
                thread::sleep(short);
                let rx = if $is_open { drop(rx); None } else { Some(tx.subscribe()) };
                others.into_iter().for_each(|other| other.join().unwrap());
                assert!(tx.$wait().wait_timeout(Duration::MAX) && tx.$wait().wait_timeout(Duration::ZERO));
                assert!(tx.$wait().wait_deadline(start));
                drop(rx);
            });
        )+ };
    }
    each! {
        (closed, true),
        (opened, false),
    }
}
