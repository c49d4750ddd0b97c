//! The WebAssembly part: tasks on a small executor. `run.mjs` calls [`send`] from timers, and then [`run`].

#[cfg(not(target_feature = "atomics"))]
mod deadlock;
#[cfg(target_feature = "atomics")]
mod workers;

use std::cell::RefCell;

use async_executor::LocalExecutor;
use futures_lite::StreamExt;
use watch_channel::{Sender, Watch, WatchStream, channel};

/// How many tasks wait with `changed`.
const WATCHERS: u32 = 100;

static LIMIT: Watch<u32> = Watch::new(u32::MAX);

/// What the tasks have seen.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// How many tasks have ended with the last value.
    ended: u32,
    /// How many changes all tasks have seen.
    changes: u32,
}

thread_local! {
    static EXECUTOR: LocalExecutor<'static> = const { LocalExecutor::new() };
    static SENDER: RefCell<Option<Sender<u32>>> = const { RefCell::new(None) };
    static SEEN: RefCell<Seen> = RefCell::default();
}

fn spawn(task: impl Future<Output = ()> + 'static) {
    EXECUTOR.with(|executor| executor.spawn(task).detach());
}

fn count(f: impl FnOnce(&mut Seen)) {
    SEEN.with_borrow_mut(f);
}

/// Starts the tasks.
#[unsafe(no_mangle)]
pub extern "C" fn start(last: u32) {
    let (tx, rx) = channel(0);
    for _ in 0..WATCHERS {
        let mut rx = rx.clone();
        spawn(async move {
            let mut value = 0;
            while rx.changed().await.is_ok() {
                assert!(rx.get() > value, "values only grow");
                value = rx.get_and_update();
                count(|seen| seen.changes += 1);
            }
            count(|seen| seen.ended += u32::from(value == last));
        });
    }
    spawn({
        let mut rx = rx.clone();
        async move {
            let value = rx.wait_for_map(|value| (*value == last).then_some(*value)).await;
            count(|seen| seen.ended += u32::from(value == Ok(last)));
        }
    });
    #[cfg(feature = "event-listener")]
    spawn({
        let mut rx = rx.clone();
        async move {
            let mut value = 0;
            loop {
                let listener = rx.listen();
                if rx.has_unseen() {
                    value = rx.get_and_update();
                } else if rx.is_closed() {
                    break;
                } else {
                    listener.await;
                }
            }
            count(|seen| seen.ended += u32::from(value == last));
        }
    });
    spawn({
        let values = WatchStream::new(rx);
        async move {
            let value = values.last().await;
            count(|seen| seen.ended += u32::from(value == Some(last)));
        }
    });
    spawn({
        let tx = tx.clone();
        async move {
            // This sender keeps the channel open until a static channel has the last value.
            let mut limit = LIMIT.subscribe();
            let _ = limit.wait_for(|limit| *limit == last).await;
            drop(tx);
            count(|seen| seen.ended += 1);
        }
    });
    SENDER.set(Some(tx));
}

/// Timers call this. Sends a value, and closes the channel after the last one.
#[unsafe(no_mangle)]
pub extern "C" fn send(value: u32, is_last: bool) {
    SENDER.with_borrow_mut(|sender| {
        if let Some(tx) = sender {
            tx.set(value);
        }
        if is_last {
            *sender = None;
            LIMIT.sender().set(value);
        }
    });
}

/// Runs the tasks that have been woken, and returns how many polls that took.
#[unsafe(no_mangle)]
pub extern "C" fn run() -> u32 {
    EXECUTOR.with(|executor| std::iter::from_fn(|| executor.try_tick().then_some(())).count() as u32)
}

#[unsafe(no_mangle)]
pub extern "C" fn ended() -> u32 {
    SEEN.with_borrow(|seen| seen.ended)
}

#[unsafe(no_mangle)]
pub extern "C" fn changes() -> u32 {
    SEEN.with_borrow(|seen| seen.changes)
}

/// How many tasks count the changes that they see.
#[unsafe(no_mangle)]
pub extern "C" fn watchers() -> u32 {
    WATCHERS
}

/// How many tasks there are.
#[unsafe(no_mangle)]
pub extern "C" fn tasks() -> u32 {
    WATCHERS + 3 + u32::from(cfg!(feature = "event-listener"))
}
