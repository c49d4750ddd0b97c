//! The first wait on a channel allocates what all waits share. Here an interrupt comes in the middle of a task's first wait, and
//! waits for the first time as well.

use alloc::format;
use alloc::string::String;
use core::cell::RefCell;

use critical_section::Mutex;
use embassy_futures::poll_once;
use watch_channel::{Receiver, Sender, channel};

use crate::timer;

const ROUNDS: u32 = 2_000;

type Handles = (Sender<u32>, Receiver<u32>);

/// The interrupt's handles for this round's channel.
static HANDLES: Mutex<RefCell<Option<Handles>>> = Mutex::new(RefCell::new(None));

pub(crate) async fn run() -> String {
    let timer = timer::start(timer::OFTEN, interrupt());
    for round in 1..=ROUNDS {
        let (tx, mut rx) = channel(0);
        let handles = Some((tx.clone(), rx.clone()));
        critical_section::with(|section| *HANDLES.borrow_ref_mut(section) = handles);
        rx.changed().await.expect("a sender is here");
        assert_eq!(rx.get_and_update(), 1, "round {round}");
        timer::progress();
    }
    format!("{ROUNDS} channels, waited on by a task and an interrupt, {} interrupts", timer.interrupts())
}

/// The interrupt: in each round it first does nothing for a few calls, and for a few more in the next round. Then it waits, and
/// sends.
fn interrupt() -> impl FnMut() + Send {
    let (mut passed, mut let_pass) = (0, 0);
    move || {
        let Some((tx, mut rx)) = critical_section::with(|section| HANDLES.borrow_ref_mut(section).take()) else {
            return;
        };
        if passed < let_pass {
            passed += 1;
            critical_section::with(|section| *HANDLES.borrow_ref_mut(section) = Some((tx, rx)));
            return;
        }
        (passed, let_pass) = (0, (let_pass + 1) % 12);
        assert!(poll_once(rx.changed()).is_pending());
        tx.set(1);
        assert!(poll_once(rx.changed()).is_ready());
    }
}
