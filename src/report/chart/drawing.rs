//! A plot as shapes and texts at known places, before it becomes SVG or PNG.

use super::font::text_width;
use plotters::style::RGBColor;

/// A point in pixels: to the right, and down, from the upper left corner.
pub type Point = (f64, f64);

/// Which part of a text stands at its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Left,
    /// Its middle.
    Center,
    /// Its end.
    Right,
}

/// A line of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The text.
    pub text: String,
    /// Where its anchor stands on the base line.
    pub at: Point,
    /// Size of the font in pixels.
    pub size: f64,
    /// Whether it is bold.
    pub is_bold: bool,
    /// Its colour.
    pub color: RGBColor,
    /// Which part of it stands at `at`.
    pub anchor: Anchor,
}

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Lower edge.
    pub bottom: f64,
}

/// One shape.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A line through points.
    Line {
        /// At least two.
        points: Vec<Point>,
        /// Width in pixels.
        width: f64,
        /// Its colour.
        color: RGBColor,
    },
    /// The area between two step lines: from each entry's place to that of the next, between its two heights.
    Band {
        /// Place, upper edge and lower edge; the last entry only ends the band.
        steps: Vec<(f64, f64, f64)>,
        /// Its colour.
        color: RGBColor,
    },
    /// A filled rectangle.
    Bar {
        /// Where.
        bounds: Bounds,
        /// Its colour.
        color: RGBColor,
    },
    /// A filled circle.
    Dot {
        /// Its middle.
        center: Point,
        /// Its radius in pixels.
        radius: f64,
        /// Its colour.
        color: RGBColor,
    },
    /// A line of text.
    Text(Label),
}

/// A plot: its size, and its shapes from the lowest to the topmost.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// What it says, in one sentence, for readers who do not see it.
    pub title: String,
    /// The shapes, each drawn over those before.
    pub shapes: Vec<Shape>,
}

impl Label {
    /// The room the text takes, from the top of its capitals to the foot of its descenders.
    pub fn bounds(&self) -> Bounds {
        let width = text_width(&self.text, self.size, self.is_bold);
        let left = match self.anchor {
            Anchor::Left => self.at.0,
            Anchor::Center => self.at.0 - width / 2.0,
            Anchor::Right => self.at.0 - width,
        };
        Bounds {
            left,
            top: self.at.1 - 0.76 * self.size,
            right: left + width,
            bottom: self.at.1 + 0.24 * self.size,
        }
    }
}

impl Bounds {
    /// Whether the two share an area.
    pub fn overlaps(&self, other: &Bounds) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

impl Drawing {
    /// An empty sheet.
    pub(super) fn new(width: f64, height: f64, title: &str) -> Self {
        Drawing {
            width: width.ceil() as u32,
            height: height.ceil() as u32,
            title: title.to_string(),
            shapes: Vec::new(),
        }
    }

    pub(super) fn line(&mut self, points: Vec<Point>, width: f64, color: RGBColor) {
        if points.len() > 1 {
            self.shapes.push(Shape::Line { points, width, color });
        }
    }

    /// A level or upright line of dashes.
    pub(super) fn dashes(&mut self, from: Point, to: Point, width: f64, color: RGBColor) {
        // All dashed lines are level or upright.
        let length = (to.0 - from.0).abs() + (to.1 - from.1).abs();
        let (dash, gap) = (6.0, 4.0);
        let mut along = 0.0;
        let point = |along: f64| {
            let share = (along / length).min(1.0);
            (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)
        };
        while along < length {
            self.line(vec![point(along), point(along + dash)], width, color);
            along += dash + gap;
        }
    }

    /// A filled rectangle between two corners.
    pub(super) fn bar(&mut self, upper_left: Point, lower_right: Point, color: RGBColor) {
        let bounds =
            Bounds { left: upper_left.0, top: upper_left.1, right: lower_right.0, bottom: lower_right.1 };
        self.shapes.push(Shape::Bar { bounds, color });
    }

    pub(super) fn dot(&mut self, center: Point, radius: f64, color: RGBColor) {
        self.shapes.push(Shape::Dot { center, radius, color });
    }

    pub(super) fn text(&mut self, label: Label) {
        if !label.text.is_empty() {
            self.shapes.push(Shape::Text(label));
        }
    }

    /// All texts, for tests and for readers that search a plot.
    pub fn labels(&self) -> impl Iterator<Item = &Label> {
        self.shapes.iter().filter_map(|shape| match shape {
            Shape::Text(label) => Some(label),
            _ => None,
        })
    }
}
