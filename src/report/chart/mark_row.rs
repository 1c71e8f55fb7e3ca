//! Marks of the timeline above a panel: with their words where these fit, else numbered, with a list below.

use super::drawing::{Anchor, Drawing, Label};
use super::font::{shortened, text_width};
use super::panel::{plain, x_of};
use super::style::{GREY, LINE_STEP, MARK, NOTE_SIZE, PANEL_LEFT, SHEET_RIGHT, VERMILLION};
use crate::metrics::story::{Mark, Story};
use crate::units::SimTime;

/// Rows of words that may stand above a panel.
const WORD_ROWS: usize = 4;
/// Height of such a row.
const ROW: f64 = 14.0;
/// Numbered groups at most; more marks make larger groups.
const GROUPS: usize = 18;
/// Columns of the list below the plot.
const COLUMNS: usize = 3;

/// The marks of a plot, placed.
#[derive(Debug, Clone)]
pub(super) struct MarkRow<'a> {
    lines: Vec<(f64, bool)>,
    words: Words<'a>,
    left_out: u64,
}

#[derive(Debug, Clone)]
enum Words<'a> {
    /// One text per mark: row (0 nearest to the panel), place, mark.
    Spelled(Vec<(usize, f64, &'a Mark)>),
    /// Marks that stand close together share a number.
    Numbered(Vec<Group<'a>>),
}

#[derive(Debug, Clone)]
struct Group<'a> {
    x: f64,
    marks: &'a [Mark],
}

impl<'a> MarkRow<'a> {
    /// Places the marks of a story on a time axis that ends at `duration_ms`.
    pub(super) fn new(story: &'a Story, duration_ms: u64) -> Self {
        let marks = story.marks.as_slice();
        let places: Vec<f64> = marks.iter().map(|mark| x_of(mark.t_ms, duration_ms)).collect();
        let mut lines: Vec<(f64, bool)> = Vec::new();
        for (mark, x) in marks.iter().zip(&places) {
            match lines.last_mut() {
                // Lines that touch would only make a thicker one.
                Some(last) if *x - last.0 < 1.5 => last.1 |= mark.is_trouble,
                _ => lines.push((*x, mark.is_trouble)),
            }
        }
        let words = match spelled(marks, &places) {
            Some(words) => Words::Spelled(words),
            None => Words::Numbered(numbered(marks, &places)),
        };
        MarkRow { lines, words, left_out: story.marks_left_out }
    }

    /// Height of what stands above the panel.
    pub(super) fn height(&self) -> f64 {
        match &self.words {
            Words::Spelled(words) => {
                words.iter().map(|(row, ..)| row + 1).max().map_or(0.0, |rows| rows as f64 * ROW + 6.0)
            }
            Words::Numbered(_) => ROW + 6.0,
        }
    }

    /// Height of the list below the plot.
    pub(super) fn list_height(&self) -> f64 {
        let lines = match &self.words {
            Words::Spelled(_) => 0,
            Words::Numbered(groups) => groups.len().div_ceil(COLUMNS),
        };
        (lines + usize::from(self.left_out > 0)) as f64 * LINE_STEP
    }

    /// Draws the lines down to `bottom`, before the curves.
    pub(super) fn draw_lines(&self, drawing: &mut Drawing, top: f64, bottom: f64) {
        for (x, is_trouble) in &self.lines {
            let (width, color) = if *is_trouble { (1.25, VERMILLION) } else { (1.0, MARK) };
            drawing.line(vec![(*x, top), (*x, bottom)], width, color);
        }
    }

    /// Draws words or numbers above the panel that begins at `top`.
    pub(super) fn draw_words(&self, drawing: &mut Drawing, top: f64) {
        match &self.words {
            Words::Spelled(words) => {
                for (row, x, mark) in words {
                    let y = top - 6.0 - *row as f64 * ROW;
                    let color = if mark.is_trouble { VERMILLION } else { MARK };
                    drawing.line(vec![(*x, y - 9.0), (*x, top)], 1.0, color);
                    let label = plain(&words_of(mark), (*x + 4.0, y));
                    drawing.text(Label { color: ink(mark.is_trouble), size: NOTE_SIZE, ..label });
                }
            }
            Words::Numbered(groups) => {
                for (position, group) in groups.iter().enumerate() {
                    let number = (position + 1).to_string();
                    drawing.text(Label {
                        color: ink(group.is_trouble()),
                        anchor: Anchor::Center,
                        is_bold: true,
                        size: NOTE_SIZE,
                        ..plain(&number, (group.x, top - 6.0))
                    });
                }
            }
        }
    }

    /// Draws the list of numbered marks, its first base line at `baseline`.
    pub(super) fn draw_list(&self, drawing: &mut Drawing, baseline: f64) {
        let mut rows = 0;
        if let Words::Numbered(groups) = &self.words {
            rows = groups.len().div_ceil(COLUMNS);
            let column_width = (SHEET_RIGHT - PANEL_LEFT) / COLUMNS as f64;
            for (position, group) in groups.iter().enumerate() {
                let x = PANEL_LEFT + (position / rows) as f64 * column_width;
                let y = baseline + (position % rows) as f64 * LINE_STEP;
                let color = ink(group.is_trouble());
                let number = Label {
                    anchor: Anchor::Right,
                    is_bold: true,
                    ..plain(&(position + 1).to_string(), (x + 12.0, y))
                };
                drawing.text(Label { color, size: NOTE_SIZE, ..number });
                let text = shortened(&group.text(), NOTE_SIZE, column_width - 34.0);
                drawing.text(Label { color, size: NOTE_SIZE, ..plain(&text, (x + 18.0, y)) });
            }
        }
        if self.left_out > 0 {
            let text =
                format!("and {} later marks that are not shown", crate::report::figure::count(self.left_out));
            let at = (PANEL_LEFT + 18.0, baseline + rows as f64 * LINE_STEP);
            drawing.text(Label { color: GREY, size: NOTE_SIZE, ..plain(&text, at) });
        }
    }
}

impl Group<'_> {
    fn is_trouble(&self) -> bool {
        self.marks.iter().any(|mark| mark.is_trouble)
    }

    /// When, and what; equal words once with their number.
    fn text(&self) -> String {
        let (first, last) = (self.marks[0].t_ms, self.marks[self.marks.len() - 1].t_ms);
        let mut words: Vec<(String, usize)> = Vec::new();
        for mark in self.marks {
            let text = words_of(mark);
            match words.iter_mut().find(|(known, _)| *known == text) {
                Some((_, times)) => *times += 1,
                None => words.push((text, 1)),
            }
        }
        let words: Vec<String> = words
            .into_iter()
            .map(|(text, times)| if times == 1 { text } else { format!("{text} (×{times})") })
            .collect();
        let times = if first == last {
            SimTime::from_ms(first).to_string()
        } else {
            format!("{} – {}", SimTime::from_ms(first), SimTime::from_ms(last))
        };
        let number =
            if self.marks.len() > 1 { format!("{} marks: ", self.marks.len()) } else { String::new() };
        format!("{times}  {number}{}", words.join(", "))
    }
}

/// Trouble is told by a sign too, not by colour alone.
fn words_of(mark: &Mark) -> String {
    if mark.is_trouble { format!("✗ {}", mark.label) } else { mark.label.clone() }
}

fn ink(is_trouble: bool) -> plotters::style::RGBColor {
    if is_trouble { VERMILLION } else { GREY }
}

/// Every mark with its words to the right of its line, or `None` where that takes too much room.
///
/// From right to left: a text stands above all texts whose lines it would cross.
fn spelled<'a>(marks: &'a [Mark], places: &[f64]) -> Option<Vec<(usize, f64, &'a Mark)>> {
    if marks.len() > 3 * WORD_ROWS {
        return None;
    }
    let mut words: Vec<(usize, f64, &Mark)> = Vec::new();
    for (mark, &x) in marks.iter().zip(places).rev() {
        let right = x + 4.0 + text_width(&words_of(mark), NOTE_SIZE, false) + 8.0;
        let below = words.iter().filter(|(_, other, _)| *other < right).map(|(row, ..)| row + 1).max();
        let row = below.unwrap_or(0);
        if right > SHEET_RIGHT || row >= WORD_ROWS {
            return None;
        }
        words.push((row, x, mark));
    }
    Some(words)
}

/// Groups of neighbours, wide enough that numbers do not touch and that there are not too many.
fn numbered<'a>(marks: &'a [Mark], places: &[f64]) -> Vec<Group<'a>> {
    let mut width = 40.0;
    loop {
        let groups = groups_of(marks, places, width);
        if groups.len() <= GROUPS {
            return groups;
        }
        width *= 1.2;
    }
}

fn groups_of<'a>(marks: &'a [Mark], places: &[f64], width: f64) -> Vec<Group<'a>> {
    let mut groups = Vec::new();
    let mut first = 0;
    for next in 1..=marks.len() {
        if next == marks.len() || places[next] - places[first] >= width {
            let x = (places[first] + places[next - 1]) / 2.0;
            groups.push(Group { x, marks: &marks[first..next] });
            first = next;
        }
    }
    groups
}
