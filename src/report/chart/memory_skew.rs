//! The plot of memory skew over time, with the bound that no placement beats and Milvus's threshold.

use super::curve::{bands, pieces};
use super::drawing::Drawing;
use super::input::PlotInput;
use super::mark_row::MarkRow;
use super::panel::{
    BELOW_HEADING, EndLabel, Panel, SHEET_LEFT, Swatch, below_key, draw_end_labels, draw_heading, draw_key,
    plain,
};
use super::style::{BLUE, BOUND, GREY, LINE_STEP, WIDTH};
use super::value_axis::percents;
use crate::report::figure::{number, percent};
use crate::report::verdict::course;

const PANEL_HEIGHT: f64 = 330.0;

/// Draws the plot.
pub fn memory_skew(input: &PlotInput<'_>) -> Drawing {
    let curves = input.curves;
    let marks = MarkRow::new(input.story, input.duration_ms);
    let key = key(input);
    let top = below_key(&key) + marks.height();
    let axis = percents(greatest(input));
    let panel = Panel { top, bottom: top + PANEL_HEIGHT, duration_ms: input.duration_ms, end: axis.end };
    let height = panel.bottom + 52.0 + marks.list_height();

    let mut drawing = Drawing::new(WIDTH, height, &title(input));
    draw_heading(&mut drawing, input);
    let caption = "Fullest query node less emptiest, in % of memory (max_difference)";
    drawing.text(plain(caption, (SHEET_LEFT, BELOW_HEADING)));
    draw_key(&mut drawing, &key, BELOW_HEADING + LINE_STEP);
    panel.draw_values(&mut drawing, &axis);
    let edges: Vec<_> = curves.bound.iter().map(|bound| bound.map(|bound| (0.0, bound))).collect();
    for steps in bands(&panel, &curves.times_ms, &edges, 1.0) {
        drawing.shapes.push(super::drawing::Shape::Band { steps, color: BOUND });
    }
    marks.draw_lines(&mut drawing, panel.top, panel.bottom);
    marks.draw_words(&mut drawing, panel.top);
    panel.draw_times(&mut drawing);
    draw_curve(&mut drawing, &panel, input);
    panel.draw_foot(&mut drawing, input.digest);
    marks.draw_list(&mut drawing, panel.bottom + 60.0);
    drawing
}

fn draw_curve(drawing: &mut Drawing, panel: &Panel, input: &PlotInput<'_>) {
    let curves = input.curves;
    let mut labels = Vec::new();
    if let Some(threshold) = input.max_difference_threshold {
        panel.draw_threshold(drawing, threshold);
        labels.push(EndLabel::new(panel.y(threshold), format!("limit {}", percent(threshold)), GREY));
    }
    let mut end = None;
    for piece in pieces(panel, &curves.times_ms, &curves.max_difference, 1.0) {
        end = piece.points.last().copied();
        match piece.points.as_slice() {
            [only] => drawing.dot(*only, 3.5, BLUE),
            _ => drawing.line(piece.points, 2.25, BLUE),
        }
    }
    if let (Some(end), Some(Some(last))) = (end, curves.max_difference.last()) {
        labels.push(EndLabel {
            is_bold: true,
            ..EndLabel::new(end.1, format!("end {}", percent(*last)), BLUE)
        });
    }
    if end.is_none() {
        panel.draw_empty(drawing, "No query node was counted at any instant, so there is no skew.");
    }
    draw_end_labels(drawing, panel, labels);
}

fn key(input: &PlotInput<'_>) -> Vec<(Swatch, String)> {
    let mut key = vec![(Swatch::Line(BLUE), "max_difference".to_string())];
    if input.curves.bound.iter().flatten().any(|bound| *bound > 0.0) {
        key.push((Swatch::Area(BOUND), "no placement of these segments gets below (bound)".to_string()));
    }
    if let Some(threshold) = input.max_difference_threshold {
        let value = number((threshold * 1e6).round() / 1e4);
        key.push((Swatch::Dashes, format!("queryCoord.memoryUsageMaxDifferencePercentage = {value}")));
    }
    key
}

/// Greatest value to show: a threshold far above everything would flatten the curve, but where the curve
/// stands against the threshold is what the plot is for.
fn greatest(input: &PlotInput<'_>) -> f64 {
    let values = input.curves.max_difference.iter().chain(&input.curves.bound).flatten().copied();
    values.chain(input.max_difference_threshold.map(|threshold| threshold.min(1.0))).fold(0.0, f64::max)
}

fn title(input: &PlotInput<'_>) -> String {
    let defined: Vec<f64> = input.curves.max_difference.iter().flatten().copied().collect();
    let (Some(start), Some(end)) = (defined.first(), defined.last()) else {
        return "Memory skew is undefined: no query node was counted".to_string();
    };
    let peak = defined.iter().copied().fold(0.0, f64::max);
    let course = course(*start, peak, *end, percent);
    let limit = match input.max_difference_threshold {
        Some(limit) if *end > limit => format!(", above the limit of {}", percent(limit)),
        Some(limit) => format!(", within the limit of {}", percent(limit)),
        None => String::new(),
    };
    format!("Memory skew {course}{limit}")
}
