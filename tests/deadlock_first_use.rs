//! The deadlock detector of debug builds knows a channel that two threads use first at once.
#![cfg(all(debug_assertions, feature = "std"))]

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use common::must_end;
use watch_channel::channel;

/// Each thread has a `Ref`, so its send would never return. Broken by a number of the channel that the second thread replaces:
/// then the first one does not find its own `Ref`.
#[test]
fn a_send_beside_the_own_ref_panics_on_both_threads() {
    // There would be a message for each of the panics.
    set_hook(Box::new(|_| ()));
    must_end(|| {
        let channels: Vec<_> = (0..5_000).map(channel).collect();
        let arrived = AtomicUsize::new(0);
        let work = || {
            for (i, (tx, rx)) in channels.iter().enumerate() {
                arrived.fetch_add(1, Ordering::SeqCst);
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
    });
}
