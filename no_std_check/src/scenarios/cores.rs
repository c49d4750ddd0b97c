//! Tasks on two cores share channels. With `critical-section`, an interrupt of the first core uses them as well.
//!
//! With `single-context` the interrupt uses no channel, as that feature promises. A core that waits for a lock then spins until
//! the other core releases it.

use alloc::format;
use alloc::string::String;
use core::hint::spin_loop;
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};

use embassy_executor::SendSpawner;
use embassy_futures::yield_now;
use watch_channel::{Receiver, Sender, channel};

use crate::task::spawn;
use crate::{heap, timer};

/// How many values a task sends.
const SENDS: u32 = 20_000;
/// How often each task changes the value that both change.
const CHANGES: u32 = 100_000;
/// How often the tasks meet at a `Ref`.
const MEETINGS: u32 = 1_000;

pub(crate) async fn run(cores: [SendSpawner; 2]) -> String {
    let live = heap::live();
    let (total, rx) = channel([0; 3]);
    let timer = timer::start(timer::SELDOM, interrupt(total.clone()));
    for [sends, waits] in [cores, [cores[1], cores[0]]] {
        let (values, rx) = channel(0);
        let (answers, answered) = channel(0);
        let answering = spawn(waits, answer(rx, answers));
        spawn(sends, send(values, answered)).await;
        answering.await;
    }

    let adding = [0, 1].map(|core| spawn(cores[core], add(total.clone(), core)));
    for added in adding {
        added.await;
    }
    let [first, second, from_interrupts] = rx.get();
    let interrupts = timer.interrupts();
    drop(timer);
    assert_eq!([first, second], [CHANGES; 2], "changes were lost");
    assert!(from_interrupts <= interrupts && (from_interrupts > 0) == cfg!(feature = "critical-section"));

    let reading = spawn(cores[1], hold(rx));
    spawn(cores[0], send_against_a_ref(total)).await;
    reading.await;
    // A task has ended when its result is there. The second core may still have to free the memory of its last one.
    for _ in 0..10_000_000 {
        if heap::live() == live {
            break;
        }
        spin_loop();
    }
    format!(
        "{} values answered; {} changes of one value by two tasks and {from_interrupts} by the interrupt; {MEETINGS} sends waited \
         for a `Ref`",
        2 * SENDS,
        2 * CHANGES,
    )
}

/// The interrupt: changes the value that the tasks change. Without critical sections it could hang.
fn interrupt(total: Sender<[u32; 3]>) -> impl FnMut() + Send {
    move || {
        if cfg!(feature = "critical-section") {
            total.send_modify(|total| total[2] += 1);
        }
    }
}

/// Where the two tasks meet. The one on the second core takes the first step.
static STEP: AtomicU32 = AtomicU32::new(0);

/// Waits until the other task has taken a step.
fn wait_for(step: u32) {
    while STEP.load(SeqCst) != step {
        spin_loop();
    }
}

/// Sends values, and waits for the answer to each.
async fn send(values: Sender<u32>, mut answered: Receiver<u32>) {
    for value in 1..=SENDS {
        values.set(value);
        answered.wait_until(|answer| *answer == value).await.expect("the other task waits for the close");
        timer::progress();
    }
}

/// Answers each value with the same value, until the channel is closed.
async fn answer(mut values: Receiver<u32>, answers: Sender<u32>) {
    let mut last = 0;
    while let Ok(value) = values.recv().await {
        assert_eq!(value, last + 1, "a value comes twice, or was missed");
        last = value;
        answers.set(value);
    }
    assert_eq!(last, SENDS);
}

/// Changes the value again and again, at the same time as the other core.
async fn add(total: Sender<[u32; 3]>, core: usize) {
    if core == 1 {
        STEP.store(1, SeqCst);
        wait_for(2);
    } else {
        wait_for(1);
        STEP.store(2, SeqCst);
    }
    for _ in 0..CHANGES {
        total.send_modify(|total| total[core] += 1);
        timer::progress();
    }
}

/// Holds a `Ref` until the other task has tried to send for some time, again and again.
async fn hold(mut rx: Receiver<[u32; 3]>) {
    for meeting in 1..=MEETINGS {
        let total = rx.borrow();
        STEP.store(1, SeqCst);
        wait_for(2);
        (0..1_000).for_each(|_| spin_loop());
        STEP.store(3, SeqCst);
        drop(total);
        rx.wait_until(|total| *total == [meeting; 3]).await.expect("the sender waits for the close");
    }
}

/// Sends while the other task holds a `Ref`, which every send must wait for.
async fn send_against_a_ref(total: Sender<[u32; 3]>) {
    for meeting in 1..=MEETINGS {
        wait_for(1);
        assert!(total.try_set([0; 3]).is_err(), "there is a `Ref`");
        STEP.store(2, SeqCst);
        total.set([meeting; 3]);
        assert_ne!(STEP.load(SeqCst), 2, "the send has not waited for the `Ref`");
        yield_now().await;
    }
    total.closed().await;
}
