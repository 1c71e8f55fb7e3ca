//! A recording against runs of its scenario with many seeds.

use super::calls::Answer;
use super::events::{Change, Timed};
use super::outcome::Outcome;
use super::recording::Recording;
use super::samples::Placement;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Durations are sampled about once a second: so much they may differ in any case.
const SLACK_MS: u64 = 1500;

/// Segments that an error names at most.
const NAMED_MAX: usize = 3;

/// A comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// What differs, in words; empty = nothing.
    pub(crate) errors: Vec<String>,
    /// The figures compared, for the line of the report.
    pub(crate) figures: String,
}

/// Compares a recording with runs of its scenario.
///
/// What is the same with every seed is determined by the rules and must be as recorded. What differs must lie
/// within what the seeds show.
pub(crate) fn compare(recording: &Recording, runs: &[Outcome]) -> Verdict {
    let mut errors = Vec::new();
    let mut figures = Vec::new();
    if recording.is_sampled {
        moves(recording, runs, &mut errors, &mut figures);
    }
    match &recording.end {
        Some(end) => ends(end, &recording.rows, runs, &mut errors, &mut figures),
        None => figures.push("nothing shows the end".to_owned()),
    }
    for (index, timed) in recording.changes.iter().enumerate() {
        settles(recording, runs, index, timed, &mut errors, &mut figures);
    }
    exits(recording, runs, &mut errors);
    calls(recording, runs, &mut errors, &mut figures);
    Verdict { errors, figures: figures.join(", ") }
}

fn moves(recording: &Recording, runs: &[Outcome], errors: &mut Vec<String>, figures: &mut Vec<String>) {
    let least = runs.iter().map(|run| run.places.moves).min().unwrap_or_default();
    let greatest = runs.iter().map(|run| run.places.moves).max().unwrap_or_default();
    let recorded = recording.places.moves;
    figures.push(format!("moves {} (recorded {recorded})", span(least, greatest)));
    if !(least..=greatest).contains(&recorded) {
        errors.push(format!("moves: {}, recorded {recorded}", span(least, greatest)));
    }
}

/// Where everything ended.
fn ends(
    end: &Placement,
    rows: &BTreeMap<i64, u64>,
    runs: &[Outcome],
    errors: &mut Vec<String>,
    figures: &mut Vec<String>,
) {
    let alike = runs.iter().filter(|run| run.end == *end).count();
    figures.push(format!("end as recorded in {alike} of {}", runs.len()));
    if runs.windows(2).all(|pair| pair[0].end == pair[1].end) && alike == 0 {
        errors.extend(runs.first().and_then(|run| elsewhere(&run.end, end)));
    }
    let shapes: Vec<Shape> = runs.iter().map(|run| shape(&run.end, rows)).collect();
    let recorded = shape(end, rows);
    if let Some(first) =
        shapes.first().filter(|first| shapes.iter().all(|one| one == *first) && **first != recorded)
    {
        errors.push(format!("rows and segments of the nodes: {first:?}, recorded {recorded:?}"));
    }
}

/// Rows and segments of each node, whichever it is, most rows first.
type Shape = Vec<(u64, usize)>;

fn shape(end: &Placement, rows: &BTreeMap<i64, u64>) -> Shape {
    let mut nodes: BTreeMap<i64, (u64, usize)> = BTreeMap::new();
    for (segment, holders) in end {
        for node in holders {
            let (sum, count) = nodes.entry(*node).or_default();
            *sum += rows.get(segment).copied().unwrap_or_default();
            *count += 1;
        }
    }
    let mut shape: Shape = nodes.into_values().collect();
    shape.sort_unstable_by(|one, other| other.cmp(one));
    shape
}

fn span(least: u64, greatest: u64) -> String {
    if least == greatest { least.to_string() } else { format!("{least} to {greatest}") }
}

fn seconds(time_ms: u64) -> String {
    format!("{}.{:03} s", time_ms / 1000, time_ms % 1000)
}

/// Whether two durations are the same to a factor of two, or to what sampling cannot tell.
fn is_like(one_ms: u64, other_ms: u64) -> bool {
    let (less, more) = (one_ms.min(other_ms), one_ms.max(other_ms));
    more <= (2 * less).max(less + SLACK_MS)
}

/// Says that a duration is unlike that of every run.
fn unlike(what: &str, runs_ms: &[u64], recorded_ms: u64) -> Option<String> {
    let is_like_one = runs_ms.iter().any(|run_ms| is_like(*run_ms, recorded_ms));
    (!is_like_one).then(|| {
        let shown = durations(runs_ms);
        format!("{what}: {shown}, recorded {}", seconds(recorded_ms))
    })
}

fn durations(runs_ms: &[u64]) -> String {
    let least = runs_ms.iter().min().copied();
    let greatest = runs_ms.iter().max().copied();
    match (least, greatest) {
        (Some(least), Some(greatest)) if least == greatest => seconds(least),
        (Some(least), Some(greatest)) => format!("{} to {}", seconds(least), seconds(greatest)),
        _ => "never".to_owned(),
    }
}

/// The first segments that are elsewhere, and how many there are.
fn elsewhere(run: &Placement, recorded: &Placement) -> Option<String> {
    let all: BTreeSet<&i64> = run.keys().chain(recorded.keys()).collect();
    let differ: Vec<&i64> = all.into_iter().filter(|id| run.get(id) != recorded.get(id)).collect();
    if differ.is_empty() {
        return None;
    }
    let mut text = format!("{} segments end elsewhere:", differ.len());
    for (index, id) in differ.iter().take(NAMED_MAX).enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let (here, there) = (run.get(id), recorded.get(id));
        let _ = write!(text, "{comma} {id} on {}, recorded {}", nodes(here), nodes(there));
    }
    Some(text)
}

fn nodes(nodes: Option<&BTreeSet<i64>>) -> String {
    let nodes = nodes.into_iter().flatten().map(i64::to_string).collect::<Vec<_>>();
    if nodes.is_empty() { "none".to_owned() } else { nodes.join("+") }
}

/// The time from a change to the last movement before the next change or call.
fn settles(
    recording: &Recording,
    runs: &[Outcome],
    index: usize,
    timed: &Timed,
    errors: &mut Vec<String>,
    figures: &mut Vec<String>,
) {
    let later = recording.changes[index + 1..].iter().map(|timed| timed.at_ms);
    let calls = recording.calls.iter().map(|call| call.at_ms).filter(|at_ms| *at_ms > timed.at_ms);
    let until_ms = later.chain(calls).min().unwrap_or(u64::MAX);
    let recorded_ms = if recording.is_sampled {
        recording.places.settled_after_ms(timed.at_ms, until_ms)
    } else {
        let found = recording.settled.iter().find(|(at_ms, _)| (timed.at_ms..until_ms).contains(at_ms));
        let Some((_, last_ms)) = found else { return };
        last_ms.saturating_sub(timed.at_ms)
    };
    let start_ms = recording.start.at_ms;
    let settle = |run: &Outcome| {
        let from_ms = timed.at_ms.saturating_sub(start_ms);
        run.places.settled_after_ms(from_ms, until_ms.saturating_sub(start_ms))
    };
    let runs_ms: Vec<u64> = runs.iter().map(settle).collect();
    let what = format!("settled after {}", name(&timed.change));
    figures.push(format!("{what} in {} (recorded {})", durations(&runs_ms), seconds(recorded_ms)));
    errors.extend(unlike(&what, &runs_ms, recorded_ms));
}

fn name(change: &Change) -> String {
    match change {
        Change::Start(ids) => {
            let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
            format!("the start of node {}", ids.join("+"))
        }
        Change::Stop(id) => format!("the stop of node {id}"),
        Change::Kill(id) => format!("the kill of node {id}"),
        Change::RestartQueryCoord { .. } => "the restart of the query coordinator".to_owned(),
        Change::SetConfig(key, value) => format!("{key} = {value}"),
        Change::Load(Some(name)) => format!("the load of {name}"),
        Change::Load(None) => "the load".to_owned(),
    }
}

/// Query nodes that end by themselves after SIGTERM.
fn exits(recording: &Recording, runs: &[Outcome], errors: &mut Vec<String>) {
    for (node, left_ms) in &recording.exits {
        let stop = recording.changes.iter().find(|timed| timed.change == Change::Stop(*node));
        let Some(stop) = stop else { continue };
        let stop_ms = stop.at_ms.saturating_sub(recording.start.at_ms);
        let left = runs.iter().filter_map(|run| Some(run.left.get(node)?.saturating_sub(stop_ms)));
        let runs_ms: Vec<u64> = left.collect();
        errors.extend(unlike(&format!("node {node} left"), &runs_ms, left_ms.saturating_sub(stop.at_ms)));
    }
}

/// The answers to manual calls.
fn calls(recording: &Recording, runs: &[Outcome], errors: &mut Vec<String>, figures: &mut Vec<String>) {
    let mut known = 0;
    for (index, call) in recording.calls.iter().enumerate() {
        let Some(recorded) = &call.answer else {
            figures.push(format!("the answer to \"{}\" was lost", call.label));
            continue;
        };
        known += 1;
        let answers = runs.iter().filter_map(|run| run.answers.get(index)?.as_ref());
        let answers: Vec<_> = answers.collect();
        let alike = answers.iter().filter(|one| recorded.is_given_by(&one.answer));
        let runs_ms: Vec<u64> = alike.map(|one| one.took_ms).collect();
        if runs_ms.is_empty() {
            let given = answers.first().map_or("no answer".to_owned(), |one| shown(&one.answer));
            let expected = shown(recorded);
            errors.push(format!("\"{}\": {given}, recorded {expected}", call.label));
        } else {
            errors.extend(unlike(&format!("\"{}\" took", call.label), &runs_ms, call.took_ms));
        }
    }
    if known > 0 {
        figures.push(format!("{known} answers"));
    }
}

fn shown(answer: &Answer) -> String {
    if answer.is_success { "success".to_owned() } else { format!("{} \"{}\"", answer.code, answer.text) }
}
