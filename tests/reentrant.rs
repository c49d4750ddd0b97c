//! Random programs in wakers: when it is woken or dropped, a waker sends, drops, polls and begins waits of the same
//! channel, or panics. Whatever it does, no other task's wake-up is lost.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread;

use proptest::collection::vec;
use proptest::prelude::*;
use watch_channel::{Receiver, Sender, channel};

/// More than a send wakes in one batch.
const SLOTS: usize = 100;

enum Wait {
    Future(Pin<Box<dyn Future<Output = ()>>>),
    Kept(Receiver<u32>),
}

impl Wait {
    fn is_ready(&mut self, waker: &Waker) -> bool {
        let mut cx = Context::from_waker(waker);
        match self {
            Self::Future(future) => future.as_mut().poll(&mut cx).is_ready(),
            Self::Kept(receiver) => receiver.poll_changed(&mut cx).is_ready(),
        }
    }
}

/// A place for a wait, with a flag for whether it has been woken since it was last polled.
#[derive(Default)]
struct Slot {
    wait: Option<(Wait, Arc<AtomicBool>)>,
    is_polled: bool,
}

#[derive(Default)]
struct World {
    tx: Option<Sender<u32>>,
    slots: Vec<Slot>,
    /// The steps that wakers have yet to take.
    script: std::vec::IntoIter<u8>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

/// No other code of this file may run in `f`, so `f` must not drop wakers or handles.
fn with<R>(f: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with_borrow_mut(f)
}

struct Task(Arc<AtomicBool>);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
        act();
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        act();
    }
}

/// Takes the next step of the script.
fn act() {
    let Some((step, slot)) = with(|world| world.script.next().zip(world.script.next())) else { return };
    let slot = usize::from(slot) % SLOTS;
    match step % 10 {
        0 | 1 => send(),
        2 | 3 => {
            let dropped = with(|world| world.slots[slot].wait.take());
            drop(dropped);
        }
        4 | 5 => {
            poll(slot);
        }
        6 | 7 => start(slot, step),
        // Without `std` a second panic aborts. This one prints no message.
        8 if cfg!(feature = "std") && !thread::panicking() => resume_unwind(Box::new(())),
        _ => (),
    }
}

fn send() {
    if let Some(tx) = with(|world| world.tx.clone()) {
        tx.send_modify(|value| *value += 1);
    }
}

/// Begins a wait if the slot has none.
fn start(slot: usize, kind: u8) {
    let free = with(|world| !world.slots[slot].is_polled && world.slots[slot].wait.is_none());
    let Some(tx) = with(|world| world.tx.clone()).filter(|_| free) else { return };
    let mut rx = tx.subscribe();
    let wait = match kind % 3 {
        0 => Wait::Future(Box::pin(async move { rx.changed().await.unwrap() })),
        1 => Wait::Future(Box::pin(async move { tx.closed().await })),
        _ => Wait::Kept(rx),
    };
    with(|world| world.slots[slot].wait = Some((wait, Arc::new(AtomicBool::new(true)))));
    poll(slot);
}

/// Polls the wait in a slot, if there is one that is not being polled. Returns `false` if it is ready without having been woken.
fn poll(slot: usize) -> bool {
    struct Polled(usize);

    impl Drop for Polled {
        fn drop(&mut self) {
            with(|world| world.slots[self.0].is_polled = false);
        }
    }

    let polled = Polled(slot);
    if with(|world| std::mem::replace(&mut world.slots[slot].is_polled, true)) {
        std::mem::forget(polled);
        return true;
    }
    let Some((mut wait, woken_before)) = with(|world| world.slots[slot].wait.take()) else { return true };
    let woken = Arc::new(AtomicBool::new(false));
    let waker = Arc::new(Task(woken.clone())).into();
    let is_ready = wait.is_ready(&waker);
    let was_woken = woken_before.load(Ordering::Relaxed) || woken.load(Ordering::Relaxed);
    if !is_ready {
        with(|world| world.slots[slot].wait = Some((wait, woken)));
    }
    !is_ready || was_woken
}

/// Calls `f`, which may panic on purpose.
fn catch(f: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(f)) {
        if !panic.is::<()>() {
            resume_unwind(panic);
        }
    }
}

/// In each round, all slots are filled and a value is sent, and wakers take the steps of the round's script.
fn run(rounds: Vec<Vec<u8>>) {
    let (tx, receiver) = channel(0);
    let slots = (0..SLOTS).map(|_| Slot::default()).collect();
    with(|world| *world = World { tx: Some(tx), slots, script: Vec::new().into_iter() });
    let mut asleep = vec![];
    for script in rounds {
        for slot in 0..SLOTS {
            start(slot, script.first().copied().unwrap_or_default().wrapping_add(slot as u8));
        }
        with(|world| world.script = script.into_iter());
        catch(send);
        with(|world| world.script = Vec::new().into_iter());
        asleep.extend((0..SLOTS).filter(|&slot| !poll(slot)));
    }
    drop(receiver);
    let world = with(std::mem::take);
    drop(world);
    assert!(asleep.is_empty(), "the waits in the slots {asleep:?} have not been woken");
}

proptest! {
    #[test]
    fn g1_g4_wakers_that_do_anything_lose_no_wake_up(rounds in vec(vec(any::<u8>(), 0..120), 1..12)) {
        run(rounds);
    }
}
