//! `cargo bench --bench watch [-- ROW]`: runs each row of the comparison with tokio as a criterion group.

/// The other channels are only in `benches/compare/`, because they need newer compilers than this crate does.
macro_rules! peers {
    ($group:ident $work:tt) => {
        &[]
    };
}

mod workloads;

use std::time::Duration;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .configure_from_args();
    for row in workloads::rows::ROWS {
        let mut group = criterion.benchmark_group(format!("{} (at most {})", row.name, row.bar));
        for (name, work) in row.candidates() {
            group.bench_function(name, |bencher| bencher.iter_custom(work));
        }
        group.finish();
    }
    criterion.final_summary();
}
