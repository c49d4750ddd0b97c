//! One defect of each kind that a sanitizer must report. `ci/sanitizers.sh` builds it together with the tests, and fails
//! if a defect is not reported: then the tests are not instrumented, and their success means nothing.
#![allow(unsafe_code, clippy::allow_attributes, reason = "there is no data race in safe code")]

use std::cell::UnsafeCell;
use std::hint::black_box;
use std::mem;
use std::sync::Barrier;
use std::thread;

use watch_channel::channel;

struct Racy(UnsafeCell<u64>);

// SAFETY: none, it is a defect.
unsafe impl Sync for Racy {}

/// Two threads hold a `Ref` at the same time and write to the value.
#[test]
#[ignore = "a defect"]
fn race() {
    let (_tx, rx) = channel(Racy(UnsafeCell::new(0)));
    let both = Barrier::new(2);
    let write = || {
        let value = rx.borrow();
        both.wait();
        // SAFETY: none, it is a defect.
        unsafe { *value.0.get() += 1 };
    };
    thread::scope(|scope| {
        scope.spawn(write);
        scope.spawn(write);
    });
}

#[test]
#[ignore = "a defect"]
fn leak() {
    thread::spawn(|| mem::forget(channel(0))).join().unwrap();
}

#[test]
#[ignore = "a defect"]
fn use_after_free() {
    let value = Box::into_raw(Box::new(channel(0)));
    // SAFETY: it is a box's, and it is freed once.
    drop(unsafe { Box::from_raw(value) });
    // SAFETY: none, it is a defect.
    black_box(unsafe { (*value).0.get() });
}
