#![expect(clippy::disallowed_types, reason = "the tasks are not the channel's")]

use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::sync::atomic::AtomicUsize as Counter;
use core::time::Duration;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use super::wait_list::{Entries, Entry, FEW, KEPT, Round};
use super::*;
use crate::sync::{HAS_CRITICAL_SECTIONS, Ordering};

const MANY: usize = 40;

/// A task that counts its wake-ups.
#[derive(Default)]
struct Task(Counter);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A task and its ticket, in the list of the first lane.
struct Waiter {
    task: Arc<Task>,
    ticket: Ticket,
}

impl Waiter {
    fn new() -> Self {
        Self { task: Arc::default(), ticket: Ticket::new(0) }
    }

    fn register(&mut self, waiters: &Waiters) {
        drop(waiters.register(&mut self.ticket, self.task.clone().into()));
    }

    fn registered(waiters: &Waiters) -> Self {
        let mut waiter = Self::new();
        waiter.register(waiters);
        waiter
    }

    fn crowd(waiters: &Waiters, count: usize) -> Vec<Self> {
        (0..count).map(|_| Self::registered(waiters)).collect()
    }

    /// Returns `true` if the waker was still in the list.
    fn cancel(&mut self, waiters: &Waiters) -> bool {
        waiters.cancel(&mut self.ticket).is_some()
    }

    fn wakes(&self) -> usize {
        self.task.0.load(Ordering::Relaxed)
    }
}

fn wakes(waiters: &[Waiter]) -> Vec<usize> {
    waiters.iter().map(Waiter::wakes).collect()
}

/// A delivery to the first lane. Returns `false` if it leaves the waiting bit set.
fn deliver(waiters: &Waiters) -> bool {
    let word = AtomicUsize::new(1);
    waiters.notify(1, None, (&word, !1));
    word.load(Ordering::Relaxed) == 0
}

/// The entries that the larger vector of the first list has room for.
fn room(waiters: &Waiters) -> usize {
    let room = |entries: &mut Entries| entries.waiting.capacity().max(entries.previous.entries.capacity());
    waiters.lists.get().map_or(0, |lists| lists.first.entries.with(room))
}

#[test]
fn all_that_wait_are_woken_once_in_their_order() {
    /// Notes its number when it is woken.
    struct Noted(usize, Arc<Mutex<Vec<usize>>>);

    impl Wake for Noted {
        fn wake(self: Arc<Self>) {
            self.1.lock().unwrap().push(self.0);
        }
    }

    for count in [0, 1, 2, 3, 100] {
        let (waiters, woken) = (Waiters::default(), Arc::new(Mutex::new(Vec::new())));
        for _ in 0..3 {
            let mut tickets: Vec<_> = (0..count).map(|_| Ticket::new(0)).collect();
            for (number, ticket) in tickets.iter_mut().enumerate() {
                assert!(waiters.register(ticket, Arc::new(Noted(number, woken.clone())).into()).is_none());
            }
            assert_eq!(deliver(&waiters), HAS_CRITICAL_SECTIONS && count > 0);
            assert!(woken.lock().unwrap().drain(..).eq(0..count));
            deliver(&waiters);
            assert!(woken.lock().unwrap().is_empty(), "nothing is left for the next delivery");
        }
    }
}

#[test]
fn a_ticket_of_an_earlier_round_is_void() {
    let waiters = Waiters::default();
    for count in [1, MANY] {
        let mut old = Waiter::crowd(&waiters, count);
        deliver(&waiters);
        // These are in the same entries, so an old ticket that is not void cancels one of them.
        let mut new = Waiter::crowd(&waiters, count);
        assert!(old.iter_mut().all(|waiter| !waiter.cancel(&waiters)));
        deliver(&waiters);
        assert!(wakes(&old).iter().chain(&wakes(&new)).all(|wakes| *wakes == 1));
        assert!(new.iter_mut().all(|waiter| !waiter.cancel(&waiters)));
    }
}

#[test]
fn a_task_that_registers_again_replaces_its_waker() {
    let waiters = Waiters::default();
    let mut crowd = Waiter::crowd(&waiters, 3);
    let other = Arc::new(Task::default());
    let replaced = waiters.register(&mut crowd[1].ticket, other.clone().into()).unwrap();
    assert!(replaced.will_wake(&crowd[1].task.clone().into()));
    deliver(&waiters);
    assert_eq!(wakes(&crowd), [1, 0, 1]);
    assert_eq!(other.0.load(Ordering::Relaxed), 1);
    // In the next round it has an entry of its own, and not the one that it had.
    let mut new = Waiter::crowd(&waiters, 2);
    crowd[1].register(&waiters);
    assert!(new.iter_mut().chain(&mut crowd[1..2]).all(|waiter| waiter.cancel(&waiters)));
}

#[test]
fn a_cancelled_wait_is_not_woken_and_its_entry_is_used_again() {
    let waiters = Waiters::default();
    let mut crowd = Waiter::crowd(&waiters, MANY);
    let before = room(&waiters);
    for _ in 0..1_000 {
        for place in [0, 20, MANY - 1] {
            assert!(crowd[place].cancel(&waiters));
            assert!(!crowd[place].cancel(&waiters));
        }
        for place in [20, 0, MANY - 1] {
            crowd[place].register(&waiters);
        }
    }
    assert_eq!(room(&waiters), before);
    assert!(crowd[7].cancel(&waiters));
    deliver(&waiters);
    let expected: Vec<_> = (0..MANY).map(|place| usize::from(place != 7)).collect();
    assert_eq!(wakes(&crowd), expected);
    // The entry that was free is none of the next round.
    let next = Waiter::crowd(&waiters, MANY);
    deliver(&waiters);
    assert!(wakes(&next).iter().all(|wakes| *wakes == 1));
}

/// Broken by a delivery that ends with the entry of a cancelled wait.
#[test]
fn whichever_wait_is_cancelled_all_others_are_woken() {
    for count in [2, 3, MANY] {
        for place in 0..count {
            let waiters = Waiters::default();
            let mut crowd = Waiter::crowd(&waiters, count);
            assert!(crowd[place].cancel(&waiters));
            deliver(&waiters);
            let expected: Vec<_> = (0..count).map(|other| usize::from(other != place)).collect();
            assert_eq!(wakes(&crowd), expected);
        }
    }
}

/// Registers again the first time that it is woken, sends, and counts its wake-ups.
struct Interrupt {
    waiters: Arc<Waiters>,
    new: Mutex<Option<Waiter>>,
    waits_again: bool,
}

impl Wake for Interrupt {
    fn wake(self: Arc<Self>) {
        let mut new = self.new.lock().unwrap();
        if let Some(new) = new.as_mut().filter(|_| self.waits_again) {
            new.register(&self.waiters);
        }
        drop(new);
        deliver(&self.waiters);
    }
}

/// With critical sections, a delivery in the middle of another one wakes what that one has still to
/// wake, whether or not a task has begun to wait in between. Otherwise it wakes only that task.
#[test]
fn a_delivery_in_the_middle_of_another_leaves_no_interrupted_task_asleep() {
    for waits_again in [false, true] {
        let waiters = Arc::new(Waiters::default());
        let interrupt =
            Arc::new(Interrupt { waiters: waiters.clone(), new: Mutex::new(Some(Waiter::new())), waits_again });
        /// Notes how often the others have been woken once the interrupt is over.
        struct Outer(Arc<Interrupt>, Vec<Arc<Task>>, Mutex<Vec<usize>>);
        impl Wake for Outer {
            fn wake(self: Arc<Self>) {
                self.0.clone().wake();
                self.2.lock().unwrap().extend(self.1.iter().map(|task| task.0.load(Ordering::Relaxed)));
            }
        }
        let mut others: Vec<_> = (0..MANY).map(|_| Waiter::new()).collect();
        let tasks = others.iter().map(|waiter| waiter.task.clone()).collect();
        let outer = Arc::new(Outer(interrupt.clone(), tasks, Mutex::default()));
        drop(waiters.register(&mut Ticket::new(0), outer.clone().into()));
        others.iter_mut().for_each(|waiter| waiter.register(&waiters));
        deliver(&waiters);
        assert!(wakes(&others).iter().all(|wakes| *wakes == 1));
        assert_eq!(*outer.2.lock().unwrap(), [usize::from(HAS_CRITICAL_SECTIONS); MANY]);
        assert_eq!(interrupt.new.lock().unwrap().as_ref().unwrap().wakes(), usize::from(waits_again));
    }
}

/// On two cores, the rounds that others begin do not keep a delivery from its end.
#[test]
fn a_delivery_leaves_later_rounds_to_others() {
    if !HAS_CRITICAL_SECTIONS {
        // Each delivery takes a round of its own out of the list.
        return;
    }
    let waiters = Waiters::default();
    let crowd = Waiter::crowd(&waiters, MANY);
    let list = &waiters.lists.get().unwrap().first;
    let bit = AtomicUsize::new(0);
    let take = |begun: &mut Option<usize>| {
        let mut one = Entry::Free(0);
        let goes_on = list.take(&mut one, &mut Round::default(), begun, (&bit, 0));
        one.take().unwrap().wake();
        goes_on
    };
    let [mut first, mut second] = [None, None];
    assert!(take(&mut first));
    let next_crowd = Waiter::crowd(&waiters, MANY);
    while wakes(&next_crowd)[0] == 0 {
        assert!(take(&mut second));
    }
    assert!(wakes(&crowd).iter().all(|wakes| *wakes == 1), "the second one helps the first");
    assert!(!take(&mut first));
    while take(&mut second) {}
    assert!(wakes(&next_crowd).iter().all(|wakes| *wakes == 1));
}

/// A task that waits again in the middle of a delivery belongs to the next round. One of the others
/// has cancelled its wait, so there is a free entry.
#[test]
fn a_task_that_waits_again_is_not_woken_twice() {
    for count in [2, 3, MANY] {
        let waiters = Arc::new(Waiters::default());
        let again = Arc::new(WaitsAgain(waiters.clone(), Mutex::new(Waiter::new()), Counter::new(0)));
        drop(waiters.register(&mut Ticket::new(0), again.clone().into()));
        let mut others = Waiter::crowd(&waiters, count);
        assert!(others[count - 1].cancel(&waiters));
        for delivery in 1..=3 {
            deliver(&waiters);
            assert_eq!(again.2.load(Ordering::Relaxed), delivery);
        }
        let expected: Vec<_> = (0..count).map(|other| usize::from(other != count - 1)).collect();
        assert_eq!(wakes(&others), expected);
        assert!(again.1.lock().unwrap().cancel(&waiters));
    }
}

/// The first task begins the waits of as many tasks as the round has. One of the others has
/// cancelled its wait, so there is a free entry.
#[test]
fn tasks_that_begin_to_wait_during_a_delivery_are_not_woken_by_it() {
    struct Begins(Arc<Waiters>, Mutex<Vec<Waiter>>);
    impl Wake for Begins {
        fn wake(self: Arc<Self>) {
            self.1.lock().unwrap().iter_mut().for_each(|waiter| waiter.register(&self.0));
        }
    }
    let waiters = Arc::new(Waiters::default());
    let begins = Arc::new(Begins(waiters.clone(), Mutex::new((0..MANY).map(|_| Waiter::new()).collect())));
    drop(waiters.register(&mut Ticket::new(0), begins.clone().into()));
    let mut others = Waiter::crowd(&waiters, MANY);
    assert!(others[MANY - 1].cancel(&waiters));
    deliver(&waiters);
    assert!(wakes(&begins.1.lock().unwrap()).iter().all(|wakes| *wakes == 0));
    deliver(&waiters);
    assert!(wakes(&begins.1.lock().unwrap()).iter().all(|wakes| *wakes == 1));
}

#[test]
fn waits_after_all_have_been_cancelled_have_entries_of_their_own() {
    for order in orders(5) {
        let waiters = Waiters::default();
        let mut crowd = Waiter::crowd(&waiters, 5);
        order.iter().for_each(|place| assert!(crowd[*place].cancel(&waiters)));
        let next = Waiter::crowd(&waiters, 10);
        deliver(&waiters);
        assert!(wakes(&next).iter().all(|wakes| *wakes == 1));
    }
}

/// Waits again each time that it is woken, and counts that.
struct WaitsAgain(Arc<Waiters>, Mutex<Waiter>, Counter);

impl Wake for WaitsAgain {
    fn wake(self: Arc<Self>) {
        self.2.fetch_add(1, Ordering::Relaxed);
        let waker = self.clone().into();
        drop(self.0.register(&mut self.1.lock().unwrap().ticket, waker));
    }
}

/// The waiting bit stays set while a task waits.
#[test]
fn a_delivery_clears_the_bit_of_an_empty_list_with_critical_sections() {
    let waiters = Arc::new(Waiters::default());
    /// Begins the wait of another task when it is woken.
    struct OtherWaits(Arc<Waiters>, Mutex<Waiter>);
    impl Wake for OtherWaits {
        fn wake(self: Arc<Self>) {
            self.1.lock().unwrap().register(&self.0);
        }
    }
    let again = Arc::new(OtherWaits(waiters.clone(), Mutex::new(Waiter::new())));
    drop(waiters.register(&mut Ticket::new(0), again.clone().into()));
    let _other = Waiter::registered(&waiters);
    assert!(!deliver(&waiters), "a task waits");
    assert_eq!(deliver(&waiters), HAS_CRITICAL_SECTIONS);
    assert_eq!(deliver(&waiters), HAS_CRITICAL_SECTIONS);
    assert_eq!(again.1.lock().unwrap().wakes(), 1);
}

#[test]
fn a_delivery_keeps_no_vector_that_is_much_larger_than_its_round() {
    let waiters = Waiters::default();
    for few in [8, 1, 8] {
        let _crowd = Waiter::crowd(&waiters, 10_000);
        deliver(&waiters);
        let steady = room(&waiters);
        assert!(steady >= 10_000);
        // A round that is not much smaller changes nothing.
        let _crowd = Waiter::crowd(&waiters, 3_000);
        deliver(&waiters);
        assert_eq!(room(&waiters), steady);
        // A delivery to an empty list is no round.
        deliver(&waiters);
        assert_eq!(room(&waiters), steady);
        // With critical sections, every second round uses the large vector.
        for _ in 0..if HAS_CRITICAL_SECTIONS { 2 } else { 1 } {
            let _few = Waiter::crowd(&waiters, few);
            deliver(&waiters);
        }
        assert!(room(&waiters) <= KEPT, "{}", room(&waiters));
    }
}

#[test]
fn a_list_in_which_no_task_waits_keeps_room_for_a_few() {
    for stay in [0, 1, FEW] {
        if HAS_CRITICAL_SECTIONS && stay > 0 {
            // Only the next delivery frees the memory.
            continue;
        }
        let waiters = Waiters::default();
        let _staying = Waiter::crowd(&waiters, stay);
        for _ in 0..3 {
            let mut crowd = Waiter::crowd(&waiters, 100_000);
            assert!(room(&waiters) >= 100_000);
            assert!(crowd.iter_mut().all(|waiter| waiter.cancel(&waiters)));
            assert!(room(&waiters) <= KEPT, "{}", room(&waiters));
        }
    }
}

/// Which of a crowd are cancelled, in which order.
fn orders(count: usize) -> [Vec<usize>; 3] {
    let forwards: Vec<_> = (0..count).collect();
    let backwards = forwards.iter().copied().rev().collect();
    let mixed = (0..count).map(|i| i * 7 % count).collect();
    [forwards, backwards, mixed]
}

#[test]
fn crowds_that_come_and_go_find_their_room_again() {
    for (count, stay) in [(10, 0), (20, 0), (60, 0), (400, 0), (400, 1), (400, 8)] {
        for order in orders(count) {
            let waiters = Waiters::default();
            let _staying = Waiter::crowd(&waiters, stay);
            let mut rooms = Vec::new();
            for _ in 0..5 {
                let mut crowd = Waiter::crowd(&waiters, count);
                order.iter().for_each(|place| assert!(crowd[*place].cancel(&waiters)));
                rooms.push(room(&waiters));
            }
            assert!(
                rooms[1..].iter().all(|room| *room == rooms[1] && *room >= count),
                "{count} beside {stay}: {rooms:?}"
            );
        }
    }
}

/// A task may begin and cancel a wait before the others of its crowd wait again.
#[test]
fn a_cancelled_wait_between_large_rounds_frees_nothing() {
    let waiters = Waiters::default();
    let mut rooms = Vec::new();
    for _ in 0..5 {
        let _crowd = Waiter::crowd(&waiters, 10_000);
        deliver(&waiters);
        assert!(Waiter::registered(&waiters).cancel(&waiters));
        rooms.push(room(&waiters));
    }
    assert!(rooms[2..].iter().all(|room| *room == rooms[2] && *room >= 10_000), "{rooms:?}");
}

/// All tasks wait again when they are woken, and the last one sends. Broken by a delivery that
/// does not give its vector back.
#[test]
fn deliveries_inside_of_deliveries_find_their_room_again() {
    struct Again(Arc<Waiters>, Mutex<Ticket>, Counter);
    impl Wake for Again {
        fn wake(self: Arc<Self>) {
            drop(self.0.register(&mut self.1.lock().unwrap(), self.clone().into()));
            if self.2.swap(0, Ordering::Relaxed) > 0 {
                deliver(&self.0);
            }
        }
    }
    let waiters = Arc::new(Waiters::default());
    let again = [(); MANY].map(|()| Arc::new(Again(waiters.clone(), Mutex::new(Ticket::new(0)), Counter::new(0))));
    again.iter().for_each(|task| drop(waiters.register(&mut task.1.lock().unwrap(), task.clone().into())));
    for _ in 0..5 {
        again[MANY - 1].2.store(1, Ordering::Relaxed);
        deliver(&waiters);
        assert!((MANY..=2 * MANY).contains(&room(&waiters)));
        let spare = |entries: &mut Entries| entries.previous.entries.capacity();
        assert!(waiters.lists.get().unwrap().first.entries.with(spare) >= MANY);
    }
    again.iter().for_each(|task| drop(waiters.cancel(&mut task.1.lock().unwrap())));
}

/// A task finds the vector full, and a delivery comes before the list grows for it.
#[test]
fn a_growth_that_is_no_longer_needed_changes_nothing() {
    let waiters = Waiters::default();
    for _ in 0..3 {
        let _crowd = Waiter::crowd(&waiters, MANY);
        deliver(&waiters);
    }
    let list = &waiters.lists.get().unwrap().first;
    let room = || list.entries.with(|entries| entries.waiting.capacity());
    let before = room();
    list.resize(MANY, true);
    assert_eq!(room(), before);
}

/// The one that stays is in one of the last entries.
#[test]
fn a_list_that_shrinks_never_grows() {
    let waiters = Waiters::default();
    let mut crowd = Waiter::crowd(&waiters, 600);
    let before = room(&waiters);
    for place in (0..600).filter(|place| *place != 590) {
        assert!(crowd[place].cancel(&waiters));
    }
    assert_eq!(room(&waiters), before);
}

#[test]
fn the_second_vector_of_a_large_list_goes_with_the_first() {
    if HAS_CRITICAL_SECTIONS {
        // It goes with the next delivery.
        return;
    }
    let waiters = Arc::new(Waiters::default());
    let again = || Arc::new(WaitsAgain(waiters.clone(), Mutex::new(Waiter::new()), Counter::new(0)));
    let crowd: Vec<_> = (0..10_000).map(|_| again()).collect();
    for task in &crowd {
        drop(waiters.register(&mut task.1.lock().unwrap().ticket, task.clone().into()));
    }
    deliver(&waiters);
    assert!(crowd.iter().all(|task| task.1.lock().unwrap().cancel(&waiters)));
    assert!(room(&waiters) <= KEPT, "{}", room(&waiters));
}

#[test]
fn after_a_crowd_has_left_those_that_stay_are_woken() {
    let waiters = Waiters::default();
    let mut staying = Waiter::crowd(&waiters, FEW);
    let mut crowd = Waiter::crowd(&waiters, 1_000);
    assert!(staying[3].cancel(&waiters) && staying[9].cancel(&waiters));
    assert!(crowd.iter_mut().all(|waiter| waiter.cancel(&waiters)));
    // New waits take the two free entries first.
    let new = Waiter::crowd(&waiters, 3);
    assert!(HAS_CRITICAL_SECTIONS || room(&waiters) <= KEPT);
    deliver(&waiters);
    let expected: Vec<_> = (0..FEW).map(|place| usize::from(place != 3 && place != 9)).collect();
    assert_eq!(wakes(&staying), expected);
    assert_eq!(wakes(&new), [1, 1, 1]);
    assert!(wakes(&crowd).iter().all(|wakes| *wakes == 0));
}

/// Waits that begin from then on are in the lanes of their receivers, and those before stay where
/// they are.
#[test]
fn a_wait_that_finds_the_lock_held_makes_the_other_lanes() {
    if LANES == 1 {
        return;
    }
    let waiters = Waiters::default();
    let mut waiting: Vec<_> = (0..LANES).map(|_| Waiter::new()).collect();
    for (number, waiter) in (0..).zip(&mut waiting) {
        waiter.ticket = Ticket::new(number);
        waiter.register(&waiters);
        assert_eq!(waiter.ticket.lane, 0);
    }
    let mut other = Waiter::new();
    other.ticket = Ticket::new(1);
    waiters.lists.get().unwrap().first.entries.with(|_| other.register(&waiters));
    assert_eq!(other.ticket.lane, 1);
    for (number, waiter) in (0..).zip(&mut waiting) {
        waiter.register(&waiters);
        assert_eq!(waiter.ticket.lane, 0, "a wait stays in its lane");
        assert!(waiter.cancel(&waiters));
        waiter.register(&waiters);
        assert_eq!(waiter.ticket.lane, number);
    }
    waiters.notify((1 << LANES) - 1, None, (&AtomicUsize::new(0), 0));
    assert!(waiting.iter().chain([&other]).all(|waiter| waiter.wakes() == 1));
}

/// Threads wait as receivers do, beside waits that come and go, until all versions have been sent.
/// Some wakers send as well. (With critical sections, which a model cannot have, this is as if the
/// firmware had several cores.)
#[test]
fn no_task_stays_asleep_however_threads_wait_cancel_and_send() {
    /// One version in the word. The bit below is the waiting bit.
    const STEP: usize = 2;
    const VERSIONS: usize = 20_000;
    const LONG: Duration = Duration::from_secs(60);

    struct Shared(Waiters, AtomicUsize);
    impl Shared {
        fn send(&self) {
            let clear = usize::from(!HAS_CRITICAL_SECTIONS);
            let taken = self.1.fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| Some((word + STEP) & !clear));
            if taken.unwrap() & 1 != 0 {
                self.0.notify(1, None, (&self.1, !1));
            }
        }
    }

    struct Sleeper(Arc<Shared>, thread::Thread, Counter);
    impl Wake for Sleeper {
        fn wake(self: Arc<Self>) {
            if self.2.fetch_add(1, Ordering::Relaxed) % 8 == 0 {
                self.0.send();
            }
            self.1.unpark();
        }
    }

    let shared = Arc::new(Shared(Waiters::default(), AtomicUsize::new(0)));
    let receive = |number: usize| {
        let sleeper = Arc::new(Sleeper(shared.clone(), thread::current(), Counter::new(number)));
        let (mut ticket, mut seen) = (Ticket::new(0), 0);
        let mut others: Vec<_> = (0..4).map(|_| Waiter::new()).collect();
        while seen / STEP < VERSIONS {
            others[seen / STEP % 4].register(&shared.0);
            others[(seen / STEP + number) % 4].cancel(&shared.0);
            drop(shared.0.register(&mut ticket, sleeper.clone().into()));
            let word = shared.1.fetch_or(1, Ordering::AcqRel);
            if word / STEP == seen / STEP {
                let start = Instant::now();
                thread::park_timeout(LONG);
                assert!(start.elapsed() < LONG, "it was left asleep");
            }
            seen = word;
        }
        drop(shared.0.cancel(&mut ticket));
        for other in &mut others {
            other.cancel(&shared.0);
        }
        (sleeper, others)
    };
    thread::scope(|scope| {
        let receivers = [0, 1, 2].map(|number| scope.spawn(move || receive(number)));
        while receivers.iter().any(|receiver| !receiver.is_finished()) {
            shared.send();
            thread::yield_now();
        }
        for (sleeper, others) in receivers.map(|receiver| receiver.join().unwrap()) {
            assert_eq!(Arc::strong_count(&sleeper), 1);
            assert!(others.iter().all(|other| Arc::strong_count(&other.task) == 1));
        }
    });
}

#[test]
fn senders_wait_in_a_list_of_their_own() {
    let waiters = Waiters::default();
    let receiver = Waiter::registered(&waiters);
    let mut sender = Waiter::new();
    sender.ticket = Ticket::new(SENDERS as u8);
    sender.register(&waiters);
    deliver(&waiters);
    assert_eq!((receiver.wakes(), sender.wakes()), (1, 0));
    waiters.notify(1 << SENDERS, None, (&AtomicUsize::new(0), 0));
    assert_eq!((receiver.wakes(), sender.wakes()), (1, 1));
}

#[test]
fn a_wait_that_has_been_leaked_keeps_its_waker_only_as_long_as_the_list() {
    let waiters = Waiters::default();
    let task = Waiter::registered(&waiters).task;
    assert_eq!(Arc::strong_count(&task), 2);
    drop(waiters);
    assert_eq!(Arc::strong_count(&task), if HAS_CRITICAL_SECTIONS { 2 } else { 1 });
}
