//! Draws the picture for the front page: a few rows in plain words.

use std::error::Error;
use std::fs;
use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use serde_json::Value;

use crate::Results;

/// The name of a row in `results.json`, and in the picture.
const TIMES: [(&str, &str); 10] = [
    ("changed pending, send, ready", "wake one waiting task"),
    ("fan-out to 1000, one worker", "wake 1,000 waiting tasks"),
    ("changed pending, dropped", "cancel a wait"),
    ("send, no task waiting", "send with no task waiting"),
    ("borrow", "read"),
    ("Cached::get (tokio: borrow)", "read a local copy (Cached)"),
    ("has_changed", "check for a new value"),
    ("make and drop a channel", "make a channel"),
    ("clone and drop a receiver", "clone a receiver"),
    ("ping-pong across two threads", "two threads take turns"),
];

/// The name of a row in `fairness.json`, and in the picture.
const WAITS: [(&str, &str); 3] = [
    ("a reader beside a sender that never pauses, 1 us each: worst read", "a send takes 1 \u{b5}s"),
    ("a reader beside a sender that never pauses, 20 us each: worst read", "a send takes 20 \u{b5}s"),
    ("a reader beside a sender that never pauses, 1 ms each: worst read", "a send takes 1 ms"),
];

/// Small enough to be read in a narrow window without being scaled down.
const WIDTH: i32 = 470;
const NAMES: i32 = 168;
const LEFT: i32 = NAMES + 8;
/// The right edge of a bar of full length, which is tokio's. Figures are to its right.
const FULL: i32 = WIDTH - 62;
const ROW: i32 = 34;
const BAR: i32 = 11;
/// Between the bars of a row. The figures behind them need twelve pixels each.
const GAP: i32 = 2;
const TITLE: i32 = 26;
const LEGEND: i32 = 64;

/// Between black and white, so text can be read on both.
const TEXT: RGBColor = RGBColor(125, 125, 125);
const OURS: RGBColor = RGBColor(46, 160, 98);
const TOKIO: RGBColor = RGBColor(150, 150, 160);
const OTHER: RGBColor = RGBColor(214, 122, 48);

/// One row of a chart: bars as fractions of the full length, and the times that they show.
struct Row {
    name: &'static str,
    bars: [f64; 2],
    labels: [String; 2],
    /// The fastest of the other channels.
    other: Option<f64>,
}

/// Draws `summary.svg` from the results and `fairness.json`, both in `directory`.
pub(crate) fn draw(directory: &Path, results: &Results) -> Result<(), Box<dyn Error>> {
    let times = times(results)?;
    let waits = waits(&read(&directory.join("fairness.json"))?)?;
    let charts = |rows: usize| TITLE + ROW * rows as i32;
    let height = LEGEND + charts(times.len()) + charts(waits.len()) + 8;
    let path = directory.join("summary.svg");
    let root = SVGBackend::new(&path, (WIDTH as u32, height as u32)).into_drawing_area();
    legend(&root)?;
    chart(&root, LEGEND, "Time of one operation: shorter is better", &times)?;
    let top = LEGEND + charts(times.len());
    chart(&root, top, "Longest wait of a reader while a sender never pauses", &waits)?;
    root.present()?;
    Ok(())
}

fn read(path: &Path) -> Result<Value, Box<dyn Error>> {
    let text =
        fs::read_to_string(path).map_err(|error| format!("{}: {error}; see benches/README.md", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// The row of that name.
fn find<'a>(rows: &'a Value, name: &str) -> Result<&'a Value, Box<dyn Error>> {
    let mut rows = rows.as_array().into_iter().flatten();
    rows.find(|row| row["name"] == name).ok_or_else(|| format!("no row is called {name:?}").into())
}

fn number(value: &Value) -> Result<f64, Box<dyn Error>> {
    value.as_f64().ok_or_else(|| format!("{value} is not a number").into())
}

fn times(results: &Results) -> Result<Vec<Row>, Box<dyn Error>> {
    let row = |(row, name): (&str, &'static str)| {
        let known = results.times.iter().find(|known| known.name == row);
        let row = known.ok_or_else(|| format!("no row is called {row:?}"))?;
        Ok(Row {
            name,
            bars: [row.ratio, 1.0],
            labels: [show(row.nanoseconds), show(row.tokio_nanoseconds)],
            other: row.peers.values().copied().min_by(f64::total_cmp),
        })
    };
    TIMES.into_iter().map(row).collect()
}

fn waits(results: &Value) -> Result<Vec<Row>, Box<dyn Error>> {
    let row = |(row, name): (&str, &'static str)| {
        let row = find(&results["rows"], row)?;
        let waits = [number(&row["this_crate"])?, number(&row["tokio"])?];
        let longest = f64::max(waits[0], waits[1]);
        Ok(Row { name, bars: waits.map(|wait| wait / longest), labels: waits.map(show), other: None })
    };
    WAITS.into_iter().map(row).collect()
}

fn show(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        1e9.. => (nanoseconds / 1e9, "s"),
        1e6.. => (nanoseconds / 1e6, "ms"),
        1e3.. => (nanoseconds / 1e3, "\u{b5}s"),
        _ => (nanoseconds, "ns"),
    };
    let digits = if value < 10.0 { 1 } else { 0 };
    format!("{value:.digits$} {unit}")
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn text(size: u32, horizontal: HPos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&TEXT).pos(Pos::new(horizontal, VPos::Center))
}

fn legend(root: &Area<'_>) -> Result<(), Box<dyn Error>> {
    let middle = 12;
    let mut x = 8;
    for (color, label, width) in [(OURS, "this crate", 100), (TOKIO, "tokio", 70)] {
        root.draw(&Rectangle::new([(x, middle - BAR / 2), (x + 16, middle + BAR / 2)], color.filled()))?;
        root.draw(&Text::new(label, (x + 22, middle), text(14, HPos::Left)))?;
        x += width;
    }
    diamond(root, x + 8, middle)?;
    root.draw(&Text::new("fastest of six other channels", (x + 20, middle), text(14, HPos::Left)))?;
    // They promise less: see the notes in `peers/`.
    let notes =
        ["Some of these leave a cancelled wait's waker behind, wake under a lock,", "or do not count their handles."];
    for (line, note) in (1..).zip(notes) {
        root.draw(&Text::new(note, (8, middle + 18 * line), text(13, HPos::Left)))?;
    }
    Ok(())
}

fn chart(root: &Area<'_>, top: i32, title: &str, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    root.draw(&Text::new(title, (8, top + TITLE / 2), text(15, HPos::Left)))?;
    for (index, row) in rows.iter().enumerate() {
        let middle = top + TITLE + ROW * index as i32 + ROW / 2;
        root.draw(&Text::new(row.name, (NAMES, middle), text(14, HPos::Right)))?;
        let longest = f64::max(row.bars[0], row.bars[1]).max(1.0);
        let x = |part: f64| LEFT + (f64::from(FULL - LEFT) * part / longest) as i32;
        for (i, color) in [OURS, TOKIO].into_iter().enumerate() {
            let bar = [middle - BAR - GAP / 2, middle + GAP / 2][i];
            root.draw(&Rectangle::new([(LEFT, bar), (x(row.bars[i]).max(LEFT + 1), bar + BAR)], color.filled()))?;
            let label = (x(row.bars[i]) + 6, bar + BAR / 2);
            root.draw(&Text::new(row.labels[i].as_str(), label, text(12, HPos::Left)))?;
        }
        if let Some(other) = row.other {
            // The mark is on tokio's bar, where it covers no figure.
            diamond(root, x(other.min(longest)), middle + GAP / 2 + BAR / 2)?;
        }
    }
    Ok(())
}

fn diamond(root: &Area<'_>, x: i32, y: i32) -> Result<(), Box<dyn Error>> {
    root.draw(&Polygon::new([(x - 5, y), (x, y - 5), (x + 5, y), (x, y + 5)], OTHER.filled()))?;
    Ok(())
}
