//! Several runs of one scenario side by side: a table, what differs, and the same for programs.

use super::columns::{Align, Columns, wrapped};
use super::figure::{counted, ratio};
use crate::experiment::run_all::Outcome;
use crate::experiment::variant::Variant;
use crate::scenario::program::EXEC;
use crate::units::{SimDuration, format_bytes};
use serde::Serialize;
use std::collections::BTreeMap;

/// The runs of one scenario, in the order asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Name of the scenario.
    pub scenario: String,
    /// Seed of all runs.
    pub seed: u64,
    /// Length of all runs.
    pub duration_ms: u64,
    /// What differs, in one sentence.
    pub finding: String,
    /// Numbers of runs, from 1, that did exactly the same: each group of two and more.
    pub alike: Vec<Vec<usize>>,
    /// One per combination.
    pub runs: Vec<Row>,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// From 1.
    pub run: usize,
    /// The release.
    pub milvus: String,
    /// The balancer in force.
    pub balancer: String,
    /// The keys varied, as written.
    pub settings: BTreeMap<String, String>,
    /// Those of them that the release does not read.
    pub inert: Vec<String>,
    /// `skew.end.max_difference`.
    pub max_difference_end: Option<f64>,
    /// `skew.peak.max_difference`.
    pub max_difference_peak: Option<f64>,
    /// `skew.mean.max_difference`.
    pub max_difference_mean: Option<f64>,
    /// `skew.rows.end.max_difference`.
    pub rows_max_difference_end: Option<f64>,
    /// `moves.completed`.
    pub moves_completed: u64,
    /// `moves.bytes`.
    pub moves_bytes: u64,
    /// `moves.net_zero_ratio`.
    pub net_zero_ratio: f64,
    /// `settle_ms` of the first disturbance; `None` = not settled.
    pub first_settle_ms: Option<u64>,
    /// `commands.refused`.
    pub commands_refused: u64,
    /// 32 hex digits over what happened.
    pub digest: String,
}

impl Row {
    fn new(position: usize, variant: &Variant, outcome: &Outcome) -> Row {
        let summary = &outcome.summary;
        let memory = &summary.skew.memory;
        Row {
            run: position + 1,
            milvus: summary.milvus.version.clone(),
            balancer: summary.milvus.balancer.clone(),
            settings: variant.settings.iter().cloned().collect(),
            inert: inert(variant, outcome),
            max_difference_end: memory.end.max_difference,
            max_difference_peak: memory.peak.max_difference,
            max_difference_mean: memory.mean.max_difference,
            rows_max_difference_end: summary.skew.rows.end.max_difference,
            moves_completed: summary.moves.completed,
            moves_bytes: summary.moves.bytes,
            net_zero_ratio: summary.moves.net_zero_ratio,
            first_settle_ms: summary.settle.first().and_then(|settle| settle.settle_ms),
            commands_refused: summary.commands.refused,
            digest: summary.digest.clone(),
        }
    }
}

impl Comparison {
    /// Puts the outcomes of all variants side by side. `outcomes` are in the order of `variants`.
    pub fn new(variants: &[Variant], outcomes: &[Outcome]) -> Comparison {
        let pairs = variants.iter().zip(outcomes).enumerate();
        let runs: Vec<Row> =
            pairs.map(|(position, (variant, outcome))| Row::new(position, variant, outcome)).collect();
        let alike = alike(&runs);
        let first = outcomes.first().map(|outcome| &outcome.summary);
        Comparison {
            scenario: first.map_or_else(String::new, |summary| summary.scenario.clone()),
            seed: first.map_or(0, |summary| summary.seed),
            duration_ms: first.map_or(0, |summary| summary.duration_ms),
            finding: finding(&runs),
            alike,
            runs,
        }
    }

    /// What tells a run from the others, in as few words as beside a curve: its number in the table, its
    /// release, its balancer where one release has several, the values of its keys.
    pub fn label(&self, row: &Row) -> String {
        let mut parts = Vec::new();
        if self.runs.iter().any(|other| other.milvus != row.milvus) {
            parts.push(row.milvus.clone());
        }
        if self.runs.iter().any(|other| other.milvus == row.milvus && other.balancer != row.balancer) {
            parts.push(short_name(&row.balancer).to_owned());
        }
        parts.extend(row.settings.values().cloned());
        if parts.is_empty() {
            format!("run {}", row.run)
        } else {
            format!("{}: {}", row.run, parts.join(", "))
        }
    }
}

/// A balancer's name where room is scarce: of a program the end of its last word.
fn short_name(balancer: &str) -> &str {
    let is_program = balancer.starts_with(EXEC);
    let end = balancer.trim_end_matches(['\'', '"']).rsplit(['/', ' ', ':']).next().filter(|_| is_program);
    end.unwrap_or_else(|| balancer.trim_end_matches("Balancer"))
}

/// The keys varied that this run does not read.
fn inert(variant: &Variant, outcome: &Outcome) -> Vec<String> {
    let is_inert = |key: &str| {
        let mut entries = outcome.summary.config.iter();
        entries.any(|(name, entry)| entry.inert && name.eq_ignore_ascii_case(key))
    };
    let keys = variant.settings.iter().map(|(key, _)| key);
    keys.filter(|key| is_inert(key)).cloned().collect()
}

/// A key without its component: the tables and the plot have little room.
fn short(key: &str) -> &str {
    if key.starts_with('/') { key } else { key.rsplit('.').next().unwrap_or(key) }
}

/// Groups of two and more runs with the same digest, ascending.
fn alike(runs: &[Row]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for row in runs {
        groups.entry(&row.digest).or_default().push(row.run);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().filter(|group| group.len() > 1).collect();
    groups.sort();
    groups
}

/// What differs, in one sentence.
fn finding(runs: &[Row]) -> String {
    let mut digests: Vec<&str> = runs.iter().map(|row| row.digest.as_str()).collect();
    digests.sort_unstable();
    digests.dedup();
    let count = counted(runs.len() as u64, "combination");
    let Some(first) = runs.first() else { return "Nothing was run.".to_owned() };
    if digests.len() == 1 {
        return format!(
            "{count}, and no difference: max_difference {} at the end, {}.",
            ratio(first.max_difference_end),
            counted(first.moves_completed, "move")
        );
    }
    let courses = counted(digests.len() as u64, "course");
    let mut spans = Vec::new();
    let ends: Vec<Option<f64>> = runs.iter().map(|row| row.max_difference_end).collect();
    spans.extend(span("max_difference at the end", &ends, |value| ratio(Some(value))));
    let moves: Vec<Option<f64>> = runs.iter().map(|row| Some(row.moves_completed as f64)).collect();
    spans.extend(span("moves", &moves, |value| format!("{value}")));
    let refused: Vec<Option<f64>> = runs.iter().map(|row| Some(row.commands_refused as f64)).collect();
    spans.extend(span("refused commands", &refused, |value| format!("{value}")));
    if spans.is_empty() {
        spans.push("skew at the end and moves are the same, only times or places differ".to_owned());
    }
    format!("{count}, {courses}: {}.", spans.join("; "))
}

/// `name from a (run 1) to b (run 2)`, of equals the first run; `None` when all are the same.
fn span(name: &str, values: &[Option<f64>], show: impl Fn(f64) -> String) -> Option<String> {
    let mut known = values.iter().enumerate().filter_map(|(run, value)| Some((run + 1, (*value)?)));
    let first = known.next()?;
    let (mut least, mut greatest) = (first, first);
    for (run, value) in known {
        if value < least.1 {
            least = (run, value);
        }
        if value > greatest.1 {
            greatest = (run, value);
        }
    }
    let (low, high) = (show(least.1), show(greatest.1));
    (low != high).then(|| format!("{name} from {low} (run {}) to {high} (run {})", least.0, greatest.0))
}

/// The comparison for people, in lines of about `width` letters.
pub fn text(comparison: &Comparison, width: usize) -> String {
    let mut lines = wrapped(&format!("{}: {}", comparison.scenario, comparison.finding), width);
    for group in &comparison.alike {
        let numbers: Vec<String> = group.iter().map(usize::to_string).collect();
        lines.push(format!("Runs {} do exactly the same.", numbers.join(", ")));
    }
    lines.push(String::new());
    let keys: Vec<&String> =
        comparison.runs.first().map_or_else(Vec::new, |row| row.settings.keys().collect());
    let mut heading: Vec<String> = ["run", "Milvus", "balancer"].map(str::to_owned).to_vec();
    heading.extend(keys.iter().map(|key| short(key).to_owned()));
    let figures =
        ["end", "peak", "mean", "rows end", "moves", "bytes", "net-zero", "settles", "refused", "digest"];
    heading.extend(figures.map(str::to_owned));
    let mut aligns = vec![Align::Right, Align::Left, Align::Left];
    aligns.extend(keys.iter().map(|_| Align::Right));
    aligns.extend([Align::Right; 9]);
    aligns.push(Align::Left);
    let mut columns = Columns::new(&aligns);
    columns.row(heading);
    for row in &comparison.runs {
        columns.row(fields(row, &keys));
    }
    // The digest, last, is never wrapped: its first digits tell runs apart.
    lines.extend(columns.lines(usize::MAX));
    lines.push(String::new());
    let about = format!(
        "end, peak, mean: max_difference; seed {}, {} simulated; the same data and faults in every run.",
        comparison.seed,
        SimDuration::from_ms(comparison.duration_ms)
    );
    lines.extend(wrapped(&about, width));
    if comparison.runs.iter().any(|row| !row.inert.is_empty()) {
        lines.push("(value): the release does not read the key.".to_owned());
    }
    lines.join("\n") + "\n"
}

fn fields(row: &Row, keys: &[&String]) -> Vec<String> {
    let mut fields = vec![row.run.to_string(), row.milvus.clone(), row.balancer.clone()];
    fields.extend(keys.iter().map(|key| {
        let value = row.settings.get(*key).cloned().unwrap_or_default();
        if row.inert.contains(*key) { format!("({value})") } else { value }
    }));
    let rows = row.rows_max_difference_end.map_or_else(|| "-".to_owned(), |rows| format!("{rows}"));
    let settles = match row.first_settle_ms {
        Some(ms) => SimDuration::from_ms(ms).to_string(),
        None => "never".to_owned(),
    };
    fields.extend([
        ratio(row.max_difference_end),
        ratio(row.max_difference_peak),
        ratio(row.max_difference_mean),
        rows,
        row.moves_completed.to_string(),
        format_bytes(row.moves_bytes),
        ratio(Some(row.net_zero_ratio)),
        settles,
        row.commands_refused.to_string(),
        row.digest.chars().take(12).collect(),
    ]);
    fields
}

/// `comparison.json`: indented by two blanks, a newline at the end.
///
/// # Panics
///
/// Never: every key is text, and writing into memory cannot fail.
pub fn json(comparison: &Comparison) -> String {
    let mut text = serde_json::to_string_pretty(comparison).expect("all keys are text");
    text.push('\n');
    text
}

/// `comparison.csv`: one row per run, the keys varied as columns of their own.
pub fn csv(comparison: &Comparison) -> String {
    let keys: Vec<&String> =
        comparison.runs.first().map_or_else(Vec::new, |row| row.settings.keys().collect());
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut heading = vec!["scenario", "run", "milvus", "balancer"];
    heading.extend(keys.iter().map(|key| key.as_str()));
    heading.extend([
        "max_difference_end",
        "max_difference_peak",
        "max_difference_mean",
        "rows_max_difference_end",
        "moves_completed",
        "moves_bytes",
        "net_zero_ratio",
        "first_settle_ms",
        "commands_refused",
        "digest",
    ]);
    let mut records = vec![heading.into_iter().map(str::to_owned).collect::<Vec<String>>()];
    for row in &comparison.runs {
        let exact = |value: Option<f64>| {
            let mut text = String::new();
            if let Some(value) = value {
                super::figure::write_exact(&mut text, value);
            }
            text
        };
        let mut record =
            vec![comparison.scenario.clone(), row.run.to_string(), row.milvus.clone(), row.balancer.clone()];
        record.extend(keys.iter().map(|key| row.settings.get(*key).cloned().unwrap_or_default()));
        record.extend([
            exact(row.max_difference_end),
            exact(row.max_difference_peak),
            exact(row.max_difference_mean),
            exact(row.rows_max_difference_end),
            row.moves_completed.to_string(),
            row.moves_bytes.to_string(),
            exact(Some(row.net_zero_ratio)),
            row.first_settle_ms.map_or_else(String::new, |ms| ms.to_string()),
            row.commands_refused.to_string(),
            row.digest.clone(),
        ]);
        records.push(record);
    }
    for record in records {
        writer.write_record(&record).expect("writing into memory cannot fail");
    }
    let bytes = writer.into_inner().expect("writing into memory cannot fail");
    String::from_utf8(bytes).expect("only texts were written")
}
