//! What runs the tasks: plain threads, async-executor, tokio.

use std::pin::Pin;
use std::sync::Arc;
use std::thread;

use futures_lite::future::block_on;
use watch_channel::channel;

pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How many threads an executor has. A small machine has fewer processors, so the threads preempt
/// each other.
const WORKERS: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Executor {
    /// A thread for each task.
    Threads,
    /// async-executor, the executor of smol.
    Smol,
    Tokio,
}

impl Executor {
    pub(crate) const ALL: [Self; 3] = [Self::Threads, Self::Smol, Self::Tokio];

    /// Runs all tasks of each round to completion, on one executor.
    pub(crate) fn run(self, rounds: impl Iterator<Item = Vec<Task>>) {
        match self {
            Self::Threads => rounds.for_each(on_threads),
            Self::Smol => on_async_executor(rounds),
            Self::Tokio => on_tokio(rounds),
        }
    }
}

fn on_threads(tasks: Vec<Task>) {
    let threads: Vec<_> = tasks.into_iter().map(|task| thread::spawn(|| block_on(task))).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn on_async_executor(rounds: impl Iterator<Item = Vec<Task>>) {
    let executor = Arc::new(async_executor::Executor::new());
    let (running, is_over) = channel(());
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (executor, mut is_over) = (executor.clone(), is_over.clone());
            thread::spawn(move || block_on(executor.run(async { while is_over.changed().await.is_ok() {} })))
        })
        .collect();
    for tasks in rounds {
        let tasks: Vec<_> = tasks.into_iter().map(|task| executor.spawn(task)).collect();
        block_on(async {
            for task in tasks {
                task.await;
            }
        });
    }
    drop(running);
    workers.into_iter().for_each(|worker| worker.join().unwrap());
}

fn on_tokio(rounds: impl Iterator<Item = Vec<Task>>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).build().unwrap();
    for tasks in rounds {
        let tasks: Vec<_> = tasks.into_iter().map(|task| runtime.spawn(task)).collect();
        runtime.block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
        });
    }
}
