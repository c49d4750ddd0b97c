//! The deadlock detector, in debug builds with threads: it knows which channels this thread holds a guard of, and
//! where each was taken, so that a call that would wait for its own thread panics instead.
//!
//! `held_untracked.rs` stands in for it everywhere else.

use alloc::vec::Vec;
use core::cell::RefCell;
use core::panic::Location;

use crate::sync::{AtomicUsize, Ordering};

/// Where a guard was taken.
pub(crate) type Site = &'static Location<'static>;

/// The caller's place in the user's source.
#[track_caller]
pub(crate) fn here() -> Site {
    Location::caller()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Reading,
    Writing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    channel: usize,
    kind: Kind,
    site: Site,
}

std::thread_local! {
    static HELD: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

/// Tells a channel from all others, even from one that lived at the same address before it.
#[derive(Debug)]
pub(crate) struct Identity(AtomicUsize);

impl Identity {
    pub(crate) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    fn number(&self) -> usize {
        static LAST: AtomicUsize = AtomicUsize::new(0);
        // ORDERING: Relaxed, all three; a number is compared with itself only, and nothing hangs on it.
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
        if let Some(writer) = self.find(Kind::Writing) {
            panic!(
                "deadlock: this thread reads a watch channel inside the closure that modifies it, at {writer}; use \
                 the closure's argument instead"
            );
        }
    }

    /// Checks, before the write lock is taken, that this thread holds no guard of the channel.
    pub(crate) fn check_write(&self) {
        if let Some(reader) = self.find(Kind::Reading) {
            panic!(
                "deadlock: this thread sends on a watch channel while it still holds a `Ref` of it, taken at \
                 {reader}; drop the `Ref` first"
            );
        }
        if let Some(writer) = self.find(Kind::Writing) {
            panic!("deadlock: this thread sends on a watch channel inside the closure that modifies it, at {writer}");
        }
    }

    fn find(&self, kind: Kind) -> Option<Site> {
        let channel = self.number();
        // Where the thread is already past its last destructors, nothing is known and nothing is claimed.
        HELD.try_with(|held| held.borrow().iter().find(|e| e.channel == channel && e.kind == kind).map(|e| e.site))
            .unwrap_or(None)
    }

    /// Notes that this thread has the read lock, until the result is dropped.
    pub(crate) fn reading(&self, site: Site) -> Held {
        Held::new(Entry { channel: self.number(), kind: Kind::Reading, site })
    }

    /// Notes that this thread has the write lock, until the result is dropped.
    pub(crate) fn writing(&self, site: Site) -> Held {
        Held::new(Entry { channel: self.number(), kind: Kind::Writing, site })
    }
}

/// One guard of this thread. It must be dropped on the thread that made it, as the guard itself.
#[derive(Debug)]
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
