//! Tests of the build without `std`, on threads. This file has what they share.
//!
//! In the crate's own tests, the development dependencies enable `std` in event-listener, spin and portable-atomic. This package
//! has few dependencies and its own executor, so nothing enables it. The module `proof` does not compile with the crate's feature
//! `std`, and `ci/test.sh` checks the features of the dependencies.
//!
//! Each test repeats its work for [`RUN_TIME`], and fails if it does not end within [`HANG`].

use std::hint;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

pub mod bursts;

mod proof {
    use watch_channel::Changed;

    struct WithoutStd;

    trait WaitOnThread {
        fn wait(self) -> WithoutStd;
    }

    impl<T> WaitOnThread for Changed<'_, T> {
        fn wait(self) -> WithoutStd {
            WithoutStd
        }
    }

    /// If this is a type error, the feature `std` is on: the future's own method takes precedence over that of the trait.
    const _: fn(Changed<'_, ()>) -> WithoutStd = |changed| changed.wait();
}

/// How long each test repeats its work.
pub const RUN_TIME: Duration = Duration::from_millis(800);

/// Longer than any test takes, even on a busy machine.
pub const HANG: Duration = Duration::from_secs(20);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Returns a waker that unparks this thread.
pub fn waker() -> Waker {
    Arc::new(Unpark(thread::current())).into()
}

/// Runs the future on this thread, which is parked while the future is pending.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = waker();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

/// Polls the future once.
pub fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(&waker()))
}

/// Keeps the processor busy.
pub fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        hint::spin_loop();
    }
}

/// Repeats `round` for [`RUN_TIME`], with the number of the round, which starts at 1.
pub fn rounds(mut round: impl FnMut(u64)) {
    let end = Instant::now() + RUN_TIME;
    let mut number = 0;
    while Instant::now() < end {
        number += 1;
        round(number);
    }
    println!("{number} rounds");
}

/// Runs `f` on a new thread, and fails the test if it does not end.
#[track_caller]
pub fn must_end(f: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        f();
        let _ = done.send(());
    });
    if ended.recv_timeout(HANG) == Err(RecvTimeoutError::Timeout) {
        panic!("it does not end within {HANG:?}: a thread sleeps or spins forever");
    }
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Runs each closure on its own thread, and waits until all have ended.
pub fn run_all(work: impl IntoIterator<Item = Box<dyn FnOnce() + Send>>) {
    let threads: Vec<_> = work.into_iter().map(thread::spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}
