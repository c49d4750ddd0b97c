//! Wakers that panic or use channels when they are cloned, woken or dropped.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, RawWaker, RawWakerVTable, Waker};

use crate::common::{Inline, Task, must_end};
use crate::waits::{Kind, Side, Wait};

/// What happens to a waker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Clone,
    Wake,
    Drop,
}

type Listener = Arc<dyn Fn(Event) + Send + Sync>;

/// A waker that calls `f` when it is cloned, woken or dropped.
fn hostile_waker(f: impl Fn(Event) + Send + Sync + 'static) -> Waker {
    // The data is a `Box<Listener>` that the waker owns.
    unsafe fn listener<'a>(data: *const ()) -> &'a Listener {
        // SAFETY: the box lives as long as its waker.
        unsafe { &*data.cast::<Listener>() }
    }
    unsafe fn clone(data: *const ()) -> RawWaker {
        // SAFETY: called with the waker's data.
        let listener = unsafe { listener(data) };
        listener(Event::Clone);
        raw(listener.clone())
    }
    unsafe fn wake(data: *const ()) {
        // SAFETY: made by `Box::into_raw`, and `wake` takes the waker.
        let listener = unsafe { Box::from_raw(data.cast_mut().cast::<Listener>()) };
        listener(Event::Wake);
    }
    unsafe fn wake_by_ref(data: *const ()) {
        // SAFETY: called with the waker's data.
        unsafe { listener(data)(Event::Wake) };
    }
    unsafe fn drop(data: *const ()) {
        // SAFETY: made by `Box::into_raw`, and dropped once.
        let listener = unsafe { Box::from_raw(data.cast_mut().cast::<Listener>()) };
        listener(Event::Drop);
    }
    fn raw(listener: Listener) -> RawWaker {
        static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);
        RawWaker::new(Box::into_raw(Box::new(listener)).cast_const().cast(), &VTABLE)
    }
    // SAFETY: the vtable's functions fit the data.
    unsafe { Waker::from_raw(raw(Arc::new(f))) }
}

/// A waker that calls `f` at the first `event` after it has been armed.
struct Hostile {
    waker: Waker,
    is_armed: Arc<AtomicUsize>,
}

impl Hostile {
    fn new(event: Event, f: impl FnOnce() + Send + 'static) -> Self {
        let (is_armed, f) = (Arc::new(AtomicUsize::new(0)), Mutex::new(Some(f)));
        let waker = hostile_waker({
            let is_armed = is_armed.clone();
            move |now| {
                if now == event && is_armed.swap(0, Ordering::SeqCst) == 1 {
                    let f = f.lock().unwrap().take();
                    f.expect("it is armed once")();
                }
            }
        });
        Self { waker, is_armed }
    }

    fn arm(&self) {
        self.is_armed.store(1, Ordering::SeqCst);
    }

    fn has_acted(&self) -> bool {
        self.is_armed.load(Ordering::SeqCst) == 0
    }

    fn is_pending(&self, wait: &mut Wait) -> bool {
        wait.as_mut().poll(&mut Context::from_waker(&self.waker)).is_pending()
    }
}

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

type Waits = Arc<Mutex<Vec<(Task, Wait)>>>;

/// Returns `true` if `f` panics on purpose.
fn catch(f: impl FnOnce()) -> bool {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(()) => false,
        Err(panic) if panic.is::<OnPurpose>() => true,
        Err(panic) => resume_unwind(panic),
    }
}

/// The payload of a panic that prints no message.
struct OnPurpose;

fn panic_on_purpose() {
    resume_unwind(Box::new(OnPurpose));
}

/// One hostile waker among others, `before` and `after` it.
fn one_hostile_waker(kind: Kind, moment: Moment, action: Action, before: usize, after: usize) {
    let (side, other_side) = (Arc::new(Side::new(kind)), Arc::new(Side::new(kind)));
    let (victims, other_victims): (Waits, Waits) = Default::default();
    let (begun, others): (Waits, Waits) = Default::default();
    let acts = {
        let (side, other_side) = (side.clone(), other_side.clone());
        let (victims, other_victims) = (victims.clone(), other_victims.clone());
        let (begun, others) = (begun.clone(), others.clone());
        move || match action {
            Action::DropsAWait => {
                let victim = victims.lock().unwrap().pop();
                drop(victim);
            }
            Action::DropsAWaitOfAnotherChannel => {
                let victim = other_victims.lock().unwrap().pop();
                drop(victim);
            }
            Action::DropsAllWaits => {
                let victims = std::mem::take(&mut *victims.lock().unwrap());
                drop(victims);
            }
            Action::Triggers => side.trigger(),
            Action::TriggersAnotherChannel => other_side.trigger(),
            Action::WaitsAnew => {
                let waits = side.begin_many(3);
                *begun.lock().unwrap() = waits;
            }
            Action::PollsTheOthers => {
                let mut waits = std::mem::take(&mut *others.lock().unwrap());
                // Each has been woken, will be woken, or is ready without a wake-up.
                waits.retain_mut(|(task, wait)| task.poll(wait).is_pending());
                *others.lock().unwrap() = waits;
            }
            Action::DropsAllHandles => side.drop_handles(),
            Action::Panics => panic_on_purpose(),
        }
    };
    let hostile = Hostile::new(moment.event(), acts);

    *victims.lock().unwrap() = side.begin_many(1);
    let in_front = side.begin_many(before);
    let mut wait = Some(side.begin());
    if moment != Moment::Cloned {
        assert!(hostile.is_pending(wait.as_mut().unwrap()));
    }
    victims.lock().unwrap().extend(side.begin_many(2));
    *other_victims.lock().unwrap() = other_side.begin_many(3);
    let behind = side.begin_many(after);
    *others.lock().unwrap() = side.begin_many(3);

    hostile.arm();
    let own_task = Task::new();
    // A trigger or the close while the waker is cloned completes the wait at once.
    let comes = matches!(action, Action::Triggers | Action::DropsAllHandles);
    let panicked = catch(|| match moment {
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
    for (task, mut wait) in in_front.into_iter().chain(behind) {
        assert_eq!(task.wakes(), 1);
        assert!(task.poll(&mut wait).is_ready());
        assert_eq!(task.wakers_kept(), 0);
    }
    let remaining = [&victims, &other_victims, &begun].map(|waits| std::mem::take(&mut *waits.lock().unwrap()));
    for (task, mut wait) in remaining.into_iter().flatten() {
        assert_eq!(task.wakes(), 1);
        assert!(task.poll(&mut wait).is_ready());
    }
    for (task, mut wait) in std::mem::take(&mut *others.lock().unwrap()) {
        assert!(task.poll(&mut wait).is_ready());
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
fn g4_wakers_that_panic_among_fifty_lose_no_wake_up_of_any_wait() {
    let positions: &[&[usize]] = &[&[0], &[25], &[49], &[0, 49], &[24, 25, 26], &[0, 1, 2, 3, 16, 17, 18, 19, 49]];
    for &kind in Kind::ALL {
        // Without `std` a second panic aborts.
        for &bad in positions.iter().filter(|bad| bad.len() == 1 || cfg!(feature = "std")) {
            must_end(move || {
                let side = Side::new(kind);
                let mut waits = vec![];
                let mut hostile_waits = vec![];
                for at in 0..50 {
                    if bad.contains(&at) {
                        let (hostile, mut wait) = (Hostile::new(Event::Wake, panic_on_purpose), side.begin());
                        assert!(hostile.is_pending(&mut wait));
                        hostile.arm();
                        hostile_waits.push((hostile, wait));
                    } else {
                        waits.append(&mut side.begin_many(1));
                    }
                }
                assert!(catch(|| side.trigger()));
                for (task, wait) in &mut waits {
                    assert_eq!(task.wakes(), 1, "{kind:?}; {bad:?} panic");
                    assert!(task.poll(wait).is_ready());
                }
                // The waits whose wakers have panicked are ready as well.
                for (hostile, wait) in &mut hostile_waits {
                    assert!(hostile.has_acted());
                    assert!(!hostile.is_pending(wait));
                }
                drop(hostile_waits);
                side.assert_usable();
            });
        }
    }
}

#[test]
fn g3_every_wait_works_for_tasks_that_are_polled_where_they_are_woken() {
    for &kind in Kind::ALL {
        must_end(move || {
            let side = Arc::new(Side::new(kind));
            // With another receiver, `closed` would be pending again.
            let waits = if kind == Kind::Closed { 1 } else { 10 };
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

/// When it is dropped, each waker triggers its own side and drops the wait with the next such waker.
#[test]
fn g3_a_chain_of_wakers_that_send_when_they_are_dropped_ends() {
    for &kind in Kind::ALL {
        must_end(move || {
            let sides: Vec<_> = (0..50).map(|_| Arc::new(Side::new(kind))).collect();
            let mut waits: Vec<_> = sides.iter().map(|side| side.begin_many(1)).collect();
            // Each one cancels the wait of the next one, which drops that one's waker.
            let mut next: Option<Wait> = None;
            let mut hostiles = vec![];
            for side in sides.iter().rev() {
                let (cancelled, triggered) = (next.take(), side.clone());
                let hostile = Hostile::new(Event::Drop, move || {
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
            assert!(hostiles.iter().all(Hostile::has_acted));
            for (task, mut wait) in waits.drain(..).flatten() {
                assert_eq!(task.wakes(), 1);
                assert!(task.poll(&mut wait).is_ready());
            }
            sides.iter().for_each(|side| side.assert_usable());
        });
    }
}
