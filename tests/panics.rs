//! A waker's panic is propagated by the call that has called the waker. (Without `std` a second panic aborts, and with
//! `critical-section` the sends of one channel share their deliveries.)
#![cfg(all(feature = "std", not(feature = "critical-section")))]

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use watch_channel::{Receiver, channel};

/// Runs its closure when it is woken for the first time.
struct OnWake(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Wake for OnWake {
    fn wake(self: Arc<Self>) {
        let f = self.0.lock().unwrap().take();
        f.into_iter().for_each(|f| f());
    }
}

fn on_wake(f: impl FnOnce() + Send + 'static) -> Waker {
    Arc::new(OnWake(Mutex::new(Some(Box::new(f))))).into()
}

fn register(rx: &mut Receiver<u32>, waker: &Waker) {
    assert!(rx.poll_changed(&mut Context::from_waker(waker)).is_pending());
}

#[test]
fn g3_g4_a_wakers_panic_is_propagated_only_by_the_send_that_has_called_it() {
    let (tx, rx) = channel(0);
    // In each list there is one waker that sends on the same channel, and behind it are many that panic.
    let mut senders = vec![rx.clone(); 16];
    let mut panicking = vec![rx; 400];
    let sends = Arc::new(AtomicUsize::new(0));
    for rx in &mut senders {
        let (tx, sends) = (tx.clone(), sends.clone());
        register(
            rx,
            &on_wake(move || {
                // No task waits for this version. The send must not call the wakers that the outer send has taken.
                tx.send_modify(|value| *value += 1);
                sends.fetch_add(1, Ordering::SeqCst);
            }),
        );
    }
    for rx in &mut panicking {
        register(rx, &on_wake(|| panic!("on purpose")));
    }
    assert!(catch_unwind(AssertUnwindSafe(|| tx.send(1))).is_err());
    assert_eq!(sends.load(Ordering::SeqCst), 16, "a send inside a waker panics because of another send's waker");
    assert!(panicking.iter_mut().all(|rx| rx.poll_changed(&mut Context::from_waker(Waker::noop())).is_ready()));
}

/// Counts its drops, and panics in each.
struct PanicsOnDrop(Arc<AtomicUsize>);

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        // Without memory of its own, because what this panic carries is forgotten.
        resume_unwind(Box::new(()));
    }
}

#[test]
fn g4_the_payload_of_a_caught_panic_is_dropped_and_may_panic_then() {
    let (tx, rx) = channel(0);
    let (drops, woken) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut receivers = vec![rx; 9];
    for (i, rx) in receivers.iter_mut().enumerate() {
        let (drops, woken) = (drops.clone(), woken.clone());
        register(
            rx,
            &on_wake(move || match i {
                0 => panic!("the first panic, which is propagated"),
                1..=4 => panic_any(PanicsOnDrop(drops)),
                _ => _ = woken.fetch_add(1, Ordering::SeqCst),
            }),
        );
    }
    let panic = catch_unwind(AssertUnwindSafe(|| tx.send(1))).unwrap_err();
    assert_eq!(*panic.downcast::<&str>().unwrap(), "the first panic, which is propagated");
    assert_eq!(woken.load(Ordering::SeqCst), 4);
    assert_eq!(drops.load(Ordering::SeqCst), 4);
}
