//! G7 and G8: no thread starves while it waits for the value's lock, and a thread that waits sleeps.
//!
//! `cargo bench -p benches --bench fairness` measures the same situations. The limits on time are at least ten times as high
//! here. So these tests fail for a lock that starves threads or spins, and pass for a good one even on a busy machine and in an
//! emulator.
#![cfg(feature = "std")]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use common::{must_end, must_end_within};
use watch_channel::{Receiver, Sender, channel};

/// Each test uses all processors, so they run one after the other.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Threads that repeat their work until this is dropped.
struct Busy {
    is_over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Busy {
    fn new(threads: usize, work: impl Fn() + Clone + Send + 'static) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let threads = (0..threads).map(|_| {
            let (is_over, work) = (is_over.clone(), work.clone());
            thread::spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    work();
                }
            })
        });
        Self { threads: threads.collect(), is_over }
    }

    /// Threads that send without a pause. Each send takes `each`.
    fn senders(threads: usize, tx: &Sender<u64>, each: Duration) -> Self {
        let tx = tx.clone();
        Self::new(threads, move || {
            tx.send_modify(|value| {
                spin(each);
                *value += 1;
            });
        })
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| thread.join().unwrap());
    }
}

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {}
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[test]
fn g7_a_reader_is_not_starved_by_a_sender_that_never_pauses() {
    let _alone = alone();
    for each in [1, 20, 1_000].map(Duration::from_micros) {
        must_end_within(Duration::from_secs(10), move || {
            let (tx, rx) = channel(0);
            let _sender = Busy::senders(1, &tx, each);
            for _ in 0..300 {
                drop(rx.borrow());
                thread::sleep(Duration::from_micros(100));
            }
        });
    }
}

#[test]
fn g7_a_sender_is_not_starved_by_a_sender_that_never_pauses() {
    let _alone = alone();
    must_end_within(Duration::from_secs(10), || {
        let (tx, _rx) = channel(0);
        let _sender = Busy::senders(1, &tx, Duration::from_micros(20));
        for i in 0..100 {
            tx.set(i);
            thread::sleep(Duration::from_micros(100));
        }
    });
}

#[test]
fn g7_a_reader_is_not_starved_by_many_senders() {
    let _alone = alone();
    for senders in [2, 4, 16] {
        must_end_within(Duration::from_secs(28), move || {
            let (tx, rx) = channel(0);
            let _senders = Busy::senders(senders, &tx, Duration::from_micros(2));
            for _ in 0..100 {
                drop(rx.borrow());
                thread::sleep(Duration::from_micros(100));
            }
        });
    }
}

#[test]
fn g7_a_sender_is_not_starved_by_readers_that_overlap() {
    let _alone = alone();
    for (readers, longest) in [(4, 20), (32, 35)] {
        must_end_within(Duration::from_millis(10 * 10 * (longest + 5)), move || {
            let (tx, rx) = channel(0);
            let _readers = Busy::new(readers, move || {
                let value = rx.borrow();
                thread::sleep(Duration::from_millis(longest / 2 + *value % (longest / 2)));
            });
            for i in 0..10 {
                thread::sleep(Duration::from_millis(5));
                tx.set(i);
            }
        });
    }
}

#[test]
fn g7_many_threads_that_read_and_send_all_make_progress() {
    let _alone = alone();
    for threads in [4, 16, 64] {
        must_end(move || {
            let (tx, rx) = channel(0);
            let each = 64_000 / threads;
            let working = (0..threads).map(|_| {
                let (tx, rx) = (tx.clone(), rx.clone());
                thread::spawn(move || {
                    for i in 0..each {
                        if i % 10 == 0 { tx.send_modify(|value| *value += 1) } else { drop(rx.borrow()) }
                    }
                })
            });
            working.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!(rx.get(), each / 10 * threads);
        });
    }
}

/// Calls `f` while this thread holds a `Ref` for which `senders` threads wait.
fn while_senders_are_blocked<R>((tx, rx): &(Sender<u64>, Receiver<u64>), senders: usize, f: impl FnOnce() -> R) -> R {
    let value = rx.borrow();
    let ready = Arc::new(Barrier::new(senders + 1));
    let threads = (0..senders).map(|_| {
        let (tx, ready) = (tx.clone(), ready.clone());
        thread::spawn(move || {
            ready.wait();
            tx.send_modify(|value| *value += 1);
        })
    });
    let threads = threads.collect::<Vec<_>>();
    ready.wait();
    thread::sleep(Duration::from_millis(100));
    let result = f();
    let before = *value;
    drop(value);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(rx.get(), before + senders as u64);
    result
}

#[test]
fn g7_a_second_borrow_does_not_wait_for_blocked_senders() {
    let _alone = alone();
    for senders in [1, 64, 256] {
        must_end(move || {
            let channel = channel(0);
            let second_borrow = || {
                let start = Instant::now();
                drop(channel.1.borrow());
                start.elapsed()
            };
            let times = || (0..25).map(|_| second_borrow()).min().unwrap();
            // The shortest time counts, because other programs and senders that are about to sleep take the processor in between.
            let shortest = while_senders_are_blocked(&channel, senders, times);
            assert!(shortest < Duration::from_millis(1), "{shortest:?} with {senders} senders");
        });
    }
}

/// A thread that holds a `Ref` reads another channel, ahead of a sender that has joined that channel's queue before. (With critical
/// sections the sender waits for the holder's critical section, and not in the queue.)
#[cfg(not(feature = "critical-section"))]
#[test]
fn g7_a_thread_that_holds_a_ref_passes_queued_senders_of_another_channel() {
    let _alone = alone();
    must_end(|| {
        let ((_tx, rx), (other_tx, other_rx)) = (channel(0), channel(0));
        let (entered, is_inside) = std::sync::mpsc::channel();
        let (leave, may_leave) = std::sync::mpsc::channel();
        let holder = thread::spawn({
            let tx = other_tx.clone();
            move || {
                tx.send_modify(|value| {
                    entered.send(()).unwrap();
                    may_leave.recv().unwrap();
                    *value = 1;
                });
            }
        });
        is_inside.recv().unwrap();
        let sender = thread::spawn(move || other_tx.set(2));
        thread::sleep(Duration::from_millis(50));
        let leaving = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            leave.send(()).unwrap();
        });
        let _held = rx.borrow();
        assert_eq!(*other_rx.borrow(), 1);
        for thread in [holder, sender, leaving] {
            thread.join().unwrap();
        }
    });
}

/// The least processor time, in hundredths of a second, that this process uses in one of three spans of 300 ms. Threads that are
/// about to sleep use some in the first; threads that spin use all of it in each.
#[cfg(target_os = "linux")]
fn processor_time_used() -> u64 {
    let used = || {
        let before = processor_time();
        thread::sleep(Duration::from_millis(300));
        processor_time() - before
    };
    (0..3).map(|_| used()).min().unwrap()
}

/// The processor time that this process has used, in hundredths of a second.
#[cfg(target_os = "linux")]
fn processor_time() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The name, in parentheses, may contain spaces. User and system time are the 12th and 13th fields after it.
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn g8_blocked_threads_sleep() {
    let _alone = alone();
    for threads in [1, 64, 256] {
        must_end(move || {
            let channel = channel(0);
            let by_senders = while_senders_are_blocked(&channel, threads, processor_time_used);
            assert!(by_senders <= 6, "{threads} senders use {by_senders} hundredths of a second");

            let (tx, rx) = channel;
            let readers = || {
                let threads = (0..threads).map(|_| {
                    let rx = rx.clone();
                    thread::spawn(move || drop(rx.borrow()))
                });
                threads.collect::<Vec<_>>()
            };
            let mut blocked = vec![];
            let mut by_readers = 0;
            tx.send_modify(|_| {
                blocked = readers();
                thread::sleep(Duration::from_millis(100));
                by_readers = processor_time_used();
            });
            blocked.into_iter().for_each(|thread| thread.join().unwrap());
            assert!(by_readers <= 6, "{threads} readers use {by_readers} hundredths of a second");
        });
    }
}

#[test]
fn g8_a_blocked_sender_returns_soon_after_the_refs_drop() {
    let _alone = alone();
    let times = || {
        let times = (0..30).map(|i| {
            let (tx, rx) = channel(0);
            let holder = thread::spawn(move || {
                let value = rx.borrow();
                // Long enough for the sender to reach its longest sleep. Each round ends at another point of that.
                thread::sleep(Duration::from_micros(20_000 + i * 300));
                drop(value);
                Instant::now()
            });
            thread::sleep(Duration::from_millis(2));
            tx.set(1);
            Instant::now().saturating_duration_since(holder.join().unwrap())
        });
        median(times.collect())
    };
    // A sender that is not woken sleeps for some milliseconds more in every round. A busy machine delays it only in some.
    let shortest = must_end(move || (0..3).map(|_| times()).min().unwrap());
    assert!(shortest < Duration::from_millis(1), "{shortest:?}");
}
