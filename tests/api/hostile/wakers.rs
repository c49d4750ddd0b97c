//! Wakers that panic or use channels when they are cloned, woken or dropped.

use std::sync::{Arc, Mutex};

use super::waits::{Kind, Side, Wait};
use crate::common::wakers::{Event, Trap, panic_on_purpose, panics};
use crate::common::{Inline, Task, Waiting, must_end};

/// The moment at which a channel makes a waker act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// A poll clones it.
    Cloned,
    /// The event for which its task waits happens.
    Woken,
    /// A poll by another task replaces it.
    Replaced,
    /// Its wait is dropped.
    Cancelled,
}

impl Moment {
    const ALL: [Self; 4] = [Self::Cloned, Self::Woken, Self::Replaced, Self::Cancelled];

    fn event(self) -> Event {
        match self {
            Self::Cloned => Event::Clone,
            Self::Woken => Event::Wake,
            Self::Replaced | Self::Cancelled => Event::Drop,
        }
    }
}

/// What the waker does. It does not hold a lock of this test while it does so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    DropsAWait,
    DropsAWaitOfAnotherChannel,
    DropsAllWaits,
    Triggers,
    TriggersAnotherChannel,
    WaitsAnew,
    PollsTheOthers,
    DropsAllHandles,
    Panics,
}

impl Action {
    const ALL: [Self; 9] = [
        Self::DropsAWait,
        Self::DropsAWaitOfAnotherChannel,
        Self::DropsAllWaits,
        Self::Triggers,
        Self::TriggersAnotherChannel,
        Self::WaitsAnew,
        Self::PollsTheOthers,
        Self::DropsAllHandles,
        Self::Panics,
    ];
}

type Waits = Mutex<Vec<Waiting<Wait>>>;

fn take(waits: &Waits) -> Vec<Waiting<Wait>> {
    std::mem::take(&mut *waits.lock().unwrap())
}

/// What the hostile waker acts on.
struct World {
    side: Side,
    other_side: Side,
    victims: Waits,
    other_victims: Waits,
    begun: Waits,
    polled: Waits,
    /// The tasks whose waits the waker has ended.
    ended: Mutex<Vec<Task>>,
}

impl World {
    fn act(&self, action: Action) {
        let cancel = |wait: Waiting<Wait>| {
            let task = wait.cancel();
            self.ended.lock().unwrap().push(task);
        };
        match action {
            Action::DropsAWait => {
                let victim = self.victims.lock().unwrap().pop();
                victim.into_iter().for_each(cancel);
            }
            Action::DropsAWaitOfAnotherChannel => {
                let victim = self.other_victims.lock().unwrap().pop();
                victim.into_iter().for_each(cancel);
            }
            Action::DropsAllWaits => take(&self.victims).into_iter().for_each(cancel),
            Action::Triggers => self.side.trigger(),
            Action::TriggersAnotherChannel => self.other_side.trigger(),
            Action::WaitsAnew => {
                let waits = self.side.begin_many(3);
                *self.begun.lock().unwrap() = waits;
            }
            Action::PollsTheOthers => {
                // Each has been woken, will be woken, or is ready without a wake-up.
                let (ready, pending): (Vec<_>, _) = take(&self.polled)
                    .into_iter()
                    .map(|mut wait| (wait.is_ready(), wait))
                    .partition(|(is_ready, _)| *is_ready);
                ready.into_iter().for_each(|(_, wait)| cancel(wait));
                *self.polled.lock().unwrap() = pending.into_iter().map(|(_, wait)| wait).collect();
            }
            Action::DropsAllHandles => self.side.drop_handles(),
            Action::Panics => panic_on_purpose(),
        }
    }
}

/// One hostile waker among others, `before` and `after` it.
fn one_hostile_waker(kind: Kind, moment: Moment, action: Action, before: usize, after: usize) {
    let world = Arc::new(World {
        side: Side::new(kind),
        other_side: Side::new(kind),
        victims: Waits::default(),
        other_victims: Waits::default(),
        begun: Waits::default(),
        polled: Waits::default(),
        ended: Mutex::default(),
    });
    let (side, other_side) = (&world.side, &world.other_side);
    let acts_on = world.clone();
    let hostile = Trap::new(moment.event(), move || acts_on.act(action));

    *world.victims.lock().unwrap() = side.begin_many(1);
    let in_front = side.begin_many(before);
    let mut wait = Some(side.begin());
    if moment != Moment::Cloned {
        assert!(hostile.is_pending(wait.as_mut().unwrap()));
    }
    world.victims.lock().unwrap().extend(side.begin_many(2));
    *world.other_victims.lock().unwrap() = other_side.begin_many(3);
    let behind = side.begin_many(after);
    *world.polled.lock().unwrap() = side.begin_many(3);

    hostile.arm();
    let own_task = Task::new();
    // A trigger or the close while the waker is cloned completes the wait at once.
    let comes = matches!(action, Action::Triggers | Action::DropsAllHandles);
    let panicked = panics(|| match moment {
        Moment::Cloned => assert_eq!(hostile.is_pending(wait.as_mut().unwrap()), !comes),
        Moment::Woken => side.trigger(),
        Moment::Replaced => drop(own_task.poll(wait.as_mut().unwrap())),
        Moment::Cancelled => wait = None,
    });
    assert!(hostile.has_acted());
    assert_eq!(panicked, action == Action::Panics);

    side.trigger();
    other_side.trigger();
    if moment == Moment::Replaced && !panicked {
        assert_eq!(own_task.wakes(), 1);
        assert!(own_task.poll(wait.as_mut().unwrap()).is_ready());
    }
    // No other task has lost its wake-up or has been woken twice.
    for mut wait in in_front.into_iter().chain(behind) {
        assert_eq!((wait.wakes(), wait.is_ready()), (1, true));
        assert_eq!(wait.task.wakers_kept(), 0);
    }
    for mut wait in [&world.victims, &world.other_victims, &world.begun].into_iter().flat_map(take) {
        assert_eq!((wait.wakes(), wait.is_ready()), (1, true));
    }
    assert!(take(&world.polled).iter_mut().all(|wait| wait.is_ready()));
    // A task whose wait has ended may have been woken only by a call that had taken its waker
    // before.
    for task in world.ended.lock().unwrap().iter() {
        assert!(task.wakes() <= 1);
        assert_eq!(task.wakers_kept(), 0);
    }
    drop(wait);
    side.assert_usable();
    other_side.assert_usable();
}

#[test]
fn g3_g4_a_hostile_waker_loses_no_wake_up_whatever_it_does_and_whenever() {
    for &kind in Kind::ALL {
        must_end(move || {
            for moment in Moment::ALL {
                for action in Action::ALL {
                    // While `subscribe` wakes its senders there is a receiver, so a new wait would
                    // be ready at once.
                    if (kind, moment, action) == (Kind::Opened, Moment::Woken, Action::WaitsAnew) {
                        continue;
                    }
                    for (before, after) in [(0, 0), (2, 2), (25, 25)] {
                        println!("{kind:?}, {moment:?}, {action:?}, between {before} and {after} others");
                        one_hostile_waker(kind, moment, action, before, after);
                    }
                }
            }
        });
    }
}

#[test]
fn g4_wakers_that_panic_among_many_lose_no_wake_up_of_any_wait() {
    const POSITIONS: &[&[usize]] =
        &[&[0], &[25], &[199], &[0, 199], &[24, 25, 26], &[0, 1, 2, 3, 16, 17, 18, 19, 49, 110, 199]];
    for &kind in Kind::ALL {
        must_end(move || {
            let side = Side::new(kind);
            // In one list, and then in several.
            for has_several_lists in [false, true] {
                if has_several_lists {
                    side.spread_waits();
                }
                // Without `std` a second panic aborts.
                for bad in POSITIONS.iter().filter(|bad| bad.len() == 1 || cfg!(feature = "std")) {
                    wakers_that_panic(kind, &side, bad);
                }
            }
        });
    }
}

/// Of 200 wakers, those in the `bad` positions panic.
fn wakers_that_panic(kind: Kind, side: &Side, bad: &[usize]) {
    let (mut waits, mut hostile_waits) = (vec![], vec![]);
    for at in 0..200 {
        if bad.contains(&at) {
            let (hostile, mut wait) = (Trap::new(Event::Wake, || panic_on_purpose()), side.begin());
            assert!(hostile.is_pending(&mut wait));
            hostile.arm();
            hostile_waits.push((hostile, wait));
        } else {
            waits.append(&mut side.begin_many(1));
        }
    }
    assert!(panics(|| side.trigger()));
    assert!(waits.iter().all(|wait| wait.wakes() == 1), "{kind:?}; {bad:?} panic");
    // The receiver of a `subscribe` that panics is gone.
    if kind == Kind::Opened {
        side.trigger();
    }
    assert!(waits.iter_mut().all(|wait| wait.is_ready()), "{kind:?}; {bad:?} panic");
    // The waits whose wakers have panicked are ready as well.
    for (hostile, wait) in &mut hostile_waits {
        assert!(hostile.has_acted());
        assert!(!hostile.is_pending(wait));
    }
    drop(hostile_waits);
    side.assert_usable();
}

#[test]
fn g3_every_wait_works_for_tasks_that_are_polled_where_they_are_woken() {
    for &kind in Kind::ALL {
        must_end(move || {
            let side = Arc::new(Side::new(kind));
            // A second wait of a sender would undo what has ended the first one.
            let waits = if matches!(kind, Kind::Closed | Kind::Opened) { 1 } else { 10 };
            let tasks: Vec<_> = (0..50)
                .map(|_| {
                    let side = side.clone();
                    Inline::spawn(async move {
                        for _ in 0..waits {
                            side.begin().await;
                        }
                    })
                })
                .collect();
            for round in 1..=waits {
                assert!(!tasks.iter().any(|task| task.is_done()));
                side.trigger();
                assert_eq!(tasks.iter().filter(|task| task.is_done()).count(), if round == waits { 50 } else { 0 });
            }
            side.assert_usable();
        });
    }
}

/// When it is dropped, each waker triggers its own side and drops the wait with the next such
/// waker.
#[test]
fn g3_a_chain_of_wakers_that_send_when_they_are_dropped_ends() {
    for &kind in Kind::ALL {
        must_end(move || {
            let sides: Vec<_> = (0..50).map(|_| Arc::new(Side::new(kind))).collect();
            let waits: Vec<_> = sides.iter().flat_map(|side| side.begin_many(1)).collect();
            // Each one cancels the wait of the next one, which drops that one's waker.
            let mut next: Option<Wait> = None;
            let mut hostiles = vec![];
            for side in sides.iter().rev() {
                let (cancelled, triggered) = (next.take(), side.clone());
                let hostile = Trap::new(Event::Drop, move || {
                    triggered.trigger();
                    drop(cancelled);
                });
                let mut wait = side.begin();
                assert!(hostile.is_pending(&mut wait));
                hostile.arm();
                hostiles.push(hostile);
                next = Some(wait);
            }
            drop(next);
            assert!(hostiles.iter().all(Trap::has_acted));
            for mut wait in waits {
                assert_eq!((wait.wakes(), wait.is_ready()), (1, true));
            }
            sides.iter().for_each(|side| side.assert_usable());
        });
    }
}
