//! What single parts and operations cost, with this crate and with embassy-sync's `Watch`: bytes, and instructions. It prints both
//! tables.
//!
//! QEMU must run it with `-icount shift=6`: then a tick of SysTick is an instruction.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt::Display;
use core::hint::black_box;
use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::peripheral::{Peripherals, SYST};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::watch::Watch;
use semihosting::{println, process};
use size_check::Memory;

#[global_allocator]
static HEAP: Memory = Memory::new();

/// The most tasks that wait at once.
const TASKS: usize = 8;

/// With room for `N` receivers.
type WatchFor<const N: usize> = Watch<CriticalSectionRawMutex, u32, N>;
type EmbassyWatch = WatchFor<{ TASKS + 1 }>;

/// How many wakers have been called. (This processor has no read-modify-write, and needs none here.)
static WAKES: AtomicU32 = AtomicU32::new(0);

/// A waker that counts its calls. Wakers with another number belong to other tasks.
fn waker(number: usize) -> Waker {
    const VTABLE: RawWakerVTable = RawWakerVTable::new(|task| RawWaker::new(task, &VTABLE), wake, wake, |_| ());
    fn wake(_: *const ()) {
        WAKES.store(WAKES.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }
    // SAFETY: the functions do not use the data.
    unsafe { Waker::from_raw(RawWaker::new(core::ptr::without_provenance(number + 1), &VTABLE)) }
}

/// Returns how many instructions `f` takes.
#[inline(never)]
fn instructions<R>(f: impl FnOnce() -> R) -> u32 {
    let before = SYST::get_current();
    let result = f();
    let after = SYST::get_current();
    black_box(result);
    // The second look at the clock is an instruction as well.
    (before.wrapping_sub(after) & 0xFF_FFFF) - 1
}

/// What a poll that registers, a send that wakes `count` tasks, and a poll that is then ready take.
fn wait_and_wake<F: Future>(count: usize, mut waits: Vec<Pin<Box<F>>>, send: impl FnOnce()) -> [u32; 3] {
    let wakers: Vec<_> = (0..count).map(waker).collect();
    let mut polls = |is_ready| {
        let mut last = 0;
        for (wait, waker) in waits.iter_mut().zip(&wakers) {
            let cx = &mut Context::from_waker(waker);
            let mut polled = Poll::Pending;
            last = instructions(|| polled = wait.as_mut().poll(cx).map(drop));
            assert_eq!(polled.is_ready(), is_ready);
        }
        last
    };
    let register = polls(false);
    WAKES.store(0, Ordering::Relaxed);
    let sent = instructions(send);
    assert_eq!(WAKES.load(Ordering::Relaxed) as usize, count);
    [register, sent, polls(true)]
}

/// The same with this crate, for the first and the third time.
fn ours(count: usize) -> [[u32; 3]; 2] {
    let (tx, _rx) = watch_channel::channel(0);
    let mut receivers: Vec<_> = (0..count).map(|_| tx.subscribe()).collect();
    let mut measure = |value| {
        let waits = receivers.iter_mut().map(|rx| Box::pin(rx.recv())).collect();
        wait_and_wake(count, waits, || tx.set(value))
    };
    let (first, _) = (measure(1), measure(2));
    [first, measure(3)]
}

/// The same with embassy-sync's `Watch`.
fn embassys(count: usize) -> [[u32; 3]; 2] {
    let watch = EmbassyWatch::new_with(0);
    let mut receivers: Vec<_> = (0..count).filter_map(|_| watch.receiver()).collect();
    let mut measure = |value| {
        for rx in &mut receivers {
            let _ = rx.try_get();
        }
        let waits = receivers.iter_mut().map(|rx| Box::pin(rx.changed())).collect();
        wait_and_wake(count, waits, || watch.sender().send(value))
    };
    let (first, _) = (measure(1), measure(2));
    [first, measure(3)]
}

fn row(name: &str, ours: impl Display, embassys: impl Display) {
    println!("| {name} | {ours} | {embassys} |");
}

fn heading(unit: &str) {
    println!("| {unit} | this crate | embassy-sync |\n|---|---|---|");
}

/// Prints how many bytes the parts of a channel of a `u32` take.
fn bytes() {
    /// What `f` adds to the heap.
    fn heap<R>(f: impl FnOnce() -> R) -> (R, usize) {
        let before = HEAP.used();
        (f(), HEAP.used() - before)
    }
    let cx = &mut Context::from_waker(Waker::noop());
    let ((tx, rx), channel) = heap(|| watch_channel::channel(0_u32));
    let mut receivers = Vec::with_capacity(TASKS);
    receivers.push(rx);
    let ((), more) = heap(|| receivers.extend((1..TASKS).map(|_| tx.subscribe())));
    let ((), waits) = heap(|| receivers.iter_mut().for_each(|rx| assert!(rx.poll_changed(cx).is_pending())));
    let (_, closed) = heap(|| assert!(pin!(tx.closed()).poll(cx).is_pending()));
    let future = size_of_val(&receivers[0].changed());

    static EMBASSYS: WatchFor<1> = WatchFor::new_with(0);
    let Some(mut rx) = EMBASSYS.receiver() else { process::exit(1) };
    let slot = size_of::<WatchFor<2>>() - size_of::<WatchFor<1>>();
    heading("bytes");
    row("a channel of a `u32`, without receivers", channel, size_of::<WatchFor<0>>());
    row("a `Watch` in a `static`, in addition", size_of::<watch_channel::Watch<u32>>(), 0);
    row("each receiver, in the channel", more / (TASKS - 1), slot);
    row("each task that waits, in the channel", waits / TASKS, 0);
    row("the first `closed`, in the channel", closed, "-");
    row("a `Receiver`", size_of_val(&receivers[0]), size_of_val(&rx));
    row("the future of `changed`", future, size_of_val(&rx.changed()));
}

#[cortex_m_rt::entry]
fn main() -> ! {
    HEAP.init();
    let Some(Peripherals { SYST: mut clock, .. }) = Peripherals::take() else { process::exit(1) };
    clock.set_clock_source(SystClkSource::Core);
    clock.set_reload(0xFF_FFFF);
    clock.clear_current();
    clock.enable_counter();
    assert_eq!(instructions(|| ()), 0);

    bytes();
    println!();
    heading("instructions");
    let ([first, one], [first_of_embassys, one_of_embassys]) = (ours(1), embassys(1));
    let ([_, all], [_, all_of_embassys]) = (ours(TASKS), embassys(TASKS));
    row("a channel's first poll that registers a waker", first[0], first_of_embassys[0]);
    row("a poll that registers a waker", one[0], one_of_embassys[0]);
    row("the same, as the eighth", all[0], all_of_embassys[0]);
    row("a send that wakes one task", one[1], one_of_embassys[1]);
    row("a send that wakes eight", all[1], all_of_embassys[1]);
    row("a poll that finds the value", one[2], one_of_embassys[2]);

    static OURS: watch_channel::Watch<u32> = watch_channel::Watch::new(0);
    static EMBASSYS: EmbassyWatch = EmbassyWatch::new_with(0);
    let mut ours = OURS.subscribe();
    let Some(mut embassys) = EMBASSYS.receiver() else { process::exit(1) };
    row("a send without a task that waits", instructions(|| OURS.set(1)), instructions(|| EMBASSYS.sender().send(1)));
    row("a read", instructions(|| OURS.get()), instructions(|| EMBASSYS.try_get()));
    let found = instructions(|| ours.try_recv());
    row("an attempt that finds a new value", found, instructions(|| embassys.try_changed()));
    let none = instructions(|| ours.try_recv());
    row("an attempt that finds none", none, instructions(|| embassys.try_changed()));
    let subscribed = instructions(|| drop(OURS.subscribe()));
    row("a new receiver, and its drop", subscribed, instructions(|| drop(EMBASSYS.receiver())));
    process::exit(0)
}
