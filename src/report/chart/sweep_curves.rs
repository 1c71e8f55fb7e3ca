//! The plot of a sweep along one key: every figure over its values, with the interval over the seeds.

use super::drawing::{Anchor, Drawing, Label, Shape};
use super::panel::{SHEET_LEFT, plain};
use super::plane::{Frame, draw_below, draw_rows, draw_title, figure_axis, places, y_of};
use super::style::{BAND, BLUE, GREY, PANEL_LEFT, SHEET_RIGHT, WIDTH};
use crate::experiment::statistics::Estimate;
use crate::experiment::tally::Results;
use crate::report::sweep::finding::headline;

/// Height of the panel of one figure.
const HEIGHT: f64 = 150.0;
/// From one panel to the next.
const STEP: f64 = HEIGHT + 58.0;
/// Width of a step of a band in pixels.
const GRAIN: f64 = 2.0;

/// Draws every figure of a scenario over the values of the only key.
pub fn sweep_curves(results: &Results, scenario: usize) -> Drawing {
    let plan = &results.plan;
    let title = headline(results, scenario);
    let count = plan.figures.len() as f64;
    let mut drawing = Drawing::new(WIDTH, 96.0 + STEP * count + 8.0, &title);
    let subtitle = match plan.seeds {
        1 => format!("{}, one seed", plan.scenarios[scenario].name),
        seeds => format!("{}, mean of {seeds} seeds with its 95 % interval", plan.scenarios[scenario].name),
    };
    draw_title(&mut drawing, &title, &subtitle);
    let axis = &plan.axes[0];
    let (places, is_numeric) = places(&axis.values);
    for position in 0..plan.figures.len() {
        let top = 96.0 + STEP * position as f64;
        let frame = Frame { left: PANEL_LEFT + 24.0, top, right: SHEET_RIGHT - 24.0, bottom: top + HEIGHT };
        let inner = |place: f64| frame.left + 24.0 + (frame.right - frame.left - 48.0) * place;
        let xs: Vec<f64> = places.iter().map(|place| inner(*place)).collect();
        let estimates: Vec<Estimate> =
            results.of_scenario(scenario).iter().map(|one| one.figures[position]).collect();
        draw_figure(&mut drawing, &frame, &plan.figures[position], &xs, &estimates, is_numeric);
        let texts: Vec<(f64, &str)> =
            xs.iter().copied().zip(axis.values.iter().map(String::as_str)).collect();
        draw_below(&mut drawing, &frame, &texts);
    }
    let foot = plain(&axis.key, (SHEET_RIGHT - 24.0, 96.0 + STEP * count - 22.0));
    drawing.text(Label { anchor: Anchor::Right, color: GREY, ..foot });
    drawing
}

fn draw_figure(
    drawing: &mut Drawing,
    frame: &Frame,
    path: &str,
    xs: &[f64],
    estimates: &[Estimate],
    is_numeric: bool,
) {
    let ends = estimates.iter().flat_map(|one| [one.mean(), one.interval().map(|(_, high)| high)]);
    let scale = figure_axis(path, ends.flatten().fold(0.0, f64::max), 4);
    drawing.text(plain(&format!("{path}{}", scale.unit), (SHEET_LEFT, frame.top - 14.0)));
    draw_rows(drawing, frame, &scale.axis);
    let y = |value: f64| y_of(frame, value, &scale.axis);
    let points: Vec<Option<(f64, f64)>> =
        xs.iter().zip(estimates).map(|(x, one)| Some((*x, y(one.mean()?)))).collect();
    let edges: Vec<Option<(f64, f64, f64)>> = xs
        .iter()
        .zip(estimates)
        .map(|(x, one)| one.interval().map(|(low, high)| (*x, y(high), y(low))))
        .collect();
    if is_numeric {
        for pair in edges.windows(2) {
            if let [Some(from), Some(to)] = pair {
                drawing.shapes.push(Shape::Band { steps: between(*from, *to), color: BAND });
            }
        }
        for pair in points.windows(2) {
            if let [Some(from), Some(to)] = pair {
                drawing.line(vec![*from, *to], 2.0, BLUE);
            }
        }
    }
    for (x, high, low) in edges.into_iter().flatten() {
        drawing.line(vec![(x, high), (x, low)], 1.25, BLUE);
    }
    for point in points.into_iter().flatten() {
        drawing.dot(point, 3.5, BLUE);
    }
}

/// A band from one place to the next whose edges run straight, in fine steps.
fn between(from: (f64, f64, f64), to: (f64, f64, f64)) -> Vec<(f64, f64, f64)> {
    let count = ((to.0 - from.0) / GRAIN).ceil().max(1.0);
    let mix = |a: f64, b: f64, share: f64| a + (b - a) * share;
    let step = |number: u32| {
        let share = f64::from(number) / count;
        (mix(from.0, to.0, share), mix(from.1, to.1, share), mix(from.2, to.2, share))
    };
    (0..=count as u32).map(step).collect()
}
