//! The channel as its documentation describes it, without anything that is hard to get right.

use std::fmt::Write;

use watch_channel::error::TryRecvError;

use super::Log;
use super::op::{Call, Op, OwnCall};

#[derive(Default)]
struct Model {
    now: Now,
    txs: Vec<ModelTx>,
    weak_senders: usize,
    rxs: Vec<ModelRx>,
    cached: Vec<ModelCached>,
    mapped: Vec<ModelMapped>,
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
#[derive(Clone, Copy, PartialEq)]
enum Wants {
    NoReceiver,
    Receiver,
}

#[derive(Default)]
struct ModelRx {
    task: ModelTask,
    seen: i64,
    wait: Option<ModelWait>,
}

struct ModelCached {
    copy: u8,
    rx: ModelRx,
}

/// A receiver of the value's remainder when divided by 3.
struct ModelMapped {
    result: u8,
    rx: ModelRx,
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
    /// The remainder, and the version whose value was checked last, if there is one.
    RecvIf(u8, Option<i64>),
    /// The remainder, whether a value was checked already, and what the result shows of a value and
    /// of "has changed".
    For(u8, bool, fn(u8, bool) -> String),
}

impl ModelRx {
    fn new(seen: i64) -> Self {
        Self { seen, ..Self::default() }
    }

    fn start(&mut self, kind: Kind) -> String {
        self.wait = Some(ModelWait { kind, was_polled: false });
        String::new()
    }

    /// Returns what `changed` finds, and marks it as seen.
    fn check(&mut self, now: Now) -> Option<Result<(), ()>> {
        if std::mem::replace(&mut self.seen, now.version) != now.version {
            Some(Ok(()))
        } else {
            now.is_closed.then_some(Err(()))
        }
    }

    /// Polls the wait, if there is one. Returns its result if it is over.
    fn poll(&mut self, now: Now) -> Option<String> {
        let mut wait = self.wait?;
        wait.was_polled = true;
        let result = match &mut wait.kind {
            Kind::Changed => self.check(now).map(|result| format!("{result:?}")),
            Kind::Recv => self.check(now).map(|result| format!("{:?}", result.map(|()| now.value))),
            Kind::RecvIf(remainder, checked) => {
                if checked.replace(now.version).unwrap_or(self.seen) != now.version && now.value % 3 == *remainder {
                    self.seen = now.version;
                    Some(format!("{:?}", Ok::<_, ()>(now.value)))
                } else {
                    now.is_closed.then(|| format!("{:?}", Err::<u8, _>(())))
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
                    Some(Err(())) => break Some(String::from("Err(())")),
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

    fn try_recv_if(&mut self, now: Now, condition: impl FnOnce(u8) -> bool) -> String {
        let received = if self.seen != now.version && condition(now.value) {
            self.seen = now.version;
            Ok(now.value)
        } else {
            Err(if now.is_closed { TryRecvError::Closed } else { TryRecvError::Empty })
        };
        format!("{received:?}")
    }
}

impl ModelCached {
    /// Renews the copy if there is a new version. A value that was modified without a new version
    /// is not copied.
    fn update(&mut self, now: Now) -> bool {
        let is_new = std::mem::replace(&mut self.rx.seen, now.version) != now.version;
        if is_new {
            self.copy = now.value;
        }
        is_new
    }

    /// Returns the log of its wait that is over, with the copy after it.
    fn end(&mut self, now: Now, result: String) -> String {
        if result.starts_with("Ok") {
            self.copy = now.value;
            format!("Ok(()) {}", self.copy)
        } else {
            format!("{result} {}", self.copy)
        }
    }
}

impl ModelMapped {
    /// Looks at the value if there is a new version. Returns `true` if the result is a different
    /// one.
    fn update(&mut self, now: Now) -> bool {
        let is_new = std::mem::replace(&mut self.rx.seen, now.version) != now.version;
        is_new && std::mem::replace(&mut self.result, now.value % 3) != now.value % 3
    }

    fn poll(&mut self, now: Now) -> Option<String> {
        let wait = self.rx.wait.as_mut()?;
        wait.was_polled = true;
        let result = if self.update(now) {
            Some(format!("{:?}", Ok::<_, ()>(self.result)))
        } else {
            now.is_closed.then(|| String::from("Err(())"))
        };
        self.rx.task.is_registered = result.is_none();
        if result.is_some() {
            self.rx.wait = None;
        }
        result
    }
}

impl Model {
    fn receivers(&self) -> usize {
        self.rxs.len() + self.cached.len() + self.mapped.len()
    }

    fn wake_receivers(&mut self) {
        self.rxs.iter_mut().for_each(|rx| rx.task.wake());
        self.cached.iter_mut().for_each(|cached| cached.rx.task.wake());
        self.mapped.iter_mut().for_each(|mapped| mapped.rx.task.wake());
    }

    fn subscribe(&mut self, seen: i64) -> String {
        if self.receivers() == 0 {
            self.txs.iter_mut().for_each(|tx| tx.task.wake());
        }
        self.rxs.push(ModelRx::new(seen));
        String::new()
    }

    fn publish(&mut self, value: u8) {
        self.now.value = value;
        self.now.version += 1;
        self.wake_receivers();
    }

    fn after_drop(&mut self) -> String {
        if self.receivers() == 0 {
            self.txs.iter_mut().for_each(|tx| tx.task.wake());
        }
        String::new()
    }

    fn poll_sender(&mut self, at: usize) -> Option<String> {
        let is_closed = self.receivers() == 0;
        let tx = &mut self.txs[at];
        let (is_over, text) = match tx.waits? {
            Wants::NoReceiver => (is_closed, "closed"),
            Wants::Receiver => (!is_closed, "opened"),
        };
        tx.waits = tx.waits.filter(|_| !is_over);
        tx.task.is_registered = !is_over;
        is_over.then(|| String::from(text))
    }

    fn tx(&self, h: usize) -> Option<usize> {
        h.checked_rem(self.txs.len())
    }

    fn idle_tx(&self, h: usize) -> Option<usize> {
        self.tx(h).filter(|at| self.txs[*at].waits.is_none())
    }

    fn rx(&mut self, h: usize) -> Option<&mut ModelRx> {
        let at = h.checked_rem(self.rxs.len())?;
        self.rxs.get_mut(at)
    }

    fn idle_rx(&mut self, h: usize) -> Option<&mut ModelRx> {
        self.rx(h).filter(|rx| rx.wait.is_none())
    }

    fn cached(&mut self, h: usize) -> Option<&mut ModelCached> {
        let at = h.checked_rem(self.cached.len())?;
        self.cached.get_mut(at)
    }

    fn idle_cached(&mut self, h: usize) -> Option<&mut ModelCached> {
        self.cached(h).filter(|cached| cached.rx.wait.is_none())
    }

    fn mapped(&mut self, h: usize) -> Option<&mut ModelMapped> {
        let at = h.checked_rem(self.mapped.len())?;
        self.mapped.get_mut(at)
    }

    fn idle_mapped(&mut self, h: usize) -> Option<&mut ModelMapped> {
        self.mapped(h).filter(|mapped| mapped.rx.wait.is_none())
    }

    /// Takes a step, and returns its log.
    fn step(&mut self, op: Op) -> String {
        let (now, h, v, remainder, modified) = (self.now, op.handle, op.value(), op.remainder(), op.modifies());
        match op.call {
            Call::Send => self.idle_tx(h).map(|_| {
                if self.receivers() == 0 {
                    return format!("{:?}", Err::<(), _>(v));
                }
                self.publish(v);
                format!("{:?}", Ok::<_, u8>(()))
            }),
            Call::SendReplace => self.idle_tx(h).map(|_| {
                self.publish(v);
                format!("{:?}", now.value)
            }),
            Call::SendModify => self.idle_tx(h).map(|_| {
                self.publish(v);
                format!("{:?}", ())
            }),
            Call::SendIfModified => self.idle_tx(h).map(|_| {
                if modified {
                    self.publish(v)
                } else {
                    self.now.value = v
                }
                format!("{modified:?}")
            }),
            Call::SendPanic => self.idle_tx(h).map(|_| {
                self.now.value = v;
                String::from("true")
            }),
            Call::SenderLooks => self.idle_tx(h).map(|_| {
                let (rxs, txs) = (self.receivers(), self.txs.len());
                format!("{} false {} {rxs} {txs}", now.value, rxs == 0)
            }),
            Call::Borrow => self.idle_rx(h).map(|rx| format!("{} {}", now.value, rx.seen != now.version)),
            Call::BorrowAndUpdate => self.idle_rx(h).map(|rx| {
                let seen = std::mem::replace(&mut rx.seen, now.version);
                format!("{} {}", now.value, seen != now.version)
            }),
            Call::HasChanged => self.idle_rx(h).map(|rx| {
                let unseen = rx.seen != now.version;
                format!("{:?}", if now.is_closed { Err(()) } else { Ok(unseen) })
            }),
            Call::MarkChanged => self.idle_rx(h).map(|rx| {
                rx.seen -= 1;
                String::new()
            }),
            Call::MarkUnchanged => self.idle_rx(h).map(|rx| {
                rx.seen = now.version;
                String::new()
            }),
            Call::StartChanged => self.idle_rx(h).map(|rx| rx.start(Kind::Changed)),
            Call::StartWaitFor => {
                let show = |value, has_changed| format!("{:?}", Ok::<_, ()>((value, has_changed)));
                self.idle_rx(h).map(|rx| rx.start(Kind::For(remainder, false, show)))
            }
            Call::StartClosed => self.idle_tx(h).map(|at| {
                self.txs[at].waits = Some(Wants::NoReceiver);
                String::new()
            }),
            Call::PollReceiver => self.rx(h).and_then(|rx| rx.poll(now)),
            Call::PollReceiverElsewhere => self.rx(h).and_then(|rx| rx.poll_elsewhere(now)),
            Call::PollSender => self.tx(h).and_then(|at| self.poll_sender(at)),
            Call::PollSenderElsewhere => self.tx(h).filter(|at| self.txs[*at].waits.is_some()).and_then(|at| {
                self.txs[at].task = ModelTask::default();
                self.poll_sender(at)
            }),
            Call::CancelReceiver => self.rx(h).and_then(|rx| rx.cancel()),
            Call::CancelSender => self.tx(h).filter(|at| self.txs[*at].waits.is_some()).map(|at| {
                let tx = &mut self.txs[at];
                tx.waits = None;
                tx.task.is_registered = false;
                String::from("cancelled")
            }),
            Call::CloneReceiver => self.idle_rx(h).map(|rx| ModelRx::new(rx.seen)).map(|clone| {
                self.rxs.push(clone);
                String::new()
            }),
            Call::CloneSender => self.idle_tx(h).map(|_| {
                self.txs.push(ModelTx::default());
                String::new()
            }),
            Call::Subscribe => self.idle_tx(h).map(|_| self.subscribe(now.version)),
            Call::DropReceiver => h.checked_rem(self.rxs.len()).map(|at| {
                self.rxs.remove(at);
                self.after_drop()
            }),
            Call::DropSender => self.tx(h).map(|at| {
                self.txs.remove(at);
                if self.txs.is_empty() {
                    self.now.is_closed = true;
                    self.wake_receivers();
                }
                String::new()
            }),
            Call::Own(call) => self.own_step(call, op),
        }
        .unwrap_or_default()
    }

    fn own_step(&mut self, call: OwnCall, op: Op) -> Option<String> {
        let (now, h, v, remainder) = (self.now, op.handle, op.value(), op.remainder());
        match call {
            OwnCall::Set => self.idle_tx(h).map(|_| {
                self.publish(v);
                format!("{:?}", ())
            }),
            OwnCall::SetIfChanged => self.idle_tx(h).map(|_| {
                let differs = now.value != v;
                if differs {
                    self.publish(v);
                }
                format!("{:?}", differs.then_some(now.value))
            }),
            OwnCall::TrySet => self.idle_tx(h).map(|_| {
                self.publish(v);
                String::from("Ok(())")
            }),
            OwnCall::TrySetWhileRead => self.idle_tx(h).map(|_| format!("Err({v})")),
            OwnCall::SubscribeUnseen => self.idle_tx(h).map(|_| self.subscribe(now.version - 1)),
            OwnCall::StartOpened => self.idle_tx(h).map(|at| {
                self.txs[at].waits = Some(Wants::Receiver);
                String::new()
            }),
            OwnCall::Downgrade => self.idle_tx(h).map(|_| {
                self.weak_senders += 1;
                String::new()
            }),
            OwnCall::Upgrade => (self.weak_senders > 0).then(|| {
                if !now.is_closed {
                    self.txs.push(ModelTx::default());
                }
                format!("{}", !now.is_closed)
            }),
            OwnCall::WeakSenderLooks => (self.weak_senders > 0).then(|| format!("{}", self.txs.len())),
            OwnCall::DropWeakSender => {
                self.weak_senders = self.weak_senders.saturating_sub(1);
                None
            }
            OwnCall::ReceiverLooks => self.idle_rx(h).map(|rx| {
                let unseen = rx.seen != now.version;
                format!("{} {unseen} {} {:?}", now.value, now.is_closed, Some(unseen))
            }),
            OwnCall::GetAndUpdate => self.idle_rx(h).map(|rx| {
                rx.seen = now.version;
                format!("{}", now.value)
            }),
            OwnCall::TryRecv => self.idle_rx(h).map(|rx| rx.try_recv_if(now, |_| true)),
            OwnCall::TryRecvIf => self.idle_rx(h).map(|rx| rx.try_recv_if(now, |value| value % 3 == remainder)),
            OwnCall::StartRecv => self.idle_rx(h).map(|rx| rx.start(Kind::Recv)),
            OwnCall::StartRecvIf => self.idle_rx(h).map(|rx| rx.start(Kind::RecvIf(remainder, None))),
            OwnCall::StartWaitUntil => {
                self.idle_rx(h).map(|rx| rx.start(Kind::For(remainder, false, |_, _| String::from("Ok(())"))))
            }
            OwnCall::StartWaitForMap => {
                self.idle_rx(h).map(|rx| rx.start(Kind::For(remainder, false, |value, _| format!("Ok({value})"))))
            }
            OwnCall::PollChanged => self.idle_rx(h).map(|rx| {
                let checked = rx.check(now);
                rx.task.is_registered = checked.is_none();
                checked.map_or(String::from("Pending"), |result| format!("Ready({result:?})"))
            }),
            OwnCall::Cache => {
                self.idle_rx(h)?;
                let rx = self.rxs.remove(h % self.rxs.len());
                self.cached.push(ModelCached { copy: now.value, rx: ModelRx { seen: now.version, ..rx } });
                None
            }
            OwnCall::CachedGet => self.idle_cached(h).map(|cached| {
                cached.update(now);
                format!("{}", cached.copy)
            }),
            OwnCall::CachedUpdate => self.idle_cached(h).map(|cached| format!("{}", cached.update(now))),
            OwnCall::CachedLooks => {
                self.idle_cached(h).map(|cached| format!("{} {}", cached.copy, cached.rx.seen != now.version))
            }
            OwnCall::StartCachedChanged => self.idle_cached(h).map(|cached| cached.rx.start(Kind::Recv)),
            OwnCall::PollCached => self.cached(h).and_then(|cached| {
                let result = cached.rx.poll(now)?;
                Some(cached.end(now, result))
            }),
            OwnCall::PollCachedElsewhere => self.cached(h).and_then(|cached| {
                let result = cached.rx.poll_elsewhere(now)?;
                Some(cached.end(now, result))
            }),
            OwnCall::CancelCached => self.cached(h).and_then(|cached| cached.rx.cancel()),
            OwnCall::CloneCached => {
                let cached = self.idle_cached(h)?;
                let clone = ModelCached { copy: cached.copy, rx: ModelRx::new(cached.rx.seen) };
                self.cached.push(clone);
                None
            }
            OwnCall::Uncache => {
                self.idle_cached(h)?;
                let cached = self.cached.remove(h % self.cached.len());
                self.rxs.push(cached.rx);
                None
            }
            OwnCall::DropCached => h.checked_rem(self.cached.len()).map(|at| {
                self.cached.remove(at);
                self.after_drop()
            }),
            OwnCall::Map => {
                self.idle_rx(h)?;
                let rx = self.rxs.remove(h % self.rxs.len());
                self.mapped.push(ModelMapped { result: now.value % 3, rx: ModelRx { seen: now.version, ..rx } });
                None
            }
            OwnCall::MappedGet => self.idle_mapped(h).map(|mapped| {
                mapped.update(now);
                format!("{}", mapped.result)
            }),
            OwnCall::MappedUpdate => {
                self.idle_mapped(h).map(|mapped| format!("{} {}", mapped.update(now), mapped.result))
            }
            // They differ only in where the result comes from.
            OwnCall::StartMappedChanged | OwnCall::StartMappedRecv => {
                self.idle_mapped(h).map(|mapped| mapped.rx.start(Kind::Changed))
            }
            OwnCall::PollMapped => self.mapped(h).and_then(|mapped| mapped.poll(now)),
            OwnCall::CancelMapped => self.mapped(h).and_then(|mapped| mapped.rx.cancel()),
            OwnCall::Unmap => {
                self.idle_mapped(h)?;
                let mapped = self.mapped.remove(h % self.mapped.len());
                self.rxs.push(mapped.rx);
                None
            }
            OwnCall::DropMapped => h.checked_rem(self.mapped.len()).map(|at| {
                self.mapped.remove(at);
                self.after_drop()
            }),
        }
    }
}

pub(crate) fn run_model(program: &[Op]) -> Log {
    let mut model = Model { txs: vec![ModelTx::default()], rxs: vec![ModelRx::default()], ..Model::default() };
    let mut log = Log::new();
    for &op in program {
        let result = model.step(op);
        write!(log, "{op:?}: {result} |").unwrap();
        model.txs.iter().for_each(|tx| tx.task.log(&mut log));
        log.push_str(" |");
        model.rxs.iter().for_each(|rx| rx.task.log(&mut log));
        log.push_str(" |");
        model.cached.iter().for_each(|cached| cached.rx.task.log(&mut log));
        log.push_str(" |");
        model.mapped.iter().for_each(|mapped| mapped.rx.task.log(&mut log));
        log.push('\n');
    }
    log
}
