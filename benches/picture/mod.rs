//! The results as bars: readable at a glance, on a light page and on a dark one.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::Measured;

const WIDTH: u32 = 860;
const ROW: u32 = 22;
const MARGIN: u32 = 34;
/// Ratios beyond this are cut off.
const MOST: f64 = 1.4;
/// Where the bars begin, after the names.
const LEFT: u32 = 350;

/// Between black and white, to be seen on both.
const TEXT: RGBColor = RGBColor(128, 128, 128);
const FASTER: RGBColor = RGBColor(46, 160, 98);
const SLOWER: RGBColor = RGBColor(214, 122, 48);

pub(crate) fn draw(path: &Path, results: &[Measured]) -> Result<(), Box<dyn Error>> {
    let height = 2 * MARGIN + ROW * results.len() as u32;
    let root = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    let x = |ratio: f64| (LEFT + ((WIDTH - LEFT - MARGIN) as f64 * ratio.min(MOST) / MOST) as u32) as i32;
    let text =
        |size: u32, horizontal| ("sans-serif", size).into_font().color(&TEXT).pos(Pos::new(horizontal, VPos::Center));

    let title = "time beside tokio's watch (left of the line is faster; the mark is the row's bar)";
    root.draw(&Text::new(title, (8, MARGIN as i32 / 2), text(15, HPos::Left)))?;
    let bottom = (height - MARGIN) as i32;
    for tenth in [0, 5, 10] {
        let at = x(f64::from(tenth) / 10.0);
        let line =
            PathElement::new([(at, MARGIN as i32), (at, bottom)], TEXT.stroke_width(if tenth == 10 { 2 } else { 1 }));
        root.draw(&line)?;
        let label = format!("{:.1}", f64::from(tenth) / 10.0);
        root.draw(&Text::new(label, (at, bottom + 14), text(13, HPos::Center)))?;
    }
    for (row, measured) in results.iter().enumerate() {
        let top = (MARGIN + ROW * row as u32) as i32;
        let middle = top + ROW as i32 / 2;
        let color = if measured.ratio <= 1.0 { FASTER } else { SLOWER };
        root.draw(&Text::new(measured.name, (LEFT as i32 - 8, middle), text(13, HPos::Right)))?;
        root.draw(&Rectangle::new([(x(0.0), top + 4), (x(measured.ratio), top + ROW as i32 - 4)], color.filled()))?;
        let mark = x(measured.bar);
        root.draw(&PathElement::new([(mark, top + 2), (mark, top + ROW as i32 - 2)], TEXT.stroke_width(3)))?;
        let label = format!("{:.2}", measured.ratio);
        let end = x(measured.ratio.max(measured.bar)) + 8;
        root.draw(&Text::new(label, (end, middle), text(13, HPos::Left)))?;
    }
    root.present()?;
    Ok(())
}
