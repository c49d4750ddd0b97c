//! Compares this crate with tokio and other channels of one value, in one process, with rounds interleaved.
//!
//! Absolute times mean little on a shared machine, so each figure is the median of the ratios to tokio in the same round.
//! `cargo compare` measures all rows in about two minutes. It writes `benches/results.json`, the tables `benches/results.md` and
//! the picture `benches/summary.svg`. `cargo compare "part of a name"` measures only the rows with this text in their names, and
//! writes nothing; `cargo compare --draw` writes the tables and the picture again.

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
mod summary;
mod table;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::IsTerminal;
use std::path::Path;
use std::process::exit;

use serde::{Deserialize, Serialize};

use crate::workloads::rows::{ROWS, Row};

#[global_allocator]
static ALLOCATOR: heap::Counting = heap::Counting;

#[derive(Serialize, Deserialize)]
struct Results {
    machine: String,
    times: Vec<measure::Row>,
    heap: Vec<heap::Row>,
    growth: Vec<growth::Chart>,
    notes: BTreeMap<String, String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let (bench, args): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|arg| arg == "--bench");
    match args.as_slice() {
        [] if bench.is_empty() => println!("nothing is measured without `cargo bench`"),
        [] => {
            all()?;
            draw()?;
        }
        [part] if !part.starts_with('-') => some(part),
        [draws] if draws == "--draw" => draw()?,
        [once, row, who, n] if once == "--once" => measure::once(row, who, n.parse()?),
        _ => {
            eprintln!("usage: cargo compare [\"part of a row's name\" | --draw]");
            exit(2);
        }
    }
    Ok(())
}

fn some(part: &str) {
    let rows: Vec<_> = ROWS.iter().filter(|row| row.name.contains(part)).collect();
    if rows.is_empty() {
        let names: Vec<_> = ROWS.iter().map(|row| row.name).collect();
        eprintln!("no row has \"{part}\" in its name; there are:\n{}", names.join("\n"));
        exit(2);
    }
    println!("{}", table::times(&times(&rows)));
}

fn times(rows: &[&Row]) -> Vec<measure::Row> {
    let measured = rows.iter().enumerate().map(|(done, row)| {
        progress(&format!("{} of {}: {}", done + 1, rows.len(), row.name));
        measure::measure(row)
    });
    measured.collect()
}

/// Shows what is being measured, if the output is a terminal.
fn progress(now: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K{now}\r");
    }
}

fn all() -> Result<(), Box<dyn Error>> {
    let heap = heap::rows();
    let times = times(&ROWS.iter().collect::<Vec<_>>());
    progress("how cost grows with receivers, channels and senders");
    let growth = growth::charts();
    let notes = peers::NOTES.iter().chain([&measure::LIMITS_NOTE]);
    let notes = notes.map(|&(name, note)| (name.into(), note.into())).collect();
    let results = Results { machine: machine::machine(), times, heap, growth, notes };
    fs::write(directory().join("results.json"), serde_json::to_string_pretty(&results)? + "\n")?;
    Ok(())
}

fn directory() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is in benches/")
}

/// Prints and writes the tables, and draws the picture, from results that have been written already.
fn draw() -> Result<(), Box<dyn Error>> {
    let results: Results = serde_json::from_str(&fs::read_to_string(directory().join("results.json"))?)?;
    let tables = table::all(&results);
    println!("{tables}");
    fs::write(directory().join("results.md"), tables)?;
    summary::draw(directory(), &results)?;
    println!("benches/results.md and benches/summary.svg are written");
    Ok(())
}
