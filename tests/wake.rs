//! Waking: wakers run with no lock held, a panic loses no wake-up, and a cancelled wait leaves nothing behind.
#![expect(unsafe_code, reason = "a waker that notices its clones and drops needs a vtable")]

mod common;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

#[cfg(feature = "std")]
use common::panic_text;
use common::{Inline, Task, must_end, on_threads};
use watch_channel::{Receiver, Sender, channel};

/// A waker that calls `f` when it is cloned, woken or dropped.
fn nosy_waker(f: impl Fn() + Send + Sync + 'static) -> Waker {
    type Nosy = Arc<dyn Fn() + Send + Sync>;

    // The data is a `Box<Nosy>` that the waker owns.
    unsafe fn nosy<'a>(data: *const ()) -> &'a Nosy {
        // SAFETY: the box lives as long as its waker.
        unsafe { &*data.cast::<Nosy>() }
    }
    unsafe fn clone(data: *const ()) -> RawWaker {
        // SAFETY: called with the waker's data.
        let nosy = unsafe { nosy(data) };
        nosy();
        raw(nosy.clone())
    }
    unsafe fn wake(data: *const ()) {
        // SAFETY: `wake` takes the waker, as `drop` does. The box is freed even if a call panics.
        let nosy = unsafe { Box::from_raw(data.cast_mut().cast::<Nosy>()) };
        // Once for the wake-up, and once for the drop.
        nosy();
        nosy();
    }
    unsafe fn wake_by_ref(data: *const ()) {
        // SAFETY: called with the waker's data.
        unsafe { nosy(data)() };
    }
    unsafe fn drop(data: *const ()) {
        // SAFETY: made by `Box::into_raw`, and dropped once.
        let nosy = unsafe { Box::from_raw(data.cast_mut().cast::<Nosy>()) };
        nosy();
    }
    fn raw(nosy: Nosy) -> RawWaker {
        static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);
        RawWaker::new(Box::into_raw(Box::new(nosy)).cast_const().cast(), &VTABLE)
    }
    // SAFETY: the vtable's functions fit the data.
    unsafe { Waker::from_raw(raw(Arc::new(f))) }
}

/// Takes every lock of a channel: the value's lock to read and to write, and the lists' locks for both kinds of waits.
fn use_everything(tx: &Sender<u32>, rx: &Mutex<Receiver<u32>>) {
    tx.send_modify(|_| ());
    assert!(*tx.borrow() < 100);
    Task::new().poll_pending(tx.closed());
    if let Ok(mut rx) = rx.try_lock() {
        rx.borrow_and_update();
        Task::new().poll_pending(rx.changed());
    }
}

/// A sender's waker subscribes while `opened` clones it. The wait then ends at once, and leaves its flag behind. Broken by a
/// `subscribe` that wakes senders although its receiver is not the first one.
#[test]
fn g3_a_second_receiver_wakes_no_sender_that_waits_in_closed() {
    let tx = Sender::new(0);
    let first = Arc::new(Mutex::new(None));
    let waker = nosy_waker({
        let (tx, first) = (tx.clone(), first.clone());
        move || {
            first.lock().unwrap().get_or_insert_with(|| tx.subscribe());
        }
    });
    assert!(Box::pin(tx.opened()).as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
    let task = Task::new();
    let mut closed = Box::pin(tx.closed());
    assert!(task.poll(&mut closed).is_pending());
    let second = tx.subscribe();
    assert_eq!(task.wakes(), 0);
    drop((second, first.lock().unwrap().take()));
    assert_eq!(task.wakes(), 1);
}

#[test]
fn g3_wakers_are_cloned_woken_and_dropped_with_no_lock_held() {
    must_end(|| {
        let (tx, mut rx) = channel(0);
        let (armed, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let waker = nosy_waker({
            let (tx, rx, armed, calls) = (tx.clone(), Mutex::new(rx.clone()), armed.clone(), calls.clone());
            move || {
                if armed.load(Ordering::SeqCst) {
                    use_everything(&tx, &rx);
                    calls.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        let mut cx = Context::from_waker(&waker);
        let quiet = Task::new();
        let used_by = |f: &mut dyn FnMut()| {
            armed.store(true, Ordering::SeqCst);
            f();
            armed.store(false, Ordering::SeqCst);
            calls.swap(0, Ordering::SeqCst) > 0
        };

        // The waker is woken by a send, by the close, and by the last receiver's drop.
        let mut changed = Box::pin(rx.changed());
        assert!(changed.as_mut().poll(&mut cx).is_pending());
        assert!(used_by(&mut || tx.send(1).unwrap()));
        assert!(changed.as_mut().poll(&mut cx).is_ready());
        drop(changed);
        let (other_tx, mut other_rx) = channel(());
        let mut changed = Box::pin(other_rx.changed());
        assert!(changed.as_mut().poll(&mut cx).is_pending());
        let mut other_tx = Some(other_tx);
        assert!(used_by(&mut || drop(other_tx.take())));
        drop(changed);
        let (other_tx, other_rx) = channel(());
        let mut closed = Box::pin(other_tx.closed());
        assert!(closed.as_mut().poll(&mut cx).is_pending());
        let mut other_rx = Some(other_rx);
        assert!(used_by(&mut || drop(other_rx.take())));
        drop(closed);

        // The waker is cloned. (It sends, so the wait is over at once.)
        rx.mark_unchanged();
        let mut changed = Box::pin(rx.changed());
        assert!(used_by(&mut || assert!(changed.as_mut().poll(&mut cx).is_ready())));
        drop(changed);

        // The waker is replaced by another task's.
        rx.mark_unchanged();
        let mut changed = Box::pin(rx.changed());
        assert!(changed.as_mut().poll(&mut cx).is_pending());
        assert!(used_by(&mut || drop(quiet.poll(&mut changed))));
        drop(changed);

        // The waker is dropped with its wait.
        rx.mark_unchanged();
        let mut changed = Some(Box::pin(rx.changed()));
        assert!(changed.as_mut().unwrap().as_mut().poll(&mut cx).is_pending());
        assert!(used_by(&mut || changed = None));
        let mut closed = Some(Box::pin(tx.closed()));
        assert!(closed.as_mut().unwrap().as_mut().poll(&mut cx).is_pending());
        assert!(used_by(&mut || closed = None));
    });
}

#[test]
fn g3_a_task_that_polls_when_it_is_woken_can_wait_again_at_once() {
    must_end(|| {
        const TASKS: usize = 100;
        let (tx, rx) = channel(0);
        let polls = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let (mut rx, polls) = (rx.clone(), polls.clone());
                Inline::spawn(async move {
                    while rx.changed().await.is_ok() {
                        rx.borrow_and_update();
                        polls.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        for round in 1..=10 {
            tx.send(round).unwrap();
            // Each task has been polled once, although the first ones were waiting again before the last one was woken.
            assert_eq!(polls.load(Ordering::SeqCst), TASKS * round);
        }
        drop(tx);
        assert!(tasks.iter().all(|task| task.is_done()));
    });
}

/// Returns how deeply the polls of a thousand tasks are nested if one send wakes all of them, and each is polled where it is woken.
fn depth_of_inline_tasks(wake_others: bool) -> usize {
    thread_local! {
        static DEPTH: Cell<usize> = const { Cell::new(0) };
    }

    let (tx, rx) = channel(0);
    let deepest = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..1_000)
        .map(|_| {
            // The task ends when one wait is ready. It is polled where it is woken, so both waits are dropped there.
            let (mut wait, mut other_wait) = (owned_wait(rx.clone()), owned_wait(rx.clone()));
            let (own_tx, own_rx) = channel(0);
            let mut own_wait = owned_wait(own_rx);
            assert!(Task::new().poll(&mut own_wait).is_pending());
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
        // A send inside a waker wakes only the tasks that wait for it, so there is one more level, however many tasks there are.
        assert!(depth_of_inline_tasks(true) <= 2);
    });
}

#[test]
fn g3_a_woken_task_can_send_at_once() {
    must_end(|| {
        let (ping, mut pinged) = channel(0);
        let (pong, mut ponged) = channel(0);
        let echo = Inline::spawn(async move {
            while pinged.changed().await.is_ok() {
                let value = *pinged.borrow_and_update();
                pong.send(value).unwrap();
            }
        });
        for i in 1..=100 {
            ping.send(i).unwrap();
            assert_eq!(*ponged.borrow_and_update(), i);
        }
        drop(ping);
        assert!(echo.is_done());
    });
}

#[test]
fn g4_a_panicking_waker_loses_no_other_wake_up() {
    // The panicking waker is first, last, or in the middle. There are several lists, with more than one batch in each.
    for bad in [0, 1, 24, 25, 48, 110, 199] {
        let (tx, rx) = channel(0);
        let mut receivers = vec![rx; 200];
        let tasks: Vec<_> = receivers.iter().map(|_| Task::new()).collect();
        let panicking = nosy_waker({
            let dropped = AtomicUsize::new(0);
            move || match dropped.fetch_add(1, Ordering::SeqCst) {
                0 => (), // the clone
                1 => panic!("on purpose"),
                _ => (),
            }
        });
        let mut waits: Vec<_> = receivers.iter_mut().map(|rx| Box::pin(rx.changed())).collect();
        on_threads(&mut waits, |i, wait| {
            if i == bad {
                assert!(wait.as_mut().poll(&mut Context::from_waker(&panicking)).is_pending());
            } else {
                assert!(tasks[i].poll(wait).is_pending());
            }
        });
        assert!(catch_unwind(AssertUnwindSafe(|| tx.send(1))).is_err());
        for (i, task) in tasks.iter().enumerate() {
            assert_eq!(task.wakes(), usize::from(i != bad), "task {i}; task {bad} panics");
        }
        for (task, wait) in tasks.iter().zip(&mut waits) {
            assert_eq!(task.poll(wait), Poll::Ready(Ok(())));
        }
        drop(waits);
        // The channel can still be used.
        let task = Task::new();
        let mut changed = Box::pin(receivers[bad].changed());
        assert!(task.poll(&mut changed).is_pending());
        tx.send(2).unwrap();
        assert_eq!(task.wakes(), 1);
    }
}

/// A version is sent while a waker is cloned, and the clone panics. Broken by a poll that marks the version as seen.
#[test]
fn g1_g4_a_version_that_is_sent_by_a_waker_that_panics_is_reported() {
    let (tx, mut rx) = channel(0);
    let mut conditions = vec![];
    let mut wait = Box::pin(rx.wait_until(|value| {
        conditions.push(*value);
        *value == 1
    }));
    let waker = nosy_waker(move || {
        if *tx.borrow() == 0 {
            tx.set(1);
            panic!("on purpose");
        }
    });
    let polled = catch_unwind(AssertUnwindSafe(|| wait.as_mut().poll(&mut Context::from_waker(&waker))));
    assert!(polled.is_err());
    assert_eq!(Task::new().poll(&mut wait), Poll::Ready(Ok(())));
    drop(wait);
    assert_eq!(conditions, [0, 1]);
}

#[test]
fn g6_a_cancelled_wait_keeps_no_waker_and_is_not_woken() {
    let (tx, mut rx) = channel(0);
    let task = Task::new();
    let mut changed = Box::pin(rx.changed());
    assert!(task.poll(&mut changed).is_pending());
    assert_eq!(task.wakers_kept(), 1);
    drop(changed);
    assert_eq!(task.wakers_kept(), 0);
    tx.send(1).unwrap();
    assert_eq!(task.wakes(), 0);
    assert_eq!(rx.has_changed(), Ok(true));
}

#[test]
fn g6_a_finished_wait_keeps_no_waker() {
    let (tx, mut rx) = channel(0);
    let task = Task::new();
    let mut changed = Box::pin(rx.changed());
    assert!(task.poll(&mut changed).is_pending());
    tx.send(1).unwrap();
    assert_eq!(task.wakers_kept(), 0);
    assert!(task.poll(&mut changed).is_ready());
    drop(changed);
    tx.send(2).unwrap();
    assert_eq!((task.wakes(), task.wakers_kept()), (1, 0));
}

/// A waker that runs `f` when it is woken, and at no other time.
fn on_wake(f: impl FnOnce() + Send + 'static) -> Waker {
    let (calls, f) = (AtomicUsize::new(0), Mutex::new(Some(f)));
    nosy_waker(move || {
        // The first call is the clone that the channel keeps.
        if calls.fetch_add(1, Ordering::SeqCst) == 1 {
            f.lock().unwrap().take().unwrap()();
        }
    })
}

type OwnedWait = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn owned_wait(mut rx: Receiver<u32>) -> OwnedWait {
    Box::pin(async move { rx.changed().await.unwrap() })
}

/// Without `std` a second panic aborts the program.
#[cfg(feature = "std")]
#[test]
fn g4_several_panicking_wakers_lose_no_other_wake_up() {
    let (tx, rx) = channel(0);
    // There is more than one batch in each list.
    let mut receivers = vec![rx; 600];
    let tasks: Vec<_> = receivers.iter().map(|_| Task::new()).collect();
    let panics = |i: usize| i % 3 == 0;
    let waker = |i: usize| if panics(i) { on_wake(|| panic!("on purpose")) } else { tasks[i].waker() };
    let wakers: Vec<_> = (0..receivers.len()).map(waker).collect();
    let mut waits: Vec<_> = receivers.iter_mut().map(|rx| Box::pin(rx.changed())).collect();
    on_threads(&mut waits, |i, wait| {
        assert!(wait.as_mut().poll(&mut Context::from_waker(&wakers[i])).is_pending());
    });
    let panic = catch_unwind(AssertUnwindSafe(|| tx.send(1))).unwrap_err();
    assert_eq!(panic_text(&*panic), "on purpose");
    for (i, task) in tasks.iter().enumerate() {
        assert_eq!(task.wakes(), usize::from(!panics(i)), "task {i}");
    }
    for (task, wait) in tasks.iter().zip(&mut waits) {
        assert_eq!(task.poll(wait), Poll::Ready(Ok(())));
    }
}

/// Without `std` a second panic aborts the program.
#[cfg(feature = "std")]
#[test]
fn g4_a_panicking_waker_fails_no_other_tasks_wait() {
    let (tx, rx) = channel(0);
    let innocent = Task::new();
    let innocent_wait = Arc::new(Mutex::new(owned_wait(rx.clone())));
    let polled = Arc::new(AtomicUsize::new(0));
    let first = on_wake({
        let (innocent_wait, polled, waker) = (innocent_wait.clone(), polled.clone(), innocent.waker());
        move || {
            // The poll is on another thread, which is not in the middle of a delivery.
            let polls = std::thread::spawn(move || {
                let mut wait = innocent_wait.lock().unwrap();
                assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
            });
            polls.join().unwrap();
            polled.fetch_add(1, Ordering::SeqCst);
        }
    });
    let mut first_wait = owned_wait(rx.clone());
    assert!(first_wait.as_mut().poll(&mut Context::from_waker(&first)).is_pending());
    assert!(innocent.poll(&mut innocent_wait.lock().unwrap()).is_pending());
    // More than a batch of wakers that panic are behind it.
    let panicking = |_| (owned_wait(rx.clone()), on_wake(|| panic!("on purpose")));
    let mut others: Vec<_> = (0..100).map(panicking).collect();
    for (wait, waker) in &mut others {
        assert!(wait.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    }
    let _ = catch_unwind(AssertUnwindSafe(|| tx.send(1)));
    assert_eq!(polled.load(Ordering::SeqCst), 1);
}

#[test]
fn g1_a_wait_that_ends_in_a_waker_of_another_channel_delays_no_wake_up() {
    must_end(|| {
        let (tx, rx) = channel(0);
        let (early, others) = (Task::new(), Vec::from_iter((0..100).map(|_| Task::new())));
        // The first waker of a send on this channel waits ...
        let (at_first, is_at_first) = mpsc::channel();
        let (go_on, goes_on) = mpsc::channel::<()>();
        let first = on_wake(move || {
            at_first.send(()).unwrap();
            goes_on.recv().unwrap();
        });
        let mut first_wait = owned_wait(rx.clone());
        assert!(first_wait.as_mut().poll(&mut Context::from_waker(&first)).is_pending());
        let mut early_wait = owned_wait(rx.clone());
        assert!(early.poll(&mut early_wait).is_pending());
        let mut waits: Vec<_> = others.iter().map(|_| owned_wait(rx.clone())).collect();
        others.iter().zip(&mut waits).for_each(|(task, wait)| assert!(task.poll(wait).is_pending()));
        let sender = std::thread::spawn(move || tx.send(1).unwrap());
        is_at_first.recv().unwrap();
        // ... while a waker of another channel completes a wait of this channel, and returns only after that send has returned.
        let (other_tx, other_rx) = channel(0);
        let in_between = on_wake(move || {
            assert!(early.poll(&mut early_wait).is_ready());
            go_on.send(()).unwrap();
            sender.join().unwrap();
            assert!(others.iter().all(|task| task.wakes() == 1));
        });
        let mut other_wait = owned_wait(other_rx);
        assert!(other_wait.as_mut().poll(&mut Context::from_waker(&in_between)).is_pending());
        other_tx.send(1).unwrap();
    });
}

/// Without `std` a second panic aborts the program.
#[cfg(feature = "std")]
#[test]
fn g4_a_wait_dropped_by_a_waker_that_panics_loses_no_other_wake_up() {
    struct Cancel(Arc<Mutex<Option<OwnedWait>>>);

    impl Drop for Cancel {
        fn drop(&mut self) {
            *self.0.lock().unwrap() = None;
        }
    }

    let (tx, rx) = channel(0);
    let (cancelled, last) = (Task::new(), Task::new());
    let cancelled_wait = Arc::new(Mutex::new(Some(owned_wait(rx.clone()))));
    let (other, other_wait) = (Arc::new(Task::new()), Arc::new(Mutex::new(None)));
    // In the middle of the delivery, a new wait begins, and a panic drops a wait that has not been woken yet.
    let first = on_wake({
        let (tx, mut rx, other, other_wait, cancel) =
            (tx.clone(), rx.clone(), other.clone(), other_wait.clone(), Cancel(cancelled_wait.clone()));
        move || {
            std::thread::spawn(move || tx.send(2).unwrap()).join().unwrap();
            rx.mark_unchanged();
            let mut wait = owned_wait(rx);
            assert!(other.poll(&mut wait).is_pending());
            *other_wait.lock().unwrap() = Some(wait);
            let _cancel = cancel;
            panic!("first");
        }
    });
    let (mut first_wait, mut last_wait) = (owned_wait(rx.clone()), owned_wait(rx));
    assert!(first_wait.as_mut().poll(&mut Context::from_waker(&first)).is_pending());
    assert!(cancelled.poll(cancelled_wait.lock().unwrap().as_mut().unwrap()).is_pending());
    assert!(last.poll(&mut last_wait).is_pending());
    let panic = catch_unwind(AssertUnwindSafe(|| tx.send(1))).unwrap_err();
    assert_eq!(panic_text(&*panic), "first");
    // The cancelled wait may be woken by the send, which may have taken its waker already. The new wait is woken by neither send.
    assert!(cancelled.wakes() <= 1);
    assert_eq!((last.wakes(), other.wakes(), cancelled.wakers_kept()), (1, 0, 0));
}

#[test]
fn g6_a_wait_that_ends_long_after_its_wake_up_disturbs_no_other_wait() {
    for is_polled in [false, true] {
        let (tx, mut rx) = channel(0);
        let (late, other) = (Task::new(), Task::new());
        let mut late_wait = owned_wait(rx.clone());
        assert!(late.poll(&mut late_wait).is_pending());
        // Two versions later a new wait begins.
        tx.send(1).unwrap();
        tx.send(2).unwrap();
        rx.mark_unchanged();
        let mut other_wait = owned_wait(rx);
        assert!(other.poll(&mut other_wait).is_pending());
        assert!(!is_polled || late.poll(&mut late_wait).is_ready());
        drop(late_wait);
        assert_eq!((late.wakes(), other.wakes()), (1, 0));
        tx.send(3).unwrap();
        assert_eq!((late.wakes(), other.wakes()), (1, 1));
    }
}

#[test]
fn g6_a_wait_cancelled_after_its_wake_up_disturbs_no_other_wait() {
    let (tx, rx) = channel(0);
    let (last, cancelled, other) = (Task::new(), Task::new(), Arc::new(Task::new()));
    // They are woken in this order.
    let [cancelled_rx, middle_rx, last_rx] = [rx.clone(), rx.clone(), rx.clone()];
    let mut last_wait = owned_wait(last_rx);
    let other_wait = Arc::new(Mutex::new(None));
    // In the middle of the delivery, a new version is sent, a new wait begins, and the cancelled wait is dropped.
    let cancelled_wait = Arc::new(Mutex::new(Some(owned_wait(cancelled_rx))));
    let middle = on_wake({
        let (tx, rx, other, other_wait, cancelled_wait) =
            (tx.clone(), rx.clone(), other.clone(), other_wait.clone(), cancelled_wait.clone());
        move || {
            tx.send(2).unwrap();
            let mut rx = rx;
            rx.mark_unchanged();
            let mut wait = owned_wait(rx);
            assert!(wait.as_mut().poll(&mut Context::from_waker(&other.waker())).is_pending());
            *other_wait.lock().unwrap() = Some(wait);
            *cancelled_wait.lock().unwrap() = None;
        }
    });
    let mut middle_wait = owned_wait(middle_rx);
    assert!(cancelled.poll(cancelled_wait.lock().unwrap().as_mut().unwrap()).is_pending());
    assert!(middle_wait.as_mut().poll(&mut Context::from_waker(&middle)).is_pending());
    assert!(last.poll(&mut last_wait).is_pending());
    tx.send(1).unwrap();
    assert_eq!((cancelled.wakes(), last.wakes(), other.wakes()), (1, 1, 0));
    tx.send(3).unwrap();
    assert_eq!((cancelled.wakes(), last.wakes(), other.wakes()), (1, 1, 1));
    assert!(other.poll(other_wait.lock().unwrap().as_mut().unwrap()).is_ready());
}

#[test]
fn g6_a_wait_that_ends_before_its_wake_up_is_woken_by_the_send_under_way_or_not_at_all() {
    let (tx, rx) = channel(0);
    let early = Arc::new(Task::new());
    let early_wait = Arc::new(Mutex::new(owned_wait(rx.clone())));
    let waker = on_wake({
        let (early, wait) = (early.clone(), early_wait.clone());
        move || assert!(early.poll(&mut wait.lock().unwrap()).is_ready())
    });
    let mut wait = owned_wait(rx);
    assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert!(early.poll(&mut early_wait.lock().unwrap()).is_pending());
    tx.send(1).unwrap();
    let wakes = early.wakes();
    assert!(wakes <= 1, "{wakes}");
    assert_eq!(early.wakers_kept(), 0);
    tx.send(2).unwrap();
    assert_eq!(early.wakes(), wakes);
}

/// A wait that ends ends while a send on another thread is delivering.
#[test]
fn g1_a_wait_that_ends_during_a_send_loses_no_other_wake_up() {
    let by_changed = |rx: Receiver<u32>, task: &Task| {
        let mut wait = owned_wait(rx);
        assert!(task.poll(&mut wait).is_pending());
        Box::new(move |task: &Task| assert!(task.poll(&mut wait).is_ready())) as Box<dyn FnMut(&Task) + Send>
    };
    let by_poll_changed = |mut rx: Receiver<u32>, task: &Task| {
        assert!(rx.poll_changed(&mut Context::from_waker(&task.waker())).is_pending());
        Box::new(move |task: &Task| {
            assert!(rx.poll_changed(&mut Context::from_waker(&task.waker())).is_ready());
        }) as Box<dyn FnMut(&Task) + Send>
    };
    for begin in [&by_changed as &dyn Fn(_, &Task) -> _, &by_poll_changed] {
        let (tx, rx) = channel(0);
        let (at_first, is_at_first) = std::sync::mpsc::channel();
        let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
        let first = on_wake(move || {
            at_first.send(()).unwrap();
            goes_on.recv().unwrap();
        });
        let mut first_wait = owned_wait(rx.clone());
        assert!(first_wait.as_mut().poll(&mut Context::from_waker(&first)).is_pending());
        let early = Task::new();
        let mut end_early = begin(rx.clone(), &early);
        let mut others: Vec<_> = (0..1_000).map(|_| (Task::new(), owned_wait(rx.clone()))).collect();
        for (task, wait) in &mut others {
            assert!(task.poll(wait).is_pending());
        }
        std::thread::scope(|scope| {
            scope.spawn(|| tx.send(1).unwrap());
            is_at_first.recv().unwrap();
            end_early(&early);
            go_on.send(()).unwrap();
        });
        assert!(others.iter().all(|(task, _)| task.wakes() == 1));
        assert_eq!(early.wakers_kept(), 0);
    }
}

#[test]
fn g1_sends_on_two_channels_at_once_lose_no_wake_up() {
    let channel_of_many = || {
        let (tx, rx) = channel(0);
        let mut receivers = vec![rx; 100];
        let tasks: Vec<_> = receivers.iter().map(|_| Task::new()).collect();
        for round in 1..=200 {
            let mut waits: Vec<_> = receivers.iter_mut().map(|rx| Box::pin(rx.changed())).collect();
            for (task, wait) in tasks.iter().zip(&mut waits) {
                assert!(task.poll(wait).is_pending());
            }
            tx.send(round).unwrap();
            for (task, wait) in tasks.iter().zip(&mut waits) {
                assert_eq!(task.wakes(), round as usize);
                assert!(task.poll(wait).is_ready());
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(channel_of_many);
        scope.spawn(channel_of_many);
    });
}

#[test]
fn g1_a_sender_that_ends_with_its_thread_wakes_the_receivers() {
    thread_local! {
        static SENDER: std::cell::RefCell<Option<watch_channel::Sender<u32>>> = const { std::cell::RefCell::new(None) };
    }
    let (tx, mut rx) = channel(0);
    let task = Task::new();
    let mut changed = Box::pin(rx.changed());
    assert!(task.poll(&mut changed).is_pending());
    std::thread::spawn(|| SENDER.set(Some(tx))).join().unwrap();
    assert_eq!(task.wakes(), 1);
    assert!(task.poll(&mut changed).is_ready());
}

/// A waker drops waits that the same send has just woken or is about to wake.
#[test]
fn g6_a_wait_cancelled_while_others_are_woken_is_woken_by_the_send_under_way_or_not_at_all() {
    let (tx, rx) = channel(0);
    let victims: Vec<_> = (0..10).map(|_| (Task::new(), Mutex::new(None))).collect();
    let victims = Arc::new(victims);
    for (task, wait) in victims.iter() {
        let mut changed = owned_wait(rx.clone());
        assert!(changed.as_mut().poll(&mut Context::from_waker(&task.waker())).is_pending());
        *wait.lock().unwrap() = Some(changed);
    }
    let killer = on_wake({
        let victims = victims.clone();
        move || victims.iter().for_each(|(_, wait)| *wait.lock().unwrap() = None)
    });
    let mut receivers = [rx.clone(), rx];
    let mut waits: Vec<_> = receivers.iter_mut().map(|rx| Box::pin(rx.changed())).collect();
    assert!(waits[0].as_mut().poll(&mut Context::from_waker(&killer)).is_pending());
    tx.send(1).unwrap();
    // Some victims have been woken before the killer. For others, the send had taken the waker before the wait was dropped.
    let woken: Vec<_> = victims.iter().map(|(task, _)| task.wakes()).collect();
    assert!(woken.iter().all(|wakes| *wakes <= 1), "{woken:?}");
    assert!(victims.iter().all(|(task, _)| task.wakers_kept() == 0));
    tx.send(2).unwrap();
    assert_eq!(woken, victims.iter().map(|(task, _)| task.wakes()).collect::<Vec<_>>());
}

#[test]
fn g1_receivers_dropped_between_waits_and_sends_lose_no_later_wake_up() {
    let (tx, rx) = channel(0);
    for round in 1..100 {
        let mut receivers = vec![rx.clone(); 7];
        let tasks: Vec<_> = receivers.iter().map(|_| Task::new()).collect();
        let mut waits: Vec<_> = receivers.iter_mut().map(|rx| Box::pin(async { rx.changed().await })).collect();
        for (task, wait) in tasks.iter().zip(&mut waits) {
            let _ = task.poll(wait);
        }
        drop(waits.split_off(4));
        tx.send(round).unwrap();
    }
    let mut rx = tx.subscribe();
    let task = Task::new();
    let mut changed = Box::pin(rx.changed());
    assert!(task.poll(&mut changed).is_pending());
    tx.send(0).unwrap();
    assert_eq!(task.wakes(), 1);
}
