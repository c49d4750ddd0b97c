//! The work that is measured. A workload is a function that is generic over a channel ([`channel::Watch`]): it does
//! its work `n` times and returns how long that took. [`rows::ROWS`] says which channels run it.
//!
//! A program that uses this module must first define the macro `peers!`, which expands to the channels other than this crate and
//! tokio.

use std::time::Duration;

pub(crate) type Work = fn(u64) -> Duration;

/// `instance!(Channel, (workload))`: the function for one channel. A workload may also be generic over a number.
macro_rules! instance {
    ($channel:ty, ($workload:ident)) => {
        $workload::<$channel>
    };
    ($channel:ty, ($workload:ident $number:literal)) => {
        $workload::<$channel, $number>
    };
}

pub(crate) mod channel;
pub(crate) mod limits;
pub(crate) mod ours;
pub(crate) mod rows;
pub(crate) mod timing;
pub(crate) mod tokio;
pub(crate) mod waker;

mod cached;
mod fan_out;
mod one_thread;
mod two_threads;
