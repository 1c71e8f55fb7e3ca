//! What a threshold map says: the intervals of a key, or the regions of two, with the figures of each.

pub mod files;
pub mod text;

use crate::experiment::threshold_map::axis::{ExactAxis, Method};
use crate::experiment::threshold_map::{Found, ThresholdMap};
use crate::policy::watch::{Ladder, Span};
use crate::scenario::Scenario;
use serde::Serialize;

/// All that is shown of a map.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MapReport {
    /// Version of this form: 1.
    pub format: u32,
    /// Name of the scenario.
    pub scenario: String,
    /// The release.
    pub milvus: String,
    /// Seed of all runs.
    pub seed: u64,
    /// Length of all runs.
    pub duration_ms: u64,
    /// What was found, in one sentence.
    pub finding: String,
    /// What a reader has to know.
    pub notes: Vec<String>,
    /// The keys.
    pub keys: Vec<KeyRow>,
    /// Whether the whole range is covered.
    pub is_finished: bool,
    /// Runs made to find the intervals.
    pub runs_to_find: usize,
    /// Runs made to see that both sides of every breakpoint differ.
    pub runs_to_verify: usize,
    /// Intervals that the comparisons alone told apart.
    pub told_apart: usize,
    /// Different courses, in the order of the intervals.
    pub courses: Vec<CourseRow>,
    /// Intervals, or with two keys rectangles, ascending.
    pub intervals: Vec<IntervalRow>,
    /// What no run has covered, in the same form.
    pub open: Vec<Vec<RangeRow>>,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeyRow {
    /// Milvus's key.
    pub key: String,
    /// First value of the range.
    pub from: String,
    /// Last value of the range.
    pub to: String,
    /// Where the scenario itself stands; `None` = not in the range.
    pub given: Option<String>,
    /// `margins` or `values`: by what its breakpoints were found.
    pub method: &'static str,
    /// The range as numbers, for the plot.
    #[serde(skip)]
    pub bounds: (f64, f64),
    /// Whether it has whole values only.
    #[serde(skip)]
    pub is_whole: bool,
}

/// What all runs of an interval do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CourseRow {
    /// From 1.
    pub course: usize,
    /// 32 hex digits over what happened, or why nothing can.
    pub digest: String,
    /// `skew.end.max_difference`.
    pub max_difference_end: Option<f64>,
    /// `skew.peak.max_difference`.
    pub max_difference_peak: Option<f64>,
    /// `skew.mean.max_difference`.
    pub max_difference_mean: Option<f64>,
    /// `moves.completed`.
    pub moves_completed: Option<u64>,
    /// `moves.bytes`.
    pub moves_bytes: Option<u64>,
    /// `moves.net_zero_ratio`.
    pub net_zero_ratio: Option<f64>,
    /// `settle_ms` of the first disturbance; `None` = not settled.
    pub first_settle_ms: Option<u64>,
    /// `overload.refused_loads`.
    pub refused_loads: Option<u64>,
    /// `service.failed_searches`.
    pub failed_searches: Option<f64>,
}

/// Values of one key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RangeRow {
    /// The least value.
    pub from: String,
    /// The greatest value.
    pub to: String,
    /// The same as people write it: `41..55`, `[0, 0.05)`.
    pub text: String,
    /// The values as numbers, for the plot; whole values reach half a step to both sides.
    #[serde(skip)]
    pub bounds: (f64, f64),
}

/// A box of values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IntervalRow {
    /// By key.
    pub values: Vec<RangeRow>,
    /// The course of all runs in it.
    pub course: usize,
    /// Whether the scenario itself stands in it.
    pub is_here: bool,
}

impl MapReport {
    /// The report of a map over `scenario`.
    pub fn new(map: &ThresholdMap, scenario: &Scenario) -> MapReport {
        let given: Vec<Option<i64>> = map.axes.iter().map(|axis| axis.given(scenario)).collect();
        let ranges = |region: &[Span]| -> Vec<RangeRow> {
            map.axes.iter().zip(region).map(|(axis, span)| range(axis, *span)).collect()
        };
        let is_here = |region: &[Span]| {
            given
                .iter()
                .zip(region)
                .all(|(given, span)| given.is_some_and(|given| (span.low..=span.high).contains(&given)))
        };
        let intervals = map.cells.iter().map(|cell| IntervalRow {
            values: ranges(&cell.region),
            course: cell.run + 1,
            is_here: is_here(&cell.region),
        });
        MapReport {
            format: 1,
            scenario: scenario.name.clone(),
            milvus: scenario.release.to_string(),
            seed: scenario.seed,
            duration_ms: scenario.duration.as_ms(),
            finding: finding(map),
            notes: map.axes.iter().flat_map(|axis| axis.caveats(scenario)).collect(),
            keys: map.axes.iter().zip(&given).map(|(axis, given)| key(axis, *given)).collect(),
            is_finished: map.is_finished(),
            runs_to_find: map.searched,
            runs_to_verify: map.verified,
            told_apart: map.told_apart,
            courses: map.runs.iter().enumerate().map(|(place, found)| course(place, found)).collect(),
            intervals: intervals.collect(),
            open: map.open.iter().map(|region| ranges(region)).collect(),
        }
    }
}

fn key(axis: &ExactAxis, given: Option<i64>) -> KeyRow {
    let Span { low, high } = axis.span;
    KeyRow {
        key: axis.key.to_owned(),
        from: axis.ladder.text(low),
        to: axis.ladder.text(high),
        given: given.map(|given| axis.ladder.text(given)),
        method: match axis.method {
            Method::Margins => "margins",
            Method::Values => "values",
        },
        bounds: range(axis, axis.span).bounds,
        is_whole: axis.ladder != Ladder::Real,
    }
}

fn course(place: usize, found: &Found) -> CourseRow {
    let summary = found.summary.as_ref();
    let memory = summary.map(|summary| &summary.skew.memory);
    CourseRow {
        course: place + 1,
        digest: found.digest.clone(),
        max_difference_end: memory.and_then(|memory| memory.end.max_difference),
        max_difference_peak: memory.and_then(|memory| memory.peak.max_difference),
        max_difference_mean: memory.and_then(|memory| memory.mean.max_difference),
        moves_completed: summary.map(|summary| summary.moves.completed),
        moves_bytes: summary.map(|summary| summary.moves.bytes),
        net_zero_ratio: summary.map(|summary| summary.moves.net_zero_ratio),
        first_settle_ms: summary.and_then(|summary| summary.settle.first()?.settle_ms),
        refused_loads: summary.map(|summary| summary.overload.refused_loads),
        failed_searches: summary.map(|summary| summary.service.failed_searches),
    }
}

/// A span as people write it. Between two doubles nothing lies, so of two neighbours the one that is shorter
/// to write names the bound, open on the side that it does not belong to.
fn range(axis: &ExactAxis, span: Span) -> RangeRow {
    let text = |rung: i64| axis.ladder.text(rung);
    let (from, to) = (text(span.low), text(span.high));
    let (low, high) = (axis.ladder.value(span.low), axis.ladder.value(span.high));
    if axis.ladder != Ladder::Real {
        let words = if span.low == span.high { from.clone() } else { format!("{from}..{to}") };
        return RangeRow { from, to, text: words, bounds: (low - 0.5, high + 0.5) };
    }
    // The bound between two neighbours, and whether it belongs to the upper one.
    let bound = |lower: i64| {
        let (below, above) = (text(lower), text(lower + 1));
        if above.len() <= below.len() { (above, true) } else { (below, false) }
    };
    let opening = match (span.low == axis.span.low).then_some((from.clone(), true)) {
        Some(end) => end,
        None => bound(span.low - 1),
    };
    let closing = match (span.high == axis.span.high).then_some((to.clone(), false)) {
        Some(end) => end,
        None => bound(span.high),
    };
    let words = format!(
        "{}{}, {}{}",
        if opening.1 { '[' } else { '(' },
        opening.0,
        closing.0,
        if closing.1 { ')' } else { ']' }
    );
    RangeRow { from, to, text: words, bounds: (low, high) }
}

/// What was found, in one sentence.
fn finding(map: &ThresholdMap) -> String {
    let (courses, pieces) = (map.runs.len(), map.cells.len());
    let keys: Vec<&str> = map.axes.iter().map(|axis| short(axis.key)).collect();
    let keys = keys.join(" and ");
    if courses <= 1 && map.is_finished() {
        return format!("{keys} makes no difference anywhere in its range.");
    }
    let found = if map.axes.len() == 1 {
        format!("{pieces} intervals of {keys}, {courses} different courses")
    } else {
        format!("{courses} different courses over {keys}")
    };
    if map.is_finished() { format!("{found}.") } else { format!("{found} so far; the map is unfinished.") }
}

/// A key without its component.
pub(super) fn short(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_written_the_short_way_and_belongs_to_one_side() {
        let ladder = Ladder::Real;
        let whole = Span { low: ladder.rung(0.0), high: ladder.rung(1.0) };
        let axis = ExactAxis { key: "k", ladder, span: whole, method: Method::Margins };
        let words = |low: i64, high: i64| range(&axis, Span { low, high }).text;
        let twentieth = ladder.rung(0.05);
        assert_eq!(words(whole.low, twentieth - 1), "[0, 0.05)");
        assert_eq!(words(twentieth, whole.high), "[0.05, 1]");
        assert_eq!(words(whole.low, twentieth), "[0, 0.05]");
        assert_eq!(words(twentieth + 1, whole.high), "(0.05, 1]");
        let percent = ExactAxis { ladder: Ladder::Percent, ..axis };
        assert_eq!(range(&percent, Span { low: 41, high: 55 }).text, "41..55");
        assert_eq!(range(&percent, Span { low: 7, high: 7 }).text, "7");
    }
}
