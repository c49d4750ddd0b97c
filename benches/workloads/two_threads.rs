//! Threads that use one channel at the same time.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::future::block_on;

use super::channel::{AcrossThreads, Watch};
use super::timing::{at_once, time};

/// Two threads borrow `n` times each.
pub(super) fn two_readers<W: Watch>(n: u64) -> Duration {
    let (_tx, rx) = W::channel(0u64);
    read_on_two_threads::<W>(&rx, n)
}

/// Two threads borrow `n` times each while a third thread sends now and then.
pub(super) fn two_readers_and_a_sender<W: Watch>(n: u64) -> Duration {
    let (tx, rx) = W::channel(0u64);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let done = &done;
        scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                W::send(&tx, 1);
                thread::sleep(Duration::from_micros(50));
            }
        });
        let elapsed = read_on_two_threads::<W>(&rx, n);
        done.store(true, Ordering::Relaxed);
        elapsed
    })
}

fn read_on_two_threads<W: Watch>(rx: &W::Receiver<u64>, n: u64) -> Duration {
    at_once(2, || {
        let rx = W::another(rx);
        for _ in 0..n {
            black_box(*W::borrow(&rx));
        }
    })
}

/// `n` sends while two threads borrow without a pause.
pub(super) fn send_under_readers<W: Watch>(n: u64) -> Duration {
    let (tx, rx) = W::channel(0u64);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            let rx = W::another(&rx);
            let done = &done;
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    black_box(*W::borrow(&rx));
                }
            });
        }
        thread::sleep(Duration::from_millis(1));
        let elapsed = time(|| {
            for i in 0..n {
                W::send(&tx, i);
            }
        });
        done.store(true, Ordering::Relaxed);
        elapsed
    })
}

/// `n` round trips between two threads, each running one task.
pub(super) fn ping_pong<W: AcrossThreads>(n: u64) -> Duration {
    let (ping, mut pinged) = W::channel(0u64);
    let (pong, mut ponged) = W::channel(0u64);
    let echo = thread::spawn(move || {
        block_on(async move {
            for _ in 0..n {
                W::changed(&mut pinged).await.unwrap();
                let value = *W::borrow_and_update(&mut pinged);
                W::send(&pong, value);
            }
            // The sender is returned and not dropped, because in some channels the close hides the last value.
            (pinged, pong)
        })
    });
    let elapsed = block_on(async {
        let start = Instant::now();
        for i in 1..=n {
            W::send(&ping, i);
            W::changed(&mut ponged).await.unwrap();
            assert_eq!(*W::borrow_and_update(&mut ponged), i);
        }
        start.elapsed()
    });
    drop(echo.join().unwrap());
    elapsed
}

/// `n` round trips between two threads, without an executor.
pub(super) fn ping_pong_blocking<W: AcrossThreads>(n: u64) -> Duration {
    let (ping, mut pinged) = W::channel(0u64);
    let (pong, mut ponged) = W::channel(0u64);
    let echo = thread::spawn(move || {
        for _ in 0..n {
            assert!(W::changed_blocking(&mut pinged));
            let value = *W::borrow_and_update(&mut pinged);
            W::send(&pong, value);
        }
        (pinged, pong)
    });
    let elapsed = time(|| {
        for i in 1..=n {
            W::send(&ping, i);
            assert!(W::changed_blocking(&mut ponged));
            assert_eq!(*W::borrow_and_update(&mut ponged), i);
        }
    });
    drop(echo.join().unwrap());
    elapsed
}
