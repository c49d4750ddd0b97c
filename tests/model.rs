//! Random programs over several handles: each call's result and each wake-up is compared with those of a plain model
//! of the channel, and with tokio's.

mod common;

use std::fmt::Write;

use proptest::prelude::*;

/// One step. Handles are named by a number, modulo how many there are.
#[derive(Clone, Copy, Debug)]
enum Op {
    Send(usize, u8),
    SendReplace(usize, u8),
    SendModify(usize, u8),
    /// Sets the value, and reports a modification or not.
    SendIfModified(usize, u8, bool),
    /// Sets the value, and panics.
    SendPanic(usize, u8),
    SenderLooks(usize),
    Borrow(usize),
    BorrowAndUpdate(usize),
    HasChanged(usize),
    MarkChanged(usize),
    MarkUnchanged(usize),
    StartChanged(usize),
    /// Waits for a value with this remainder by 3.
    StartWaitFor(usize, u8),
    StartClosed(usize),
    PollReceiver(usize),
    PollSender(usize),
    CancelReceiver(usize),
    CancelSender(usize),
    CloneReceiver(usize),
    CloneSender(usize),
    Subscribe(usize),
    DropReceiver(usize),
    DropSender(usize),
}

fn op() -> impl Strategy<Value = Op> {
    use Op::*;
    let handle = 0..6usize;
    let value = 0..9u8;
    let on = |f: fn(usize) -> Op| handle.clone().prop_map(f);
    let send = |f: fn(usize, u8) -> Op| (handle.clone(), value.clone()).prop_map(move |(h, v)| f(h, v));
    prop_oneof![
        6 => send(Send),
        1 => send(SendReplace),
        1 => send(SendModify),
        2 => (handle.clone(), value.clone(), any::<bool>()).prop_map(|(h, v, m)| SendIfModified(h, v, m)),
        1 => send(SendPanic),
        2 => on(SenderLooks),
        2 => on(Borrow),
        2 => on(BorrowAndUpdate),
        2 => on(HasChanged),
        1 => on(MarkChanged),
        1 => on(MarkUnchanged),
        5 => on(StartChanged),
        4 => (handle.clone(), 0..3u8).prop_map(|(h, remainder)| StartWaitFor(h, remainder)),
        2 => on(StartClosed),
        10 => on(PollReceiver),
        3 => on(PollSender),
        2 => on(CancelReceiver),
        1 => on(CancelSender),
        2 => on(CloneReceiver),
        1 => on(CloneSender),
        1 => on(Subscribe),
        3 => on(DropReceiver),
        1 => on(DropSender),
    ]
}

/// What a program shows: a line for each step with its result, and the wake-ups so far of each task that waits.
type Log = String;

/// Runs a program on a real channel.
macro_rules! real {
    ($run:ident, $($watch:tt)+) => {
        fn $run(program: &[Op]) -> Log {
            use std::cell::Cell;
            use std::future::poll_fn;
            use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
            use std::pin::{Pin, pin};
            use std::rc::Rc;
            use std::task::Poll;

            use common::Task;
            use $($watch)+ as watch;

            /// A handle, or the task that it waits in, which gives it back.
            enum Slot<H> {
                Idle(H),
                Waiting { task: Task, wait: Pin<Box<dyn Future<Output = (H, Option<String>)>>>, cancel: Rc<Cell<bool>> },
            }

            impl<H: 'static> Slot<H> {
                /// Turns a handle into a task that waits for `wait`.
                fn start(self, wait: impl AsyncFnOnce(&mut H) -> String + 'static) -> Self {
                    let Slot::Idle(mut handle) = self else { return self };
                    let cancel = Rc::new(Cell::new(false));
                    let cancelled = cancel.clone();
                    let wait = Box::pin(async move {
                        let result = {
                            let mut wait = pin!(wait(&mut handle));
                            poll_fn(|cx| {
                                if cancelled.get() { Poll::Ready(None) } else { wait.as_mut().poll(cx).map(Some) }
                            })
                            .await
                        };
                        (handle, result)
                    });
                    Slot::Waiting { task: Task::new(), wait, cancel }
                }

                fn poll(self, log: &mut Log) -> Self {
                    let Slot::Waiting { task, mut wait, cancel } = self else { return self };
                    match task.poll(&mut wait) {
                        Poll::Pending => Slot::Waiting { task, wait, cancel },
                        Poll::Ready((handle, result)) => {
                            write!(log, "{result:?} after {} wakes", task.wakes()).unwrap();
                            assert_eq!(task.wakers_kept(), 0);
                            Slot::Idle(handle)
                        }
                    }
                }

                fn cancel(self, log: &mut Log) -> Self {
                    if let Slot::Waiting { cancel, .. } = &self {
                        cancel.set(true);
                    }
                    self.poll(log)
                }
            }

            fn replace<H>(slots: &mut Vec<Slot<H>>, at: usize, f: impl FnOnce(Slot<H>) -> Slot<H>) {
                if !slots.is_empty() {
                    let at = at % slots.len();
                    let slot = slots.swap_remove(at);
                    slots.push(f(slot));
                    let last = slots.len() - 1;
                    slots.swap(at, last);
                }
            }

            /// Calls `f` on a handle that does not wait, and logs what it returns.
            fn on<H>(slots: &mut [Slot<H>], at: usize, log: &mut Log, f: impl FnOnce(&mut H) -> String) {
                if !slots.is_empty() {
                    let at = at % slots.len();
                    if let Slot::Idle(handle) = &mut slots[at] {
                        log.push_str(&f(handle));
                    }
                }
            }

            let (tx, rx) = watch::channel(0u8);
            let (mut txs, mut rxs) = (vec![Slot::Idle(tx)], vec![Slot::Idle(rx)]);
            let mut log = Log::new();
            for &op in program {
                write!(log, "{op:?}: ").unwrap();
                let l = &mut log;
                match op {
                    Op::Send(h, v) => on(&mut txs, h, l, |tx| format!("{:?}", tx.send(v).map_err(|e| e.0))),
                    Op::SendReplace(h, v) => on(&mut txs, h, l, |tx| format!("{:?}", tx.send_replace(v))),
                    Op::SendModify(h, v) => on(&mut txs, h, l, |tx| format!("{:?}", tx.send_modify(|value| *value = v))),
                    Op::SendIfModified(h, v, modified) => on(&mut txs, h, l, |tx| {
                        format!("{:?}", tx.send_if_modified(|value| { *value = v; modified }))
                    }),
                    Op::SendPanic(h, v) => on(&mut txs, h, l, |tx| {
                        let sent = catch_unwind(AssertUnwindSafe(|| {
                            tx.send_modify(|value| {
                                *value = v;
                                resume_unwind(Box::new(()));
                            });
                        }));
                        format!("{}", sent.is_err())
                    }),
                    Op::SenderLooks(h) => on(&mut txs, h, l, |tx| {
                        let (value, changed) = { let value = tx.borrow(); (*value, value.has_changed()) };
                        format!("{value} {changed} {} {} {}", tx.is_closed(), tx.receiver_count(), tx.sender_count())
                    }),
                    Op::Borrow(h) => on(&mut rxs, h, l, |rx| {
                        let value = rx.borrow();
                        format!("{} {}", *value, value.has_changed())
                    }),
                    Op::BorrowAndUpdate(h) => on(&mut rxs, h, l, |rx| {
                        let value = rx.borrow_and_update();
                        format!("{} {}", *value, value.has_changed())
                    }),
                    Op::HasChanged(h) => on(&mut rxs, h, l, |rx| format!("{:?}", rx.has_changed().map_err(drop))),
                    Op::MarkChanged(h) => on(&mut rxs, h, l, |rx| { rx.mark_changed(); String::new() }),
                    Op::MarkUnchanged(h) => on(&mut rxs, h, l, |rx| { rx.mark_unchanged(); String::new() }),
                    Op::StartChanged(h) => replace(&mut rxs, h, |slot| {
                        slot.start(async |rx: &mut watch::Receiver<u8>| format!("{:?}", rx.changed().await.map_err(drop)))
                    }),
                    Op::StartWaitFor(h, remainder) => replace(&mut rxs, h, |slot| {
                        slot.start(async move |rx: &mut watch::Receiver<u8>| {
                            let value = rx.wait_for(|value| value % 3 == remainder).await;
                            format!("{:?}", value.map(|value| (*value, value.has_changed())).map_err(drop))
                        })
                    }),
                    Op::StartClosed(h) => replace(&mut txs, h, |slot| {
                        slot.start(async |tx: &mut watch::Sender<u8>| { tx.closed().await; String::from("closed") })
                    }),
                    Op::PollReceiver(h) => replace(&mut rxs, h, |slot| slot.poll(l)),
                    Op::PollSender(h) => replace(&mut txs, h, |slot| slot.poll(l)),
                    Op::CancelReceiver(h) => replace(&mut rxs, h, |slot| slot.cancel(l)),
                    Op::CancelSender(h) => replace(&mut txs, h, |slot| slot.cancel(l)),
                    Op::CloneReceiver(h) => {
                        let mut clone = None;
                        on(&mut rxs, h, l, |rx| { clone = Some(rx.clone()); String::new() });
                        rxs.extend(clone.map(Slot::Idle));
                    }
                    Op::CloneSender(h) => {
                        let mut clone = None;
                        on(&mut txs, h, l, |tx| { clone = Some(tx.clone()); String::new() });
                        txs.extend(clone.map(Slot::Idle));
                    }
                    Op::Subscribe(h) => {
                        let mut rx = None;
                        on(&mut txs, h, l, |tx| { rx = Some(tx.subscribe()); String::new() });
                        rxs.extend(rx.map(Slot::Idle));
                    }
                    Op::DropReceiver(h) => if !rxs.is_empty() { drop(rxs.remove(h % rxs.len())) },
                    Op::DropSender(h) => if !txs.is_empty() { drop(txs.remove(h % txs.len())) },
                }
                let wakes = |log: &mut Log, wakes| if let Some(wakes) = wakes { write!(log, " {wakes}").unwrap() };
                log.push_str(" | wakes");
                txs.iter().for_each(|slot| wakes(&mut log, match slot { Slot::Waiting { task, .. } => Some(task.wakes()), Slot::Idle(_) => None }));
                log.push_str(" /");
                rxs.iter().for_each(|slot| wakes(&mut log, match slot { Slot::Waiting { task, .. } => Some(task.wakes()), Slot::Idle(_) => None }));
                log.push('\n');
            }
            log
        }
    };
}

real!(run_ours, watch_channel);
real!(run_tokio, tokio::sync::watch);

/// The channel as its documentation has it, with nothing in it that is hard to get right.
#[derive(Default)]
struct Model {
    value: u8,
    version: i64,
    txs: Vec<ModelTx>,
    rxs: Vec<ModelRx>,
}

#[derive(Clone, Default)]
struct ModelTx {
    wait: Option<Sleep>,
}

#[derive(Clone, Default)]
struct ModelRx {
    seen: i64,
    wait: Option<(Wait, Sleep)>,
}

#[derive(Clone, Copy)]
enum Wait {
    Changed,
    /// The remainder, and whether a value was looked at already.
    For(u8, bool),
}

/// Whether a task sleeps, and how often it was woken.
#[derive(Clone, Copy, Default)]
struct Sleep {
    asleep: bool,
    wakes: usize,
}

impl Sleep {
    fn wake(&mut self) {
        self.wakes += usize::from(self.asleep);
        self.asleep = false;
    }
}

impl Model {
    fn is_closed(&self) -> bool {
        self.txs.is_empty()
    }

    fn wake_receivers(&mut self) {
        self.rxs.iter_mut().filter_map(|rx| rx.wait.as_mut()).for_each(|(_, sleep)| sleep.wake());
    }

    fn publish(&mut self, value: u8) {
        self.value = value;
        self.version += 1;
        self.wake_receivers();
    }

    /// `changed`'s look.
    fn look(&mut self, rx: usize) -> Option<Result<(), ()>> {
        let (version, closed) = (self.version, self.is_closed());
        let rx = &mut self.rxs[rx];
        if rx.seen != version {
            rx.seen = version;
            Some(Ok(()))
        } else {
            closed.then_some(Err(()))
        }
    }

    /// Polls a receiver's wait: what it returns, if it is over.
    fn poll(&mut self, at: usize) -> Option<String> {
        let (mut wait, sleep) = self.rxs[at].wait?;
        let result = loop {
            match &mut wait {
                Wait::Changed => break self.look(at).map(|result| format!("{result:?}")),
                Wait::For(remainder, looked) => {
                    let was_unseen = self.rxs[at].seen != self.version;
                    let found = if *looked { self.look(at) } else { Some(Ok(())) };
                    match found {
                        Some(Ok(())) => {
                            // A wait counts the value as seen before the condition looks at it.
                            let has_changed = was_unseen && !*looked;
                            *looked = true;
                            self.rxs[at].seen = self.version;
                            if self.value % 3 == *remainder {
                                break Some(format!("{:?}", Ok::<_, ()>((self.value, has_changed))));
                            }
                        }
                        Some(Err(())) => break Some(format!("{:?}", Err::<(u8, bool), _>(()))),
                        None => break None,
                    }
                }
            }
        };
        self.rxs[at].wait = Some((wait, Sleep { asleep: true, ..sleep }));
        result
    }

    fn after_drop(&mut self) {
        if self.rxs.is_empty() {
            self.txs.iter_mut().filter_map(|tx| tx.wait.as_mut()).for_each(Sleep::wake);
        }
    }

    fn step(&mut self, op: Op) -> String {
        let pick = |h: usize, len: usize| if len == 0 { None } else { Some(h % len) };
        let idle_tx = |model: &Self, h| pick(h, model.txs.len()).filter(|at| model.txs[*at].wait.is_none());
        let idle_rx = |model: &Self, h| pick(h, model.rxs.len()).filter(|at| model.rxs[*at].wait.is_none());
        match op {
            Op::Send(h, v) => idle_tx(self, h).map(|_| {
                if self.rxs.is_empty() {
                    return format!("{:?}", Err::<(), _>(v));
                }
                self.publish(v);
                format!("{:?}", Ok::<_, u8>(()))
            }),
            Op::SendReplace(h, v) => idle_tx(self, h).map(|_| {
                let old = self.value;
                self.publish(v);
                format!("{old:?}")
            }),
            Op::SendModify(h, v) => idle_tx(self, h).map(|_| {
                self.publish(v);
                format!("{:?}", ())
            }),
            Op::SendIfModified(h, v, modified) => idle_tx(self, h).map(|_| {
                if modified {
                    self.publish(v)
                } else {
                    self.value = v
                }
                format!("{modified:?}")
            }),
            Op::SendPanic(h, v) => idle_tx(self, h).map(|_| {
                self.value = v;
                String::from("true")
            }),
            Op::SenderLooks(h) => idle_tx(self, h).map(|_| {
                let (value, rxs, txs) = (self.value, self.rxs.len(), self.txs.len());
                format!("{value} false {} {rxs} {txs}", rxs == 0)
            }),
            Op::Borrow(h) => idle_rx(self, h).map(|at| format!("{} {}", self.value, self.rxs[at].seen != self.version)),
            Op::BorrowAndUpdate(h) => idle_rx(self, h).map(|at| {
                let seen = std::mem::replace(&mut self.rxs[at].seen, self.version);
                format!("{} {}", self.value, seen != self.version)
            }),
            Op::HasChanged(h) => idle_rx(self, h).map(|at| {
                let unseen = self.rxs[at].seen != self.version;
                format!("{:?}", if self.is_closed() { Err(()) } else { Ok(unseen) })
            }),
            Op::MarkChanged(h) => idle_rx(self, h).map(|at| {
                self.rxs[at].seen -= 1;
                String::new()
            }),
            Op::MarkUnchanged(h) => idle_rx(self, h).map(|at| {
                self.rxs[at].seen = self.version;
                String::new()
            }),
            Op::StartChanged(h) => idle_rx(self, h).map(|at| {
                self.rxs[at].wait = Some((Wait::Changed, Sleep::default()));
                String::new()
            }),
            Op::StartWaitFor(h, remainder) => idle_rx(self, h).map(|at| {
                self.rxs[at].wait = Some((Wait::For(remainder, false), Sleep::default()));
                String::new()
            }),
            Op::StartClosed(h) => idle_tx(self, h).map(|at| {
                self.txs[at].wait = Some(Sleep::default());
                String::new()
            }),
            Op::PollReceiver(h) => pick(h, self.rxs.len()).and_then(|at| {
                let result = Some(self.poll(at)?);
                let (_, sleep) = self.rxs[at].wait.take()?;
                Some(format!("{result:?} after {} wakes", sleep.wakes))
            }),
            Op::PollSender(h) => pick(h, self.txs.len()).and_then(|at| {
                let wait = self.txs[at].wait.as_mut()?;
                if !self.rxs.is_empty() {
                    wait.asleep = true;
                    return None;
                }
                let sleep = self.txs[at].wait.take()?;
                Some(format!("{:?} after {} wakes", Some("closed"), sleep.wakes))
            }),
            Op::CancelReceiver(h) => pick(h, self.rxs.len()).and_then(|at| {
                let (_, sleep) = self.rxs[at].wait.take()?;
                Some(format!("None after {} wakes", sleep.wakes))
            }),
            Op::CancelSender(h) => pick(h, self.txs.len()).and_then(|at| {
                let sleep = self.txs[at].wait.take()?;
                Some(format!("None after {} wakes", sleep.wakes))
            }),
            Op::CloneReceiver(h) => idle_rx(self, h).map(|at| {
                self.rxs.push(self.rxs[at].clone());
                String::new()
            }),
            Op::CloneSender(h) => idle_tx(self, h).map(|_| {
                self.txs.push(ModelTx::default());
                String::new()
            }),
            Op::Subscribe(h) => idle_tx(self, h).map(|_| {
                self.rxs.push(ModelRx { seen: self.version, wait: None });
                String::new()
            }),
            Op::DropReceiver(h) => pick(h, self.rxs.len()).map(|at| {
                self.rxs.remove(at);
                self.after_drop();
                String::new()
            }),
            Op::DropSender(h) => pick(h, self.txs.len()).map(|at| {
                self.txs.remove(at);
                if self.is_closed() {
                    self.wake_receivers();
                }
                String::new()
            }),
        }
        .unwrap_or_default()
    }
}

fn run_model(program: &[Op]) -> Log {
    let mut model = Model { txs: vec![ModelTx::default()], rxs: vec![ModelRx::default()], ..Model::default() };
    let mut log = Log::new();
    for &op in program {
        let result = model.step(op);
        write!(log, "{op:?}: {result} | wakes").unwrap();
        model.txs.iter().filter_map(|tx| tx.wait).for_each(|sleep| write!(log, " {}", sleep.wakes).unwrap());
        log.push_str(" /");
        model.rxs.iter().filter_map(|rx| rx.wait).for_each(|(_, sleep)| write!(log, " {}", sleep.wakes).unwrap());
        log.push('\n');
    }
    log
}

/// How many programs: fewer where an emulator runs them.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").map_or(2_000, |cases| cases.parse().expect("PROPTEST_CASES is a number"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_programs_do_what_the_model_and_tokio_do(program in prop::collection::vec(op(), 1..80)) {
        let ours = run_ours(&program);
        prop_assert_eq!(&ours, &run_model(&program));
        prop_assert_eq!(&ours, &run_tokio(&program));
    }
}
