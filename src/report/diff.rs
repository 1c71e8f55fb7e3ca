//! How two runs differ, said as text or JSON.

use super::columns::Align::{Left, Right};
use super::columns::{Columns, flush_heading};
use super::figure::{count, counted};
use crate::experiment::figure_difference::{FigureDifference, Row};
use crate::experiment::first_difference::{FirstDifference, Side};
use serde_json::{Value, json};

/// Two runs held against each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Diff {
    /// What they are, such as their files.
    pub names: [String; 2],
    /// The first event in which they differ; `None` = none, or there were no events to compare.
    pub first: Option<FirstDifference>,
    /// Whether there were events to compare.
    pub has_events: bool,
    /// What differs in the figures.
    pub figures: FigureDifference,
}

impl Diff {
    /// Whether both did the same and ended in the same figures, whatever was asked for.
    pub fn is_same(&self) -> bool {
        self.first.is_none() && self.figures.figures.is_empty()
    }
}

/// Rows of a table of text; the JSON form has all.
const ROWS_SHOWN: usize = 40;

/// The first difference with the lines around it, then the figures.
pub fn text(diff: &Diff, width: usize) -> String {
    let [first, second] = &diff.names;
    let mut lines = vec![format!("A  {first}"), format!("B  {second}")];
    lines.extend(table("What was asked for", &diff.figures.setup, width));
    lines.push(String::new());
    match &diff.first {
        Some(found) => lines.extend(event(found)),
        None if !diff.has_events => {
            lines.push("No events to compare: a results folder has no events.jsonl.".to_owned());
        }
        None => lines.push("All events are the same.".to_owned()),
    }
    if diff.figures.figures.is_empty() {
        lines.push("All figures are the same.".to_owned());
    } else {
        lines.extend(table("Figures that differ", &diff.figures.figures, width));
    }
    lines.join("\n") + "\n"
}

fn event(found: &FirstDifference) -> Vec<String> {
    let [first, second] = &found.sides;
    let at = match (first.at, second.at) {
        (Some(first), Some(second)) if first == second => format!("at {first}"),
        (Some(first), Some(second)) => format!("at {first} in A and at {second} in B"),
        (Some(first), None) => format!("at {first} in A, where B has ended"),
        (None, Some(second)) => format!("at {second} in B, where A has ended"),
        (None, None) => "at the end".to_owned(),
    };
    let mut lines = vec![format!("First different event {at}, after {}:", counted(found.equal, "equal one"))];
    lines.extend(found.before.iter().map(|line| format!("     {line}")));
    for (name, side) in [("A", first), ("B", second)] {
        lines.extend(side.aside.iter().map(|line| format!("  {name}  {line}")));
        lines.extend(marked(name, side));
    }
    lines
}

/// The differing event is marked, what follows is not.
fn marked(name: &str, side: &Side) -> Vec<String> {
    if side.lines.is_empty() {
        return vec![format!("  {name}> nothing more")];
    }
    let line =
        |(place, line): (usize, &String)| format!("  {name}{} {line}", if place == 0 { ">" } else { " " });
    side.lines.iter().enumerate().map(line).collect()
}

fn table(title: &str, rows: &[Row], width: usize) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let mut columns = Columns::new(&[Left, Right, Right]);
    columns.row([title, "A", "B"].map(str::to_owned).to_vec());
    // Most scopes say again what the cluster says.
    let told = rows.iter().filter(|row| !row.path.starts_with("scopes."));
    let told: Vec<&Row> = told.take(ROWS_SHOWN).collect();
    for row in &told {
        let [first, second] = &row.values;
        let (short_first, short_second) = (shown(first), shown(second));
        // Digits are left out only where the difference can still be seen.
        let fields = match short_first == short_second {
            true => [first.to_string(), second.to_string()],
            false => [short_first, short_second],
        };
        columns.row(std::iter::once(row.path.clone()).chain(fields).collect());
    }
    let mut lines = vec![String::new()];
    lines.extend(flush_heading(columns.lines(width)));
    if rows.len() > told.len() {
        lines.push(format!("  and {} more; --format json has all", count((rows.len() - told.len()) as u64)));
    }
    lines
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() != 0.0 => format!("{float:.4}"),
            Some(float) if float.abs() < 9e15 => format!("{float:.0}"),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

/// The same for programs.
pub fn json(diff: &Diff) -> String {
    let line = |line: &String| serde_json::from_str::<Value>(line).unwrap_or_else(|_| json!(line));
    let lines = |lines: &[String]| lines.iter().map(line).collect::<Vec<Value>>();
    let side = |side: &Side| json!({ "at_ms": side.at.map(|at| at.as_ms()), "aside": lines(&side.aside), "lines": lines(&side.lines) });
    let rows = |rows: &[Row]| -> Vec<Value> {
        let row = |row: &Row| json!({ "path": row.path, "a": row.values[0], "b": row.values[1] });
        rows.iter().map(row).collect()
    };
    let all = json!({
        "format": 1,
        "same": diff.is_same(),
        "a": diff.names[0],
        "b": diff.names[1],
        "setup": rows(&diff.figures.setup),
        "events_compared": diff.has_events,
        "first_difference": diff.first.as_ref().map(|found| json!({
            "equal_events": found.equal,
            "before": lines(&found.before),
            "a": side(&found.sides[0]),
            "b": side(&found.sides[1]),
        })),
        "figures": rows(&diff.figures.figures),
    });
    format!("{all:#}\n")
}
