//! What was cut from a scenario, in a few lines.

use super::figure::{count, counted};
use crate::scenario::{Scenario, Segments};
use std::fmt::Write;

/// A scenario before and after cutting.
pub struct Cut<'a> {
    /// Before.
    pub before: &'a Scenario,
    /// After.
    pub after: &'a Scenario,
    /// Why the expectation failed before.
    pub was: &'a str,
    /// Why it still fails.
    pub still: &'a str,
    /// Scenarios tried.
    pub tried: u64,
    /// Whether nothing more could be cut.
    pub is_minimal: bool,
    /// Whether it fails because of the options alone.
    pub holds_without_options: bool,
}

/// What fails, what is left of each part, and whether more could be tried.
pub fn text(cut: &Cut<'_>) -> String {
    let (before, after) = (cut.before, cut.after);
    let mut text = format!("Before: {}\nAfter:  {}\n", cut.was, cut.still);
    let counts = [
        ("expectations", before.expectations.len(), after.expectations.len()),
        ("timeline entries", before.timeline.len(), after.timeline.len()),
        ("query nodes", before.query_nodes.len(), after.query_nodes.len()),
        ("collections", before.collections.len(), after.collections.len()),
        ("segments", segments(before), segments(after)),
        ("inserts", before.inserts.len(), after.inserts.len()),
        ("searches", before.searches.len(), after.searches.len()),
        ("keys set", keys(before), keys(after)),
    ];
    for (name, was, is) in counts.into_iter().filter(|(_, was, is)| was + is > 0) {
        let _ = writeln!(text, "  {name:<18}{:>10} -> {}", count(was as u64), count(is as u64));
    }
    let _ = writeln!(text, "  {:<18}{:>10} -> {}", "duration", before.duration.to_string(), after.duration);
    if cut.holds_without_options {
        text.push_str("Without the options it holds, before and after.\n");
    }
    let tried = counted(cut.tried, "scenario");
    let _ = match cut.is_minimal {
        true => writeln!(text, "Nothing more can be cut ({tried} tried)."),
        false => writeln!(text, "More might be cut: {tried} tried; raise --runs."),
    };
    text
}

fn segments(scenario: &Scenario) -> usize {
    let count = |segments: &Segments| match segments {
        Segments::Listed(listed) => listed.len(),
        Segments::Generated { ids, .. } => ids.len(),
    };
    scenario.collections.iter().map(|collection| count(&collection.segments)).sum()
}

fn keys(scenario: &Scenario) -> usize {
    scenario.config.entries.iter().filter(|entry| entry.origin.text() != "default").count()
}
