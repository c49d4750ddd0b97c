//! The results as text.

use std::io::IsTerminal;

use crate::peers::NAMES;
use crate::{growth, heap, measure};

fn over(number: f64, bar: f64) -> &'static str {
    if number > bar { "over" } else { "" }
}

/// A cell for each peer, empty if the peer has no number.
fn cells(peers: &[(&str, f64)]) -> String {
    let cell = |name: &str| {
        let number = peers.iter().find(|(peer, _)| *peer == name).map(|&(_, number)| short(number));
        format!(" {:>width$}", number.unwrap_or_default(), width = name.len().max(6))
    };
    NAMES.map(cell).concat()
}

fn short(number: f64) -> String {
    if number.fract() == 0.0 { number.to_string() } else { format!("{number:.2}") }
}

fn head(title: &str, columns: &str, last: &str) {
    let peers = NAMES.map(|name| format!(" {name:>6}")).concat();
    println!("\n{title:<55} {columns}  {:4}{peers}  {last}", "");
}

pub(crate) fn times_head() {
    let columns = format!("{:>9} {:>9} {:>6} {:>13} {:>5}", "ns", "tokio ns", "ratio", "quartiles", "bar");
    head("time, as a ratio to tokio's", &columns, "limits");
}

pub(crate) fn time(row: &measure::Row) {
    let measure::Row { name, ratio, quartiles: [low, high], bar, nanoseconds, tokio_nanoseconds, peers, limits } = row;
    let quartiles = format!("{low:.2} - {high:.2}");
    let limits: Vec<_> = limits.iter().map(|(name, ratio)| format!("{name} {ratio:.2}")).collect();
    println!(
        "{name:<55} {nanoseconds:>9.1} {tokio_nanoseconds:>9.1} {ratio:>6.2} {quartiles:>13} {bar:>5.2}  {:4}{}  {}",
        over(*ratio, *bar),
        cells(peers),
        limits.join(", ")
    );
}

pub(crate) fn heap(rows: &[heap::Row]) {
    head("number", &format!("{:>9} {:>9} {:>6} {:>13} {:>5}", "ours", "tokio", "", "", "bar"), "");
    for heap::Row { name, bar, ours, tokio, peers } in rows {
        let over = over(*ours, *bar);
        println!(
            "{name:<55} {:>9} {:>9} {:>6} {:>13} {bar:>5.0}  {over:4}{}",
            short(*ours),
            tokio.map(short).unwrap_or_default(),
            "",
            "",
            cells(peers)
        );
    }
}

pub(crate) fn growth(charts: &[growth::Chart]) {
    for growth::Chart { name, axes: [counted, measured], counts, ours, tokio } in charts {
        let line = |what: &str, numbers: &[f64]| {
            let numbers: String = numbers.iter().map(|number| format!(" {number:>9.0}")).collect();
            println!("  {what:<18}{numbers}");
        };
        println!("\n{name}: {measured}");
        line(counted, &counts.iter().map(|&count| count as f64).collect::<Vec<_>>());
        line("ours", ours);
        line("tokio", tokio);
    }
}

pub(crate) fn notes(notes: &[(&str, &str)]) {
    println!();
    for (name, note) in notes {
        println!("{name} {note}");
    }
}

/// Shows what is being measured, if the output is a terminal.
pub(crate) fn progress(now: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K{now}\r");
    }
}
