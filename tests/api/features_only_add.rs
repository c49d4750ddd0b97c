//! G11: with `std`, the feature `critical-section` changes nothing. These programs hang or take
//! long if closures run in one critical section of the whole process. They run with and without the
//! feature.

use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use crate::common::must_end;
use watch_channel::channel;

#[test]
fn g11_two_threads_meet_inside_with() {
    let rx = channel(0).1;
    for receivers in [[rx.clone(), rx], [channel(0).1, channel(0).1]] {
        must_end(move || {
            let meet = Barrier::new(2);
            thread::scope(|scope| receivers.each_ref().map(|rx| _ = scope.spawn(|| rx.with(|_| meet.wait()))));
        });
    }
}

#[test]
fn g11_a_closure_waits_for_a_value_of_another_channel() {
    must_end(|| {
        let ((_tx, rx), (other_tx, mut other_rx)) = (channel(0), channel(0));
        let sender = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            other_tx.set(7);
        });
        assert_eq!(rx.with(|_| other_rx.recv().wait()), Ok(7));
        sender.join().unwrap();
    });
}

#[test]
fn g11_a_send_inside_with_waits_for_a_ref_whose_holder_reads_a_third_channel() {
    must_end(|| {
        let ((_tx, rx), (second_tx, second), (_third_tx, third)) = (channel(0), channel(0), channel(3));
        let (held, is_held) = mpsc::channel();
        let (inside, is_inside) = mpsc::channel();
        let holder = thread::spawn(move || {
            let value = second.borrow();
            held.send(()).unwrap();
            is_inside.recv().unwrap();
            thread::sleep(Duration::from_millis(20));
            third.get() + *value
        });
        is_held.recv().unwrap();
        rx.with(|_| {
            inside.send(()).unwrap();
            second_tx.set(1);
        });
        assert_eq!(holder.join().unwrap(), 3);
    });
}

/// The clone ends only after the other channel has been used.
#[test]
fn g11_a_slow_clone_does_not_hold_up_another_channel() {
    struct Slow(Arc<Barrier>);

    impl Clone for Slow {
        fn clone(&self) -> Self {
            self.0.wait();
            self.0.wait();
            Self(self.0.clone())
        }
    }

    must_end(|| {
        let cloning = Arc::new(Barrier::new(2));
        let ((_tx, mut rx), (other_tx, other_rx)) = (channel(Slow(cloning.clone())), channel(0));
        rx.mark_changed();
        let receiver = thread::spawn(move || assert!(rx.recv().wait().is_ok()));
        cloning.wait();
        other_tx.set(1);
        assert_eq!(other_rx.get(), 1);
        cloning.wait();
        receiver.join().unwrap();
    });
}

/// A read that waits in a critical section of its caller does not keep a sender from ending its
/// closure.
#[cfg(feature = "critical-section")]
#[test]
fn g11_a_read_in_a_critical_section_waits_for_a_thread_that_needs_none() {
    must_end(|| {
        let (tx, rx) = channel(0);
        let (entered, is_inside) = mpsc::channel();
        let sender = thread::spawn(move || {
            tx.send_modify(|value| {
                entered.send(()).unwrap();
                thread::sleep(Duration::from_millis(20));
                *value = 1;
            });
        });
        is_inside.recv().unwrap();
        assert_eq!(critical_section::with(|_| *rx.borrow()), 1);
        sender.join().unwrap();
    });
}
