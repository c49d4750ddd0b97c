//! Draws the results as a picture that can be read on a light page and on a dark one.

use std::error::Error;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::growth::Chart;
use crate::measure::Row;
use crate::{Results, peers};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;

const WIDTH: i32 = 960;
const ROW: i32 = 22;
const LINE: i32 = 17;
const CHART: i32 = 240;
/// The space above the bars, and below them for their axis.
const MARGIN: i32 = 34;
/// Where the names end, where the bars begin, and where the bars end.
const NAMES: i32 = 345;
const LEFT: i32 = 395;
const RIGHT: i32 = WIDTH - 34;
/// Higher ratios than this one are drawn in the margin.
const MOST: f64 = 2.0;
/// How opaque a bar is.
const BAR: f64 = 0.6;
/// The lines of the legend: this crate, the other channels, and an empty one.
const LEGEND: i32 = 3;
/// The characters in a line of notes.
const NOTE: usize = 140;

/// Between black and white, so text can be read on both.
const TEXT: RGBColor = RGBColor(128, 128, 128);
const FASTER: RGBColor = RGBColor(46, 160, 98);
const SLOWER: RGBColor = RGBColor(214, 122, 48);
const LIMIT: RGBColor = RGBColor(220, 60, 60);
const TOKIO: RGBColor = RGBColor(104, 112, 210);
/// A shape and a colour for each peer. The shapes differ, so the peers can be told apart without colours.
const MARKS: [(Shape, RGBColor); peers::NAMES.len()] = [
    (Shape::Disc, RGBColor(58, 130, 222)),
    (Shape::Triangle, RGBColor(150, 96, 214)),
    (Shape::Square, RGBColor(222, 80, 140)),
    (Shape::Diamond, RGBColor(20, 160, 184)),
    (Shape::Cross, RGBColor(166, 140, 24)),
    (Shape::Ring, RGBColor(150, 100, 70)),
];

#[derive(Clone, Copy)]
enum Shape {
    Disc,
    Triangle,
    Square,
    Diamond,
    Cross,
    Ring,
}

pub(crate) fn draw(path: &Path, results: &Results) -> Drawn {
    let mut notes: Vec<_> = results.notes.iter().flat_map(|(name, note)| wrap(&format!("{name} {note}"))).collect();
    notes.extend(wrap(&format!("measured with {}", results.machine)));
    let bars = 2 * MARGIN + ROW * results.times.len() as i32;
    let legend = LEGEND * LINE;
    let charts = CHART * results.growth.len().div_ceil(2) as i32;
    let height = bars + legend + charts + LINE * (notes.len() as i32 + 1);
    let root = SVGBackend::new(path, (WIDTH as u32, height as u32)).into_drawing_area();

    draw_bars(&root, &results.times)?;
    draw_legend(&root, bars)?;
    for (index, chart) in results.growth.iter().enumerate() {
        let (column, line) = (index as i32 % 2, index as i32 / 2);
        let corner = (column * WIDTH / 2, bars + legend + line * CHART);
        draw_chart(&root.clone().shrink(corner, (WIDTH as u32 / 2, CHART as u32)), chart)?;
    }
    for (index, (x, note)) in notes.iter().enumerate() {
        let y = bars + legend + charts + LINE * (index as i32 + 1);
        root.draw(&Text::new(note.as_str(), (*x, y), text(15, HPos::Left)))?;
    }
    root.present()?;
    Ok(())
}

fn text(size: u32, horizontal: HPos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&TEXT).pos(Pos::new(horizontal, VPos::Center))
}

/// Breaks a text into lines, each with the place where it begins.
fn wrap(note: &str) -> Vec<(i32, String)> {
    let mut lines = vec![(8, String::new())];
    for word in note.split(' ') {
        let (_, last) = lines.last_mut().expect("it begins with one");
        if last.len() + word.len() > NOTE {
            lines.push((24, word.to_owned()));
        } else {
            *last += if last.is_empty() { "" } else { " " };
            *last += word;
        }
    }
    lines
}

fn x(ratio: f64) -> i32 {
    LEFT + (f64::from(RIGHT - LEFT) * ratio / MOST) as i32
}

/// Like `x`, but in the margin for ratios above `MOST`.
fn beyond(ratio: f64) -> i32 {
    if ratio > MOST { RIGHT + 14 } else { x(ratio) }
}

fn upright(area: &Area<'_>, x: i32, [top, bottom]: [i32; 2], style: impl Into<ShapeStyle>) -> Drawn {
    area.draw(&PathElement::new([(x, top), (x, bottom)], style))?;
    Ok(())
}

fn draw_bars(root: &Area<'_>, rows: &[Row]) -> Drawn {
    root.draw(&Text::new(
        "time compared with tokio's watch: left of the line at 1.0 is faster, at the right edge is over twice the time",
        (8, 16),
        text(18, HPos::Left),
    ))?;
    let bottom = MARGIN + ROW * rows.len() as i32;
    for half in 0..=4 {
        let ratio = f64::from(half) / 2.0;
        upright(root, x(ratio), [MARGIN, bottom], TEXT.stroke_width(if ratio == 1.0 { 2 } else { 1 }))?;
        root.draw(&Text::new(format!("{ratio:.1}"), (x(ratio), bottom + 12), text(16, HPos::Center)))?;
    }
    for (index, row) in rows.iter().enumerate() {
        let top = MARGIN + ROW * index as i32;
        let (middle, bottom) = (top + ROW / 2, top + ROW);
        let color = if row.ratio <= 1.0 { FASTER } else { SLOWER };
        root.draw(&Text::new(row.name, (NAMES, middle), text(16, HPos::Right)))?;
        root.draw(&Text::new(format!("{:.2}", row.ratio), (LEFT - 8, middle), text(16, HPos::Right)))?;
        root.draw(&Rectangle::new([(x(0.0), top + 4), (x(row.ratio.min(MOST)), bottom - 4)], color.mix(BAR).filled()))?;
        upright(root, x(row.bar), [top + 2, bottom - 2], TEXT.stroke_width(3))?;
        for &(_, ratio) in &row.limits {
            upright(root, beyond(ratio), [top + 2, bottom - 2], LIMIT.stroke_width(2))?;
        }
        for &(name, ratio) in &row.peers {
            draw_peer(root, name, beyond(ratio), middle)?;
        }
    }
    Ok(())
}

fn draw_peer(root: &Area<'_>, name: &str, x: i32, y: i32) -> Drawn {
    let index = peers::NAMES.iter().position(|peer| *peer == name).ok_or("a peer without a name")?;
    let (shape, color) = MARKS[index];
    let (filled, line) = (color.filled(), color.stroke_width(2));
    match shape {
        Shape::Disc => root.draw(&Circle::new((x, y), 4, filled))?,
        Shape::Triangle => root.draw(&TriangleMarker::new((x, y), 5, filled))?,
        Shape::Square => root.draw(&Rectangle::new([(x - 4, y - 4), (x + 4, y + 4)], filled))?,
        Shape::Diamond => root.draw(&Polygon::new([(x - 5, y), (x, y - 5), (x + 5, y), (x, y + 5)], filled))?,
        Shape::Cross => root.draw(&Cross::new((x, y), 4, line))?,
        Shape::Ring => root.draw(&Circle::new((x, y), 4, line))?,
    }
    Ok(())
}

fn draw_legend(root: &Area<'_>, top: i32) -> Drawn {
    let y = top + LINE / 2;
    let label = |label: &str, x: i32, y: i32| root.draw(&Text::new(label, (x, y), text(16, HPos::Left)));
    root.draw(&Rectangle::new([(8, y - 6), (28, y + 6)], FASTER.mix(BAR).filled()))?;
    root.draw(&Rectangle::new([(28, y - 6), (48, y + 6)], SLOWER.mix(BAR).filled()))?;
    label("this crate: faster, slower", 54, y)?;
    upright(root, 250, [y - 8, y + 8], TEXT.stroke_width(3))?;
    label("the goal", 258, y)?;
    upright(root, 334, [y - 8, y + 8], LIMIT.stroke_width(2))?;
    label("the limit", 342, y)?;
    let (mut x, y) = (14, y + LINE);
    for name in peers::NAMES {
        draw_peer(root, name, x, y)?;
        label(name, x + 10, y)?;
        x += 34 + 8 * name.len() as i32;
    }
    Ok(())
}

fn draw_chart(area: &Area<'_>, chart: &Chart) -> Drawn {
    let Chart { name, axes: [counted, measured], counts, ours, tokio } = chart;
    let most = ours.iter().chain(tokio).copied().fold(0.0, f64::max) * 1.25;
    let caption = format!("{name}: {measured}");
    // The steps are even, because each count is the same multiple of the one before.
    let mut builder = ChartBuilder::on(area);
    builder.caption(caption, ("sans-serif", 18).into_font().color(&TEXT)).margin(10).margin_right(24);
    builder.x_label_area_size(40).y_label_area_size(52);
    let mut axes = builder.build_cartesian_2d(0.0..(counts.len() - 1) as f64, 0.0..most)?;
    axes.configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(TEXT.mix(0.35))
        .axis_style(TEXT)
        .label_style(("sans-serif", 15).into_font().color(&TEXT))
        .x_desc(*counted)
        .x_labels(counts.len())
        .x_label_formatter(&|index| short(counts[index.round() as usize]))
        .y_labels(5)
        .y_label_formatter(&|value| format!("{value:.0}"))
        .draw()?;
    for (index, (label, values, color)) in [("this crate", ours, FASTER), ("tokio", tokio, TOKIO)].iter().enumerate() {
        let points = || values.iter().enumerate().map(|(index, &value)| (index as f64, value));
        axes.draw_series(LineSeries::new(points(), color.stroke_width(2)))?;
        axes.draw_series(points().map(|point| Circle::new(point, 3, color.filled())))?;
        // There is room for this label above the highest point.
        let place = ((counts.len() - 1) as f64 * (0.05 + 0.25 * index as f64), most * 0.92);
        let style = ("sans-serif", 16).into_font().color(color).pos(Pos::new(HPos::Left, VPos::Center));
        axes.draw_series([EmptyElement::at(place)
            + Circle::new((-8, 0), 3, color.filled())
            + Text::new(*label, (0, 0), style)])?;
    }
    Ok(())
}

fn short(count: usize) -> String {
    match count {
        1_000_000.. => format!("{}M", count / 1_000_000),
        1_000.. => format!("{}k", count / 1_000),
        _ => count.to_string(),
    }
}
