//! The count of handles.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use loom::thread;

use crate::channel::count::Count;
use crate::sync::models::{Data, UNBOUNDED, model};
use crate::sync::{Arc, Mutex};

/// Removes a handle as the drop of a receiver does. Returns how many are left, and whether to wake
/// senders.
fn remove(count: &Count) -> (usize, bool) {
    let (handles, is_awaited) = count.remove();
    (handles - 1, handles == 1 && is_awaited && count.take_awaited())
}

/// Two handles are dropped while a wait for the last drop begins. Either the wait finds zero, or
/// the last drop finds the flag. Broken by a flag that is set without Release or without Acquire,
/// and by one that the last drop does not report.
#[test]
fn either_the_flag_or_zero_is_found() {
    let outcomes = model(UNBOUNDED, || {
        let shared = Arc::new((Count::new(2), [Data::new(), Data::new()], Data::new()));
        let handles = [0, 1].map(|handle| {
            let shared = shared.clone();
            thread::spawn(move || {
                let (count, done, waker) = &*shared;
                done[handle].write();
                let removed = remove(count);
                if removed == (0, true) {
                    waker.read();
                    done.iter().for_each(Data::read);
                }
                removed
            })
        });
        let (count, done, waker) = &*shared;
        waker.write();
        let left = count.set_awaited();
        if left == 0 {
            done.iter().for_each(Data::read);
        }
        let mut removed = handles.map(|handle| handle.join().unwrap());
        removed.sort_unstable();
        let [(0, is_awaited), (1, false)] = removed else { panic!("{removed:?}") };
        assert_eq!(is_awaited, left > 0);
        left
    });
    assert_eq!(outcomes, BTreeSet::from([0, 1, 2]));
}

/// A wait for the first handle begins while the first handle is made. Either the wait finds the
/// handle, or `is_awaited` finds the flag, and with it the waker. Broken by a flag that is set
/// without Release or taken without Acquire, and by one that is not reported.
#[test]
fn either_the_flag_or_the_first_handle_is_found() {
    let outcomes = model(UNBOUNDED, || {
        let shared = Arc::new((Count::new(0), Data::new()));
        let first = thread::spawn({
            let shared = shared.clone();
            move || {
                let is_awaited = shared.0.add() == (0, true) && shared.0.is_awaited();
                if is_awaited {
                    shared.1.read();
                }
                is_awaited
            }
        });
        shared.1.write();
        let handles = shared.0.set_awaited();
        let is_awaited = first.join().unwrap();
        assert_eq!(is_awaited, handles == 0);
        handles
    });
    assert_eq!(outcomes, BTreeSet::from([0, 1]));
}

/// A thread that finds the count at zero, without a wait, also finds what was done with all
/// handles. Broken by a count that goes down without Release or without Acquire, and by one that is
/// read without Acquire.
#[test]
fn zero_comes_after_all_that_was_done() {
    let outcomes = model(UNBOUNDED, || {
        let shared = Arc::new((Count::new(2), [Data::new(), Data::new()]));
        let handles = [0, 1].map(|handle| {
            let shared = shared.clone();
            thread::spawn(move || {
                let (count, done) = &*shared;
                done[handle].write();
                let (handles, _) = count.remove();
                // Here the last drop would close the channel, or wake tasks.
                if handles == 1 {
                    done.iter().for_each(Data::read);
                }
            })
        });
        let left = shared.0.get();
        if left == 0 {
            shared.1.iter().for_each(Data::read);
        }
        handles.into_iter().for_each(|handle| handle.join().unwrap());
        left
    });
    assert_eq!(outcomes, BTreeSet::from([0, 1, 2]));
}

/// Two upgrades each make a handle while the last handle is dropped. Broken by an upgrade that
/// reads the count and then adds to it: the count then rises again from zero.
#[test]
fn zero_is_the_end() {
    let outcomes = model(UNBOUNDED, || {
        let count = Arc::new(Count::new(1));
        let upgrades = [(); 2].map(|()| {
            let count = count.clone();
            thread::spawn(move || count.add_unless_zero().then(|| count.remove().0))
        });
        let removed = count.remove().0;
        let upgrades = upgrades.map(|upgrade| upgrade.join().unwrap());
        let all = [Some(removed), upgrades[0], upgrades[1]];
        let lasts = all.iter().filter(|before| **before == Some(1)).count();
        assert_eq!(lasts, 1, "{all:?}");
        assert!(!count.add_unless_zero());
        assert_eq!(count.get(), 0);
        (removed == 1, upgrades.iter().flatten().count())
    });
    assert_eq!(outcomes, BTreeSet::from([(true, 0), (true, 1), (true, 2), (false, 1), (false, 2)]));
}

/// The count reaches zero, and a new handle is made and dropped. Each time a wait must end. Broken
/// by a flag that the last drop does not report, or that the next wait does not set again. (A flag
/// that is taken without Acquire fails only where that wait makes the list:
/// `g1_a_closed_listener_and_a_receiver_that_comes_and_goes`.)
#[test]
fn no_wait_is_left_when_handles_come_and_go() {
    let outcomes = model(UNBOUNDED, || {
        // The mutex is the list's lock.
        let shared = Arc::new((Count::new(1), Mutex::new(Vec::new())));
        let remove = |shared: &(Count, Mutex<Vec<u32>>)| match remove(&shared.0) {
            (_, true) => shared.1.with(core::mem::take),
            (_, false) => Vec::new(),
        };
        shared.1.with(|list| list.push(0));
        assert_eq!(shared.0.set_awaited(), 1);
        let other = thread::spawn({
            let shared = shared.clone();
            move || remove(&shared)
        });
        shared.0.add();
        shared.1.with(|list| list.push(1));
        assert!(shared.0.set_awaited() > 0);
        let mine = remove(&shared);
        let others = other.join().unwrap();
        assert_eq!(mine.len() + others.len(), 2, "{mine:?} {others:?}");
        (mine, others)
    });
    assert!(outcomes.is_superset(&BTreeSet::from([
        (Vec::from([0, 1]), Vec::new()),
        (Vec::from([1]), Vec::from([0])),
        (Vec::new(), Vec::from([0, 1])),
    ])));
}
