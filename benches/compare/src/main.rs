//! Compares this crate with tokio and other channels of one value, in one process, with rounds interleaved.
//!
//! Absolute times mean little on a shared machine, so each figure is the median of the ratios to tokio in the same round.
//! A run of all rows takes about two minutes. It also writes `benches/results.json` and the pictures `benches/results.svg` and
//! `benches/summary.svg`. `cargo bench --bench compare -- "part of a name"` measures only the rows with this text in their
//! names, and writes nothing; `-- --summary` draws `summary.svg` again.

// This module comes first, because the rows use its macro.
#[macro_use]
mod peers;
#[macro_use]
#[path = "../../workloads/mod.rs"]
mod workloads;
#[path = "../../workloads/machine.rs"]
mod machine;

mod growth;
mod heap;
mod measure;
mod picture;
mod summary;
mod table;

use std::path::Path;
use std::process::exit;

use serde::{Serialize, Serializer};

use crate::workloads::rows::ROWS;

#[global_allocator]
static ALLOCATOR: heap::Counting = heap::Counting;

#[derive(Serialize)]
struct Results {
    machine: String,
    times: Vec<measure::Row>,
    heap: Vec<heap::Row>,
    growth: Vec<growth::Chart>,
    #[serde(serialize_with = "as_map")]
    notes: Vec<(&'static str, &'static str)>,
}

fn as_map<V: Serialize, S: Serializer>(named: &[(&str, V)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(named.iter().map(|(name, value)| (name, value)))
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.as_slice() {
        [] => all(),
        [part] if !part.starts_with('-') => some(part),
        [summary] if summary == "--summary" => summarize(),
        [once, row, who, n] if once == "--once" => measure::once(row, who, n.parse().unwrap_or(1)),
        _ => {
            eprintln!(
                "usage: cargo bench --bench compare [-- \"part of a row's name\" | --summary | --criterion [ARGUMENT...]]"
            );
            exit(2);
        }
    }
}

fn some(part: &str) {
    let rows: Vec<_> = ROWS.iter().filter(|row| row.name.contains(part)).collect();
    if rows.is_empty() {
        let names: Vec<_> = ROWS.iter().map(|row| row.name).collect();
        eprintln!("no row has \"{part}\" in its name; there are:\n{}", names.join("\n"));
        exit(2);
    }
    table::times_head();
    for row in rows {
        table::progress(row.name);
        table::time(&measure::measure(row));
    }
}

fn all() {
    // The heap comes first, because measuring it is quick.
    let heap = heap::rows();
    table::heap(&heap);
    table::times_head();
    let times = ROWS.iter().enumerate().map(|(done, row)| {
        table::progress(&format!("{} of {}: {}", done + 1, ROWS.len(), row.name));
        let row = measure::measure(row);
        table::time(&row);
        row
    });
    let times = times.collect();
    table::progress("how cost grows with receivers, channels and senders");
    let growth = growth::charts();
    table::growth(&growth);
    let notes = [&peers::NOTES[..], &[measure::LIMITS_NOTE]].concat();
    table::notes(&notes);

    let machine = machine::machine();
    println!("measured with {machine}");
    let results = Results { machine, times, heap, growth, notes };
    let directory = directory();
    let json = serde_json::to_string_pretty(&results).expect("plain numbers and names");
    std::fs::write(directory.join("results.json"), json + "\n").expect("benches/ can be written to");
    picture::draw(&directory.join("results.svg"), &results).expect("benches/ can be written to");
    println!("\nbenches/results.json and benches/results.svg are written");
    summarize();
}

fn directory() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is in benches/")
}

fn summarize() {
    if let Err(error) = summary::draw(directory()) {
        eprintln!("error: {error}");
        exit(1);
    }
    println!("benches/summary.svg is drawn from benches/results.json and benches/fairness.json");
}
