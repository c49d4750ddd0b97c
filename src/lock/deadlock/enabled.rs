//! The detector of debug builds with threads.

use alloc::vec::Vec;
use core::cell::Cell;
use core::mem;
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
    /// Which channel's guard is it?
    channel: usize,
    /// How does the thread use it?
    usage: Use,
    /// Where in the user's source was it taken?
    place: CallSite,
    /// Which guard of the same channel was taken before it? Of an unused note: which is the next unused one?
    earlier: Option<usize>,
    /// Which guard of the same channel was taken after it?
    later: Option<usize>,
}

/// The guards of this thread. Each operation takes constant time, however many there are.
#[derive(Default)]
struct Notes {
    /// All notes, and unused places for more.
    notes: Vec<Note>,
    /// Which of them is the first unused one?
    unused: Option<usize>,
    /// Which note is the latest one of each channel?
    latest: HashMap<usize, usize>,
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

    /// Makes room for one more note.
    fn reserve(&mut self) {
        self.notes.reserve(1);
        self.latest.reserve(1);
    }

    fn add(&mut self, channel: usize, usage: Use, place: CallSite) -> usize {
        let at = self.unused.unwrap_or(self.notes.len());
        let earlier = self.latest.insert(channel, at);
        if let Some(earlier) = earlier {
            self.notes[earlier].later = Some(at);
        }
        let note = Note { channel, usage, place, earlier, later: None };
        if self.unused.is_some() {
            self.unused = mem::replace(&mut self.notes[at], note).earlier;
        } else {
            self.notes.push(note);
        }
        at
    }

    fn remove(&mut self, at: usize) {
        let Some(note) = self.notes.get_mut(at) else { return };
        let (channel, later) = (note.channel, note.later);
        let earlier = mem::replace(&mut note.earlier, self.unused.replace(at));
        match (earlier, later) {
            (_, Some(later)) => self.notes[later].earlier = earlier,
            (Some(earlier), None) => _ = self.latest.insert(channel, earlier),
            (None, None) => _ = self.latest.remove(&channel),
        }
        if let Some(earlier) = earlier {
            self.notes[earlier].later = later;
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
        Notes::with(Notes::reserve);
    }

    /// Returns the latest use of this channel by this thread. If that is a write, there is no other.
    fn find(&self) -> Option<(Use, CallSite)> {
        Notes::with(|notes| {
            notes.latest.get(&self.number()).map(|at| (notes.notes[*at].usage, notes.notes[*at].place))
        })?
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

/// The note of a guard. Like the guard, it must be dropped on the thread that made it.
pub(crate) struct Held(Option<usize>);

impl Held {
    fn new(channel: usize, usage: Use, caller: CallSite) -> Self {
        Self(Notes::with(|notes| notes.add(channel, usage, caller)))
    }

    /// Notes that one of the user's closures runs with this guard, or that the user has it as a `Ref`.
    pub(crate) fn set_in_closure(&mut self, is_in_closure: bool) {
        Notes::with(|notes| {
            if let Some(note) = self.0.and_then(|at| notes.notes.get_mut(at)) {
                note.usage = if is_in_closure { Use::Read } else { Use::Ref };
            }
        });
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(at) = self.0 {
            Notes::with(|notes| notes.remove(at));
        }
    }
}
