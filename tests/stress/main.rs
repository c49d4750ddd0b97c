//! Tasks that use every method in random order, on threads and executors. It takes two seconds, or as many as
//! `WATCH_CHANNEL_STRESS_SECONDS` says. `WATCH_CHANNEL_STRESS_SEED` makes tasks take the same steps as in an earlier run; how the
//! threads interleave still differs.
//!
//! There is only one test, because it counts allocations in the whole program.
//!
//! | file | its one job |
//! |---|---|
//! | `settings.rs` | how long the test runs |
//! | `random.rs` | the seed |
//! | `tasks.rs` | what tasks do, and what they check |
//! | `executors.rs` | what runs the tasks |
//! | `allocations.rs` | counts allocated bytes and live values |
//! | `progress.rs` | shows the progress of a soak test |
#![expect(unsafe_code, reason = "a global allocator that counts")]

mod allocations;
#[path = "../common/mod.rs"]
mod common;
mod executors;
mod progress;
mod random;
mod settings;
mod tasks;

use std::time::Instant;

use allocations::{Live, assert_no_leak, live_bytes};
use common::must_end_within;
use executors::Executor;
use progress::Progress;
use settings::{end_of_share, hang, soak_time};

/// Runs a few rounds on a new executor.
fn session(executor: Executor, number: u64) {
    let rounds = if soak_time().is_some() { 20 } else { 4 };
    must_end_within(hang(), move || {
        let is_long = |round| soak_time().is_some() && round % 4 == 0;
        executor.run((0..rounds).map(move |round| {
            assert_eq!(Live::count(), 0, "values that are alive after a round");
            tasks::round(executor, number << 8 | round, is_long(round))
        }));
        assert_eq!(Live::count(), 0, "values that are alive after a round");
    });
}

#[test]
fn g1_g2_g6_tasks_that_call_every_method_see_values_in_order_up_to_the_last_and_leak_nothing() {
    random::seed();
    let end = end_of_share(75);
    let progress = soak_time().map(|_| Progress::until(end));
    // The first session allocates what executors and threads keep for as long as the program runs.
    Executor::ALL.into_iter().for_each(|executor| session(executor, 0));
    let mut number = 0;
    while number == 0 || Instant::now() < end {
        number += 1;
        for executor in Executor::ALL {
            let before = live_bytes();
            session(executor, number);
            assert_no_leak(before);
        }
    }
    drop(progress);
    println!("{number} sessions on each executor: {}", progress::summary());
}
