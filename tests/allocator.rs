//! A program's allocator may use channels: it runs with no lock of the crate held, and outside of
//! the detector's bookkeeping. And the queue of the lock gives its memory back.
#![cfg(feature = "std")]

mod common;

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};
use std::thread;
use std::time::Duration;

use common::allocator::Observed;
use common::alone;
use watch_channel::{Sender, Watch, channel};

static CALLS: Watch<u64> = Watch::new(0);

/// How many bytes are in use.
static LIVE: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    static PUBLISHES: Cell<bool> = const { Cell::new(false) };
}

/// Publishes each call, except those that publishing makes.
#[global_allocator]
static ALLOCATOR: Observed = Observed(|bytes| {
    let _ = PUBLISHES.try_with(|publishes| {
        if publishes.replace(false) {
            CALLS.send_modify(|calls| *calls += 1);
            publishes.set(true);
        }
    });
    LIVE.fetch_add(bytes, Ordering::Relaxed);
});

/// Runs `f` while this thread's allocations are published.
fn publishing<R>(f: impl FnOnce() -> R) -> R {
    // Makes the channel. An allocator that is called to make it cannot use it yet.
    CALLS.version();
    PUBLISHES.set(true);
    let result = f();
    PUBLISHES.set(false);
    result
}

/// Every other thread has waited in a queue before, so its next wait needs no memory. Broken by a
/// queue that allocates while its mutex is held, and by a detector that takes a call that waits for
/// one that holds the lock.
#[test]
fn threads_that_wait_for_the_channel_of_the_allocator_join_its_queue() {
    alone(|| {
        let (tx, rx) = channel(0);
        let (held, held_first) = (CALLS.borrow(), rx.borrow());
        let tx = &tx;
        thread::scope(|scope| {
            for i in 0..12 {
                scope.spawn(move || {
                    if i % 2 == 0 {
                        tx.set(i);
                    }
                    publishing(|| CALLS.send_modify(|calls| *calls += 1));
                });
            }
            thread::sleep(Duration::from_millis(50));
            drop(held_first);
            thread::sleep(Duration::from_millis(50));
            drop(held);
        });
    });
}

/// Broken by a reader that allocates or frees between taking the lock and returning, also by the
/// detector of debug builds.
#[test]
fn readers_and_allocations_meet() {
    alone(|| {
        let is_over = &AtomicBool::new(false);
        let work: [fn(); 2] = [|| drop(CALLS.borrow()), || drop(std::hint::black_box(vec![0u8; 100]))];
        thread::scope(|scope| {
            for work in work.into_iter().cycle().take(6) {
                scope.spawn(move || {
                    publishing(|| {
                        while !is_over.load(Ordering::Relaxed) {
                            work();
                        }
                    });
                });
            }
            thread::sleep(Duration::from_millis(500));
            is_over.store(true, Ordering::Relaxed);
        });
    });
}

/// Many readers wait at once. Broken by a reader that frees memory of the queue while it holds the
/// lock.
#[test]
fn many_readers_leave_the_queue_of_the_allocators_channel() {
    alone(|| {
        for _ in 0..5 {
            thread::scope(|scope| {
                CALLS.send_modify(|_| {
                    (0..40).for_each(|_| _ = scope.spawn(|| publishing(|| assert!(CALLS.get() < u64::MAX))));
                    thread::sleep(Duration::from_millis(30));
                });
            });
        }
    });
}

/// Broken by a detector that allocates while it is borrowed.
#[test]
fn one_thread_takes_many_refs() {
    alone(|| {
        let channels: Vec<_> = (0..100).map(channel).collect();
        let before = CALLS.get();
        let mut refs = Vec::with_capacity(channels.len());
        publishing(|| channels.iter().for_each(|(_, rx)| refs.push(rx.borrow())));
        if cfg!(debug_assertions) {
            assert!(CALLS.get() > before, "the detector allocates");
        }
    });
}

/// Many threads wait for the lock at once, readers and then senders. Broken by a queue that keeps
/// memory for the largest crowd.
#[test]
fn the_memory_of_the_queue_follows_the_crowd_down() {
    const CROWD: usize = 300;
    alone(|| {
        let (tx, rx) = channel(0usize);
        let crowd = |call: fn(&Sender<usize>)| {
            let before = LIVE.load(Ordering::Relaxed);
            thread::scope(|scope| {
                let threads = tx.send_modify(|_| {
                    let threads: Vec<_> = (0..CROWD).map(|_| scope.spawn(|| call(&tx))).collect();
                    thread::sleep(Duration::from_millis(200));
                    threads
                });
                // A scope alone does not wait until the thread-locals have been dropped.
                threads.into_iter().for_each(|thread| thread.join().unwrap());
            });
            LIVE.load(Ordering::Relaxed) - before
        };
        let calls: [fn(&Sender<usize>); 2] =
            [|tx| assert!(tx.get() <= CROWD), |tx| tx.send_modify(|value| *value += 1)];
        for call in calls {
            let kept = crowd(call);
            assert!(kept < 8 * 1024, "{kept} bytes are kept");
        }
        assert_eq!(rx.get(), CROWD);
    });
}
