//! `Cached`: a copy of the value, which is refreshed when the channel has a newer one.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use watch_channel::{Cached, channel};

#[derive(Debug)]
struct Counted<'a>(&'a Cell<i32>);

impl Clone for Counted<'_> {
    fn clone(&self) -> Self {
        self.0.set(self.0.get() + 1);
        assert!(self.0.get() != 3, "on purpose");
        Self(self.0)
    }
}

#[test]
fn only_a_new_value_is_copied_and_the_next_call_repeats_a_copy_that_has_panicked() {
    let clones = Cell::new(0);
    let (tx, rx) = channel(Counted(&clones));
    let mut cached = Cached::new(rx);
    for _ in 0..10 {
        cached.get();
    }
    assert_eq!(clones.get(), 1);
    tx.set(Counted(&clones));
    cached.get();
    cached.get();
    assert_eq!(clones.get(), 2);
    tx.set(Counted(&clones));
    assert!(catch_unwind(AssertUnwindSafe(|| cached.get().0.get())).is_err());
    assert_eq!(clones.get(), 3);
    cached.get();
    cached.get();
    assert_eq!(clones.get(), 4, "the next call copies the value, once");
}

/// A clone of a `Cached` does not read the channel.
#[test]
fn a_clone_copies_the_copy() {
    let (tx, rx) = channel(1);
    let cached = Cached::new(rx);
    tx.set(2);
    let mut clone = tx.send_modify(|_| cached.clone());
    assert_eq!(*clone.peek(), 1);
    assert!(clone.receiver().has_unseen());
    assert_eq!((*clone.get(), *cached.peek()), (2, 1));
    assert!(format!("{clone:?}").starts_with("Cached { value: 2"));
    assert_eq!(format!("{:?}", clone.changed()), "CachedChanged { .. }");
}
