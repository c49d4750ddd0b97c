//! Times of one row: all that can do its work take turns, and each round is compared with tokio's time in that round.

use std::time::Duration;

use serde::Serialize;

use crate::workloads::{self, Work};
use crate::{limits, peers};

const ROUNDS: usize = 21;
const ROUND: Duration = Duration::from_millis(20);

/// A row of the results. Ratios are times beside tokio's, times are nanoseconds for one operation.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) ratio: f64,
    pub(crate) quartiles: [f64; 2],
    pub(crate) bar: f64,
    pub(crate) nanoseconds: f64,
    pub(crate) tokio_nanoseconds: f64,
    #[serde(serialize_with = "crate::as_map")]
    pub(crate) peers: Vec<(&'static str, f64)>,
    #[serde(serialize_with = "crate::as_map")]
    pub(crate) limits: Vec<(&'static str, f64)>,
}

/// Does the work of one candidate `n` times: for tools that count.
pub(crate) fn once(row: &str, who: &str, n: u64) {
    let row = workloads::rows().into_iter().find(|known| known.name == row).expect("no such row");
    let others = peers::works(row.name).into_iter().chain(limits::works(row.name));
    let mut works = [("ours", row.ours), ("tokio", row.tokio)].into_iter().chain(others);
    let (_, work) = works.find(|(name, _)| *name == who).expect("nobody of that name does this work");
    work(n);
}

pub(crate) fn row(row: workloads::Row) -> Row {
    let (peers, limits) = (peers::works(row.name), limits::works(row.name));
    let (peer_names, peer_works): (Vec<_>, Vec<_>) = peers.into_iter().unzip();
    let (limit_names, limit_works): (Vec<_>, Vec<_>) = limits.into_iter().unzip();
    let works: Vec<Work> = [row.tokio, row.ours].into_iter().chain(peer_works).chain(limit_works).collect();

    let times = rounds(&works);
    let [tokio_nanoseconds, nanoseconds] = [0, 1].map(|work| part(times.iter().map(|round| round[work]), 0.5));
    let ratio = |work: usize, at: f64| part(times.iter().map(|round| round[work] / round[0]), at);
    let mut others = (2..works.len()).map(|work| ratio(work, 0.5));
    Row {
        name: row.name,
        ratio: ratio(1, 0.5),
        quartiles: [ratio(1, 0.25), ratio(1, 0.75)],
        bar: row.bar,
        nanoseconds,
        tokio_nanoseconds,
        peers: peer_names.into_iter().zip(&mut others).collect(),
        limits: limit_names.into_iter().zip(&mut others).collect(),
    }
}

/// Nanoseconds for one operation, of each work in each round. Who goes first changes from round to round.
fn rounds(works: &[Work]) -> Vec<Vec<f64>> {
    let often: Vec<u64> = works.iter().map(calibrate).collect();
    (0..ROUNDS)
        .map(|round| {
            let mut times = vec![0.0; works.len()];
            for turn in 0..works.len() {
                let work = (round + turn) % works.len();
                times[work] = works[work](often[work]).as_secs_f64() * 1e9 / often[work] as f64;
            }
            times
        })
        .collect()
}

/// How many times the work fits into one round.
fn calibrate(work: &Work) -> u64 {
    let mut n = 1;
    loop {
        let mut elapsed = work(n);
        if elapsed >= ROUND / 4 {
            // Once more, as the machine may just have done something else.
            elapsed = elapsed.min(work(n));
        }
        if elapsed >= ROUND / 4 {
            return (n as f64 * ROUND.as_secs_f64() / elapsed.as_secs_f64()).max(1.0) as u64;
        }
        n *= 2;
    }
}

/// The value that the part `at` of all is below: 0.5 is the median.
pub(crate) fn part(values: impl Iterator<Item = f64>, at: f64) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * at) as usize]
}
