//! Tasks, and waiting for their end.

use alloc::boxed::Box;
use core::cell::RefCell;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use critical_section::Mutex;
use embassy_executor::{SendSpawner, Spawner};
use portable_atomic_util::Arc;

/// The task of all scenarios, which share its memory.
#[embassy_executor::task(pool_size = 8)]
async fn task(job: Pin<Box<dyn Future<Output = ()> + Send>>) {
    job.await;
}

/// A task that stays on its executor, because it holds a `Ref` over an `.await`.
#[embassy_executor::task]
async fn local_task(job: Pin<Box<dyn Future<Output = ()>>>) {
    job.await;
}

/// Runs `job` in a new task, and returns a future that waits for its result.
pub(crate) fn spawn<T: Send + 'static>(on: SendSpawner, job: impl Future<Output = T> + Send + 'static) -> Join<T> {
    let (join, job) = joined(job);
    on.spawn(task(Box::pin(job)).expect("the pool has enough tasks for each scenario"));
    join
}

/// Runs the future that `job` returns in a new task, on the executor of the calling task. Only one such task can run at a time.
///
/// # Safety
///
/// The caller must be a task of an embassy executor, and must poll this future with its own context.
#[cfg_attr(not(feature = "critical-section"), expect(dead_code, reason = "the scenario `blocked_sender` calls it"))]
pub(crate) async unsafe fn spawn_here<T: Send + 'static, F: Future<Output = T> + 'static>(
    job: impl FnOnce() -> F,
) -> Join<T> {
    // SAFETY: as the caller promised.
    let here = unsafe { Spawner::for_current_executor() }.await;
    let (join, job) = joined(job());
    here.spawn(local_task(Box::pin(job)).expect("one task at a time"));
    join
}

/// Returns a future that runs `job` and keeps its result, and a future that waits for that result.
fn joined<T>(job: impl Future<Output = T>) -> (Join<T>, impl Future<Output = ()>) {
    let join = Join(Arc::new(Mutex::new(RefCell::new(End { result: None, waiting: None }))));
    let end = join.0.clone();
    let job = async move {
        let result = job.await;
        let waiting = critical_section::with(|section| {
            let mut end = end.borrow_ref_mut(section);
            end.result = Some(result);
            end.waiting.take()
        });
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    };
    (join, job)
}

struct End<T> {
    result: Option<T>,
    waiting: Option<Waker>,
}

/// Waits for the end of a task.
pub(crate) struct Join<T>(Arc<Mutex<RefCell<End<T>>>>);

impl<T> Join<T> {
    /// Returns `true` if the task has ended.
    #[cfg_attr(not(feature = "event-listener"), expect(dead_code, reason = "the scenario `listen` asks"))]
    pub(crate) fn is_over(&self) -> bool {
        critical_section::with(|section| self.0.borrow_ref(section).result.is_some())
    }
}

impl<T> Future for Join<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        critical_section::with(|section| {
            let mut end = self.0.borrow_ref_mut(section);
            match end.result.take() {
                Some(result) => Poll::Ready(result),
                None => {
                    end.waiting = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
    }
}
