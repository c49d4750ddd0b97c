//! Closures that panic, or that use the channel whose call runs them.

use std::sync::atomic::{AtomicUsize, Ordering};

use watch_channel::error::TryRecvError;
use watch_channel::{Receiver, Sender, channel};

use crate::common::wakers::{panic_on_purpose, panics, register};
use crate::common::{Task, must_end, waiting};

type V = Vec<u32>;

/// A call that runs a closure which reads the value.
type Reads = fn(&Sender<V>, &mut Receiver<V>, &mut dyn FnMut(&V));

/// A call that runs a closure which changes the value.
type Changes = fn(&Sender<V>, &mut dyn FnMut(&mut V));

/// Makes a condition of a closure. Every value meets it.
fn met(f: &mut dyn FnMut(&V)) -> impl FnMut(&V) -> bool {
    move |value| {
        f(value);
        true
    }
}

const READS: &[(&str, Reads)] = &[
    ("Receiver::with", |_, rx, f| rx.with(f)),
    ("Receiver::with_and_update", |_, rx, f| rx.with_and_update(f)),
    ("Sender::with", |tx, _, f| tx.with(f)),
    ("Receiver::try_recv_if", |_, rx, f| {
        rx.mark_changed();
        drop(rx.try_recv_if(met(f)));
    }),
    ("Receiver::wait_for", |_, rx, f| drop(Task::new().poll_ready(rx.wait_for(met(f))))),
    ("Receiver::wait_until", |_, rx, f| assert!(Task::new().poll_ready(rx.wait_until(met(f))).is_ok())),
    ("Receiver::wait_for_map", |_, rx, f| {
        let mut is_met = met(f);
        assert!(Task::new().poll_ready(rx.wait_for_map(|value| is_met(value).then_some(()))).is_ok());
    }),
    ("Receiver::recv_if", |_, rx, f| {
        rx.mark_changed();
        drop(Task::new().poll_ready(rx.recv_if(met(f))));
    }),
    ("Receiver::map", |_, rx, f| drop(rx.clone().map(f))),
    #[cfg(feature = "std")]
    ("WaitFor::wait", |_, rx, f| drop(rx.wait_for(met(f)).wait())),
    #[cfg(feature = "std")]
    ("WaitFor::wait_timeout", |_, rx, f| drop(rx.wait_for(met(f)).wait_timeout(std::time::Duration::ZERO))),
];

const CHANGES: &[(&str, Changes)] = &[
    ("Sender::send_modify", |tx, f| tx.send_modify(f)),
    ("Sender::send_if_modified", |tx, f| {
        tx.send_if_modified(|value| {
            f(value);
            true
        });
    }),
];

/// Uses the channel from another thread, which hangs if a lock is still held.
fn assert_usable(what: &'static str, tx: &Sender<V>) {
    let tx = tx.clone();
    must_end(move || {
        let mut rx = tx.subscribe();
        let mut changed = waiting(rx.changed());
        tx.set(vec![1]);
        assert_eq!((changed.wakes(), changed.is_ready()), (1, true), "{what}");
        drop(changed);
        assert_eq!(*rx.borrow(), [1]);
        Task::new().poll_pending(tx.closed());
    });
}

#[test]
fn g4_a_closure_that_panics_leaves_the_channel_usable_and_wakes_no_task() {
    let (tx, mut rx) = channel(vec![0]);
    let check = |what, call: &mut dyn FnMut()| {
        let mut other = tx.subscribe();
        let changed = waiting(other.changed());
        assert!(panics(call), "{what}");
        assert_eq!(changed.wakes(), 0, "{what}");
        assert_usable(what, &tx);
        assert_eq!(changed.wakes(), 1, "{what}");
    };
    for (what, call) in READS {
        check(what, &mut || call(&tx, &mut rx, &mut |_| panic_on_purpose()));
        // The same inside another read.
        let outer = tx.subscribe();
        check(what, &mut || outer.with(|_| call(&tx, &mut rx, &mut |_| panic_on_purpose())));
    }
    for (what, call) in CHANGES {
        check(what, &mut || call(&tx, &mut |_| panic_on_purpose()));
    }
}

/// After its closure has panicked, the same future can be polled again, and its task is woken.
#[test]
fn g4_a_wait_whose_closure_has_panicked_can_go_on() {
    fn goes_on<F: Future>(tx: &Sender<V>, calls: &AtomicUsize, wait: F) {
        // Pending for the first value, panics for the second, and ready for the third.
        let mut wait = waiting(wait);
        tx.set(vec![1]);
        assert_eq!(wait.wakes(), 1);
        assert!(panics(|| assert!(!wait.is_ready())));
        // Polled again, it panics for the same value again. `recv_if` waits for the next value
        // instead.
        let is_registered = !panics(|| assert!(!wait.is_ready()));
        assert_eq!(calls.load(Ordering::SeqCst), if is_registered { 2 } else { 3 });
        tx.set(vec![2]);
        assert_eq!(wait.wakes(), 1 + usize::from(is_registered));
        assert!(wait.is_ready());
        assert_eq!(wait.cancel().wakers_kept(), 0);
    }

    let calls = AtomicUsize::new(0);
    let condition = |value: &V| {
        calls.fetch_add(1, Ordering::SeqCst);
        if *value == [1] {
            panic_on_purpose();
        }
        *value == [2]
    };
    for kind in 0..4 {
        let (tx, mut rx) = channel(vec![0]);
        calls.store(0, Ordering::SeqCst);
        match kind {
            0 => goes_on(&tx, &calls, rx.wait_for(condition)),
            1 => goes_on(&tx, &calls, rx.wait_until(condition)),
            2 => goes_on(&tx, &calls, rx.wait_for_map(|value| condition(value).then_some(()))),
            _ => {
                rx.mark_changed();
                goes_on(&tx, &calls, rx.recv_if(condition));
            }
        }
    }
}

/// Does everything that a closure that reads may do with its channel. Returns a receiver that
/// waits.
fn use_while_it_is_read(tx: &Sender<V>, value: &V, task: &Task) -> Receiver<V> {
    let mut rx = tx.subscribe_unseen();
    assert_eq!((&*rx.borrow(), &tx.get(), rx.with(V::len)), (value, value, value.len()));
    assert!(rx.try_borrow().is_some_and(|again| *again == *value));
    assert_eq!(tx.try_set(vec![9]), Err(vec![9]));
    assert_eq!(rx.try_recv().as_ref(), Ok(value));
    assert!(format!("{tx:?} {rx:?}").contains("value: "));
    assert!(tx.downgrade().upgrade().is_some());
    // Waits that are dropped, a wait that is ready at once, and one that is kept.
    task.poll_pending(rx.changed());
    task.poll_pending(tx.closed());
    assert!(task.poll_ready(rx.wait_for(|again| again == value)).is_ok());
    register(&mut rx, &task.waker());
    #[cfg(feature = "std")]
    assert!(tx.subscribe().changed().wait_timeout(std::time::Duration::ZERO).is_err());
    rx
}

#[test]
fn a_closure_that_reads_may_use_its_channel() {
    for (what, call) in READS {
        must_end(move || {
            let (tx, mut rx) = channel(vec![5]);
            let (other, task, mut kept) = (tx.clone(), Task::new(), vec![]);
            call(&tx, &mut rx, &mut |value| kept.push(use_while_it_is_read(&other, value, &task)));
            assert_eq!((kept.len(), task.wakes()), (1, 0), "{what}");
            // The wait that has begun in the closure is woken.
            tx.set(vec![6]);
            assert_eq!(task.wakes(), 1, "{what}");
            assert!(task.poll_changed(&mut kept[0]).is_ready());
            assert_usable(what, &tx);
        });
    }
}

#[test]
fn g1_a_closure_that_reads_may_close_its_channel() {
    for (what, call) in READS.iter().filter(|(what, _)| !what.starts_with("Sender")) {
        must_end(move || {
            let (tx, mut rx) = channel(vec![5]);
            let mut other_rx = rx.clone();
            let mut changed = waiting(other_rx.changed());
            let mut last = Some(tx);
            call(&Sender::new(vec![]), &mut rx, &mut |_| last = None);
            assert_eq!(changed.wakes(), 1, "{what}");
            assert!(matches!(changed.poll(), std::task::Poll::Ready(Err(_))));
            assert_eq!((rx.is_closed(), rx.get()), (true, vec![5]));
        });
    }
}

/// A closure that changes the value may use its channel in every way that does not wait for the
/// value.
#[test]
fn a_closure_that_changes_the_value_may_use_its_channel() {
    for (what, call) in CHANGES {
        must_end(move || {
            let (tx, rx) = channel(vec![5]);
            let (task, no_receiver) = (Task::new(), waiting(tx.closed()));
            let (mut last, mut kept) = (Some(rx), None);
            call(&tx, &mut |value| {
                let mut rx = tx.subscribe();
                assert!(rx.try_borrow().is_none() && tx.try_borrow().is_none());
                assert_eq!(tx.try_set(vec![9]), Err(vec![9]));
                rx.mark_changed();
                assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
                assert!(rx.has_unseen() && rx.has_changed().unwrap() && !rx.is_closed());
                assert!(format!("{tx:?} {rx:?}").contains("<locked>"));
                rx.mark_unchanged();
                task.poll_pending(rx.changed());
                register(&mut rx, &task.waker());
                value.push(6);
                // It may use other channels.
                let (other_tx, mut other_rx) = channel(vec![0]);
                other_tx.set(vec![1]);
                assert_eq!(other_rx.get_and_update(), [1]);
                drop((rx, last.take()));
                assert_eq!(no_receiver.wakes(), 1, "{what}");
                let mut rx = tx.subscribe();
                register(&mut rx, &task.waker());
                kept = Some(rx);
            });
            // The wait that has begun in the closure is woken by the same change.
            assert_eq!(task.wakes(), 1, "{what}");
            assert_eq!(*kept.take().unwrap().borrow(), [5, 6]);
            assert_usable(what, &tx);
        });
    }
}

/// A wait is dropped, or completes, in the condition of another wait on the same channel.
#[test]
fn g6_a_condition_may_end_other_waits() {
    for (what, call) in READS {
        must_end(move || {
            let (tx, mut rx) = channel(vec![5]);
            let [mut first, mut second] = [tx.subscribe(), tx.subscribe()];
            let (mut to_drop, mut to_poll) = (Some(waiting(first.changed())), waiting(second.changed()));
            let mut dropped = None;
            call(&tx, &mut rx, &mut |_| {
                dropped = to_drop.take().map(|wait| wait.cancel());
                assert!(!to_poll.is_ready());
            });
            let dropped = dropped.unwrap();
            assert_eq!((dropped.wakers_kept(), to_poll.task.wakers_kept()), (0, 1), "{what}");
            tx.set(vec![6]);
            assert_eq!((dropped.wakes(), to_poll.wakes(), to_poll.is_ready()), (0, 1, true), "{what}");
        });
    }
}

/// A closure panics in a thread that has waited in the queue of the value's lock. The thread must
/// leave the queue.
#[cfg(feature = "std")]
#[test]
fn g4_g7_a_closure_that_panics_after_its_thread_has_queued_blocks_no_other_thread() {
    use std::thread;
    use std::time::Duration;

    must_end(|| {
        let (tx, rx) = channel(vec![0]);
        let tx = &tx;
        thread::scope(|scope| {
            let _value = rx.borrow();
            for i in 0..12 {
                scope.spawn(move || match i % 3 {
                    0 => assert!(panics(|| tx.send_modify(|_| panic_on_purpose()))),
                    1 => tx.send_modify(|value| value.push(i)),
                    _ => assert!(tx.send_if_modified(|value| !value.is_empty())),
                });
                thread::sleep(Duration::from_millis(1));
            }
        });
        assert_eq!(rx.get().len(), 5);

        // The same for readers that wait for a sender.
        thread::scope(|scope| {
            tx.send_modify(|_| {
                let reads = READS.iter().filter(|(what, _)| !what.contains("try_") && !what.starts_with("Sender"));
                for (_, call) in reads {
                    let mut rx = rx.clone();
                    scope.spawn(move || {
                        assert!(panics(|| call(&Sender::new(vec![]), &mut rx, &mut |_| panic_on_purpose())));
                    });
                }
                thread::sleep(Duration::from_millis(20));
            });
        });
        assert_usable("afterwards", tx);
    });
}
