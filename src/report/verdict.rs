//! What came of a run, in one sentence.

use super::content::Thresholds;
use super::figure::{count, counted, number, ratio};
use crate::metrics::summary::Summary;
use crate::policy::reason::ReasonCode;
use crate::units::format_bytes;

/// Skews that differ by less are called the same.
const SAME: f64 = 0.005;

/// How a figure went from start to end, with a peak in between where it stands out: `fell from 0.62 to 0.14`.
pub fn course(start: f64, peak: f64, end: f64, write: fn(f64) -> String) -> String {
    let stands_out = peak > start.max(end) + 2.0 * SAME;
    if stands_out && (start - end).abs() < SAME {
        format!("rose from {} to {} and came back to {}", write(start), write(peak), write(end))
    } else if stands_out {
        format!("rose from {} to {} and ended at {}", write(start), write(peak), write(end))
    } else if write(start) == write(end) || (start - end).abs() < SAME / 10.0 {
        format!("stayed at {}", write(end))
    } else if end < start {
        format!("fell from {} to {}", write(start), write(end))
    } else {
        format!("rose from {} to {}", write(start), write(end))
    }
}

/// The run in one sentence: how skew went, where it stands against the thresholds, what the moves cost, and
/// whether the author's expectations hold.
pub fn headline(summary: &Summary) -> String {
    let mut parts = vec![skew(summary)];
    parts.extend(against_thresholds(summary));
    parts.push(moves(summary));
    parts.extend(harm(summary));
    let failed = summary.expectations.iter().filter(|result| !result.holds).count() as u64;
    let all = summary.expectations.len() as u64;
    if failed > 0 {
        let verb = if failed == 1 { "does" } else { "do" };
        parts.push(format!("{} of {} {verb} not hold", count(failed), counted(all, "expectation")));
    } else if all > 0 {
        parts.push(if all == 1 {
            "the expectation holds".into()
        } else {
            format!("all {all} expectations hold")
        });
    }
    format!("{}.", parts.join("; "))
}

fn skew(summary: &Summary) -> String {
    let memory = &summary.skew.memory;
    let write = |value: f64| ratio(Some(value));
    match (memory.start.max_difference, memory.peak.max_difference, memory.end.max_difference) {
        (Some(start), Some(peak), Some(end)) => format!("Memory skew {}", course(start, peak, end, write)),
        (None, Some(peak), Some(end)) => {
            format!("Memory skew ends at {}, with a peak of {}", write(end), write(peak))
        }
        (_, Some(peak), None) => {
            format!("No query node was left at the end; memory skew had a peak of {}", write(peak))
        }
        _ => "No query node was ever counted, so memory skew is undefined".to_string(),
    }
}

fn against_thresholds(summary: &Summary) -> Option<String> {
    let end = &summary.skew.memory.end;
    let thresholds = Thresholds::of(summary);
    let gap = end.max_difference?;
    let wide = thresholds.max_difference.filter(|limit| gap > *limit);
    let overloaded = end.overloaded.filter(|nodes| *nodes > 0.0 && thresholds.overload.is_some());
    let nodes = |nodes: f64| {
        let verb = if nodes == 1.0 { "is" } else { "are" };
        format!("{} {verb} overloaded", counted(nodes as u64, "query node"))
    };
    match (wide, overloaded) {
        (Some(limit), Some(overloaded)) => {
            Some(format!("the gap is above the limit of {} and {}", ratio(Some(limit)), nodes(overloaded)))
        }
        (Some(limit), None) => Some(format!("the gap is above the limit of {}", ratio(Some(limit)))),
        (None, Some(overloaded)) => Some(nodes(overloaded)),
        (None, None) if thresholds.max_difference.is_some() && thresholds.overload.is_some() => {
            Some("the gap is below both thresholds".to_string())
        }
        (None, None) => thresholds
            .max_difference
            .map(|limit| format!("the gap is within the limit of {}", ratio(Some(limit)))),
    }
}

/// What hurt whoever uses the cluster.
fn harm(summary: &Summary) -> Option<String> {
    let mut parts = Vec::new();
    let killed = summary.overload.killed_for_memory;
    if killed > 0 {
        parts.push(format!("{} killed for memory", counted(killed, "query node")));
    }
    let searches = summary.service.failed_searches.round();
    let seconds = summary.service.unserviceable_seconds;
    if searches >= 1.0 {
        let noun = if searches == 1.0 { "search" } else { "searches" };
        parts.push(format!("{} {noun} failed", count(searches as u64)));
    } else if seconds > 0.0 {
        parts.push(format!("{} s without service", number(seconds)));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn moves(summary: &Summary) -> String {
    let moves = &summary.moves;
    if moves.planned == 0 {
        return match most_declined(summary) {
            Some((code, times)) => {
                let sentence = ReasonCode::from_text(code).map_or(code, ReasonCode::sentence);
                format!("nothing moved: {sentence} ({code}, {})", counted(times, "time"))
            }
            None => "nothing moved".to_string(),
        };
    }
    if moves.completed == 0 {
        return format!("{} planned, none completed", counted(moves.planned, "move"));
    }
    let wasted = match moves.wasted_bytes {
        0 => "none wasted".to_string(),
        bytes => format!("{} of it wasted", format_bytes(bytes)),
    };
    let lost = match moves.planned - moves.completed {
        0 => String::new(),
        lost => format!("{} more not completed, ", count(lost)),
    };
    format!("{}, {}, {lost}{wasted}", counted(moves.completed, "move"), format_bytes(moves.bytes))
}

/// The reason that kept most rounds from planning; of equals the first by name.
fn most_declined(summary: &Summary) -> Option<(&'static str, u64)> {
    let mut most = None;
    for (code, times) in &summary.declined {
        if most.is_none_or(|(_, known)| *times > known) {
            most = Some((*code, *times));
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    #[test]
    fn the_course_names_what_changed() {
        let write = |value: f64| format!("{value:.2}");
        for (start, peak, end, expected) in [
            (0.62, 0.62, 0.14, "fell from 0.62 to 0.14"),
            (0.1, 0.3, 0.3, "rose from 0.10 to 0.30"),
            (0.1, 0.101, 0.1, "stayed at 0.10"),
            (0.1, 0.6, 0.1, "rose from 0.10 to 0.60 and came back to 0.10"),
            (0.1, 0.6, 0.2, "rose from 0.10 to 0.60 and ended at 0.20"),
        ] {
            assert_eq!(course(start, peak, end, write), expected);
        }
    }

    #[test]
    fn the_headline_says_skew_thresholds_moves_and_expectations() {
        let mut summary = example::summary();
        assert_eq!(
            headline(&summary),
            "Memory skew fell from 0.62 to 0.14; the gap is below both thresholds; 12 moves, 3.20 GiB, none \
             wasted; 1 of 2 expectations does not hold."
        );
        summary.moves = Default::default();
        summary.expectations.clear();
        summary.skew.memory.end.max_difference = Some(0.62);
        assert_eq!(
            headline(&summary),
            "Memory skew stayed at 0.62; the gap is above the limit of 0.30; nothing moved: every segment that \
             fits would keep or widen the gap (NO_IMPROVING_SEGMENT, 1,440 times)."
        );
    }

    #[test]
    fn a_cluster_without_query_nodes_has_a_verdict_too() {
        let mut summary = example::summary();
        summary.skew = Default::default();
        summary.moves = Default::default();
        summary.declined.clear();
        summary.expectations.clear();
        assert_eq!(
            headline(&summary),
            "No query node was ever counted, so memory skew is undefined; nothing moved."
        );
    }
}
