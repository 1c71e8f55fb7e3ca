//! The plot of a threshold map: of one key a bar of intervals with the figures over it, of two keys the regions.

use super::drawing::{Anchor, Bounds, Drawing, Label};
use super::font::{shortened, text_width};
use super::panel::{BELOW_HEADING, SHEET_LEFT, plain};
use super::style::{
    AXIS, BLUE, GREY, GRID, INK, NODE_COLORS, NOTE_SIZE, ORANGE, PANEL_LEFT, PANEL_RIGHT, SHEET_RIGHT,
    TEXT_SIZE, TITLE_SIZE, WIDTH,
};
use crate::report::figure::{percent, ratio};
use crate::report::threshold_map::{CourseRow, IntervalRow, KeyRow, MapReport};
use crate::units::format_bytes;
use plotters::style::RGBColor;

/// Height of the bar of intervals.
const BAR: f64 = 34.0;
/// Height of a panel of figures.
const PANEL: f64 = 150.0;
/// Height of a map of two keys.
const MAP: f64 = 520.0;
/// A number stands in a box from this width on.
const NUMBER_MIN: f64 = 16.0;

/// The plot.
pub fn threshold_map(report: &MapReport) -> Drawing {
    if report.keys.len() == 1 { line(report) } else { plane(report) }
}

fn heading(drawing: &mut Drawing, report: &MapReport) {
    let room = SHEET_RIGHT - SHEET_LEFT;
    let title = shortened(&report.finding, TITLE_SIZE, true, room);
    drawing.text(Label { size: TITLE_SIZE, is_bold: true, ..plain(&title, (SHEET_LEFT, 28.0)) });
    let subtitle = format!("{}, Milvus {}, seed {}", report.scenario, report.milvus, report.seed);
    let subtitle = shortened(&subtitle, TEXT_SIZE, false, room);
    drawing.text(Label { color: GREY, ..plain(&subtitle, (SHEET_LEFT, 48.0)) });
}

/// From values of a key to places between two edges.
#[derive(Clone, Copy)]
struct Scale {
    values: (f64, f64),
    places: (f64, f64),
}

impl Scale {
    fn new(key: &KeyRow, places: (f64, f64)) -> Scale {
        Scale { values: key.bounds, places }
    }

    fn place(&self, value: f64) -> f64 {
        let width = self.values.1 - self.values.0;
        let share = if width > 0.0 { (value - self.values.0) / width } else { 0.5 };
        self.places.0 + (self.places.1 - self.places.0) * share.clamp(0.0, 1.0)
    }

    /// Round values within the range, at most about ten.
    fn ticks(&self, is_whole: bool) -> Vec<(f64, String)> {
        let width = self.values.1 - self.values.0;
        let mut step = if is_whole { 1.0 } else { 1e-15 };
        let mut factors = [2.0, 2.5, 2.0].into_iter().cycle();
        while step * 10.0 < width {
            step *= factors.next().expect("the cycle has no end");
        }
        let decimals =
            if is_whole || step >= 1.0 { 0 } else { (-libm::log10(step)).ceil().min(15.0) as usize };
        let (first, last) = ((self.values.0 / step).ceil() as i64, (self.values.1 / step).floor() as i64);
        (first..=last)
            .map(|number| number as f64 * step)
            .map(|value| (self.place(value), format!("{value:.decimals$}")))
            .collect()
    }
}

/// Ticks of a level axis, the name of the key below them, and where the scenario stands.
fn level_axis(drawing: &mut Drawing, key: &KeyRow, scale: &Scale, panels: &[(f64, f64)], bottom: f64) {
    drawing.line(vec![(PANEL_LEFT, bottom), (PANEL_RIGHT, bottom)], 1.0, AXIS);
    for (x, text) in scale.ticks(key.is_whole) {
        drawing.line(vec![(x, bottom), (x, bottom + 5.0)], 1.0, AXIS);
        drawing.text(Label { anchor: Anchor::Center, color: GREY, ..plain(&text, (x, bottom + 18.0)) });
    }
    drawing.text(Label {
        anchor: Anchor::Right,
        color: GREY,
        ..plain(&key.key, (PANEL_RIGHT, bottom + 36.0))
    });
    if let Some(given) = key.given.as_ref().and_then(|given| given.parse::<f64>().ok()) {
        let x = scale.place(given);
        for (top, bottom) in panels {
            drawing.dashes((x, *top), (x, *bottom), 1.25, INK);
        }
        drawing.text(Label {
            anchor: Anchor::Left,
            color: GREY,
            ..plain("dashed: where the scenario stands", (PANEL_LEFT, bottom + 36.0))
        });
    }
}

fn line(report: &MapReport) -> Drawing {
    let key = &report.keys[0];
    let scale = Scale::new(key, (PANEL_LEFT, PANEL_RIGHT));
    let bar_top = BELOW_HEADING + 10.0;
    let skew_top = bar_top + BAR + 42.0;
    let moves_top = skew_top + PANEL + 42.0;
    let bottom = moves_top + PANEL;
    let mut drawing = Drawing::new(WIDTH, bottom + 52.0, &report.finding);
    heading(&mut drawing, report);
    drawing.text(plain("Courses: within an interval the whole run is the same", (SHEET_LEFT, BELOW_HEADING)));
    for interval in &report.intervals {
        let (left, right) = edges(interval, 0, &scale);
        drawing.bar((left, bar_top), (right, bar_top + BAR), tint(interval.course));
        number(&mut drawing, interval.course, (left, right), (bar_top, bar_top + BAR));
    }
    for interval in report.intervals.iter().skip(1) {
        let x = scale.place(interval.values[0].bounds.0);
        drawing.line(vec![(x, bar_top), (x, bar_top + BAR)], 1.0, RGBColor(255, 255, 255));
    }
    let skew = |course: &CourseRow| course.max_difference_mean;
    let moved = |course: &CourseRow| course.moves_bytes.map(|bytes| bytes as f64);
    let caption =
        "Fullest query node less emptiest, mean over time, in % of memory (skew.mean.max_difference)";
    steps(&mut drawing, report, &scale, (skew_top, caption), &skew, &percent, BLUE);
    let caption = "Bytes moved (moves.bytes)";
    steps(
        &mut drawing,
        report,
        &scale,
        (moves_top, caption),
        &moved,
        &|bytes| format_bytes(bytes as u64),
        ORANGE,
    );
    let panels = [(bar_top, bar_top + BAR), (skew_top, skew_top + PANEL), (moves_top, bottom)];
    level_axis(&mut drawing, key, &scale, &panels, bottom);
    drawing
}

/// A figure as steps over the key.
fn steps(
    drawing: &mut Drawing,
    report: &MapReport,
    scale: &Scale,
    (top, caption): (f64, &str),
    figure: &dyn Fn(&CourseRow) -> Option<f64>,
    show: &dyn Fn(f64) -> String,
    color: RGBColor,
) {
    drawing.text(plain(caption, (SHEET_LEFT, top - 14.0)));
    let value = |interval: &IntervalRow| figure(&report.courses[interval.course - 1]);
    let greatest = report.intervals.iter().filter_map(value).fold(0.0, f64::max);
    let height = |value: f64| top + PANEL - PANEL * if greatest > 0.0 { value / greatest } else { 0.0 };
    for share in [0.0, 0.5, 1.0] {
        let y = height(greatest * share);
        drawing.line(vec![(PANEL_LEFT, y), (PANEL_RIGHT, y)], 1.0, GRID);
        if greatest > 0.0 || share == 0.0 {
            let text = show(greatest * share);
            let at = (PANEL_LEFT - 8.0, y + 0.36 * TEXT_SIZE);
            drawing.text(Label { anchor: Anchor::Right, color: GREY, ..plain(&text, at) });
        }
    }
    let mut last: Option<(f64, f64)> = None;
    for interval in &report.intervals {
        let (left, right) = edges(interval, 0, scale);
        let Some(y) = value(interval).map(height) else {
            last = None;
            continue;
        };
        if let Some((end, before)) = last.filter(|(end, _)| (end - left).abs() < 1e-6) {
            drawing.line(vec![(end, before), (left, y)], 2.0, color);
        }
        drawing.line(vec![(left, y), (right.max(left + 1.0), y)], 2.0, color);
        last = Some((right, y));
    }
}

fn plane(report: &MapReport) -> Drawing {
    let (across, up) = (&report.keys[0], &report.keys[1]);
    let top = BELOW_HEADING + 30.0;
    let bottom = top + MAP;
    let (x, y) = (Scale::new(across, (PANEL_LEFT, PANEL_RIGHT)), Scale::new(up, (bottom, top)));
    let mut drawing = Drawing::new(WIDTH, bottom + 52.0, &report.finding);
    heading(&mut drawing, report);
    drawing.text(plain(&format!("{} upwards", up.key), (SHEET_LEFT, BELOW_HEADING)));
    let skews: Vec<f64> = report.courses.iter().filter_map(|course| course.max_difference_mean).collect();
    let least = skews.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = skews.iter().copied().fold(0.0, f64::max);
    let scale = format!(
        "Colour: mean skew (skew.mean.max_difference), from {} (light) to {} (dark); numbers: courses",
        ratio(Some(least).filter(|least| least.is_finite())),
        ratio(Some(greatest))
    );
    drawing.text(Label { color: GREY, ..plain(&scale, (SHEET_LEFT, BELOW_HEADING + 17.0)) });
    let boxes: Vec<(Bounds, usize)> = report
        .intervals
        .iter()
        .map(|interval| {
            let ((left, right), (lower, upper)) = (edges(interval, 0, &x), edges(interval, 1, &y));
            (Bounds { left, top: upper, right, bottom: lower }, interval.course)
        })
        .collect();
    for (bounds, course) in &boxes {
        let skew = report.courses[course - 1].max_difference_mean;
        let color = skew.map_or(GRID, |skew| shade(skew, least, greatest));
        drawing.bar((bounds.left, bounds.top), (bounds.right, bounds.bottom), color);
    }
    borders(&mut drawing, &boxes);
    numbers(&mut drawing, report, &boxes);
    for (place, text) in y.ticks(up.is_whole) {
        let at = (PANEL_LEFT - 8.0, place + 0.36 * TEXT_SIZE);
        drawing.text(Label { anchor: Anchor::Right, color: GREY, ..plain(&text, at) });
    }
    level_axis(&mut drawing, across, &x, &[(top, bottom)], bottom);
    if let Some(given) = up.given.as_ref().and_then(|given| given.parse::<f64>().ok()) {
        let place = y.place(given);
        drawing.dashes((PANEL_LEFT, place), (PANEL_RIGHT, place), 1.25, INK);
    }
    drawing
}

/// Lines between boxes of different courses; boxes of one course run into each other.
fn borders(drawing: &mut Drawing, boxes: &[(Bounds, usize)]) {
    let near = |one: f64, other: f64| (one - other).abs() < 1e-6;
    for (place, (one, course)) in boxes.iter().enumerate() {
        for (other, _) in boxes[place + 1..].iter().filter(|(_, other)| other != course) {
            let (from, to) = (one.top.max(other.top), one.bottom.min(other.bottom));
            for x in [(one.right, other.left), (one.left, other.right)] {
                if near(x.0, x.1) && from < to {
                    drawing.line(vec![(x.0, from), (x.0, to)], 1.0, INK);
                }
            }
            let (from, to) = (one.left.max(other.left), one.right.min(other.right));
            for y in [(one.bottom, other.top), (one.top, other.bottom)] {
                if near(y.0, y.1) && from < to {
                    drawing.line(vec![(from, y.0), (to, y.0)], 1.0, INK);
                }
            }
        }
    }
}

/// Every course's number in the largest of its boxes.
fn numbers(drawing: &mut Drawing, report: &MapReport, boxes: &[(Bounds, usize)]) {
    for course in 1..=report.courses.len() {
        let area = |bounds: &Bounds| (bounds.right - bounds.left) * (bounds.bottom - bounds.top);
        let own = boxes.iter().filter(|(_, other)| *other == course).map(|(bounds, _)| bounds);
        if let Some(bounds) = own.reduce(|best, next| if area(next) > area(best) { next } else { best })
            && bounds.bottom - bounds.top >= 12.0
        {
            number(drawing, course, (bounds.left, bounds.right), (bounds.top, bounds.bottom));
        }
    }
}

fn number(drawing: &mut Drawing, number: usize, across: (f64, f64), down: (f64, f64)) {
    let text = number.to_string();
    let width = across.1 - across.0;
    if width >= NUMBER_MIN.max(text_width(&text, NOTE_SIZE, false) + 4.0) {
        let at = (f64::midpoint(across.0, across.1), f64::midpoint(down.0, down.1) + 0.36 * NOTE_SIZE);
        drawing.text(Label { anchor: Anchor::Center, size: NOTE_SIZE, ..plain(&text, at) });
    }
}

fn edges(interval: &IntervalRow, key: usize, scale: &Scale) -> (f64, f64) {
    let (low, high) = interval.values[key].bounds;
    (scale.place(low), scale.place(high))
}

/// A light colour of a course: neighbours differ.
fn tint(course: usize) -> RGBColor {
    let RGBColor(red, green, blue) = NODE_COLORS[(course - 1) % NODE_COLORS.len()];
    let light = |part: u8| 255 - (255 - part) / 2;
    RGBColor(light(red), light(green), light(blue))
}

/// From nearly white to blue, leaving ink readable on it.
fn shade(value: f64, least: f64, greatest: f64) -> RGBColor {
    let share = if greatest > least { (value - least) / (greatest - least) } else { 0.0 };
    let between = |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * share) as u8;
    RGBColor(between(0xf4, 0x56), between(0xf8, 0xa4), between(0xfc, 0xd8))
}
