//! The work that is measured, once for each crate: every function does it `n` times and returns how long that took.

use std::time::Duration;

/// A row of the comparison: its name and the same work on this crate and on tokio.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// What the ratio of this crate's time to tokio's should be at most.
    pub(crate) bar: f64,
    pub(crate) ours: Work,
    pub(crate) tokio: Work,
}

pub(crate) type Work = Box<dyn Fn(u64) -> Duration>;

/// What the workloads are made of.
pub(crate) mod parts {
    pub(crate) use std::hint::{black_box, spin_loop};
    pub(crate) use std::pin::pin;
    pub(crate) use std::sync::Arc;
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    pub(crate) use std::task::{Context, Wake, Waker};
    pub(crate) use std::thread;
    pub(crate) use std::time::{Duration, Instant};

    pub(crate) use async_executor::Executor;
    pub(crate) use futures_lite::future::{block_on, yield_now};

    pub(crate) fn time(work: impl FnOnce()) -> Duration {
        let start = Instant::now();
        work();
        start.elapsed()
    }

    /// Brings two threads onto two cores: new ones begin on one, and may end there, unless they depend on each other.
    pub(crate) fn take_turns(turn: &AtomicUsize, me: usize) {
        for mine in (me..40).step_by(2) {
            while turn.load(Ordering::Acquire) != mine {
                spin_loop();
            }
            turn.store(mine + 1, Ordering::Release);
        }
    }

    /// How long it takes until each of so many threads has done `work`, all of them at once.
    pub(crate) fn at_once(threads: usize, work: impl Fn() + Sync) -> Duration {
        let (turn, ready) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            let (turn, ready, work) = (&turn, &ready, &work);
            let running: Vec<_> = (0..threads)
                .map(|me| {
                    scope.spawn(move || {
                        if threads > 1 && me < 2 {
                            take_turns(turn, me);
                        }
                        // Who sleeps may wake up on another core.
                        ready.fetch_add(1, Ordering::AcqRel);
                        while ready.load(Ordering::Acquire) < threads {
                            thread::yield_now();
                        }
                        let start = Instant::now();
                        work();
                        [start, Instant::now()]
                    })
                })
                .collect();
            let times: Vec<_> = running.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
            *times.iter().max().unwrap() - *times.iter().min().unwrap()
        })
    }

    /// A task's waker as executors have them: it counts references, and a wake-up writes to memory.
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.wake_by_ref();
        }

        fn wake_by_ref(self: &Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn task_waker() -> Waker {
        Arc::new(Task(AtomicUsize::new(0))).into()
    }
}

/// Each arm is a workload, in the names of tokio's watch; `watch` is the module that has them.
macro_rules! workload {
    (borrow) => {
        pub(crate) fn borrow(n: u64) -> Duration {
            let (_tx, rx) = watch::channel(0u64);
            time(|| {
                for _ in 0..n {
                    black_box(*black_box(&rx).borrow());
                }
            })
        }
    };
    (has_changed) => {
        pub(crate) fn has_changed(n: u64) -> Duration {
            let (_tx, rx) = watch::channel(0u64);
            // No `black_box` for each call, which would cost more than the call: an atomic load is not optimized away.
            time(|| {
                let mut changes = 0u64;
                for _ in 0..n {
                    if rx.has_changed().unwrap() {
                        changes += 1;
                    }
                }
                black_box(changes);
            })
        }
    };
    (send) => {
        pub(crate) fn send(n: u64) -> Duration {
            let (tx, _rx) = watch::channel(0u64);
            time(|| {
                for i in 0..n {
                    black_box(&tx).send(i).unwrap();
                }
            })
        }
    };
    (send_then_changed) => {
        pub(crate) fn send_then_changed(n: u64) -> Duration {
            let (tx, mut rx) = watch::channel(0u64);
            let waker = task_waker();
            let mut cx = Context::from_waker(&waker);
            time(|| {
                for i in 0..n {
                    tx.send(i).unwrap();
                    assert!(pin!(rx.changed()).poll(&mut cx).is_ready());
                }
            })
        }
    };
    (pending_then_send) => {
        pub(crate) fn pending_then_send(n: u64) -> Duration {
            let (tx, mut rx) = watch::channel(0u64);
            let waker = task_waker();
            let mut cx = Context::from_waker(&waker);
            time(|| {
                for i in 0..n {
                    let mut changed = pin!(rx.changed());
                    assert!(changed.as_mut().poll(&mut cx).is_pending());
                    tx.send(i).unwrap();
                    assert!(changed.poll(&mut cx).is_ready());
                }
            })
        }
    };
    (pending_then_dropped) => {
        pub(crate) fn pending_then_dropped(n: u64) -> Duration {
            let (_tx, mut rx) = watch::channel(0u64);
            let waker = task_waker();
            let mut cx = Context::from_waker(&waker);
            time(|| {
                for _ in 0..n {
                    assert!(pin!(rx.changed()).poll(&mut cx).is_pending());
                }
            })
        }
    };
    (clone_and_drop) => {
        pub(crate) fn clone_and_drop(n: u64) -> Duration {
            let (_tx, rx) = watch::channel(0u64);
            time(|| {
                for _ in 0..n {
                    drop(black_box(black_box(&rx).clone()));
                }
            })
        }
    };
    (subscribe_and_drop) => {
        pub(crate) fn subscribe_and_drop(n: u64) -> Duration {
            let (tx, _rx) = watch::channel(0u64);
            time(|| {
                for _ in 0..n {
                    drop(black_box(black_box(&tx).subscribe()));
                }
            })
        }
    };
    (make_and_drop) => {
        pub(crate) fn make_and_drop(n: u64) -> Duration {
            time(|| {
                for i in 0..n {
                    drop(black_box(watch::channel(i)));
                }
            })
        }
    };
    (fan_out) => {
        /// `n` times: a send, and all of `receivers` tasks on one or two `workers` have seen it. The second worker sleeps
        /// when there is nothing to run.
        pub(crate) fn fan_out(receivers: usize, workers: usize, n: u64) -> Duration {
            let executor = Executor::new();
            let (tx, rx) = watch::channel(0u64);
            let seen = Arc::new(AtomicUsize::new(0));
            for _ in 0..receivers {
                let (mut rx, seen) = (rx.clone(), seen.clone());
                executor
                    .spawn(async move {
                        while rx.changed().await.is_ok() {
                            black_box(*rx.borrow_and_update());
                            seen.fetch_add(1, Ordering::Release);
                        }
                    })
                    .detach();
            }
            drop(rx);
            let rounds = async |rounds: u64| {
                for i in 0..rounds {
                    let all = seen.load(Ordering::Acquire) + receivers;
                    tx.send(i).unwrap();
                    while seen.load(Ordering::Acquire) < all {
                        yield_now().await;
                    }
                }
            };
            let turn = AtomicUsize::new(0);
            let (stop, stopped) = ::tokio::sync::oneshot::channel::<()>();
            thread::scope(|scope| {
                if workers == 2 {
                    let (executor, turn) = (&executor, &turn);
                    scope.spawn(move || {
                        take_turns(turn, 1);
                        block_on(executor.run(stopped))
                    });
                    take_turns(turn, 0);
                }
                let elapsed = block_on(executor.run(async {
                    for _ in 0..100 {
                        yield_now().await;
                    }
                    rounds(3).await;
                    let start = Instant::now();
                    rounds(n).await;
                    start.elapsed()
                }));
                drop(stop);
                elapsed
            })
        }
    };
    (two_readers) => {
        /// Two threads borrow `n` times each, beside a third that sends now and then if `write`.
        pub(crate) fn two_readers(write: bool, n: u64) -> Duration {
            let (tx, rx) = watch::channel(0u64);
            let done = AtomicBool::new(false);
            thread::scope(|scope| {
                if write {
                    let done = &done;
                    scope.spawn(move || {
                        while !done.load(Ordering::Relaxed) {
                            tx.send(1).unwrap();
                            thread::sleep(Duration::from_micros(50));
                        }
                    });
                }
                let elapsed = at_once(2, || {
                    let rx = rx.clone();
                    for _ in 0..n {
                        black_box(*rx.borrow());
                    }
                });
                done.store(true, Ordering::Relaxed);
                elapsed
            })
        }
    };
    (send_under_readers) => {
        /// `n` sends while two threads borrow without a pause.
        pub(crate) fn send_under_readers(n: u64) -> Duration {
            let (tx, rx) = watch::channel(0u64);
            let done = AtomicBool::new(false);
            thread::scope(|scope| {
                for _ in 0..2 {
                    let rx = rx.clone();
                    let done = &done;
                    scope.spawn(move || {
                        while !done.load(Ordering::Relaxed) {
                            black_box(*rx.borrow());
                        }
                    });
                }
                thread::sleep(Duration::from_millis(1));
                let elapsed = time(|| {
                    for i in 0..n {
                        tx.send(i).unwrap();
                    }
                });
                done.store(true, Ordering::Relaxed);
                elapsed
            })
        }
    };
    (ping_pong) => {
        /// `n` round trips between two threads, each running one task.
        pub(crate) fn ping_pong(n: u64) -> Duration {
            let (ping, mut pinged) = watch::channel(0u64);
            let (pong, mut ponged) = watch::channel(0u64);
            let echo = thread::spawn(move || {
                block_on(async move {
                    for _ in 0..n {
                        pinged.changed().await.unwrap();
                        let value = *pinged.borrow_and_update();
                        pong.send(value).unwrap();
                    }
                    // Not closed yet: in some channels that hides the last value.
                    (pinged, pong)
                })
            });
            let elapsed = block_on(async {
                let start = Instant::now();
                for i in 1..=n {
                    ping.send(i).unwrap();
                    ponged.changed().await.unwrap();
                    assert_eq!(*ponged.borrow_and_update(), i);
                }
                start.elapsed()
            });
            drop(echo.join().unwrap());
            elapsed
        }
    };
    (ping_pong_blocking) => {
        /// `n` round trips between two threads that wait by `changed`, without an executor.
        pub(crate) fn ping_pong_blocking(changed: fn(&mut watch::Receiver<u64>) -> bool, n: u64) -> Duration {
            let (ping, mut pinged) = watch::channel(0u64);
            let (pong, mut ponged) = watch::channel(0u64);
            let echo = thread::spawn(move || {
                for _ in 0..n {
                    assert!(changed(&mut pinged));
                    let value = *pinged.borrow_and_update();
                    pong.send(value).unwrap();
                }
                (pinged, pong)
            });
            let elapsed = time(|| {
                for i in 1..=n {
                    ping.send(i).unwrap();
                    assert!(changed(&mut ponged));
                    assert_eq!(*ponged.borrow_and_update(), i);
                }
            });
            drop(echo.join().unwrap());
            elapsed
        }
    };
}

/// A module with the named workloads on one channel, which may have only the part of tokio's names that they use.
macro_rules! workloads {
    ($module:ident, [$($workload:ident)+], $($watch:tt)+) => {
        pub(crate) mod $module {
            use $crate::workloads::parts::*;
            use $($watch)+ as watch;

            $(workload!($workload);)+
        }
    };
}

workloads!(ours, [borrow has_changed send send_then_changed pending_then_send pending_then_dropped clone_and_drop
    subscribe_and_drop make_and_drop fan_out two_readers send_under_readers ping_pong ping_pong_blocking], watch_channel);
workloads!(tokio, [borrow has_changed send send_then_changed pending_then_send pending_then_dropped clone_and_drop
    subscribe_and_drop make_and_drop fan_out two_readers send_under_readers ping_pong ping_pong_blocking], tokio::sync::watch);

/// What only this crate has.
mod own {
    use watch_channel::{Cached, channel};

    use super::parts::*;

    fn get(mut cached: Cached<u64>, n: u64) {
        for _ in 0..n {
            black_box(*black_box(&mut cached).get());
        }
    }

    pub(crate) fn cached(n: u64) -> Duration {
        let (_tx, rx) = channel(0u64);
        time(|| get(Cached::new(rx), n))
    }

    pub(crate) fn two_cached(n: u64) -> Duration {
        let (_tx, rx) = channel(0u64);
        at_once(2, || get(Cached::new(rx.clone()), n))
    }
}

/// The rows of fan-outs: receivers, workers, and the row's name and bar.
pub(crate) const FAN_OUTS: [(usize, usize, &str, f64); 10] = [
    (1, 1, "fan-out to 1, one worker", 0.85),
    (10, 1, "fan-out to 10, one worker", 0.85),
    (100, 1, "fan-out to 100, one worker", 0.85),
    (1_000, 1, "fan-out to 1000, one worker", 0.85),
    (10_000, 1, "fan-out to 10000, one worker", 0.85),
    (1, 2, "fan-out to 1, two workers", 0.9),
    (10, 2, "fan-out to 10, two workers", 0.9),
    (100, 2, "fan-out to 100, two workers", 0.9),
    (1_000, 2, "fan-out to 1000, two workers", 0.9),
    (10_000, 2, "fan-out to 10000, two workers", 0.9),
];

/// All rows, in the order in which they are shown.
pub(crate) fn rows() -> Vec<Row> {
    macro_rules! row {
        ($name:expr, $bar:expr, $f:ident $(, $arg:expr)*) => {
            row!($name, $bar, ours::$f $(, $arg)* => tokio::$f $(, $arg)*)
        };
        ($name:expr, $bar:expr, $ours:path $(, $ours_arg:expr)* => $tokio:path $(, $tokio_arg:expr)*) => {
            Row {
                name: $name,
                bar: $bar,
                ours: Box::new(move |n| $ours($($ours_arg,)* n)),
                tokio: Box::new(move |n| $tokio($($tokio_arg,)* n)),
            }
        };
    }
    let fan_outs = FAN_OUTS.map(|(receivers, workers, name, bar)| row!(name, bar, fan_out, receivers, workers));
    let one_task = [
        row!("borrow", 0.85, borrow),
        row!("has_changed", 0.5, has_changed),
        row!("send, nobody waiting", 0.12, send),
        row!("send, then a ready changed", 0.15, send_then_changed),
        row!("changed pending, send, ready", 0.7, pending_then_send),
        row!("changed pending, dropped", 0.9, pending_then_dropped),
        row!("clone and drop a receiver", 0.95, clone_and_drop),
        row!("subscribe and drop", 0.95, subscribe_and_drop),
        row!("make and drop a channel", 0.7, make_and_drop),
    ];
    let threads = [
        row!("two threads borrow", 0.85, two_readers, false),
        row!("two threads borrow, one sends", 1.0, two_readers, true),
        row!("send under two spinning readers", 0.4, send_under_readers),
        row!("ping-pong across two threads", 0.75, ping_pong),
        row!(
            "ping-pong across two threads, blocking", 0.7,
            ours::ping_pong_blocking, |rx| rx.changed_blocking().is_ok() =>
            tokio::ping_pong_blocking, |rx| parts::block_on(rx.changed()).is_ok()
        ),
        row!("Cached::get, beside tokio's borrow", 0.2, own::cached => tokio::borrow),
        row!("Cached::get on two threads, beside tokio's borrow", 0.1, own::two_cached => tokio::two_readers, false),
    ];
    one_task.into_iter().chain(fan_outs).chain(threads).collect()
}
