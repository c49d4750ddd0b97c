//! One defect of each kind that a sanitizer must report. `ci/sanitizers.sh` builds this file together with the tests, and fails
//! if a defect is not reported: the tests would then not be instrumented, and their success would mean nothing.
#![allow(unsafe_code, clippy::allow_attributes, reason = "there is no data race in safe code")]

use std::cell::UnsafeCell;
use std::hint::black_box;
use std::mem;
use std::sync::Barrier;
use std::thread;

use watch_channel::channel;

struct Racy(UnsafeCell<u64>);

// SAFETY: this is unsound; the defect is planted.
unsafe impl Sync for Racy {}

/// Two threads hold a `Ref` at the same time and write to the value.
#[test]
#[ignore = "a planted defect"]
fn race() {
    let (_tx, rx) = channel(Racy(UnsafeCell::new(0)));
    let both = Barrier::new(2);
    let write = || {
        let value = rx.borrow();
        both.wait();
        // SAFETY: this is a data race; the defect is planted.
        unsafe { *value.0.get() += 1 };
    };
    thread::scope(|scope| {
        scope.spawn(write);
        scope.spawn(write);
    });
}

#[test]
#[ignore = "a planted defect"]
fn leak() {
    thread::spawn(|| mem::forget(channel(0))).join().unwrap();
}

#[test]
#[ignore = "a planted defect"]
fn use_after_free() {
    let value = Box::into_raw(Box::new(channel(0)));
    // SAFETY: the pointer comes from a box, which is freed once.
    drop(unsafe { Box::from_raw(value) });
    // SAFETY: the value has been freed; the defect is planted.
    black_box(unsafe { (*value).0.get() });
}
