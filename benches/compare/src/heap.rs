//! What is on the heap: counted by the allocator of this program.
#![expect(unsafe_code, reason = "an allocator is unsafe to implement")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::mem::size_of;

use serde::Serialize;

use crate::workloads::parts::*;

/// The system's allocator. It counts for each thread by itself, which costs least where times are measured.
pub(crate) struct Counting;

thread_local! {
    static BYTES: Cell<isize> = const { Cell::new(0) };
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

fn count(old_size: usize, new_size: usize) {
    BYTES.set(BYTES.get() + new_size as isize - old_size as isize);
    ALLOCATIONS.set(ALLOCATIONS.get() + usize::from(new_size > 0));
}

// SAFETY: all calls go on to the system's allocator as they came, and counting neither allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(0, layout.size());
        // SAFETY: the caller promises what this needs.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(0, layout.size());
        // SAFETY: the caller promises what this needs.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(layout.size(), new_size);
        // SAFETY: the caller promises what this needs.
        unsafe { System.realloc(block, layout, new_size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(layout.size(), 0);
        // SAFETY: the caller promises what this needs.
        unsafe { System.dealloc(block, layout) }
    }
}

/// The bytes that this thread's `work` leaves on the heap, beside what it returns.
pub(crate) fn bytes<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let before = BYTES.get();
    let result = work();
    (result, (BYTES.get() - before) as f64)
}

/// A number that should be at most `bar`, of each channel that has it.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) bar: f64,
    pub(crate) ours: f64,
    pub(crate) tokio: f64,
    #[serde(serialize_with = "crate::as_map")]
    pub(crate) peers: Vec<(&'static str, f64)>,
}

macro_rules! numbers {
    ($module:ident, $($watch:tt)+) => {
        mod $module {
            use super::*;
            use $($watch)+ as watch;

            pub(super) fn idle_channel() -> f64 {
                bytes(|| watch::channel(0u32)).1
            }

            /// The bytes for each waiting task, and the allocations for each of their next waits.
            fn waits() -> [f64; 2] {
                const TASKS: usize = 100;
                const SENDS: usize = 1_000;
                let (tx, rx) = watch::channel(0u32);
                let waker = task_waker();
                let mut cx = Context::from_waker(&waker);
                let mut tasks = Vec::with_capacity(1 + TASKS);
                let mut wait = || {
                    let mut rx = rx.clone();
                    let mut task = Box::pin(async move { while rx.changed().await.is_ok() {} });
                    assert!(task.as_mut().poll(&mut cx).is_pending());
                    tasks.push(task);
                };
                // The first one may bring what all of them share.
                wait();
                let ((), bytes) = bytes(|| for _ in 0..TASKS { wait() });
                let mut send = || {
                    tx.send(0).unwrap();
                    for task in &mut tasks {
                        assert!(task.as_mut().poll(&mut cx).is_pending());
                    }
                };
                // Steady is what is after a few.
                (0..10).for_each(|_| send());
                let before = ALLOCATIONS.get();
                (0..SENDS).for_each(|_| send());
                let allocations = ALLOCATIONS.get() - before;
                [bytes / TASKS as f64, allocations as f64 / (SENDS * tasks.len()) as f64]
            }

            pub(super) fn waiting_receiver() -> f64 {
                waits()[0]
            }

            pub(super) fn allocations() -> f64 {
                waits()[1]
            }

            pub(super) fn receiver() -> f64 {
                size_of::<watch::Receiver<u64>>() as f64
            }
        }
    };
}

numbers!(ours, ::watch_channel);
numbers!(tokio, ::tokio::sync::watch);
numbers!(postage, crate::peers::postage);
numbers!(async_watch, crate::peers::async_watch);
numbers!(eyeball, crate::peers::eyeball);
numbers!(see, crate::peers::see);

/// All rows. embassy-sync has nothing on the heap: its channel has room for all receivers from the start.
pub(crate) fn rows() -> Vec<Row> {
    macro_rules! row {
        ($name:expr, $bar:expr, $number:ident) => {
            Row {
                name: $name,
                bar: $bar,
                ours: ours::$number(),
                tokio: tokio::$number(),
                peers: vec![
                    ("postage", postage::$number()),
                    ("async-watch", async_watch::$number()),
                    ("eyeball", eyeball::$number()),
                    ("see", see::$number()),
                ],
            }
        };
    }
    vec![
        row!("heap bytes of an idle channel of a u32", 96.0, idle_channel),
        row!("heap bytes of a waiting task, its receiver included", tokio::waiting_receiver(), waiting_receiver),
        row!("allocations for each wait", 0.0, allocations),
        row!("size_of::<Receiver<u64>>()", 32.0, receiver),
    ]
}
