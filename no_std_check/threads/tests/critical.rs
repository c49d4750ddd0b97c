//! G9, as far as threads can show it: closures that read or change the value run in a critical section, and a call that is made in a
//! critical section never waits for a thread that needs the critical section.
#![cfg(feature = "critical-section")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use threads_check::{must_end, poll_once};
use watch_channel::{Sender, channel};

/// Returns `true` if another thread enters a critical section during this call, as an interrupt would. In a critical section that
/// is impossible. Outside, it nearly always happens.
fn is_interrupted() -> bool {
    let (interrupt, interrupted) = mpsc::channel();
    thread::spawn(move || critical_section::with(|_| interrupt.send(())));
    interrupted.recv_timeout(Duration::from_millis(50)).is_ok()
}

#[test]
fn g9_closures_that_read_or_change_the_value_are_not_interrupted() {
    assert!(is_interrupted());
    let (tx, mut rx) = channel(());
    rx.with(|_| assert!(!is_interrupted()));
    tx.send_modify(|_| assert!(!is_interrupted()));
    tx.set(());
    assert!(rx.try_recv_if(|_| !is_interrupted()).is_ok());
    tx.set(());
    assert!(poll_once(pin!(rx.recv_if(|_| !is_interrupted()))).is_ready());
    let found = poll_once(pin!(rx.wait_for(|_| !is_interrupted()))).is_ready();
    assert!(found && is_interrupted(), "the call has not left its critical section");
    assert_eq!(poll_once(pin!(rx.wait_for_map(|_| Some(is_interrupted())))), Poll::Ready(Ok(false)));
}

/// A sender that waits for a `Ref` does not block readers.
#[test]
fn g9_a_read_in_a_critical_section_does_not_wait_for_a_blocked_sender() {
    must_end(|| {
        let (tx, rx) = channel(1);
        let mut other = rx.clone();
        let held = rx.borrow();
        let sender = thread::spawn(move || tx.set(2));
        for _ in 0..100 {
            thread::sleep(Duration::from_millis(1));
            other.mark_changed();
            let read = critical_section::with(|_| (rx.get(), rx.with(|value| *value), other.try_recv()));
            assert_eq!(read, (1, 1, Ok(1)));
        }
        drop(held);
        sender.join().unwrap();
        assert_eq!(critical_section::with(|_| rx.get()), 2);
    });
}

/// While the second sender waits in a critical section, the first one cannot try the lock.
#[test]
fn g9_a_send_in_a_critical_section_does_not_wait_for_a_blocked_sender() {
    must_end(|| {
        let (tx, rx) = channel(0);
        let held = rx.borrow();
        let first = thread::spawn({
            let tx = tx.clone();
            move || tx.send_modify(|value| *value += 1)
        });
        thread::sleep(Duration::from_millis(50));
        let second = thread::spawn(move || critical_section::with(|_| tx.send_modify(|value| *value += 1)));
        thread::sleep(Duration::from_millis(50));
        drop(held);
        second.join().unwrap();
        first.join().unwrap();
        assert_eq!(rx.get(), 2);
    });
}

/// Broken by a call that tries again and again although only its caller could release the lock, and by a closure that counts after
/// it has ended.
#[test]
fn g9_a_call_that_waits_for_its_own_closure_panics() {
    type Call = fn(&Sender<u32>);
    let sends: [Call; 3] =
        [|tx| tx.set(1), |tx| tx.send_modify(|value| *value += 1), |tx| assert!(tx.set_if_changed(99).is_some())];
    let reads: [Call; 3] = [|tx| drop(tx.borrow()), |tx| assert!(tx.get() < 99), |tx| tx.with(|_| ())];
    must_end(move || {
        let tx = Sender::new(0);
        let panics = |f: &dyn Fn()| {
            let panic = catch_unwind(AssertUnwindSafe(f)).expect_err("the call would wait for its own closure");
            let text = panic.downcast_ref::<&str>().unwrap();
            assert!(text.starts_with("deadlock: a closure uses the watch channel"), "{text}");
        };
        for send in sends {
            panics(&|| tx.with(|_| send(&tx)));
            panics(&|| tx.with(|_| tx.with(|_| send(&tx))));
            panics(&|| tx.send_modify(|_| send(&tx)));
            panics(&|| {
                let _ = tx.subscribe_unseen().try_recv_if(|_| {
                    send(&tx);
                    true
                });
            });
        }
        for read in reads {
            panics(&|| tx.send_modify(|_| read(&tx)));
            // A second read in a closure that reads never waits.
            tx.with(|_| read(&tx));
        }
        // A closure that has ended is forgotten, and an attempt never waits.
        assert_eq!(tx.with(|_| tx.try_set(5)), Err(5));
        let held = tx.borrow();
        let sender = thread::spawn({
            let tx = tx.clone();
            move || tx.set(7)
        });
        thread::sleep(Duration::from_millis(20));
        drop(held);
        sender.join().unwrap();
        assert_eq!(tx.get(), 7);
    });
}
