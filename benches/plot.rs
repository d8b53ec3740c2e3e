//! The ratios as bars, each with what it has to reach.

use std::path::Path;

use plotters::prelude::*;

use crate::{Result, report::Compared};

const WIDTH: u32 = 860;
const ROW: u32 = 44;
const LEFT: i32 = 360;
const UNIT: f64 = 380.0;

/// Draws the rates; a latency's ratio says nothing beside them.
pub fn draw(file: &Path, compared: &[Compared]) -> Result<()> {
    let rates: Vec<&Compared> = compared.iter().filter(|it| it.unit == "/s").collect();
    let height = ROW * u32::try_from(rates.len())? + 40;
    let canvas = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
    canvas.fill(&WHITE)?;
    let text = ("sans-serif", 15).into_font().color(&BLACK);
    let bar = RGBColor(36, 99, 235);
    for (at, it) in rates.iter().enumerate() {
        let top = i32::try_from(ROW)? * i32::try_from(at)? + 12;
        #[expect(clippy::cast_possible_truncation, reason = "pixels")]
        let x = |ratio: f64| LEFT + (ratio * UNIT).round() as i32;
        canvas.draw_text(&it.what, &text, (12, top + 2))?;
        canvas.draw_text(
            it.limit,
            &("sans-serif", 12).into_font().color(&RGBColor(90, 90, 90)),
            (12, top + 19),
        )?;
        canvas.draw(&Rectangle::new(
            [(LEFT, top), (x(1.0), top + 26)],
            RGBColor(226, 232, 240).filled(),
        ))?;
        canvas.draw(&Rectangle::new(
            [(LEFT, top), (x(it.ratio.min(1.15)), top + 26)],
            bar.filled(),
        ))?;
        canvas.draw(&PathElement::new(
            [(x(it.wanted), top - 4), (x(it.wanted), top + 30)],
            RED.stroke_width(2),
        ))?;
        canvas.draw_text(
            &format!("{:.2}", it.ratio),
            &text,
            (x(it.ratio.clamp(1.0, 1.15)) + 10, top + 5),
        )?;
    }
    canvas.draw_text(
        "grey: the limit; red: what is wanted",
        &("sans-serif", 12).into_font().color(&RGBColor(90, 90, 90)),
        (LEFT, i32::try_from(height)? - 22),
    )?;
    canvas.present()?;
    Ok(())
}
