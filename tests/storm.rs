//! Threads that never pause, and how long other threads wait for the value's lock meanwhile. `tests/fairness.rs` has limits for
//! these times and for the processor time of blocked threads. `WATCH_CHANNEL_STRESS_SECONDS=N` makes them longer.
#![cfg(feature = "std")]

mod common;
#[path = "stress/settings.rs"]
mod settings;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use watch_channel::{Receiver, channel};

use common::must_end_within;
use settings::{end_of_share, hang};

/// How many waits there were, and the longest of them.
#[derive(Default)]
struct Waits {
    count: usize,
    worst: Duration,
}

impl Waits {
    fn measure<R>(&mut self, f: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = f();
        self.worst = self.worst.max(start.elapsed());
        self.count += 1;
        result
    }

    fn report(&self, what: &str) {
        println!("{what}: {} waits, the longest {:?}", self.count, self.worst);
        assert!(self.count > 0, "{what}");
    }
}

/// Runs `busy` threads that repeat `work` until `end`, and `measured` threads that repeat `measure`. Returns the waits of all
/// measured threads.
fn waits_during(
    end: Instant,
    busy: usize,
    work: impl Fn() + Sync,
    measured: usize,
    measure: impl Fn(&mut Waits, u64) + Sync,
) -> Waits {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..busy {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    work();
                }
            });
        }
        let threads: Vec<_> = (0..measured)
            .map(|_| {
                scope.spawn(|| {
                    let mut waits = Waits::default();
                    while waits.count == 0 || Instant::now() < end {
                        let number = waits.count as u64;
                        measure(&mut waits, number);
                    }
                    waits
                })
            })
            .collect();
        let all = threads.into_iter().map(|thread| thread.join().unwrap());
        let all = all.reduce(|a, b| Waits { count: a.count + b.count, worst: a.worst.max(b.worst) });
        is_over.store(true, Ordering::Relaxed);
        all.unwrap()
    })
}

/// Runs a test. Each test uses all processors, so they run one after the other.
fn run(f: impl FnOnce(Instant) + Send + 'static) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let end = end_of_share(8);
    must_end_within(end - Instant::now() + hang(), move || f(end));
}

#[test]
fn g7_senders_make_progress_against_readers_that_never_pause() {
    run(|end| {
        let (tx, rx) = channel(0u64);
        let read = || {
            let value = rx.borrow();
            (0..100).for_each(|_| std::hint::spin_loop());
            drop(value);
        };
        let waits = waits_during(end, 4, read, 2, |waits, _| waits.measure(|| tx.send_modify(|value| *value += 1)));
        assert_eq!(rx.get(), waits.count as u64);
        waits.report("senders against readers that never pause");
    });
}

#[test]
fn g7_readers_make_progress_against_senders_that_never_pause() {
    run(|end| {
        let (tx, rx) = channel(0u64);
        let send = || tx.send_modify(|value| *value += 1);
        let waits = waits_during(end, 4, send, 2, |waits, number| {
            let value = waits.measure(|| *rx.borrow());
            // Most reads return at once. Let senders run in between.
            if number % 64 == 0 {
                thread::sleep(Duration::from_micros(value % 64));
            }
        });
        waits.report("readers against senders that never pause");
    });
}

/// Takes one more reference of each channel at each level, and checks that the values do not change.
fn nested(levels: usize, rx: &Receiver<u64>, other: &Receiver<u64>) -> (u64, u64) {
    let (value, other_value) = (rx.borrow(), other.borrow());
    let found = (*value, *other_value);
    if levels > 0 {
        assert_eq!(nested(levels - 1, rx, other), found);
        // Now in the other order.
        assert_eq!(nested(0, other, rx), (found.1, found.0));
        rx.with(|value| assert_eq!(*value, found.0));
    }
    found
}

#[test]
fn g7_nested_borrows_of_two_channels_never_deadlock_under_a_storm_of_sends() {
    run(|end| {
        let ((tx, rx), (other_tx, other_rx)) = (channel(0u64), channel(0u64));
        let send = || {
            tx.send_modify(|value| *value += 1);
            other_tx.send_modify(|value| *value += 1);
        };
        let waits = waits_during(end, 3, send, 3, |waits, _| {
            waits.measure(|| nested(5, &rx, &other_rx));
        });
        waits.report("nested borrows under a storm of sends");
        assert!(rx.get() > 0);
    });
}
