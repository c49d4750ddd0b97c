//! tokio's cooperative budget: with the feature `tokio`, a task whose waits are always ready still yields.

mod common;

#[cfg(feature = "tokio")]
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
#[cfg(feature = "tokio")]
use std::{task::Poll, time::Instant};

#[cfg(feature = "tokio")]
use common::must_end;
#[cfg(feature = "tokio")]
use tokio::task::coop;
use tokio::task::{spawn, yield_now};
use watch_channel::channel;

const ROUNDS: usize = 10_000;

/// Returns how often another task on the same thread runs while `busy`, whose waits are always ready, runs to its end.
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

async fn always_changed() {
    let (tx, mut rx) = channel(0);
    for i in 0..ROUNDS {
        tx.set(i);
        rx.changed().await.unwrap();
    }
}

async fn always_there() {
    let (_tx, mut rx) = channel(0);
    for _ in 0..ROUNDS {
        rx.wait_for(|_| true).await.unwrap();
    }
}

async fn always_mapped() {
    let (_tx, mut rx) = channel(0);
    for _ in 0..ROUNDS {
        rx.wait_for_map(|value| Some(*value)).await.unwrap();
    }
}

async fn always_closed() {
    let (tx, _) = channel(0);
    for _ in 0..ROUNDS {
        tx.closed().await;
    }
}

async fn always_polled() {
    let (tx, mut rx) = channel(0);
    for i in 0..ROUNDS {
        tx.set(i);
        std::future::poll_fn(|cx| rx.poll_changed(cx)).await.unwrap();
    }
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn other_tasks_on_the_thread_get_to_run() {
    // tokio's own budget is 128 operations.
    let at_least = ROUNDS / 128;
    assert!(runs_during(always_changed()).await >= at_least);
    assert!(runs_during(always_there()).await >= at_least);
    assert!(runs_during(always_mapped()).await >= at_least);
    assert!(runs_during(always_closed()).await >= at_least);
    assert!(runs_during(always_polled()).await >= at_least);
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
    async fn starve<F: Future<Output = ()> + Send + 'static>(busy: F) {
        #[cfg(feature = "tokio")]
        let busy = coop::unconstrained(busy);
        assert!(runs_during(busy).await <= 2);
    }
    starve(always_changed()).await;
    starve(always_there()).await;
    starve(always_mapped()).await;
    starve(always_closed()).await;
    starve(always_polled()).await;
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn a_pending_wait_takes_none_of_the_budget() {
    let (tx, mut rx) = channel(0);
    yield_now().await;
    std::future::poll_fn(|cx| {
        for _ in 0..200 {
            {
                let mut wait = pin!(rx.wait_for(|_| false));
                assert!(wait.as_mut().poll(cx).is_pending());
                tx.set(0);
                assert!(wait.poll(cx).is_pending());
            }
            {
                let mut wait = pin!(rx.wait_for_map(|_| None::<()>));
                assert!(wait.as_mut().poll(cx).is_pending());
                tx.set(0);
                assert!(wait.poll(cx).is_pending());
            }
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
            std::future::poll_fn(|cx| {
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
