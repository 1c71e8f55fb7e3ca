//! A drawing becomes SVG text or PNG bytes, by plotters.

use super::drawing::{Anchor, Drawing, Label, Point, Shape};
use super::font::{self, FAMILY, LINE_HEIGHT};
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor};

/// plotters draws at whole positions only: everything is drawn this much enlarged and shown smaller.
const SCALE: u32 = 4;

/// A PNG has this many dots per pixel of the plot, for sharp text on a dense screen.
const DOTS: u32 = 2;

/// The drawing as SVG. Texts stay texts.
pub fn svg(drawing: &Drawing) -> String {
    let size = (drawing.width * SCALE, drawing.height * SCALE);
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        let brush = Brush { area: &area, form: Form::Vector };
        let everything = [(0, 0), (size.0 as i32, size.1 as i32)];
        brush.put(&Rectangle::new(everything, RGBColor(255, 255, 255).filled()));
        brush.draw(drawing);
        area.present().expect("memory takes every shape");
    }
    // The picture is shown at its own size, whatever it was enlarged by, and says aloud what it shows.
    let enlarged = format!("<svg width=\"{}\" height=\"{}\"", size.0, size.1);
    let shown = format!("<svg width=\"{}\" height=\"{}\" role=\"img\"", drawing.width, drawing.height);
    let (head, body) = text.split_once(">\n").expect("the opening tag");
    let title = drawing.title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("{}>\n<title>{title}</title>\n{body}", head.replacen(&enlarged, &shown, 1))
}

/// The drawing as PNG, two dots a pixel.
pub fn png(drawing: &Drawing) -> Vec<u8> {
    let (width, height) = (drawing.width * SCALE, drawing.height * SCALE);
    let mut dots = vec![255; width as usize * height as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut dots, (width, height)).into_drawing_area();
        Brush { area: &area, form: Form::Dots }.draw(drawing);
        area.present().expect("memory takes every shape");
    }
    encode(drawing.width * DOTS, drawing.height * DOTS, &halved(&dots, width as usize, height as usize))
}

/// Every square of two by two dots becomes one of their mean: that smooths all edges.
fn halved(dots: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut smooth = Vec::with_capacity(dots.len() / 4);
    for y in (0..height).step_by(2) {
        let upper = dots[y * width * 3..(y + 1) * width * 3].chunks_exact(6);
        let lower = dots[(y + 1) * width * 3..(y + 2) * width * 3].chunks_exact(6);
        for (above, below) in upper.zip(lower) {
            for channel in 0..3 {
                let sum = [above[channel], above[channel + 3], below[channel], below[channel + 3]]
                    .into_iter()
                    .map(u16::from)
                    .sum::<u16>();
                smooth.push(((sum + 2) / 4) as u8);
            }
        }
    }
    smooth
}

fn encode(width: u32, height: u32, dots: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // Rows of a plot are mostly like the row above.
    encoder.set_filter(png::FilterType::Up);
    encoder.set_compression(png::Compression::Best);
    let mut writer = encoder.write_header().expect("memory takes every byte");
    writer.write_image_data(dots).expect("as many dots as the header says");
    writer.finish().expect("memory takes every byte");
    bytes
}

/// What is being made; plotters places text differently in the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Vector,
    Dots,
}

/// Draws shapes onto an area.
struct Brush<'a, B: DrawingBackend> {
    area: &'a DrawingArea<B, Shift>,
    form: Form,
}

impl<B: DrawingBackend> Brush<'_, B> {
    fn draw(&self, drawing: &Drawing) {
        font::register();
        for shape in &drawing.shapes {
            match shape {
                Shape::Line { points, width, color } => self.line(points, *width, *color),
                Shape::Band { steps, color } => self.band(steps, *color),
                Shape::Bar { bounds, color } => {
                    let corners =
                        [enlarged((bounds.left, bounds.top)), enlarged((bounds.right, bounds.bottom))];
                    self.put(&Rectangle::new(corners, color.filled()));
                }
                Shape::Dot { center, radius, color } => {
                    let radius = (radius * f64::from(SCALE)).round() as i32;
                    self.put(&Circle::new(enlarged(*center), radius, color.filled()));
                }
                Shape::Text(label) => self.text(label),
            }
        }
    }

    fn line(&self, points: &[Point], width: f64, color: RGBColor) {
        let width = (width * f64::from(SCALE)).round().max(1.0) as u32;
        let mut points: Vec<(i32, i32)> = points.iter().copied().map(enlarged).collect();
        points.dedup();
        if self.form == Form::Vector {
            self.put(&PathElement::new(points, color.stroke_width(width)));
            return;
        }
        // As one shape, plotters leaves holes where a thick line runs over itself; piece by piece it does not.
        for piece in points.windows(2) {
            self.piece(piece[0], piece[1], width, color);
        }
    }

    /// A straight piece of a line in the bitmap. Upright and level ones reach half a width further, so that
    /// corners of steps are closed.
    fn piece(&self, from: (i32, i32), to: (i32, i32), width: u32, color: RGBColor) {
        if from.0 != to.0 && from.1 != to.1 {
            self.put(&PathElement::new(vec![from, to], color.stroke_width(width)));
            // Round ends close the joints with its neighbours.
            for end in [from, to] {
                self.put(&Circle::new(end, width as i32 / 2, color.filled()));
            }
            return;
        }
        let (before, after) = (width as i32 / 2, (width as i32 - 1) / 2);
        let upper_left = (from.0.min(to.0) - before, from.1.min(to.1) - before);
        let lower_right = (from.0.max(to.0) + after, from.1.max(to.1) + after);
        self.put(&Rectangle::new([upper_left, lower_right], color.filled()));
    }

    fn band(&self, steps: &[(f64, f64, f64)], color: RGBColor) {
        let corner = |x: f64, y: f64| enlarged((x, y));
        if self.form == Form::Dots {
            for pair in steps.windows(2) {
                let (x, top, bottom) = pair[0];
                self.put(&Rectangle::new([corner(x, top), corner(pair[1].0, bottom)], color.filled()));
            }
            return;
        }
        let mut outline = Vec::with_capacity(steps.len() * 4);
        for pair in steps.windows(2) {
            outline.extend([corner(pair[0].0, pair[0].1), corner(pair[1].0, pair[0].1)]);
        }
        for pair in steps.windows(2).rev() {
            outline.extend([corner(pair[1].0, pair[0].2), corner(pair[0].0, pair[0].2)]);
        }
        outline.dedup();
        self.put(&Polygon::new(outline, color.filled()));
    }

    fn text(&self, label: &Label) {
        let scale = f64::from(SCALE);
        // What plotters takes for the size of a font, and how far below the given point the base line lies.
        let (size, drop) = match self.form {
            Form::Vector => (label.size * 1.24 * scale, 0.76 * label.size * scale),
            Form::Dots => (label.size * LINE_HEIGHT * scale, label.size * LINE_HEIGHT * scale / 2.0),
        };
        let style = if label.is_bold { FontStyle::Bold } else { FontStyle::Normal };
        let anchor = match label.anchor {
            Anchor::Left => HPos::Left,
            Anchor::Center => HPos::Center,
            Anchor::Right => HPos::Right,
        };
        let font = FontDesc::new(FontFamily::Name(FAMILY), size, style);
        let style = font.color(&label.color).pos(Pos::new(anchor, VPos::Top));
        let (x, y) = enlarged(label.at);
        self.put(&Text::new(label.text.as_str(), (x, y - drop.round() as i32), style));
    }

    fn put<'e, E>(&self, element: &'e E)
    where
        &'e E: plotters::element::PointCollection<'e, (i32, i32)>,
        E: plotters::element::Drawable<B>,
    {
        self.area.draw(element).expect("memory takes every shape");
    }
}

fn enlarged(point: Point) -> (i32, i32) {
    let scale = f64::from(SCALE);
    ((point.0 * scale).round() as i32, (point.1 * scale).round() as i32)
}
