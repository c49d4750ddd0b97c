//! Reads: what they show and what they count as seen, `get` and `with`, `try_borrow`, and versions.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::common::{Task, must_end};
use watch_channel::{Sender, channel};

#[test]
fn with_leaves_the_value_unseen_and_with_and_update_does_not() {
    let (tx, mut rx) = channel(vec![1]);
    tx.send_modify(|list| list.push(2));
    assert_eq!((rx.with(Vec::len), rx.has_unseen()), (2, true));
    assert_eq!((rx.with_and_update(|list| list[1]), rx.has_unseen()), (2, false));
    assert_eq!(tx.with(Vec::len), 2);
}

#[test]
fn g4_a_read_that_panics_leaves_the_channel_usable() {
    let (tx, mut rx) = channel(1);
    tx.set(2);
    assert!(catch_unwind(AssertUnwindSafe(|| rx.with(|_| panic!("on purpose")))).is_err());
    assert!(rx.has_unseen());
    assert!(catch_unwind(AssertUnwindSafe(|| rx.with_and_update(|_| panic!("on purpose")))).is_err());
    assert!(rx.has_unseen(), "a value is marked as seen once the closure has returned");
    must_end(move || {
        tx.set(3);
        assert_eq!(rx.get_and_update(), 3);
    });
}

#[test]
fn a_value_is_cloned_once() {
    #[derive(Debug)]
    struct Counted<'a>(&'a Cell<u32>);
    impl Clone for Counted<'_> {
        fn clone(&self) -> Self {
            self.0.set(self.0.get() + 1);
            Self(self.0)
        }
    }
    let clones = Cell::new(0);
    let (tx, mut rx) = channel(Counted(&clones));
    let _ = (rx.get(), rx.get_and_update(), tx.get());
    assert_eq!(clones.get(), 3);
}

#[test]
fn try_borrow_never_waits() {
    let (tx, rx) = channel(1);
    tx.send_modify(|value| {
        *value = 2;
        assert!(tx.try_borrow().is_none());
        assert!(rx.try_borrow().is_none());
    });
    let (first, second) = (rx.try_borrow().unwrap(), tx.try_borrow().unwrap());
    assert_eq!((*first, first.has_changed()), (2, true));
    assert_eq!((*second, second.has_changed()), (2, false));
}

#[test]
fn each_version_belongs_to_one_value() {
    let tx = Sender::new(1);
    let rx = tx.subscribe();
    let first = tx.version();
    assert_eq!((rx.version(), rx.clone().version()), (first, first));
    tx.send_if_modified(|value| {
        *value = 2;
        false
    });
    assert_eq!(tx.version(), first);
    tx.set(2);
    let second = rx.version();
    assert_ne!(second, first);
    assert_eq!(tx.version(), second);
    let set: std::collections::HashSet<_> = [first, second, first].into();
    assert_eq!(set.len(), 2);
}

#[test]
fn a_reference_knows_the_version_of_its_value() {
    let (tx, mut rx) = channel(1);
    let first = rx.version();
    tx.set(2);
    for value in [rx.borrow(), tx.borrow(), rx.try_borrow().unwrap(), tx.try_borrow().unwrap()] {
        assert_eq!(value.version(), tx.version());
        assert_ne!(value.version(), first);
    }
    assert_eq!(rx.borrow_and_update().version(), tx.version());
    assert_eq!(rx.borrow().version(), tx.version(), "seen or not");
    assert_eq!(Task::new().poll_ready(rx.wait_for(|_| true)).unwrap().version(), tx.version());
}

#[test]
fn debug_shows_the_value_and_never_waits() {
    let (tx, rx) = channel("value");
    let value = rx.borrow();
    assert_eq!(format!("{value:?}"), "Ref { inner: \"value\", has_changed: false }");
    assert!(format!("{rx:?}").starts_with("Receiver { shared: Shared { value: \"value\","));
    assert!(format!("{tx:?}").contains("receivers: 1, senders: 1"));
    drop(value);
    tx.send_modify(|_| assert!(format!("{rx:?}").contains("<locked>")));
}
