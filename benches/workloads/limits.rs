//! Limits are lower bounds: the cost of the bare lock, atomic or park that an operation is built on.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use super::timing::{at_once, time};

/// The bare part to which the work of a row is reduced.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    /// A std `RwLock`, read or written.
    Lock,
    /// An `AtomicU64`, loaded.
    Atomic,
    /// Two threads that pass a number through an atomic, `park` and `unpark`.
    Park,
}

impl Part {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Atomic => "atomic",
            Self::Park => "park",
        }
    }
}

fn read_often(lock: &RwLock<u64>, n: u64) {
    for _ in 0..n {
        black_box(*black_box(lock).read().unwrap_or_else(PoisonError::into_inner));
    }
}

fn load_often(atomic: &AtomicU64, n: u64) {
    for _ in 0..n {
        black_box(black_box(atomic).load(Ordering::Acquire));
    }
}

pub(super) fn read(n: u64) -> Duration {
    let lock = RwLock::new(0);
    time(|| read_often(&lock, n))
}

pub(super) fn load(n: u64) -> Duration {
    let atomic = AtomicU64::new(0);
    time(|| load_often(&atomic, n))
}

/// The loop of `has_changed`, with only a load and a comparison.
pub(super) fn compare(n: u64) -> Duration {
    let (atomic, seen) = (AtomicU64::new(0), black_box(0));
    // The compiler must assume that another thread writes to it.
    black_box(&atomic);
    time(|| {
        let mut changes = 0u64;
        for _ in 0..n {
            if atomic.load(Ordering::Acquire) != seen {
                changes += 1;
            }
        }
        black_box(changes);
    })
}

pub(super) fn write(n: u64) -> Duration {
    let lock = RwLock::new(0);
    time(|| {
        for i in 0..n {
            *black_box(&lock).write().unwrap_or_else(PoisonError::into_inner) = i;
        }
    })
}

pub(super) fn two_read(n: u64) -> Duration {
    let lock = RwLock::new(0);
    at_once(2, || read_often(&lock, n))
}

pub(super) fn two_load(n: u64) -> Duration {
    let atomic = AtomicU64::new(0);
    at_once(2, || load_often(&atomic, n))
}

/// `n` round trips between two threads.
pub(super) fn park(n: u64) -> Duration {
    fn wait_for(value: u64, slot: &AtomicU64) {
        while slot.load(Ordering::Acquire) != value {
            thread::park();
        }
    }
    let (ping, pong) = (AtomicU64::new(0), AtomicU64::new(0));
    let this = thread::current();
    thread::scope(|scope| {
        let echo = scope.spawn(|| {
            for i in 1..=n {
                wait_for(i, &ping);
                pong.store(i, Ordering::Release);
                this.unpark();
            }
        });
        time(|| {
            for i in 1..=n {
                ping.store(i, Ordering::Release);
                echo.thread().unpark();
                wait_for(i, &pong);
            }
        })
    })
}
