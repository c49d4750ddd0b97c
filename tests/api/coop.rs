//! tokio's cooperative budget: with the feature `tokio`, a task whose waits are always ready still
//! yields.

use std::future::poll_fn;
use std::pin::Pin;
#[cfg(feature = "tokio")]
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
#[cfg(feature = "tokio")]
use std::{task::Poll, time::Instant};

#[cfg(feature = "tokio")]
use crate::common::must_end;
#[cfg(feature = "tokio")]
use tokio::task::coop;
use tokio::task::{spawn, yield_now};
use watch_channel::channel;

const ROUNDS: usize = 10_000;

/// Returns how often another task on the same thread runs while `busy`, whose waits are always
/// ready, runs to its end.
async fn runs_during<F: Future<Output = ()> + Send + 'static>(busy: F) -> usize {
    let runs = Arc::new(AtomicUsize::new(0));
    let other = spawn({
        let runs = runs.clone();
        async move {
            loop {
                runs.fetch_add(1, Ordering::Relaxed);
                yield_now().await;
            }
        }
    });
    spawn(busy).await.unwrap();
    other.abort();
    runs.load(Ordering::Relaxed)
}

type Busy = Pin<Box<dyn Future<Output = ()> + Send>>;

async fn always_changed() {
    let (tx, mut rx) = channel(0);
    for i in 0..ROUNDS {
        tx.set(i);
        rx.changed().await.unwrap();
    }
}

/// Tasks whose waits, each of another kind, are always ready.
fn always_ready() -> [Busy; 5] {
    let ((_tx, mut there), (_other_tx, mut mapped)) = (channel(0), channel(0));
    let (no_receiver, _) = channel(0);
    let (tx, mut polled) = channel(0);
    [
        Box::pin(always_changed()),
        Box::pin(async move {
            for _ in 0..ROUNDS {
                there.wait_for(|_| true).await.unwrap();
            }
        }),
        Box::pin(async move {
            for _ in 0..ROUNDS {
                mapped.wait_for_map(|value| Some(*value)).await.unwrap();
            }
        }),
        Box::pin(async move {
            for _ in 0..ROUNDS {
                no_receiver.closed().await;
            }
        }),
        Box::pin(async move {
            for i in 0..ROUNDS {
                tx.set(i);
                poll_fn(|cx| polled.poll_changed(cx)).await.unwrap();
            }
        }),
    ]
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn other_tasks_on_the_thread_get_to_run() {
    // tokio's own budget is 128 operations.
    let at_least = ROUNDS / 128;
    for busy in always_ready() {
        assert!(runs_during(busy).await >= at_least);
    }
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn other_tasks_run_as_often_as_with_tokios_channel() {
    let tokios = runs_during(async {
        let (tx, mut rx) = tokio::sync::watch::channel(0);
        for i in 0..ROUNDS {
            tx.send_replace(i);
            rx.changed().await.unwrap();
        }
    })
    .await;
    assert_eq!(runs_during(always_changed()).await, tokios);
}

/// Without the feature, or without a budget, other tasks do not run until the busy task has ended.
#[tokio::test]
async fn without_a_budget_other_tasks_starve() {
    for busy in always_ready() {
        #[cfg(feature = "tokio")]
        let busy = coop::unconstrained(busy);
        assert!(runs_during(busy).await <= 2);
    }
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn a_pending_wait_takes_none_of_the_budget() {
    let (tx, mut rx) = channel(0);
    yield_now().await;
    poll_fn(|cx| {
        for _ in 0..200 {
            let mut wait = rx.wait_for(|_| false);
            assert!(Pin::new(&mut wait).poll(cx).is_pending());
            tx.set(0);
            assert!(Pin::new(&mut wait).poll(cx).is_pending());
            drop(wait);
            let mut wait = rx.wait_for_map(|_| None::<()>);
            assert!(Pin::new(&mut wait).poll(cx).is_pending());
            tx.set(0);
            assert!(Pin::new(&mut wait).poll(cx).is_pending());
            drop(wait);
            assert!(pin!(rx.changed()).poll(cx).is_pending());
            assert!(pin!(tx.closed()).poll(cx).is_pending());
        }
        Poll::Ready(())
    })
    .await;
    assert!(coop::has_budget_remaining());
}

/// It takes as much as tokio's does, however often the task has been woken for nothing.
#[cfg(feature = "tokio")]
#[tokio::test]
async fn a_wait_takes_as_much_of_the_budget_as_tokios() {
    macro_rules! left_after_a_wait {
        ($channel:expr) => {{
            let (tx, mut rx) = $channel;
            yield_now().await;
            poll_fn(|cx| {
                let mut wait = pin!(rx.wait_for(|value| *value == 2));
                for value in 0..2 {
                    tx.send_replace(value);
                    assert!(wait.as_mut().poll(cx).is_pending());
                }
                tx.send_replace(2);
                assert!(wait.as_mut().poll(cx).is_ready());
                let mut left = 0;
                while coop::has_budget_remaining() && pin!(coop::consume_budget()).poll(cx).is_ready() {
                    left += 1;
                }
                Poll::Ready(left)
            })
            .await
        }};
    }
    assert_eq!(left_after_a_wait!(channel(0)), left_after_a_wait!(tokio::sync::watch::channel(0)));
}

/// A blocking wait takes part in no budget, because no other task can run on a thread that sleeps.
#[cfg(feature = "tokio")]
#[test]
fn a_blocking_wait_needs_no_budget() {
    must_end(|| {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            let (tx, mut rx) = channel(0);
            while coop::has_budget_remaining() {
                coop::consume_budget().await;
            }
            tx.set(1);
            assert_eq!(rx.changed().wait_deadline(Instant::now()), Ok(()));
            tx.set(2);
            assert_eq!(rx.changed().wait(), Ok(()));
            assert_eq!(*rx.wait_for(|value| *value == 2).wait().unwrap(), 2);
            drop(rx);
            tx.closed().wait();
        });
    });
}

/// No wake-up is lost if the budget runs out in the middle of a wait.
#[cfg(feature = "tokio")]
#[tokio::test]
async fn a_wait_without_budget_is_polled_again() {
    let (tx, mut rx) = channel(0);
    let receiver = spawn(async move {
        let mut seen = 0;
        while rx.changed().await.is_ok() {
            seen = rx.get_and_update();
            while coop::has_budget_remaining() {
                coop::consume_budget().await;
            }
        }
        seen
    });
    for i in 1..=100 {
        tx.set(i);
        yield_now().await;
    }
    drop(tx);
    assert_eq!(receiver.await.unwrap(), 100);
}
