//! Several receivers, in one wait list, or in two once two threads have met.
//! `src/wake/loom_tests.rs` has models of the lists alone.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use loom::thread::{self, JoinHandle, ThreadId};
use watch_channel::{Receiver, Sender};

use crate::common::Task;
use crate::common::wakers::{Event, on_each_event, register};
use crate::{
    UNBOUNDED, assert_all_can_wait, end_of_a_wait, explore, lane_mates, poll, polled, reaches, send_or_close, sending,
    shorter,
};

/// Registers a receiver with a new task.
fn registered(rx: &mut Receiver<u32>) -> Task {
    let task = Task::new();
    assert!(poll(&task, rx).is_pending());
    task
}

/// Polls a receiver on a new thread. That returns whether it was pending, its task, and the
/// receiver.
fn polling(mut rx: Receiver<u32>) -> JoinHandle<(bool, Task, Receiver<u32>)> {
    thread::spawn(move || {
        let task = Task::new();
        (poll(&task, &mut rx).is_pending(), task, rx)
    })
}

/// How a poll during a send has ended once that send has returned. A task that waits for the next
/// version is woken by it, at the latest.
#[track_caller]
fn after_a_send(is_pending: bool, task: &Task, rx: &Receiver<u32>, tx: &Sender<u32>) -> &'static str {
    let outcome = match (is_pending, rx.has_unseen()) {
        (false, false) => {
            assert_eq!(task.wakers_kept(), 0);
            return "ready";
        }
        (true, true) => "woken",
        (true, false) => {
            // If the new registration comes before the delivery begins, the delivery may find it.
            if task.wakes() == 0 {
                tx.set(2);
            }
            "waits for the next version"
        }
        (false, true) => panic!("ready without a new version"),
    };
    assert_eq!((task.wakes(), task.wakers_kept()), (1, 0));
    outcome
}

/// G1. One receiver waits, and another one is polled while the sender sends or closes the channel.
/// The second receiver finds the waiting bit set and does not set it again. Broken by a check of the
/// bit that comes before the waker is in the list.
#[test]
pub(crate) fn g1_a_waiting_bit_that_another_receiver_has_set() {
    for closes in [false, true] {
        explore(UNBOUNDED, ["ready", "ready and woken", "woken"], move || {
            let (tx, [mut first, mut second]) = lane_mates();
            // The list already has an entry for it, so it need not grow.
            Task::new().poll_pending(second.changed());
            let first_task = registered(&mut first);
            let sender = thread::spawn(move || send_or_close(tx, closes));
            let (task, is_pending) = polled(&mut second);
            let tx = sender.join().unwrap();
            assert_eq!(first_task.wakes(), 1);
            let end = end_of_a_wait(is_pending, &task);
            if let Some(tx) = tx {
                assert_all_can_wait(&tx, [&mut first, &mut second]);
            }
            end
        });
    }
}

/// G1, G6. A wait is dropped at each place of a delivery of five. Broken by a dropped wait that
/// leaves its waker, and by a delivery that ends early.
#[test]
pub(crate) fn g6_a_dropped_wait_against_a_delivery() {
    for place in 0..5 {
        explore(UNBOUNDED, [0, 1], move || {
            let (tx, mut mates) = lane_mates::<5>();
            let tasks = [(); 5].map(|()| Task::new());
            let mut waits = mates.each_mut().map(|rx| Some(Box::pin(rx.changed())));
            for (task, wait) in tasks.iter().zip(waits.iter_mut().flatten()) {
                assert!(task.poll(wait).is_pending());
            }
            let sender = sending(tx, [1]);
            drop(waits[place].take());
            let tx = sender.join().unwrap();
            for (i, task) in tasks.iter().enumerate() {
                assert_eq!(task.wakers_kept(), 0);
                assert!(task.wakes() == 1 || i == place, "{i}");
            }
            drop(waits);
            assert_all_can_wait(&tx, &mut mates);
            tasks[place].wakes()
        });
    }
}

/// G1. A receiver with a registration, at each place of a delivery of four, is polled again by
/// another task, with or without marking the new version as seen before. Broken by a registration
/// that goes back to its entry of an earlier round, and by a wait that takes a kept registration
/// for a refreshed one.
#[test]
pub(crate) fn g1_a_repeated_poll_against_a_delivery() {
    for place in 0..4 {
        let expected = [
            ("ready", 0),
            ("ready", 1),
            ("waits for the next version", 0),
            ("waits for the next version", 1),
            ("woken", 0),
        ];
        explore(UNBOUNDED, expected, move || {
            let (tx, mut mates) = lane_mates::<4>();
            let tasks = mates.each_mut().map(registered);
            let sender = sending(tx, [1]);
            let task = Task::new();
            mates[place].mark_unchanged();
            let is_pending = poll(&task, &mut mates[place]).is_pending();
            let tx = sender.join().unwrap();
            for (i, task) in tasks.iter().enumerate() {
                assert_eq!(task.wakers_kept(), 0);
                assert!(task.wakes() == 1 || i == place, "{i}");
            }
            let outcome = after_a_send(is_pending, &task, &mates[place], &tx);
            let old_wakes = tasks[place].wakes();
            assert_all_can_wait(&tx, &mut mates);
            (outcome, old_wakes)
        });
    }
}

/// G1. A receiver is dropped, at each place of a delivery of three, and a new one gets its entry.
/// Broken by a drop that leaves its waker, and by a delivery that finds the entry's next owner in
/// its round.
#[test]
pub(crate) fn g1_a_dropped_receiver_against_a_delivery() {
    for place in 0..3 {
        let expected =
            [("ready", 0), ("waits for the next version", 0), ("waits for the next version", 1), ("woken", 0)];
        explore(UNBOUNDED, expected, move || {
            let (tx, mut mates) = lane_mates::<3>();
            let mut tasks = Vec::from(mates.each_mut().map(registered));
            let mut mates = Vec::from(mates);
            let other = tx.clone();
            let sender = sending(tx, [1]);
            drop(mates.remove(place));
            let dropped = tasks.remove(place);
            let mut new = other.subscribe();
            let (task, is_pending) = polled(&mut new);
            let tx = sender.join().unwrap();
            assert_eq!(dropped.wakers_kept(), 0);
            assert!(tasks.iter().all(|task| (task.wakes(), task.wakers_kept()) == (1, 0)));
            let outcome = after_a_send(is_pending, &task, &new, &tx);
            mates.push(new);
            assert_all_can_wait(&tx, &mut mates);
            (outcome, dropped.wakes())
        });
    }
}

/// The threads that have woken a task.
#[derive(Clone, Default)]
struct Witness(Arc<Mutex<Vec<ThreadId>>>);

impl Witness {
    fn waker(&self) -> Waker {
        let threads = self.0.clone();
        on_each_event(move |event| {
            if event == Event::Wake {
                threads.lock().unwrap().push(thread::current().id());
            }
        })
    }

    fn threads(&self) -> Vec<ThreadId> {
        self.0.lock().unwrap().clone()
    }
}

/// G1, G3. Two senders deliver to one list at once. Broken by a waker that
/// both take, and by a delivery that leaves wakers.
#[test]
pub(crate) fn g3_two_deliveries_at_once() {
    // When the second send returned, the first delivery had not begun, or was over.
    reaches(3, [(true, 0), (true, 3)], || {
        let (tx, mut mates) = lane_mates::<6>();
        let witnesses: [Witness; 6] = Default::default();
        for rx in &mut mates[3..] {
            Task::new().poll_pending(rx.changed());
        }
        witnesses.iter().zip(&mut mates[..3]).for_each(|(witness, rx)| register(rx, &witness.waker()));
        let other = tx.clone();
        let sender = sending(tx, [1]);
        let mut are_pending = true;
        for (witness, rx) in witnesses[3..].iter().zip(&mut mates[3..]) {
            rx.mark_unchanged();
            are_pending &= rx.poll_changed(&mut Context::from_waker(&witness.waker())).is_pending();
        }
        other.set(2);
        let woken = witnesses[..3].iter().filter(|witness| !witness.threads().is_empty()).count();
        let tx = sender.join().unwrap();
        assert!(witnesses[..3].iter().all(|witness| witness.threads().len() == 1), "each is woken once");
        if are_pending {
            assert!(witnesses[3..].iter().all(|witness| witness.threads().len() == 1));
        }
        assert_all_can_wait(&tx, &mut mates);
        (are_pending, woken)
    });
}

/// G1. A receiver waits for the first time in a list that must grow for it, against a delivery of
/// one, and of more. Broken by a growth that loses free entries or wakers.
#[test]
pub(crate) fn g1_growth_against_a_delivery() {
    fn check<const N: usize>() {
        explore(UNBOUNDED, ["ready", "ready and woken", "woken"], || {
            let (tx, mut mates) = lane_mates::<N>();
            let (new, others) = mates.split_last_mut().unwrap();
            let tasks = others.iter_mut().map(registered).collect::<Vec<_>>();
            let sender = sending(tx, [1]);
            let (task, is_pending) = polled(new);
            let tx = sender.join().unwrap();
            assert!(tasks.iter().all(|task| task.wakes() == 1));
            let end = end_of_a_wait(is_pending, &task);
            assert_all_can_wait(&tx, &mut mates);
            end
        });
    }
    check::<2>();
    check::<3>();
    check::<7>();
}

/// G1. Two receivers wait for the first time in a list that must grow for both. Then others use up
/// its room. Broken by a growth that does not check whether another caller has grown the list.
#[test]
pub(crate) fn g1_two_growths_at_once() {
    explore(UNBOUNDED, [()], || {
        let (tx, mates) = lane_mates::<12>();
        let mut mates = Vec::from(mates);
        let last = mates.pop().unwrap();
        let task = registered(&mut mates[0]);
        let other = polling(last);
        let third_task = registered(&mut mates[1]);
        let (is_pending, second_task, last) = other.join().unwrap();
        assert!(is_pending);
        mates.push(last);
        tx.set(1);
        assert_eq!([&task, &second_task, &third_task].map(|task| task.wakes()), [1; 3]);
        assert_all_can_wait(&tx, &mut mates);
    });
}

/// G1. A crowd of receivers that wait is dropped, so their list shrinks, while another one waits
/// for the first time: beside some that stay, or alone. Broken by a list that shrinks although a
/// task has registered in the meantime, and by free entries that lead to the memory that is gone.
#[test]
pub(crate) fn g1_a_list_that_shrinks_against_a_first_wait() {
    // More than the few that a list keeps room for.
    const FULL: usize = 30;
    for dropped in [1, FULL] {
        explore(UNBOUNDED, [()], move || {
            let (tx, mates) = lane_mates::<{ FULL + 4 }>();
            let mut others = Vec::from(mates);
            let mut new = others.split_off(FULL);
            for rx in &mut others {
                Task::new().poll_pending(rx.changed());
            }
            others.truncate(dropped);
            let dropping = thread::spawn(move || drop(others));
            let task = Task::new();
            assert!(poll(&task, &mut new[0]).is_pending());
            dropping.join().unwrap();
            tx.set(1);
            assert_eq!(task.wakes(), 1);
            assert_all_can_wait(&tx, &mut new);
        });
    }
}

/// G1. Two receivers wait for the first time on a channel at once, and race to make its list.
/// Broken by a list that only one of them keeps.
#[test]
pub(crate) fn g1_two_first_waits_at_once() {
    explore(UNBOUNDED, [()], || {
        let (tx, [mut first, second]) = lane_mates();
        let other = polling(second);
        let task = registered(&mut first);
        let (other_is_pending, other_task, mut second) = other.join().unwrap();
        assert!(other_is_pending);
        tx.set(1);
        assert_eq!((task.wakes(), other_task.wakes()), (1, 1));
        assert_all_can_wait(&tx, [&mut first, &mut second]);
    });
}

/// G1, G6. A receiver drops its wait at once and waits again, while another one stays. Broken by a
/// dropped wait that takes the other's wake-up with it.
#[test]
pub(crate) fn g1_a_dropped_wait_and_another_against_a_send() {
    let expected = [(true, false, 0), (true, false, 1), (false, false, 0), (false, false, 1), (false, true, 0)];
    explore(shorter(3, 2), expected, || {
        let (tx, [stays, mut leaves]) = lane_mates();
        let staying = polling(stays);
        let sender = sending(tx, [1]);
        let left = Task::new();
        let is_over = left.poll_pinned(pin!(leaves.changed())).is_ready();
        let task = Task::new();
        let is_pending = !is_over && poll(&task, &mut leaves).is_pending();
        let tx = sender.join().unwrap();
        let (other_is_pending, other_task, mut stays) = staying.join().unwrap();
        assert_eq!((left.wakers_kept(), task.wakers_kept()), (0, 0));
        assert!(task.wakes() == 1 || !is_pending);
        assert!(other_task.wakes() == 1 || !other_is_pending);
        assert_all_can_wait(&tx, [&mut stays, &mut leaves]);
        (is_over, is_pending, left.wakes())
    });
}

/// G1. Two threads wait for the first time in one lane, and a third one sends. Broken by a check of
/// the waiting bit before the waker is in the list, and by a bit that is set before that.
#[test]
pub(crate) fn g1_waits_in_one_lane_against_a_send() {
    explore(shorter(3, 2), [(false, false), (false, true), (true, false), (true, true)], || {
        let (tx, [mut first, second]) = lane_mates();
        let sender = sending(tx, [1]);
        let other = polling(second);
        let (task, is_pending) = polled(&mut first);
        let (other_is_pending, other_task, mut second) = other.join().unwrap();
        let tx = sender.join().unwrap();
        end_of_a_wait(is_pending, &task);
        end_of_a_wait(other_is_pending, &other_task);
        assert_all_can_wait(&tx, [&mut first, &mut second]);
        (is_pending, other_is_pending)
    });
}

/// G1, G6. Five receivers wait in one lane. One of them and the wait of another one are dropped on
/// two threads, while a third thread sends. Broken by a dropped receiver or wait that leaves its
/// waker, and by a delivery that ends early.
#[test]
pub(crate) fn g6_a_receiver_and_a_wait_are_dropped_during_a_delivery() {
    explore(3, [(0, 0), (0, 1), (1, 0), (1, 1)], || {
        let (tx, mut mates) = lane_mates::<5>();
        let tasks = mates.each_mut().map(registered);
        let mut mates = Vec::from(mates);
        let leaves = mates.remove(3);
        let sender = sending(tx, [1]);
        let dropping = thread::spawn(move || drop(leaves));
        {
            let mut wait = pin!(mates[3].wait_for(|value| *value == 2));
            // The wait ends the receiver's registration, registers again if the send has not come
            // yet, and is dropped.
            let _ = tasks[4].poll_pinned(wait.as_mut());
        }
        dropping.join().unwrap();
        let tx = sender.join().unwrap();
        assert!(tasks.iter().all(|task| task.wakers_kept() == 0));
        assert!(tasks[..3].iter().all(|task| task.wakes() == 1));
        mates[3].mark_unchanged();
        assert_all_can_wait(&tx, &mut mates);
        (tasks[3].wakes(), tasks[4].wakes().min(1))
    });
}

/// G1, G6. Like the model above, with the close instead of a send: a wait and a receiver are
/// dropped on two threads, and a third one closes the channel.
#[test]
pub(crate) fn g6_a_receiver_and_a_wait_are_dropped_during_the_close() {
    explore(UNBOUNDED, [(0, 0), (0, 1), (1, 0), (1, 1)], || {
        let (tx, [mut first, mut second, mut third, mut leaves]) = lane_mates();
        let dropped = registered(&mut leaves);
        let tasks = [&mut first, &mut second].map(registered);
        let cancelled = Task::new();
        let mut wait = Box::pin(third.changed());
        assert!(cancelled.poll(&mut wait).is_pending());
        let closing = thread::spawn(move || drop(tx));
        let dropping = thread::spawn(move || drop(leaves));
        drop(wait);
        closing.join().unwrap();
        dropping.join().unwrap();
        assert_eq!((cancelled.wakers_kept(), dropped.wakers_kept()), (0, 0));
        assert!(tasks.iter().all(|task| (task.wakes(), task.wakers_kept()) == (1, 0)));
        for rx in [&mut first, &mut second, &mut third] {
            assert!(matches!(poll(&Task::new(), rx), Poll::Ready(Err(_))));
        }
        (cancelled.wakes(), dropped.wakes())
    });
}

/// G1, G3. Two threads send and deliver to one list, while a third one waits again. Broken by a
/// waker that both take, and by one that each leaves to the other.
#[test]
pub(crate) fn g3_two_deliveries_on_two_threads() {
    reaches(3, [(true, true, 0), (true, true, 1), (true, false, 0), (true, false, 1)], || {
        let (tx, mut mates) = lane_mates::<4>();
        let witnesses: [Witness; 4] = Default::default();
        witnesses.iter().zip(&mut mates).for_each(|(witness, rx)| register(rx, &witness.waker()));
        let other = tx.clone();
        let senders = [(tx, 1), (other, 2)].map(|(tx, value)| sending(tx, [value]));
        // Mostly this is in the middle of the first delivery, and then before, during or after the
        // second one.
        mates[3].mark_unchanged();
        let again = Task::new();
        let is_pending = poll(&again, &mut mates[3]).is_pending();
        let [tx, _other] = senders.map(|sender| sender.join().unwrap());
        let by = [0, 1, 2].map(|i: usize| witnesses[i].threads());
        assert!(by.iter().all(|threads| threads.len() == 1), "each is woken once");
        let is_unseen = mates[3].has_unseen();
        assert!(!is_pending || !is_unseen || again.wakes() == 1);
        assert!(again.wakes() <= 1);
        let old = witnesses[3].threads().len();
        assert_all_can_wait(&tx, &mut mates);
        (is_pending, is_unseen, old)
    });
}

/// G1. Two threads wait for the first time, in a list that must grow for each of them, while a
/// third one delivers. Broken by a growth that does not check whether another
/// caller has grown the list, and by one that loses free entries.
#[test]
pub(crate) fn g1_two_growths_against_a_delivery() {
    explore(3, [(false, false), (false, true), (true, false), (true, true)], || {
        let (tx, [mut a, mut b, mut c, mut first, second]) = lane_mates();
        let tasks = [&mut a, &mut b, &mut c].map(registered);
        let sender = sending(tx, [1]);
        let other = polling(second);
        let (task, is_pending) = polled(&mut first);
        let (other_is_pending, other_task, mut second) = other.join().unwrap();
        let tx = sender.join().unwrap();
        assert!(tasks.iter().all(|task| (task.wakes(), task.wakers_kept()) == (1, 0)));
        end_of_a_wait(is_pending, &task);
        end_of_a_wait(other_is_pending, &other_task);
        assert_all_can_wait(&tx, [&mut a, &mut b, &mut c, &mut first, &mut second]);
        (is_pending, other_is_pending)
    });
}
