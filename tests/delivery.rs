//! A call wakes only the tasks that wait for what it did.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use common::{Inline, Task, must_end};
use watch_channel::{Receiver, Sender, channel};

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

/// An executor whose wakers lock its queue, and notify its worker through another channel while they hold the lock.
struct Executor {
    queue: Mutex<Vec<usize>>,
    signal: Sender<usize>,
}

struct Queued(usize, Arc<Executor>);

impl Wake for Queued {
    fn wake(self: Arc<Self>) {
        let mut queue = self.1.queue.lock().unwrap();
        queue.push(self.0);
        self.1.signal.set(queue.len());
    }
}

#[test]
fn g3_a_send_inside_a_waker_that_holds_a_lock_wakes_no_task_of_the_outer_send() {
    must_end(|| {
        let (signal, mut worker) = channel(0);
        let executor = Arc::new(Executor { queue: Mutex::default(), signal });
        let task = Task::new();
        let mut signalled = Box::pin(worker.changed());
        assert!(task.poll(&mut signalled).is_pending());
        let (tx, rx) = channel(0);
        // More than a batch, and several in each list.
        let mut receivers = vec![rx; 300];
        let mut waits: Vec<_> = receivers.iter_mut().map(|rx| Box::pin(rx.changed())).collect();
        for (id, wait) in waits.iter_mut().enumerate() {
            let waker = Waker::from(Arc::new(Queued(id, executor.clone())));
            assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        tx.set(1);
        let mut queue = executor.queue.lock().unwrap();
        queue.sort_unstable();
        assert!(queue.iter().copied().eq(0..300));
        assert_eq!(task.wakes(), 1);
    });
}

fn register(rx: &mut Receiver<u32>, waker: &Waker) {
    assert!(rx.poll_changed(&mut Context::from_waker(waker)).is_pending());
}

#[test]
fn g3_dropping_a_wait_that_has_been_woken_wakes_no_other() {
    let (tx, rx) = channel(0);
    let mut receivers = vec![rx.clone(); 40];
    let task = Task::new();
    receivers.iter_mut().for_each(|rx| register(rx, Waker::noop()));
    tx.set(1);
    // They wait for the next version, in the lists in which the others have waited.
    let mut others = vec![rx; 40];
    for rx in &mut others {
        rx.mark_unchanged();
        register(rx, &task.waker());
    }
    drop(receivers);
    assert_eq!(task.wakes(), 0);
    drop(others);
    assert_eq!(task.wakers_kept(), 0);
}

#[test]
fn g6_a_registration_of_poll_changed_ends_with_a_wait_that_is_ready_at_once() {
    let ways: [fn(&mut Receiver<u32>); 4] = [
        |rx| {
            rx.mark_changed();
            assert_eq!(Task::new().poll_ready(rx.changed()), Ok(()));
        },
        |rx| assert_eq!(*Task::new().poll_ready(rx.wait_for(|_| true)).unwrap(), 0),
        |rx| assert_eq!(Task::new().poll_ready(rx.wait_for_map(|value| Some(*value))), Ok(0)),
        |rx| {
            rx.mark_changed();
            assert_eq!(rx.poll_changed(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(())));
        },
    ];
    for way in ways {
        let (tx, mut rx) = channel(0);
        let task = Task::new();
        register(&mut rx, &task.waker());
        way(&mut rx);
        assert_eq!(task.wakers_kept(), 0);
        tx.set(1);
        assert_eq!(task.wakes(), 0);
    }
}

#[test]
fn a_wait_that_is_never_polled_keeps_the_registration_of_poll_changed() {
    let (tx, mut rx) = channel(0);
    let task = Task::new();
    register(&mut rx, &task.waker());
    drop(rx.changed());
    tx.set(1);
    assert_eq!(task.wakes(), 1);
}

/// Uses the channel when the last of its wakers is dropped.
struct UsesChannel(Sender<u32>, Arc<AtomicBool>);

impl Wake for UsesChannel {
    fn wake(self: Arc<Self>) {}
}

impl Drop for UsesChannel {
    fn drop(&mut self) {
        self.0.send_modify(|value| *value += 1);
        self.1.store(true, Ordering::SeqCst);
    }
}

#[test]
fn g3_the_waker_of_a_dropped_receiver_is_dropped_with_no_lock_held() {
    must_end(|| {
        let (tx, mut rx) = channel(0);
        let dropped = Arc::new(AtomicBool::new(false));
        register(&mut rx, &Arc::new(UsesChannel(tx.clone(), dropped.clone())).into());
        drop(rx);
        assert!(dropped.load(Ordering::SeqCst));
        assert_eq!((tx.receiver_count(), tx.get()), (0, 1));
    });
}
