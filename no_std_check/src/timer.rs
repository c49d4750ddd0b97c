//! The interrupt. It comes again and again, a random number of instructions after the end of the one before. Sooner or later it
//! comes between any two instructions of the program.

use alloc::boxed::Box;
use core::cell::{Cell, RefCell};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use critical_section::Mutex;

use crate::board;

/// After so many interrupts without progress, the program hangs.
const PATIENCE: u32 = 20_000;
/// The fewest ticks of the board's timer between the end of an interrupt and the next. A tick is about one instruction.
const SHORTEST: u32 = 40;
/// How many more ticks there may be, for an interrupt after which there is little to do.
pub(crate) const OFTEN: u32 = 256;
/// How many more ticks there may be, for an interrupt that starts tasks which must make progress before the next one.
pub(crate) const SELDOM: u32 = 4096;

type Handler = Box<dyn FnMut() + Send>;

static HANDLER: Mutex<RefCell<Option<Handler>>> = Mutex::new(RefCell::new(None));
static SCENARIO: Mutex<Cell<&str>> = Mutex::new(Cell::new(""));
static INTERRUPTS: AtomicU32 = AtomicU32::new(0);
/// Interrupts since the last progress.
static IDLE: AtomicU32 = AtomicU32::new(0);
static MORE: AtomicU32 = AtomicU32::new(OFTEN);
static RANDOM: AtomicU32 = AtomicU32::new(0x9E37_79B9);

/// The running timer. Dropping it stops the interrupt, and must not happen in an interrupt.
#[must_use = "it stops when this is dropped"]
pub(crate) struct Timer(());

/// Runs `handler` at each interrupt. The pauses between interrupts are up to `more` ticks longer than the shortest.
pub(crate) fn start(more: u32, handler: impl FnMut() + Send + 'static) -> Timer {
    let handler: Handler = Box::new(handler);
    let before = critical_section::with(|section| HANDLER.borrow_ref_mut(section).replace(handler));
    assert!(before.is_none(), "one timer at a time");
    INTERRUPTS.store(0, Relaxed);
    MORE.store(more, Relaxed);
    progress();
    board::interrupt_after(SHORTEST);
    Timer(())
}

impl Timer {
    /// How many interrupts there have been.
    pub(crate) fn interrupts(&self) -> u32 {
        INTERRUPTS.load(Relaxed)
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        board::no_interrupt();
        let handler = critical_section::with(|section| HANDLER.borrow_ref_mut(section).take());
        drop(handler);
    }
}

/// Reports that the scenario has made progress, so no task that should run is asleep.
pub(crate) fn progress() {
    IDLE.store(0, Relaxed);
}

/// Sets the name of the scenario, which is shown if it makes no progress.
pub(crate) fn in_scenario(name: &'static str) {
    critical_section::with(|section| SCENARIO.borrow(section).set(name));
}

/// The board's interrupt handler must call this.
pub(crate) fn on_interrupt() {
    board::no_interrupt();
    INTERRUPTS.store(INTERRUPTS.load(Relaxed) + 1, Relaxed);
    let idle = IDLE.load(Relaxed) + 1;
    IDLE.store(idle, Relaxed);
    if idle > PATIENCE {
        let scenario = critical_section::with(|section| SCENARIO.borrow(section).get());
        panic!("{scenario}: a task sleeps forever: nothing has moved for {PATIENCE} interrupts");
    }
    // The handler runs outside the critical section, like an ordinary interrupt handler.
    let handler = critical_section::with(|section| HANDLER.borrow_ref_mut(section).take());
    if let Some(mut handler) = handler {
        handler();
        critical_section::with(|section| *HANDLER.borrow_ref_mut(section) = Some(handler));
        board::interrupt_after(SHORTEST + random() % MORE.load(Relaxed));
    }
}

/// Marsaglia's xorshift: the same numbers in every run.
fn random() -> u32 {
    let mut x = RANDOM.load(Relaxed);
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    RANDOM.store(x, Relaxed);
    x
}
