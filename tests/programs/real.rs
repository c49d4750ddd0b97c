//! Runs programs on a real channel: this crate's or tokio's.

use std::cell::Cell;
use std::fmt::Write;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use watch_channel::{Cached, Mapped, Receiver, Sender, WeakSender};

use super::Log;
use super::op::{Op, OwnOp};
use crate::common::Task;

/// A handle, or a wait that owns the handle and returns it.
pub(crate) enum State<H> {
    Idle(H),
    Waiting { wait: Pin<Box<dyn Future<Output = (H, Option<String>)>>>, cancel: Rc<Cell<bool>> },
}

impl<H: 'static> State<H> {
    /// Turns a handle into a wait, which has not been polled.
    pub(crate) fn start(self, wait: impl AsyncFnOnce(&mut H) -> String + 'static) -> Self {
        let Self::Idle(mut handle) = self else { return self };
        let cancel = Rc::new(Cell::new(false));
        let cancelled = cancel.clone();
        let wait = Box::pin(async move {
            let result = {
                let mut wait = pin!(wait(&mut handle));
                poll_fn(|cx| if cancelled.get() { Poll::Ready(None) } else { wait.as_mut().poll(cx).map(Some) }).await
            };
            (handle, result)
        });
        Self::Waiting { wait, cancel }
    }

    /// Polls a wait. If it is over, it also returns its result.
    pub(crate) fn poll(self, cx: &mut Context<'_>) -> (Self, Option<String>) {
        let Self::Waiting { mut wait, cancel } = self else { return (self, None) };
        match wait.as_mut().poll(cx) {
            Poll::Pending => (Self::Waiting { wait, cancel }, None),
            Poll::Ready((handle, result)) => (Self::Idle(handle), Some(result.unwrap_or("cancelled".into()))),
        }
    }

    /// Makes the next poll end the wait, without polling what it waits for.
    pub(crate) fn cancel(&self) {
        if let Self::Waiting { cancel, .. } = self {
            cancel.set(true);
        }
    }
}

struct Slot<H> {
    /// The task of the handle's waits, which `poll_changed` registers as well.
    task: Task,
    /// `None` only while a step changes the state.
    state: Option<State<H>>,
}

impl<H: 'static> Slot<H> {
    fn new(task: Task, handle: H) -> Self {
        Self { task, state: Some(State::Idle(handle)) }
    }

    fn change(&mut self, f: impl FnOnce(State<H>) -> State<H>) {
        self.state = self.state.take().map(f);
    }

    fn poll(&mut self, log: &mut Log) {
        let waker = self.task.waker();
        self.change(|state| {
            let (state, result) = state.poll(&mut Context::from_waker(&waker));
            result.into_iter().for_each(|result| log.push_str(&result));
            state
        });
    }

    /// Drops the handle or its wait. After that, the channel must not have the waker.
    fn close(self) {
        drop(self.state);
        assert_eq!(self.task.wakers_kept(), 0, "a dropped handle has left its waker");
    }
}

struct Handles<H>(Vec<Slot<H>>);

impl<H: 'static> Handles<H> {
    fn push(&mut self, handle: H) {
        self.0.push(Slot::new(Task::new(), handle));
    }

    fn get(&mut self, at: usize) -> Option<&mut Slot<H>> {
        let at = at.checked_rem(self.0.len())?;
        self.0.get_mut(at)
    }

    fn idle(&mut self, at: usize) -> Option<(&Task, &mut H)> {
        match self.get(at)? {
            Slot { task, state: Some(State::Idle(handle)) } => Some((task, handle)),
            _ => None,
        }
    }

    /// Calls `f` with a handle that does not wait, and logs what `f` returns.
    fn on(&mut self, at: usize, log: &mut Log, f: impl FnOnce(&mut H) -> String) {
        if let Some((_, handle)) = self.idle(at) {
            log.push_str(&f(handle));
        }
    }

    /// Makes another handle from one that does not wait.
    fn make<N>(&mut self, at: usize, f: impl FnOnce(&mut H) -> N) -> Option<N> {
        self.idle(at).map(|(_, handle)| f(handle))
    }

    /// Turns a handle that does not wait into another handle, with the same task.
    fn turn<N: 'static>(&mut self, at: usize, others: &mut Handles<N>, f: impl FnOnce(H) -> N) {
        if self.idle(at).is_some() {
            if let Slot { task, state: Some(State::Idle(handle)) } = self.0.remove(at % self.0.len()) {
                others.0.push(Slot::new(task, f(handle)));
            }
        }
    }

    fn start(&mut self, at: usize, wait: impl AsyncFnOnce(&mut H) -> String + 'static) {
        if let Some(slot) = self.get(at) {
            slot.change(|state| state.start(wait));
        }
    }

    fn poll(&mut self, at: usize, log: &mut Log) {
        if let Some(slot) = self.get(at) {
            slot.poll(log);
        }
    }

    fn poll_elsewhere(&mut self, at: usize, log: &mut Log) {
        if let Some(slot @ Slot { state: Some(State::Waiting { .. }), .. }) = self.get(at) {
            let before = std::mem::take(&mut slot.task);
            slot.poll(log);
            assert_eq!(before.wakers_kept(), 0, "a wait that has moved has left its waker");
        }
    }

    fn cancel(&mut self, at: usize, log: &mut Log) {
        if let Some(Slot { state: Some(state), .. }) = self.get(at) {
            state.cancel();
        }
        self.poll(at, log);
    }

    fn drop_one(&mut self, at: usize) {
        if self.get(at).is_some() {
            self.0.remove(at % self.0.len()).close();
        }
    }

    fn log_wakes(&self, log: &mut Log) {
        log.push_str(" |");
        for Slot { task, .. } in &self.0 {
            write!(log, " {}{}", task.wakes(), "+".repeat(task.wakers_kept())).unwrap();
        }
    }

    fn close(self) {
        self.0.into_iter().for_each(Slot::close);
    }
}

/// The handles and steps that tokio's channel does not have.
trait Own {
    type Tx;
    type Rx;

    fn step(&mut self, op: OwnOp, txs: &mut Handles<Self::Tx>, rxs: &mut Handles<Self::Rx>, log: &mut Log);
    fn log_wakes(&self, log: &mut Log);
    fn close(self);
}

type Remainder = Mapped<u8, u8, fn(&u8) -> u8>;

fn remainder(value: &u8) -> u8 {
    value % 3
}

struct Ours {
    weak: Vec<WeakSender<u8>>,
    cached: Handles<Cached<u8>>,
    mapped: Handles<Remainder>,
}

impl Own for Ours {
    type Tx = Sender<u8>;
    type Rx = Receiver<u8>;

    fn step(&mut self, op: OwnOp, txs: &mut Handles<Sender<u8>>, rxs: &mut Handles<Receiver<u8>>, log: &mut Log) {
        let Self { weak, cached, mapped } = self;
        let pick = |h: usize, weak: &Vec<_>| h.checked_rem(weak.len());
        match op {
            OwnOp::Set(h, v) => txs.on(h, log, |tx| format!("{:?}", tx.set(v))),
            OwnOp::SetIfChanged(h, v) => txs.on(h, log, |tx| format!("{:?}", tx.set_if_changed(v))),
            OwnOp::TrySet(h, v) => txs.on(h, log, |tx| {
                let sent = tx.try_set(v);
                format!("{sent:?}")
            }),
            OwnOp::TrySetWhileRead(h, v) => txs.on(h, log, |tx| {
                let value = tx.borrow();
                let sent = tx.try_set(v);
                drop(value);
                format!("{sent:?}")
            }),
            OwnOp::SubscribeUnseen(h) => {
                txs.make(h, |tx| tx.subscribe_unseen()).into_iter().for_each(|rx| rxs.push(rx))
            }
            OwnOp::StartOpened(h) => txs.start(h, async |tx: &mut Sender<u8>| {
                tx.opened().await;
                String::from("opened")
            }),
            OwnOp::Downgrade(h) => weak.extend(txs.make(h, |tx| tx.downgrade())),
            OwnOp::Upgrade(h) => {
                if let Some(at) = pick(h, weak) {
                    let upgraded = weak[at].upgrade();
                    write!(log, "{}", upgraded.is_some()).unwrap();
                    upgraded.into_iter().for_each(|tx| txs.push(tx));
                }
            }
            OwnOp::WeakSenderLooks(h) => {
                if let Some(at) = pick(h, weak) {
                    write!(log, "{}", weak[at].sender_count()).unwrap();
                }
            }
            OwnOp::DropWeakSender(h) => {
                if let Some(at) = pick(h, weak) {
                    weak.remove(at);
                }
            }
            OwnOp::ReceiverLooks(h) => rxs.on(h, log, |rx| {
                let is_unseen = rx.try_borrow().map(|value| value.has_changed());
                format!("{} {} {} {is_unseen:?}", rx.get(), rx.has_unseen(), rx.is_closed())
            }),
            OwnOp::GetAndUpdate(h) => rxs.on(h, log, |rx| format!("{}", rx.get_and_update())),
            OwnOp::TryRecv(h) => rxs.on(h, log, |rx| format!("{:?}", rx.try_recv())),
            OwnOp::TryRecvIf(h, remainder) => {
                rxs.on(h, log, |rx| format!("{:?}", rx.try_recv_if(|value| value % 3 == remainder)));
            }
            OwnOp::StartRecv(h) => {
                rxs.start(h, async |rx: &mut Receiver<u8>| format!("{:?}", rx.recv().await.map_err(drop)));
            }
            OwnOp::StartRecvIf(h, remainder) => rxs.start(h, async move |rx: &mut Receiver<u8>| {
                format!("{:?}", rx.recv_if(|value| value % 3 == remainder).await.map_err(drop))
            }),
            OwnOp::StartWaitUntil(h, remainder) => rxs.start(h, async move |rx: &mut Receiver<u8>| {
                format!("{:?}", rx.wait_until(|value| value % 3 == remainder).await.map_err(drop))
            }),
            OwnOp::StartWaitForMap(h, remainder) => rxs.start(h, async move |rx: &mut Receiver<u8>| {
                let found = rx.wait_for_map(|value| (value % 3 == remainder).then_some(*value)).await;
                format!("{:?}", found.map_err(drop))
            }),
            OwnOp::PollChanged(h) => {
                if let Some((task, rx)) = rxs.idle(h) {
                    let polled = rx.poll_changed(&mut Context::from_waker(&task.waker()));
                    write!(log, "{:?}", polled.map_err(drop)).unwrap();
                }
            }
            OwnOp::Cache(h) => rxs.turn(h, cached, Cached::new),
            OwnOp::CachedGet(h) => cached.on(h, log, |cached| format!("{}", cached.get())),
            OwnOp::CachedUpdate(h) => cached.on(h, log, |cached| format!("{}", cached.update())),
            OwnOp::CachedLooks(h) => {
                cached.on(h, log, |cached| format!("{} {}", cached.peek(), cached.receiver().has_unseen()));
            }
            OwnOp::StartCachedChanged(h) => cached.start(h, async |cached: &mut Cached<u8>| {
                let changed = cached.changed().await.map_err(drop);
                format!("{changed:?} {}", cached.peek())
            }),
            OwnOp::PollCached(h) => cached.poll(h, log),
            OwnOp::PollCachedElsewhere(h) => cached.poll_elsewhere(h, log),
            OwnOp::CancelCached(h) => cached.cancel(h, log),
            OwnOp::CloneCached(h) => {
                let clone = cached.make(h, |cached| cached.clone());
                clone.into_iter().for_each(|clone| cached.push(clone));
            }
            OwnOp::Uncache(h) => cached.turn(h, rxs, Cached::into_inner),
            OwnOp::DropCached(h) => cached.drop_one(h),
            OwnOp::Map(h) => rxs.turn(h, mapped, |rx| rx.map(remainder as _)),
            OwnOp::MappedGet(h) => mapped.on(h, log, |mapped| format!("{}", mapped.get())),
            OwnOp::MappedUpdate(h) => mapped.on(h, log, |mapped| format!("{} {}", mapped.update(), mapped.peek())),
            OwnOp::StartMappedChanged(h) => mapped.start(h, async |mapped: &mut Remainder| {
                let changed = mapped.changed().await.map_err(drop);
                format!("{:?}", changed.map(|()| *mapped.peek()))
            }),
            OwnOp::StartMappedRecv(h) => {
                mapped.start(h, async |mapped: &mut Remainder| format!("{:?}", mapped.recv().await.map_err(drop)));
            }
            OwnOp::PollMapped(h) => mapped.poll(h, log),
            OwnOp::CancelMapped(h) => mapped.cancel(h, log),
            OwnOp::Unmap(h) => mapped.turn(h, rxs, Mapped::into_inner),
            OwnOp::DropMapped(h) => mapped.drop_one(h),
        }
    }

    fn log_wakes(&self, log: &mut Log) {
        self.cached.log_wakes(log);
        self.mapped.log_wakes(log);
    }

    fn close(self) {
        self.cached.close();
        self.mapped.close();
    }
}

struct Tokios;

impl Own for Tokios {
    type Tx = tokio::sync::watch::Sender<u8>;
    type Rx = tokio::sync::watch::Receiver<u8>;

    fn step(&mut self, op: OwnOp, _: &mut Handles<Self::Tx>, _: &mut Handles<Self::Rx>, _: &mut Log) {
        panic!("tokio's channel has no such call: {op:?}");
    }

    fn log_wakes(&self, log: &mut Log) {
        log.push_str(" | |");
    }

    fn close(self) {}
}

/// Defines a function that runs a program.
macro_rules! run {
    ($run:ident, $own:expr, $($watch:tt)+) => {
        pub(crate) fn $run(program: &[Op]) -> Log {
            use $($watch)+ as watch;

            let (tx, rx) = watch::channel(0u8);
            let (mut txs, mut rxs, mut own) = (Handles(vec![]), Handles(vec![]), $own);
            txs.push(tx);
            rxs.push(rx);
            let mut log = Log::new();
            for &op in program {
                write!(log, "{op:?}: ").unwrap();
                let l = &mut log;
                match op {
                    Op::Send(h, v) => txs.on(h, l, |tx| format!("{:?}", tx.send(v).map_err(|e| e.0))),
                    Op::SendReplace(h, v) => txs.on(h, l, |tx| format!("{:?}", tx.send_replace(v))),
                    Op::SendModify(h, v) => txs.on(h, l, |tx| format!("{:?}", tx.send_modify(|value| *value = v))),
                    Op::SendIfModified(h, v, modified) => txs.on(h, l, |tx| {
                        format!("{:?}", tx.send_if_modified(|value| { *value = v; modified }))
                    }),
                    Op::SendPanic(h, v) => txs.on(h, l, |tx| {
                        let sent = catch_unwind(AssertUnwindSafe(|| {
                            tx.send_modify(|value| {
                                *value = v;
                                resume_unwind(Box::new(()));
                            });
                        }));
                        format!("{}", sent.is_err())
                    }),
                    Op::SenderLooks(h) => txs.on(h, l, |tx| {
                        let (value, changed) = { let value = tx.borrow(); (*value, value.has_changed()) };
                        format!("{value} {changed} {} {} {}", tx.is_closed(), tx.receiver_count(), tx.sender_count())
                    }),
                    Op::Borrow(h) => rxs.on(h, l, |rx| {
                        let value = rx.borrow();
                        format!("{} {}", *value, value.has_changed())
                    }),
                    Op::BorrowAndUpdate(h) => rxs.on(h, l, |rx| {
                        let value = rx.borrow_and_update();
                        format!("{} {}", *value, value.has_changed())
                    }),
                    Op::HasChanged(h) => rxs.on(h, l, |rx| format!("{:?}", rx.has_changed().map_err(drop))),
                    Op::MarkChanged(h) => rxs.on(h, l, |rx| { rx.mark_changed(); String::new() }),
                    Op::MarkUnchanged(h) => rxs.on(h, l, |rx| { rx.mark_unchanged(); String::new() }),
                    Op::StartChanged(h) => {
                        rxs.start(h, async |rx: &mut watch::Receiver<u8>| format!("{:?}", rx.changed().await.map_err(drop)));
                    }
                    Op::StartWaitFor(h, remainder) => rxs.start(h, async move |rx: &mut watch::Receiver<u8>| {
                        let value = rx.wait_for(|value| value % 3 == remainder).await;
                        format!("{:?}", value.map(|value| (*value, value.has_changed())).map_err(drop))
                    }),
                    Op::StartClosed(h) => {
                        txs.start(h, async |tx: &mut watch::Sender<u8>| { tx.closed().await; String::from("closed") });
                    }
                    Op::PollReceiver(h) => rxs.poll(h, l),
                    Op::PollReceiverElsewhere(h) => rxs.poll_elsewhere(h, l),
                    Op::PollSender(h) => txs.poll(h, l),
                    Op::PollSenderElsewhere(h) => txs.poll_elsewhere(h, l),
                    Op::CancelReceiver(h) => rxs.cancel(h, l),
                    Op::CancelSender(h) => txs.cancel(h, l),
                    Op::CloneReceiver(h) => {
                        let clone = rxs.make(h, |rx| rx.clone());
                        clone.into_iter().for_each(|rx| rxs.push(rx));
                    }
                    Op::CloneSender(h) => {
                        let clone = txs.make(h, |tx| tx.clone());
                        clone.into_iter().for_each(|tx| txs.push(tx));
                    }
                    Op::Subscribe(h) => txs.make(h, |tx| tx.subscribe()).into_iter().for_each(|rx| rxs.push(rx)),
                    Op::DropReceiver(h) => rxs.drop_one(h),
                    Op::DropSender(h) => txs.drop_one(h),
                    Op::Own(op) => own.step(op, &mut txs, &mut rxs, l),
                }
                txs.log_wakes(l);
                rxs.log_wakes(l);
                own.log_wakes(l);
                log.push('\n');
            }
            txs.close();
            rxs.close();
            own.close();
            log
        }
    };
}

run!(run_ours, Ours { weak: vec![], cached: Handles(vec![]), mapped: Handles(vec![]) }, watch_channel);
run!(run_tokio, Tokios, tokio::sync::watch);
