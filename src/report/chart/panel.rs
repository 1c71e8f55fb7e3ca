//! The frame of a plot: heading, axes, grid, and where a time or a value lies.

use super::drawing::{Anchor, Bounds, Drawing, Label, Point};
use super::font::{shortened, text_width};
use super::input::PlotInput;
use super::style::{
    AXIS, GREY, GRID, INK, LINE_STEP, NOTE_SIZE, PANEL_LEFT, PANEL_RIGHT, SHEET_RIGHT, TEXT_SIZE, TITLE_SIZE,
    WIDTH,
};
use super::time_axis;
use super::value_axis::ValueAxis;
use plotters::style::RGBColor;

/// Where everything begins at the left.
pub(super) const SHEET_LEFT: f64 = 16.0;

/// Base line of the first line below the heading.
pub(super) const BELOW_HEADING: f64 = 74.0;

/// The area in which curves are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Panel {
    /// Upper edge.
    pub(super) top: f64,
    /// Lower edge, where the value is 0.
    pub(super) bottom: f64,
    /// Time at the right edge.
    pub(super) duration_ms: u64,
    /// Value at the upper edge; above 0.
    pub(super) end: f64,
}

/// Place of a time between the left and the right edge of every panel.
pub(super) fn x_of(t_ms: u64, duration_ms: u64) -> f64 {
    let share = t_ms as f64 / duration_ms.max(1) as f64;
    PANEL_LEFT + (PANEL_RIGHT - PANEL_LEFT) * share.min(1.0)
}

impl Panel {
    /// Place of a time.
    pub(super) fn x(&self, t_ms: u64) -> f64 {
        x_of(t_ms, self.duration_ms)
    }

    /// Place of a value; what lies above the panel is drawn at its edge.
    pub(super) fn y(&self, value: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * (value / self.end).clamp(0.0, 1.0)
    }

    /// Grid and numbers of the value axis.
    pub(super) fn draw_values(&self, drawing: &mut Drawing, axis: &ValueAxis) {
        for (value, text) in &axis.ticks {
            let y = self.y(*value);
            drawing.line(vec![(PANEL_LEFT, y), (PANEL_RIGHT, y)], 1.0, GRID);
            drawing.text(Label {
                anchor: Anchor::Right,
                color: GREY,
                ..plain(text, (PANEL_LEFT - 8.0, y + 0.36 * TEXT_SIZE))
            });
        }
    }

    /// The line at the foot with short strokes at the times, and the times below it.
    pub(super) fn draw_times(&self, drawing: &mut Drawing) {
        drawing.line(vec![(PANEL_LEFT, self.bottom), (PANEL_RIGHT, self.bottom)], 1.0, AXIS);
        for (t_ms, text) in time_axis::ticks(self.duration_ms, 8) {
            let x = self.x(t_ms);
            drawing.line(vec![(x, self.bottom), (x, self.bottom + 5.0)], 1.0, AXIS);
            drawing.text(Label {
                anchor: Anchor::Center,
                color: GREY,
                ..plain(&text, (x, self.bottom + 18.0))
            });
        }
    }

    /// What the time axis shows, and the digest of the run; takes the line below the times.
    pub(super) fn draw_foot(&self, drawing: &mut Drawing, digest: &str) {
        let y = self.bottom + 36.0;
        drawing.text(Label {
            anchor: Anchor::Right,
            color: GREY,
            ..plain("time since the start of the run", (PANEL_RIGHT, y))
        });
        if !digest.is_empty() {
            let text = format!("digest {digest}");
            drawing.text(Label { color: AXIS, size: NOTE_SIZE, ..plain(&text, (PANEL_LEFT, y)) });
        }
    }

    /// A horizontal dashed line at a threshold.
    pub(super) fn draw_threshold(&self, drawing: &mut Drawing, value: f64) {
        let y = self.y(value);
        drawing.dashes((PANEL_LEFT, y), (PANEL_RIGHT, y), 1.25, GREY);
    }

    /// The area of the panel.
    pub(super) fn bounds(&self) -> Bounds {
        Bounds { left: PANEL_LEFT, top: self.top, right: PANEL_RIGHT, bottom: self.bottom }
    }

    /// A sentence in the middle of a panel that has nothing to show.
    pub(super) fn draw_empty(&self, drawing: &mut Drawing, sentence: &str) {
        let bounds = self.bounds();
        let middle = ((bounds.left + bounds.right) / 2.0, (bounds.top + bounds.bottom) / 2.0);
        drawing.text(Label { anchor: Anchor::Center, color: GREY, ..plain(sentence, middle) });
    }
}

/// Text of the usual size and colour that begins at a place.
pub(super) fn plain(text: &str, at: Point) -> Label {
    Label { text: text.to_string(), at, size: TEXT_SIZE, is_bold: false, color: INK, anchor: Anchor::Left }
}

/// The finding as title, and below it what ran.
pub(super) fn draw_heading(drawing: &mut Drawing, input: &PlotInput<'_>) {
    let title = shortened(&drawing.title, TITLE_SIZE, true, SHEET_RIGHT - SHEET_LEFT);
    drawing.text(Label { size: TITLE_SIZE, is_bold: true, ..plain(&title, (SHEET_LEFT, 28.0)) });
    let parts: Vec<&str> =
        [input.scenario, input.subtitle].into_iter().filter(|part| !part.is_empty()).collect();
    let subtitle = shortened(&parts.join(" · "), TEXT_SIZE, false, SHEET_RIGHT - SHEET_LEFT);
    drawing.text(Label { color: GREY, ..plain(&subtitle, (SHEET_LEFT, 48.0)) });
}

/// How an entry of the key below a heading is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Swatch {
    /// A curve.
    Line(RGBColor),
    /// A threshold.
    Dashes,
    /// An area or a bar.
    Area(RGBColor),
}

/// Draws the entries of a key from left to right at a base line, in as many lines as they take, and returns
/// the base line of the next line.
pub(super) fn draw_key(drawing: &mut Drawing, entries: &[(Swatch, String)], baseline: f64) -> f64 {
    let (mut x, mut y) = (SHEET_LEFT, baseline);
    for (swatch, text) in entries {
        let width = 24.0 + text_width(text, TEXT_SIZE, false);
        if x > SHEET_LEFT && x + width > SHEET_RIGHT {
            (x, y) = (SHEET_LEFT, y + LINE_STEP);
        }
        let middle = y - 0.34 * TEXT_SIZE;
        match swatch {
            Swatch::Line(color) => drawing.line(vec![(x, middle), (x + 16.0, middle)], 2.5, *color),
            Swatch::Dashes => drawing.dashes((x, middle), (x + 16.0, middle), 1.25, GREY),
            Swatch::Area(color) => drawing.bar((x, middle - 5.0), (x + 16.0, middle + 5.0), *color),
        }
        drawing.text(plain(text, (x + 22.0, y)));
        x += width + 20.0;
    }
    if entries.is_empty() { baseline } else { y + LINE_STEP }
}

/// Where a panel may begin below a heading with such a key.
pub(super) fn below_key(entries: &[(Swatch, String)]) -> f64 {
    // Laid out on a sheet that is thrown away, only to see how many lines the key takes.
    draw_key(&mut Drawing::new(WIDTH, 0.0, ""), entries, BELOW_HEADING + LINE_STEP) - LINE_STEP + 16.0
}

/// The name of a curve, at its right end.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EndLabel {
    /// Where the curve ends.
    pub(super) y: f64,
    /// The name.
    pub(super) text: String,
    /// Colour of the curve.
    pub(super) color: RGBColor,
    /// Whether the curve carries dots.
    pub(super) is_dotted: bool,
    /// Whether the name is bold.
    pub(super) is_bold: bool,
}

impl EndLabel {
    /// The name of a plain curve.
    pub(super) fn new(y: f64, text: String, color: RGBColor) -> Self {
        EndLabel { y, text, color, is_dotted: false, is_bold: false }
    }
}

/// Names at the right edge of a panel: each as near to its height as the others allow.
pub(super) fn draw_end_labels(drawing: &mut Drawing, panel: &Panel, mut labels: Vec<EndLabel>) {
    let step = 15.0;
    labels.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut heights: Vec<f64> = Vec::with_capacity(labels.len());
    for label in &labels {
        let lowest = heights.last().map_or(panel.top + 4.0, |above| above + step);
        heights.push(label.y.max(lowest));
    }
    let mut limit = panel.bottom;
    for height in heights.iter_mut().rev() {
        *height = height.min(limit);
        limit = *height - step;
    }
    for (label, height) in labels.into_iter().zip(heights) {
        let (from, to) = (PANEL_RIGHT + 11.0, PANEL_RIGHT + 25.0);
        drawing.line(vec![(PANEL_RIGHT + 2.0, label.y), (from, height)], 1.0, AXIS);
        drawing.line(vec![(from, height), (to, height)], 2.5, label.color);
        if label.is_dotted {
            drawing.dot(((from + to) / 2.0, height), 3.5, label.color);
        }
        let at = (to + 5.0, height + 0.36 * TEXT_SIZE);
        let text = shortened(&label.text, TEXT_SIZE, label.is_bold, SHEET_RIGHT - at.0);
        drawing.text(Label { is_bold: label.is_bold, ..plain(&text, at) });
    }
}
