//! Two workers share the memory, and the channels in it. `workers.mjs` runs [`first`] in one and [`second`] in the other.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use watch_channel::Watch;

static REQUESTS: Watch<u32> = Watch::new(0);
static ANSWERS: Watch<u32> = Watch::new(0);
/// Both workers add to it.
static TOTAL: Watch<u32> = Watch::new(0);

/// 1 when the first worker has a `Ref`, 2 when the second one is about to send, and 3 when the first one is about to drop its `Ref`.
static STEP: AtomicU32 = AtomicU32::new(0);

/// Runs a future. The worker sleeps while it waits.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => return result,
            Poll::Pending => thread::park(),
        }
    }
}

/// Adds at the same time as the other worker, and returns when both have finished.
fn add(sends: u32) {
    for _ in 0..sends {
        TOTAL.send_modify(|total| *total += 1);
    }
    block_on(TOTAL.subscribe().wait_until(|total| *total == 2 * sends)).expect("a `Watch` never closes");
}

/// Sends requests, and waits for the answer to each. Then makes the other worker wait for a `Ref`.
#[unsafe(no_mangle)]
pub extern "C" fn first(sends: u32) {
    let mut answers = ANSWERS.subscribe();
    for request in 1..=sends {
        REQUESTS.set(request);
        block_on(answers.wait_until(|answer| *answer == request)).expect("a `Watch` never closes");
    }
    add(sends);

    let mut requests = REQUESTS.subscribe();
    let request = requests.borrow();
    STEP.store(1, SeqCst);
    while STEP.load(SeqCst) != 2 {}
    // Time for the other worker's send to find the `Ref`.
    for _ in 0..10_000_000 {
        assert_eq!(STEP.load(SeqCst), 2);
    }
    STEP.store(3, SeqCst);
    drop(request);
    block_on(requests.wait_until(|request| *request == 0)).expect("a `Watch` never closes");
}

/// Answers each request. Then sends while the other worker has a `Ref`: the call returns after the `Ref` has been dropped.
#[unsafe(no_mangle)]
pub extern "C" fn second(sends: u32) {
    let mut requests = REQUESTS.subscribe_unseen();
    let mut last = 0;
    while last != sends {
        #[cfg(feature = "event-listener")]
        if last % 2 == 1 {
            let listener = requests.listen();
            if !requests.has_unseen() {
                block_on(listener);
            }
        }
        last = block_on(requests.recv()).expect("a `Watch` never closes");
        ANSWERS.set(last);
    }
    add(sends);

    while STEP.load(SeqCst) != 1 {}
    assert!(REQUESTS.try_set(0).is_err(), "the other worker has a `Ref`");
    STEP.store(2, SeqCst);
    REQUESTS.set(0);
    assert_eq!(STEP.load(SeqCst), 3, "the send has not waited for the `Ref`");
}

/// Returns the address of new memory, for a worker's stack and its thread-local values.
#[unsafe(no_mangle)]
pub extern "C" fn allocate(bytes: usize) -> *mut u128 {
    vec![0; bytes.div_ceil(size_of::<u128>())].leak().as_mut_ptr()
}
