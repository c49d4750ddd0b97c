//! Wakers that panic or use channels when they are cloned, woken or dropped.

use std::sync::Arc;
use std::task::Context;

use super::waits::{Kind, Side, Wait};
use crate::common::wakers::{on_last_drop, on_wake, panic_on_purpose, panics};
use crate::common::{Inline, Task, must_end};

#[test]
fn g4_wakers_that_panic_among_many_lose_no_wake_up_of_any_wait() {
    const POSITIONS: &[&[usize]] =
        &[&[0], &[25], &[199], &[0, 199], &[24, 25, 26], &[0, 1, 2, 3, 16, 17, 18, 19, 49, 110, 199]];
    for &kind in Kind::ALL {
        must_end(move || {
            let side = Side::new(kind);
            // In one list, and then in several.
            for has_several_lists in [false, true] {
                if has_several_lists {
                    side.spread_waits();
                }
                // Without `std` a second panic aborts.
                for bad in POSITIONS.iter().filter(|bad| bad.len() == 1 || cfg!(feature = "std")) {
                    wakers_that_panic(kind, &side, bad);
                }
            }
        });
    }
}

/// Of 200 wakers, those in the `bad` positions panic.
fn wakers_that_panic(kind: Kind, side: &Side, bad: &[usize]) {
    let (mut waits, mut hostile_waits) = (vec![], vec![]);
    for at in 0..200 {
        if bad.contains(&at) {
            let mut wait = side.begin();
            let waker = on_wake(|| panic_on_purpose());
            assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            hostile_waits.push(wait);
        } else {
            waits.append(&mut side.begin_many(1));
        }
    }
    assert!(panics(|| side.trigger()));
    assert!(waits.iter().all(|wait| wait.wakes() == 1), "{kind:?}; {bad:?} panic");
    // The receiver of a `subscribe` that panics is gone.
    if matches!(kind, Kind::Opened) {
        side.trigger();
    }
    assert!(waits.iter_mut().all(|wait| wait.is_ready()), "{kind:?}; {bad:?} panic");
    // The waits whose wakers have panicked are ready as well.
    hostile_waits.into_iter().for_each(|wait| Task::new().poll_ready(wait));
    side.assert_usable();
}

#[test]
fn g3_every_wait_works_for_tasks_that_are_polled_where_they_are_woken() {
    for &kind in Kind::ALL {
        must_end(move || {
            let side = Arc::new(Side::new(kind));
            // A second wait of a sender would undo what has ended the first one.
            let waits = if matches!(kind, Kind::Closed | Kind::Opened) { 1 } else { 10 };
            let tasks: Vec<_> = (0..50)
                .map(|_| {
                    let side = side.clone();
                    Inline::spawn(async move {
                        for _ in 0..waits {
                            side.begin().await;
                        }
                    })
                })
                .collect();
            for round in 1..=waits {
                assert!(!tasks.iter().any(|task| task.is_done()));
                side.trigger();
                assert_eq!(tasks.iter().filter(|task| task.is_done()).count(), if round == waits { 50 } else { 0 });
            }
            side.assert_usable();
        });
    }
}

/// When it is dropped, each waker triggers its own side and drops the wait with the next such
/// waker.
#[test]
fn g3_a_chain_of_wakers_that_send_when_they_are_dropped_ends() {
    for &kind in Kind::ALL {
        must_end(move || {
            let sides: Vec<_> = (0..50).map(|_| Arc::new(Side::new(kind))).collect();
            let waits: Vec<_> = sides.iter().flat_map(|side| side.begin_many(1)).collect();
            // Each one cancels the wait of the next one, which drops that one's waker.
            let mut next: Option<Wait> = None;
            for side in sides.iter().rev() {
                let (cancelled, triggered) = (next.take(), side.clone());
                let hostile = on_last_drop(move || {
                    triggered.trigger();
                    drop(cancelled);
                });
                let mut wait = side.begin();
                assert!(wait.as_mut().poll(&mut Context::from_waker(&hostile)).is_pending());
                next = Some(wait);
            }
            drop(next);
            for mut wait in waits {
                assert_eq!((wait.wakes(), wait.is_ready()), (1, true));
            }
            sides.iter().for_each(|side| side.assert_usable());
        });
    }
}
