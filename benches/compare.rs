//! `cargo bench --bench compare`: this crate beside tokio, in one process, with rounds interleaved.
//!
//! Absolute times mean little on a shared machine; each figure is the median of the ratios of neighbouring rounds. All
//! rows take about two minutes, and then also go into `benches/results.json` and, as a picture, `benches/results.svg`.
//! `cargo bench --bench compare -- "part of a name"` measures the rows of that name only, and writes nothing.

mod picture;
mod workloads;

use std::time::Duration;

use serde::Serialize;

const ROUNDS: usize = 21;
const ROUND: Duration = Duration::from_millis(20);

/// A row of the results. Ratios are this crate's time to tokio's, times are nanoseconds for one operation.
#[derive(Serialize)]
struct Measured {
    name: &'static str,
    ratio: f64,
    quartiles: [f64; 2],
    bar: f64,
    nanoseconds: f64,
    tokio_nanoseconds: f64,
}

fn main() {
    let only = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    println!("{:<50} {:>9} {:>9} {:>7} {:>12} {:>6}", "ratio of times", "ns", "tokio ns", "ratio", "quartiles", "bar");
    let mut results = Vec::new();
    for row in workloads::rows() {
        if only.as_ref().is_some_and(|only| !row.name.contains(only)) {
            continue;
        }
        let measured = measure(&row);
        let Measured { name, ratio, quartiles: [low, high], bar, nanoseconds, tokio_nanoseconds } = measured;
        let over = if ratio > bar { "over" } else { "" };
        println!(
            "{name:<50} {nanoseconds:>9.1} {tokio_nanoseconds:>9.1} {ratio:>7.2}  {low:>4.2} - {high:<4.2} {bar:>6.2} {over}"
        );
        results.push(measured);
    }
    if only.is_none() {
        let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
        let json = serde_json::to_string_pretty(&results).expect("plain numbers and names");
        std::fs::write(directory.join("results.json"), json + "\n").expect("benches/ can be written to");
        picture::draw(&directory.join("results.svg"), &results).expect("benches/ can be written to");
        println!("benches/results.json and benches/results.svg are written");
    }
}

fn measure(row: &workloads::Row) -> Measured {
    let (ours_n, tokio_n) = (calibrate(&row.ours), calibrate(&row.tokio));
    let mut rounds: Vec<[f64; 3]> = (0..ROUNDS)
        .map(|round| {
            let ours = || (row.ours)(ours_n).as_secs_f64() * 1e9 / ours_n as f64;
            let tokio = || (row.tokio)(tokio_n).as_secs_f64() * 1e9 / tokio_n as f64;
            let (ours, tokio) = if round % 2 == 0 {
                let ours = ours();
                (ours, tokio())
            } else {
                let tokio = tokio();
                (ours(), tokio)
            };
            [ours / tokio, ours, tokio]
        })
        .collect();
    let mut at = |column: usize, part: usize| {
        rounds.sort_by(|a, b| a[column].total_cmp(&b[column]));
        rounds[(ROUNDS - 1) * part / 4][column]
    };
    Measured {
        name: row.name,
        ratio: at(0, 2),
        quartiles: [at(0, 1), at(0, 3)],
        bar: row.bar,
        nanoseconds: at(1, 2),
        tokio_nanoseconds: at(2, 2),
    }
}

/// How many times the work fits into one round.
fn calibrate(work: &workloads::Work) -> u64 {
    let mut n = 1;
    loop {
        let elapsed = work(n);
        if elapsed >= ROUND / 4 {
            return (n as f64 * ROUND.as_secs_f64() / elapsed.as_secs_f64()).max(1.0) as u64;
        }
        n *= 2;
    }
}
