//! Plain text in aligned columns and wrapped lines.

/// How a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// Rows of a table; the last column is wrapped where the line gets too long.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    aligns: Vec<Align>,
    rows: Vec<Vec<String>>,
}

/// Blanks before every row of a table.
const INDENT: usize = 2;
/// Blanks between columns.
const GAP: usize = 2;
/// A wrapped last column is at least so wide, however narrow the terminal.
const LAST_COLUMN_MIN: usize = 24;

impl Columns {
    /// A table whose columns stand so.
    pub(super) fn new(aligns: &[Align]) -> Self {
        Columns { aligns: aligns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row with as many fields as there are columns.
    pub(super) fn row(&mut self, fields: Vec<String>) {
        assert_eq!(fields.len(), self.aligns.len(), "a field for every column: {fields:?}");
        self.rows.push(fields);
    }

    /// The lines of the table, none longer than `width` where the last column allows it.
    pub(super) fn lines(&self, width: usize) -> Vec<String> {
        let last = self.aligns.len() - 1;
        let widths: Vec<usize> = (0..self.aligns.len())
            .map(|column| self.rows.iter().map(|row| width_of(&row[column])).max().unwrap_or(0))
            .collect();
        let before_last = INDENT + widths[..last].iter().map(|width| width + GAP).sum::<usize>();
        let room = width.saturating_sub(before_last).max(LAST_COLUMN_MIN);
        let mut lines = Vec::new();
        for row in &self.rows {
            let mut line = " ".repeat(INDENT);
            for column in 0..last {
                line.push_str(&padded(&row[column], widths[column], self.aligns[column]));
                line.push_str(&" ".repeat(GAP));
            }
            if self.aligns[last] == Align::Right {
                line.push_str(&padded(&row[last], widths[last], Align::Right));
                lines.push(line.trim_end().to_string());
                continue;
            }
            let mut pieces = wrapped(&row[last], room).into_iter();
            line.push_str(&pieces.next().unwrap_or_default());
            lines.push(line.trim_end().to_string());
            lines.extend(pieces.map(|piece| format!("{}{piece}", " ".repeat(before_last))));
        }
        lines
    }
}

/// Headings stand at the margin, what they head two blanks in.
pub(super) fn flush_heading(mut lines: Vec<String>) -> Vec<String> {
    if let Some(heading) = lines.first_mut() {
        // The first column of a heading is as wide as before, so that the others stay in line.
        let blanks = heading.len() - heading.trim_start().len();
        let (name, rest) = heading[blanks..].split_once("  ").unwrap_or((&heading[blanks..], ""));
        *heading = format!("{name}{}  {rest}", " ".repeat(blanks)).trim_end().to_string();
    }
    lines
}

/// The text in lines of at most `width` letters, broken at blanks; a longer word stands alone.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if width_of(line) + 1 + width_of(word) <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_string());
        }
    }
    lines
}

fn padded(text: &str, width: usize, align: Align) -> String {
    let blanks = " ".repeat(width.saturating_sub(width_of(text)));
    match align {
        Align::Left => format!("{text}{blanks}"),
        Align::Right => format!("{blanks}{text}"),
    }
}

fn width_of(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_the_last_one_wraps_under_itself() {
        let mut columns = Columns::new(&[Align::Right, Align::Left, Align::Left]);
        columns.row(vec![
            "1".into(),
            "a".into(),
            "a sentence that is longer than the line has room for".into(),
        ]);
        columns.row(vec!["100".into(), "bcd".into(), String::new()]);
        assert_eq!(
            columns.lines(40),
            ["    1  a    a sentence that is longer", "            than the line has room for", "  100  bcd"]
        );
    }

    #[test]
    fn a_long_word_is_never_cut() {
        assert_eq!(
            wrapped("an_extraordinarily_long_word is here", 10),
            ["an_extraordinarily_long_word", "is here"]
        );
        assert_eq!(wrapped("", 10), [""]);
    }
}
