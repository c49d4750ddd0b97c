//! A pool of threads that can be paused, resumed and stopped, and its progress bar.
//!
//! ```text
//! cargo run --example threads            # 256 items, two seconds
//! cargo run --example threads -- 1000 5  # 1,000 items, in five seconds at most
//! ```
//!
//! The bar is drawn to a terminal only. At the end the program prints what has been done:
//!
//! ```text
//! 256 of 256 items done by 4 workers, 0 of them during the pause
//! ```
//!
//! There is no executor. One channel tells the workers their state; the other one tells the bar and the main thread how far
//! the workers are. In both, only the latest value matters: a bar that falls behind skips values, and a worker that does not
//! check its state delays no other thread. Every wait of the main thread has a time limit.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{env, thread};

use indicatif::{ProgressBar, ProgressStyle};
use watch_channel::error::{RecvError, RecvTimeoutError};
use watch_channel::{Receiver, Sender, channel};

const WORKERS: u64 = 4;
/// How long an item takes.
const ITEM: Duration = Duration::from_millis(25);
const PAUSE: Duration = Duration::from_millis(400);
/// How long a worker may take to end once it has been told to.
const GRACE: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, PartialEq)]
enum State {
    Running,
    Paused,
    Stopped,
}

#[derive(Clone, Copy, Default)]
struct Progress {
    /// Items that are done.
    done: u64,
    /// Workers that have noticed the pause.
    paused: u64,
}

fn main() -> ExitCode {
    let args: Result<Vec<u64>, _> = env::args().skip(1).map(|arg| arg.parse()).collect();
    let (items, seconds) = match args.as_deref() {
        Ok([]) => (256, 60),
        Ok([items]) => (*items, 60),
        Ok([items, seconds]) => (*items, *seconds),
        _ => {
            eprintln!("usage: threads [ITEMS [SECONDS]]");
            return ExitCode::from(2);
        }
    };
    let deadline = Instant::now() + Duration::from_secs(seconds);

    let started = AtomicU64::new(0);
    let (state, _) = channel(State::Running);
    let (progress, mut seen) = channel(Progress::default());
    let during_the_pause = thread::scope(|scope| {
        for _ in 0..WORKERS {
            let (state, progress) = (state.subscribe(), progress.clone());
            // A worker returns an error if `state` has been dropped, which ends it like `Stopped` does.
            scope.spawn(|| work(state, progress, &started, items));
        }
        // Only workers can send now. The last worker closes the channel when it ends, and that ends the bar.
        drop(progress);
        let shown = seen.clone();
        scope.spawn(move || show(shown, items));

        let during_the_pause = direct(&state, &mut seen, items, deadline);
        state.set(State::Stopped);
        assert!(state.closed().wait_timeout(GRACE), "a worker does not end");
        during_the_pause
    });

    let done = seen.get().done;
    match during_the_pause {
        Ok(late) => println!("{done} of {items} items done by {WORKERS} workers, {late} of them during the pause"),
        Err(error) => println!("{done} of {items} items done by {WORKERS} workers: {error}"),
    }
    ExitCode::SUCCESS
}

/// Pauses the workers after half of the items, resumes them, and waits until they are through. Returns how many items
/// were done during the pause.
fn direct(
    state: &Sender<State>,
    seen: &mut Receiver<Progress>,
    items: u64,
    deadline: Instant,
) -> Result<u64, RecvTimeoutError> {
    seen.wait_for(|now| now.done >= items / 2).wait_deadline(deadline)?;
    state.set(State::Paused);
    // Each worker first completes its current item.
    let before = seen.wait_for(|now| now.paused == WORKERS).wait_deadline(deadline)?.done;
    // No item should be done now, so this wait normally ends with its time limit.
    let late = seen.wait_for(|now| now.done > before).wait_timeout(PAUSE).map_or(0, |now| now.done - before);
    state.set(State::Running);
    seen.wait_for(|now| now.done == items).wait_deadline(deadline)?;
    Ok(late)
}

fn work(
    mut state: Receiver<State>,
    progress: Sender<Progress>,
    started: &AtomicU64,
    items: u64,
) -> Result<(), RecvError> {
    loop {
        match state.get_and_update() {
            State::Running if started.fetch_add(1, Ordering::Relaxed) < items => {
                // This is a sleep that a stop ends early. A pause does not end it: the item is completed first.
                match state.wait_for(|state| *state == State::Stopped).wait_timeout(ITEM) {
                    Err(RecvTimeoutError::Timeout) => progress.send_modify(|progress| progress.done += 1),
                    _ => return Ok(()),
                }
            }
            // No item is left, so the worker waits for a new state.
            State::Running => state.changed().wait()?,
            State::Paused => {
                progress.send_modify(|progress| progress.paused += 1);
                state.wait_for(|state| *state != State::Paused).wait()?;
                progress.send_modify(|progress| progress.paused -= 1);
            }
            State::Stopped => return Ok(()),
        }
    }
}

/// Draws the bar until the channel closes.
fn show(mut progress: Receiver<Progress>, items: u64) {
    let style = ProgressStyle::with_template("{spinner} {wide_bar} {pos}/{len} {msg:7}").expect("a valid template");
    let bar = ProgressBar::new(items).with_style(style);
    loop {
        match progress.recv().wait_timeout(Duration::from_millis(100)) {
            Ok(now) => {
                bar.set_position(now.done);
                bar.set_message(if now.paused > 0 { "paused" } else { "running" });
            }
            // The spinner turns even if there is no new value.
            Err(RecvTimeoutError::Timeout) => bar.tick(),
            Err(_) => break,
        }
    }
    bar.finish_and_clear();
}
