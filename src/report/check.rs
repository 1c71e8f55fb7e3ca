//! What a check found, said as text, JSON or Markdown.

use super::figure::{count, counted, number, ratio};
use crate::experiment::baseline::{Change, Comparison, FigureChange};
use crate::experiment::check::Checked;
use crate::units::{SimDuration, format_bytes};
use serde_json::{Value, json};
use std::fmt::Write;

/// A scenario of a check.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its file.
    pub path: String,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub checked: Checked,
    /// Whether its baseline was renewed by this call.
    pub is_renewed: bool,
}

impl Entry {
    /// Whether all holds; what a renewal has settled does.
    pub fn holds(&self) -> bool {
        if self.is_renewed { self.checked.claims_hold() } else { self.checked.holds() }
    }

    /// Everything that does not hold, one sentence each.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for expectation in self.checked.expectations.iter().filter(|expectation| !expectation.holds) {
            faults.push(format!("expectation: {}", expectation.reason));
        }
        for entry in &self.checked.in_vain {
            faults.push(format!("no effect: {} at {}: {}", entry.verb, entry.at, entry.reason));
        }
        for idle in &self.checked.idle {
            faults.push(format!("no test: {} cannot fail: {}", idle.expectation, idle.reason));
        }
        if !self.is_renewed {
            faults.extend(self.changes().iter().filter(|change| is_fault(change.change)).map(sentence));
        }
        faults
    }

    /// Changes that are no fault, one sentence each; after a renewal all changes.
    pub fn remarks(&self) -> Vec<String> {
        let changes = self.changes().iter().filter(|change| self.is_renewed || !is_fault(change.change));
        let mut remarks: Vec<String> = changes.map(sentence).collect();
        if let Some(comparison) = self.checked.comparison.as_ref().filter(|one| !one.doubt.is_empty()) {
            remarks.push(format!("{}; keep more with --bless --seeds 20", comparison.doubt));
        }
        remarks
    }

    fn changes(&self) -> &[FigureChange] {
        self.checked.comparison.as_ref().map_or(&[], |comparison| &comparison.changes)
    }

    /// How it stands to its baseline, in few words.
    fn standing(&self) -> String {
        let seeds = counted(self.checked.measured.seeds() as u64, "seed");
        match (&self.checked.comparison, self.is_renewed) {
            (None, true) => format!("kept now ({seeds})"),
            (None, false) => "no baseline is kept".to_owned(),
            (Some(Comparison { is_same: true, .. }), _) => format!("as kept ({seeds})"),
            (Some(_), true) => format!("renewed ({seeds})"),
            (Some(comparison), false) if !comparison.holds() => format!("worse than kept ({seeds})"),
            (Some(comparison), false) if comparison.changes.is_empty() => {
                format!("other events, no worse than kept ({seeds})")
            }
            (Some(_), false) => format!("no worse than kept ({seeds})"),
        }
    }
}

fn is_fault(change: Change) -> bool {
    matches!(change, Change::Worse | Change::Undefined)
}

fn word(change: Change) -> &'static str {
    match change {
        Change::Worse => "worse",
        Change::Better => "better",
        Change::Different => "different",
        Change::Undefined => "undefined now",
    }
}

/// `worse: moves.completed 5 -> 31 (was 4 to 6, now 28 to 33)`.
fn sentence(change: &FigureChange) -> String {
    let show = |value: f64| shown(change.figure, value);
    let after = change.after.map_or_else(|| "undefined".to_owned(), show);
    let mut sentence =
        format!("{}: {} {} -> {after}", word(change.change), change.figure, show(change.before));
    let spans = |range: (f64, f64)| match range.0 == range.1 {
        true => format!("{} under every seed", show(range.0)),
        false => format!("{} to {}", show(range.0), show(range.1)),
    };
    let is_one = |range: (f64, f64)| range.0 == range.1;
    match change.after_range {
        Some(now) if is_one(now) && is_one(change.before_range) => sentence.push_str(" under every seed"),
        Some(now) => {
            let _ = write!(sentence, " (was {}, now {})", spans(change.before_range), spans(now));
        }
        None => {}
    }
    sentence
}

/// A figure in its unit.
fn shown(figure: &str, value: f64) -> String {
    if figure.ends_with("bytes") {
        format_bytes(value as u64)
    } else if figure.ends_with("_ms") || figure.contains("_ms.") {
        SimDuration::from_ms(value as u64).to_string()
    } else if figure.starts_with("skew") || figure.ends_with("rate") {
        ratio(Some(value))
    } else {
        number(value)
    }
}

/// One line a scenario, and below it what does not hold or has changed.
pub fn text(entries: &[Entry]) -> String {
    let mut text = String::new();
    for entry in entries {
        let word = if entry.holds() { "ok    " } else { "FAILED" };
        let expectations = counted(entry.checked.expectations.len() as u64, "expectation");
        let _ = writeln!(text, "{word}  {}: {expectations}; {}", entry.name, entry.standing());
        for line in entry.faults().iter().chain(&entry.remarks()) {
            let _ = writeln!(text, "          {line}");
        }
    }
    text.push_str(&verdict(entries));
    text.push('\n');
    text
}

/// The outcome in one line.
fn verdict(entries: &[Entry]) -> String {
    let runs: usize = entries.iter().map(|entry| entry.checked.measured.seeds()).sum();
    let failed = entries.iter().filter(|entry| !entry.holds()).count();
    let all = format!("{}, {}", counted(entries.len() as u64, "scenario"), counted(runs as u64, "run"));
    match failed {
        0 => format!("{all}: all hold."),
        1 => format!("{all}: 1 does not hold."),
        failed => format!("{all}: {} do not hold.", count(failed as u64)),
    }
}

/// What a pull request should say: the verdict, what failed, what changed.
pub fn markdown(entries: &[Entry]) -> String {
    let mut text = format!("### evenkeel check\n\n{}\n", verdict(entries));
    let failed: Vec<&Entry> = entries.iter().filter(|entry| !entry.holds()).collect();
    if !failed.is_empty() {
        text.push_str("\n| scenario | what does not hold |\n|---|---|\n");
        for entry in failed {
            let faults: Vec<String> = entry.faults().iter().map(|fault| escaped(fault)).collect();
            let _ = writeln!(text, "| {} | {} |", entry.name, faults.join("<br>"));
        }
    }
    let changed: Vec<&Entry> = entries.iter().filter(|entry| !entry.changes().is_empty()).collect();
    if !changed.is_empty() {
        text.push_str("\n| scenario | figure | kept | now | |\n|---|---|---:|---:|---|\n");
        for entry in changed {
            for change in entry.changes() {
                let after = change.after.map_or_else(|| "-".to_owned(), |value| shown(change.figure, value));
                let before = shown(change.figure, change.before);
                let (name, figure) = (&entry.name, change.figure);
                let _ =
                    writeln!(text, "| {name} | {figure} | {before} | {after} | {} |", word(change.change));
            }
        }
    }
    let renewed = entries.iter().filter(|entry| entry.is_renewed).count();
    if renewed > 0 {
        let _ = writeln!(text, "\n{} kept anew.", counted(renewed as u64, "baseline"));
    }
    text
}

/// No letter of a sentence may end a cell of a table.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// The same for programs.
pub fn json(entries: &[Entry]) -> String {
    let change = |change: &FigureChange| {
        json!({ "figure": change.figure, "change": word(change.change), "before": change.before, "after": change.after,
                "before_range": change.before_range, "after_range": change.after_range })
    };
    let scenario = |entry: &Entry| {
        let Entry { checked, .. } = entry;
        let in_vain = checked
            .in_vain
            .iter()
            .map(|one| json!({ "verb": one.verb, "at_ms": one.at.as_ms(), "reason": one.reason }));
        let idle =
            checked.idle.iter().map(|one| json!({ "expectation": one.expectation, "reason": one.reason }));
        json!({
            "scenario": entry.name,
            "file": entry.path,
            "holds": entry.holds(),
            "faults": entry.faults(),
            "milvus": { "version": checked.measured.release, "balancer": checked.measured.balancer },
            "seeds": checked.measured.seeds(),
            "expectations": checked.expectations,
            "without_effect": in_vain.collect::<Vec<Value>>(),
            "cannot_fail": idle.collect::<Vec<Value>>(),
            "baseline": checked.comparison.as_ref().map(|comparison| json!({
                "same_events": comparison.is_same,
                "doubt": comparison.doubt,
                "changes": comparison.changes.iter().map(change).collect::<Vec<Value>>(),
            })),
            "renewed": entry.is_renewed,
        })
    };
    let all = json!({
        "format": 1,
        "holds": entries.iter().all(Entry::holds),
        "scenarios": entries.iter().map(scenario).collect::<Vec<Value>>(),
    });
    format!("{all:#}\n")
}
