//! The candidates: this crate, tokio, and a bare lock as a yardstick.

use std::sync::Arc;

use parking_lot::RwLock;

/// A `u64` that threads read and replace.
pub(crate) trait Candidate: Send + Sync + 'static {
    /// If a thread that holds a `Ref` reads again, it waits for the senders that wait for its `Ref`.
    const SECOND_READ_DEADLOCKS: bool = false;

    fn new() -> Self;

    fn set(&self, value: u64);

    /// Calls `inside` while no other thread can read or send.
    fn modify<R>(&self, inside: impl FnOnce() -> R) -> R;

    fn read(&self) -> u64;

    /// Calls `inside` while this thread holds a `Ref`.
    fn hold<R>(&self, inside: impl FnOnce() -> R) -> R;

    /// Calls `inside` while this thread reads, unless it would have to wait. (tokio has no such call: it waits.)
    fn attempt(&self, inside: impl FnOnce()) {
        self.hold(inside);
    }

    /// Reads inside [`hold`](Self::hold).
    fn read_again(&self) -> u64 {
        self.read()
    }
}

/// The columns of the table, in the order of their measurements.
pub(crate) const NAMES: [&str; 3] = ["this crate", "tokio", "parking_lot"];

pub(crate) struct ThisCrate(watch_channel::Sender<u64>);

impl Candidate for ThisCrate {
    fn new() -> Self {
        Self(watch_channel::Sender::new(0))
    }

    fn set(&self, value: u64) {
        self.0.set(value);
    }

    fn modify<R>(&self, inside: impl FnOnce() -> R) -> R {
        let mut result = None;
        self.0.send_modify(|value| {
            result = Some(inside());
            *value += 1;
        });
        result.expect("the closure was called")
    }

    fn read(&self) -> u64 {
        *self.0.borrow()
    }

    fn hold<R>(&self, inside: impl FnOnce() -> R) -> R {
        let _held = self.0.borrow();
        inside()
    }

    fn attempt(&self, inside: impl FnOnce()) {
        let refuse = |_: &u64| {
            inside();
            false
        };
        self.0.subscribe_unseen().try_recv_if(refuse).expect_err("it refuses");
    }
}

pub(crate) struct Tokio(tokio::sync::watch::Sender<u64>);

impl Candidate for Tokio {
    const SECOND_READ_DEADLOCKS: bool = true;

    fn new() -> Self {
        Self(tokio::sync::watch::Sender::new(0))
    }

    fn set(&self, value: u64) {
        self.0.send_replace(value);
    }

    fn modify<R>(&self, inside: impl FnOnce() -> R) -> R {
        let mut result = None;
        self.0.send_modify(|value| {
            result = Some(inside());
            *value += 1;
        });
        result.expect("the closure was called")
    }

    fn read(&self) -> u64 {
        *self.0.borrow()
    }

    fn hold<R>(&self, inside: impl FnOnce() -> R) -> R {
        let _held = self.0.borrow();
        inside()
    }
}

/// The lock is on the heap, like the channels.
pub(crate) struct ParkingLot(Arc<RwLock<u64>>);

impl Candidate for ParkingLot {
    fn new() -> Self {
        Self(Arc::new(RwLock::new(0)))
    }

    fn set(&self, value: u64) {
        *self.0.write() = value;
    }

    fn modify<R>(&self, inside: impl FnOnce() -> R) -> R {
        let mut value = self.0.write();
        let result = inside();
        *value += 1;
        result
    }

    fn read(&self) -> u64 {
        *self.0.read()
    }

    fn hold<R>(&self, inside: impl FnOnce() -> R) -> R {
        let _held = self.0.read();
        inside()
    }

    fn attempt(&self, inside: impl FnOnce()) {
        if let Some(_held) = self.0.try_read() {
            inside();
        }
    }

    fn read_again(&self) -> u64 {
        *self.0.read_recursive()
    }
}
