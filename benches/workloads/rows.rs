//! The rows of the comparison: the one table that says what is measured, on which channels, and how good it should be.

use super::Work;
use super::cached::{cached_get, two_cached_get};
use super::channel::Watch;
use super::fan_out::{on_one_worker, on_two_workers};
use super::limits::Part::{self, Atomic, Lock, Park};
use super::limits::{compare, load, park, read, two_load, two_read, write};
use super::one_thread::{
    borrow, clone_and_drop, has_changed, make_and_drop, pending_then_dropped, pending_then_send, send,
    send_then_changed, subscribe_and_drop,
};
use super::ours::Ours;
use super::tokio::Tokio;
use super::two_threads::{ping_pong, ping_pong_blocking, send_under_readers, two_readers, two_readers_and_a_sender};

pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// What this crate's time should be at most, as a ratio to tokio's time.
    pub(crate) bar: f64,
    pub(crate) ours: Work,
    pub(crate) tokio: Work,
    /// The other channels that can do this work.
    pub(crate) peers: &'static [(&'static str, Work)],
    /// What is left of this work if a channel is reduced to one of its parts.
    pub(crate) limits: &'static [(Part, Work)],
}

impl Row {
    /// Everything that does the work of this row, with its name.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = (&'static str, Work)> {
        let limits = self.limits.iter().map(|&(limit, work)| (limit.name(), work));
        [(Ours::NAME, self.ours), (Tokio::NAME, self.tokio)].into_iter().chain(self.peers.iter().copied()).chain(limits)
    }
}

/// `(workload)` is one workload for all; `(workload 100)` is one that is also generic over a number;
/// `(workload, workload)` are two, the first for this crate and the second for tokio.
macro_rules! rows {
    ($($name:literal, $bar:expr, $work:tt, $peers:ident, [$($limit:ident $bare:ident),*];)+) => {
        &[$(
            Row {
                name: $name,
                bar: $bar,
                ours: rows!(@ours $work),
                tokio: rows!(@tokio $work),
                peers: peers!($peers $work),
                limits: &[$(($limit, $bare)),*],
            },
        )+]
    };
    (@ours ($ours:ident, $tokio:ident)) => { $ours };
    (@ours $work:tt) => { instance!(Ours, $work) };
    (@tokio ($ours:ident, $tokio:ident)) => { $tokio::<Tokio> };
    (@tokio $work:tt) => { instance!(Tokio, $work) };
}

/// All rows, in the order in which they are shown. `peers!` says who is in each group.
pub(crate) const ROWS: &[Row] = rows! {
    // Name                                    Bar          Workload, peers, limits
    "borrow",                                  0.85, (borrow), all, [Lock read, Atomic load];
    "has_changed",                             0.5,  (has_changed), with_has_changed, [Atomic compare];
    "send, no task waiting",                   0.12, (send), all, [Lock write];
    "send, then a ready changed",              0.15, (send_then_changed), all, [];
    "changed pending, send, ready",            0.7,  (pending_then_send), all, [];
    "changed pending, dropped",                0.9,  (pending_then_dropped), all, [];
    "clone and drop a receiver",               0.95, (clone_and_drop), on_heap, [];
    "subscribe and drop",                      0.95, (subscribe_and_drop), with_subscribe, [];
    "make and drop a channel",                 0.7,  (make_and_drop), on_heap, [];
    "fan-out to 1, one worker",                0.85, (on_one_worker 1), all, [];
    "fan-out to 10, one worker",               0.85, (on_one_worker 10), all, [];
    "fan-out to 100, one worker",              0.85, (on_one_worker 100), all, [];
    "fan-out to 1000, one worker",             0.85, (on_one_worker 1_000), on_heap, [];
    "fan-out to 10000, one worker",            0.85, (on_one_worker 10_000), on_heap, [];
    "fan-out to 1, two workers",               0.9,  (on_two_workers 1), across_threads, [];
    "fan-out to 10, two workers",              0.9,  (on_two_workers 10), across_threads, [];
    "fan-out to 100, two workers",             0.9,  (on_two_workers 100), across_threads, [];
    "fan-out to 1000, two workers",            0.9,  (on_two_workers 1_000), on_heap_across_threads, [];
    "fan-out to 10000, two workers",           0.9,  (on_two_workers 10_000), on_heap_across_threads, [];
    "two threads borrow",                      0.85, (two_readers), all, [Lock two_read, Atomic two_load];
    "two threads borrow, one sends",           1.0,  (two_readers_and_a_sender), all, [];
    "send under two spinning readers",         0.4,  (send_under_readers), all, [];
    "ping-pong across two threads",            0.75, (ping_pong), across_threads, [Park park];
    "ping-pong across two threads, blocking",  0.7,  (ping_pong_blocking), across_threads, [Park park];
    "Cached::get (tokio: borrow)",             0.2,  (cached_get, borrow), none, [Atomic load];
    "two threads Cached::get (tokio: borrow)", 0.1,  (two_cached_get, two_readers), none, [Atomic two_load];
};
