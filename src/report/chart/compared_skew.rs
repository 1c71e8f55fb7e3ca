//! The plot of memory skew of several runs of one scenario, one curve each.

use super::curve::{along, pieces};
use super::drawing::Drawing;
use super::font::shortened;
use super::panel::{BELOW_HEADING, EndLabel, Panel, SHEET_LEFT, draw_end_labels, plain};
use super::style::{CROWD, GREY, NODE_COLORS, SHEET_RIGHT, TEXT_SIZE, TITLE_SIZE, WIDTH};
use super::value_axis::percents;
use crate::experiment::run_all::Course;

const PANEL_HEIGHT: f64 = 360.0;
/// Up to so many curves have a colour and a name each; the rest is drawn thin behind them.
const NAMED: usize = 14;

/// One run of several.
#[derive(Debug, Clone, Copy)]
pub struct ComparedRun<'a> {
    /// What tells it from the others.
    pub label: &'a str,
    /// Its course.
    pub course: &'a Course,
}

/// Draws the curves of all runs over one another.
pub fn compared_skew(scenario: &str, finding: &str, duration_ms: u64, runs: &[ComparedRun<'_>]) -> Drawing {
    let values = runs.iter().flat_map(|run| run.course.max_difference.iter().flatten());
    let axis = percents(values.copied().fold(0.0, f64::max));
    let top = BELOW_HEADING + 16.0;
    let panel = Panel { top, bottom: top + PANEL_HEIGHT, duration_ms, end: axis.end };
    let mut drawing = Drawing::new(WIDTH, panel.bottom + 52.0, finding);
    let room = SHEET_RIGHT - SHEET_LEFT;
    let headline = finding.split_once(':').map_or(finding, |(first, _)| first);
    let title = plain(&shortened(headline, TITLE_SIZE, true, room), (SHEET_LEFT, 28.0));
    drawing.text(super::drawing::Label { size: TITLE_SIZE, is_bold: true, ..title });
    let subtitle = plain(&shortened(scenario, TEXT_SIZE, false, room), (SHEET_LEFT, 48.0));
    drawing.text(super::drawing::Label { color: GREY, ..subtitle });
    let caption = "Fullest query node less emptiest, in % of memory (max_difference)";
    drawing.text(plain(caption, (SHEET_LEFT, BELOW_HEADING)));
    panel.draw_values(&mut drawing, &axis);
    panel.draw_times(&mut drawing);
    let mut labels = Vec::new();
    // The first is drawn last, so that of equal curves it is the one that is seen.
    for (position, run) in runs.iter().enumerate().rev() {
        labels.extend(draw_run(&mut drawing, &panel, run, position));
    }
    if labels.is_empty() {
        panel.draw_empty(&mut drawing, "No query node was counted at any instant, so there is no skew.");
    }
    labels.reverse();
    draw_end_labels(&mut drawing, &panel, labels);
    panel.draw_foot(&mut drawing, "");
    drawing
}

/// Draws one curve and returns its name; `None` = it is nowhere defined, or one of a crowd.
fn draw_run(
    drawing: &mut Drawing,
    panel: &Panel,
    run: &ComparedRun<'_>,
    position: usize,
) -> Option<EndLabel> {
    let is_named = position < NAMED;
    let color = if is_named { NODE_COLORS[position % NODE_COLORS.len()] } else { CROWD };
    let is_dotted = is_named && position >= NODE_COLORS.len();
    let mut end = None;
    for piece in pieces(panel, &run.course.times_ms, &run.course.max_difference, 1.0) {
        end = piece.points.last().copied();
        if is_dotted {
            for point in along(&piece.points, 48.0) {
                drawing.dot(point, 3.5, color);
            }
        }
        match piece.points.as_slice() {
            [only] => drawing.dot(*only, 3.5, color),
            _ => drawing.line(piece.points, if is_named { 2.0 } else { 1.0 }, color),
        }
    }
    let end = end.filter(|_| is_named)?;
    Some(EndLabel { is_dotted, ..EndLabel::new(end.1, run.label.to_owned(), color) })
}
