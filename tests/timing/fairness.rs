//! G7 and G8: no thread starves while it waits for the value's lock, and a thread that waits
//! sleeps.
//!
//! `cargo bench -p benches --bench fairness` measures the same situations. The limits on time are
//! at least ten times as high here. So these tests fail for a lock that starves threads or spins,
//! and pass for a good one even on a busy machine and in an emulator.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::common::{alone, alone_within};
use watch_channel::{Receiver, Sender, channel};

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

#[test]
fn g7_readers_and_senders_are_not_starved_by_senders_that_never_pause() {
    for (senders, each, limit) in [(1, 1, 10), (1, 20, 10), (1, 1_000, 10), (2, 2, 28), (4, 2, 28), (16, 2, 28)] {
        alone_within(Duration::from_secs(limit), move || {
            let (tx, rx) = channel(0);
            let _senders = Busy::senders(senders, &tx, Duration::from_micros(each));
            for i in 0..300 {
                if i % 3 == 0 {
                    tx.set(i)
                } else {
                    drop(rx.borrow())
                }
                thread::sleep(Duration::from_micros(100));
            }
        });
    }
}

/// Takes one more reference of each channel at each level, and checks that the values do not
/// change.
fn nested(levels: usize, rx: &Receiver<u64>, other: &Receiver<u64>) -> (u64, u64) {
    let (value, other_value) = (rx.borrow(), other.borrow());
    let found = (*value, *other_value);
    if levels > 0 {
        assert_eq!(nested(levels - 1, rx, other), found);
        // Now in the other order.
        assert_eq!(nested(0, other, rx), (found.1, found.0));
        rx.with(|value| assert_eq!(*value, found.0));
    }
    found
}

#[test]
fn g7_nested_borrows_of_two_channels_never_deadlock_under_a_storm_of_sends() {
    alone(|| {
        let ((tx, rx), (other_tx, other_rx)) = (channel(0), channel(0));
        let readers = {
            let (rx, other_rx) = (rx.clone(), other_rx.clone());
            Busy::new(2, move || _ = nested(5, &rx, &other_rx))
        };
        let _senders = (Busy::senders(2, &tx, Duration::ZERO), Busy::senders(1, &other_tx, Duration::ZERO));
        // It takes a moment until the senders run.
        while rx.get() == 0 {
            thread::yield_now();
        }
        for _ in 0..200 {
            nested(5, &rx, &other_rx);
        }
        drop(readers);
    });
}

/// A writer stays in the queue while its closure runs. Broken by a thread that takes a writer with a
/// long closure for one that gets no processor, and then overtakes all threads behind it.
#[test]
fn g7_threads_take_turns_although_their_closures_take_long() {
    const THREADS: usize = 6;
    alone(|| {
        let (tx, ended) = (Sender::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    while ended.load(Ordering::SeqCst) < 100 {
                        let before = ended.load(Ordering::SeqCst);
                        tx.send_modify(|value| {
                            thread::sleep(Duration::from_millis(20));
                            *value += 1;
                        });
                        let passed_by = ended.fetch_add(1, Ordering::SeqCst) - before;
                        assert!(passed_by <= 3 * THREADS, "{passed_by} sends have overtaken this one");
                        thread::sleep(Duration::from_millis(1));
                    }
                });
            }
        });
    });
}

#[test]
fn g7_a_sender_is_not_starved_by_readers_that_overlap() {
    for (readers, longest) in [(4, 20), (32, 35)] {
        alone_within(Duration::from_millis(10 * 10 * (longest + 5)), move || {
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

/// Calls `f` while this thread holds a `Ref` for which `senders` threads wait.
fn while_senders_are_blocked<R>((tx, rx): &(Sender<u64>, Receiver<u64>), senders: usize, f: impl FnOnce() -> R) -> R {
    let ready = Barrier::new(senders + 1);
    let (result, before) = thread::scope(|scope| {
        let value = rx.borrow();
        for _ in 0..senders {
            scope.spawn(|| {
                ready.wait();
                tx.send_modify(|value| *value += 1);
            });
        }
        ready.wait();
        thread::sleep(Duration::from_millis(100));
        (f(), *value)
    });
    assert_eq!(rx.get(), before + senders as u64);
    result
}

#[test]
fn g7_a_second_borrow_does_not_wait_for_blocked_senders() {
    for senders in [1, 64, 256] {
        alone(move || {
            let channel = channel(0);
            let second_borrow = || {
                let start = Instant::now();
                drop(channel.1.borrow());
                start.elapsed()
            };
            let times = || (0..25).map(|_| second_borrow()).min().unwrap();
            // The shortest time counts, because other programs and senders that are about to sleep
            // take the processor in between.
            let shortest = while_senders_are_blocked(&channel, senders, times);
            assert!(shortest < Duration::from_millis(1), "{shortest:?} with {senders} senders");
        });
    }
}

/// Sends 20 times while `threads` threads do `work` without a pause.
#[track_caller]
fn sends_get_in<T: Send + Sync + Default + 'static>(
    threads: usize,
    init: T,
    work: impl Fn(&Receiver<T>) + Clone + Send + 'static,
) {
    alone(move || {
        let (tx, rx) = channel(init);
        let _busy = Busy::new(threads, move || work(&rx));
        for _ in 0..20 {
            thread::sleep(Duration::from_millis(1));
            tx.set(T::default());
        }
    });
}

/// Each reader holds the lock nearly all the time, so the lock is hardly ever free.
#[test]
fn g7_a_sender_is_not_starved_by_readers_that_never_pause() {
    sends_get_in(3, 0u64, |rx| {
        let _value = rx.borrow();
        spin(Duration::from_micros(20));
    });
}

/// Broken by an attempt that does not ask the queue.
#[test]
fn g7_a_sender_is_not_starved_by_attempts_to_receive() {
    for (threads, each) in [(4, 20), (8, 100)] {
        sends_get_in(threads, 0u64, move |rx| {
            let mut rx = rx.clone();
            rx.mark_changed();
            let refuse = |_: &u64| {
                spin(Duration::from_micros(each));
                false
            };
            assert!(rx.try_recv_if(refuse).is_err());
        });
    }
    sends_get_in(4, vec![0u8; 1 << 20], |rx| {
        let mut rx = rx.clone();
        rx.mark_changed();
        let _ = rx.try_recv();
    });
}

/// Broken by a read that passes the queue because its thread changes another channel.
#[test]
fn g7_a_sender_is_not_starved_by_reads_in_closures_that_change_another_channel() {
    for (threads, each) in [(4, 2), (8, 10)] {
        sends_get_in(threads, 0u64, move |rx| {
            Sender::new(0).send_modify(|sum| {
                rx.with(|value| {
                    spin(Duration::from_micros(each));
                    *sum += *value;
                });
            });
        });
    }
}

/// Broken by a read that passes the queue because its thread reads another channel, or once did.
#[test]
fn g7_a_sender_is_not_starved_by_reads_under_another_channels_ref() {
    for (threads, longest) in [(4, 1), (16, 6)] {
        sends_get_in(threads, 0u64, move |rx| {
            let (_other_tx, other) = channel(0);
            let _held = other.borrow();
            let _value = rx.borrow();
            thread::sleep(Duration::from_millis(longest));
        });
    }
    sends_get_in(4, 0u64, |rx| {
        channel(0).1.with(|_| rx.with(|_| spin(Duration::from_micros(200))));
    });
    sends_get_in(4, 0u64, |rx| {
        thread_local! {
            static HAS_FORGOTTEN: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
        }
        if !HAS_FORGOTTEN.replace(true) {
            let other = Box::leak(Box::new(channel(0)));
            std::mem::forget(other.1.borrow());
        }
        rx.with(|_| spin(Duration::from_micros(200)));
    });
}

/// Two threads that each use one channel read the other one, for which a sender waits by then, and
/// all go on. Broken by a thread that obeys a demand without an end, and by a closure that changes
/// the value and does not count as a guard.
#[test]
fn g7_reads_under_each_others_guard_come_free() {
    type Use = fn(&Sender<u64>, &mut dyn FnMut());
    let borrow: Use = |tx, f| {
        let _held = tx.borrow();
        f();
    };
    let with: Use = |tx, f| tx.with(|_| f());
    let change: Use = |tx, f| tx.send_modify(|_| f());
    for uses in [(borrow, borrow), (with, with), (change, borrow)] {
        alone(move || {
            let (one, two, inside) = (Sender::new(0), Sender::new(0), Barrier::new(4));
            thread::scope(|scope| {
                for (mine, theirs, hold) in [(&one, &two, uses.0), (&two, &one, uses.1)] {
                    let inside = &inside;
                    scope.spawn(move || {
                        hold(mine, &mut || {
                            inside.wait();
                            thread::sleep(Duration::from_millis(30));
                            drop(theirs.borrow());
                        });
                    });
                    scope.spawn(move || {
                        inside.wait();
                        mine.set(1);
                    });
                }
            });
        });
    }
}

/// A thread that gets hardly any processor time is the first in the queue, and no thread holds the
/// lock. Broken by a demand that does not end. It ends in a tenth of the limit, and otherwise takes
/// several times as long.
#[cfg(target_os = "linux")]
#[test]
fn g7_a_thread_of_low_priority_keeps_no_other_thread_waiting() {
    alone(|| {
        let mut waited = Duration::ZERO;
        for i in 0..20 {
            let (tx, rx) = channel(0);
            let value = rx.borrow();
            let sender = tx.clone();
            let low = thread::spawn(move || {
                rustix::process::setpriority_process(Some(rustix::thread::gettid()), 19).unwrap();
                sender.set(1);
            });
            thread::sleep(Duration::from_millis(20));
            let busy = Busy::new(8, || spin(Duration::from_micros(100)));
            thread::sleep(Duration::from_millis(10));
            drop(value);
            // Other calls must not wait either: attempts meet the demand first in every other
            // round.
            let start = Instant::now();
            while i % 2 == 0 && rx.try_borrow().is_none() {
                thread::sleep(Duration::from_millis(1));
            }
            tx.set(2);
            waited += start.elapsed();
            drop(busy);
            low.join().unwrap();
        }
        assert!(waited < Duration::from_secs(2), "20 sends for a free lock have taken {waited:?}");
    });
}

/// The least processor time, in hundredths of a second, that this process uses in one of three
/// spans of 300 ms. Threads that are about to sleep use some in the first; threads that spin use
/// all of it in each.
#[cfg(target_os = "linux")]
fn processor_time_used() -> u64 {
    let used = || {
        let before = crate::processor_time("self");
        thread::sleep(Duration::from_millis(300));
        crate::processor_time("self") - before
    };
    (0..3).map(|_| used()).min().unwrap()
}

/// A sender waits for a `Ref`, and readers behind it. Then the sender's closure takes long. Broken by
/// readers that take the sender for a thread that gets no processor, and try again and again.
#[cfg(target_os = "linux")]
#[test]
fn g8_threads_behind_a_long_closure_sleep() {
    let used = alone(|| {
        let (tx, rx) = channel(0);
        thread::scope(|scope| {
            let held = rx.borrow();
            let sender = scope.spawn(|| {
                tx.send_modify(|_| {
                    thread::sleep(Duration::from_millis(100));
                    processor_time_used()
                })
            });
            let pause = || thread::sleep(Duration::from_millis(30));
            pause();
            (0..256).for_each(|_| _ = scope.spawn(|| drop(rx.borrow())));
            pause();
            drop(held);
            sender.join().unwrap()
        })
    });
    assert!(used <= 6, "they use {used} hundredths of a second");
}

#[cfg(target_os = "linux")]
#[test]
fn g8_blocked_threads_sleep() {
    for threads in [1, 64, 256] {
        alone(move || {
            let channel = channel(0);
            let by_senders = while_senders_are_blocked(&channel, threads, processor_time_used);
            assert!(by_senders <= 6, "{threads} senders use {by_senders} hundredths of a second");

            let (tx, rx) = &channel;
            let by_readers = thread::scope(|scope| {
                tx.send_modify(|_| {
                    (0..threads).for_each(|_| _ = scope.spawn(|| drop(rx.borrow())));
                    thread::sleep(Duration::from_millis(100));
                    processor_time_used()
                })
            });
            assert!(by_readers <= 6, "{threads} readers use {by_readers} hundredths of a second");
        });
    }
}

#[test]
fn g8_a_blocked_sender_returns_soon_after_the_refs_drop() {
    let times = || {
        let times = (0..30).map(|i| {
            let (tx, rx) = channel(0);
            let holder = thread::spawn(move || {
                let value = rx.borrow();
                // Long enough for the sender to reach its longest sleep. Each round ends at another
                // point of that.
                thread::sleep(Duration::from_micros(20_000 + i * 300));
                drop(value);
                Instant::now()
            });
            thread::sleep(Duration::from_millis(2));
            tx.set(1);
            Instant::now().saturating_duration_since(holder.join().unwrap())
        });
        let mut times: Vec<_> = times.collect();
        times.sort();
        times[times.len() / 2]
    };
    // A sender that is not woken sleeps for some milliseconds more in every round. A busy machine
    // delays it only in some.
    let shortest = alone(move || (0..3).map(|_| times()).min().unwrap());
    assert!(shortest < Duration::from_millis(1), "{shortest:?}");
}
