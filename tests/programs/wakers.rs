//! Programs in which wakers do some of the steps: when a waker is cloned, called or dropped, it can
//! take the program's next step, in the middle of an operation of the channel. Tasks can also be
//! polled where they are woken. After each step that no waker has taken, no wake-up may be lost and
//! no waker may be kept.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

use watch_channel::{Cached, Receiver, Sender, WeakSender, channel};

use super::Op;
use super::real::State;
use crate::common::waiting;
use crate::common::wakers::{Event, on_each_event, panic_on_purpose, panics};

/// How many additional receivers wait: none, a few, or many.
pub(crate) const CROWDS: [usize; 4] = [0, 3, 20, 150];

/// The first places are for receivers, and the others for senders.
const PLACES: usize = RECEIVERS + SENDERS;
const RECEIVERS: usize = 4;
const SENDERS: usize = 2;

/// One step. Places of handles are given by number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Waits and sends on another channel.
    Elsewhere,
    Send(Send),
    /// Begins a wait and polls it. If there is a wait already, only polls it.
    Wait(usize, Kind, Acts),
    Cancel(usize),
    MarkUnchanged(usize),
    MarkChanged(usize),
    /// Puts a new handle into an empty place.
    Fill(usize),
    DropHandle(usize),
    /// Drops the sender that sends.
    DropMainSender,
    /// Panics if a waker takes this step.
    Panic,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Send {
    IfReceived,
    Set,
    Try,
    SetIfChanged,
    /// Changes nothing.
    NotModified,
}

/// What a handle waits with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Changed,
    Recv,
    RecvEven,
    WaitForOdd,
    UntilOdd,
    MapOdd,
    PollChanged,
    Cached,
    Mapped,
    Closed,
    Opened,
}

/// When the waker of a poll takes a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Acts {
    cloned: bool,
    woken: bool,
    dropped: bool,
    /// The waker polls its task on the spot before it takes a step. A task that is ready then waits
    /// again.
    inline: bool,
}

impl Step {
    /// Returns the step that these bytes encode.
    pub(crate) fn decode([kind, place, more]: [u8; Op::BYTES]) -> Self {
        let (rx, tx) = (usize::from(place) % RECEIVERS, RECEIVERS + usize::from(place) % SENDERS);
        let bit = |bit: u8| more >> bit & 1 != 0;
        let chosen = |kinds: [Kind; 4]| kinds[usize::from(more >> 4) % 4];
        let acts = Acts { cloned: bit(0), woken: bit(1), dropped: bit(2), inline: bit(3) };
        match kind % 32 {
            0 | 1 => Self::Send(Send::Set),
            2 => Self::Send(Send::IfReceived),
            3 => Self::Send(Send::Try),
            4 => Self::Send(Send::SetIfChanged),
            5 => Self::Send(Send::NotModified),
            6..=8 => Self::Wait(rx, chosen([Kind::Changed, Kind::Changed, Kind::Cached, Kind::Mapped]), acts),
            9 => Self::Wait(rx, Kind::Recv, acts),
            10 => Self::Wait(rx, Kind::RecvEven, acts),
            11 => Self::Wait(rx, chosen([Kind::WaitForOdd, Kind::WaitForOdd, Kind::UntilOdd, Kind::MapOdd]), acts),
            12..=14 => Self::Wait(rx, Kind::PollChanged, acts),
            15..=16 => Self::Wait(tx, chosen([Kind::Closed, Kind::Closed, Kind::Opened, Kind::Opened]), acts),
            17..=18 => Self::Cancel(rx),
            19 => Self::Cancel(tx),
            20 => Self::MarkUnchanged(rx),
            21 => Self::MarkChanged(rx),
            22..=24 => Self::Fill(rx),
            25 => Self::Fill(tx),
            26..=27 => Self::DropHandle(rx),
            28 => Self::DropHandle(tx),
            29 => Self::DropMainSender,
            30 => Self::Panic,
            _ => Self::Elsewhere,
        }
    }
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
    /// How many polls have a waker that exists.
    static POLLS: Cell<usize> = const { Cell::new(0) };
}

/// No other code of this file may run in `f`, so `f` must not drop or poll handles and wakers.
fn with<R>(f: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with_borrow_mut(f)
}

#[derive(Default)]
struct World {
    steps: std::vec::IntoIter<Step>,
    tx: Option<Sender<u64>>,
    weak: Option<WeakSender<u64>>,
    places: [Place; PLACES],
    /// How many versions have been sent.
    sends: u64,
    /// How many sends have not returned.
    sends_under_way: usize,
    polls: u64,
}

impl World {
    fn is_closed(&self) -> bool {
        self.weak.as_ref().is_none_or(|weak| weak.sender_count() == 0)
    }
}

/// Where a handle can be.
#[derive(Default)]
struct Place {
    /// `None` if the place is empty, or while its handle is in use.
    state: Option<State<Handle>>,
    is_in_use: bool,
    /// What it waits with.
    kind: Option<Kind>,
    /// The wait, from a poll that returns `Pending` until the wait ends.
    pending: Option<Pending>,
}

enum Handle {
    Receiver(Receiver<u64>),
    Sender(Sender<u64>),
}

impl Handle {
    /// Waits, and returns "true" unless the channel is closed.
    async fn wait(&mut self, kind: Kind) -> String {
        let is_odd = |value: &u64| value % 2 == 1;
        let is_ok = match (self, kind) {
            (Self::Receiver(rx), Kind::Recv) => rx.recv().await.is_ok(),
            (Self::Receiver(rx), Kind::RecvEven) => rx.recv_if(|value| value % 2 == 0).await.is_ok(),
            (Self::Receiver(rx), Kind::WaitForOdd) => rx.wait_for(is_odd).await.is_ok(),
            (Self::Receiver(rx), Kind::UntilOdd) => rx.wait_until(is_odd).await.is_ok(),
            (Self::Receiver(rx), Kind::MapOdd) => rx.wait_for_map(|value| is_odd(value).then_some(())).await.is_ok(),
            (Self::Receiver(rx), Kind::Cached | Kind::Mapped) => {
                // The old one's drop ends the registration of `poll_changed`, if there is one.
                *rx = rx.clone();
                if kind == Kind::Cached {
                    Cached::new(rx.clone()).changed().await.is_ok()
                } else {
                    rx.clone().map(|value| *value).recv().await.is_ok()
                }
            }
            (Self::Receiver(rx), _) => rx.changed().await.is_ok(),
            (Self::Sender(tx), kind) => {
                if kind == Kind::Opened {
                    tx.opened().await
                } else {
                    tx.closed().await
                }
                false
            }
        };
        is_ok.to_string()
    }
}

struct Pending {
    poll: Arc<WaitPoll>,
    /// The number of sends that the poll has seen, if its waker was not called in the meantime.
    sends: u64,
}

/// One poll of a wait, whose waker it has to itself.
struct WaitPoll {
    number: u64,
    place: usize,
    acts: Acts,
    /// The number of sends before the poll.
    sends: u64,
    /// The poll was made during a send, which may not have visited all of the channel's lists yet.
    /// The send also wakes tasks that have joined these lists since it began.
    in_send: bool,
    is_woken: AtomicBool,
}

impl WaitPoll {
    fn new(place: usize, acts: Acts) -> Arc<Self> {
        POLLS.set(POLLS.get() + 1);
        with(|world| {
            world.polls += 1;
            let (number, sends, in_send) = (world.polls, world.sends, world.sends_under_way > 0);
            Arc::new(Self { number, place, acts, sends, in_send, is_woken: AtomicBool::new(false) })
        })
    }

    fn is_woken(&self) -> bool {
        self.is_woken.load(Ordering::Relaxed)
    }

    /// Does what its waker does at an event.
    fn at(&self, event: Event) {
        if event == Event::Wake {
            self.is_woken.store(true, Ordering::Relaxed);
            let is_sender = self.place >= RECEIVERS;
            let has_reason = with(|world| is_sender || self.in_send || world.sends > self.sends || world.is_closed());
            assert!(has_reason, "a receiver has been woken without a new version");
            let is_waited_for = |world: &mut World| {
                world.places[self.place].pending.as_ref().is_some_and(|pending| pending.poll.number == self.number)
            };
            if self.acts.inline && with(is_waited_for) {
                poll(self.place, self.acts);
            }
        }
        let acts = match event {
            Event::Clone => self.acts.cloned,
            Event::Wake => self.acts.woken,
            Event::Drop => self.acts.dropped,
        };
        if acts {
            act();
        }
    }
}

impl Drop for WaitPoll {
    fn drop(&mut self) {
        POLLS.set(POLLS.get() - 1);
    }
}

/// Takes the next step.
fn act() {
    if let Some(step) = with(|world| world.steps.next()) {
        run_step(step, true);
    }
}

fn run_step(step: Step, in_waker: bool) {
    match step {
        Step::Elsewhere => {
            let (tx, mut rx) = channel(0);
            let mut changed = waiting(rx.changed());
            tx.set(1);
            assert_eq!((changed.wakes(), changed.is_ready()), (1, true));
        }
        Step::Send(how) => send(how),
        Step::Wait(at, kind, acts) => {
            // A wait of the same kind is polled again, and a wait with `poll_changed` is replaced
            // by any other.
            if kind != Kind::PollChanged {
                start(at, kind);
            }
            poll(at, acts);
        }
        Step::Cancel(at) => cancel(at),
        Step::MarkUnchanged(at) => mark(at, Receiver::mark_unchanged),
        Step::MarkChanged(at) => mark(at, Receiver::mark_changed),
        Step::Fill(at) => fill(at),
        Step::DropHandle(at) => drop(take(at)),
        Step::DropMainSender => drop(with(|world| world.tx.take())),
        // A second panic would abort.
        Step::Panic if in_waker && !thread::panicking() => panic_on_purpose(),
        Step::Panic => (),
    }
}

fn send(how: Send) {
    struct UnderWay;

    impl Drop for UnderWay {
        fn drop(&mut self) {
            with(|world| world.sends_under_way -= 1);
        }
    }

    let Some(tx) = with(|world| world.tx.clone()) else { return };
    let sends = match how {
        Send::IfReceived => tx.receiver_count() > 0,
        Send::Set | Send::Try | Send::SetIfChanged => true,
        Send::NotModified => false,
    };
    let value = with(|world| {
        world.sends += u64::from(sends);
        world.sends_under_way += 1;
        world.sends
    });
    let _under_way = UnderWay;
    match how {
        Send::IfReceived => assert_eq!(tx.send(value).is_ok(), sends),
        Send::Set => tx.set(value),
        Send::Try => assert_eq!(tx.try_set(value).is_ok(), sends),
        Send::SetIfChanged => assert!(tx.set_if_changed(value).is_some()),
        Send::NotModified => assert!(!tx.send_if_modified(|_| false)),
    }
}

/// Returns a sender if the channel is open.
fn upgrade() -> Option<Sender<u64>> {
    with(|world| world.weak.clone()).and_then(|weak| weak.upgrade())
}

/// Puts a new handle into a place, or drops it if the place is taken.
fn fill(at: usize) {
    let Some(tx) = upgrade() else { return };
    let handle = if at < RECEIVERS { Handle::Receiver(tx.subscribe()) } else { Handle::Sender(tx) };
    let not_put = with(|world| {
        let place = &mut world.places[at];
        if place.state.is_some() || place.is_in_use {
            return Some(handle);
        }
        place.state = Some(State::Idle(handle));
        None
    });
    drop(not_put);
}

/// Takes a handle, or its wait, out of its place.
fn take(at: usize) -> Option<(State<Handle>, Option<Pending>)> {
    with(|world| {
        let place = &mut world.places[at];
        place.state.take().map(|state| (state, place.pending.take()))
    })
}

/// Begins a wait if there is none.
fn start(at: usize, kind: Kind) {
    with(|world| {
        let place = &mut world.places[at];
        if let Some(State::Idle(_)) = place.state {
            place.kind = Some(kind);
        }
        place.state = place.state.take().map(|state| state.start(async move |handle| handle.wait(kind).await));
    });
}

fn mark(at: usize, mark: fn(&mut Receiver<u64>)) {
    with(|world| {
        if let Some(State::Idle(Handle::Receiver(rx))) = &mut world.places[at].state {
            mark(rx);
        }
    });
}

/// Replaces the state in a place by the state and the pending wait that `f` returns. If `f` panics,
/// the place is empty.
fn change(at: usize, f: impl FnOnce(State<Handle>) -> (State<Handle>, Option<Pending>)) {
    struct InUse(usize);

    impl Drop for InUse {
        fn drop(&mut self) {
            with(|world| world.places[self.0].is_in_use = false);
        }
    }

    let Some((state, before)) = take(at) else { return };
    with(|world| world.places[at].is_in_use = true);
    let in_use = InUse(at);
    let (state, pending) = f(state);
    drop(in_use);
    with(|world| {
        let place = &mut world.places[at];
        (place.state, place.pending) = (Some(state), pending);
    });
    drop(before);
}

/// Polls the wait in a place with a new waker. An inline task begins a wait again whenever it is
/// ready.
fn poll(at: usize, acts: Acts) {
    change(at, |mut state| {
        loop {
            let poll = WaitPoll::new(at, acts);
            let acts_at = poll.clone();
            let waker = on_each_event(move |event| acts_at.at(event));
            let mut cx = Context::from_waker(&waker);
            let polled = match state {
                State::Idle(Handle::Sender(_)) => return (state, None),
                State::Idle(Handle::Receiver(ref mut rx)) => rx.poll_changed(&mut cx).map(|changed| changed.is_ok()),
                State::Waiting { .. } => {
                    let (next, result) = state.poll(&mut cx);
                    state = next;
                    result.map_or(Poll::Pending, |result| Poll::Ready(result == "true"))
                }
            };
            drop(waker);
            match polled {
                Poll::Ready(true) if acts.inline => (),
                Poll::Ready(_) => return (state, None),
                Poll::Pending if acts.inline && poll.is_woken() => (),
                Poll::Pending => return (state, Some(Pending { poll, sends: with(|world| world.sends) })),
            }
        }
    });
}

/// Ends a wait and keeps the handle.
fn cancel(at: usize) {
    change(at, |mut state| {
        let mut cx = Context::from_waker(Waker::noop());
        match state {
            State::Idle(Handle::Sender(_)) => (),
            State::Idle(Handle::Receiver(ref mut rx)) => {
                // No call only ends a registration, but a poll that is ready does.
                rx.mark_changed();
                assert!(rx.poll_changed(&mut cx).is_ready());
            }
            State::Waiting { .. } => {
                state.cancel();
                state = state.poll(&mut cx).0;
            }
        }
        (state, None)
    });
}

/// One of the additional receivers, with a task of its own.
struct Extra {
    rx: Receiver<u64>,
    is_woken: Arc<AtomicBool>,
    /// Its waker takes a step when it is woken.
    acts: bool,
}

impl Extra {
    fn new(tx: &Sender<u64>, acts: bool) -> Self {
        let mut extra = Self { rx: tx.subscribe(), is_woken: Arc::default(), acts };
        assert!(extra.waits_again());
        extra
    }

    /// Polls until there is nothing new. Returns `false` if the channel is closed.
    fn waits_again(&mut self) -> bool {
        let (is_woken, acts) = (self.is_woken.clone(), self.acts);
        is_woken.store(false, Ordering::Relaxed);
        let waker = on_each_event(move |event| {
            if event == Event::Wake {
                is_woken.store(true, Ordering::Relaxed);
                if acts {
                    act();
                }
            }
        });
        loop {
            match self.rx.poll_changed(&mut Context::from_waker(&waker)) {
                Poll::Ready(Ok(())) => (),
                Poll::Ready(Err(_)) => return false,
                Poll::Pending => return true,
            }
        }
    }

    /// Panics if it should have been woken. Otherwise it waits again if it has been woken, at once
    /// or after a later step. Returns `false` if the channel is closed.
    fn check(&mut self, at_once: bool) -> bool {
        if !self.is_woken.load(Ordering::Relaxed) {
            assert!(!self.rx.has_unseen() && !self.rx.is_closed(), "a receiver of the crowd is not woken");
            return true;
        }
        !at_once || self.waits_again()
    }
}

/// Checks what must be true when no operation is under way.
fn check() {
    with(|world| {
        let receivers = world.weak.as_ref().and_then(|weak| weak.upgrade()).map(|tx| tx.receiver_count());
        let mut polls = 0;
        for (at, place) in (0..).zip(&world.places) {
            let Some(Pending { poll, sends }) = &place.pending else { continue };
            polls += 1;
            let kept = Arc::strong_count(poll) - 1;
            assert_eq!(kept, usize::from(!poll.is_woken()), "the number of wakers that the channel keeps for a wait");
            if poll.is_woken() {
                continue;
            }
            if at >= RECEIVERS {
                let is_over = (receivers == Some(0)) != (place.kind == Some(Kind::Opened));
                assert!(!is_over, "a sender sleeps although its wait is over: {:?}", place.kind);
                continue;
            }
            assert!(receivers.is_some(), "a receiver sleeps although the channel is closed");
            assert_eq!(*sends, world.sends, "a receiver sleeps although a version has been sent");
        }
        assert_eq!(POLLS.get(), polls, "the channel keeps the waker of a wait that is over");
    });
}

/// Runs a program, and checks the channel after each of its steps.
pub(crate) fn run(crowd: usize, steps: &[Step]) {
    let (tx, rx) = channel(0);
    let mut crowd: Vec<_> = (0..crowd).map(|i| Extra::new(&tx, i % 8 == 4)).collect();
    with(|world| {
        *world = World { weak: Some(tx.downgrade()), steps: Vec::from(steps).into_iter(), ..World::default() };
        world.places[0].state = Some(State::Idle(Handle::Receiver(rx.clone())));
        world.places[1].state = Some(State::Idle(Handle::Receiver(rx)));
        world.tx = Some(tx);
    });
    let mut round = 0;
    while let Some(step) = with(|world| world.steps.next()) {
        let _ = panics(|| run_step(step, false));
        // Half of the crowd waits again only after the next step, so it is behind the program's
        // receivers.
        round += 1;
        let mut i = round;
        crowd.retain_mut(|extra| {
            i += 1;
            extra.check(i % 2 == 0)
        });
        check();
    }
    must_be_usable();
    (0..RECEIVERS).for_each(|at| drop(take(at)));
    check();
    (RECEIVERS..PLACES).for_each(|at| drop(take(at)));
    let world = with(std::mem::take);
    drop(world);
    for Extra { rx, is_woken, .. } in crowd {
        assert!(
            rx.is_closed() && is_woken.load(Ordering::Relaxed),
            "a receiver of the crowd is not woken by the close"
        );
        drop(rx);
        assert_eq!(Arc::strong_count(&is_woken), 1, "the channel keeps the waker of a receiver that is gone");
    }
    assert_eq!(POLLS.get(), 0, "the channel keeps a waker after it has been dropped");
}

fn must_be_usable() {
    let Some(tx) = upgrade() else { return };
    let mut rx = tx.subscribe();
    let mut changed = waiting(rx.changed());
    with(|world| world.sends += 1);
    tx.set(u64::MAX);
    assert_eq!((changed.wakes(), changed.poll()), (1, Poll::Ready(Ok(()))));
    assert_eq!(changed.cancel().wakers_kept(), 0);
    assert_eq!(rx.get(), u64::MAX);
}
