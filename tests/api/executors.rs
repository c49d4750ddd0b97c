//! The same scenario on every kind of executor.

use std::thread;

use crate::common::{Inline, must_end};
use crate::run::{Executor, Task};
use watch_channel::{Receiver, Sender, channel};

const RECEIVERS: u64 = 20;
const LAST: u64 = 500;

/// Checks that values arrive in order, including the last one. It keeps `_running` until it ends.
async fn follow(mut rx: Receiver<u64>, _running: Receiver<()>) {
    let mut last = 0;
    while rx.changed().await.is_ok() {
        let value = *rx.borrow_and_update();
        assert!(value > last);
        last = value;
    }
    assert_eq!(last, LAST);
}

/// Sends, and now and then waits for a condition, so other tasks run.
async fn produce(tx: Sender<u64>, mut echo: Receiver<u64>) {
    for i in 1..=LAST {
        tx.send(i).unwrap();
        if i % 50 == 0 {
            // The echo is a value that another task has seen.
            assert!(*echo.wait_for(|seen| *seen >= i).await.unwrap() >= i);
        }
    }
}

async fn repeat(mut rx: Receiver<u64>, echo: Sender<u64>) {
    while rx.changed().await.is_ok() {
        let value = *rx.borrow_and_update();
        let _ = echo.send(value);
    }
}

/// The tasks of the scenario, and a future that is ready once all tasks that follow have ended.
fn scenario() -> (Vec<Task>, impl Future<Output = ()> + Send) {
    let (tx, rx) = channel(0);
    let (echo_tx, echo_rx) = channel(0);
    let (all, running) = channel(());
    let mut tasks: Vec<Task> = (0..RECEIVERS).map(|_| Box::pin(follow(rx.clone(), running.clone())) as Task).collect();
    tasks.push(Box::pin(repeat(rx, echo_tx)));
    tasks.push(Box::pin(produce(tx, echo_rx)));
    (tasks, async move { all.closed().await })
}

#[test]
fn threads_and_executors_with_several_threads() {
    for executor in Executor::ALL {
        must_end(move || executor.run([scenario().0].into_iter()));
    }
}

#[test]
fn smol_on_one_thread() {
    must_end(|| {
        let executor = async_executor::Executor::new();
        let (tasks, done) = scenario();
        tasks.into_iter().for_each(|task| executor.spawn(task).detach());
        smol::block_on(executor.run(done));
    });
}

#[tokio::test]
async fn tokio_on_one_thread() {
    let (tasks, done) = scenario();
    tasks.into_iter().for_each(|task| drop(tokio::spawn(task)));
    done.await;
}

/// Runs the scenario with an executor's functions.
fn run(spawn: fn(Task), block_on: fn(Task)) {
    must_end(move || {
        let (tasks, done) = scenario();
        tasks.into_iter().for_each(spawn);
        block_on(Box::pin(done));
    });
}

#[test]
fn smols_global_executor() {
    run(|task| smol::spawn(task).detach(), smol::block_on);
}

#[test]
fn async_std() {
    run(|task| drop(async_std::task::spawn(task)), async_std::task::block_on);
}

#[test]
fn pollsters_block_on_on_threads() {
    must_end(|| {
        let threads: Vec<_> = scenario().0.into_iter().map(|task| thread::spawn(|| pollster::block_on(task))).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn an_inline_executor() {
    must_end(|| {
        let (tasks, done) = scenario();
        let tasks: Vec<_> = tasks.into_iter().map(Inline::spawn).collect();
        futures_lite::future::block_on(done);
        assert!(tasks.iter().all(|task| task.is_done()));
    });
}
