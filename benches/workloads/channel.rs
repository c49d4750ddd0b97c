//! The operations that the workloads use. Each channel implements [`Watch`], and the other traits if it can.

use std::fmt::Debug;
use std::future::Future;
use std::ops::Deref;
use std::task::{Context, Poll};

use futures_lite::future::block_on;

/// The type of the values.
pub(crate) trait Value: Copy + Debug + Send + Sync + 'static {}

impl<T: Copy + Debug + Send + Sync + 'static> Value for T {}

/// A channel of one value. The names and their meaning are those of tokio's `watch`.
///
/// The methods return the channel's own futures and guards, and all implementations are `#[inline(always)]`, so a call
/// through this trait is compiled like the call itself.
pub(crate) trait Watch: 'static {
    /// The name in tables, pictures and on the command line.
    const NAME: &'static str;
    /// The most receivers that a channel has at a time.
    const MAX_RECEIVERS: usize = usize::MAX;

    type Sender<T: Value>: Send + 'static;
    type Receiver<T: Value>: Send + Sync + 'static;
    type Closed: Debug;

    /// A channel whose receiver has seen the initial value.
    fn channel<T: Value>(value: T) -> (Self::Sender<T>, Self::Receiver<T>);

    /// Sends a value to at least one receiver.
    fn send<T: Value>(tx: &Self::Sender<T>, value: T);

    /// Another receiver of the same channel.
    fn another<T: Value>(rx: &Self::Receiver<T>) -> Self::Receiver<T>;

    fn borrow<T: Value>(rx: &Self::Receiver<T>) -> impl Deref<Target = T>;

    /// Called only after a `changed`, so the value may already be marked as seen.
    fn borrow_and_update<T: Value>(rx: &mut Self::Receiver<T>) -> impl Deref<Target = T>;

    /// Waits for a new value and marks it as seen.
    fn changed<T: Value>(rx: &mut Self::Receiver<T>) -> impl Future<Output = Result<(), Self::Closed>> + Send;
}

/// Each channel is allocated on the heap and freed with its last handle. It has any number of receivers, which can be
/// cloned.
pub(crate) trait OnHeap: Watch<Receiver<u64>: Clone> {}

pub(crate) trait HasChanged: Watch {
    fn has_changed<T: Value>(rx: &Self::Receiver<T>) -> bool;
}

pub(crate) trait Subscribe: Watch {
    fn subscribe<T: Value>(tx: &Self::Sender<T>) -> Self::Receiver<T>;
}

/// A send wakes a receiver even if the receiver begins to wait on another thread at the same time.
pub(crate) trait AcrossThreads: Watch {
    /// Waits without an executor. Returns `false` if the channel is closed.
    fn changed_blocking<T: Value>(rx: &mut Self::Receiver<T>) -> bool {
        block_on(Self::changed(rx)).is_ok()
    }
}

pub(crate) trait PollChanged: OnHeap {
    /// Waits without a future. Returns `false` if the channel is closed.
    fn poll_changed<T: Value>(rx: &mut Self::Receiver<T>, cx: &mut Context<'_>) -> Poll<bool>;
}
