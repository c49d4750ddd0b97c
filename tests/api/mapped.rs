//! `Mapped`: a receiver of what a function makes from the value. Only a different result is a
//! change.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::common::Task;
#[cfg(feature = "std")]
use crate::common::must_end;
use watch_channel::{Receiver, channel};

#[test]
fn the_function_is_called_once_for_each_version_that_is_looked_at() {
    let calls = Cell::new(0);
    let (tx, rx) = channel(1);
    let mut mapped = rx.map(|value| {
        calls.set(calls.get() + 1);
        *value
    });
    for _ in 0..10 {
        mapped.get();
    }
    assert_eq!(calls.get(), 1, "the first value");
    tx.set(1);
    tx.set(1);
    for _ in 0..10 {
        mapped.get();
        mapped.update();
    }
    assert_eq!(calls.get(), 2, "a replaced value is skipped");
    let task = Task::new();
    let mut changed = Box::pin(mapped.changed());
    for round in 0..5 {
        assert!(task.poll(&mut changed).is_pending());
        assert!(task.poll(&mut changed).is_pending());
        assert_eq!(calls.get(), 2 + round);
        tx.set(1);
    }
}

#[test]
fn g4_after_a_panic_the_result_is_as_before_and_the_next_call_tries_again() {
    /// Panics once in the call that `at` names.
    #[derive(Debug)]
    struct Result<'a>(u32, &'a Cell<&'static str>);

    impl Result<'_> {
        fn panic_at(&self, call: &str) {
            if self.1.get() == call {
                self.1.set("");
                panic!("on purpose");
            }
        }
    }
    impl PartialEq for Result<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.panic_at("eq");
            self.0 == other.0
        }
    }
    impl Clone for Result<'_> {
        fn clone(&self) -> Self {
            self.panic_at("clone");
            Self(self.0, self.1)
        }
    }

    let at = Cell::new("");
    let (tx, rx) = channel(0);
    let mut mapped = rx.map(|value| {
        let result = Result(*value, &at);
        result.panic_at("f");
        result
    });
    let task = Task::new();
    let mut value = 0;
    for panics_at in ["f", "eq"] {
        value += 1;
        tx.set(value);
        at.set(panics_at);
        assert!(catch_unwind(AssertUnwindSafe(|| mapped.get().0)).is_err());
        assert!(mapped.receiver().has_unseen());
        assert_eq!((mapped.peek().0, mapped.get().0), (value - 1, value));
    }
    for panics_at in ["f", "eq", "clone"] {
        value += 1;
        tx.set(value);
        at.set(panics_at);
        assert!(catch_unwind(AssertUnwindSafe(|| task.poll_ready(mapped.recv()).unwrap().0)).is_err());
        assert_eq!(mapped.peek().0, value - 1);
        assert_eq!(task.poll_ready(mapped.recv()).unwrap().0, value, "{panics_at}");
    }
    assert_eq!(tx.try_set(9), Ok(()), "nothing is locked");
}

#[test]
fn g3_the_function_runs_while_the_value_is_locked_and_the_comparison_does_not() {
    let (tx, rx) = channel(1);

    struct Sends<'a>(u32, &'a watch_channel::Sender<u32>);
    impl PartialEq for Sends<'_> {
        fn eq(&self, other: &Self) -> bool {
            assert!(self.1.try_set(7).is_ok(), "nothing is locked");
            self.0 == other.0
        }
    }

    let mut mapped = rx.map(|value| {
        assert!(tx.try_set(9).is_err());
        Sends(*value, &tx)
    });
    tx.set(2);
    assert_eq!(mapped.get().0, 2);
    assert_eq!(mapped.get().0, 7);
}

#[test]
fn clones_are_independent_and_the_receiver_can_be_taken_out() {
    let (tx, rx) = channel(1);
    let mut mapped = rx.map(|value| value * 10);
    let mut other = mapped.clone();
    tx.set(2);
    assert_eq!((*mapped.get(), *other.peek()), (20, 10));
    assert!(other.update());
    assert!(format!("{other:?}").starts_with("Mapped { result: 20, receiver: Receiver"));
    assert_eq!(format!("{:?} {:?}", other.changed(), mapped.recv()), "MappedChanged { .. } MappedRecv { .. }");
    let rx: Receiver<i32> = mapped.into_inner();
    assert!(!rx.has_unseen());
}

#[test]
fn it_maps_what_is_not_clone() {
    struct Opaque(String);

    let (tx, rx) = channel(Opaque("a".into()));
    let mut length = rx.map(|value| value.0.len());
    tx.set(Opaque("bc".into()));
    assert_eq!(Task::new().poll_ready(length.recv()), Ok(2));
}

/// Many sends change another part of the value. The wait ends with the one that changes the part.
#[cfg(feature = "std")]
#[test]
fn g1_a_thread_waits_for_one_field() {
    must_end(|| {
        let (tx, rx) = channel((0, 0));
        let mut field = rx.map(|value| value.0);
        let sender = std::thread::spawn(move || {
            for i in 1..=10_000 {
                tx.send_modify(|value| value.1 = i);
                if i % 1_000 == 0 {
                    tx.send_modify(|value| value.0 = i);
                }
            }
        });
        let mut last = 0;
        while let Ok(now) = field.recv().wait() {
            assert!(now > last && now % 1_000 == 0, "{now} after {last}");
            last = now;
        }
        assert_eq!(last, 10_000);
        sender.join().unwrap();
    });
}
