//! The same scenario on every kind of executor.

use std::pin::Pin;
use std::thread;

use crate::common::{Inline, must_end};
use watch_channel::{Receiver, Sender, channel};

const RECEIVERS: u64 = 20;
const LAST: u64 = 500;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

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
fn smol_on_one_thread_and_on_several() {
    for threads in [1, 3] {
        must_end(move || {
            let executor = async_executor::Executor::new();
            let (tasks, done) = scenario();
            tasks.into_iter().for_each(|task| executor.spawn(task).detach());
            let (stop, stopped) = channel(());
            thread::scope(|scope| {
                for _ in 1..threads {
                    let mut stopped = stopped.clone();
                    let executor = &executor;
                    scope.spawn(move || smol::block_on(executor.run(async move { stopped.changed().await.is_err() })));
                }
                smol::block_on(executor.run(done));
                drop(stop);
            });
        });
    }
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
fn tokio_on_the_current_thread_and_on_several() {
    let runtimes = [tokio::runtime::Builder::new_current_thread(), tokio::runtime::Builder::new_multi_thread()];
    for mut runtime in runtimes {
        must_end(move || {
            runtime.worker_threads(3).build().unwrap().block_on(async {
                let (tasks, done) = scenario();
                tasks.into_iter().for_each(|task| drop(tokio::spawn(task)));
                done.await;
            });
        });
    }
}

/// Runs each task on its own thread, with its own executor.
fn one_thread_each(block_on: fn(Task)) {
    must_end(move || {
        let (tasks, done) = scenario();
        let threads: Vec<_> = tasks.into_iter().map(|task| thread::spawn(move || block_on(task))).collect();
        block_on(Box::pin(done));
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn futures_lites_block_on_on_threads() {
    one_thread_each(futures_lite::future::block_on);
}

#[test]
fn pollsters_block_on_on_threads() {
    one_thread_each(pollster::block_on);
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
