//! Senders that wait for the last receiver's drop.

use std::pin::pin;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use threads_check::{block_on, must_end, poll_once, rounds, run_all};
use watch_channel::{Sender, channel};

fn waits(tx: &Sender<u64>) {
    block_on(tx.closed());
}

fn cancels_a_wait(tx: &Sender<u64>) {
    let _ = poll_once(pin!(tx.closed()));
    block_on(tx.closed());
}

fn sends_until_it_is_closed(tx: &Sender<u64>) {
    while tx.send(1).is_ok() {}
    block_on(tx.closed());
}

#[cfg(feature = "event-listener")]
fn listens(tx: &Sender<u64>) {
    while !tx.is_closed() {
        let listener = tx.listen_closed();
        if !tx.is_closed() {
            block_on(listener);
        }
    }
}

const WAYS: &[fn(&Sender<u64>)] = &[
    waits,
    cancels_a_wait,
    sends_until_it_is_closed,
    #[cfg(feature = "event-listener")]
    listens,
];

#[test]
fn every_closed_wait_ends_with_the_last_receivers_drop() {
    must_end(|| {
        rounds(|_| {
            let (tx, rx) = channel(0);
            let start = Arc::new(Barrier::new(WAYS.len() + 2));
            let mut work: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
            for wait in WAYS {
                let (tx, start) = (tx.clone(), start.clone());
                work.push(Box::new(move || {
                    start.wait();
                    wait(&tx);
                    assert!(tx.is_closed());
                }));
            }
            for _ in 0..2 {
                let (mut rx, start) = (rx.clone(), start.clone());
                work.push(Box::new(move || {
                    start.wait();
                    // The count of receivers goes up and down before it ends at zero.
                    for _ in 0..3 {
                        rx = rx.clone();
                        let _ = poll_once(pin!(rx.changed()));
                    }
                }));
            }
            drop(rx);
            run_all(work);
        });
    });
}

#[test]
fn each_closed_wait_ends_although_receivers_come_and_go() {
    must_end(|| {
        let (tx, rx) = channel(0);
        let (pass, passed) = mpsc::channel();
        let receivers = thread::spawn(move || passed.into_iter().for_each(drop));
        pass.send(rx).unwrap();
        rounds(|_| {
            block_on(tx.closed());
            pass.send(tx.subscribe()).unwrap();
        });
        drop(pass);
        block_on(tx.closed());
        receivers.join().unwrap();
    });
}
