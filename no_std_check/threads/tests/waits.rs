//! Receivers that wait in every way, on threads.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Barrier};
use std::task::Poll;
use std::thread;

use futures_core::Stream;
use threads_check::bursts::{self, Follow, Follower};
use threads_check::{block_on, must_end, poll_once, rounds, run_all};
use watch_channel::{WatchStream, channel};

fn waits_with_changed(mut follower: Follower) {
    while block_on(follower.rx.changed()).is_ok() {
        follower.see();
    }
}

fn waits_with_wait_for(mut follower: Follower) {
    let mut last = 0;
    while let Ok(value) = block_on(follower.rx.wait_for(|value| *value != last)).map(|value| *value) {
        follower.has_seen(value);
        last = value;
    }
}

fn waits_with_wait_for_map(mut follower: Follower) {
    let mut last = 0;
    while let Ok(value) = block_on(follower.rx.wait_for_map(|value| (*value != last).then_some(*value))) {
        follower.has_seen(value);
        last = value;
    }
}

fn waits_with_poll_changed(mut follower: Follower) {
    while block_on(poll_fn(|cx| follower.rx.poll_changed(cx))).is_ok() {
        follower.see();
    }
}

fn waits_with_a_stream(follower: Follower) {
    let mut stream = WatchStream::from_changes(follower.rx.clone());
    while let Some(value) = block_on(poll_fn(|cx| Pin::new(&mut stream).poll_next(cx))) {
        follower.has_seen(value);
    }
}

/// Cancels three waits if they are pending, and completes the next one.
fn cancels_waits(mut follower: Follower) {
    for wait in 1.. {
        let polled = poll_once(pin!(follower.rx.changed()));
        let changed = match polled {
            Poll::Ready(changed) => changed,
            Poll::Pending if wait % 4 == 0 => block_on(follower.rx.changed()),
            Poll::Pending => continue,
        };
        if changed.is_err() {
            return;
        }
        follower.see();
    }
}

fn waits_with_a_new_clone_each_time(mut follower: Follower) {
    while block_on(follower.rx.changed()).is_ok() {
        follower.see();
        follower.rx = follower.rx.clone();
    }
}

/// Most of the values had already been sent when it subscribed.
fn subscribes_again_each_time(mut follower: Follower) {
    while let Some(tx) = follower.tx.upgrade() {
        follower.rx = tx.subscribe();
        drop(tx);
        follower.see();
        let _ = block_on(follower.rx.changed());
    }
    follower.see();
}

const ALL_WAYS: [(&str, Follow); 8] = [
    ("changed", waits_with_changed),
    ("wait_for", waits_with_wait_for),
    ("wait_for_map", waits_with_wait_for_map),
    ("poll_changed", waits_with_poll_changed),
    ("a stream", waits_with_a_stream),
    ("cancelled waits", cancels_waits),
    ("clones", waits_with_a_new_clone_each_time),
    ("subscribe", subscribes_again_each_time),
];

#[test]
fn every_kind_of_wait_sees_the_last_value_of_several_senders() {
    must_end(|| bursts::run(&ALL_WAYS));
}

#[test]
fn every_kind_of_wait_sees_each_value_of_one_sender() {
    must_end(|| bursts::run_one_by_one(&ALL_WAYS));
}

#[test]
fn each_of_many_equal_receivers_sees_each_value() {
    must_end(|| bursts::run_one_by_one(&[("changed", waits_with_changed as Follow); 20]));
}

#[test]
fn two_threads_pass_numbers_back_and_forth() {
    must_end(|| {
        let (ping, mut pinged) = channel(0);
        let (pong, mut ponged) = channel(0);
        let echo = thread::spawn(move || {
            while block_on(pinged.changed()).is_ok() {
                pong.set(pinged.get_and_update());
            }
        });
        rounds(|round| {
            ping.set(round);
            assert_eq!(*block_on(ponged.wait_for(|value| *value == round)).unwrap(), round);
        });
        drop(ping);
        echo.join().unwrap();
    });
}

#[test]
fn every_first_wait_on_a_channel_sees_the_only_value_and_the_close() {
    must_end(|| {
        rounds(|_| {
            let (tx, rx) = channel(0);
            let start = Arc::new(Barrier::new(4));
            let mut work: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
            for _ in 0..3 {
                let (mut rx, start) = (rx.clone(), start.clone());
                work.push(Box::new(move || {
                    start.wait();
                    assert!(block_on(rx.changed()).is_ok());
                    assert_eq!(rx.get_and_update(), 1);
                    assert!(block_on(rx.changed()).is_err());
                }));
            }
            work.push(Box::new(move || {
                start.wait();
                tx.set(1);
            }));
            run_all(work);
        });
    });
}
