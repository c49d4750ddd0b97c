//! Polling by hand: tasks with wakers that count, tasks that are polled where they are woken, and
//! wakers that act.
#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses only a part")]

pub(crate) mod allocator;
pub(crate) mod wakers;

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use watch_channel::{Receiver, Sender};

/// Longer than any test takes. A call that takes longer than this hangs.
pub(crate) const HANG: Duration = Duration::from_secs(30);

/// Counts how often it has been woken.
#[derive(Default)]
pub(crate) struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Counter {
    /// How often it has been woken.
    pub(crate) fn wakes(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// A task that is polled only when the test says so.
#[derive(Default)]
pub(crate) struct Task(Arc<Counter>);

impl Task {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn waker(&self) -> Waker {
        self.0.clone().into()
    }

    /// How often the task has been woken.
    pub(crate) fn wakes(&self) -> usize {
        self.0.wakes()
    }

    /// The task's count, for another owner.
    pub(crate) fn counter(&self) -> Arc<Counter> {
        self.0.clone()
    }

    /// How many wakers of this task exist outside it, such as in a channel.
    pub(crate) fn wakers_kept(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }

    pub(crate) fn poll<F: Future + ?Sized>(&self, future: &mut Pin<Box<F>>) -> Poll<F::Output> {
        self.poll_pinned(future.as_mut())
    }

    pub(crate) fn poll_pinned<F: Future + ?Sized>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(&self.waker()))
    }

    /// Polls for a change, without a future.
    pub(crate) fn poll_changed<T>(&self, rx: &mut Receiver<T>) -> Poll<bool> {
        rx.poll_changed(&mut Context::from_waker(&self.waker())).map(|changed| changed.is_ok())
    }

    /// Polls a future once, checks that it is pending, and drops it.
    #[track_caller]
    pub(crate) fn poll_pending<F: Future>(&self, future: F) {
        assert!(self.poll_pinned(pin!(future)).is_pending());
    }

    /// Polls a future once, and checks that it is ready.
    #[track_caller]
    pub(crate) fn poll_ready<F: Future>(&self, future: F) -> F::Output {
        match self.poll_pinned(pin!(future)) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("the future is not ready"),
        }
    }
}

/// A task whose future was pending when it was polled for the first time.
pub(crate) struct Waiting<F: ?Sized> {
    pub(crate) task: Task,
    future: Pin<Box<F>>,
}

/// Polls a future with a new task, and checks that it is pending.
#[track_caller]
pub(crate) fn waiting<F: Future>(future: F) -> Waiting<F> {
    let mut waiting = Waiting { task: Task::new(), future: Box::pin(future) };
    assert!(!waiting.is_ready());
    waiting
}

impl<F: Future + ?Sized> Waiting<F> {
    pub(crate) fn wakes(&self) -> usize {
        self.task.wakes()
    }

    pub(crate) fn poll(&mut self) -> Poll<F::Output> {
        self.task.poll(&mut self.future)
    }

    pub(crate) fn is_ready(&mut self) -> bool {
        self.poll().is_ready()
    }

    /// Drops the future, and returns its task.
    pub(crate) fn cancel(self) -> Task {
        self.task
    }
}

/// A task that is polled at once by the thread that wakes it. If it is woken while it is polled, it
/// is polled once more.
pub(crate) struct Inline {
    task: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    again: AtomicUsize,
}

impl Inline {
    pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Arc<Self> {
        let task = Arc::new(Self { task: Mutex::new(Some(Box::pin(future))), again: AtomicUsize::new(0) });
        task.clone().wake();
        task
    }

    pub(crate) fn is_done(&self) -> bool {
        self.task.lock().unwrap().is_none()
    }
}

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        if self.again.fetch_add(1, Ordering::SeqCst) > 0 {
            return;
        }
        loop {
            let before = self.again.load(Ordering::SeqCst);
            let mut task = self.task.lock().unwrap();
            if let Some(future) = task.as_mut() {
                if future.as_mut().poll(&mut Context::from_waker(&self.clone().into())).is_ready() {
                    *task = None;
                }
            }
            drop(task);
            if self.again.fetch_sub(before, Ordering::SeqCst) == before {
                return;
            }
        }
    }
}

/// Makes the waits that begin from now on use several lists: a channel makes all its lists when a
/// wait finds the first one locked. Gives up after some tries, because threads seldom meet on a
/// machine with one processor.
pub(crate) fn spread_waits<T: Send + Sync>(tx: &Sender<T>) {
    for _ in 0..100 {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let (task, mut rx) = (Task::new(), tx.subscribe());
                    (0..300).for_each(|_| task.poll_pending(rx.changed()));
                });
            }
        });
        if !waits_in_one_list(tx) {
            return;
        }
    }
}

/// Returns `true` if a send wakes tasks in the order in which they began to wait. It visits one
/// list after the other.
fn waits_in_one_list<T>(tx: &Sender<T>) -> bool {
    let order = Arc::new(Mutex::new(vec![]));
    let mut receivers: Vec<_> = (0..8).map(|_| tx.subscribe()).collect();
    for (i, rx) in receivers.iter_mut().enumerate() {
        let order = order.clone();
        wakers::register(rx, &wakers::on_wake(move || order.lock().unwrap().push(i)));
    }
    tx.send_modify(|_| ());
    order.lock().unwrap().is_sorted()
}

/// Runs `f` on a new thread, and fails the test if it does not end.
#[track_caller]
pub(crate) fn must_end<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> R {
    must_end_within(HANG, f)
}

/// Runs `f` on a new thread, and fails the test if it takes longer than `limit`.
#[track_caller]
pub(crate) fn must_end_within<R: Send + 'static>(limit: Duration, f: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, ended) = std::sync::mpsc::channel();
    let thread = thread::spawn(move || {
        let result = f();
        let _ = done.send(());
        result
    });
    if ended.recv_timeout(limit) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
        panic!("it does not end within {limit:?}");
    }
    match thread.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Runs `f` while no other test is in this function, and fails the test if it does not end.
#[track_caller]
pub(crate) fn alone<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> R {
    alone_within(HANG, f)
}

/// Like [`alone`], but fails the test if `f` takes longer than `limit`.
#[track_caller]
pub(crate) fn alone_within<R: Send + 'static>(limit: Duration, f: impl FnOnce() -> R + Send + 'static) -> R {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    must_end_within(limit, f)
}

/// The text of a caught panic.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied()).unwrap()
}
