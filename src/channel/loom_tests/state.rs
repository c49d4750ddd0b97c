//! The state word.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use loom::thread;

use crate::channel::state::{AtomicState, LISTENING, TakenBits};
use crate::sync::models::{Data, UNBOUNDED, model, shorter};
use crate::sync::{Arc, Mutex};

/// Either the receiver finds the new version, or the send finds the receiver's bit. Broken by a
/// version that is published without Release or without Acquire, by a bit that is set without
/// Release or without Acquire, and by a send that does not take the bit.
#[test]
fn either_the_bit_or_the_version_is_found() {
    let outcomes = model(UNBOUNDED, || {
        let shared = Arc::new((AtomicState::default(), Data::new(), Data::new()));
        let seen = shared.0.load().version();
        let sender = thread::spawn({
            let shared = shared.clone();
            move || {
                let (state, value, waker) = &*shared;
                value.write();
                let waiting = state.publish_while_locked();
                if !waiting.is_empty() {
                    waker.read();
                }
                waiting.lanes()
            }
        });
        let (state, value, waker) = &*shared;
        waker.write();
        let is_new = state.set_waiting(0).is_other_than(seen);
        if is_new {
            value.read();
        }
        let lanes = sender.join().unwrap();
        assert_eq!(lanes, usize::from(!is_new));
        is_new
    });
    assert_eq!(outcomes, BTreeSet::from([false, true]));
}

/// Either the receiver finds the close, or the close finds the bits of a receiver and of a
/// listener. Broken by a close that is published without Release or without Acquire, and by one
/// that does not return the bits.
#[test]
fn either_the_bits_or_the_close_are_found() {
    let outcomes = model(UNBOUNDED, || {
        let shared = Arc::new((AtomicState::default(), Data::new(), [Data::new(), Data::new()]));
        let closing = thread::spawn({
            let shared = shared.clone();
            move || {
                let (state, done, wakers) = &*shared;
                done.write();
                let waiting = state.close();
                if waiting.lanes() != 0 {
                    wakers[0].read();
                }
                if waiting.is_listening() {
                    wakers[1].read();
                }
                (waiting.lanes() != 0, waiting.is_listening())
            }
        });
        let listening = thread::spawn({
            let shared = shared.clone();
            move || {
                let (state, done, wakers) = &*shared;
                wakers[1].write();
                let is_closed = state.set(LISTENING).is_closed();
                if is_closed {
                    done.read();
                }
                is_closed
            }
        });
        let (state, done, wakers) = &*shared;
        wakers[0].write();
        let is_closed = state.set_waiting(1).is_closed();
        if is_closed {
            done.read();
        }
        let listener_is_closed = listening.join().unwrap();
        assert_eq!(closing.join().unwrap(), (!is_closed, !listener_is_closed));
        (is_closed, listener_is_closed)
    });
    assert_eq!(outcomes, BTreeSet::from([(false, false), (false, true), (true, false), (true, true)]));
}

/// A load that finds a version or the close also finds what came before. Broken by a `load` without
/// Acquire, and by a version or a close that is published without Release.
#[test]
fn a_load_finds_what_came_before() {
    let outcomes = model(UNBOUNDED, || {
        let shared = Arc::new((AtomicState::default(), [Data::new(), Data::new()]));
        let seen = shared.0.load().version();
        let sender = thread::spawn({
            let shared = shared.clone();
            move || {
                let (state, done) = &*shared;
                done[0].write();
                assert!(state.publish_while_locked().is_empty());
                done[1].write();
                assert!(state.close().is_empty());
            }
        });
        let (state, done) = &*shared;
        let now = state.load();
        if now.is_other_than(seen) {
            done[0].read();
        }
        if now.is_closed() {
            done[1].read();
        }
        sender.join().unwrap();
        (now.is_other_than(seen), now.is_closed())
    });
    assert_eq!(outcomes, BTreeSet::from([(false, false), (true, false), (true, true)]));
}

/// Two sends and two waits. Each bit is taken by one send, and versions count the sends. Broken by
/// a send that reads the word and then stores it, and by one that takes bits and does not return
/// them.
#[test]
fn each_bit_is_taken_once() {
    let outcomes = model(3, || {
        // The mutex stands for the value's lock.
        let shared = Arc::new((AtomicState::default(), Mutex::new(())));
        let first = shared.0.load().version();
        let send = |shared: &(AtomicState, Mutex<()>)| {
            let (state, lock) = shared;
            lock.with(|()| {
                let before = state.version_while_locked();
                let waiting = state.publish_while_locked();
                assert_eq!(state.version_while_locked().number(), before.number() + 1);
                waiting
            })
        };
        let senders = [(); 2].map(|()| {
            let shared = shared.clone();
            thread::spawn(move || send(&shared))
        });
        let other = thread::spawn({
            let shared = shared.clone();
            move || shared.0.set_waiting(1).version().number()
        });
        let seen = [shared.0.set_waiting(0).version().number(), other.join().unwrap()];
        let taken: Vec<TakenBits> = senders.into_iter().map(|sender| sender.join().unwrap()).collect();
        assert_eq!(shared.0.load().version().number(), first.number() + 2);
        for (lane, seen) in seen.into_iter().enumerate() {
            let by_sends = taken.iter().filter(|waiting| waiting.lanes() & 1 << lane != 0).count();
            assert_eq!(by_sends, usize::from(seen < 2));
        }
        let rest = shared.0.publish_while_locked().lanes();
        assert_eq!(rest, usize::from(seen[0] == 2) | usize::from(seen[1] == 2) << 1);
        seen
    });
    assert_eq!(outcomes.len(), 9, "{outcomes:?}");
}

/// Two receivers wait in one lane. The second one may find the bit set, and then does not set it.
/// Broken by a bit that is set, or checked, before the waker is in the list.
#[test]
fn a_bit_that_is_set_is_enough() {
    let outcomes = model(shorter(UNBOUNDED, 3), || {
        // The mutex is the list's lock.
        let shared = Arc::new((AtomicState::default(), Mutex::new(Vec::new())));
        let seen = shared.0.load().version();
        let wait = move |shared: &(AtomicState, Mutex<Vec<usize>>), receiver| {
            shared.1.with(|list| list.push(receiver));
            shared.0.set_waiting(0).is_other_than(seen)
        };
        let sender = thread::spawn({
            let shared = shared.clone();
            move || {
                let (state, list) = &*shared;
                let waiting = state.publish_while_locked();
                if waiting.is_empty() { Vec::new() } else { list.with(core::mem::take) }
            }
        });
        let other = thread::spawn({
            let shared = shared.clone();
            move || wait(&shared, 1)
        });
        let are_new = [wait(&shared, 0), other.join().unwrap()];
        let woken = sender.join().unwrap();
        let are_woken = [woken.contains(&0), woken.contains(&1)];
        for receiver in [0, 1] {
            assert!(are_new[receiver] || are_woken[receiver], "receiver {receiver} is asleep");
        }
        (are_new, are_woken)
    });
    assert!(outcomes.contains(&([false, false], [true, true])), "{outcomes:?}");
    assert!(outcomes.contains(&([true, true], [false, false])), "{outcomes:?}");
    // The second receiver was in the list before the delivery, and set the bit or found the version
    // after it.
    assert!(outcomes.contains(&([false, true], [true, true])), "{outcomes:?}");
}

/// The bit that a receiver finds set may have been set by another receiver, which has found the new
/// version. Broken by a `set_waiting` that checks the bit without Acquire: the receiver then finds
/// a version, but not what happened before it.
#[test]
fn a_bit_that_another_receiver_has_set_comes_with_its_version() {
    let outcomes = model(UNBOUNDED, || {
        let shared = Arc::new((AtomicState::default(), Data::new()));
        let first = shared.0.load().version();
        let sender = thread::spawn({
            let shared = shared.clone();
            move || {
                shared.1.write();
                shared.0.publish_while_locked().lanes()
            }
        });
        let other = thread::spawn({
            let shared = shared.clone();
            move || shared.0.set_waiting(0).is_other_than(first)
        });
        let is_new = shared.0.set_waiting(0).is_other_than(first);
        if is_new {
            shared.1.read();
        }
        let other_is_new = other.join().unwrap();
        let lanes = sender.join().unwrap();
        assert_eq!(lanes, usize::from(!is_new || !other_is_new));
        (is_new, other_is_new)
    });
    assert_eq!(outcomes, BTreeSet::from([(false, false), (false, true), (true, false), (true, true)]));
}
