//! The channel as its documentation describes it, without anything that is hard to get right.

use std::fmt::{Debug, Write};
use std::mem::replace;
use std::task::Poll;

use watch_channel::error::TryRecvError;

use super::Log;
use super::op::{Call, Op, OwnCall};

#[derive(Default)]
struct Model {
    now: Now,
    txs: Vec<ModelTx>,
    weak_senders: usize,
    rxs: Vec<ModelRx>,
    cached: Vec<ModelRx>,
    mapped: Vec<ModelRx>,
}

/// What a receiver's wait checks.
#[derive(Clone, Copy, Default)]
struct Now {
    value: u8,
    version: i64,
    is_closed: bool,
}

#[derive(Default)]
struct ModelTx {
    task: ModelTask,
    waits: Option<Wants>,
}

/// What a sender waits for.
#[derive(Clone, Copy)]
enum Wants {
    NoReceiver,
    Receiver,
}

/// A receiver, by itself or in a `Cached` or a `Mapped`.
#[derive(Default)]
struct ModelRx {
    task: ModelTask,
    seen: i64,
    wait: Option<ModelWait>,
    /// The copy of a `Cached`, or the result of a `Mapped`: the remainder when divided by 3.
    kept: u8,
}

/// The task of a handle: whether the channel has its waker, and how often it has been woken.
#[derive(Clone, Copy, Default)]
struct ModelTask {
    is_registered: bool,
    wakes: usize,
}

impl ModelTask {
    fn wake(&mut self) {
        self.wakes += usize::from(self.is_registered);
        self.is_registered = false;
    }

    fn log(self, log: &mut Log) {
        write!(log, " {}{}", self.wakes, if self.is_registered { "+" } else { "" }).unwrap();
    }
}

#[derive(Clone, Copy)]
struct ModelWait {
    kind: Kind,
    was_polled: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    Changed,
    Recv,
    Cached,
    Mapped,
    /// The remainder, and the version whose value was checked last, if there is one.
    RecvIf(u8, Option<i64>),
    /// The remainder, whether a value was checked already, and what the result shows of a value and
    /// of "has changed".
    For(u8, bool, fn(u8, bool) -> String),
}

/// The close, as both channels show it.
#[derive(Debug)]
struct RecvError(());

/// What a step logs of its result.
fn shown(result: impl Debug) -> Option<String> {
    Some(format!("{result:?}"))
}

/// The log of a step that returns nothing.
fn quiet(_: Option<()>) -> Option<String> {
    None
}

impl ModelRx {
    fn new(seen: i64) -> Self {
        Self { seen, ..Self::default() }
    }

    /// Marks the current version as seen, and returns `true` if it was unseen.
    fn see(&mut self, now: Now) -> bool {
        replace(&mut self.seen, now.version) != now.version
    }

    /// Returns what `changed` finds, and marks it as seen.
    fn check(&mut self, now: Now) -> Option<Result<(), RecvError>> {
        if self.see(now) { Some(Ok(())) } else { now.is_closed.then_some(Err(RecvError(()))) }
    }

    /// Renews the copy if there is a new version. A value that was modified without a new version
    /// is not copied.
    fn update_cached(&mut self, now: Now) -> bool {
        let is_new = self.see(now);
        if is_new {
            self.kept = now.value;
        }
        is_new
    }

    /// Looks at the value if there is a new version. Returns `true` if the result is a different
    /// one.
    fn update_mapped(&mut self, now: Now) -> bool {
        self.see(now) && replace(&mut self.kept, now.value % 3) != now.value % 3
    }

    /// Polls the wait, if there is one. Returns its result if it is over.
    fn poll(&mut self, now: Now) -> Option<String> {
        let mut wait = self.wait?;
        wait.was_polled = true;
        let result = match &mut wait.kind {
            Kind::Changed => self.check(now).and_then(shown),
            Kind::Recv => self.check(now).and_then(|result| shown(result.map(|()| now.value))),
            Kind::Cached if self.update_cached(now) => shown((Ok::<_, RecvError>(()), self.kept)),
            Kind::Cached if now.is_closed => shown((Err::<(), _>(RecvError(())), self.kept)),
            Kind::Mapped if self.update_mapped(now) => shown(Ok::<_, RecvError>(self.kept)),
            Kind::Mapped if now.is_closed => shown(Err::<(), _>(RecvError(()))),
            Kind::Cached | Kind::Mapped => None,
            Kind::RecvIf(remainder, checked) => {
                if checked.replace(now.version).unwrap_or(self.seen) != now.version && now.value % 3 == *remainder {
                    self.seen = now.version;
                    shown(Ok::<_, RecvError>(now.value))
                } else {
                    now.is_closed.then(|| format!("{:?}", Err::<(), _>(RecvError(()))))
                }
            }
            Kind::For(remainder, checked, show) => loop {
                let was_unseen = self.seen != now.version;
                let found = if *checked { self.check(now) } else { Some(Ok(())) };
                match found {
                    Some(Ok(())) => {
                        // A wait marks the value as seen before it calls the condition.
                        let has_changed = was_unseen && !*checked;
                        *checked = true;
                        self.seen = now.version;
                        if now.value % 3 == *remainder {
                            break Some(show(now.value, has_changed));
                        }
                    }
                    Some(Err(error)) => break shown(Err::<(), _>(error)),
                    None => break None,
                }
            },
        };
        self.task.is_registered = result.is_none();
        self.wait = result.is_none().then_some(wait);
        result
    }

    fn poll_elsewhere(&mut self, now: Now) -> Option<String> {
        if self.wait.is_some() {
            self.task = ModelTask::default();
        }
        self.poll(now)
    }

    fn cancel(&mut self) -> Option<String> {
        let wait = self.wait.take()?;
        // A wait that has not been polled leaves the registration of `poll_changed`.
        self.task.is_registered &= !wait.was_polled;
        Some(String::from("cancelled"))
    }

    fn try_recv_if(&mut self, now: Now, condition: impl FnOnce(u8) -> bool) -> Option<String> {
        if self.seen != now.version && condition(now.value) {
            self.seen = now.version;
            return shown(Ok::<_, TryRecvError>(now.value));
        }
        shown(Err::<u8, _>(if now.is_closed { TryRecvError::Closed } else { TryRecvError::Empty }))
    }
}

fn pick<H>(handles: &mut [H], h: usize) -> Option<&mut H> {
    let at = h.checked_rem(handles.len())?;
    handles.get_mut(at)
}

/// A receiver that does not wait.
fn idle(receivers: &mut [ModelRx], h: usize) -> Option<&mut ModelRx> {
    pick(receivers, h).filter(|rx| rx.wait.is_none())
}

/// Begins a wait of a receiver that does not wait.
fn start(receivers: &mut [ModelRx], h: usize, kind: Kind) -> Option<String> {
    idle(receivers, h)?.wait = Some(ModelWait { kind, was_polled: false });
    None
}

/// Turns a receiver that does not wait into another handle.
fn turn(from: &mut Vec<ModelRx>, h: usize, to: &mut Vec<ModelRx>, change: impl FnOnce(&mut ModelRx)) -> Option<String> {
    change(idle(from, h)?);
    to.push(from.remove(h % from.len()));
    None
}

impl Model {
    fn receivers(&self) -> usize {
        self.rxs.len() + self.cached.len() + self.mapped.len()
    }

    fn wake_receivers(&mut self) {
        let all = self.rxs.iter_mut().chain(&mut self.cached).chain(&mut self.mapped);
        all.for_each(|rx| rx.task.wake());
    }

    fn wake_senders(&mut self) {
        self.txs.iter_mut().for_each(|tx| tx.task.wake());
    }

    fn subscribe(&mut self, seen: i64) -> Option<String> {
        if self.receivers() == 0 {
            self.wake_senders();
        }
        self.rxs.push(ModelRx::new(seen));
        None
    }

    /// Publishes a value, and logs what the call returns.
    fn publish(&mut self, value: u8, result: impl Debug) -> Option<String> {
        self.now.value = value;
        self.now.version += 1;
        self.wake_receivers();
        shown(result)
    }

    fn drop_one(&mut self, of: fn(&mut Self) -> &mut Vec<ModelRx>, h: usize) -> Option<String> {
        let handles = of(self);
        handles.remove(h.checked_rem(handles.len())?);
        if self.receivers() == 0 {
            self.wake_senders();
        }
        None
    }

    fn poll_sender(&mut self, h: usize) -> Option<String> {
        let is_closed = self.receivers() == 0;
        let tx = pick(&mut self.txs, h)?;
        let is_over = match tx.waits? {
            Wants::NoReceiver => is_closed,
            Wants::Receiver => !is_closed,
        };
        tx.waits = tx.waits.filter(|_| !is_over);
        tx.task.is_registered = !is_over;
        is_over.then(|| format!("{:?}", ()))
    }

    /// A sender that does not wait.
    fn idle_tx(&mut self, h: usize) -> Option<&mut ModelTx> {
        pick(&mut self.txs, h).filter(|tx| tx.waits.is_none())
    }

    /// A sender that waits.
    fn waiting_tx(&mut self, h: usize) -> Option<&mut ModelTx> {
        pick(&mut self.txs, h).filter(|tx| tx.waits.is_some())
    }

    /// Takes a step, and returns what it logs.
    fn step(&mut self, op: Op) -> Option<String> {
        let (now, h, v, remainder, modified) = (self.now, op.handle, op.value(), op.remainder(), op.modifies());
        if op.call.needs_idle_sender() {
            self.idle_tx(h)?;
        }
        match op.call {
            Call::Send if self.receivers() == 0 => shown(Err::<(), _>(v)),
            Call::Send | Call::Own(OwnCall::TrySet) => self.publish(v, Ok::<_, u8>(())),
            Call::SendReplace => self.publish(v, now.value),
            Call::SendModify | Call::Own(OwnCall::Set) => self.publish(v, ()),
            Call::SendIfModified if modified => self.publish(v, true),
            Call::SendIfModified | Call::SendPanic => {
                self.now.value = v;
                shown(matches!(op.call, Call::SendPanic))
            }
            Call::SenderLooks => {
                let (rxs, txs) = (self.receivers(), self.txs.len());
                shown((now.value, false, rxs == 0, rxs, txs))
            }
            Call::Borrow => shown((now.value, idle(&mut self.rxs, h)?.seen != now.version)),
            Call::BorrowAndUpdate => shown((now.value, idle(&mut self.rxs, h)?.see(now))),
            Call::HasChanged => {
                let unseen = idle(&mut self.rxs, h)?.seen != now.version;
                shown(if now.is_closed { Err(RecvError(())) } else { Ok(unseen) })
            }
            Call::MarkChanged => idle(&mut self.rxs, h).map(|rx| rx.seen -= 1).and_then(shown),
            Call::MarkUnchanged => idle(&mut self.rxs, h).map(|rx| rx.seen = now.version).and_then(shown),
            Call::StartChanged => start(&mut self.rxs, h, Kind::Changed),
            Call::StartWaitFor => {
                let show = |value, has_changed| format!("{:?}", Ok::<_, RecvError>((value, has_changed)));
                start(&mut self.rxs, h, Kind::For(remainder, false, show))
            }
            Call::StartClosed => quiet(self.idle_tx(h).map(|tx| tx.waits = Some(Wants::NoReceiver))),
            Call::PollReceiver => pick(&mut self.rxs, h)?.poll(now),
            Call::PollReceiverElsewhere => pick(&mut self.rxs, h)?.poll_elsewhere(now),
            Call::PollSender => self.poll_sender(h),
            Call::PollSenderElsewhere => {
                self.waiting_tx(h)?.task = ModelTask::default();
                self.poll_sender(h)
            }
            Call::CancelReceiver => pick(&mut self.rxs, h)?.cancel(),
            Call::CancelSender => {
                let tx = self.waiting_tx(h)?;
                tx.waits = None;
                tx.task.is_registered = false;
                Some(String::from("cancelled"))
            }
            Call::CloneReceiver => {
                let clone = ModelRx::new(idle(&mut self.rxs, h)?.seen);
                self.rxs.push(clone);
                None
            }
            Call::CloneSender => {
                self.txs.push(ModelTx::default());
                None
            }
            Call::Subscribe => self.subscribe(now.version),
            Call::DropReceiver => self.drop_one(|model| &mut model.rxs, h),
            Call::DropSender => {
                self.txs.remove(h.checked_rem(self.txs.len())?);
                if self.txs.is_empty() {
                    self.now.is_closed = true;
                    self.wake_receivers();
                }
                None
            }
            Call::Own(call) => self.own_step(call, op),
        }
    }

    fn own_step(&mut self, call: OwnCall, op: Op) -> Option<String> {
        let (now, h, v, remainder) = (self.now, op.handle, op.value(), op.remainder());
        let Self { rxs, cached, mapped, .. } = self;
        match call {
            OwnCall::Set | OwnCall::TrySet => unreachable!("they are like other calls"),
            OwnCall::SetIfChanged if now.value == v => shown(None::<u8>),
            OwnCall::SetIfChanged => self.publish(v, Some(now.value)),
            OwnCall::TrySetWhileRead => shown(Err::<(), _>(v)),
            OwnCall::SubscribeUnseen => self.subscribe(now.version - 1),
            OwnCall::StartOpened => quiet(self.idle_tx(h).map(|tx| tx.waits = Some(Wants::Receiver))),
            OwnCall::Downgrade => {
                self.weak_senders += 1;
                None
            }
            OwnCall::Upgrade => (self.weak_senders > 0).then(|| {
                self.txs.extend((!now.is_closed).then(ModelTx::default));
                format!("{}", !now.is_closed)
            }),
            OwnCall::WeakSenderLooks => (self.weak_senders > 0).then(|| format!("{}", self.txs.len())),
            OwnCall::DropWeakSender => {
                self.weak_senders = self.weak_senders.saturating_sub(1);
                None
            }
            OwnCall::ReceiverLooks => {
                let unseen = idle(rxs, h)?.seen != now.version;
                shown((now.value, unseen, now.is_closed, Some(unseen)))
            }
            OwnCall::GetAndUpdate => {
                idle(rxs, h)?.seen = now.version;
                shown(now.value)
            }
            OwnCall::TryRecv => idle(rxs, h)?.try_recv_if(now, |_| true),
            OwnCall::TryRecvIf => idle(rxs, h)?.try_recv_if(now, |value| value % 3 == remainder),
            OwnCall::StartRecv => start(rxs, h, Kind::Recv),
            OwnCall::StartRecvIf => start(rxs, h, Kind::RecvIf(remainder, None)),
            OwnCall::StartWaitUntil => start(rxs, h, Kind::For(remainder, false, |_, _| String::from("Ok(())"))),
            OwnCall::StartWaitForMap => start(rxs, h, Kind::For(remainder, false, |value, _| format!("Ok({value})"))),
            OwnCall::PollChanged => {
                let rx = idle(rxs, h)?;
                let checked = rx.check(now);
                rx.task.is_registered = checked.is_none();
                shown(checked.map_or(Poll::Pending, Poll::Ready))
            }
            OwnCall::Cache => turn(rxs, h, cached, |rx| (rx.seen, rx.kept) = (now.version, now.value)),
            OwnCall::CachedGet => {
                let cached = idle(cached, h)?;
                cached.update_cached(now);
                shown(cached.kept)
            }
            OwnCall::CachedUpdate => shown(idle(cached, h)?.update_cached(now)),
            OwnCall::CachedLooks => {
                let cached = idle(cached, h)?;
                shown((cached.kept, cached.seen != now.version))
            }
            OwnCall::StartCachedChanged => start(cached, h, Kind::Cached),
            OwnCall::PollCached => pick(cached, h)?.poll(now),
            OwnCall::PollCachedElsewhere => pick(cached, h)?.poll_elsewhere(now),
            OwnCall::CancelCached => pick(cached, h)?.cancel(),
            OwnCall::CloneCached => {
                let &mut ModelRx { seen, kept, .. } = idle(cached, h)?;
                cached.push(ModelRx { kept, ..ModelRx::new(seen) });
                None
            }
            OwnCall::Uncache => turn(cached, h, rxs, |_| ()),
            OwnCall::DropCached => self.drop_one(|model| &mut model.cached, h),
            OwnCall::Map => turn(rxs, h, mapped, |rx| (rx.seen, rx.kept) = (now.version, now.value % 3)),
            OwnCall::MappedGet => {
                let mapped = idle(mapped, h)?;
                mapped.update_mapped(now);
                shown(mapped.kept)
            }
            OwnCall::MappedUpdate => {
                let mapped = idle(mapped, h)?;
                shown((mapped.update_mapped(now), mapped.kept))
            }
            // They differ only in where the result comes from.
            OwnCall::StartMappedChanged | OwnCall::StartMappedRecv => start(mapped, h, Kind::Mapped),
            OwnCall::PollMapped => pick(mapped, h)?.poll(now),
            OwnCall::CancelMapped => pick(mapped, h)?.cancel(),
            OwnCall::Unmap => turn(mapped, h, rxs, |_| ()),
            OwnCall::DropMapped => self.drop_one(|model| &mut model.mapped, h),
        }
    }
}

pub(crate) fn run_model(program: &[Op]) -> Log {
    let mut model = Model { txs: vec![ModelTx::default()], rxs: vec![ModelRx::default()], ..Model::default() };
    let mut log = Log::new();
    for &op in program {
        let result = model.step(op).unwrap_or_default();
        write!(log, "{op:?}: {result} |").unwrap();
        model.txs.iter().for_each(|tx| tx.task.log(&mut log));
        for receivers in [&model.rxs, &model.cached, &model.mapped] {
            log.push_str(" |");
            receivers.iter().for_each(|rx| rx.task.log(&mut log));
        }
        log.push('\n');
    }
    log
}
