//! Runs programs on a real channel: this crate's or tokio's.

use std::cell::Cell;
use std::fmt::{Debug, Write};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use watch_channel::{Cached, Mapped, Receiver, Sender, WeakSender};

use super::Log;
use super::op::{Call, Op, OwnCall};
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
    fn on<R: Debug>(&mut self, at: usize, log: &mut Log, f: impl FnOnce(&mut H) -> R) {
        if let Some((_, handle)) = self.idle(at) {
            write!(log, "{:?}", f(handle)).unwrap();
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

    fn start<R: Debug>(&mut self, at: usize, wait: impl AsyncFnOnce(&mut H) -> R + 'static) {
        if let Some(slot) = self.get(at) {
            slot.change(|state| state.start(async |handle: &mut H| format!("{:?}", wait(handle).await)));
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

    fn step(&mut self, call: OwnCall, op: Op, txs: &mut Handles<Self::Tx>, rxs: &mut Handles<Self::Rx>, log: &mut Log);
    fn log_wakes(&self, log: &mut Log);
    fn close(self);
}

type Remainder = Mapped<u8, u8, fn(&u8) -> u8>;

fn by_three(value: &u8) -> u8 {
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

    fn step(
        &mut self,
        call: OwnCall,
        op: Op,
        txs: &mut Handles<Sender<u8>>,
        rxs: &mut Handles<Receiver<u8>>,
        log: &mut Log,
    ) {
        let Self { weak, cached, mapped } = self;
        let (h, v, remainder) = (op.handle, op.value(), op.remainder());
        let picked = h.checked_rem(weak.len());
        match call {
            OwnCall::Set => txs.on(h, log, |tx| tx.set(v)),
            OwnCall::SetIfChanged => txs.on(h, log, |tx| tx.set_if_changed(v)),
            OwnCall::TrySet => txs.on(h, log, |tx| tx.try_set(v)),
            OwnCall::TrySetWhileRead => txs.on(h, log, |tx| {
                let _value = tx.borrow();
                tx.try_set(v)
            }),
            OwnCall::SubscribeUnseen => txs.make(h, |tx| tx.subscribe_unseen()).into_iter().for_each(|rx| rxs.push(rx)),
            OwnCall::StartOpened => txs.start(h, async |tx: &mut Sender<u8>| tx.opened().await),
            OwnCall::Downgrade => weak.extend(txs.make(h, |tx| tx.downgrade())),
            OwnCall::Upgrade => picked.into_iter().for_each(|at| {
                let upgraded = weak[at].upgrade();
                write!(log, "{}", upgraded.is_some()).unwrap();
                upgraded.into_iter().for_each(|tx| txs.push(tx));
            }),
            OwnCall::WeakSenderLooks => {
                picked.into_iter().for_each(|at| write!(log, "{}", weak[at].sender_count()).unwrap());
            }
            OwnCall::DropWeakSender => picked.into_iter().for_each(|at| _ = weak.remove(at)),
            OwnCall::ReceiverLooks => rxs.on(h, log, |rx| {
                let is_unseen = rx.try_borrow().map(|value| value.has_changed());
                (rx.get(), rx.has_unseen(), rx.is_closed(), is_unseen)
            }),
            OwnCall::GetAndUpdate => rxs.on(h, log, |rx| rx.get_and_update()),
            OwnCall::TryRecv => rxs.on(h, log, |rx| rx.try_recv()),
            OwnCall::TryRecvIf => rxs.on(h, log, |rx| rx.try_recv_if(|value| value % 3 == remainder)),
            OwnCall::StartRecv => rxs.start(h, async |rx: &mut Receiver<u8>| rx.recv().await),
            OwnCall::StartRecvIf => {
                rxs.start(h, async move |rx: &mut Receiver<u8>| rx.recv_if(|value| value % 3 == remainder).await);
            }
            OwnCall::StartWaitUntil => {
                rxs.start(h, async move |rx: &mut Receiver<u8>| rx.wait_until(|value| value % 3 == remainder).await);
            }
            OwnCall::StartWaitForMap => rxs.start(h, async move |rx: &mut Receiver<u8>| {
                rx.wait_for_map(|value| (value % 3 == remainder).then_some(*value)).await
            }),
            OwnCall::PollChanged => {
                if let Some((task, rx)) = rxs.idle(h) {
                    let polled = rx.poll_changed(&mut Context::from_waker(&task.waker()));
                    write!(log, "{polled:?}").unwrap();
                }
            }
            OwnCall::Cache => rxs.turn(h, cached, Cached::new),
            OwnCall::CachedGet => cached.on(h, log, |cached| *cached.get()),
            OwnCall::CachedUpdate => cached.on(h, log, |cached| cached.update()),
            OwnCall::CachedLooks => cached.on(h, log, |cached| (*cached.peek(), cached.receiver().has_unseen())),
            OwnCall::StartCachedChanged => {
                cached.start(h, async |cached: &mut Cached<u8>| (cached.changed().await, *cached.peek()));
            }
            OwnCall::PollCached => cached.poll(h, log),
            OwnCall::PollCachedElsewhere => cached.poll_elsewhere(h, log),
            OwnCall::CancelCached => cached.cancel(h, log),
            OwnCall::CloneCached => {
                let clone = cached.make(h, |cached| cached.clone());
                clone.into_iter().for_each(|clone| cached.push(clone));
            }
            OwnCall::Uncache => cached.turn(h, rxs, Cached::into_inner),
            OwnCall::DropCached => cached.drop_one(h),
            OwnCall::Map => rxs.turn(h, mapped, |rx| rx.map(by_three as _)),
            OwnCall::MappedGet => mapped.on(h, log, |mapped| *mapped.get()),
            OwnCall::MappedUpdate => mapped.on(h, log, |mapped| (mapped.update(), *mapped.peek())),
            OwnCall::StartMappedChanged => mapped.start(h, async |mapped: &mut Remainder| {
                let changed = mapped.changed().await;
                changed.map(|()| *mapped.peek())
            }),
            OwnCall::StartMappedRecv => mapped.start(h, async |mapped: &mut Remainder| mapped.recv().await),
            OwnCall::PollMapped => mapped.poll(h, log),
            OwnCall::CancelMapped => mapped.cancel(h, log),
            OwnCall::Unmap => mapped.turn(h, rxs, Mapped::into_inner),
            OwnCall::DropMapped => mapped.drop_one(h),
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

    fn step(&mut self, call: OwnCall, _: Op, _: &mut Handles<Self::Tx>, _: &mut Handles<Self::Rx>, _: &mut Log) {
        panic!("tokio's channel has no such call: {call:?}");
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
                let (h, v, remainder, modified) = (op.handle, op.value(), op.remainder(), op.modifies());
                match op.call {
                    Call::Send => txs.on(h, l, |tx| tx.send(v).map_err(|e| e.0)),
                    Call::SendReplace => txs.on(h, l, |tx| tx.send_replace(v)),
                    Call::SendModify => txs.on(h, l, |tx| tx.send_modify(|value| *value = v)),
                    Call::SendIfModified => txs.on(h, l, |tx| {
                        tx.send_if_modified(|value| { *value = v; modified })
                    }),
                    Call::SendPanic => txs.on(h, l, |tx| {
                        let change = |value: &mut u8| { *value = v; resume_unwind(Box::new(())) };
                        catch_unwind(AssertUnwindSafe(|| tx.send_modify(change))).is_err()
                    }),
                    Call::SenderLooks => txs.on(h, l, |tx| {
                        let (value, changed) = { let value = tx.borrow(); (*value, value.has_changed()) };
                        (value, changed, tx.is_closed(), tx.receiver_count(), tx.sender_count())
                    }),
                    Call::Borrow => rxs.on(h, l, |rx| {
                        let value = rx.borrow();
                        (*value, value.has_changed())
                    }),
                    Call::BorrowAndUpdate => rxs.on(h, l, |rx| {
                        let value = rx.borrow_and_update();
                        (*value, value.has_changed())
                    }),
                    Call::HasChanged => rxs.on(h, l, |rx| rx.has_changed()),
                    Call::MarkChanged => rxs.on(h, l, |rx| rx.mark_changed()),
                    Call::MarkUnchanged => rxs.on(h, l, |rx| rx.mark_unchanged()),
                    Call::StartChanged => rxs.start(h, async |rx: &mut watch::Receiver<u8>| rx.changed().await),
                    Call::StartWaitFor => rxs.start(h, async move |rx: &mut watch::Receiver<u8>| {
                        let value = rx.wait_for(|value| value % 3 == remainder).await;
                        value.map(|value| (*value, value.has_changed()))
                    }),
                    Call::StartClosed => txs.start(h, async |tx: &mut watch::Sender<u8>| tx.closed().await),
                    Call::PollReceiver => rxs.poll(h, l),
                    Call::PollReceiverElsewhere => rxs.poll_elsewhere(h, l),
                    Call::PollSender => txs.poll(h, l),
                    Call::PollSenderElsewhere => txs.poll_elsewhere(h, l),
                    Call::CancelReceiver => rxs.cancel(h, l),
                    Call::CancelSender => txs.cancel(h, l),
                    Call::CloneReceiver => {
                        let clone = rxs.make(h, |rx| rx.clone());
                        clone.into_iter().for_each(|rx| rxs.push(rx));
                    }
                    Call::CloneSender => {
                        let clone = txs.make(h, |tx| tx.clone());
                        clone.into_iter().for_each(|tx| txs.push(tx));
                    }
                    Call::Subscribe => txs.make(h, |tx| tx.subscribe()).into_iter().for_each(|rx| rxs.push(rx)),
                    Call::DropReceiver => rxs.drop_one(h),
                    Call::DropSender => txs.drop_one(h),
                    Call::Own(call) => own.step(call, op, &mut txs, &mut rxs, l),
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
