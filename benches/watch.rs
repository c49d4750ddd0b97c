//! `cargo bench --bench watch [-- ROW]`: each row of the comparison with tokio as a criterion group.

mod workloads;

use std::time::Duration;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .configure_from_args();
    for row in workloads::rows() {
        let mut group = criterion.benchmark_group(format!("{} (at most {} of tokio)", row.name, row.bar));
        group.bench_function("watch-channel", |bencher| bencher.iter_custom(&row.ours));
        group.bench_function("tokio", |bencher| bencher.iter_custom(&row.tokio));
        group.finish();
    }
    criterion.final_summary();
}
