//! Measures one row: in each round all candidates run one after the other, and are compared with tokio's time in that round.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::workloads::Work;
use crate::workloads::rows::{self, Bar, ROWS};

const ROUNDS: usize = 21;
const ROUND: Duration = Duration::from_millis(20);

pub(crate) const LIMITS_NOTE: (&str, &str) = (
    "limits",
    "are bare parts of a channel: lock, a std RwLock read or written; atomic, an AtomicU64 loaded; park, two threads \
     that pass a number through an atomic, park and unpark",
);

/// A row of the results. Ratios are to tokio's time in the same round. Both times, in nanoseconds for one operation, are those of the
/// round that has the median ratio.
#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) ratio: f64,
    pub(crate) quartiles: [f64; 2],
    pub(crate) bar: f64,
    pub(crate) nanoseconds: f64,
    pub(crate) tokio_nanoseconds: f64,
    pub(crate) peers: BTreeMap<String, f64>,
    pub(crate) limits: BTreeMap<String, f64>,
}

/// Does the work of one candidate `n` times, for tools that count instructions.
pub(crate) fn once(row: &str, who: &str, n: u64) {
    let row = ROWS.iter().find(|known| known.name == row).expect("no such row");
    let (_, work) = row.candidates().find(|(name, _)| *name == who).expect("no candidate of that name does this work");
    work(n);
}

pub(crate) fn measure(row: &rows::Row) -> Row {
    let (names, works): (Vec<_>, Vec<_>) = row.candidates().unzip();
    let times = rounds(&works);
    // The times are in the order of the candidates.
    const OURS: usize = 0;
    const TOKIO: usize = 1;
    const PEERS: usize = 2;
    let ratio = |work: usize, at: f64| part(times.iter().map(|round| round[work] / round[TOKIO]), at);
    let ratios = |works: Range<usize>| works.map(|work| (names[work].into(), ratio(work, 0.5))).collect();
    let limits: BTreeMap<String, f64> = ratios(PEERS + row.peers.len()..works.len());
    let bar = match row.bar {
        Bar::Ratio(ratio) => ratio,
        Bar::Limit(part) => limits[part.name()],
    };
    let median = ratio(OURS, 0.5);
    let round =
        times.iter().find(|round| round[OURS] / round[TOKIO] == median).expect("the median is one of the ratios");
    Row {
        name: row.name.into(),
        ratio: median,
        quartiles: [ratio(OURS, 0.25), ratio(OURS, 0.75)],
        bar,
        nanoseconds: round[OURS],
        tokio_nanoseconds: round[TOKIO],
        peers: ratios(PEERS..PEERS + row.peers.len()),
        limits,
    }
}

/// The nanoseconds of one operation, for each work in each round. Each round begins with another work.
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
            // Once more, because the machine may just have done something else.
            elapsed = elapsed.min(work(n));
        }
        if elapsed >= ROUND / 4 {
            return (n as f64 * ROUND.as_secs_f64() / elapsed.as_secs_f64()).max(1.0) as u64;
        }
        n *= 2;
    }
}

/// Returns the value below which the fraction `at` of all values lies: 0.5 is the median.
pub(crate) fn part(values: impl Iterator<Item = f64>, at: f64) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * at) as usize]
}
