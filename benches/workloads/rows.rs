//! The rows of the comparison: a table that says what is measured, on which channels, and how good it should be.

use std::fmt;

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
use Bar::{Limit, Ratio};

pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) bar: Bar,
    pub(crate) ours: Work,
    pub(crate) tokio: Work,
    /// The other channels that can do this work.
    pub(crate) peers: &'static [(&'static str, Work)],
    /// The limits of this work: what remains if a channel is reduced to one of its parts.
    pub(crate) limits: &'static [(Part, Work)],
}

/// The goal for this crate: the highest ratio of its time to tokio's time.
#[derive(Clone, Copy)]
pub(crate) enum Bar {
    Ratio(f64),
    /// The ratio of this limit of the row in the same run.
    Limit(Part),
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ratio(ratio) => write!(f, "{ratio} of tokio"),
            Limit(part) => write!(f, "the limit {}", part.name()),
        }
    }
}

impl Row {
    /// All candidates that do the work of this row, with their names.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = (&'static str, Work)> {
        let limits = self.limits.iter().map(|&(limit, work)| (limit.name(), work));
        [(Ours::NAME, self.ours), (Tokio::NAME, self.tokio)].into_iter().chain(self.peers.iter().copied()).chain(limits)
    }
}

/// `(workload)` is one workload for all channels, and `(workload 100)` is one that is also generic over a number.
/// `(workload, workload)` are two workloads, the first for this crate and the second for tokio.
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

/// All rows, in the order in which they are shown. `peers!` defines the groups.
pub(crate) const ROWS: &[Row] = rows! {
    // Name                                    Bar          Workload, peers, limits
    "borrow",                                  Limit(Lock), (borrow), all, [Lock read, Atomic load];
    "has_changed",                             Ratio(0.42), (has_changed), with_has_changed, [Atomic compare];
    "send, no task waiting",                   Ratio(0.13), (send), all, [Lock write];
    "send, then a ready changed",              Ratio(0.13), (send_then_changed), all, [];
    "changed pending, send, ready",            Ratio(0.36), (pending_then_send), all, [];
    "changed pending, dropped",                Ratio(0.45), (pending_then_dropped), all, [];
    "clone and drop a receiver",               Ratio(0.9),  (clone_and_drop), on_heap, [];
    "subscribe and drop",                      Ratio(0.9),  (subscribe_and_drop), with_subscribe, [];
    "make and drop a channel",                 Ratio(0.4),  (make_and_drop), on_heap, [];
    "fan-out to 1, one worker",                Ratio(0.75), (on_one_worker 1), all, [];
    "fan-out to 10, one worker",               Ratio(0.8),  (on_one_worker 10), all, [];
    "fan-out to 100, one worker",              Ratio(0.82), (on_one_worker 100), all, [];
    "fan-out to 1000, one worker",             Ratio(0.82), (on_one_worker 1_000), on_heap, [];
    "fan-out to 10000, one worker",            Ratio(0.82), (on_one_worker 10_000), on_heap, [];
    "fan-out to 1, two workers",               Ratio(0.75), (on_two_workers 1), across_threads, [];
    "fan-out to 10, two workers",              Ratio(0.88), (on_two_workers 10), across_threads, [];
    "fan-out to 100, two workers",             Ratio(0.8),  (on_two_workers 100), across_threads, [];
    "fan-out to 1000, two workers",            Ratio(0.8),  (on_two_workers 1_000), on_heap_across_threads, [];
    "fan-out to 10000, two workers",           Ratio(0.85), (on_two_workers 10_000), on_heap_across_threads, [];
    "two threads borrow",                      Ratio(1.0),  (two_readers), all, [Lock two_read, Atomic two_load];
    "two threads borrow, one sends",           Ratio(1.0),  (two_readers_and_a_sender), all, [];
    "send under two spinning readers",         Ratio(0.15), (send_under_readers), all, [];
    "ping-pong across two threads",            Ratio(0.78), (ping_pong), across_threads, [Park park];
    "ping-pong across two threads, blocking",  Ratio(0.85), (ping_pong_blocking), across_threads, [Park park];
    "Cached::get (tokio: borrow)",             Ratio(0.1),  (cached_get, borrow), none, [Atomic load];
    "two threads Cached::get (tokio: borrow)", Ratio(0.1),  (two_cached_get, two_readers), none, [Atomic two_load];
};

// A bar can only be a limit that is measured in the same row. Otherwise the search goes past the end of the row's limits, which
// does not compile.
const _: () = {
    let mut row = 0;
    while row < ROWS.len() {
        if let Limit(bar) = ROWS[row].bar {
            let limits = ROWS[row].limits;
            let mut limit = 0;
            while limits[limit].0 as u8 != bar as u8 {
                limit += 1;
            }
        }
        row += 1;
    }
};
