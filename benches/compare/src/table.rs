//! The results as tables, which are text and Markdown at once.

use comfy_table::{Cell, CellAlignment, Table, presets};

use crate::peers::NAMES;
use crate::{Results, growth, heap, measure};

/// The title and the table of each part of the results, and the notes.
pub(crate) fn all(results: &Results) -> String {
    let mut text = format!("# Results\n\nWritten by `cargo compare`. Measured with {}.\n", results.machine);
    let mut part = |title: &str, table: Table| text += &format!("\n## {title}\n\n{table}\n");
    part("Times, as ratios to tokio's", times(&results.times));
    part("Memory", heap(&results.heap));
    for chart in &results.growth {
        let [_, measured] = &chart.axes;
        part(&format!("How cost grows: {}, {measured}", chart.name), growth(chart));
    }
    text += "\n## Notes\n\n";
    for (name, note) in &results.notes {
        text += &format!("- {name} {note}.\n");
    }
    text
}

pub(crate) fn times(rows: &[measure::Row]) -> Table {
    let mut table =
        table(["", "ns", "tokio ns", "ratio", "quartiles", "goal", ""].into_iter().chain(NAMES).chain(["limits"]));
    for row in rows {
        let [low, high] = row.quartiles;
        let limits: Vec<_> = row.limits.iter().map(|(name, ratio)| format!("{name} {ratio:.2}")).collect();
        let mut cells = vec![
            row.name.clone(),
            format!("{:.1}", row.nanoseconds),
            format!("{:.1}", row.tokio_nanoseconds),
            format!("{:.2}", row.ratio),
            format!("{low:.2} - {high:.2}"),
            format!("{:.2}", row.bar),
            over(row.ratio, row.bar),
        ];
        cells.extend(NAMES.map(|peer| row.peers.get(peer).map(|ratio| format!("{ratio:.2}")).unwrap_or_default()));
        cells.push(limits.join(", "));
        add(&mut table, cells);
    }
    table
}

fn heap(rows: &[heap::Row]) -> Table {
    let mut table = table(["", "ours", "tokio", "goal", ""].into_iter().chain(NAMES));
    for row in rows {
        let mut cells = vec![
            row.name.clone(),
            short(row.ours),
            row.tokio.map(short).unwrap_or_default(),
            short(row.bar),
            over(row.ours, row.bar),
        ];
        cells.extend(NAMES.map(|peer| row.peers.get(peer).copied().map(short).unwrap_or_default()));
        add(&mut table, cells);
    }
    table
}

fn growth(chart: &growth::Chart) -> Table {
    let [counted, _] = &chart.axes;
    let counts: Vec<_> = chart.counts.iter().map(ToString::to_string).collect();
    let mut table = table([counted.as_str()].into_iter().chain(counts.iter().map(String::as_str)));
    for (name, values) in [("ours", &chart.ours), ("tokio", &chart.tokio)] {
        let mut cells = vec![name.to_string()];
        cells.extend(values.iter().map(|value| format!("{value:.0}")));
        add(&mut table, cells);
    }
    table
}

fn table<'a>(head: impl Iterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN).set_header(head);
    table
}

/// Adds a row. Numbers are aligned to the right, as all cells but the first.
fn add(table: &mut Table, cells: Vec<String>) {
    let right = cells.into_iter().enumerate().map(|(column, cell)| {
        Cell::new(cell).set_alignment(if column == 0 { CellAlignment::Left } else { CellAlignment::Right })
    });
    table.add_row(right);
}

fn over(number: f64, goal: f64) -> String {
    if number > goal { "over".into() } else { String::new() }
}

fn short(number: f64) -> String {
    if number.fract() == 0.0 { number.to_string() } else { format!("{number:.2}") }
}
