//! `Cached`, which only this crate has.

use std::hint::black_box;
use std::time::Duration;

use watch_channel::{Cached, channel};

use super::timing::{at_once, time};

fn get(mut cached: Cached<u64>, n: u64) {
    for _ in 0..n {
        black_box(*black_box(&mut cached).get());
    }
}

pub(super) fn cached_get(n: u64) -> Duration {
    let (_tx, rx) = channel(0u64);
    time(|| get(Cached::new(rx), n))
}

pub(super) fn two_cached_get(n: u64) -> Duration {
    let (_tx, rx) = channel(0u64);
    at_once(2, || get(Cached::new(rx.clone()), n))
}
