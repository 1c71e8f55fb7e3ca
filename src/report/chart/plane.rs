//! A frame with a figure on one or both axes, and how figures and values of keys lie along an axis.

use super::drawing::{Anchor, Bounds, Drawing, Label};
use super::font::{shortened, text_width};
use super::panel::{SHEET_LEFT, plain};
use super::style::{AXIS, GREY, GRID, SHEET_RIGHT, TEXT_SIZE, TITLE_SIZE};
use super::value_axis::{ValueAxis, round_values};
use crate::report::sweep::finding::{Unit, unit};

/// Where something may be drawn, in pixels.
pub(super) type Frame = Bounds;

/// The axis of a figure from 0: ticks in its unit, and that unit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FigureAxis {
    pub(super) axis: ValueAxis,
    /// What a value is divided by to be in that unit.
    pub(super) divisor: f64,
    /// What stands behind the figure's path: ` in GiB`, or nothing.
    pub(super) unit: String,
}

/// An axis that takes in `greatest`, with at most so many steps.
pub(super) fn figure_axis(path: &str, greatest: f64, most: u32) -> FigureAxis {
    let (divisor, name) = match unit(path) {
        Unit::Bytes => {
            scaled(greatest, &[(1.0, "B"), (KIB, "KiB"), (MIB, "MiB"), (GIB, "GiB"), (TIB, "TiB")])
        }
        Unit::Milliseconds => scaled(greatest / 3.0, &[(1.0, "ms"), (1e3, "s"), (6e4, "min"), (3.6e6, "h")]),
        Unit::Plain => (1.0, ""),
    };
    let (step, values) = match greatest {
        // Nothing but zeros.
        0.0 => (1.0, vec![0.0, 1.0]),
        _ => round_values(greatest / divisor, 1e-6, most),
    };
    let (mut decimals, mut shifted) = (0_usize, step);
    while decimals < 6 && (shifted + 1e-6).fract() > 1e-5 {
        decimals += 1;
        shifted *= 10.0;
    }
    let text = |value: f64| match (decimals, value) {
        (0, value) => crate::report::figure::count(value.round() as u64),
        (decimals, value) => format!("{value:.decimals$}"),
    };
    let ticks: Vec<(f64, String)> = values.iter().map(|value| (value * divisor, text(*value))).collect();
    let end = ticks.last().map_or(1.0, |(value, _)| *value);
    let unit = if name.is_empty() { String::new() } else { format!(" in {name}") };
    FigureAxis { axis: ValueAxis { end, ticks }, divisor, unit }
}

const KIB: f64 = 1_024.0;
const MIB: f64 = KIB * KIB;
const GIB: f64 = MIB * KIB;
const TIB: f64 = GIB * KIB;

/// The greatest unit that a value reaches.
fn scaled(value: f64, units: &[(f64, &'static str)]) -> (f64, &'static str) {
    units.iter().copied().rev().find(|(divisor, _)| value >= *divisor).unwrap_or(units[0])
}

/// Where the values of a key lie between 0 and 1: by size where all are ascending numbers, else evenly.
pub(super) fn places(values: &[String]) -> (Vec<f64>, bool) {
    let numbers: Option<Vec<f64>> = values.iter().map(|value| value.parse().ok()).collect();
    let is_ascending = |numbers: &Vec<f64>| numbers.windows(2).all(|pair| pair[0] < pair[1]);
    let even = |place: usize| (place as f64 + 0.5) / values.len() as f64;
    match numbers.filter(is_ascending) {
        Some(numbers) if numbers.len() > 1 => {
            let (first, last) = (numbers[0], numbers[numbers.len() - 1]);
            (numbers.iter().map(|number| (number - first) / (last - first)).collect(), true)
        }
        _ => ((0..values.len()).map(even).collect(), false),
    }
}

/// Height of a value in a frame.
pub(super) fn y_of(frame: &Frame, value: f64, axis: &ValueAxis) -> f64 {
    frame.bottom - (frame.bottom - frame.top) * (value / axis.end).clamp(0.0, 1.0)
}

/// Place of a value in a frame, to the right.
pub(super) fn x_of(frame: &Frame, value: f64, axis: &ValueAxis) -> f64 {
    frame.left + (frame.right - frame.left) * (value / axis.end).clamp(0.0, 1.0)
}

/// Level grid lines with their numbers to the left.
pub(super) fn draw_rows(drawing: &mut Drawing, frame: &Frame, axis: &ValueAxis) {
    for (value, text) in &axis.ticks {
        let y = y_of(frame, *value, axis);
        drawing.line(vec![(frame.left, y), (frame.right, y)], 1.0, GRID);
        let label = plain(text, (frame.left - 8.0, y + 0.36 * TEXT_SIZE));
        drawing.text(Label { anchor: Anchor::Right, color: GREY, ..label });
    }
    drawing.line(vec![(frame.left, frame.bottom), (frame.right, frame.bottom)], 1.0, AXIS);
}

/// Texts below a frame at their places, from left to right; one that would touch its neighbour is left out.
pub(super) fn draw_below(drawing: &mut Drawing, frame: &Frame, texts: &[(f64, &str)]) {
    let mut free_from = f64::NEG_INFINITY;
    for (x, text) in texts {
        drawing.line(vec![(*x, frame.bottom), (*x, frame.bottom + 5.0)], 1.0, AXIS);
        let half = text_width(text, TEXT_SIZE, false) / 2.0;
        if x - half < free_from {
            continue;
        }
        free_from = x + half + 8.0;
        let label = plain(text, (*x, frame.bottom + 18.0));
        drawing.text(Label { anchor: Anchor::Center, color: GREY, ..label });
    }
}

/// What came out as title, and below it what was run.
pub(super) fn draw_title(drawing: &mut Drawing, title: &str, subtitle: &str) {
    let room = SHEET_RIGHT - SHEET_LEFT;
    let title = plain(&shortened(title, TITLE_SIZE, true, room), (SHEET_LEFT, 28.0));
    drawing.text(Label { size: TITLE_SIZE, is_bold: true, ..title });
    let subtitle = plain(&shortened(subtitle, TEXT_SIZE, false, room), (SHEET_LEFT, 48.0));
    drawing.text(Label { color: GREY, ..subtitle });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(path: &str, greatest: f64) -> String {
        let axis = figure_axis(path, greatest, 5);
        axis.axis.ticks.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ") + &axis.unit
    }

    #[test]
    fn ticks_are_in_the_figures_unit() {
        assert_eq!(texts("moves.bytes", 10.3e9), "0 2 4 6 8 10 in GiB");
        assert_eq!(texts("settle.0.settle_ms", 90_000.0), "0 20 40 60 80 100 in s");
        assert_eq!(texts("skew.mean.max_difference", 0.173), "0.00 0.05 0.10 0.15 0.20");
        assert_eq!(texts("moves.completed", 1_234.0), "0 500 1,000 1,500");
        assert_eq!(texts("moves.net_zero_ratio", 0.0), "0 1");
    }

    #[test]
    fn numbers_lie_by_size_and_words_evenly() {
        let values = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(places(&values("1 2 5")), (vec![0.0, 0.25, 1.0], true));
        assert_eq!(places(&values("a b")), (vec![0.25, 0.75], false));
        assert_eq!(places(&values("5")), (vec![0.5], false));
    }
}
