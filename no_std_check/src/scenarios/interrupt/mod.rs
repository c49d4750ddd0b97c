//! An interrupt that sends at a high rate to tasks that read, poll and wait.
//!
//! Each value is sent once. After each burst the interrupt sends nothing until all receivers have caught up. So a receiver whose
//! wake-up is lost stays asleep. At the end the interrupt closes the channel, which ends the tasks.

mod refused;
mod stored;

use alloc::format;
use alloc::string::String;

use embassy_executor::SendSpawner;
use portable_atomic::{AtomicU32, Ordering::Relaxed};
use portable_atomic_util::Arc;

use crate::timer;

/// The number of interrupts in each of the two parts.
const INTERRUPTS: u32 = 25_000;
/// How many values are sent until the receivers must have caught up.
const BURST: u32 = 8;

pub(crate) async fn run(low: SendSpawner) -> String {
    let stored = stored::run(low).await;
    let (tried, refused) = refused::run(low).await;
    format!("{} interrupts; set stored {stored} values; try_set stored {tried} and gave {refused} back", 2 * INTERRUPTS)
}

/// A value with two halves, which shows whether they belong together.
#[derive(Clone, Debug, PartialEq)]
struct Reading {
    number: u32,
    inverted: u32,
}

impl Reading {
    fn new(number: u32) -> Self {
        Self { number, inverted: !number }
    }

    fn number(&self) -> u32 {
        assert_eq!(self.inverted, !self.number, "a value was read while it was written");
        self.number
    }
}

/// The last number that each of `N` receivers has seen.
struct Seen<const N: usize>(Arc<[AtomicU32; N]>);

impl<const N: usize> Seen<N> {
    fn new() -> Self {
        Self(Arc::new(core::array::from_fn(|_| AtomicU32::new(0))))
    }

    /// Returns the function that notes the numbers of one receiver, which must increase.
    fn by(&self, receiver: usize) -> impl FnMut(u32) + Send + use<N> {
        let seen = self.0.clone();
        move |number| {
            let before = seen[receiver].load(Relaxed);
            assert!(number > before, "receiver {receiver} sees {number} after {before}");
            seen[receiver].store(number, Relaxed);
            timer::progress();
        }
    }

    /// Returns `true` if the number after `number` may be sent. At the end of a burst all receivers must have caught up.
    fn caught_up(&self, number: u32) -> bool {
        !number.is_multiple_of(BURST) || self.0.iter().all(|seen| seen.load(Relaxed) == number)
    }

    fn check_last(&self, number: u32) {
        for (receiver, seen) in self.0.iter().enumerate() {
            assert_eq!(seen.load(Relaxed), number, "receiver {receiver} missed the last value");
        }
    }
}

impl<const N: usize> Clone for Seen<N> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
