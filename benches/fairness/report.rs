//! The results as text, JSON and Markdown.

use std::path::Path;

use comfy_table::{Table, presets};
use serde::Serialize;

use crate::candidates::NAMES;
use crate::scenarios::{Bar, Figure, LONGEST_ROUND, LONGEST_WAIT, Missing, Unit};

#[derive(Serialize)]
struct Results<'a> {
    machine: &'a str,
    rows: &'a [Row],
}

/// One figure of all candidates.
#[derive(Serialize)]
pub(crate) struct Row {
    name: String,
    must: String,
    unit: Unit,
    this_crate: Cell,
    tokio: Cell,
    parking_lot: Cell,
    verdict: &'static str,
}

#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
pub(crate) enum Cell {
    Measured(f64),
    Missing(Missing),
}

impl Row {
    pub(crate) fn new(scenario: &str, figure: &Figure, [this_crate, tokio, parking_lot]: [Cell; 3]) -> Self {
        let must: Vec<_> = figure.must.iter().map(|bar| describe(bar, figure.unit)).collect();
        Self {
            name: format!("{scenario}: {}", figure.name),
            must: must.join(", "),
            unit: figure.unit,
            this_crate,
            tokio,
            parking_lot,
            verdict: verdict(figure.must, this_crate, tokio),
        }
    }

    /// The columns, as text.
    fn columns(&self) -> [String; 6] {
        let [this_crate, tokio, parking_lot] = [self.this_crate, self.tokio, self.parking_lot].map(|cell| match cell {
            Cell::Measured(value) => show(value, self.unit),
            Cell::Missing(Missing::Deadlock) => "deadlock".into(),
            Cell::Missing(Missing::TimedOut) => format!(">{} s", LONGEST_ROUND.as_secs()),
            Cell::Missing(Missing::NotMeasured) => "-".into(),
        });
        [self.name.clone(), self.must.clone(), this_crate, tokio, parking_lot, self.verdict.into()]
    }
}

/// The verdict, or an empty text if there is nothing to compare with.
fn verdict(must: &[Bar], ours: Cell, tokio: Cell) -> &'static str {
    let ours = match ours {
        Cell::Measured(value) => value,
        Cell::Missing(Missing::Deadlock | Missing::TimedOut) => return "over",
        Cell::Missing(Missing::NotMeasured) => return "",
    };
    let tokio = match tokio {
        Cell::Measured(value) => Some(value),
        Cell::Missing(_) => None,
    };
    let reached = |bar: &Bar| match *bar {
        Bar::Min(least) => Some(ours >= least),
        Bar::Max(most) => Some(ours <= most),
        Bar::MinOfTokio(part) => tokio.map(|tokio| ours >= part * tokio),
        Bar::MaxOfTokio(part) => tokio.map(|tokio| ours <= part * tokio),
    };
    let reached: Vec<_> = must.iter().map(reached).collect();
    if reached.contains(&Some(false)) {
        "over"
    } else if reached.contains(&None) {
        ""
    } else {
        "ok"
    }
}

fn describe(bar: &Bar, unit: Unit) -> String {
    let tokio = |part: f64| if part == 1.0 { "tokio's".into() } else { format!("{part} of tokio's") };
    match *bar {
        Bar::Min(least) => format!("at least {}", show(least, unit)),
        Bar::Max(most) => format!("at most {}", show(most, unit)),
        Bar::MinOfTokio(part) => format!("at least {}", tokio(part)),
        Bar::MaxOfTokio(part) => format!("at most {}", tokio(part)),
    }
}

fn show(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Count => format!("{value:.0}"),
        Unit::PerSecond => format!("{:.2} M/s", value / 1e6),
        Unit::Percent => format!("{value:.1} %"),
        Unit::Nanoseconds => time(value),
    }
}

fn time(nanoseconds: f64) -> String {
    let longest = LONGEST_WAIT.as_secs_f64() * 1e9;
    let (value, unit) = match nanoseconds {
        _ if nanoseconds >= longest => return format!(">{} s", LONGEST_WAIT.as_secs()),
        1e9.. => (nanoseconds / 1e9, "s"),
        1e6.. => (nanoseconds / 1e6, "ms"),
        1e3.. => (nanoseconds / 1e3, "us"),
        _ => (nanoseconds, "ns"),
    };
    let digits = if value < 100.0 { 1 } else { 0 };
    let value = format!("{value:.digits$}");
    format!("{} {unit}", value.strip_suffix(".0").unwrap_or(&value))
}

/// The rows as one table, which is text and Markdown at once.
pub(crate) fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN);
    table.set_header(["situation", "must"].into_iter().chain(NAMES).chain([""]));
    for row in rows {
        table.add_row(row.columns());
    }
    table
}

/// Writes `fairness.json` and `fairness.md` into `benches/`.
pub(crate) fn write(machine: &str, rows: &[Row]) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is in benches/");
    let json = serde_json::to_string_pretty(&Results { machine, rows }).expect("plain numbers and names");
    let page = format!(
        "# Fairness\n\nWritten by `cargo bench -p benches --bench fairness`. Measured with {machine}.\n\n{}\n",
        table(rows)
    );
    std::fs::write(directory.join("fairness.json"), json + "\n").expect("benches/ can be written to");
    std::fs::write(directory.join("fairness.md"), page).expect("benches/ can be written to");
    println!("\nbenches/fairness.json and benches/fairness.md are written");
}
