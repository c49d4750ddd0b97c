//! The progress of a soak test: a bar on a terminal, and a line each second elsewhere.

use std::fmt::Write;
use std::io::{IsTerminal, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::allocations::do_not_count_this_thread;
use crate::executors::Executor;

static OPERATIONS: [AtomicUsize; Executor::ALL.len()] = [const { AtomicUsize::new(0) }; Executor::ALL.len()];

/// Adds to the number of operations that tasks on this executor have done.
pub(crate) fn count(executor: Executor, operations: usize) {
    OPERATIONS[executor as usize].fetch_add(operations, Ordering::Relaxed);
}

/// Returns the number of operations so far, in total and for each executor.
pub(crate) fn summary() -> String {
    let by_executor = Executor::ALL.map(|executor| OPERATIONS[executor as usize].load(Ordering::Relaxed));
    let mut text = format!("{} operations (", by_executor.iter().sum::<usize>());
    for (i, (executor, operations)) in Executor::ALL.iter().zip(by_executor).enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        write!(text, "{comma}{} {operations}", executor.name()).unwrap();
    }
    text + ")"
}

/// Shows the progress until this is dropped.
pub(crate) struct Progress {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    pub(crate) fn until(end: Instant) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let is_over = is_over.clone();
            move || show(end, &is_over)
        });
        Self { is_over, thread: Some(thread) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn show(end: Instant, is_over: &AtomicBool) {
    do_not_count_this_thread();
    let start = Instant::now();
    let seconds = (end - start).as_secs();
    let bar = stderr().is_terminal().then(|| {
        let style = ProgressStyle::with_template("{elapsed_precise} [{bar:40}] {msg}").unwrap();
        ProgressBar::new(seconds).with_style(style)
    });
    while !is_over.load(Ordering::Relaxed) {
        thread::park_timeout(Duration::from_secs(1));
        let elapsed = start.elapsed().as_secs();
        match &bar {
            Some(bar) => {
                bar.set_position(elapsed);
                bar.set_message(summary());
            }
            None => println!("{elapsed} of {seconds} s: {}", summary()),
        }
    }
    bar.into_iter().for_each(|bar| bar.finish());
}
