//! Closures that panic, or that use the channel whose call runs them.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use watch_channel::error::TryRecvError;
use watch_channel::{Receiver, Sender, channel};

use crate::common::{Task, must_end};

type V = Vec<u32>;

/// A call that runs a closure which reads the value.
type Reads = fn(&Sender<V>, &mut Receiver<V>, &mut dyn FnMut(&V));

/// A call that runs a closure which changes the value.
type Changes = fn(&Sender<V>, &mut dyn FnMut(&mut V));

const READS: &[(&str, Reads)] = &[
    ("Receiver::with", |_, rx, f| rx.with(f)),
    ("Receiver::with_and_update", |_, rx, f| rx.with_and_update(f)),
    ("Sender::with", |tx, _, f| tx.with(f)),
    ("Receiver::try_recv_if", |_, rx, f| {
        rx.mark_changed();
        let _ = rx.try_recv_if(|value| {
            f(value);
            true
        });
    }),
    ("Receiver::wait_for", |_, rx, f| {
        let _ = Task::new().poll_ready(rx.wait_for(|value| {
            f(value);
            true
        }));
    }),
    ("Receiver::wait_until", |_, rx, f| {
        let _ = Task::new().poll_ready(rx.wait_until(|value| {
            f(value);
            true
        }));
    }),
    ("Receiver::wait_for_map", |_, rx, f| {
        let _ = Task::new().poll_ready(rx.wait_for_map(|value| {
            f(value);
            Some(())
        }));
    }),
    ("Receiver::recv_if", |_, rx, f| {
        rx.mark_changed();
        let _ = Task::new().poll_ready(rx.recv_if(|value| {
            f(value);
            true
        }));
    }),
    ("Receiver::map", |_, rx, f| drop(rx.clone().map(f))),
    #[cfg(feature = "std")]
    ("WaitFor::wait", |_, rx, f| {
        let _ = rx
            .wait_for(|value| {
                f(value);
                true
            })
            .wait();
    }),
    #[cfg(feature = "std")]
    ("WaitFor::wait_timeout", |_, rx, f| {
        let _ = rx
            .wait_for(|value| {
                f(value);
                true
            })
            .wait_timeout(std::time::Duration::ZERO);
    }),
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

/// The payload of a panic that prints no message.
struct OnPurpose;

#[track_caller]
fn panics(f: impl FnOnce()) {
    let panic = catch_unwind(AssertUnwindSafe(f)).unwrap_err();
    assert!(panic.is::<OnPurpose>(), "{:?}", panic.downcast_ref::<String>());
}

fn panic_on_purpose() -> ! {
    resume_unwind(Box::new(OnPurpose))
}

/// Uses the channel from another thread, which hangs if a lock is still held.
fn assert_usable(what: &'static str, tx: &Sender<V>) {
    let tx = tx.clone();
    must_end(move || {
        let (task, mut rx) = (Task::new(), tx.subscribe());
        let mut changed = Box::pin(rx.changed());
        assert!(task.poll(&mut changed).is_pending());
        tx.set(vec![1]);
        assert_eq!(task.wakes(), 1, "{what}");
        assert!(task.poll(&mut changed).is_ready());
        drop(changed);
        assert_eq!(*rx.borrow(), [1]);
        Task::new().poll_pending(tx.closed());
    });
}

#[test]
fn g4_a_closure_that_panics_leaves_the_channel_usable_and_wakes_no_task() {
    let (tx, mut rx) = channel(vec![0]);
    for (what, call) in READS {
        let (task, mut waiting) = (Task::new(), tx.subscribe());
        let mut changed = Box::pin(waiting.changed());
        assert!(task.poll(&mut changed).is_pending());
        // Once by itself, and once inside another read.
        panics(|| call(&tx, &mut rx, &mut |_| panic_on_purpose()));
        let other = tx.subscribe();
        panics(|| other.with(|_| call(&tx, &mut rx, &mut |_| panic_on_purpose())));
        assert_eq!(task.wakes(), 0, "{what}");
        assert_usable(what, &tx);
        assert_eq!(task.wakes(), 1, "{what}");
    }
    for (what, call) in CHANGES {
        let (task, mut waiting) = (Task::new(), tx.subscribe());
        let mut changed = Box::pin(waiting.changed());
        assert!(task.poll(&mut changed).is_pending());
        panics(|| call(&tx, &mut |_| panic_on_purpose()));
        assert_eq!(task.wakes(), 0, "{what}");
        assert_usable(what, &tx);
        assert_eq!(task.wakes(), 1, "{what}");
    }
}

/// After its closure has panicked, the same future can be polled again, and its task is woken.
#[test]
fn g4_a_wait_whose_closure_has_panicked_can_go_on() {
    fn goes_on(begin: impl for<'a> Fn(&'a mut Receiver<V>, Arc<AtomicUsize>) -> Box<dyn PollAgain + 'a>) {
        let (tx, mut rx) = channel(vec![0]);
        let (task, calls) = (Task::new(), Arc::new(AtomicUsize::new(0)));
        let mut wait = begin(&mut rx, calls.clone());
        // Pending for the first value, panics for the second, and ready for the third.
        assert!(!wait.is_ready(&task));
        let before = task.wakes();
        tx.set(vec![1]);
        assert_eq!(task.wakes(), before + 1);
        panics(|| assert!(!wait.is_ready(&task)));
        // Polled again, it panics for the same value again. `recv_if` waits for the next value instead.
        let is_registered = catch_unwind(AssertUnwindSafe(|| wait.is_ready(&task))).is_ok();
        assert_eq!(calls.load(Ordering::SeqCst), if is_registered { 2 } else { 3 });
        let before = task.wakes();
        tx.set(vec![2]);
        assert_eq!(task.wakes() - before, usize::from(is_registered));
        assert!(wait.is_ready(&task));
        drop(wait);
        assert_eq!(task.wakers_kept(), 0);
    }

    trait PollAgain {
        fn is_ready(&mut self, task: &Task) -> bool;
    }

    impl<F: Future + Unpin> PollAgain for F {
        fn is_ready(&mut self, task: &Task) -> bool {
            task.poll_pinned(std::pin::Pin::new(self)).is_ready()
        }
    }

    fn condition(calls: &AtomicUsize, value: &V) -> bool {
        calls.fetch_add(1, Ordering::SeqCst);
        if *value == [1] {
            panic_on_purpose();
        }
        *value == [2]
    }

    goes_on(|rx, calls| Box::new(rx.wait_for(move |value| condition(&calls, value))));
    goes_on(|rx, calls| Box::new(rx.wait_until(move |value| condition(&calls, value))));
    goes_on(|rx, calls| Box::new(rx.wait_for_map(move |value| condition(&calls, value).then_some(()))));
    goes_on(|rx, calls| {
        rx.mark_changed();
        Box::new(rx.recv_if(move |value| condition(&calls, value)))
    });
}

/// Does everything that a closure that reads may do with its channel.
fn use_while_it_is_read(tx: &Mutex<Option<Sender<V>>>, value: &V, kept: &Mutex<Vec<Receiver<V>>>, task: &Task) {
    let guard = tx.lock().unwrap();
    let tx = guard.as_ref().unwrap();
    let mut rx = tx.subscribe_unseen();
    assert_eq!((&*rx.borrow(), &tx.get(), rx.with(V::len)), (value, value, value.len()));
    assert!(rx.try_borrow().is_some_and(|again| *again == *value));
    assert_eq!(tx.try_set(vec![9]), Err(vec![9]));
    assert_eq!(rx.try_recv().as_ref(), Ok(value));
    assert!(format!("{tx:?} {rx:?}").contains("value: "));
    assert!(tx.downgrade().upgrade().is_some());
    // Waits that are dropped, waits that are kept, and waits that are ready at once.
    task.poll_pending(rx.changed());
    task.poll_pending(tx.closed());
    assert!(task.poll_ready(rx.wait_for(|again| again == value)).is_ok());
    assert!(rx.poll_changed(&mut Context::from_waker(&task.waker())).is_pending());
    kept.lock().unwrap().push(rx);
    #[cfg(feature = "std")]
    assert!(tx.subscribe().changed().wait_timeout(std::time::Duration::ZERO).is_err());
}

#[test]
fn a_closure_that_reads_may_use_its_channel() {
    for (what, call) in READS {
        must_end(move || {
            let (tx, mut rx) = channel(vec![5]);
            let (shared, kept, task) = (Mutex::new(Some(tx.clone())), Mutex::default(), Task::new());
            let mut calls = 0;
            call(&tx, &mut rx, &mut |value| {
                use_while_it_is_read(&shared, value, &kept, &task);
                calls += 1;
            });
            assert_eq!((calls, task.wakes()), (1, 0), "{what}");
            // The wait that has begun in the closure is woken.
            tx.set(vec![6]);
            assert_eq!(task.wakes(), 1, "{what}");
            assert!(kept.lock().unwrap()[0].poll_changed(&mut Context::from_waker(Waker::noop())).is_ready());
            assert_usable(what, &tx);
        });
    }
}

#[test]
fn g1_a_closure_that_reads_may_close_its_channel() {
    for (what, call) in READS {
        must_end(move || {
            let (tx, mut rx) = channel(vec![5]);
            let other = Sender::new(vec![]);
            let (task, mut waiting) = (Task::new(), rx.clone());
            let mut changed = Box::pin(waiting.changed());
            assert!(task.poll(&mut changed).is_pending());
            if what.starts_with("Sender") {
                return;
            }
            let mut last = Some(tx);
            call(&other, &mut rx, &mut |_| last = None);
            assert_eq!(task.wakes(), 1, "{what}");
            assert!(matches!(task.poll(&mut changed), std::task::Poll::Ready(Err(_))));
            assert_eq!((rx.is_closed(), rx.get()), (true, vec![5]));
        });
    }
}

/// A closure that changes the value may use its channel in every way that does not wait for the value.
#[test]
fn a_closure_that_changes_the_value_may_use_its_channel() {
    for (what, call) in CHANGES {
        must_end(move || {
            let (tx, rx) = channel(vec![5]);
            let (task, closed) = (Task::new(), Task::new());
            let mut last = Some(rx);
            let mut kept = None;
            let mut no_receiver = Box::pin(tx.closed());
            assert!(closed.poll(&mut no_receiver).is_pending());
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
                assert!(rx.poll_changed(&mut Context::from_waker(&task.waker())).is_pending());
                value.push(6);
                // It may use other channels.
                let (other_tx, mut other_rx) = channel(vec![0]);
                other_tx.set(vec![1]);
                assert_eq!(other_rx.get_and_update(), [1]);
                drop((rx, last.take()));
                assert_eq!(closed.wakes(), 1, "{what}");
                let mut rx = tx.subscribe();
                assert!(rx.poll_changed(&mut Context::from_waker(&task.waker())).is_pending());
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
            let (dropped, polled) = (Task::new(), Task::new());
            let mut others = [tx.subscribe(), tx.subscribe()];
            let [to_drop, to_poll] = &mut others;
            let (mut to_drop, mut to_poll) = (Some(Box::pin(to_drop.changed())), Box::pin(to_poll.changed()));
            assert!(dropped.poll(to_drop.as_mut().unwrap()).is_pending());
            assert!(polled.poll(&mut to_poll).is_pending());
            call(&tx, &mut rx, &mut |_| {
                to_drop = None;
                assert!(polled.poll(&mut to_poll).is_pending());
            });
            assert_eq!((dropped.wakers_kept(), polled.wakers_kept()), (0, 1), "{what}");
            tx.set(vec![6]);
            assert_eq!((dropped.wakes(), polled.wakes()), (0, 1), "{what}");
            assert!(polled.poll(&mut to_poll).is_ready());
        });
    }
}

/// A closure panics in a thread that has waited in the queue of the value's lock. The thread must leave the queue.
#[cfg(feature = "std")]
#[test]
fn g4_g7_a_closure_that_panics_after_its_thread_has_queued_blocks_no_other_thread() {
    use std::thread;
    use std::time::Duration;

    must_end(|| {
        let (tx, rx) = channel(vec![0]);
        let value = rx.borrow();
        let threads: Vec<_> = (0..12)
            .map(|i| {
                let tx = tx.clone();
                let thread = thread::spawn(move || match i % 3 {
                    0 => panics(|| tx.send_modify(|_| panic_on_purpose())),
                    1 => tx.send_modify(|value| value.push(i)),
                    _ => assert!(tx.send_if_modified(|value| !value.is_empty())),
                });
                thread::sleep(Duration::from_millis(1));
                thread
            })
            .collect();
        drop(value);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(rx.get().len(), 5);

        // The same for readers that wait for a sender.
        let mut threads = vec![];
        tx.send_modify(|_| {
            for i in 0..12 {
                let mut rx = rx.clone();
                let (what, call) = READS[i % READS.len()];
                if what.contains("try_") || what.starts_with("Sender") {
                    continue;
                }
                threads.push(thread::spawn(move || {
                    panics(|| call(&Sender::new(vec![]), &mut rx, &mut |_| panic_on_purpose()));
                }));
            }
            thread::sleep(Duration::from_millis(20));
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_usable("afterwards", &tx);
    });
}
