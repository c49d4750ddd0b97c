//! The deadlock detector of debug builds works for a channel that two threads first use at the same
//! time.
#![cfg(all(debug_assertions, feature = "std"))]

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::must_end;
use watch_channel::channel;

/// Each thread holds a `Ref`, so its send would never return. Broken by a channel number that the
/// second thread replaces: the first thread then does not find its own `Ref`.
#[test]
fn a_send_while_holding_a_ref_panics_on_both_threads() {
    // Otherwise each of the panics would print a message.
    set_hook(Box::new(|_| ()));
    must_end(|| {
        let start = Instant::now();
        // The second thread must come a very short time after the first, so this needs many
        // channels. A slow machine tries as many as it has time for.
        for _ in 0..40 {
            use_first_at_once(1_000);
            if start.elapsed() > Duration::from_secs(5) {
                break;
            }
        }
    });
}

/// Two threads use new channels one after the other, and begin with each of them at the same
/// moment.
fn use_first_at_once(channels: usize) {
    let channels: Vec<_> = (0..channels).map(channel).collect();
    let arrived = AtomicUsize::new(0);
    let work = || {
        for (i, (tx, rx)) in channels.iter().enumerate() {
            let is_second = arrived.fetch_add(1, Ordering::SeqCst) % 2 == 1;
            // The first thread notices that a little later. How much later depends on the
            // processor.
            (0..i % 64).filter(|_| is_second).for_each(|_| std::hint::black_box(()));
            let mut looks = 0;
            while arrived.load(Ordering::SeqCst) < 2 * (i + 1) {
                looks += 1;
                if looks % 1_000 == 0 { thread::yield_now() } else { std::hint::spin_loop() }
            }
            let _value = rx.borrow();
            assert!(catch_unwind(AssertUnwindSafe(|| tx.set(1))).is_err());
        }
    };
    thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
}
