//! `cargo bench --bench compare`: this crate beside tokio, in one process, with rounds interleaved.
//!
//! Absolute times mean little on a shared machine; each figure is the median of the ratios of neighbouring rounds.

mod workloads;

use std::time::Duration;

const ROUNDS: usize = 21;
const ROUND: Duration = Duration::from_millis(20);

fn main() {
    let only = std::env::args().skip(1).find(|arg| !arg.starts_with('-')).unwrap_or_default();
    println!("{:<34} {:>9} {:>9} {:>8}   quartiles", "ratio of times, this crate : tokio", "ns", "tokio ns", "ratio");
    for row in workloads::rows().iter().filter(|row| row.name.contains(&only)) {
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
        println!(
            "{:<34} {:>9.1} {:>9.1} {:>8.2}   {:.2} - {:.2}",
            row.name,
            at(1, 2),
            at(2, 2),
            at(0, 2),
            at(0, 1),
            at(0, 3)
        );
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
