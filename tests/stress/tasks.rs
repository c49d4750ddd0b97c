//! The tasks of a round: senders and receivers of one channel that call every method in random
//! order, and senders that wait for the last receiver of another channel.

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
#[cfg(feature = "std")]
use std::time::Duration;

use futures_lite::future::{or, yield_now};
use watch_channel::{Cached, Receiver, Ref, Sender, Version, WeakSender, channel};

use crate::allocations::Live;
use crate::executors::{Executor, Task};
use crate::random::Random;

/// How many operations tasks have done.
static OPERATIONS: AtomicUsize = AtomicUsize::new(0);

pub(crate) fn operations() -> u64 {
    OPERATIONS.load(Ordering::Relaxed) as u64
}

/// The sender of the first and of the last value. It is not one of the senders below.
const COORDINATOR: usize = 0;
const MOST_SENDERS: usize = 5;

/// A value with the number of its sender, and its place among that sender's values.
#[derive(Clone, Debug)]
struct Value {
    sender: usize,
    number: u64,
    /// A function of the other fields, stored on the heap.
    check: Box<u64>,
    _live: Live,
}

impl Value {
    fn new(sender: usize, number: u64) -> Self {
        Self { sender, number, check: Box::new(Self::check(sender, number)), _live: Live::new() }
    }

    fn check(sender: usize, number: u64) -> u64 {
        (number << 8 | sender as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn change(&mut self, sender: usize, number: u64) {
        self.sender = sender;
        self.number = number;
        *self.check = Self::check(sender, number);
    }

    fn is_last(&self) -> bool {
        self.sender == COORDINATOR && self.number == 1
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        (self.sender, self.number) == (other.sender, other.number)
    }
}

/// What one receiver has seen so far. It must see each sender's values in order.
#[derive(Clone, Default)]
struct Seen {
    numbers: [u64; MOST_SENDERS + 1],
    latest: Option<(Version, usize, u64)>,
}

impl Seen {
    #[track_caller]
    fn value(&mut self, value: &Value) {
        assert_eq!(*value.check, Value::check(value.sender, value.number), "the value is not whole");
        let number = &mut self.numbers[value.sender];
        assert!(*number <= value.number, "{} after {number} of sender {}", value.number, value.sender);
        *number = value.number;
    }

    #[track_caller]
    fn reference(&mut self, value: &Ref<'_, Value>) {
        self.value(value);
        let (version, latest) = (value.version(), (value.version(), value.sender, value.number));
        if let Some(before) = self.latest.replace(latest) {
            assert_eq!(before.0 == version, before == latest, "a version belongs to one value: {before:?}, {latest:?}");
        }
    }

    fn has_last(&self) -> bool {
        self.numbers[COORDINATOR] == 1
    }
}

async fn yields(times: u64) {
    for _ in 0..times {
        yield_now().await;
    }
}

/// Waits, and cancels most waits after a few yields.
async fn wait<R>(random: &mut Random, wait: impl Future<Output = R>) -> Option<R> {
    if random.one_in(4) {
        return Some(wait.await);
    }
    let turns = random.below(4);
    or(async { Some(wait.await) }, async {
        yields(turns).await;
        None
    })
    .await
}

/// A receiver, and what it has seen.
struct Follower {
    rx: Receiver<Value>,
    seen: Seen,
}

impl Follower {
    /// Reads what a wait has marked as seen.
    fn read(&mut self) {
        self.seen.reference(&self.rx.borrow());
    }

    async fn step(&mut self, random: &mut Random, weak: &WeakSender<Value>) {
        let Self { rx, seen } = self;
        match random.below(25) {
            0 | 1 => {
                if let Some(Ok(())) = wait(random, rx.changed()).await {
                    seen.reference(&rx.borrow_and_update());
                }
            }
            2 => {
                if let Some(Ok(value)) = wait(random, rx.recv()).await {
                    seen.value(&value);
                }
            }
            3 => {
                if let Some(Ok(value)) = wait(random, rx.recv_if(|value| value.number % 2 == 0)).await {
                    assert_eq!(value.number % 2, 0);
                    seen.value(&value);
                }
            }
            4 => {
                let found = wait(random, async {
                    let found = rx.wait_for(|value| value.number % 3 == 0).await;
                    found.map(|value| assert_eq!(value.number % 3, 0))
                });
                let _ = found.await;
                self.read();
            }
            5 => {
                let _ = wait(random, rx.wait_until(|value| value.number % 3 == 1)).await;
                self.read();
            }
            6 => {
                let even = |value: &Value| (value.number % 2 == 0).then(|| value.clone());
                if let Some(Ok(value)) = wait(random, rx.wait_for_map(even)).await {
                    seen.value(&value);
                }
                self.read();
            }
            7 => {
                // The registration stays until the next wait.
                poll_fn(|cx| {
                    let _ = rx.poll_changed(cx);
                    std::task::Poll::Ready(())
                })
                .await;
                self.read();
            }
            8 => {
                let _ = rx.poll_changed(&mut Context::from_waker(Waker::noop()));
                self.read();
            }
            9 => {
                let outer = rx.borrow();
                let inner = rx.clone();
                assert_eq!(inner.borrow().number, outer.number);
                seen.reference(&outer);
            }
            10 => seen.value(&rx.get()),
            11 => seen.value(&rx.get_and_update()),
            12 => rx.with(|value| seen.value(value)),
            13 => rx.with_and_update(|value| seen.value(value)),
            14 => rx.try_recv().into_iter().for_each(|value| seen.value(&value)),
            15 => rx.try_recv_if(|value| value.number % 2 == 1).into_iter().for_each(|value| seen.value(&value)),
            16 => rx.try_borrow().into_iter().for_each(|value| seen.reference(&value)),
            17 => *rx = rx.clone(),
            18 => {
                if let Some(tx) = weak.upgrade() {
                    *rx = if random.one_in(2) { tx.subscribe() } else { tx.subscribe_unseen() };
                }
                self.read();
            }
            19 => {
                let mut cached = Cached::new(rx.clone());
                seen.value(cached.get());
                if let Some(Ok(())) = wait(random, cached.changed()).await {
                    seen.value(cached.peek());
                }
                cached.update();
                seen.value(cached.get());
                *rx = cached.into_inner();
            }
            20 => {
                rx.mark_changed();
                assert!(rx.has_unseen());
                seen.value(&wait(random, rx.recv()).await.unwrap_or_else(|| Ok(rx.get())).unwrap());
            }
            21 => {
                rx.mark_unchanged();
                let _ = (rx.has_changed(), rx.is_closed(), rx.version(), format!("{rx:?}"));
                self.read();
            }
            #[cfg(feature = "event-listener")]
            22 => {
                let listener = rx.listen();
                if !rx.has_unseen() {
                    wait(random, listener).await;
                }
                self.read();
            }
            #[cfg(feature = "stream")]
            23 => self.stream(random).await,
            #[cfg(feature = "std")]
            24 => self.block(random),
            _ => self.read(),
        }
    }

    #[cfg(feature = "stream")]
    async fn stream(&mut self, random: &mut Random) {
        use futures_lite::StreamExt;

        let rx = self.rx.clone();
        let mut stream = if random.one_in(2) { rx.into_stream() } else { watch_channel::WatchStream::from_changes(rx) };
        for _ in 0..random.below(4) {
            if let Some(Some(value)) = wait(random, stream.next()).await {
                self.seen.value(&value);
            }
        }
        self.rx = stream.into_inner();
    }

    /// Blocks the thread for a fraction of a millisecond, which a task should not do. Only
    /// receivers do this, so executors can make progress.
    #[cfg(feature = "std")]
    fn block(&mut self, random: &mut Random) {
        let limit = Duration::from_micros(random.below(200));
        let Self { rx, seen } = self;
        match random.below(3) {
            0 => {
                let _ = rx.changed().wait_timeout(limit);
                self.read();
            }
            1 => rx.recv().wait_timeout(limit).into_iter().for_each(|value| seen.value(&value)),
            _ => {
                if let Ok(value) = rx.wait_for(|value| value.number % 2 == 0).wait_timeout(limit) {
                    seen.reference(&value);
                }
                self.read();
            }
        }
    }

    /// Receives until the channel is closed, and checks that it has then seen the last value.
    async fn follow_to_the_end(mut self, executor: Executor, random: &mut Random) {
        let Self { rx, seen } = &mut self;
        match random.below(if executor == Executor::Threads { 11 } else { 8 }) {
            0 => {
                while rx.changed().await.is_ok() {
                    seen.reference(&rx.borrow_and_update());
                }
            }
            1 => {
                while let Ok(value) = rx.recv().await {
                    seen.value(&value);
                }
            }
            2 => seen.reference(&rx.wait_for(Value::is_last).await.unwrap()),
            3 => {
                while poll_fn(|cx| rx.poll_changed(cx)).await.is_ok() {
                    seen.reference(&rx.borrow());
                }
            }
            4 => {
                let mut cached = Cached::new(rx.clone());
                seen.value(cached.peek());
                while cached.changed().await.is_ok() {
                    seen.value(cached.peek());
                }
            }
            #[cfg(feature = "event-listener")]
            5 => loop {
                let listener = rx.listen();
                seen.reference(&rx.borrow_and_update());
                if rx.is_closed() && !rx.has_unseen() {
                    break self.read();
                }
                listener.await;
            },
            #[cfg(feature = "stream")]
            6 => {
                futures_lite::StreamExt::for_each(rx.clone().into_stream(), |value| seen.value(&value)).await;
                self.read();
            }
            #[cfg(feature = "std")]
            8 => {
                while rx.changed().wait().is_ok() {
                    seen.reference(&rx.borrow_and_update());
                }
            }
            #[cfg(feature = "std")]
            9 => {
                while let Ok(value) = rx.recv().wait() {
                    seen.value(&value);
                }
            }
            #[cfg(feature = "std")]
            10 => seen.reference(&rx.wait_for(Value::is_last).wait().unwrap()),
            _ => {
                rx.wait_until(Value::is_last).await.unwrap();
                self.read();
            }
        }
        assert!(self.seen.has_last(), "the last value has not been seen");
        assert!(self.rx.is_closed() || self.rx.get().is_last());
    }
}

/// Uses up to four receivers, which it makes and drops. It keeps `running` until it ends.
async fn receive(
    rx: Receiver<Value>,
    weak: WeakSender<Value>,
    mut running: Receiver<()>,
    steps: u64,
    executor: Executor,
    mut random: Random,
) {
    let mut followers = vec![Follower { rx, seen: Seen::default() }];
    for step in 0..steps {
        let chosen = random.below(followers.len() as u64) as usize;
        match random.below(20) {
            0 if followers.len() < 4 => {
                let Follower { rx, seen } = &followers[chosen];
                followers.push(Follower { rx: rx.clone(), seen: seen.clone() });
            }
            1 if followers.len() > 1 => drop(followers.swap_remove(chosen)),
            2 => running = running.clone(),
            _ => followers[chosen].step(&mut random, &weak).await,
        }
        if step % 8 == 0 {
            yield_now().await;
        }
    }
    OPERATIONS.fetch_add(steps as usize, Ordering::Relaxed);
    for follower in followers {
        follower.follow_to_the_end(executor, &mut random).await;
    }
}

/// Sends in all ways. It keeps `sending` until it ends.
async fn send(mut tx: Sender<Value>, id: usize, sending: Receiver<()>, steps: u64, mut random: Random) {
    for number in 1..=steps {
        match random.below(16) {
            0 | 1 => drop(tx.send(Value::new(id, number))),
            2 | 3 => tx.set(Value::new(id, number)),
            4 => tx.send_modify(|value| value.change(id, number)),
            5 => {
                let is_modified = random.one_in(2);
                let told = tx.send_if_modified(|value| {
                    if is_modified {
                        value.change(id, number);
                    }
                    is_modified
                });
                assert_eq!(told, is_modified);
            }
            6 | 7 => match tx.try_set(Value::new(id, number)) {
                Ok(()) => (),
                Err(value) => assert_eq!(value.number, number),
            },
            8 => assert!(tx.set_if_changed(Value::new(id, number)).is_some()),
            9 => drop(tx.send_replace(Value::new(id, number))),
            10 => {
                let value = Value::new(id, number);
                let _ = tx.set_if_changed(value.clone());
                // This value is equal to the stored one, unless another sender has sent in between.
                let _ = tx.set_if_changed(value);
            }
            11 => {
                let outer = tx.borrow();
                let _ = tx.try_borrow().map(|inner| assert_eq!(inner.number, outer.number));
                tx.with(|value| assert_eq!(value.number, outer.number));
            }
            12 => tx = tx.clone(),
            13 => tx = tx.downgrade().upgrade().expect("there is a sender"),
            14 => {
                let mut rx = tx.subscribe_unseen();
                let _ = rx.try_recv();
                let _ = (tx.get(), tx.sender_count(), tx.receiver_count(), format!("{tx:?}"));
            }
            _ => {
                let turns = random.below(3);
                or(tx.closed(), yields(turns)).await;
            }
        }
        if random.one_in(3) {
            yield_now().await;
        }
    }
    OPERATIONS.fetch_add(steps as usize, Ordering::Relaxed);
    drop(sending);
}

/// Sends the last value once no task is sending any more, and closes the channel.
async fn coordinate(tx: Sender<Value>, sending: Sender<()>) {
    sending.closed().await;
    tx.set(Value::new(COORDINATOR, 1));
}

/// Waits until no task is receiving any more.
async fn wait_for_the_end(running: Sender<()>, executor: Executor, mut random: Random) {
    while wait(&mut random, running.closed()).await.is_none() {
        yield_now().await;
        match random.below(3) {
            #[cfg(feature = "event-listener")]
            0 => {
                let listener = running.listen_closed();
                if !running.is_closed() {
                    wait(&mut random, listener).await;
                }
            }
            #[cfg(feature = "std")]
            1 if executor == Executor::Threads => running.closed().wait(),
            #[cfg(feature = "std")]
            2 => drop(running.closed().wait_timeout(Duration::from_micros(random.below(100)))),
            _ => (),
        }
    }
    let _ = executor;
    assert!(running.is_closed());
}

/// The tasks of a round.
pub(crate) fn round(executor: Executor, part: u64, is_long: bool) -> Vec<Task> {
    let mut random = Random::new(part);
    let mut next_random = || Random::new(random.next());
    let mut sizes = next_random();
    let (most_receivers, most_steps) = if is_long { (16, 400) } else { (5, 60) };
    let (tx, rx) = channel(Value::new(COORDINATOR, 0));
    let (sending, is_sending) = channel(());
    let (running, is_running) = channel(());
    let mut tasks: Vec<Task> = vec![];
    for id in 1..=1 + sizes.below(MOST_SENDERS as u64) as usize {
        let steps = 10 + sizes.below(most_steps);
        tasks.push(Box::pin(send(tx.clone(), id, is_sending.clone(), steps, next_random())));
    }
    for _ in 0..1 + sizes.below(most_receivers) {
        let steps = 10 + sizes.below(most_steps);
        let (rx, running) = (rx.clone(), is_running.clone());
        tasks.push(Box::pin(receive(rx, tx.downgrade(), running, steps, executor, next_random())));
    }
    for _ in 0..sizes.below(4) {
        tasks.push(Box::pin(wait_for_the_end(running.clone(), executor, next_random())));
    }
    tasks.push(Box::pin(coordinate(tx, sending)));
    tasks
}
