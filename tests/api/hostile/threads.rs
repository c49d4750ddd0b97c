//! Threads that use a channel while they end: in the destructor of a thread-local, when the crate's
//! own thread-locals may have been destroyed already.

use std::cell::RefCell;
use std::sync::{LazyLock, mpsc};
use std::task::Waker;
use std::thread;
use std::time::Duration;

use watch_channel::{Receiver, Ref, Sender, Watch, channel};

use super::waits::{Kind, Side};
use crate::common::wakers::{on_last_drop, register};
use crate::common::{Task, must_end, waiting};

/// Makes this thread create the thread-locals of this crate, and those that tests use.
fn use_thread_locals() {
    let (tx, mut rx) = channel(0);
    tx.set(1);
    drop(rx.borrow());
    #[cfg(feature = "std")]
    rx.changed().wait().unwrap();
    rx.mark_unchanged();
}

/// Runs `f` in the destructor of a thread-local, on a thread that has used channels, and fails if
/// it does not end. `f` runs once while the crate's thread-locals exist, and once after they have
/// been destroyed: thread-locals are destroyed in the opposite order of their creation.
fn in_destructor(f: impl Fn() + Clone + Send + 'static) {
    thread_local! {
        static AT_THE_END: RefCell<Option<Waker>> = const { RefCell::new(None) };
    }

    for is_crate_first in [true, false] {
        let f = f.clone();
        let (done, is_done) = mpsc::channel();
        must_end(move || {
            let ending = thread::spawn(move || {
                if is_crate_first {
                    use_thread_locals();
                }
                AT_THE_END.set(Some(on_last_drop(move || {
                    f();
                    done.send(()).unwrap();
                })));
                use_thread_locals();
            });
            ending.join().unwrap();
            is_done.recv().expect("the destructor runs");
        });
    }
}

#[test]
fn g1_a_thread_that_ends_wakes_all_tasks_of_every_wait() {
    for &kind in Kind::ALL {
        in_destructor(move || {
            let side = Side::new(kind);
            for mut wait in side.begin_many(50) {
                side.trigger();
                assert_eq!((wait.wakes(), wait.is_ready()), (1, true), "{kind:?}");
            }
            side.assert_usable();
        });
    }
}

#[test]
fn g2_values_can_be_sent_and_read_while_a_thread_ends() {
    let (tx, rx) = channel(0);
    in_destructor(move || {
        tx.send_modify(|value| *value += 1);
        tx.try_set(tx.get() + 1).unwrap();
        let (first, second) = (rx.borrow(), tx.borrow());
        assert_eq!(*first, *second);
        assert_eq!(rx.with(|value| *value), *second);
        let mut rx = rx.clone();
        assert_eq!(rx.get_and_update(), *first);
        assert!(format!("{rx:?}").contains("value: "));
    });
}

/// A thread-local keeps a `Ref`, a receiver with a registration, and the last handles of two
/// channels. They are dropped at the end of the thread.
#[test]
fn g1_a_thread_that_ends_drops_what_it_keeps() {
    static WATCH: Watch<u32> = Watch::new(0);
    static KEPT_BY: LazyLock<Receiver<u32>> = LazyLock::new(|| WATCH.subscribe());

    struct Keeps {
        _reference: Ref<'static, u32>,
        _last_sender: Sender<u32>,
        _last_receiver: Receiver<u32>,
    }

    thread_local! {
        static KEEPS: RefCell<Vec<Keeps>> = const { RefCell::new(vec![]) };
    }

    let kept_by: &'static Receiver<u32> = &KEPT_BY;
    for is_crate_first in [true, false] {
        let (before, version) = (WATCH.get(), kept_by.version());
        let (keeps, is_kept) = mpsc::channel();
        let (end, may_end) = mpsc::channel::<()>();
        let (last_sender, mut rx) = channel(0);
        let (tx, mut last_receiver) = channel(0);
        let thread = thread::spawn(move || {
            if is_crate_first {
                use_thread_locals();
            }
            KEEPS.with_borrow_mut(|kept| {
                register(&mut last_receiver, &Task::new().waker());
                kept.push(Keeps {
                    _reference: kept_by.borrow(),
                    _last_sender: last_sender,
                    _last_receiver: last_receiver,
                });
            });
            use_thread_locals();
            keeps.send(()).unwrap();
            may_end.recv().unwrap();
        });
        is_kept.recv().unwrap();
        assert!(kept_by.try_borrow().is_some());
        // This thread is blocked by the `Ref` until the other one has ended.
        let blocked = thread::spawn(|| WATCH.send_modify(|value| *value += 1));
        let (mut changed, mut closed) = (waiting(rx.changed()), waiting(tx.closed()));
        thread::sleep(Duration::from_millis(20));
        // It has not sent yet. (`version` is checked because a read would wait for the sender.)
        assert_eq!(kept_by.version(), version);
        end.send(()).unwrap();
        must_end(move || {
            thread.join().unwrap();
            blocked.join().unwrap();
        });
        assert_eq!((WATCH.get(), changed.wakes(), closed.wakes()), (before + 1, 1, 1));
        assert!(changed.is_ready() && closed.is_ready());
    }
}

#[cfg(feature = "std")]
mod blocking {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::common::{HANG, Inline};

    #[test]
    fn g1_every_blocking_wait_works_while_a_thread_ends() {
        let waits: [fn(&mut Receiver<u32>); 4] = [
            |rx| rx.changed().wait().unwrap(),
            |rx| assert!(rx.recv().wait().unwrap() > 0),
            |rx| assert!(*rx.wait_for(|value| *value > 0).wait().unwrap() > 0),
            |rx| rx.changed().wait_timeout(HANG).unwrap(),
        ];
        for wait in waits {
            in_destructor(move || {
                let (tx, mut rx) = channel(0);
                let sender = thread::spawn(move || {
                    thread::sleep(Duration::from_millis(5));
                    tx.set(1);
                    tx
                });
                wait(&mut rx);
                sender.join().unwrap();
            });
        }
        in_destructor(|| {
            let (tx, mut rx) = channel(0);
            let limit = Duration::from_millis(1);
            assert!(rx.changed().wait_timeout(limit).is_err() && rx.recv().wait_timeout(limit).is_err());
            assert!(rx.wait_for(|value| *value > 0).wait_timeout(limit).is_err());
            assert!(!tx.closed().wait_timeout(limit));
            let receiver = thread::spawn(move || {
                thread::sleep(Duration::from_millis(5));
                drop(rx);
            });
            tx.closed().wait();
            receiver.join().unwrap();
        });
    }

    #[cfg(feature = "event-listener")]
    #[test]
    fn g1_a_listener_is_waited_for_while_a_thread_ends() {
        use event_listener::Listener;

        in_destructor(|| {
            let (tx, rx) = channel(0);
            let listener = rx.listen();
            let sender = thread::spawn(move || {
                thread::sleep(Duration::from_millis(5));
                tx.set(1);
            });
            assert!(listener.wait_timeout(HANG).is_some());
            sender.join().unwrap();
        });
    }

    /// A thread that ends wakes a task and polls it on the spot.
    #[test]
    fn g3_tasks_are_polled_by_a_thread_that_ends() {
        let seen = Arc::new(AtomicU32::new(0));
        let tx = Arc::new(Mutex::new(Some(Sender::new(0))));
        let mut rx = tx.lock().unwrap().as_ref().unwrap().subscribe();
        let task = Inline::spawn({
            let seen = seen.clone();
            async move {
                while let Ok(value) = rx.recv().await {
                    seen.store(value, Ordering::SeqCst);
                    // A blocking wait, which finds a value.
                    rx.mark_changed();
                    rx.changed().wait().unwrap();
                }
            }
        });
        in_destructor({
            let tx = tx.clone();
            move || tx.lock().unwrap().as_ref().unwrap().send_modify(|value| *value += 1)
        });
        assert_eq!(seen.load(Ordering::SeqCst), 2);
        in_destructor(move || drop(tx.lock().unwrap().take()));
        assert!(task.is_done());
    }
}
