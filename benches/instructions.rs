//! The program whose instructions `ci/instructions.sh` counts: `instructions OPERATION COUNT` repeats an operation.

use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use watch_channel::channel;

struct Task;

impl Wake for Task {
    fn wake(self: Arc<Self>) {}
}

fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(operation), Some(count)) = (args.next(), args.next().and_then(|count| count.parse::<u64>().ok())) else {
        println!("usage: instructions OPERATION COUNT; it is run by ci/instructions.sh");
        return;
    };
    let (tx, mut rx) = channel(0u64);
    let waker = Waker::from(Arc::new(Task));
    let mut cx = Context::from_waker(&waker);
    // Each operation has its own loop, with nothing else in it.
    match operation.as_str() {
        "borrow" => (0..count).for_each(|_| drop(black_box(black_box(&rx).borrow()))),
        "send" => (0..count).for_each(|i| black_box(&tx).send(i).unwrap()),
        "ready" => (0..count).for_each(|i| {
            tx.send(i).unwrap();
            assert!(pin!(rx.changed()).poll(&mut cx).is_ready());
        }),
        "pending" => (0..count).for_each(|i| {
            let mut changed = pin!(rx.changed());
            assert!(changed.as_mut().poll(&mut cx).is_pending());
            tx.send(i).unwrap();
            assert!(changed.poll(&mut cx).is_ready());
        }),
        _ => panic!("no such operation: {operation}; there are borrow, send, ready and pending"),
    }
}
