//! One send to many waiting tasks.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use async_executor::Executor;
use futures_lite::future::{block_on, yield_now};

use super::channel::{AcrossThreads, Watch};
use super::timing::take_turns;

/// Measures the time from a send until all of `RECEIVERS` tasks on this thread have seen the value, `n` times.
pub(super) fn on_one_worker<W: Watch, const RECEIVERS: usize>(n: u64) -> Duration {
    // One more receiver is the one from which the others are made.
    const { assert!(RECEIVERS < W::MAX_RECEIVERS) };
    fan_out::<W>(RECEIVERS, 1, n)
}

/// The same on two threads. The second one sleeps when it has nothing to run.
pub(super) fn on_two_workers<W: AcrossThreads, const RECEIVERS: usize>(n: u64) -> Duration {
    const { assert!(RECEIVERS < W::MAX_RECEIVERS) };
    fan_out::<W>(RECEIVERS, 2, n)
}

fn fan_out<W: Watch>(receivers: usize, workers: usize, n: u64) -> Duration {
    let executor = Executor::new();
    let (tx, rx) = W::channel(0u64);
    let seen = Arc::new(AtomicUsize::new(0));
    for _ in 0..receivers {
        let (mut rx, seen) = (W::another(&rx), seen.clone());
        executor
            .spawn(async move {
                while W::changed(&mut rx).await.is_ok() {
                    black_box(*W::borrow_and_update(&mut rx));
                    seen.fetch_add(1, Ordering::Release);
                }
            })
            .detach();
    }
    drop(rx);
    let rounds = async |rounds: u64| {
        for i in 0..rounds {
            let all = seen.load(Ordering::Acquire) + receivers;
            W::send(&tx, i);
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
