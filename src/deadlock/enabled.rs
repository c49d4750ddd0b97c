//! The detector of debug builds with threads.

use alloc::vec::Vec;
use core::cell::RefCell;
use core::panic::Location;

use crate::sync::{AtomicUsize, Ordering};

/// Where a guard was taken.
pub(crate) type CallSite = &'static Location<'static>;

/// Returns the place in the user's source that called.
#[track_caller]
pub(crate) fn caller() -> CallSite {
    Location::caller()
}

/// One guard: the channel's number, `true` if it is a writer's, and where it was taken.
type Entry = (usize, bool, CallSite);

std::thread_local! {
    static HELD: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

/// Differs from that of every other channel, even of one that lived at the same address before.
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

    /// Checks, before the read lock is taken, that this thread is not inside the channel's write lock.
    pub(crate) fn check_read(&self) {
        if let Some(writer) = self.find(true) {
            panic!(
                "deadlock: this thread reads a watch channel inside the closure that modifies it, at {writer}; use \
                 the closure's argument instead"
            );
        }
    }

    /// Checks, before the write lock is taken, that this thread holds no guard of the channel.
    pub(crate) fn check_write(&self) {
        if let Some(reader) = self.find(false) {
            panic!(
                "deadlock: this thread sends on a watch channel while it still holds a `Ref` of it, taken at \
                 {reader}; drop the `Ref` first"
            );
        }
        if let Some(writer) = self.find(true) {
            panic!("deadlock: this thread sends on a watch channel inside the closure that modifies it, at {writer}");
        }
    }

    fn find(&self, is_writer: bool) -> Option<CallSite> {
        let channel = self.number();
        // A thread that has run its last destructors has no notes any more, and is not checked.
        HELD.try_with(|held| held.borrow().iter().find(|e| (e.0, e.1) == (channel, is_writer)).map(|e| e.2))
            .unwrap_or(None)
    }

    /// Notes that this thread has the read lock, until the result is dropped.
    pub(crate) fn reading(&self, caller: CallSite) -> Held {
        Held::new((self.number(), false, caller))
    }

    /// Notes that this thread has the write lock, until the result is dropped.
    pub(crate) fn writing(&self, caller: CallSite) -> Held {
        Held::new((self.number(), true, caller))
    }
}

/// A note of one guard of this thread. Like the guard, it must be dropped on the thread that made it.
pub(crate) struct Held(Entry);

impl Held {
    fn new(entry: Entry) -> Self {
        let _ = HELD.try_with(|held| held.borrow_mut().push(entry));
        Self(entry)
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
