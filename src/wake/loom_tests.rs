//! Models of the lists and deliveries, without a channel. In a model there are two lanes.
//!
//! Run them with `ci/loom.sh`. `tests/loom/` has the models of the whole channel.
#![expect(
    clippy::disallowed_types,
    reason = "outcomes are collected outside the model, and tasks are not the channel's"
)]

use alloc::collections::BTreeSet;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::sync::atomic::AtomicUsize as Counter;

use loom::thread;

use super::*;
use crate::sync::models::{UNBOUNDED, model, shorter};
use crate::sync::{Arc, Ordering};

/// A task that counts its wake-ups. loom need not know of the count, which is read only after the
/// threads have been joined.
#[derive(Default)]
struct Task(Counter);

impl Wake for Task {
    fn wake(self: alloc::sync::Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Waiter {
    task: alloc::sync::Arc<Task>,
    ticket: Ticket,
}

impl Waiter {
    fn new(number: u8) -> Self {
        Self { task: Default::default(), ticket: Ticket::new(number) }
    }

    fn register(&mut self, waiters: &Waiters) {
        drop(waiters.register(&mut self.ticket, self.task.clone().into()));
    }

    fn registered(waiters: &Waiters) -> Self {
        let mut waiter = Self::new(0);
        waiter.register(waiters);
        waiter
    }

    fn crowd(waiters: &Waiters, count: usize) -> Vec<Self> {
        (0..count).map(|_| Self::registered(waiters)).collect()
    }

    fn cancel(&mut self, waiters: &Waiters) -> bool {
        waiters.cancel(&mut self.ticket).is_some()
    }

    fn wakes(&self) -> usize {
        self.task.0.load(Ordering::Relaxed)
    }
}

/// Delivers to these lanes.
fn deliver(waiters: &Waiters, lanes: usize) {
    waiters.notify(lanes, None, (&AtomicUsize::new(0), 0));
}

fn delivering(waiters: &Arc<Waiters>) -> thread::JoinHandle<()> {
    let waiters = waiters.clone();
    thread::spawn(move || deliver(&waiters, 1))
}

/// Registers all once more, and checks that a delivery wakes each once and that no waker is left in
/// a list.
#[track_caller]
fn assert_all_can_wait<'a>(waiters: &Waiters, all: impl IntoIterator<Item = &'a mut Waiter>) {
    let mut all: Vec<_> = all.into_iter().collect();
    let before: Vec<_> = all.iter_mut().map(|waiter| (waiter.register(waiters), waiter.wakes()).1).collect();
    deliver(waiters, 0b11);
    for (i, (waiter, before)) in all.iter().zip(before).enumerate() {
        assert_eq!((waiter.wakes() - before, alloc::sync::Arc::strong_count(&waiter.task)), (1, 1), "waiter {i}");
    }
}

/// The bit above the lanes, which stands for a version.
const SENT: usize = 1 << LANES;

/// A wait as a receiver does it: the waker, then the bit of its lane. Returns `true` if there is a
/// new version.
fn wait(waiters: &Waiters, word: &AtomicUsize, waiter: &mut Waiter) -> bool {
    waiter.register(waiters);
    // ORDERING: as of `set_waiting` and `publish_while_locked` in `channel/state.rs`.
    word.fetch_or(1 << waiter.ticket.lane, Ordering::AcqRel) & SENT != 0
}

/// Two threads wait, with different numbers, while a third one sends. One makes the other lane
/// first, as if it had found the lock held. The other may then be in the second lane. Broken by a
/// bit that is set before the waker is in the list, by a bit of another lane than the one that was
/// chosen at the registration, by a delivery that ends with the first lane, and by lists that are
/// made twice.
#[test]
fn two_registrations_and_a_new_lane_against_a_delivery() {
    let outcomes = model(3, || {
        let shared = Arc::new((Waiters::default(), AtomicUsize::new(0)));
        let sender = thread::spawn({
            let shared = shared.clone();
            move || {
                let (waiters, word) = &*shared;
                // ORDERING: as above.
                let taken = word.swap(SENT, Ordering::AcqRel);
                if taken != 0 {
                    deliver(waiters, taken);
                }
            }
        });
        let other = thread::spawn({
            let shared = shared.clone();
            move || {
                shared.0.lists.get_or_make().others.get_or_make();
                let mut waiter = Waiter::new(0);
                (wait(&shared.0, &shared.1, &mut waiter), waiter)
            }
        });
        let mut second = Waiter::new(1);
        let other_is_new = wait(&shared.0, &shared.1, &mut second);
        let (is_new, mut first) = other.join().unwrap();
        sender.join().unwrap();
        for (is_new, waiter) in [(is_new, &first), (other_is_new, &second)] {
            assert!(is_new || waiter.wakes() == 1, "a waiter is asleep");
        }
        let lane = second.ticket.lane;
        first.cancel(&shared.0);
        second.cancel(&shared.0);
        assert_all_can_wait(&shared.0, [&mut first, &mut second]);
        (is_new, other_is_new, lane)
    });
    let all = [false, true].map(|first| [false, true].map(|second| [0, 1].map(|lane| (first, second, lane))));
    assert_eq!(outcomes, BTreeSet::from_iter(all.into_iter().flatten().flatten()));
}

/// A wait is cancelled at each place of a delivery. Then a new wait begins, in this round or in the
/// next, and takes the entry. Broken by a cancelled wait that leaves its waker, by a delivery that
/// leaves wakers, and by an entry that is freed twice.
#[test]
fn a_cancelled_wait_and_a_new_one_against_a_delivery() {
    for (count, place) in [(1, 0), (2, 0), (2, 1), (4, 0), (4, 3)] {
        let outcomes = model(UNBOUNDED, move || {
            let waiters = Arc::new(Waiters::default());
            let mut crowd = Waiter::crowd(&waiters, count);
            let delivery = delivering(&waiters);
            let was_there = crowd[place].cancel(&waiters);
            let new = Waiter::registered(&waiters);
            delivery.join().unwrap();
            for (i, waiter) in crowd.iter().enumerate() {
                assert_eq!(waiter.wakes(), usize::from(i != place || !was_there), "{i}");
            }
            let early = new.wakes();
            deliver(&waiters, 1);
            assert_eq!(new.wakes(), 1);
            crowd.push(new);
            assert_all_can_wait(&waiters, &mut crowd);
            (was_there, early)
        });
        assert_eq!(outcomes, BTreeSet::from([(false, 0), (true, 0), (true, 1)]), "{place} of {count}");
    }
}

/// A task that has been woken cancels its wait, while the delivery that has woken it goes on, and
/// another task registers in the same entry. Broken by a ticket that is not checked again under the
/// lock, and by a round that changes before the wakers are taken.
#[test]
fn a_ticket_that_becomes_void_and_a_new_owner_of_its_entry() {
    let outcomes = model(UNBOUNDED, || {
        let waiters = Arc::new(Waiters::default());
        let mut old = Waiter::registered(&waiters);
        let other = thread::spawn({
            let waiters = waiters.clone();
            move || {
                deliver(&waiters, 1);
                Waiter::registered(&waiters)
            }
        });
        let was_there = old.cancel(&waiters);
        let mut new = other.join().unwrap();
        assert_eq!((old.wakes(), new.wakes()), (usize::from(!was_there), 0));
        deliver(&waiters, 1);
        assert_eq!((old.wakes(), new.wakes()), (usize::from(!was_there), 1));
        assert_all_can_wait(&waiters, [&mut old, &mut new]);
        was_there
    });
    assert_eq!(outcomes, BTreeSet::from([false, true]));
}

/// Two deliveries, and two waits that begin again meanwhile. Each registration is woken once, and
/// none is lost. Broken by a delivery that ends too early, by one that gives back a vector in which
/// wakers are left, and by a registration that keeps its entry of an earlier round.
#[test]
fn two_deliveries_and_waits_that_begin_again() {
    let outcomes = model(shorter(3, 2), || {
        let waiters = Arc::new(Waiters::default());
        let mut crowd = Waiter::crowd(&waiters, 3);
        let deliveries = [delivering(&waiters), delivering(&waiters)];
        // These are before the deliveries, in the middle of one, between them, or after both.
        crowd[1].register(&waiters);
        crowd[2].register(&waiters);
        deliveries.into_iter().for_each(|delivery| delivery.join().unwrap());
        let early = [crowd[1].wakes(), crowd[2].wakes()];
        assert_eq!(crowd[0].wakes(), 1);
        deliver(&waiters, 1);
        let all = [crowd[1].wakes(), crowd[2].wakes()];
        assert!(all.iter().all(|wakes| (1..=2).contains(wakes)), "{all:?}");
        assert_all_can_wait(&waiters, &mut crowd);
        (early, all)
    });
    // They are refreshed in the first round, or woken and waiting again, which the second delivery
    // may find.
    for expected in [([1, 1], [1, 1]), ([1, 1], [2, 2]), ([2, 2], [2, 2]), ([1, 1], [1, 2]), ([2, 1], [2, 2])] {
        assert!(outcomes.contains(&expected), "{expected:?}: {outcomes:?}");
    }
}

/// Two first waits at once, for which a list grows, against a delivery. Broken by a growth that
/// loses wakers or free entries, and by one that does not look how many there are by now.
#[test]
fn growth_on_two_threads_against_a_delivery() {
    for count in [1, 2, 4] {
        let outcomes = model(shorter(3, 2), move || {
            let waiters = Arc::new(Waiters::default());
            let mut crowd = Waiter::crowd(&waiters, count);
            let other = thread::spawn({
                let waiters = waiters.clone();
                move || Waiter::registered(&waiters)
            });
            let delivery = delivering(&waiters);
            let new = Waiter::registered(&waiters);
            let new = [new, other.join().unwrap()];
            delivery.join().unwrap();
            assert!(crowd.iter().all(|waiter| waiter.wakes() == 1));
            let early = new.each_ref().map(Waiter::wakes);
            deliver(&waiters, 0b11);
            assert!(new.iter().all(|new| new.wakes() == 1));
            crowd.extend(new);
            assert_all_can_wait(&waiters, &mut crowd);
            early
        });
        assert_eq!(outcomes, BTreeSet::from([[0, 0], [0, 1], [1, 0], [1, 1]]), "{count}");
    }
}

/// The last wait of a crowd is cancelled, and none or one stays, so the list frees its memory,
/// against a first wait and a delivery. Broken by a vector that is exchanged although a task has
/// registered in the meantime.
#[test]
fn a_list_that_shrinks_against_a_registration() {
    for stay in [0, 1] {
        let outcomes = model(shorter(3, 2), move || {
            let waiters = Arc::new(Waiters::default());
            let staying = Waiter::crowd(&waiters, stay);
            let mut crowd = Waiter::crowd(&waiters, 4);
            let mut last = crowd.pop().unwrap();
            crowd.iter_mut().for_each(|waiter| assert!(waiter.cancel(&waiters)));
            let cancelling = thread::spawn({
                let waiters = waiters.clone();
                move || (last.cancel(&waiters), last)
            });
            let delivery = delivering(&waiters);
            let mut new = Waiter::registered(&waiters);
            delivery.join().unwrap();
            let (was_there, mut last) = cancelling.join().unwrap();
            assert_eq!(last.wakes(), usize::from(!was_there));
            assert!(staying.iter().all(|waiter| waiter.wakes() == 1));
            let early = new.wakes();
            deliver(&waiters, 0b11);
            assert_eq!(new.wakes(), 1);
            assert_all_can_wait(&waiters, [&mut new, &mut last]);
            (was_there, early)
        });
        assert_eq!(outcomes, BTreeSet::from([(false, 0), (false, 1), (true, 0), (true, 1)]), "{stay}");
    }
}

/// G3. Receivers and senders wait, and a delivery to each at once wakes only its own. Broken by a
/// list that both share.
#[test]
fn receivers_and_senders_are_woken_apart() {
    let outcomes = model(3, || {
        let waiters = Arc::new(Waiters::default());
        let mut receiver = Waiter::registered(&waiters);
        let closing = thread::spawn({
            let waiters = waiters.clone();
            move || deliver(&waiters, 1 << SENDERS)
        });
        let delivery = delivering(&waiters);
        let mut sender = Waiter::new(SENDERS as u8);
        sender.register(&waiters);
        delivery.join().unwrap();
        closing.join().unwrap();
        let early = sender.wakes();
        deliver(&waiters, 1);
        assert_eq!((receiver.wakes(), sender.wakes()), (1, early));
        deliver(&waiters, 1 << SENDERS);
        assert_eq!((receiver.wakes(), sender.wakes()), (1, 1));
        assert_all_can_wait(&waiters, [&mut receiver]);
        early
    });
    assert_eq!(outcomes, BTreeSet::from([0, 1]));
}
