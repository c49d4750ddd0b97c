//! The wait list.

use alloc::collections::BTreeSet;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};

use loom::thread;

use crate::channel::wait_list::{Batch, Index, NO_SLOT, RECEIVERS, SENDERS, WaitList};
use crate::sync::Arc;
use crate::sync::models::{UNBOUNDED, model};

/// A task that counts its wake-ups. loom need not know of the count, which is read only after the threads have been joined.
#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: alloc::sync::Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A task, its slot, and the head of the list in which the slot waits.
struct Waiter {
    task: alloc::sync::Arc<Task>,
    slot: Index,
    head: Index,
}

impl Waiter {
    fn new(head: Index) -> Self {
        Self { task: Default::default(), slot: NO_SLOT, head }
    }

    fn register(&mut self, list: &WaitList) {
        drop(list.register(self.head, &mut self.slot, self.task.clone().into()));
    }

    /// Returns a waiter that is registered in the list.
    fn registered(list: &WaitList, head: Index) -> Self {
        let mut waiter = Self::new(head);
        waiter.register(list);
        waiter
    }

    fn wakes(&self) -> usize {
        self.task.0.load(Ordering::Relaxed)
    }
}

fn deliver(list: &WaitList, mut head: Index) {
    let mut batch = Batch::new();
    loop {
        let is_last = list.take_wakers(&mut head, &mut batch);
        while let Some(waker) = batch.next() {
            waker.wake();
        }
        if is_last {
            return;
        }
    }
}

/// Registers all waiters once more, and checks that a delivery wakes each once and that no waker is left in the list. A list
/// with a wrong link fails this.
#[track_caller]
fn assert_all_can_wait<'a>(list: &WaitList, waiters: impl IntoIterator<Item = &'a mut Waiter>) {
    let mut waiters: Vec<_> = waiters.into_iter().collect();
    let before: Vec<_> = waiters.iter_mut().map(|waiter| (waiter.register(list), waiter.wakes()).1).collect();
    deliver(list, RECEIVERS);
    deliver(list, SENDERS);
    for (i, (waiter, before)) in waiters.iter().zip(before).enumerate() {
        assert_eq!((waiter.wakes() - before, alloc::sync::Arc::strong_count(&waiter.task)), (1, 1), "waiter {i}");
    }
}

/// Two deliveries of three batches together, a wait that begins again, and a first wait. Each registration is woken at most once,
/// and none is lost. Broken by a splice that leaves a slot in both lists, by a head that is freed before its delivery ends, and by a
/// registration that does not unlink its slot.
#[test]
fn two_deliveries_share_the_waiting_slots() {
    let outcomes = model(UNBOUNDED, || {
        let list = Arc::new(WaitList::default());
        let mut waiters: Vec<_> = (0..5).map(|_| Waiter::registered(&list, RECEIVERS)).collect();
        let deliveries = [(); 2].map(|()| {
            let list = list.clone();
            thread::spawn(move || deliver(&list, RECEIVERS))
        });
        // This is before the deliveries, in the middle of one, or after both.
        waiters[4].register(&list);
        let new = Waiter::registered(&list, RECEIVERS);
        deliveries.into_iter().for_each(|delivery| delivery.join().unwrap());
        let early = (waiters[4].wakes(), new.wakes());
        assert!(waiters[..4].iter().all(|waiter| waiter.wakes() == 1));
        deliver(&list, RECEIVERS);
        let all = (waiters[4].wakes(), new.wakes());
        assert!((1..=2).contains(&all.0) && all.1 == 1, "{all:?}");
        waiters.push(new);
        assert_all_can_wait(&list, &mut waiters);
        (early, all)
    });
    // The wait that began again may have been woken for its first registration, and later for the second one.
    for expected in [((0, 0), (1, 1)), ((1, 1), (1, 1)), ((1, 0), (2, 1)), ((2, 1), (2, 1)), ((1, 0), (1, 1))] {
        assert!(outcomes.contains(&expected), "{outcomes:?}");
    }
}

/// Two first waits at once, for which the list grows, against a delivery that needs a slot for its head. Broken by a growth that
/// does not check whether another caller has grown the list, and by a growth that loses the free slots.
#[test]
fn growth_on_two_threads_against_a_delivery() {
    let outcomes = model(UNBOUNDED, || {
        let list = Arc::new(WaitList::default());
        let mut waiters: Vec<_> = (0..3).map(|_| Waiter::registered(&list, RECEIVERS)).collect();
        let new = [(); 2].map(|()| {
            let list = list.clone();
            thread::spawn(move || Waiter::registered(&list, RECEIVERS))
        });
        deliver(&list, RECEIVERS);
        let new = new.map(|new| new.join().unwrap());
        assert!(waiters.iter().all(|waiter| waiter.wakes() == 1));
        let early = new.each_ref().map(Waiter::wakes);
        deliver(&list, RECEIVERS);
        assert!(new.iter().all(|new| new.wakes() == 1));
        waiters.extend(new);
        assert_all_can_wait(&list, &mut waiters);
        early
    });
    assert_eq!(outcomes, BTreeSet::from([[0, 0], [0, 1], [1, 0], [1, 1]]));
}

/// A slot is given back and gets a new owner, another wait is cancelled, and a delivery takes what is left. Broken by a release
/// that leaves the slot linked, by a cancel that takes the waker and leaves the slot, and by a slot that is freed twice.
#[test]
fn a_slot_with_a_new_owner_against_a_delivery() {
    let outcomes = model(UNBOUNDED, || {
        let list = Arc::new(WaitList::default());
        let mut waiters: Vec<_> = (0..4).map(|_| Waiter::registered(&list, RECEIVERS)).collect();
        let leaving = waiters.pop().unwrap();
        let cancelled = waiters.pop().unwrap();
        let delivery = thread::spawn({
            let list = list.clone();
            move || deliver(&list, RECEIVERS)
        });
        let cancelling = thread::spawn({
            let list = list.clone();
            move || (list.cancel(cancelled.slot).is_some(), cancelled)
        });
        let was_there = list.release(leaving.slot).is_some();
        let new = Waiter::registered(&list, RECEIVERS);
        delivery.join().unwrap();
        let (was_cancelled, cancelled) = cancelling.join().unwrap();
        assert_eq!((leaving.wakes(), cancelled.wakes()), (usize::from(!was_there), usize::from(!was_cancelled)));
        assert!(waiters.iter().all(|waiter| waiter.wakes() == 1));
        deliver(&list, RECEIVERS);
        assert_eq!(new.wakes(), 1);
        waiters.extend([new, cancelled]);
        assert_all_can_wait(&list, &mut waiters);
        (was_there, was_cancelled)
    });
    assert_eq!(outcomes, BTreeSet::from([(false, false), (false, true), (true, false), (true, true)]));
}

/// G3. Receivers and senders wait in one list. A delivery to the receivers and one to the senders at once each wake only their own
/// waiters. Broken by a delivery that begins with the wrong head, and by heads of deliveries that share a slot.
#[test]
fn receivers_and_senders_are_woken_apart() {
    let outcomes = model(UNBOUNDED, || {
        let list = Arc::new(WaitList::default());
        let heads = [RECEIVERS, SENDERS, RECEIVERS, SENDERS, RECEIVERS, SENDERS];
        let mut waiters = heads.map(|head| Waiter::registered(&list, head));
        let [receivers, senders] = [RECEIVERS, SENDERS].map(|head| {
            let list = list.clone();
            thread::spawn(move || deliver(&list, head))
        });
        let mut new = Waiter::new(SENDERS);
        new.register(&list);
        receivers.join().unwrap();
        senders.join().unwrap();
        assert!(waiters.iter().all(|waiter| waiter.wakes() == 1));
        let early = new.wakes();
        deliver(&list, RECEIVERS);
        assert_eq!(new.wakes(), early);
        deliver(&list, SENDERS);
        assert_eq!(new.wakes(), 1);
        assert_all_can_wait(&list, waiters.iter_mut().chain([&mut new]));
        early
    });
    assert_eq!(outcomes, BTreeSet::from([0, 1]));
}
