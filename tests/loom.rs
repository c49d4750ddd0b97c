//! Model checking: every interleaving (up to a bound on preemptions) of a few threads on one channel.
//!
//! Run with `ci/loom.sh`. Each model says which step or ordering it guards: with that one broken, it fails. A lost
//! wake-up shows as loom's "deadlock". Without the `event-listener` feature the models of the synchronous part run.
#![cfg(loom)]

use loom::model::Builder;
use loom::thread;
use watch_channel::channel;

fn model(preemptions: usize, f: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.check(f);
}

/// G2. Broken by publishing the version after the write lock is released: then a value is seen with the version
/// before its own.
#[test]
fn a_value_and_its_version_are_one() {
    model(3, || {
        let (tx, mut rx) = channel(0);
        let other = tx.clone();
        let first = thread::spawn(move || tx.send_modify(|value| *value += 1));
        let second = thread::spawn(move || other.send_modify(|value| *value += 1));
        let mut last = 0;
        for _ in 0..2 {
            let value = rx.borrow_and_update();
            assert_eq!(value.has_changed(), *value != last);
            last = *value;
        }
        first.join().unwrap();
        second.join().unwrap();
        let value = rx.borrow_and_update();
        assert_eq!((*value, value.has_changed()), (2, last != 2));
    });
}

/// Who knows of a version finds its value: guards the order "value first, then version". (The value's lock orders
/// the rest for loom, so that a Relaxed `load` passes here.)
#[test]
fn a_known_version_is_there() {
    model(3, || {
        let (tx, rx) = channel(0);
        let other = rx.clone();
        let sender = thread::spawn(move || tx.send(1).unwrap());
        let looker = thread::spawn(move || {
            if other.has_changed() != Ok(false) {
                assert_eq!(*other.borrow(), 1);
            }
        });
        if rx.has_changed() != Ok(false) {
            assert_eq!(*rx.borrow(), 1);
        }
        sender.join().unwrap();
        looker.join().unwrap();
    });
}

/// Broken by closing with a sender that is not the last one.
#[test]
fn the_close_comes_after_every_send() {
    model(3, || {
        let (tx, mut rx) = channel(0);
        let other = tx.clone();
        let first = thread::spawn(move || tx.send(1).unwrap());
        let second = thread::spawn(move || drop(other));
        if rx.is_closed() {
            assert_eq!(*rx.borrow_and_update(), 1);
        }
        first.join().unwrap();
        second.join().unwrap();
        assert!(rx.is_closed());
        assert_eq!(*rx.borrow_and_update(), 1);
    });
}

/// A closed channel stays closed. Broken by an upgrade that looks at the count and then adds to it.
#[test]
fn an_upgrade_against_the_last_senders_drop() {
    model(3, || {
        let (tx, rx) = channel(0);
        let weak = tx.downgrade();
        let dropping = thread::spawn(move || drop(tx));
        let upgrading = thread::spawn(move || {
            if let Some(tx) = weak.upgrade() {
                assert!(!rx.is_closed());
                tx.set(1);
                assert_eq!(rx.get(), 1);
            }
            rx
        });
        dropping.join().unwrap();
        assert!(upgrading.join().unwrap().is_closed());
    });
}

/// Who has seen a version has copied its value, or a later one. Broken by a version that is published before its value
/// is written.
#[test]
fn two_sends_against_a_cached_value() {
    model(3, || {
        let (tx, rx) = channel(0);
        let sender = thread::spawn(move || {
            tx.set(1);
            tx.set(2);
        });
        let reader = thread::spawn(move || {
            let mut cached = watch_channel::Cached::new(rx);
            let early = *cached.get();
            assert!(*cached.get() >= early);
            cached
        });
        sender.join().unwrap();
        let mut cached = reader.join().unwrap();
        assert_eq!(*cached.get(), 2);
        assert!(!cached.receiver().has_unseen());
    });
}

mod waits {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use loom::future::block_on;
    use loom::sync::atomic::{AtomicUsize, Ordering};
    use loom::thread;
    use watch_channel::channel;

    use super::model;

    /// G1. Broken by looking before the listener is in its list, by not setting the waiting bit, by taking no bit in
    /// a send, by a Relaxed taking of the bits (the sender then does not find the wake machinery), or by setting the
    /// task after polling the listener.
    #[test]
    fn send_against_changed() {
        model(3, || {
            let (tx, mut rx) = channel(0);
            let receiver = thread::spawn(move || {
                block_on(rx.changed()).unwrap();
                assert_eq!(*rx.borrow(), 1);
                rx
            });
            tx.send(1).unwrap();
            drop(receiver.join().unwrap());
        });
    }

    /// G1. Broken by a send that takes the waiting bits and does not notify, leaving it to the other one.
    #[test]
    fn two_senders_against_a_receiver() {
        model(2, || {
            let (tx, mut rx) = channel(0);
            let other = tx.clone();
            let first = thread::spawn(move || tx.send_modify(|value| *value += 1));
            let second = thread::spawn(move || other.send_modify(|value| *value += 1));
            let mut last = 0;
            while last < 2 {
                block_on(rx.changed()).unwrap();
                let value = *rx.borrow_and_update();
                assert!(value >= last);
                last = value;
            }
            first.join().unwrap();
            second.join().unwrap();
        });
    }

    /// G1. Broken by a last sender that does not notify, or that notifies before it has set the closed bit.
    #[test]
    fn the_last_senders_drop_against_changed() {
        model(3, || {
            let (tx, mut rx) = channel(0);
            let other = tx.clone();
            let first = thread::spawn(move || tx.send(1).unwrap());
            let second = thread::spawn(move || drop(other));
            block_on(rx.changed()).unwrap();
            assert_eq!(*rx.borrow_and_update(), 1);
            assert!(block_on(rx.changed()).is_err());
            first.join().unwrap();
            second.join().unwrap();
        });
    }

    /// G1. Broken by a last receiver that does not take the waiting flag, or takes it before it has counted itself
    /// out; or by a sender that sets the flag before its listener is in the list.
    #[test]
    fn the_last_receivers_drop_against_closed() {
        model(3, || {
            let (tx, rx) = channel(0);
            let other = rx.clone();
            let first = thread::spawn(move || drop(rx));
            let second = thread::spawn(move || drop(other));
            block_on(tx.closed());
            assert_eq!(tx.receiver_count(), 0);
            first.join().unwrap();
            second.join().unwrap();
        });
    }

    /// G1, G6. A receiver polls once and drops the wait; another one stays. Broken by a dropped wait that takes the
    /// other's notification with it, or that leaves its waiter marked as linked.
    #[test]
    fn a_dropped_wait_against_send() {
        model(2, || {
            let (tx, rx) = channel(0);
            let (mut stays, mut leaves) = (rx.clone(), rx);
            let staying = thread::spawn(move || block_on(stays.changed()).unwrap());
            let leaving = thread::spawn(move || {
                let mut cx = Context::from_waker(Waker::noop());
                let polled = pin!(leaves.changed()).poll(&mut cx);
                // Whatever became of it, the receiver can wait again.
                if polled.is_pending() {
                    block_on(leaves.changed()).unwrap();
                }
                assert_eq!(*leaves.borrow(), 1);
            });
            tx.send(1).unwrap();
            staying.join().unwrap();
            leaving.join().unwrap();
        });
    }

    /// G1. Two senders that notify and wake at the same time. Broken by a batch of which only the first is woken.
    #[test]
    fn two_senders_wake_two_receivers() {
        model(2, || {
            let (tx, rx) = channel(0);
            let mut receivers = [rx.clone(), rx];
            let woken = std::sync::Arc::new(AtomicUsize::new(0));
            let other = tx.clone();
            let [first, second] = &mut receivers;
            let (mut first, mut second) = (Box::pin(first.changed()), Box::pin(second.changed()));
            let waker: Waker = std::sync::Arc::new(CountWakes(woken.clone())).into();
            let mut cx = Context::from_waker(&waker);
            assert!(first.as_mut().poll(&mut cx).is_pending());
            assert!(second.as_mut().poll(&mut cx).is_pending());
            let a = thread::spawn(move || tx.send(1).unwrap());
            let b = thread::spawn(move || other.send(2).unwrap());
            a.join().unwrap();
            b.join().unwrap();
            assert_eq!(woken.load(Ordering::SeqCst), 2);
            assert!(first.as_mut().poll(&mut cx).is_ready());
            assert!(second.as_mut().poll(&mut cx).is_ready());
        });
    }

    /// G1. A wait that ends while a send is between two batches. Broken by a wait that does not look whom it has left its
    /// notification to, and by a send that ends with its first batch.
    #[test]
    fn a_wait_that_ends_between_two_batches() {
        model(2, || {
            let (tx, rx) = channel(0);
            let mut receivers = [rx.clone(), rx.clone(), rx];
            let woken = std::sync::Arc::new(AtomicUsize::new(0));
            let waker: Waker = std::sync::Arc::new(CountWakes(woken.clone())).into();
            let mut waits = receivers.each_mut().map(|rx| Box::pin(rx.changed()));
            for wait in &mut waits {
                assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            }
            let sender = thread::spawn(move || {
                tx.send(1).unwrap();
                tx
            });
            let [mut early, others @ ..] = waits;
            let _ = early.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            drop(early);
            let _tx = sender.join().unwrap();
            assert!(woken.load(Ordering::SeqCst) >= 2);
            for mut wait in others {
                assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
            }
        });
    }

    struct CountWakes(std::sync::Arc<AtomicUsize>);

    impl std::task::Wake for CountWakes {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// G1. Two receivers of one shard: the second finds the waiting bit set and does not set it again. Broken by
    /// looking at the bit before the listener is in its list.
    #[test]
    fn a_waiting_bit_that_another_receiver_set() {
        model(2, || {
            let (tx, rx) = channel(0);
            let receivers = [rx.clone(), rx].map(|mut rx| thread::spawn(move || block_on(rx.changed()).unwrap()));
            tx.send(1).unwrap();
            receivers.into_iter().for_each(|receiver| receiver.join().unwrap());
        });
    }

    /// G1, on threads without an executor. Broken by a parked thread that does not look whether it was woken before it
    /// went to sleep.
    #[test]
    fn send_and_close_against_changed_blocking() {
        model(2, || {
            let (tx, mut rx) = channel(0);
            let sender = thread::spawn(move || tx.set(1));
            rx.changed_blocking().unwrap();
            assert_eq!(rx.get(), 1);
            assert!(rx.changed_blocking().is_err());
            sender.join().unwrap();
        });
    }

    /// G1, with a registration that is kept between polls. Broken by keeping one that was used up.
    #[test]
    fn two_sends_against_poll_changed() {
        model(2, || {
            let (tx, mut rx) = channel(0);
            let sender = thread::spawn(move || {
                tx.set(1);
                tx.set(2);
            });
            block_on(async {
                while rx.get() != 2 {
                    poll_fn(|cx| rx.poll_changed(cx)).await.unwrap();
                }
            });
            sender.join().unwrap();
        });
    }

    /// G6, with a registration that is kept between polls. Broken by dropping one that was used up without cancelling it.
    #[test]
    fn a_ready_poll_changed_keeps_no_waker() {
        model(2, || {
            let (tx, mut rx) = channel(0);
            let sender = thread::spawn(move || tx.set(1));
            let task = std::sync::Arc::new(CountWakes(std::sync::Arc::default()));
            let waker: Waker = task.clone().into();
            let mut cx = Context::from_waker(&waker);
            let is_ready = rx.poll_changed(&mut cx).is_ready();
            sender.join().unwrap();
            assert!(is_ready || rx.poll_changed(&mut cx).is_ready());
            drop(waker);
            assert_eq!(std::sync::Arc::strong_count(&task), 1);
        });
    }

    /// A receiver that waits twice, for versions with lists of their own. Broken by a send that clears a bit which
    /// it does not notify.
    #[test]
    fn one_wait_after_the_other() {
        model(2, || {
            let (tx, mut rx) = channel(0);
            let sender = thread::spawn(move || {
                tx.send(1).unwrap();
                tx.send(2).unwrap();
            });
            let mut polls = 0;
            block_on(async {
                let mut wait = pin!(rx.wait_for(|value| *value == 2));
                poll_fn(|cx| {
                    polls += 1;
                    wait.as_mut().poll(cx).map(|value| assert_eq!(*value.unwrap(), 2))
                })
                .await;
            });
            assert!(polls <= 4, "{polls}");
            sender.join().unwrap();
        });
    }
}
