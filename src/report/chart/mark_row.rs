//! Marks of the timeline above a panel: with their words where these fit, else numbered, with a list below.

use super::drawing::{Anchor, Drawing, Label};
use super::font::{shortened, text_width};
use super::panel::{plain, x_of};
use super::style::{GREY, LINE_STEP, MARK, NOTE_SIZE, PANEL_LEFT, PANEL_RIGHT, SHEET_RIGHT, VERMILLION};
use crate::metrics::story::{Mark, Story};
use crate::report::figure::count;
use crate::units::SimTime;

/// Rows of words that may stand above a panel.
const WORD_ROWS: usize = 4;
/// Height of such a row.
const ROW: f64 = 14.0;
/// Numbered groups at most; more marks make larger groups.
const GROUPS: usize = 18;
/// More lines than these are drawn as short strokes at the top of the panel, so that curves stay in sight.
const LINES_THROUGH: usize = 30;

/// The marks of a plot, placed.
#[derive(Debug, Clone)]
pub(super) struct MarkRow<'a> {
    lines: Vec<(f64, bool)>,
    words: Words<'a>,
    left_out: u64,
}

#[derive(Debug, Clone)]
enum Words<'a> {
    /// One text per mark.
    Spelled(Vec<Word<'a>>),
    /// Marks that stand close together share a number.
    Numbered(Vec<Group<'a>>),
}

/// Words beside the line of their mark.
#[derive(Debug, Clone)]
struct Word<'a> {
    /// 0 is nearest to the panel.
    row: usize,
    /// Where the line stands.
    x: f64,
    left: f64,
    right: f64,
    mark: &'a Mark,
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
                words.iter().map(|word| word.row + 1).max().map_or(0.0, |rows| rows as f64 * ROW + 6.0)
            }
            Words::Numbered(_) => ROW + 6.0,
        }
    }

    /// Height of the list below the plot.
    pub(super) fn list_height(&self) -> f64 {
        let lines = match &self.words {
            Words::Spelled(_) => 0,
            Words::Numbered(groups) => groups.len().div_ceil(columns_of(groups.len())),
        };
        (lines + usize::from(self.left_out > 0)) as f64 * LINE_STEP
    }

    /// Draws the lines from `top` down to `bottom`.
    pub(super) fn draw_lines(&self, drawing: &mut Drawing, top: f64, bottom: f64) {
        let bottom = if self.lines.len() > LINES_THROUGH { bottom.min(top + 10.0) } else { bottom };
        for (x, is_trouble) in &self.lines {
            let (width, color) = if *is_trouble { (1.25, VERMILLION) } else { (1.0, MARK) };
            drawing.line(vec![(*x, top), (*x, bottom)], width, color);
        }
    }

    /// Draws words or numbers above the panel that begins at `top`.
    pub(super) fn draw_words(&self, drawing: &mut Drawing, top: f64) {
        match &self.words {
            Words::Spelled(words) => {
                for Word { row, x, left, mark, .. } in words {
                    let y = top - 6.0 - *row as f64 * ROW;
                    let color = if mark.is_trouble { VERMILLION } else { MARK };
                    drawing.line(vec![(*x, y - 9.0), (*x, top)], 1.0, color);
                    let beside = if left == x { 4.0 } else { 0.0 };
                    let label = plain(&words_of(mark), (left + beside, y));
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
            let columns = columns_of(groups.len());
            rows = groups.len().div_ceil(columns);
            let column_width = (SHEET_RIGHT - PANEL_LEFT) / columns as f64;
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
                let text = shortened(&group.text(), NOTE_SIZE, false, column_width - 34.0);
                drawing.text(Label { color: GREY, size: NOTE_SIZE, ..plain(&text, (x + 18.0, y)) });
            }
        }
        if self.left_out > 0 {
            let text = format!("and {} later marks that are not shown", count(self.left_out));
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
        let (first, last) = (clock(first), clock(last));
        let times = if first == last { first } else { format!("{first} – {last}") };
        let number =
            if self.marks.len() > 1 { format!("{} marks: ", self.marks.len()) } else { String::new() };
        format!("{times} · {number}{}", words.join(", "))
    }
}

/// A time as exact as a reader of the plot needs it: from ten seconds on in whole seconds.
fn clock(t_ms: u64) -> String {
    let shown = if t_ms < 10_000 { t_ms } else { t_ms / 1_000 * 1_000 };
    SimTime::from_ms(shown).to_string()
}

/// Trouble is told by a sign too, not by colour alone.
fn words_of(mark: &Mark) -> String {
    if mark.is_trouble { format!("✗ {}", mark.label) } else { mark.label.clone() }
}

/// Columns of the list below the plot: few entries get longer lines.
fn columns_of(entries: usize) -> usize {
    if entries <= 8 { 2 } else { 3 }
}

fn ink(is_trouble: bool) -> plotters::style::RGBColor {
    if is_trouble { VERMILLION } else { GREY }
}

/// Every mark with its words beside its line, or `None` where that takes too much room.
///
/// From right to left, each in the lowest row in which its words cover neither words nor lines, and its line
/// no words.
fn spelled<'a>(marks: &'a [Mark], places: &[f64]) -> Option<Vec<Word<'a>>> {
    if marks.len() > 3 * WORD_ROWS {
        return None;
    }
    let mut words: Vec<Word<'a>> = Vec::new();
    for (mark, &x) in marks.iter().zip(places).rev() {
        let width = text_width(&words_of(mark), NOTE_SIZE, false) + 4.0;
        // Beyond the panel stand the names of the curves.
        let (left, right) = if x + width <= PANEL_RIGHT { (x, x + width) } else { (x - width, x) };
        let word = |row| Word { row, x, left, right, mark };
        let row = (0..WORD_ROWS).find(|row| words.iter().all(|other| !word(*row).hinders(other)))?;
        words.push(word(row));
    }
    Some(words)
}

impl Word<'_> {
    fn hinders(&self, other: &Word<'_>) -> bool {
        let gap = 6.0;
        let covers = |word: &Word<'_>, line: &Word<'_>| {
            // A line at the same place is the word's own.
            let is_within = word.left - gap < line.x && line.x < word.right + gap && line.x != word.x;
            is_within && line.row >= word.row
        };
        let is_beside =
            self.row == other.row && self.left < other.right + gap && other.left < self.right + gap;
        is_beside || covers(self, other) || covers(other, self)
    }
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
