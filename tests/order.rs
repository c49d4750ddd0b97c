//! With critical sections, deliveries share one list, so a send also wakes the tasks that an earlier send has not woken yet.
#![cfg(all(feature = "critical-section", not(feature = "std")))]

mod common;

use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use common::Task;
use watch_channel::{Receiver, Sender, channel};

/// Notes when it is woken. The first one then begins a wait of another receiver and sends, as an interrupt in the middle of a
/// delivery would.
struct Notes {
    name: u32,
    woken: Arc<Mutex<Vec<u32>>>,
    interrupt: Mutex<Option<(Sender<u32>, Receiver<u32>)>>,
}

impl Wake for Notes {
    fn wake(self: Arc<Self>) {
        self.woken.lock().unwrap().push(self.name);
        let interrupt = self.interrupt.lock().unwrap().take();
        if let Some((tx, mut rx)) = interrupt {
            poll(&mut rx, 10, &self.woken, None);
            tx.set(2);
        }
    }
}

/// Returns a waker that calls `f` when it is woken.
fn on_wake(f: impl FnOnce() + Send + 'static) -> Waker {
    struct OnWake<F>(Mutex<Option<F>>);

    impl<F: FnOnce() + Send + 'static> Wake for OnWake<F> {
        fn wake(self: Arc<Self>) {
            let f = self.0.lock().unwrap().take();
            f.into_iter().for_each(|f| f());
        }
    }

    Arc::new(OnWake(Mutex::new(Some(f)))).into()
}

fn poll(
    rx: &mut Receiver<u32>,
    name: u32,
    woken: &Arc<Mutex<Vec<u32>>>,
    interrupt: Option<(Sender<u32>, Receiver<u32>)>,
) {
    let notes = Arc::new(Notes { name, woken: woken.clone(), interrupt: Mutex::new(interrupt) });
    rx.mark_unchanged();
    assert!(rx.poll_changed(&mut Context::from_waker(&notes.into())).is_pending());
}

/// Broken by a send that takes the waiting bit: the one in the middle then finds no task.
#[test]
fn g9_a_send_in_the_middle_of_another_wakes_all_that_are_left() {
    for others in [1, 3, 40] {
        let (tx, rx) = channel(0);
        let mut receivers = vec![rx; 1 + others];
        let tasks: Vec<_> = (0..others).map(|_| Task::new()).collect();
        // No other task begins to wait in between.
        let inner = tx.clone();
        let woken = Arc::new(Mutex::new(vec![]));
        let first = on_wake({
            let woken = woken.clone();
            let counts: Vec<_> = tasks.iter().map(Task::counter).collect();
            move || {
                inner.set(2);
                woken.lock().unwrap().extend(counts.iter().map(|count| count.wakes()));
            }
        });
        assert!(receivers[0].poll_changed(&mut Context::from_waker(&first)).is_pending());
        for (rx, task) in receivers[1..].iter_mut().zip(&tasks) {
            assert!(rx.poll_changed(&mut Context::from_waker(&task.waker())).is_pending());
        }
        tx.set(1);
        assert_eq!(*woken.lock().unwrap(), vec![1; others], "when the inner send had returned");
        assert!(tasks.iter().all(|task| task.wakes() == 1), "when the outer send had returned");
    }
}

/// The same for senders: the last receiver's drop, in the middle of another one.
#[test]
fn g9_a_close_in_the_middle_of_another_wakes_all_that_are_left() {
    let (tx, rx) = channel(0);
    let tasks: Vec<_> = (0..3).map(|_| Task::new()).collect();
    let woken = Arc::new(Mutex::new(vec![]));
    let first = on_wake({
        let (tx, woken) = (tx.clone(), woken.clone());
        let counts: Vec<_> = tasks.iter().map(Task::counter).collect();
        move || {
            drop(tx.subscribe());
            woken.lock().unwrap().extend(counts.iter().map(|count| count.wakes()));
        }
    });
    let mut waits: Vec<_> = (0..4).map(|_| Box::pin(tx.closed())).collect();
    assert!(waits[0].as_mut().poll(&mut Context::from_waker(&first)).is_pending());
    for (wait, task) in waits[1..].iter_mut().zip(&tasks) {
        assert!(task.poll(wait).is_pending());
    }
    drop(rx);
    assert_eq!(*woken.lock().unwrap(), [1, 1, 1]);
    assert!(tasks.iter().all(|task| task.wakes() == 1));
}

/// Broken by a delivery that puts its tasks in front of those of the delivery under way.
#[test]
fn tasks_are_woken_in_the_order_in_which_they_began_to_wait() {
    let (tx, rx) = channel(0);
    let mut receivers = vec![rx; 5];
    let woken = Arc::default();
    let mut interrupt = Some((tx.clone(), receivers.pop().unwrap()));
    for (name, rx) in (0..).zip(&mut receivers) {
        poll(rx, name, &woken, interrupt.take());
    }
    tx.set(1);
    assert_eq!(*woken.lock().unwrap(), [0, 1, 2, 3, 10]);
}
