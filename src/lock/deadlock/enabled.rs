//! The detector of debug builds with threads.

use alloc::collections::BTreeMap;
use core::cell::Cell;
use core::panic::Location;

use crate::lock::deadlock::Use;
use crate::sync::{AtomicUsize, Ordering};

/// The place of a call in the user's source.
pub(crate) type CallSite = &'static Location<'static>;

#[track_caller]
pub(crate) fn caller() -> CallSite {
    Location::caller()
}

/// Which channel's guard is it, and which of all guards? Later ones have higher numbers.
type Key = (usize, usize);

/// What does the thread do with the value (nothing yet, if it waits for the lock), and which call
/// took the guard?
type Note = (Option<Use>, CallSite);

std::thread_local! {
    /// The guards of this thread. The map is taken out while it is used: a program's allocator may
    /// use channels, also when the map calls it.
    static NOTES: Cell<BTreeMap<Key, Note>> = const { Cell::new(BTreeMap::new()) };
}

/// Calls `f` with this thread's notes. A thread whose thread-locals have been destroyed has none
/// any more.
fn with_notes<R>(f: impl FnOnce(&mut BTreeMap<Key, Note>) -> R) -> Option<R> {
    let mut notes = NOTES.try_with(Cell::take).ok()?;
    let result = f(&mut notes);
    let _ = NOTES.try_with(|place| place.set(notes));
    Some(result)
}

/// Returns a number that is higher than all before it.
fn next_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    // ORDERING: Relaxed; a number is only compared with others, and makes nothing else visible.
    NEXT.fetch_add(1, Ordering::Relaxed)
}

pub(crate) struct Detector {
    /// Which channel is it? No other channel ever has the same number, not even one that lived at
    /// the same address before.
    channel: usize,
}

impl Detector {
    pub(crate) fn new() -> Self {
        Self { channel: next_number() }
    }

    /// Checks that a call for this `purpose` would not wait for a guard that this thread holds. The
    /// latest one decides: a writer's guard is alone, and all others are readers'.
    ///
    /// # Panics
    ///
    /// Panics if it would. The message names both calls.
    pub(crate) fn check(&self, caller: CallSite, purpose: Use) {
        let own = (self.channel, 0)..=(self.channel, usize::MAX);
        let latest = with_notes(|notes| notes.range(own).rev().find_map(|(_, &(usage, at))| Some((usage?, at))));
        let Some((usage, at)) = latest.flatten() else { return };
        if purpose == Use::Read && usage != Use::Write {
            return; // readers share the lock
        }
        let does = match purpose {
            Use::Write => "sends on",
            Use::Wait => "waits for a new value of",
            _ => "reads",
        };
        let while_it = match usage {
            Use::Ref => "while this thread holds a `Ref` of it, taken",
            Use::Write => "in a closure that changes its value, passed",
            _ => "inside `with`, `wait_for` or another call that reads its value,",
        };
        let advice = match (usage, purpose) {
            (Use::Ref, _) => "drop the `Ref` first",
            (Use::Write, Use::Read | Use::Write) => "use the closure's argument instead",
            _ => "let that call return first",
        };
        panic!("deadlock: the call at {caller} {does} a watch channel {while_it} at {at}; {advice}");
    }

    /// Makes the note of a guard.
    pub(crate) fn note(&self, caller: CallSite) -> Held {
        let key = (self.channel, next_number());
        with_notes(|notes| notes.insert(key, (None, caller)));
        Held { key }
    }
}

/// The note of a guard. Like the guard, it must be dropped on the thread that made it.
pub(crate) struct Held {
    /// Which note is it? (There is none if the thread's notes had been destroyed.)
    key: Key,
}

impl Held {
    pub(crate) fn set(&mut self, usage: Use) {
        with_notes(|notes| notes.get_mut(&self.key).and_then(|(noted, _)| noted.replace(usage)));
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        with_notes(|notes| notes.remove(&self.key));
    }
}
