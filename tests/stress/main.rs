//! Tasks that use every method in random order, on threads and executors. It takes two seconds, or
//! as many as `WATCH_CHANNEL_STRESS_SECONDS` says. `WATCH_CHANNEL_STRESS_SEED` makes tasks take the
//! same steps as in an earlier run; how the threads interleave still differs.
//!
//! There is only one test, because it counts allocations in the whole program.

mod allocations;
#[path = "../common/mod.rs"]
mod common;
mod executors;
mod random;
mod tasks;

use std::env;
use std::time::{Duration, Instant};

use allocations::{Live, live_bytes};
use common::{HANG, must_end_within};
use executors::Executor;

/// Returns the number in an environment variable, if it is set.
fn from_environment(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name} is '{text}': {error}")))
}

/// Runs a few rounds on a new executor. If `is_soak`, there are more of them, and some are longer.
fn session(executor: Executor, number: u64, is_soak: bool) {
    let (rounds, limit) = if is_soak { (20, 4 * HANG) } else { (4, 2 * HANG) };
    must_end_within(limit, move || {
        executor.run((0..rounds).map(move |round| {
            assert_eq!(Live::count(), 0, "values that are alive after a round");
            tasks::round(executor, number << 8 | round, is_soak && round % 4 == 0)
        }));
        assert_eq!(Live::count(), 0, "values that are alive after a round");
    });
}

#[test]
fn g1_g2_g6_tasks_that_call_every_method_see_values_in_order_up_to_the_last_and_leak_nothing() {
    random::seed();
    let soak = from_environment("WATCH_CHANNEL_STRESS_SECONDS").map(Duration::from_secs);
    let end = Instant::now() + soak.unwrap_or(Duration::from_secs(2));
    // The first session allocates what executors and threads keep for as long as the program runs.
    Executor::ALL.into_iter().for_each(|executor| session(executor, 0, soak.is_some()));
    let (mut number, mut shown) = (0, Instant::now());
    while number == 0 || Instant::now() < end {
        number += 1;
        for executor in Executor::ALL {
            let before = live_bytes();
            session(executor, number, soak.is_some());
            let leaked = live_bytes() - before;
            assert!(leaked <= 0, "{leaked} bytes have leaked");
        }
        if number == 1 || shown.elapsed() > Duration::from_secs(1) {
            println!("{number} sessions on each executor, {} operations", tasks::operations());
            shown = Instant::now();
        }
    }
}
