//! Models of the value's lock and its queue. The lock itself is not spin's but a model of it
//! (`src/sync/loom.rs`). Models of reads that pass queued writers are in `tests/loom/lock.rs`.
//!
//! In a model a thread does not spin before it joins the queue, and it demands the lock at its
//! second try. Time passes only in sleeps with a limit.
#![expect(clippy::disallowed_types, reason = "outcomes are collected outside the model")]

use alloc::collections::BTreeSet;
use core::time::Duration;

use loom::thread;

use crate::lock::ValueLock;
use crate::lock::deadlock::{Detector, caller};
use crate::lock::queue::Queue;
use crate::sync::models::{Data, model, shorter};
use crate::sync::thread::{Parker, park};
use crate::sync::{Arc, RwLock};

fn value() -> Arc<ValueLock<(Data, u32)>> {
    Arc::new(ValueLock { lock: RwLock::new((Data::new(), 0)), queue: Queue::new(), detector: Detector::new() })
}

fn add(value: &ValueLock<(Data, u32)>, number: u32) {
    value.write(caller(), |(data, sum)| {
        data.write();
        *sum = *sum * 10 + number;
    });
}

fn read(value: &ValueLock<(Data, u32)>) -> u32 {
    let guard = value.read(caller());
    guard.value.0.read();
    guard.value.1
}

/// Checks that no thread demands the lock or holds it any more.
#[track_caller]
fn assert_is_free(value: &ValueLock<(Data, u32)>) {
    assert!(value.try_read(caller()).is_some());
    assert!(value.try_write(caller(), |_| ()).is_some());
}

/// Two writers and a reader get the lock, one at a time. Broken by a thread that leaves the queue
/// and does not wake the next one, or does not withdraw its demand.
#[test]
fn two_writers_and_a_reader_take_turns() {
    let outcomes = model(shorter(3, 2), || {
        let shared = value();
        let writers = [1, 2].map(|number| {
            let shared = shared.clone();
            thread::spawn(move || add(&shared, number))
        });
        let found = read(&shared);
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        let sum = read(&shared);
        assert_is_free(&shared);
        (found, sum)
    });
    let expected = [(0, 12), (0, 21), (1, 12), (2, 21), (12, 12), (21, 21)];
    assert_eq!(outcomes, BTreeSet::from(expected));
}

/// Attempts to read and to write against a writer. They return at once, and keep no other thread
/// waiting. Broken by a thread that leaves the queue and does not withdraw its demand.
#[test]
fn attempts_keep_no_thread_waiting() {
    let outcomes = model(3, || {
        let shared = value();
        let writer = thread::spawn({
            let shared = shared.clone();
            move || add(&shared, 1)
        });
        let attempt = thread::spawn({
            let shared = shared.clone();
            move || {
                shared
                    .try_write(caller(), |(data, sum)| {
                        data.write();
                        *sum = *sum * 10 + 2;
                    })
                    .is_some()
            }
        });
        let found = shared.try_read(caller()).map(|guard| {
            guard.value.0.read();
            guard.value.1
        });
        writer.join().unwrap();
        let written = attempt.join().unwrap();
        let sum = read(&shared);
        assert_eq!(written, sum > 9);
        assert_is_free(&shared);
        (found, written)
    });
    for expected in [(None, false), (None, true), (Some(0), false), (Some(0), true), (Some(1), false), (Some(1), true)]
    {
        assert!(outcomes.contains(&expected), "{outcomes:?}");
    }
}

/// Lets more time pass than a thread in the queue may take to run.
fn stall() {
    park(&Parker::default(), Some(Duration::from_millis(300)));
}

/// A writer demands the lock, and gets no processor for so long that an attempt passes it. It still
/// gets the lock, and demands it again. Broken by a demand that does not end, by one that leaves
/// its thread asleep, and by an attempt that waits.
#[test]
fn a_demand_ends_against_its_thread() {
    let outcomes = model(3, || {
        let shared = value();
        let held = shared.read(caller());
        let writer = thread::spawn({
            let shared = shared.clone();
            move || add(&shared, 1)
        });
        stall();
        drop(held);
        let written = shared.try_write(caller(), |(data, sum)| {
            data.write();
            *sum = *sum * 10 + 2;
        });
        writer.join().unwrap();
        assert_is_free(&shared);
        (written.is_some(), read(&shared))
    });
    assert_eq!(outcomes, BTreeSet::from([(false, 1), (true, 12), (true, 21)]));
}

/// Two writers wait for a reader. The first one gets no processor for a while, and the other one
/// takes its turn. Broken by a thread that is passed and never woken again, by one that leaves the
/// queue and does not wake the next one, and by one that leaves its node in the queue.
#[test]
fn a_stalled_writer_is_passed_and_still_writes() {
    let outcomes = model(shorter(3, 2), || {
        let shared = value();
        let held = shared.read(caller());
        let writers = [1, 2].map(|number| {
            let shared = shared.clone();
            thread::spawn(move || add(&shared, number))
        });
        stall();
        drop(held);
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        assert_is_free(&shared);
        read(&shared)
    });
    assert_eq!(outcomes, BTreeSet::from([12, 21]));
}
