//! Jobs that run on threads. Each has a channel for its progress.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use watch_channel::{Receiver, Sender};

use crate::fields;
use crate::server::Phase;

/// How many jobs are remembered. The oldest job that has ended is forgotten first.
const KEPT: usize = 100;
/// Numbers between two reports: few enough for a smooth bar and a fast shutdown.
const BLOCK: u64 = 10_000;
const DEFAULT_UP_TO: u64 = 10_000_000;

/// The progress of a job that counts the prime numbers up to `total`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Progress {
    pub(crate) done: u64,
    pub(crate) total: u64,
    pub(crate) primes: u64,
}

#[derive(Default)]
pub(crate) struct Jobs {
    known: Mutex<BTreeMap<u64, Receiver<Progress>>>,
    /// The number of the job that was started last.
    newest: Sender<Option<u64>>,
}

impl Jobs {
    /// Starts a job unless `limit` jobs are running, and returns its number.
    pub(crate) fn start(&self, up_to: u64, limit: u64, phase: Receiver<Phase>) -> Option<u64> {
        let mut jobs = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // A job owns the only sender of its progress. So the channel is closed once the job has ended, even by a panic.
        let running = jobs.values().filter(|progress| !progress.is_closed()).count();
        if running as u64 >= limit {
            return None;
        }
        if jobs.len() >= KEPT {
            let ended = jobs.iter().find(|(_, progress)| progress.is_closed()).map(|(&id, _)| id);
            ended.map(|id| jobs.remove(&id));
        }
        let (sender, receiver) = watch_channel::channel(Progress { done: 0, total: up_to, primes: 0 });
        let id = jobs.last_key_value().map_or(1, |(last, _)| last + 1);
        jobs.insert(id, receiver);
        // Sent while `jobs` is locked, so that a lower number never comes after a higher one.
        self.newest.set(Some(id));
        smol::unblock(move || count_primes(&sender, &phase)).detach();
        Some(id)
    }

    pub(crate) fn progress(&self, id: u64) -> Option<Receiver<Progress>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    pub(crate) fn newest(&self) -> Receiver<Option<u64>> {
        self.newest.subscribe()
    }
}

/// Reads from the body of a request how far to count. An empty body selects the default.
pub(crate) fn parse(body: &[u8]) -> Result<u64, String> {
    let mut up_to = DEFAULT_UP_TO;
    for (name, value) in &fields::parse(body)? {
        match name.as_str() {
            "up_to" => up_to = fields::number(name, value, 1..=100_000_000)?,
            _ => return Err(format!("there is no {name}; send up_to, for example up_to=1000000, or nothing")),
        }
    }
    Ok(up_to)
}

/// Reports after each block. A send never waits for clients, however many watch and however slow they are.
fn count_primes(progress: &Sender<Progress>, phase: &Receiver<Phase>) {
    let Progress { mut done, total, mut primes } = progress.get();
    while done < total && phase.get() == Phase::Running {
        let end = total.min(done + BLOCK);
        primes += (done + 1..=end).filter(|&number| is_prime(number)).count() as u64;
        done = end;
        progress.set(Progress { done, total, primes });
    }
}

/// Uses trial division, because the job should take a while.
fn is_prime(number: u64) -> bool {
    let mut divisor = 2;
    while divisor * divisor <= number {
        if number % divisor == 0 {
            return false;
        }
        divisor += 1;
    }
    number >= 2
}
