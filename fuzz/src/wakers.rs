//! Programs in which wakers do some of the steps: when a waker is cloned, called or dropped, it can take the program's next
//! step, in the middle of an operation of the channel. Tasks can also be polled where they are woken. After each step that no waker
//! has taken, no wake-up may be lost and no waker may be kept.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

use watch_channel::{Receiver, Sender, WeakSender, channel};

use crate::common::Task;
use crate::hook::{Hook, waker};
use crate::programs::real::State;

/// How many additional receivers wait in front of the program's receivers: none, a few, more than one batch without `std`, or more
/// than one batch in each list with `std`.
pub(crate) const CROWDS: [usize; 4] = [0, 3, 20, 150];

const RECEIVERS: usize = 4;
const SENDERS: usize = 2;

/// One step. Places of receivers and of senders are given by number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Nothing,
    Send(Send),
    /// Begins a wait and polls it. If there is a wait already, only polls it.
    Wait(usize, Kind, Acts),
    WaitClosed(usize, Acts),
    CancelReceiver(usize),
    CancelSender(usize),
    MarkUnchanged(usize),
    MarkChanged(usize),
    /// Puts a new receiver into an empty place.
    Subscribe(usize),
    CloneSender(usize),
    DropReceiver(usize),
    DropSender(usize),
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Changed,
    Recv,
    RecvEven,
    WaitForOdd,
    /// With `poll_changed`.
    Kept,
}

/// When the waker of a poll takes a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Acts {
    cloned: bool,
    woken: bool,
    dropped: bool,
    /// The waker polls its task on the spot before it takes a step. A task that is ready then waits again.
    inline: bool,
}

impl Step {
    /// Returns the step that these bytes encode.
    pub(crate) fn decode([kind, place, more]: [u8; 3]) -> Self {
        let (rx, tx) = (usize::from(place) % RECEIVERS, usize::from(place) % SENDERS);
        let bit = |bit: u8| more >> bit & 1 != 0;
        let acts = Acts { cloned: bit(0), woken: bit(1), dropped: bit(2), inline: bit(3) };
        let wait = |kind| Self::Wait(rx, kind, acts);
        match kind % 32 {
            0 | 1 => Self::Send(Send::Set),
            2 => Self::Send(Send::IfReceived),
            3 => Self::Send(Send::Try),
            4 => Self::Send(Send::SetIfChanged),
            5 => Self::Send(Send::NotModified),
            6..=8 => wait(Kind::Changed),
            9 => wait(Kind::Recv),
            10 => wait(Kind::RecvEven),
            11 => wait(Kind::WaitForOdd),
            12..=14 => wait(Kind::Kept),
            15..=16 => Self::WaitClosed(tx, acts),
            17..=18 => Self::CancelReceiver(rx),
            19 => Self::CancelSender(tx),
            20 => Self::MarkUnchanged(rx),
            21 => Self::MarkChanged(rx),
            22..=24 => Self::Subscribe(rx),
            25 => Self::CloneSender(tx),
            26..=27 => Self::DropReceiver(rx),
            28 => Self::DropSender(tx),
            29 => Self::DropMainSender,
            30 => Self::Panic,
            _ => Self::Nothing,
        }
    }
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
    /// How many hooks exist.
    static HOOKS: Cell<usize> = const { Cell::new(0) };
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
    rxs: [Place<Receiver<u64>>; RECEIVERS],
    txs: [Place<Sender<u64>>; SENDERS],
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
struct Place<H> {
    /// `None` if the place is empty, or while its handle is in use.
    state: Option<State<H>>,
    is_in_use: bool,
    /// The wait, from a poll that returns `Pending` until the wait ends.
    pending: Option<Pending>,
}

impl<H> Default for Place<H> {
    fn default() -> Self {
        Self { state: None, is_in_use: false, pending: None }
    }
}

struct Pending {
    hook: Arc<WaitHook>,
    /// The number of sends that the poll has seen, if its waker was not called in the meantime.
    sends: u64,
}

/// What a waker does. Each poll has its own waker.
struct WaitHook {
    /// The number of the poll.
    id: u64,
    place: usize,
    is_sender: bool,
    acts: Acts,
    /// The number of sends before the poll.
    sends: u64,
    /// The poll was made during a send, which may not have visited all of the channel's lists yet. The send also wakes tasks that
    /// have joined these lists since it began.
    in_send: bool,
    is_woken: AtomicBool,
}

impl WaitHook {
    fn new<H: Handle>(place: usize, acts: Acts) -> Arc<Self> {
        HOOKS.set(HOOKS.get() + 1);
        with(|world| {
            world.polls += 1;
            let (id, sends, in_send) = (world.polls, world.sends, world.sends_under_way > 0);
            Arc::new(Self {
                id,
                place,
                is_sender: H::IS_SENDER,
                acts,
                sends,
                in_send,
                is_woken: AtomicBool::new(false),
            })
        })
    }

    fn is_woken(&self) -> bool {
        self.is_woken.load(Ordering::Relaxed)
    }

    /// Polls its task if the task waits with this waker.
    fn poll<H: Handle>(&self) {
        let is_waiting =
            with(|world| H::place(world, self.place).pending.as_ref().is_some_and(|it| it.hook.id == self.id));
        if is_waiting {
            poll::<H>(self.place, self.acts);
        }
    }
}

impl Drop for WaitHook {
    fn drop(&mut self) {
        HOOKS.set(HOOKS.get() - 1);
    }
}

impl Hook for WaitHook {
    fn cloned(&self) {
        if self.acts.cloned {
            act();
        }
    }

    fn woken(&self) {
        self.is_woken.store(true, Ordering::Relaxed);
        let has_reason = with(|world| self.is_sender || self.in_send || world.sends > self.sends || world.is_closed());
        assert!(has_reason, "a receiver has been woken without a new version");
        if self.acts.inline {
            if self.is_sender { self.poll::<Sender<u64>>() } else { self.poll::<Receiver<u64>>() }
        }
        if self.acts.woken {
            act();
        }
    }

    fn dropped(&self) {
        if self.acts.dropped {
            act();
        }
    }
}

trait Handle: Sized + 'static {
    const IS_SENDER: bool;

    fn place(world: &mut World, at: usize) -> &mut Place<Self>;
    fn start(state: State<Self>, kind: Kind) -> State<Self>;
    /// Polls a wait without a future.
    fn poll_kept(&mut self, cx: &mut Context<'_>) -> Poll<bool>;
    /// Ends it.
    fn end_kept(&mut self, cx: &mut Context<'_>);
}

impl Handle for Receiver<u64> {
    const IS_SENDER: bool = false;

    fn place(world: &mut World, at: usize) -> &mut Place<Self> {
        &mut world.rxs[at]
    }

    fn start(state: State<Self>, kind: Kind) -> State<Self> {
        match kind {
            Kind::Changed => state.start(async |rx: &mut Self| format!("{:?}", rx.changed().await)),
            Kind::Recv => state.start(async |rx: &mut Self| format!("{:?}", rx.recv().await)),
            Kind::RecvEven => {
                state.start(async |rx: &mut Self| format!("{:?}", rx.recv_if(|value| value % 2 == 0).await))
            }
            Kind::WaitForOdd => state.start(async |rx: &mut Self| {
                let is_found = rx.wait_for(|value| value % 2 == 1).await.is_ok();
                format!("{is_found}")
            }),
            Kind::Kept => state,
        }
    }

    fn poll_kept(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        self.poll_changed(cx).map(|changed| changed.is_ok())
    }

    fn end_kept(&mut self, cx: &mut Context<'_>) {
        // No call only ends a registration, but a poll that is ready does.
        self.mark_changed();
        assert!(self.poll_changed(cx).is_ready());
    }
}

impl Handle for Sender<u64> {
    const IS_SENDER: bool = true;

    fn place(world: &mut World, at: usize) -> &mut Place<Self> {
        &mut world.txs[at]
    }

    fn start(state: State<Self>, _: Kind) -> State<Self> {
        state.start(async |tx: &mut Self| {
            tx.closed().await;
            String::from("closed")
        })
    }

    fn poll_kept(&mut self, _: &mut Context<'_>) -> Poll<bool> {
        unreachable!("a sender has no such wait");
    }

    fn end_kept(&mut self, _: &mut Context<'_>) {}
}

/// Takes the next step.
fn act() {
    if let Some(step) = with(|world| world.steps.next()) {
        run_step(step, true);
    }
}

fn run_step(step: Step, in_waker: bool) {
    match step {
        Step::Nothing => (),
        Step::Send(how) => send(how),
        Step::Wait(at, kind, acts) => {
            start::<Receiver<u64>>(at, kind);
            poll::<Receiver<u64>>(at, acts);
        }
        Step::WaitClosed(at, acts) => {
            start::<Sender<u64>>(at, Kind::Changed);
            poll::<Sender<u64>>(at, acts);
        }
        Step::CancelReceiver(at) => cancel::<Receiver<u64>>(at),
        Step::CancelSender(at) => cancel::<Sender<u64>>(at),
        Step::MarkUnchanged(at) => mark(at, Receiver::mark_unchanged),
        Step::MarkChanged(at) => mark(at, Receiver::mark_changed),
        Step::Subscribe(at) => {
            if let Some(tx) = with(|world| world.weak.clone()).and_then(|weak| weak.upgrade()) {
                put(at, tx.subscribe());
            }
        }
        Step::CloneSender(at) => {
            if let Some(tx) = with(|world| world.weak.clone()).and_then(|weak| weak.upgrade()) {
                put(at, tx);
            }
        }
        Step::DropReceiver(at) => drop(take::<Receiver<u64>>(at)),
        Step::DropSender(at) => drop(take::<Sender<u64>>(at)),
        Step::DropMainSender => drop(with(|world| world.tx.take())),
        // A second panic would abort. This one prints no message.
        Step::Panic if in_waker && !thread::panicking() => resume_unwind(Box::new(())),
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

/// Puts a handle into a place, or drops it if the place is taken.
fn put<H: Handle>(at: usize, handle: H) {
    let not_put = with(|world| {
        let place = H::place(world, at);
        if place.state.is_some() || place.is_in_use {
            return Some(handle);
        }
        place.state = Some(State::Idle(handle));
        None
    });
    drop(not_put);
}

/// Takes a handle, or its wait, out of its place.
fn take<H: Handle>(at: usize) -> Option<(State<H>, Option<Pending>)> {
    with(|world| {
        let place = H::place(world, at);
        place.state.take().map(|state| (state, place.pending.take()))
    })
}

/// Begins a wait if there is none.
fn start<H: Handle>(at: usize, kind: Kind) {
    with(|world| {
        let place = H::place(world, at);
        // A wait of the same kind is polled again, and a wait with `poll_changed` is replaced by any other.
        place.state = place.state.take().map(|state| H::start(state, kind));
    });
}

fn mark(at: usize, mark: fn(&mut Receiver<u64>)) {
    with(|world| {
        if let Some(State::Idle(rx)) = &mut world.rxs[at].state {
            mark(rx);
        }
    });
}

/// Replaces the state in a place by the state and the pending wait that `f` returns. If `f` panics, the place is empty.
fn change<H: Handle>(at: usize, f: impl FnOnce(State<H>) -> (State<H>, Option<Pending>)) {
    struct InUse<H: Handle>(usize, PhantomData<H>);

    impl<H: Handle> Drop for InUse<H> {
        fn drop(&mut self) {
            with(|world| H::place(world, self.0).is_in_use = false);
        }
    }

    let Some((state, before)) = take::<H>(at) else { return };
    with(|world| H::place(world, at).is_in_use = true);
    let in_use = InUse::<H>(at, PhantomData);
    let (state, pending) = f(state);
    drop(in_use);
    with(|world| {
        let place = H::place(world, at);
        place.state = Some(state);
        place.pending = pending;
    });
    drop(before);
}

/// Polls the wait in a place with a new waker.
fn poll<H: Handle>(at: usize, acts: Acts) {
    change::<H>(at, |mut state| {
        loop {
            // A sender has no wait without a future.
            if H::IS_SENDER && matches!(state, State::Idle(_)) {
                return (state, None);
            }
            let hook = WaitHook::new::<H>(at, acts);
            let waker = waker(hook.clone());
            let mut cx = Context::from_waker(&waker);
            let polled = match state {
                State::Idle(ref mut handle) => handle.poll_kept(&mut cx),
                State::Waiting { .. } => {
                    let (next, result) = state.poll(&mut cx);
                    state = next;
                    match result {
                        None => Poll::Pending,
                        Some(result) => {
                            let is_ok = result.starts_with("Ok");
                            if is_ok && acts.inline {
                                state = H::start(state, Kind::Changed);
                            }
                            Poll::Ready(is_ok)
                        }
                    }
                }
            };
            drop(waker);
            match polled {
                Poll::Ready(is_ok) if acts.inline && is_ok => (),
                Poll::Ready(_) => return (state, None),
                Poll::Pending if acts.inline && hook.is_woken() => (),
                Poll::Pending => {
                    let sends = with(|world| world.sends);
                    return (state, Some(Pending { hook, sends }));
                }
            }
        }
    });
}

/// Ends a wait and keeps the handle.
fn cancel<H: Handle>(at: usize) {
    change::<H>(at, |mut state| {
        let mut cx = Context::from_waker(Waker::noop());
        match state {
            State::Idle(ref mut handle) => handle.end_kept(&mut cx),
            State::Waiting { .. } => {
                state.cancel();
                state = state.poll(&mut cx).0;
            }
        }
        (state, None)
    });
}

/// The additional receivers, each with its own task.
struct Crowd(Vec<(Receiver<u64>, Task, usize)>);

impl Crowd {
    /// Polls the receivers that have been woken, until the channel is closed. Panics if another one should have been woken.
    fn poll(&mut self) {
        self.0.retain_mut(|(rx, task, wakes)| {
            if std::mem::replace(wakes, task.wakes()) == task.wakes() {
                assert!(!rx.has_unseen() && !rx.is_closed(), "a receiver of the crowd is not woken");
                return true;
            }
            let waker = task.waker();
            let mut cx = Context::from_waker(&waker);
            loop {
                match rx.poll_changed(&mut cx) {
                    Poll::Ready(Ok(())) => (),
                    Poll::Ready(Err(_)) => return false,
                    Poll::Pending => return true,
                }
            }
        });
    }
}

fn crowd(tx: &Sender<u64>, count: usize) -> Crowd {
    let mut crowd = Crowd((0..count).map(|_| (tx.subscribe(), Task::new(), 0)).collect());
    for (rx, task, _) in &mut crowd.0 {
        assert!(rx.poll_changed(&mut Context::from_waker(&task.waker())).is_pending());
    }
    crowd
}

/// Checks what must be true when no operation is under way.
fn check() {
    with(|world| {
        let is_closed = world.is_closed();
        let rxs = world.rxs.iter().flat_map(|place| &place.pending);
        for pending in rxs.clone().filter(|pending| !pending.hook.is_woken()) {
            assert!(!is_closed, "a receiver sleeps although the channel is closed");
            assert_eq!(pending.sends, world.sends, "a receiver sleeps although a version has been sent");
        }
        let txs = world.txs.iter().flat_map(|place| &place.pending);
        for _ in txs.clone().filter(|pending| !pending.hook.is_woken()) {
            let receivers = world.txs.iter().find_map(|place| match &place.state {
                Some(State::Idle(tx)) => Some(tx.receiver_count()),
                _ => None,
            });
            let receivers = receivers.or(world.tx.as_ref().map(|tx| tx.receiver_count()));
            assert_ne!(receivers, Some(0), "a sender sleeps in `closed` although there is no receiver");
        }
        let mut hooks = 0;
        for Pending { hook, .. } in rxs.chain(txs) {
            hooks += 1;
            let kept = Arc::strong_count(hook) - 1;
            assert_eq!(kept, usize::from(!hook.is_woken()), "the number of wakers that the channel keeps for a wait");
        }
        assert_eq!(HOOKS.get(), hooks, "the channel keeps the waker of a wait that is over");
    });
}

/// Calls `f`, which may panic on purpose.
fn catch(f: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(f)) {
        if !panic.is::<()>() {
            resume_unwind(panic);
        }
    }
}

/// Runs a program, and checks the channel after each of its steps.
pub(crate) fn run(in_crowd: usize, steps: &[Step]) {
    let (tx, rx) = channel(0);
    let mut in_front = crowd(&tx, in_crowd);
    with(|world| {
        *world = World { weak: Some(tx.downgrade()), steps: Vec::from(steps).into_iter(), ..World::default() };
        world.rxs[0].state = Some(State::Idle(rx.clone()));
        world.rxs[1].state = Some(State::Idle(rx));
        world.tx = Some(tx);
    });
    while let Some(step) = with(|world| world.steps.next()) {
        catch(|| run_step(step, false));
        in_front.poll();
        check();
    }
    must_be_usable();
    (0..RECEIVERS).for_each(|at| drop(take::<Receiver<u64>>(at)));
    check();
    (0..SENDERS).for_each(|at| drop(take::<Sender<u64>>(at)));
    let world = with(std::mem::take);
    drop(world);
    in_front.poll();
    for (rx, task, _) in in_front.0 {
        drop(rx);
        assert_eq!(task.wakers_kept(), 0);
    }
    assert_eq!(HOOKS.get(), 0, "the channel keeps a waker after it has been dropped");
}

fn must_be_usable() {
    let Some(tx) = with(|world| world.weak.as_ref().and_then(|weak| weak.upgrade())) else { return };
    let (mut rx, task) = (tx.subscribe(), Task::new());
    task.poll_pending(rx.changed());
    let mut changed = Box::pin(rx.changed());
    assert!(task.poll(&mut changed).is_pending());
    with(|world| world.sends += 1);
    tx.set(u64::MAX);
    assert_eq!((task.wakes(), task.poll(&mut changed)), (1, Poll::Ready(Ok(()))));
    drop(changed);
    assert_eq!((rx.get(), task.wakers_kept()), (u64::MAX, 0));
}
