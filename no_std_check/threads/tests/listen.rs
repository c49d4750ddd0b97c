//! event-listener's listeners, on threads.
#![cfg(feature = "event-listener")]

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

use event_listener::EventListener;

use threads_check::bursts::{self, Follow, Follower};
use threads_check::{block_on, must_end, poll_once, rounds, spin};
use watch_channel::{Receiver, Sender, channel};

/// The loop from the documentation: listens, checks, then waits. Returns `false` if the channel is closed.
fn next(rx: &mut Receiver<u64>) -> bool {
    loop {
        let listener = rx.listen();
        let is_closed = rx.is_closed();
        if rx.has_unseen() {
            return true;
        }
        if is_closed {
            return false;
        }
        block_on(listener);
    }
}

fn listens(mut follower: Follower) {
    while next(&mut follower.rx) {
        follower.see();
    }
}

/// A listener that is dropped may take a notification with it.
fn drops_listeners(mut follower: Follower) {
    while next(&mut follower.rx) {
        follower.see();
        drop(follower.rx.listen());
        let mut listener = follower.rx.listen();
        let _ = poll_once(pin!(&mut listener));
    }
}

fn waits_with_changed(mut follower: Follower) {
    while block_on(follower.rx.changed()).is_ok() {
        follower.see();
    }
}

#[test]
fn every_listener_is_notified_of_the_last_value() {
    must_end(|| {
        bursts::run(&[
            ("listen", listens),
            ("listen", listens),
            ("listen", listens),
            ("dropped listeners", drops_listeners),
            ("dropped listeners", drops_listeners),
            ("changed", waits_with_changed),
        ]);
    });
}

#[test]
fn two_threads_that_listen_pass_numbers_back_and_forth() {
    must_end(|| {
        let (ping, mut pinged) = channel(0);
        let (pong, mut ponged) = channel(0);
        let echo = thread::spawn(move || {
            while next(&mut pinged) {
                pong.set(pinged.get_and_update());
            }
        });
        rounds(|round| {
            ping.set(round);
            assert!(next(&mut ponged));
            assert_eq!(ponged.get_and_update(), round);
        });
        drop(ping);
        echo.join().unwrap();
    });
}

#[test]
fn each_of_a_few_listeners_is_notified_of_each_value() {
    must_end(|| bursts::run_one_by_one(&[("listen", listens as Follow); 3]));
}

/// When this thread begins to listen, a preempted thread often holds event-listener's lock while there is no other listener. In
/// that situation event-listener 5.4.1 loses the notification.
fn listens_while_threads_do_nothing_else(mut follower: Follower) {
    let others = [(); 3].map(|()| {
        let rx = follower.rx.clone();
        thread::spawn(move || {
            while !rx.is_closed() {
                drop(rx.listen());
            }
        })
    });
    while next(&mut follower.rx) {
        follower.see();
        spin(Duration::from_micros(20));
    }
    others.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn a_listener_is_notified_of_each_value_while_other_threads_keep_listening() {
    must_end(|| bursts::run_one_by_one(&[("listen", listens_while_threads_do_nothing_else)]));
}

#[test]
fn each_of_many_listeners_is_notified_of_each_value() {
    must_end(|| bursts::run_one_by_one(&[("listen", listens as Follow); 16]));
}

/// A task that subscribes when it is woken, and listens for the last receiver's drop.
struct Listens(Sender<()>, Mutex<Option<(Receiver<()>, EventListener)>>);

impl Wake for Listens {
    fn wake(self: Arc<Self>) {
        *self.1.lock().unwrap() = Some((self.0.subscribe(), self.0.listen_closed()));
    }
}

/// Polls two waits, of a task that listens and of another one, and calls `wake`, which wakes both. The last receiver's drop after
/// that must notify the listener, which was made while the second task was still to be woken.
fn a_listener_is_notified<F: Future>(tx: &Sender<()>, wait: impl Fn() -> F, wake: impl FnOnce()) {
    let task = Arc::new(Listens(tx.clone(), Mutex::new(None)));
    let (mut first, mut second) = (pin!(wait()), pin!(wait()));
    assert!(first.as_mut().poll(&mut Context::from_waker(&Waker::from(task.clone()))).is_pending());
    assert!(poll_once(second.as_mut()).is_pending());
    wake();
    let (rx, listener) = task.1.lock().unwrap().take().expect("the task has been woken");
    drop(rx);
    assert!(tx.is_closed() && poll_once(pin!(listener)).is_ready());
}

#[test]
fn a_listener_that_is_made_during_a_delivery_to_opened_is_notified() {
    let tx = Sender::new(());
    a_listener_is_notified(&tx, || tx.opened(), || drop(tx.subscribe()));
}

#[test]
fn a_listener_that_is_made_during_a_delivery_to_closed_is_notified() {
    let (tx, rx) = channel(());
    a_listener_is_notified(&tx, || tx.closed(), || drop(rx));
}
