//! Which calls allocate, and how much memory channels and waits take.

mod common;

use std::cell::Cell;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use common::Task;
use common::allocator::Observed;
use common::wakers::{on_last_drop, on_wake, panic_on_purpose, panics, register};
use watch_channel::{Receiver, Sender};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static LIVE_BYTES: Cell<isize> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Observed = Observed(|bytes| {
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + usize::from(bytes > 0)));
    let _ = LIVE_BYTES.try_with(|live| live.set(live.get() + bytes));
});

fn allocations(f: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    f();
    ALLOCATIONS.get() - before
}

/// Runs rounds with the numbers from 0. The first ones may allocate, and the others must not. (With
/// critical sections, a list gets its second vector in the second round.)
fn allocates_at_first_and_never_again(first: u64, rounds: u64, mut round: impl FnMut(u64)) {
    (0..first).for_each(&mut round);
    for number in first..rounds {
        assert_eq!(allocations(|| round(number)), 0, "round {number}");
    }
}

/// Makes a channel. In debug builds, the deadlock detector has a list for each thread, which the
/// first call allocates.
fn channel<T>(init: T) -> (Sender<T>, Receiver<T>) {
    thread_local! {
        static IS_WARM: Cell<bool> = const { Cell::new(false) };
    }
    if !IS_WARM.replace(true) {
        let (tx, rx) = channel(());
        drop(rx.borrow());
        tx.send_modify(|_| ());
    }
    watch_channel::channel(init)
}

#[test]
fn g5_a_channel_is_one_allocation_and_handles_allocate_nothing() {
    let mut handles = Some(channel(0));
    assert_eq!(allocations(|| handles = Some(channel(0u64))), 1);
    let (tx, rx) = handles.unwrap();
    assert_eq!(allocations(|| drop((tx.clone(), rx.clone(), tx.subscribe()))), 0);
}

#[test]
fn g5_reads_and_sends_without_waiting_tasks_allocate_nothing() {
    let (tx, mut rx) = channel(0u64);
    let reads_and_sends = || {
        for i in 0..100 {
            tx.send(i).unwrap();
            tx.send_replace(i);
            tx.send_modify(|value| *value += 1);
            assert_eq!(rx.has_changed(), Ok(true));
            assert_eq!(*rx.borrow_and_update(), i + 1);
        }
    };
    assert_eq!(allocations(reads_and_sends), 0);
}

#[test]
fn g5_waits_allocate_at_first_and_never_again() {
    let (tx, rx) = channel(0u64);
    let tasks: Vec<_> = (0..50).map(|_| (Task::new(), rx.clone())).collect();
    let sender = Task::new();
    let mut waits: Vec<_> = tasks
        .into_iter()
        .map(|(task, mut rx)| {
            let wait = Box::pin(async move {
                // Each wait is polled, woken and completed. Every third is first cancelled.
                loop {
                    rx.changed().await.unwrap();
                    drop(rx.wait_for(|value| value % 3 == 0).await);
                }
            });
            (task, wait)
        })
        .collect();
    let mut closed = Box::pin(async {
        loop {
            tx.closed().await
        }
    });
    // The first rounds have each one's first wait.
    allocates_at_first_and_never_again(2, 1_000, |value| {
        for (task, wait) in &mut waits {
            assert!(task.poll(wait).is_pending());
        }
        assert!(sender.poll(&mut closed).is_pending());
        sender.poll_pending(tx.closed());
        tx.send(value).unwrap();
    });
}

#[test]
fn g5_a_first_wait_is_a_few_allocations() {
    let (tx, rx) = channel(0u64);
    let task = Task::new();
    // The lists, and the first entry of one. On small targets the lists are part of the channel.
    let lists = if cfg!(target_pointer_width = "64") { 2 } else { 1 };
    let mut first = rx.clone();
    assert_eq!(allocations(|| task.poll_pending(first.changed())), lists);
    assert_eq!(allocations(|| task.poll_pending(first.changed())), 0);
    // One at a time, the others wait in the same entry. All at once, they make the list longer.
    let mut others = vec![rx; 1_000];
    let mut all = 0;
    for other in &mut others {
        all += allocations(|| task.poll_pending(other.changed()));
        assert_eq!(allocations(|| task.poll_pending(other.changed())), 0);
    }
    assert_eq!(all, 0);
    let mut waits: Vec<_> = others.iter_mut().map(|other| Box::pin(other.changed())).collect();
    // The list doubles, so a thousand receivers need only a few allocations.
    let all = allocations(|| waits.iter_mut().for_each(|wait| assert!(task.poll(wait).is_pending())));
    assert_eq!(all, 10);
    drop(waits);
    task.poll_pending(tx.closed());
    assert_eq!(allocations(|| task.poll_pending(tx.closed())), 0);
}

/// Broken by a list of senders that comes with lists for receivers.
#[test]
fn g5_a_first_closed_takes_the_memory_of_one_list() {
    let (tx, _rx) = channel(0u64);
    let before = LIVE_BYTES.get();
    let mut closed = Box::pin(tx.closed());
    assert!(closed.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let bytes = LIVE_BYTES.get() - before;
    assert!(bytes <= 300, "{bytes}");
}

#[test]
fn g5_polls_that_keep_their_registration_allocate_at_first_and_never_again() {
    let (tx, mut rx) = channel(0u64);
    let mut cx = Context::from_waker(Waker::noop());
    allocates_at_first_and_never_again(2, 1_000, |value| {
        assert!(rx.poll_changed(&mut cx).is_pending());
        assert!(rx.poll_changed(&mut cx).is_pending());
        tx.set(value);
        assert!(rx.poll_changed(&mut cx).is_ready());
    });
}

#[test]
fn g5_a_mapped_receiver_allocates_at_its_first_wait_and_never_again() {
    let (tx, rx) = channel(0u64);
    let mut mapped = None;
    assert_eq!(allocations(|| mapped = Some(rx.map(|value| value / 2))), 0);
    let (mut mapped, task) = (mapped.unwrap(), Task::new());
    allocates_at_first_and_never_again(2, 100, |number| {
        task.poll_pending(mapped.changed());
        tx.set(2 * number);
        mapped.get();
        tx.set(2 * number + 2);
        assert!(task.poll_ready(mapped.recv()).is_ok());
    });
}

/// Broken by a wait that does not keep its thread's waker for the next wait, and by a thread that
/// keeps only one parker.
#[cfg(feature = "std")]
#[test]
fn g5_blocking_waits_allocate_at_first_and_never_again() {
    let ((tx, mut rx), (_inner_tx, mut inner)) = (channel(0u64), channel(0u64));
    let wait = std::time::Duration::from_micros(100);
    allocates_at_first_and_never_again(2, 20, |value| {
        assert!(rx.changed().wait_timeout(wait).is_err());
        assert!(!tx.closed().wait_timeout(wait));
        tx.set(value);
        assert_eq!(rx.recv().wait(), Ok(value));
        // One wait inside another one.
        let condition = |_: &u64| inner.changed().wait_timeout(wait).is_ok();
        assert!(rx.wait_until(condition).wait_timeout(wait).is_err());
    });
}

#[test]
fn g6_many_cancelled_waits_leave_no_memory_behind() {
    let (tx, rx) = channel(0u64);
    let mut cx = Context::from_waker(Waker::noop());
    let mut wait_at_once = |count: usize| {
        let mut waits: Vec<_> = (0..count).map(|_| Box::pin(tx.closed())).collect();
        waits.iter_mut().for_each(|wait| assert!(wait.as_mut().poll(&mut cx).is_pending()));
    };
    wait_at_once(1);
    let before = LIVE_BYTES.get();
    wait_at_once(100_000);
    assert!(LIVE_BYTES.get() <= before, "{} bytes are left", LIVE_BYTES.get() - before);
    // The same for receivers. The first one allocates the list.
    let task = Task::new();
    let receivers = |count| {
        let mut receivers = vec![rx.clone(); count];
        receivers.iter_mut().for_each(|rx| task.poll_pending(rx.changed()));
    };
    receivers(20);
    let before = LIVE_BYTES.get();
    receivers(100_000);
    assert!(LIVE_BYTES.get() <= before, "{} bytes are left", LIVE_BYTES.get() - before);
}

/// A cancelled wait leaves its bit, so the next send finds an empty list. (With critical sections, a
/// large vector of which only such rounds make use stays.)
#[cfg(not(all(feature = "critical-section", not(feature = "std"))))]
#[test]
fn g6_a_crowd_leaves_no_memory_behind_between_rounds_without_tasks() {
    let (tx, mut rx) = channel(0u64);
    let task = Task::new();
    task.poll_pending(rx.changed());
    let before = LIVE_BYTES.get();
    let mut crowd = vec![rx.clone(); 100_000];
    crowd.iter_mut().for_each(|rx| register(rx, Waker::noop()));
    tx.send(1).unwrap();
    drop(crowd);
    for value in 0..10 {
        // This wait is woken, the next one is cancelled before its send.
        rx.mark_unchanged();
        register(&mut rx, Waker::noop());
        tx.send(value).unwrap();
        rx.mark_unchanged();
        task.poll_pending(rx.changed());
    }
    let left = LIVE_BYTES.get() - before;
    assert!(left <= 64, "{left} bytes are left");
}

#[test]
fn g5_senders_that_wait_at_once_allocate_at_first_and_never_again() {
    drop(channel(()));
    let before = LIVE_BYTES.get();
    {
        let (tx, _rx) = channel(0u64);
        let all_at_once = || {
            for wait in &mut [tx.closed(), tx.closed(), tx.closed()] {
                assert!(Pin::new(wait).poll(&mut Context::from_waker(Waker::noop())).is_pending());
            }
        };
        all_at_once();
        assert_eq!(allocations(all_at_once), 0);
    }
    assert_eq!(LIVE_BYTES.get(), before);
}

/// In the bytes that are requested from the allocator.
#[cfg(all(target_pointer_width = "64", not(debug_assertions)))]
#[test]
fn idle_channels_and_waiting_receivers_are_small() {
    drop(channel(()));
    let start = LIVE_BYTES.get();
    let (_tx, rx) = channel(0u32);
    let channel = LIVE_BYTES.get() - start;
    let mut receivers = vec![rx; 1_000];
    let task = Task::new();
    let before = LIVE_BYTES.get();
    receivers.iter_mut().for_each(|rx| task.poll_pending(rx.changed()));
    let receivers = (LIVE_BYTES.get() - before) / 1_000;
    println!("a channel {channel} bytes, a receiver that has waited {receivers} bytes");
    assert!(channel <= 104, "{channel}");
    assert!(receivers <= 96, "{receivers}");
}

#[test]
fn all_memory_is_freed() {
    drop(channel(()));
    let before = LIVE_BYTES.get();
    {
        let (tx, rx) = channel(vec![1, 2, 3]);
        let mut receivers = vec![rx; 100];
        let task = Task::new();
        let mut waits: Vec<_> = receivers.iter_mut().map(|rx| Box::pin(rx.changed())).collect();
        for wait in &mut waits {
            assert!(task.poll(wait).is_pending());
        }
        task.poll_pending(tx.closed());
        let mut keeps = tx.subscribe();
        assert!(keeps.poll_changed(&mut Context::from_waker(Waker::noop())).is_pending());
        tx.send(vec![]).unwrap();
        assert!(keeps.poll_changed(&mut Context::from_waker(Waker::noop())).is_ready());
        assert!(keeps.poll_changed(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!(LIVE_BYTES.get(), before);

    // The same if a task's waker panics when the receiver that keeps it is dropped.
    let bomb = || on_last_drop(|| panic_on_purpose());
    let bytes_of = |f: &dyn Fn()| {
        let before = LIVE_BYTES.get();
        f();
        LIVE_BYTES.get() - before
    };
    let without = || assert!(panics(|| drop(bomb())));
    let with = || {
        let (_tx, mut rx) = channel(0);
        register(&mut rx, &bomb());
        assert!(panics(|| drop(rx)));
    };
    without();
    assert_eq!(bytes_of(&with), bytes_of(&without));
}

/// Another task's waker drops the receiver and its wait.
#[test]
fn a_receiver_dropped_while_it_is_about_to_be_woken_leaves_nothing_behind() {
    let (tx, _rx) = channel(0u64);
    let task = Task::new();
    let round = |value| {
        let (mut victim, mut rx) = (tx.subscribe(), tx.subscribe());
        let slot = Arc::new(Mutex::new(None));
        let cancelled = slot.clone();
        register(&mut rx, &on_wake(move || *cancelled.lock().unwrap() = None));
        let mut wait = Box::pin(async move { drop(victim.changed().await) });
        assert!(task.poll(&mut wait).is_pending());
        *slot.lock().unwrap() = Some(wait);
        let before = task.wakes();
        tx.send(value).unwrap();
        // It may be woken by this send, if the send had already taken the victim's waker when the
        // victim was dropped.
        assert!(task.wakes() - before <= 1);
    };
    let bytes_after = |from: u64, to| {
        (from..to).for_each(round);
        LIVE_BYTES.get()
    };
    let before = bytes_after(0, 4);
    assert_eq!(bytes_after(4, 40), before);
}
