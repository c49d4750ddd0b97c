//! Tests that measure time, or what a thread does while another one waits. They are a program of
//! their own, and run one after the other, because busy threads would change the results.
#![cfg(feature = "std")]

#[path = "../common/mod.rs"]
mod common;
mod demand;
mod fairness;
#[cfg(target_os = "linux")]
mod sleep;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use common::{HANG, must_end_within};

/// Runs `f` while no other test runs, and fails the test if it does not end.
#[track_caller]
fn alone<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> R {
    alone_within(HANG, f)
}

/// Runs `f` while no other test runs, and fails the test if it takes longer than `limit`.
#[track_caller]
fn alone_within<R: Send + 'static>(limit: Duration, f: impl FnOnce() -> R + Send + 'static) -> R {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    must_end_within(limit, f)
}

/// The processor time in `/proc/PATH/stat` of Linux, in hundredths of a second.
#[cfg(target_os = "linux")]
fn processor_time(path: &str) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{path}/stat")).unwrap();
    // The name, in parentheses, may contain spaces. User and system time are the 12th and 13th
    // fields after it.
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
