//! G3: wakers are cloned, called and dropped with no lock held, and tasks may be polled where they
//! are woken.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use crate::common::wakers::{on_each_event, on_last_drop, on_wake, register};
use crate::common::{Inline, must_end, waiting};
use watch_channel::{Receiver, Sender, channel};

/// A sender's waker subscribes while `opened` clones it. The wait then ends at once, and leaves its
/// flag behind. Broken by a `subscribe` that wakes senders although its receiver is not the first
/// one.
#[test]
fn g3_a_second_receiver_wakes_no_sender_that_waits_in_closed() {
    let tx = Sender::new(0);
    let first = Arc::new(Mutex::new(None));
    let waker = on_each_event({
        let (tx, first) = (tx.clone(), first.clone());
        move |_| {
            first.lock().unwrap().get_or_insert_with(|| tx.subscribe());
        }
    });
    assert!(Box::pin(tx.opened()).as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
    let closed = waiting(tx.closed());
    let second = tx.subscribe();
    assert_eq!(closed.wakes(), 0);
    drop((second, first.lock().unwrap().take()));
    assert_eq!(closed.wakes(), 1);
}

/// The waker that a receiver keeps is dropped with the receiver, which is no longer counted by
/// then.
#[test]
fn g3_the_waker_of_a_dropped_receiver_is_dropped_with_no_lock_held() {
    must_end(|| {
        let (tx, mut rx) = channel(0);
        let other = tx.clone();
        register(&mut rx, &on_last_drop(move || other.send_modify(|value| *value += 1)));
        drop(rx);
        assert_eq!((tx.receiver_count(), tx.get()), (0, 1));
    });
}

/// Returns how deeply the polls of a thousand tasks are nested if one send wakes all of them, and
/// each is polled where it is woken.
fn depth_of_inline_tasks(wake_others: bool) -> usize {
    thread_local! {
        static DEPTH: Cell<usize> = const { Cell::new(0) };
    }

    let (tx, rx) = channel(0);
    let deepest = Arc::new(AtomicUsize::new(0));
    let begin = |mut rx: Receiver<u32>| Box::pin(async move { rx.changed().await.unwrap() });
    let tasks: Vec<_> = (0..1_000)
        .map(|_| {
            // The task ends when one wait is ready. It is polled where it is woken, so all its
            // waits are dropped there.
            let (mut wait, mut other_wait) = (begin(rx.clone()), begin(rx.clone()));
            let (own_tx, own_rx) = channel(0);
            let own_wait = waiting(begin(own_rx));
            let (mut is_woken, deepest) = (false, deepest.clone());
            Inline::spawn(async move {
                std::future::poll_fn(|cx| {
                    DEPTH.set(DEPTH.get() + 1);
                    deepest.fetch_max(DEPTH.get(), Ordering::SeqCst);
                    if wake_others && std::mem::replace(&mut is_woken, true) {
                        own_tx.send(1).unwrap();
                    }
                    let is_ready = wait.as_mut().poll(cx).is_ready() | other_wait.as_mut().poll(cx).is_ready();
                    DEPTH.set(DEPTH.get() - 1);
                    if is_ready { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
                drop((wait, other_wait, own_wait));
            })
        })
        .collect();
    tx.send(1).unwrap();
    assert!(tasks.iter().all(|task| task.is_done()));
    deepest.load(Ordering::SeqCst)
}

#[test]
fn g3_tasks_that_poll_when_they_are_woken_do_not_pile_up() {
    must_end(|| {
        assert_eq!(depth_of_inline_tasks(false), 1);
        // A send inside a waker wakes only the tasks that wait for it, so there is one more level,
        // however many tasks there are.
        assert!(depth_of_inline_tasks(true) <= 2);
    });
}

#[test]
fn g3_tasks_that_publish_under_a_mutex_run_one_after_the_other() {
    let seen = must_end(|| {
        let (config, rx) = channel(0u32);
        let (status, mut status_rx) = channel(0u32);
        let (total, seen) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(vec![])));
        Inline::spawn({
            let seen = seen.clone();
            async move {
                while status_rx.changed().await.is_ok() {
                    seen.lock().unwrap().push(*status_rx.borrow_and_update());
                }
            }
        });
        for _ in 0..2 {
            let (mut rx, status, total) = (rx.clone(), status.clone(), total.clone());
            Inline::spawn(async move {
                while rx.changed().await.is_ok() {
                    let mut total = total.lock().unwrap();
                    *total += 1;
                    status.set(*total);
                }
            });
        }
        config.set(1);
        seen
    });
    assert_eq!(*seen.lock().unwrap(), [1, 2]);
}

/// Between listeners, which wait again at once, are tasks that publish on the channel that they have
/// waited on, under a mutex. (With critical sections, a send wakes what another one has left.)
#[cfg(not(all(feature = "critical-section", not(feature = "std"))))]
#[test]
fn g3_tasks_that_publish_on_their_own_channel_run_one_after_the_other() {
    let total = must_end(|| {
        let (tx, rx) = channel(0);
        let total = Arc::new(Mutex::new(0));
        for _ in 0..1_000 {
            let mut listener = rx.clone();
            Inline::spawn(async move { while listener.changed().await.is_ok() {} });
            let (mut rx, tx, total) = (rx.clone(), tx.clone(), total.clone());
            Inline::spawn(async move {
                rx.changed().await.unwrap();
                let mut total = total.try_lock().expect("no other task runs inside of this one");
                *total += 1;
                tx.set(*total);
            });
        }
        tx.set(0);
        total
    });
    assert_eq!(*total.lock().unwrap(), 1_000);
}

/// An executor's wakers lock its queue, and notify its worker through another channel while they
/// hold the lock.
#[test]
fn g3_a_send_inside_a_waker_that_holds_a_lock_wakes_no_task_of_the_outer_send() {
    must_end(|| {
        let (signal, mut worker) = channel(0);
        let executor = Arc::new((Mutex::new(vec![]), signal));
        let queued = |id: usize| -> Waker {
            let executor = executor.clone();
            on_wake(move || {
                let mut queue = executor.0.lock().unwrap();
                queue.push(id);
                executor.1.set(queue.len());
            })
        };
        let signalled = waiting(worker.changed());
        let (tx, rx) = channel(0);
        crate::common::spread_waits(&tx);
        let mut receivers = vec![rx; 300];
        for (id, rx) in receivers.iter_mut().enumerate() {
            rx.mark_unchanged();
            register(rx, &queued(id));
        }
        tx.set(1);
        let mut queue = executor.0.lock().unwrap();
        queue.sort_unstable();
        assert!(queue.iter().copied().eq(0..300));
        assert_eq!(signalled.wakes(), 1);
    });
}
