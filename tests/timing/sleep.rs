//! G8: every call that waits puts its thread to sleep.
//!
//! A thread that spins uses as much processor time as any other thread that is busy. So the blocked
//! threads run next to a busy thread until that has used a certain time. The result does not depend
//! on the machine's load.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::common::alone;
use crate::processor_time;
use watch_channel::{Receiver, Sender, channel};

/// Uses 30 hundredths of a second on this thread, and returns how many hundredths all other threads
/// have used in the meantime.
fn used_by_others() -> u64 {
    let start = processor_time("self");
    let own_start = processor_time("thread-self");
    loop {
        let own = processor_time("thread-self") - own_start;
        if own >= 30 {
            return (processor_time("self") - start).saturating_sub(own);
        }
    }
}

/// Waits until another thread wakes this one. That wake-up must not keep this thread awake in later
/// waits.
fn be_woken() {
    let (tx, mut rx) = channel(0);
    let sender = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        tx.set(1);
    });
    assert!(rx.changed().wait().is_ok());
    sender.join().unwrap();
}

type Call = fn(Sender<u32>, Receiver<u32>);

/// Starts a thread for each call. The threads then wait for `ready`, so the work of starting them
/// is not measured.
fn start(calls: &[Call], (tx, rx): &(Sender<u32>, Receiver<u32>)) -> Vec<(JoinHandle<()>, mpsc::Sender<()>)> {
    let threads = calls.iter().map(|call| {
        let (call, tx, rx) = (*call, tx.clone(), rx.clone());
        let (ready, go) = mpsc::channel();
        let thread = thread::spawn(move || {
            be_woken();
            go.recv().unwrap();
            call(tx, rx);
        });
        (thread, ready)
    });
    threads.collect()
}

/// Returns the processor time that the calls use while they are blocked.
fn used_while_blocked(threads: &[(JoinHandle<()>, mpsc::Sender<()>)]) -> u64 {
    threads.iter().for_each(|(_, ready)| ready.send(()).unwrap());
    let used = used_by_others();
    assert!(threads.iter().all(|(thread, _)| !thread.is_finished()), "they are blocked");
    used
}

/// Broken by a read, a send or a wait that spins.
#[test]
fn g8_every_call_that_waits_sleeps() {
    // These wait for a sender.
    let reads: &'static [Call] = &[
        |_, rx| drop(rx.borrow()),
        |_, mut rx| drop(rx.borrow_and_update()),
        |_, rx| assert_eq!(rx.get(), 2),
        |_, mut rx| assert_eq!(rx.get_and_update(), 2),
        |_, rx| rx.with(|value| assert_eq!(*value, 2)),
        |_, mut rx| rx.with_and_update(|value| assert_eq!(*value, 2)),
        |_, mut rx| drop(rx.wait_for(|value| *value == 2).wait().unwrap()),
        |tx, _| drop(tx.borrow()),
        |tx, _| assert_eq!(tx.get(), 2),
        |tx, _| tx.with(|value| assert_eq!(*value, 2)),
    ];
    // These wait for a `Ref`.
    let sends: &'static [Call] = &[
        |tx, _| tx.set(1),
        |tx, _| tx.send(1).unwrap(),
        |tx, _| tx.send_modify(|value| *value = 1),
        |tx, _| assert!(tx.set_if_changed(3).is_some()),
    ];
    // These wait for the next version, or for the last receiver's drop.
    let waits: &'static [Call] = &[
        |_, mut rx| rx.changed().wait().unwrap(),
        |_, mut rx| assert_eq!(rx.recv().wait(), Ok(9)),
        |_, mut rx| drop(rx.wait_for(|value| *value == 9).wait().unwrap()),
        |_, mut rx| rx.changed().wait_timeout(Duration::from_secs(3_600)).unwrap(),
        |tx, rx| {
            let other = tx.subscribe();
            drop(rx);
            assert!(!tx.closed().wait_timeout(Duration::from_millis(1)));
            drop(other);
        },
    ];
    for (name, calls) in [("reads", reads), ("sends", sends), ("waits", waits)] {
        alone(move || {
            let channel = channel(0);
            let (tx, rx) = &channel;
            let threads = start(calls, &channel);
            let used = match name {
                "reads" => {
                    let mut used = 0;
                    tx.send_modify(|value| {
                        used = used_while_blocked(&threads);
                        *value = 2;
                    });
                    used
                }
                "sends" => {
                    let _value = rx.borrow();
                    used_while_blocked(&threads)
                }
                _ => {
                    let used = used_while_blocked(&threads[..4]);
                    tx.set(9);
                    threads[4].1.send(()).unwrap();
                    used
                }
            };
            threads.into_iter().for_each(|(thread, _)| thread.join().unwrap());
            assert!(used <= 10, "blocked {name} use {used} hundredths of a second, where one that spins uses 30");
        });
    }
}

/// The token of `std::thread::park` belongs to the program. Broken by a call that sleeps by it.
#[test]
fn a_call_that_sleeps_neither_consumes_nor_leaves_the_token_of_park() {
    type Call = fn(&Sender<u32>, &mut Receiver<u32>);
    let calls: [(bool, Call); 4] = [
        (true, |tx, _| tx.set(1)),
        (false, |_, rx| assert!(rx.get() < 9)),
        (false, |_, rx| drop(rx.borrow())),
        (true, |_, rx| assert!(rx.recv().wait().is_ok())),
    ];
    for (is_held_up_by_a_ref, call) in calls {
        alone(move || {
            let (tx, mut rx) = channel(0);
            let (waits, waiting) = mpsc::channel();
            let thread = {
                let (tx, mut rx) = (tx.clone(), rx.clone());
                thread::spawn(move || {
                    waits.send(()).unwrap();
                    call(&tx, &mut rx);
                    let start = std::time::Instant::now();
                    thread::park_timeout(Duration::from_secs(10));
                    let is_consumed = start.elapsed() > Duration::from_secs(5);
                    let start = std::time::Instant::now();
                    thread::park_timeout(Duration::from_millis(50));
                    (is_consumed, start.elapsed() < Duration::from_millis(25))
                })
            };
            let meanwhile = || {
                waiting.recv().unwrap();
                thread::sleep(Duration::from_millis(30));
                thread.thread().unpark();
                thread::sleep(Duration::from_millis(30));
            };
            if is_held_up_by_a_ref {
                let held = rx.borrow_and_update();
                meanwhile();
                drop(held);
                tx.set(2);
            } else {
                tx.send_modify(|_| meanwhile());
            }
            assert_eq!(thread.join().unwrap(), (false, false), "(consumed, left)");
        });
    }
}
