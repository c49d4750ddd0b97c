//! Threads that read while others send: values are whole, and a second borrow succeeds while a first one lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use threads_check::{block_on, must_end, rounds};
use watch_channel::{Receiver, channel};

type Value = [u64; 32];

fn check(value: &Value) -> u64 {
    assert!(value.iter().all(|word| *word == value[0]), "half written: {value:?}");
    value[0]
}

fn borrows_twice(rx: &mut Receiver<Value>) {
    let first = rx.borrow();
    let second = rx.borrow();
    assert_eq!(check(&first), check(&second));
    assert_eq!(rx.try_borrow().map(|third| check(&third)), Some(first[0]));
}

fn reads_in_a_closure(rx: &mut Receiver<Value>) {
    rx.with(|value| assert_eq!(check(value), check(&rx.borrow())));
}

fn keeps_a_ref_of_another_receiver(rx: &mut Receiver<Value>) {
    let other = rx.clone();
    let before = check(&other.borrow());
    let held = other.borrow();
    assert!(before <= check(&held));
    assert_eq!(check(&rx.borrow_and_update()), held[0]);
    assert!(!rx.has_unseen(), "no sender can change what is borrowed");
}

fn copies(rx: &mut Receiver<Value>) {
    let earlier = check(&rx.get());
    assert!(earlier <= check(&rx.get_and_update()));
}

#[test]
fn threads_that_nest_borrows_read_whole_values_and_finish_despite_senders() {
    must_end(|| {
        let (tx, rx) = channel([0; 32]);
        let is_over = Arc::new(AtomicBool::new(false));
        let senders = [0; 2].map(|_| {
            let (tx, is_over) = (tx.clone(), is_over.clone());
            thread::spawn(move || {
                let mut sent = 0;
                while !is_over.load(Ordering::Relaxed) {
                    tx.send_modify(|value| value.iter_mut().for_each(|word| *word += 1));
                    sent += 1;
                    // Pauses between two sends, so a reader can take the lock.
                    thread::yield_now();
                }
                sent
            })
        });
        let readers = [borrows_twice, reads_in_a_closure, keeps_a_ref_of_another_receiver, copies].map(|read| {
            let mut rx = rx.clone();
            thread::spawn(move || {
                rounds(|_| {
                    read(&mut rx);
                    thread::yield_now();
                });
                while block_on(rx.changed()).is_ok() {
                    read(&mut rx);
                }
                check(&rx.get())
            })
        });
        rounds(|_| thread::yield_now());
        is_over.store(true, Ordering::Relaxed);
        let sent: u64 = senders.map(|sender| sender.join().unwrap()).iter().sum();
        drop(tx);
        println!("{sent} values");
        assert_eq!(check(&rx.get()), sent);
        assert!(readers.map(|reader| reader.join().unwrap()).iter().all(|last| *last == sent));
    });
}
