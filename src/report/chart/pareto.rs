//! The plot of a sweep between two figures: every combination, and the front that nobody beats.

use super::drawing::{Anchor, Bounds, Drawing, Label, Point};
use super::font::shortened;
use super::panel::{BELOW_HEADING, SHEET_LEFT, Swatch, draw_key, plain};
use super::plane::{Frame, draw_below, draw_rows, draw_title, figure_axis, x_of, y_of};
use super::style::{BLUE, CROWD, GREY, NOTE_SIZE, PANEL_LEFT, SHEET_RIGHT, SKY, WIDTH};
use crate::experiment::tally::{Combination, Results};
use crate::report::sweep::finding::{headline, short};
use plotters::style::RGBColor;

const PANEL_HEIGHT: f64 = 420.0;
/// Up to so many combinations beside the front show their intervals.
const WITH_INTERVALS: usize = 30;
/// Room for the name of a combination.
const NAME_ROOM: f64 = 220.0;

/// Draws the combinations of a scenario between the two figures of the front.
pub fn pareto(results: &Results, scenario: usize) -> Drawing {
    let plan = &results.plan;
    let [across, up] = results.front_figures();
    let combinations = results.of_scenario(scenario);
    let greatest = |figure: usize| {
        let ends = combinations.iter().flat_map(|one| {
            let estimate = &one.figures[figure];
            [estimate.mean(), estimate.interval().map(|(_, high)| high)]
        });
        ends.flatten().fold(0.0, f64::max)
    };
    let (x_axis, y_axis) = (
        figure_axis(&plan.figures[across], greatest(across), 8),
        figure_axis(&plan.figures[up], greatest(up), 6),
    );
    let top = BELOW_HEADING + 50.0;
    let frame = Frame { left: PANEL_LEFT + 16.0, top, right: SHEET_RIGHT - 24.0, bottom: top + PANEL_HEIGHT };
    let title = front_title(results, combinations);
    let mut drawing = Drawing::new(WIDTH, frame.bottom + 56.0, &title);
    let subtitle = format!("{}: {}", plan.scenarios[scenario].name, headline(results, scenario));
    draw_title(&mut drawing, &title, &subtitle);
    draw_key(&mut drawing, &key(results), BELOW_HEADING);
    drawing.text(plain(&format!("{}{}", plan.figures[up], y_axis.unit), (SHEET_LEFT, frame.top - 14.0)));
    draw_rows(&mut drawing, &frame, &y_axis.axis);
    let ticks: Vec<(f64, &str)> = x_axis
        .axis
        .ticks
        .iter()
        .map(|(value, text)| (x_of(&frame, *value, &x_axis.axis), text.as_str()))
        .collect();
    draw_below(&mut drawing, &frame, &ticks);
    let caption =
        plain(&format!("{}{}", plan.figures[across], x_axis.unit), (frame.right, frame.bottom + 38.0));
    drawing.text(Label { anchor: Anchor::Right, color: GREY, ..caption });
    let x = |value: f64| x_of(&frame, value, &x_axis.axis);
    let y = |value: f64| y_of(&frame, value, &y_axis.axis);
    let point = |one: &Combination| Some((x(one.figures[across].mean()?), y(one.figures[up].mean()?)));
    let cross = |drawing: &mut Drawing, one: &Combination, color| {
        let Some(middle) = point(one) else { return };
        if let Some((low, high)) = one.figures[across].interval() {
            drawing.line(vec![(x(low), middle.1), (x(high), middle.1)], 1.0, color);
        }
        if let Some((low, high)) = one.figures[up].interval() {
            drawing.line(vec![(middle.0, y(low)), (middle.0, y(high))], 1.0, color);
        }
        drawing.dot(middle, 4.0, color);
    };
    let (front, others): (Vec<&Combination>, Vec<&Combination>) =
        combinations.iter().partition(|one| one.is_on_front);
    for one in &others {
        if others.len() <= WITH_INTERVALS {
            cross(&mut drawing, one, CROWD);
        } else if let Some(middle) = point(one) {
            drawing.dot(middle, 3.0, CROWD);
        }
    }
    let mut placed: Vec<(Point, String)> =
        front.iter().filter_map(|one| Some((point(one)?, name(results, one)))).collect();
    placed.sort_by(|one, other| one.0.0.total_cmp(&other.0.0).then(other.0.1.total_cmp(&one.0.1)));
    let stair = placed.windows(2).flat_map(|pair| [pair[0].0, (pair[1].0.0, pair[0].0.1), pair[1].0]);
    // Lighter than the intervals, which may run along it.
    drawing.line(stair.collect(), 2.5, SKY);
    for one in &front {
        cross(&mut drawing, one, BLUE);
    }
    draw_names(&mut drawing, &frame, &placed);
    drawing
}

/// How much of the front there is.
fn front_title(results: &Results, combinations: &[Combination]) -> String {
    let front = combinations.iter().filter(|one| one.is_on_front).count();
    let [first, second] = &results.plan.pareto;
    let verb = if front == 1 { "is" } else { "are" };
    format!(
        "{front} of {} combinations {verb} beaten by no other in {first} and {second}",
        combinations.len()
    )
}

fn key(results: &Results) -> Vec<(Swatch, String)> {
    let keys: Vec<&str> = results.plan.axes.iter().map(|axis| short(&axis.key)).collect();
    let named = if keys.is_empty() { String::new() } else { format!(", with {}", keys.join(", ")) };
    let interval = if results.plan.seeds > 1 { "; lines: 95 % interval of the mean" } else { "" };
    vec![
        (Swatch::Line(BLUE), format!("the front{named}{interval}")),
        (Swatch::Line(CROWD), "all other combinations".to_owned()),
    ]
}

/// The values of a combination in as few words as fit beside a point.
fn name(results: &Results, combination: &Combination) -> String {
    let settings = results.plan.settings(combination.number);
    settings.into_iter().map(|(_, value)| value).collect::<Vec<_>>().join(", ")
}

/// Names beside their points, each where it covers no other name and no point; one without room is left out.
fn draw_names(drawing: &mut Drawing, frame: &Frame, placed: &[(Point, String)]) {
    let spots = placed.iter().map(|((x, y), _)| Bounds {
        left: x - 5.0,
        top: y - 5.0,
        right: x + 5.0,
        bottom: y + 5.0,
    });
    let mut taken: Vec<Bounds> = spots.collect();
    for ((x, y), text) in placed {
        let text = shortened(text, NOTE_SIZE, false, NAME_ROOM);
        let ways = [
            (8.0, -6.0, Anchor::Left),
            (8.0, 13.0, Anchor::Left),
            (-8.0, -6.0, Anchor::Right),
            (-8.0, 13.0, Anchor::Right),
        ];
        let labels = ways.into_iter().map(|(right, down, anchor)| Label {
            anchor,
            size: NOTE_SIZE,
            ..plain(&text, (x + right, y + down))
        });
        let is_free = |label: &Label| {
            let bounds = label.bounds();
            let is_inside = bounds.left >= frame.left
                && bounds.right <= SHEET_RIGHT
                && bounds.top >= frame.top - 8.0
                && bounds.bottom <= frame.bottom;
            is_inside && !taken.iter().any(|other| other.overlaps(&bounds))
        };
        let mut labels = labels;
        if let Some(label) = labels.find(is_free) {
            let bounds = label.bounds();
            // No line may run through the name.
            let white = RGBColor(255, 255, 255);
            drawing.bar((bounds.left - 1.0, bounds.top), (bounds.right + 1.0, bounds.bottom), white);
            taken.push(bounds);
            drawing.text(label);
        }
    }
}
