//! Tasks on one executor, which wait, cancel waits, and end.

use alloc::format;
use alloc::string::String;
use core::future::ready;
use core::pin::pin;
use core::task::Context;

use embassy_executor::SendSpawner;
use embassy_futures::join::join;
use embassy_futures::select::{Either, select};
use embassy_futures::{poll_once, yield_now};
use portable_atomic::{AtomicU32, Ordering::Relaxed};
use portable_atomic_util::{Arc, task::Wake};
use watch_channel::{Receiver, Sender, channel};

use crate::task::spawn;
use crate::timer;

const LAST: u32 = 2_000;

pub(crate) async fn run(low: SendSpawner) -> String {
    leave_nothing_behind();
    let timer = timer::start(timer::OFTEN, || ());
    let (tx, rx) = channel(0);
    let changed = spawn(low, each_change(rx.clone()));
    let steps = spawn(low, each_step(rx.clone(), 3));
    let mapped = spawn(low, each_step(rx.clone(), 7));
    let impatient = spawn(low, cancelled_waits(rx));
    let producer = spawn(low, produce(tx));
    let (changed, steps, mapped) = (changed.await, steps.await, mapped.await);
    let cancelled = impatient.await;
    let cancelled_closed = producer.await;
    assert!(changed > LAST / 8, "most changes were missed: {changed}");
    assert!(steps == LAST.div_ceil(3) && mapped == LAST.div_ceil(7), "steps were skipped: {steps}, {mapped}");
    assert!(
        cancelled > LAST / 8 && cancelled_closed > 0,
        "hardly any wait was cancelled: {cancelled}, {cancelled_closed}"
    );
    let interrupts = timer.interrupts();
    format!(
        "{LAST} values sent, {changed} changes and {} steps waited for, {cancelled} waits for a change and \
         {cancelled_closed} for the close cancelled, {interrupts} interrupts",
        steps + mapped
    )
}

/// Checks that a cancelled wait keeps no waker, and that its task is not woken.
fn leave_nothing_behind() {
    struct Counting(AtomicU32);
    impl Wake for Counting {
        fn wake(this: Arc<Self>) {
            this.0.fetch_add(1, Relaxed);
        }
    }
    let count = Arc::new(Counting(AtomicU32::new(0)));
    let waker = count.clone().into();
    let mut cx = Context::from_waker(&waker);
    let (tx, mut rx) = channel(0);
    for round in 1..=4 {
        assert!(pin!(rx.changed()).poll(&mut cx).is_pending());
        assert_eq!(Arc::strong_count(&count), 2, "a waker was kept");
        tx.set(round);
        assert_eq!((rx.get_and_update(), count.0.load(Relaxed)), (round, 0), "a cancelled wait has been woken");
    }
    drop((tx, rx));
}

/// Sends with and without pauses, then waits until all receivers have been dropped.
async fn produce(tx: Sender<u32>) -> usize {
    for value in 1..=LAST {
        tx.send(value).expect("there are receivers until they have seen the last value");
        timer::progress();
        if value % 4 != 0 {
            yield_now().await;
        }
    }
    let cancelled = (0..8).filter(|_| poll_once(tx.closed()).is_pending()).count();
    tx.closed().await;
    // One more receiver, which is dropped while the sender sleeps.
    let rx = tx.subscribe();
    let leave = async {
        yield_now().await;
        drop(rx);
    };
    join(tx.closed(), leave).await;
    assert!(tx.is_closed() && tx.send(0).is_err());
    cancelled
}

/// Waits for each change until the channel is closed.
async fn each_change(mut rx: Receiver<u32>) -> u32 {
    let (mut changes, mut seen) = (0, 0);
    while seen < LAST {
        rx.changed().await.expect("the producer waits for this receiver");
        let value = rx.get_and_update();
        assert!(value > seen, "changed, but {value} after {seen}");
        seen = value;
        changes += 1;
    }
    changes
}

/// Waits for a value that is higher by at least `step`, again and again.
async fn each_step(mut rx: Receiver<u32>, step: u32) -> u32 {
    let (mut steps, mut target) = (0, 0);
    while target < LAST {
        target = LAST.min(target + step);
        let value = *rx.wait_for(|value| *value >= target).await.expect("the producer waits for this receiver");
        assert!(value >= target);
        steps += 1;
    }
    steps
}

/// Cancels most waits: some at once, and some after they may have been woken and before they are polled again.
async fn cancelled_waits(mut rx: Receiver<u32>) -> u32 {
    let mut cancelled = 0;
    loop {
        match select(rx.changed(), ready(())).await {
            Either::First(changed) => changed.expect("the producer waits for this receiver"),
            Either::Second(()) => cancelled += 1,
        }
        {
            let mut wait = pin!(rx.changed());
            cancelled += u32::from(poll_once(wait.as_mut()).is_pending());
            yield_now().await;
        }
        let seen = rx.get_and_update();
        if seen == LAST {
            return cancelled;
        }
        rx.changed().await.expect("the producer waits for this receiver");
    }
}
