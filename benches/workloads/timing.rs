//! Measures time, on one thread and on several.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Moves two threads to two cores. New threads start on one core, and may stay there unless they wait for each other.
pub(crate) fn take_turns(turn: &AtomicUsize, me: usize) {
    for mine in (me..40).step_by(2) {
        while turn.load(Ordering::Acquire) != mine {
            spin_loop();
        }
        turn.store(mine + 1, Ordering::Release);
    }
}

/// Runs `work` on a number of threads at once, and returns the time until the last one has finished.
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
                    // This spins, because a thread that sleeps may wake up on another core.
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
