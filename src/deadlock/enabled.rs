//! The detector of debug builds with threads.

use alloc::vec::Vec;
use core::cell::RefCell;
use core::panic::Location;

use crate::sync::{AtomicUsize, Ordering};

/// The place where a guard was taken.
pub(crate) type CallSite = &'static Location<'static>;

/// Returns the place of the call in the user's source.
#[track_caller]
pub(crate) fn caller() -> CallSite {
    Location::caller()
}

/// How this thread uses the value of a channel.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// It holds a `Ref`.
    Ref,
    /// It runs a closure that reads the value, or the value's `clone`.
    Read,
    /// It runs a closure that changes the value.
    Write,
}

/// One use: the channel's number, the kind, and the place of the call in the user's source.
type Entry = (usize, Use, CallSite);

std::thread_local! {
    static HELD: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

/// A number for each channel, which no other channel ever has, not even one that lived at the same address before.
pub(crate) struct ChannelId(AtomicUsize);

impl ChannelId {
    pub(crate) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    fn number(&self) -> usize {
        static LAST: AtomicUsize = AtomicUsize::new(0);
        // ORDERING: Relaxed, all three; a number is compared with itself only, and makes nothing else visible.
        match self.0.load(Ordering::Relaxed) {
            0 => {
                let fresh = LAST.fetch_add(1, Ordering::Relaxed) + 1;
                self.0
                    .compare_exchange(0, fresh, Ordering::Relaxed, Ordering::Relaxed)
                    .map_or_else(|first| first, |_| fresh)
            }
            number => number,
        }
    }

    /// Checks, before the read lock is taken, that this thread does not hold the channel's write lock.
    pub(crate) fn check_read(&self, caller: CallSite) {
        if let Some((Use::Write, writer)) = self.find() {
            panic!(
                "deadlock: the call at {caller} reads a watch channel in a closure that changes its value, passed at \
                 {writer}; use the closure's argument instead"
            );
        }
    }

    /// Checks, before the write lock is taken, that this thread holds no lock of the channel.
    pub(crate) fn check_write(&self, caller: CallSite) {
        match self.find() {
            None => (),
            Some((Use::Ref, reader)) => panic!(
                "deadlock: the call at {caller} sends on a watch channel while this thread holds a `Ref` of it, taken \
                 at {reader}; drop the `Ref` first"
            ),
            Some((Use::Read, reader)) => panic!(
                "deadlock: the call at {caller} sends on a watch channel inside `with`, `wait_for` or another call that \
                 reads its value, at {reader}; send after that call has returned"
            ),
            Some((Use::Write, writer)) => panic!(
                "deadlock: the call at {caller} sends on a watch channel in a closure that changes its value, passed at \
                 {writer}; use the closure's argument instead"
            ),
        }
    }

    /// Returns the latest use of this channel by this thread. If that is a write, there is no other.
    fn find(&self) -> Option<(Use, CallSite)> {
        let channel = self.number();
        // A thread whose thread-locals have been destroyed has no notes any more, and is not checked.
        HELD.try_with(|held| held.borrow().iter().rfind(|e| e.0 == channel).map(|e| (e.1, e.2))).unwrap_or(None)
    }

    /// Notes that this thread has the read lock, until the result is dropped.
    pub(crate) fn reading(&self, caller: CallSite) -> Held {
        Held::new((self.number(), Use::Ref, caller))
    }

    /// Notes that this thread has the write lock, until the result is dropped.
    pub(crate) fn writing(&self, caller: CallSite) -> Held {
        Held::new((self.number(), Use::Write, caller))
    }
}

/// A note of one guard of this thread. Like the guard, it must be dropped on the thread that made it.
pub(crate) struct Held(Entry);

impl Held {
    fn new(entry: Entry) -> Self {
        let _ = HELD.try_with(|held| held.borrow_mut().push(entry));
        Self(entry)
    }

    /// Notes that one of the user's closures runs with this guard, or that the user has it as a `Ref`.
    pub(crate) fn set_in_closure(&mut self, is_in_closure: bool) {
        let before = self.0;
        self.0.1 = if is_in_closure { Use::Read } else { Use::Ref };
        let _ = HELD.try_with(|held| {
            if let Some(entry) = held.borrow_mut().iter_mut().rfind(|entry| **entry == before) {
                *entry = self.0;
            }
        });
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = HELD.try_with(|held| {
            let mut held = held.borrow_mut();
            if let Some(at) = held.iter().rposition(|entry| *entry == self.0) {
                held.swap_remove(at);
            }
        });
    }
}
