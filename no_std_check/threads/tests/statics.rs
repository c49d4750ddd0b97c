//! A `Watch` in a `static`, used for the first time by several threads at once.

use std::sync::{Arc, Barrier};

use threads_check::{block_on, must_end, run_all};
use watch_channel::Watch;

const COUNT: usize = 2_000;
static WATCHES: [Watch<u64>; COUNT] = [const { Watch::new(0) }; COUNT];

fn sends(watch: &'static Watch<u64>) {
    watch.sender().send_modify(|value| *value += 1);
}

fn waits(watch: &'static Watch<u64>) {
    assert_eq!(*block_on(watch.subscribe().wait_for(|value| *value == 2)).unwrap(), 2);
}

#[test]
fn threads_that_use_a_static_watch_for_the_first_time_share_one_channel() {
    must_end(|| {
        for watch in &WATCHES {
            let start = Arc::new(Barrier::new(4));
            run_all([sends, waits, sends, waits].map(|work| {
                let start = start.clone();
                Box::new(move || {
                    start.wait();
                    work(watch);
                }) as Box<dyn FnOnce() + Send>
            }));
        }
    });
}
