//! With critical sections, deliveries share one list, so a send also wakes the tasks that an earlier send has not woken yet.
#![cfg(all(feature = "critical-section", not(feature = "std")))]

use std::sync::{Arc, Mutex};
use std::task::{Context, Wake};

use watch_channel::{Receiver, Sender, channel};

/// Notes when it is woken. The first one then begins a wait of another receiver and sends, as an interrupt in the middle of a
/// delivery would.
struct Notes {
    name: u32,
    woken: Arc<Mutex<Vec<u32>>>,
    interrupt: Mutex<Option<(Sender<u32>, Receiver<u32>)>>,
}

impl Wake for Notes {
    fn wake(self: Arc<Self>) {
        self.woken.lock().unwrap().push(self.name);
        let interrupt = self.interrupt.lock().unwrap().take();
        if let Some((tx, mut rx)) = interrupt {
            poll(&mut rx, 10, &self.woken, None);
            tx.set(2);
        }
    }
}

fn poll(
    rx: &mut Receiver<u32>,
    name: u32,
    woken: &Arc<Mutex<Vec<u32>>>,
    interrupt: Option<(Sender<u32>, Receiver<u32>)>,
) {
    let notes = Arc::new(Notes { name, woken: woken.clone(), interrupt: Mutex::new(interrupt) });
    rx.mark_unchanged();
    assert!(rx.poll_changed(&mut Context::from_waker(&notes.into())).is_pending());
}

/// Broken by a delivery that puts its tasks in front of those of the delivery under way.
#[test]
fn tasks_are_woken_in_the_order_in_which_they_began_to_wait() {
    // Receivers are spread over the lists in turn, so these all wait in the same list.
    const LISTS: usize = 8;
    let (tx, rx) = channel(0);
    let mut receivers = vec![rx; 5 * LISTS].into_iter().step_by(LISTS).collect::<Vec<_>>();
    let woken = Arc::default();
    let mut interrupt = Some((tx.clone(), receivers.pop().unwrap()));
    for (name, rx) in (0..).zip(&mut receivers) {
        poll(rx, name, &woken, interrupt.take());
    }
    tx.set(1);
    assert_eq!(*woken.lock().unwrap(), [0, 1, 2, 3, 10]);
}
