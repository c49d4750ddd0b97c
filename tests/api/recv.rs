//! `recv`, `try_recv` and their variants: copies of values that have not been seen.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use crate::common::Task;
use crate::common::wakers::{on_last_drop, register};
use watch_channel::channel;
use watch_channel::error::{RecvError, TryRecvError};

#[test]
fn recv_can_be_polled_again() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    let mut recv = Box::pin(rx.recv());
    for value in 2..5 {
        assert_eq!(task.poll(&mut recv), Poll::Pending);
        tx.set(value);
        assert_eq!(task.wakes(), value - 1);
        assert_eq!(task.poll(&mut recv), Poll::Ready(Ok(value)));
    }
}

#[test]
fn recv_if_skips_values_and_leaves_them_unseen() {
    let (tx, mut rx) = channel(9);
    let task = Task::new();
    let calls = Cell::new(0);
    let is_big = |value: &i32| {
        calls.set(calls.get() + 1);
        *value > 5
    };
    task.poll_pending(rx.recv_if(is_big));
    assert_eq!(calls.get(), 0, "the current value has been seen");
    tx.set(1);
    let mut recv = Box::pin(rx.recv_if(is_big));
    assert!(task.poll(&mut recv).is_pending());
    assert!(task.poll(&mut recv).is_pending());
    assert_eq!(calls.get(), 1, "each value is checked once");
    drop(recv);
    assert!(rx.has_unseen());
    let mut recv = Box::pin(rx.recv_if(is_big));
    assert!(task.poll(&mut recv).is_pending());
    assert_eq!(calls.get(), 2, "the next wait starts with the current value");
    tx.set(2);
    assert_eq!(task.wakes(), 1);
    assert!(task.poll(&mut recv).is_pending());
    tx.set(7);
    assert_eq!(task.wakes(), 2);
    assert_eq!(task.poll(&mut recv), Poll::Ready(Ok(7)));
    drop(recv);
    assert!(!rx.has_unseen());
    assert_eq!(calls.get(), 4);
}

#[test]
fn recv_if_checks_a_value_once_if_it_is_sent_during_the_poll() {
    let (tx, mut rx) = channel(1);
    register(&mut rx, &on_last_drop(move || tx.set(2)));
    // The next wait finds the value unseen and drops the registered waker, which sends. It then
    // reads the value that was sent.
    rx.mark_changed();
    let mut checked = vec![];
    let task = Task::new();
    let closed = task.poll_ready(rx.recv_if(|value| {
        checked.push(*value);
        false
    }));
    assert!(closed.is_err());
    assert_eq!(checked, [2]);
}

#[test]
fn try_recv_succeeds_while_a_ref_lives_and_never_waits_for_a_sender() {
    let (tx, mut rx) = channel(1);
    let other = rx.clone();
    tx.set(2);
    let held = other.borrow();
    assert_eq!(rx.try_recv(), Ok(2));
    drop(held);
    tx.send_modify(|value| {
        assert_eq!(rx.clone().try_recv(), Err(TryRecvError::Empty));
        *value = 3;
    });
    assert_eq!(rx.try_recv(), Ok(3));
}

#[derive(Debug)]
struct PanicsOnce<'a>(&'a Cell<bool>);

impl Clone for PanicsOnce<'_> {
    fn clone(&self) -> Self {
        assert!(!self.0.replace(false), "on purpose");
        Self(self.0)
    }
}

#[test]
fn g4_a_value_whose_clone_panics_stays_unseen() {
    let panics = Cell::new(false);
    let (tx, mut rx) = channel(PanicsOnce(&panics));
    let task = Task::new();
    macro_rules! panics_then_succeeds {
        ($call:expr) => {{
            tx.send_modify(|_| ());
            panics.set(true);
            assert!(catch_unwind(AssertUnwindSafe(|| $call)).is_err(), stringify!($call));
            assert!(rx.has_unseen(), stringify!($call));
            let _: PanicsOnce<'_> = $call;
            assert!(!rx.has_unseen(), stringify!($call));
        }};
    }
    panics_then_succeeds!(rx.get_and_update());
    panics_then_succeeds!(rx.try_recv().unwrap());
    panics_then_succeeds!(rx.try_recv_if(|_| true).unwrap());
    panics_then_succeeds!(task.poll_ready(rx.recv()).unwrap());
    panics_then_succeeds!(task.poll_ready(rx.recv_if(|_| true)).unwrap());
    #[cfg(feature = "std")]
    panics_then_succeeds!(rx.recv().wait().unwrap());
    assert_eq!(task.wakers_kept(), 0);
}

#[test]
fn a_condition_that_panics_leaves_the_value_unseen() {
    let (tx, mut rx) = channel(1);
    let task = Task::new();
    tx.set(2);
    assert!(catch_unwind(AssertUnwindSafe(|| rx.try_recv_if(|_| panic!("on purpose")))).is_err());
    assert!(rx.has_unseen());
    assert!(catch_unwind(AssertUnwindSafe(|| task.poll_ready(rx.recv_if(|_| panic!("on purpose"))))).is_err());
    assert!(rx.has_unseen());
    assert_eq!(rx.try_recv(), Ok(2));
}

#[test]
fn the_errors_of_try_recv_read_well() {
    fn is_error(_: &dyn std::error::Error) {}
    is_error(&TryRecvError::Empty);
    assert_eq!(TryRecvError::Empty.to_string(), "channel empty");
    assert_eq!(TryRecvError::Closed.to_string(), "channel closed");
    fn is_recv_error(_: Result<i32, RecvError>) {}
    let (tx, mut rx) = channel(1);
    drop(tx);
    is_recv_error(Task::new().poll_ready(rx.recv()));
}
