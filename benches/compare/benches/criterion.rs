//! `cargo bench --bench compare -- --criterion [ROW]`: runs each row of the comparison as a criterion group.

#[macro_use]
#[path = "../src/peers/mod.rs"]
#[expect(dead_code, reason = "the names and notes are for the tables of the comparison")]
mod peers;
#[macro_use]
#[path = "../../workloads/mod.rs"]
#[expect(dead_code, reason = "some traits are for what the comparison counts")]
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
