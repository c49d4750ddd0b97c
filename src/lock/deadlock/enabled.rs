//! The detector of debug builds with threads.

use alloc::vec::Vec;
use core::cell::Cell;
use core::panic::Location;
use std::collections::HashMap;

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

/// A note of one guard of this thread.
struct Note {
    /// Which of the thread's guards is it? Later guards have higher numbers.
    guard: usize,
    /// How does the thread use it?
    usage: Use,
    /// Where in the user's source was it taken?
    place: CallSite,
}

/// How many channels without a guard [`Notes`] keeps the memory for.
const KEPT: usize = 16;

/// The guards of this thread.
#[derive(Default)]
struct Notes {
    /// Which guards does it hold of each channel? In the order in which they were taken, by the number of the channel.
    of: HashMap<usize, Vec<Note>>,
    /// How many guards has it ever taken?
    taken: usize,
}

std::thread_local! {
    /// Taken out while it is used: a program's allocator may use channels, also when it is called from here.
    static NOTES: Cell<Option<Notes>> = const { Cell::new(None) };
}

impl Notes {
    /// Calls `f` with this thread's notes. A thread whose thread-locals have been destroyed has none any more.
    fn with<R>(f: impl FnOnce(&mut Self) -> R) -> Option<R> {
        let mut notes = NOTES.try_with(Cell::take).ok()?.unwrap_or_default();
        let result = f(&mut notes);
        let _ = NOTES.try_with(|place| place.set(Some(notes)));
        Some(result)
    }

    /// Makes room for one more guard of a channel. This is done before the lock is taken, because it may allocate.
    fn reserve(&mut self, channel: usize) {
        self.of.entry(channel).or_default().reserve(1);
    }

    fn add(&mut self, channel: usize, usage: Use, place: CallSite) -> usize {
        self.taken += 1;
        self.of.entry(channel).or_default().push(Note { guard: self.taken, usage, place });
        self.taken
    }

    /// Returns the notes of a channel, and where among them the note of `guard` is.
    fn find(&mut self, channel: usize, guard: usize) -> Option<(&mut Vec<Note>, usize)> {
        let notes = self.of.get_mut(&channel)?;
        let at = notes.binary_search_by_key(&guard, |note| note.guard).ok()?;
        Some((notes, at))
    }

    fn remove(&mut self, channel: usize, guard: usize) {
        if let Some((notes, at)) = self.find(channel, guard) {
            notes.remove(at);
            if notes.is_empty() && self.of.len() > KEPT {
                self.of.remove(&channel);
            }
        }
    }
}

/// A number for each channel, which no other channel ever has, not even one that lived at the same address before.
pub(crate) struct Detector(AtomicUsize);

impl Detector {
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
        self.prepare();
        if let Some((Use::Write, writer)) = self.find() {
            panic!(
                "deadlock: the call at {caller} reads a watch channel in a closure that changes its value, passed at \
                 {writer}; use the closure's argument instead"
            );
        }
    }

    /// Checks, before the write lock is taken, that this thread holds no lock of the channel.
    pub(crate) fn check_write(&self, caller: CallSite) {
        self.prepare();
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

    /// Checks, before this thread sleeps until there is a new value, that it does not keep senders waiting.
    pub(crate) fn check_wait(&self, caller: CallSite) {
        match self.find() {
            None => (),
            Some((Use::Ref, reader)) => panic!(
                "deadlock: the call at {caller} waits for a new value of a watch channel while this thread holds a `Ref` of it, \
                 taken at {reader}; drop the `Ref` first"
            ),
            Some((Use::Read, reader)) => panic!(
                "deadlock: the call at {caller} waits for a new value of a watch channel inside `with`, `wait_for` or another \
                 call that reads its value, at {reader}; wait after that call has returned"
            ),
            Some((Use::Write, writer)) => panic!(
                "deadlock: the call at {caller} waits for a new value of a watch channel in a closure that changes its value, \
                 passed at {writer}; wait after that call has returned"
            ),
        }
    }

    /// Makes room for the note of a guard, before an attempt to take one.
    pub(crate) fn prepare(&self) {
        Notes::with(|notes| notes.reserve(self.number()));
    }

    /// Returns the latest use of this channel by this thread. If that is a write, there is no other.
    fn find(&self) -> Option<(Use, CallSite)> {
        Notes::with(|notes| notes.of.get(&self.number())?.last().map(|note| (note.usage, note.place)))?
    }

    /// Notes that this thread has the read lock, until the result is dropped.
    pub(crate) fn reading(&self, caller: CallSite) -> Held {
        Held::new(self.number(), Use::Ref, caller)
    }

    /// Notes that this thread has the write lock, until the result is dropped.
    pub(crate) fn writing(&self, caller: CallSite) -> Held {
        Held::new(self.number(), Use::Write, caller)
    }
}

/// A guard that this thread has noted. Like the guard, it must be dropped on the thread that made it.
pub(crate) struct Held {
    /// Which channel's guard is it?
    channel: usize,
    /// Which of the thread's guards is it, if it has been noted?
    guard: usize,
}

impl Held {
    fn new(channel: usize, usage: Use, caller: CallSite) -> Self {
        Self { channel, guard: Notes::with(|notes| notes.add(channel, usage, caller)).unwrap_or(0) }
    }

    /// Notes that one of the user's closures runs with this guard, or that the user has it as a `Ref`.
    pub(crate) fn set_in_closure(&mut self, is_in_closure: bool) {
        Notes::with(|notes| {
            if let Some(note) = notes.find(self.channel, self.guard).and_then(|(notes, at)| notes.get_mut(at)) {
                note.usage = if is_in_closure { Use::Read } else { Use::Ref };
            }
        });
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        Notes::with(|notes| notes.remove(self.channel, self.guard));
    }
}
