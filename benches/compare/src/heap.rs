//! What is on the heap, counted by this program's allocator.
#![expect(unsafe_code, reason = "an allocator is unsafe to implement")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::mem::size_of;
use std::pin::pin;
use std::task::Context;

use serde::{Deserialize, Serialize};

use crate::workloads::channel::{OnHeap, PollChanged, Watch};
use crate::workloads::ours::Ours;
use crate::workloads::tokio::Tokio;
use crate::workloads::waker::task_waker;

/// The system's allocator, with counts for each thread, which cost the least while times are measured.
pub(crate) struct Counting;

thread_local! {
    static BYTES: Cell<isize> = const { Cell::new(0) };
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

fn count(old_size: usize, new_size: usize) {
    BYTES.set(BYTES.get() + new_size as isize - old_size as isize);
    ALLOCATIONS.set(ALLOCATIONS.get() + usize::from(new_size > 0));
}

// SAFETY: all calls are passed to the system's allocator unchanged, and counting neither allocates nor panics.
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

/// Returns the result of `work`, and the bytes that it leaves on the heap on this thread.
pub(crate) fn bytes<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let before = BYTES.get();
    let result = work();
    (result, (BYTES.get() - before) as f64)
}

/// A number for each channel that has one. This crate's should be at most `bar`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) bar: f64,
    pub(crate) ours: f64,
    pub(crate) tokio: Option<f64>,
    pub(crate) peers: BTreeMap<String, f64>,
}

/// How many tasks wait, and how often they are woken after that.
const TASKS: usize = 100;
const SENDS: usize = 1_000;
/// How often something is done before it is counted, because later times may reuse what the first ones have allocated.
const WARM_UP: usize = 10;

fn idle_channel<W: OnHeap>() -> f64 {
    bytes(|| W::channel(0u32)).1
}

fn first_waiting_receiver<W: OnHeap>() -> f64 {
    let waker = task_waker();
    let mut cx = Context::from_waker(&waker);
    let mut count = || {
        let before = BYTES.get();
        let (_tx, mut rx) = W::channel(0u32);
        let mut changed = pin!(W::changed(&mut rx));
        assert!(changed.as_mut().poll(&mut cx).is_pending());
        (BYTES.get() - before) as f64
    };
    // The first channel in a program may allocate what all channels share.
    count();
    count()
}

/// The bytes for each waiting task, and the allocations for each of their next waits.
fn waits<W: OnHeap>() -> [f64; 2] {
    let (tx, rx) = W::channel(0u32);
    let waker = task_waker();
    let mut cx = Context::from_waker(&waker);
    let mut tasks = Vec::with_capacity(1 + TASKS);
    let mut wait = || {
        let mut rx = W::another(&rx);
        let mut task = Box::pin(async move { while W::changed(&mut rx).await.is_ok() {} });
        assert!(task.as_mut().poll(&mut cx).is_pending());
        tasks.push(task);
    };
    // The first task may allocate what all of them share.
    wait();
    let ((), bytes) = bytes(|| (0..TASKS).for_each(|_| wait()));
    let allocations = steady_allocations(|| {
        W::send(&tx, 0);
        for task in &mut tasks {
            assert!(task.as_mut().poll(&mut cx).is_pending());
        }
    });
    [bytes / TASKS as f64, allocations / tasks.len() as f64]
}

fn waiting_task<W: OnHeap>() -> f64 {
    waits::<W>()[0]
}

fn wait_allocations<W: OnHeap>() -> f64 {
    waits::<W>()[1]
}

fn cancelled_wait_allocations<W: OnHeap>() -> f64 {
    let (_tx, mut rx) = W::channel(0u32);
    let waker = task_waker();
    let mut cx = Context::from_waker(&waker);
    steady_allocations(|| assert!(pin!(W::changed(&mut rx)).poll(&mut cx).is_pending()))
}

fn polled_allocations<W: PollChanged>() -> f64 {
    let (tx, rx) = W::channel(0u32);
    let waker = task_waker();
    let mut cx = Context::from_waker(&waker);
    let mut receivers: Vec<_> = (0..TASKS).map(|_| W::another(&rx)).collect();
    let allocations = steady_allocations(|| {
        W::send(&tx, 0);
        for rx in &mut receivers {
            assert!(W::poll_changed(rx, &mut cx).is_ready());
            assert!(W::poll_changed(rx, &mut cx).is_pending());
        }
    });
    allocations / receivers.len() as f64
}

/// The allocations for each `work` in the steady state.
fn steady_allocations(mut work: impl FnMut()) -> f64 {
    (0..WARM_UP).for_each(|_| work());
    let before = ALLOCATIONS.get();
    (0..SENDS).for_each(|_| work());
    (ALLOCATIONS.get() - before) as f64 / SENDS as f64
}

fn receiver_size<W: OnHeap>() -> f64 {
    size_of::<W::Receiver<u64>>() as f64
}

type Count = fn() -> f64;

/// All rows. embassy-sync is in none, because its channel is not on the heap and has room for all receivers from the
/// start. tokio has no `poll_changed`.
pub(crate) fn rows() -> Vec<Row> {
    let row = |name: &str, bar, ours: Count, tokio: Option<Count>, peers: &[(&'static str, Count)]| Row {
        name: name.into(),
        bar,
        ours: ours(),
        tokio: tokio.map(|count| count()),
        peers: peers.iter().map(|&(name, count)| (name.into(), count())).collect(),
    };
    macro_rules! rows {
        ($($name:literal, $bar:literal, $count:ident, $peers:ident $(, $without:ident)?;)+) => {
            vec![$(
                row($name, $bar, $count::<Ours>, rows!(@tokio $count $($without)?), peers!($peers ($count))),
            )+]
        };
        (@tokio $count:ident) => { Some($count::<Tokio>) };
        (@tokio $count:ident no_tokio) => { None };
    }
    rows! {
        "heap bytes of an idle channel of a u32",                 104.0, idle_channel, on_heap;
        "heap bytes of a channel and its first waiting receiver", 320.0, first_waiting_receiver, on_heap;
        "heap bytes of a waiting task, its receiver included",    112.0, waiting_task, on_heap;
        "allocations for each wait",                              0.0,   wait_allocations, on_heap;
        "allocations for each cancelled wait",                    0.0,   cancelled_wait_allocations, on_heap;
        "allocations for each wait by poll_changed",              0.0,   polled_allocations, with_poll_changed, no_tokio;
        "size_of::<Receiver<u64>>()",                             24.0,  receiver_size, on_heap;
    }
}
