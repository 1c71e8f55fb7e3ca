//! The parts of the text report that say why: moves with their reasons, what was declined, commands and verdicts.

use crate::policy::reason::ReasonCode;
use crate::report::columns::Align::{Left, Right};
use crate::report::columns::{Columns, flush_heading, wrapped};
use crate::report::content::Report;
use crate::report::figure::{count, counted};
use crate::units::{SimDuration, SimTime, format_bytes};
use serde_json::Value;

/// Lines on commands and on disturbances.
const LINES_SHOWN: usize = 10;
/// Moves told one by one.
const MOVES_SHOWN: usize = 5;

/// The first moves, each with its reason.
pub(super) fn first_moves(report: &Report<'_>, width: usize) -> Vec<String> {
    let story = report.story;
    let mut columns = Columns::new(&[Left, Left, Left, Left, Right, Left, Left]);
    let heading = ["First moves", "segment", "collection", "from, to", "size", "outcome", "cause, reason"];
    columns.row(heading.map(String::from).to_vec());
    for one in story.moves.iter().take(MOVES_SHOWN) {
        let time = one.ended_ms.map(|ended| SimTime::from_ms(ended.saturating_sub(one.planned_ms)));
        let outcome = match time {
            Some(time) if one.outcome == "completed" => format!("in {time}"),
            Some(time) => format!("{} after {time}", one.outcome),
            None => one.outcome.to_string(),
        };
        columns.row(vec![
            SimTime::from_ms(one.planned_ms).to_string(),
            one.segment.to_string(),
            one.collection.clone(),
            format!("{} -> {}", one.from, one.to),
            format_bytes(one.bytes),
            outcome,
            if one.reason.is_empty() {
                one.cause.to_string()
            } else {
                format!("{}, {}", one.cause, one.reason)
            },
        ]);
    }
    let more = story.moves.len().saturating_sub(MOVES_SHOWN) as u64 + story.moves_left_out;
    if story.moves.is_empty() { Vec::new() } else { with_more(flush_heading(columns.lines(width)), more) }
}

/// Why nothing was planned, most frequent reason first.
pub(super) fn declined(report: &Report<'_>, width: usize) -> Vec<String> {
    let mut reasons: Vec<(&str, u64)> =
        report.summary.declined.iter().map(|(code, times)| (*code, *times)).collect();
    if reasons.is_empty() {
        return Vec::new();
    }
    // Equals stay in the order of their names.
    reasons.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    let mut columns = Columns::new(&[Right, Left, Left]);
    for (code, times) in reasons {
        let mut words = ReasonCode::from_text(code).map_or("", ReasonCode::sentence).to_string();
        if let Some(last) = report.story.declined.get(code) {
            let replica = last.replica.map_or_else(String::new, |id| format!(" of replica {id}"));
            let key = last.key.map_or_else(String::new, |key| format!(" ({key})"));
            let t = SimTime::from_ms(last.t_ms);
            words.push_str(&format!("; told last at {t}{replica}: {}{key}", last.comparison));
        }
        columns.row(vec![count(times), code.to_string(), words]);
    }
    headed("Why nothing was planned (times)", columns.lines(width))
}

/// Commands, and Milvus's answers.
pub(super) fn commands(report: &Report<'_>, width: usize) -> Vec<String> {
    let story = report.story;
    let mut columns = Columns::new(&[Left, Left, Left]);
    for command in story.commands.iter().take(LINES_SHOWN) {
        let wait =
            command.answered_ms.map(|answered| SimTime::from_ms(answered.saturating_sub(command.t_ms)));
        let answer = match wait {
            Some(wait) => format!("{} after {wait}", command.outcome),
            None => command.outcome.to_string(),
        };
        // In quotes, since Milvus's texts begin with a comma as often as not.
        let text = if command.text.is_empty() { String::new() } else { format!(": \"{}\"", command.text) };
        columns.row(vec![
            SimTime::from_ms(command.t_ms).to_string(),
            command.verb.to_string(),
            format!("{}: {answer}{text}", arguments(&command.arguments)),
        ]);
    }
    let more = story.commands.len().saturating_sub(LINES_SHOWN) as u64 + story.commands_left_out;
    headed("Commands", with_more(columns.lines(width), more))
}

/// Arguments in words that can be wrapped: `src_node_id 3, dst_node_ids [4]`.
fn arguments(json: &str) -> String {
    match serde_json::from_str(json) {
        Ok(Value::Object(fields)) => {
            let field = |(name, value): (&String, &Value)| match value {
                Value::Array(items) => {
                    let items: Vec<String> = items.iter().map(compact).collect();
                    format!("{name} [{}]", items.join(", "))
                }
                value => format!("{name} {}", compact(value)),
            };
            fields.iter().map(field).collect::<Vec<_>>().join(", ")
        }
        _ => json.to_string(),
    }
}

/// How the cluster came to rest after each disturbance.
pub(super) fn settle(report: &Report<'_>, width: usize) -> Vec<String> {
    let settle = &report.summary.settle;
    let mut columns = Columns::new(&[Left, Left, Left]);
    for entry in settle.iter().take(LINES_SHOWN) {
        let rest = match entry.settle_ms {
            Some(0) if entry.moves == 0 => "at rest, no automatic move".to_string(),
            Some(ms) => format!("at rest after {}, {}", SimDuration::from_ms(ms), automatic(entry.moves)),
            None => format!("not settled, {}", automatic(entry.moves)),
        };
        columns.row(vec![SimTime::from_ms(entry.at_ms).to_string(), entry.cause.clone(), rest]);
    }
    headed("Disturbances", with_more(columns.lines(width), settle.len().saturating_sub(LINES_SHOWN) as u64))
}

fn automatic(moves: u64) -> String {
    if moves == 0 { "no automatic move".to_string() } else { counted(moves, "automatic move") }
}

/// What the author expected, and whether it holds.
pub(super) fn expectations(report: &Report<'_>, width: usize) -> Vec<String> {
    let mut columns = Columns::new(&[Left, Left]);
    for result in &report.summary.expectations {
        let sign = if result.holds { "✓" } else { "✗" };
        let reason = if result.reason.is_empty() { compact(&result.actual) } else { result.reason.clone() };
        // Where it holds the reason says it all; where not, the author wants to find his own words.
        let words = if result.holds { reason } else { format!("{}: {reason}", compact(&result.expectation)) };
        columns.row(vec![sign.to_string(), words]);
    }
    headed("Expectations", columns.lines(width))
}

/// Everything that is our assumption and not Milvus's.
pub(super) fn assumptions(report: &Report<'_>, width: usize) -> Vec<String> {
    let fields: Vec<String> =
        report.summary.assumptions.iter().map(|(name, value)| format!("{name} {}", plain(value))).collect();
    if fields.is_empty() {
        return Vec::new();
    }
    let lines = wrapped(&fields.join(", "), width.saturating_sub(2).max(1));
    headed("Assumptions of ours (hardware)", lines.into_iter().map(|line| format!("  {line}")).collect())
}

/// What a reader should know though it is no fault.
pub(super) fn warnings(report: &Report<'_>, width: usize) -> Vec<String> {
    let mut columns = Columns::new(&[Left, Left]);
    for warning in report.warnings {
        columns.row(vec!["!".into(), warning.clone()]);
    }
    headed("Warnings", columns.lines(width))
}

/// A value without the marks of JSON where it is plain.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "none".to_string(),
        Value::String(text) => text.clone(),
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name} {}", plain(value))).collect();
            format!("({})", fields.join(", "))
        }
        value => compact(value),
    }
}

fn compact(value: &Value) -> String {
    value.to_string()
}

fn headed(heading: &str, lines: Vec<String>) -> Vec<String> {
    if lines.is_empty() { lines } else { std::iter::once(heading.to_string()).chain(lines).collect() }
}

fn with_more(mut lines: Vec<String>, more: u64) -> Vec<String> {
    if more > 0 {
        lines.push(format!("  and {} more", count(more)));
    }
    lines
}
