//! Figures chosen by their path in `summary.json`.

use crate::metrics::summary::{Evenness, Measures, Moves, Skew, Spans, Summary};
use crate::scenario::{Scenario, metric_path};
use serde_json::Value;

/// A number of `summary.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    path: String,
    parts: Vec<String>,
}

impl Figure {
    /// The figure at a dotted path, such as `skew.mean.max_difference` or `settle.0.settle_ms`.
    ///
    /// # Errors
    ///
    /// Says why a run of `scenario` has no such figure, and which is nearest.
    pub fn parse(path: &str, scenario: &Scenario) -> Result<Figure, String> {
        let parts = metric_path::of_whole_run(path, scenario)?;
        Ok(Figure { path: path.to_owned(), parts })
    }

    /// Its path.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// The figures of one run, in the order given; `None` = undefined there.
pub fn values(figures: &[Figure], summary: &Summary) -> Vec<Option<f64>> {
    // Figures of one part of the summary mostly stand together; each part becomes a tree once.
    let mut section: (&str, Value) = ("", Value::Null);
    let mut values = Vec::with_capacity(figures.len());
    for figure in figures {
        let Some((name, rest)) = figure.parts.split_first() else {
            values.push(None);
            continue;
        };
        if name == "skew" {
            values.push(of_skew(&summary.skew, rest));
            continue;
        }
        if name == "moves"
            && let Some(value) = of_moves(&summary.moves, rest)
        {
            values.push(Some(value));
            continue;
        }
        if section.0 != name {
            section = (name, tree(summary, name));
        }
        let found = rest.iter().try_fold(&section.1, |node, part| match node {
            Value::Array(elements) => part.parse::<usize>().ok().and_then(|index| elements.get(index)),
            _ => node.get(part),
        });
        values.push(match found {
            Some(node) => node.as_f64(),
            // Only what happened is listed there.
            None if name == "declined" => Some(0.0),
            None => None,
        });
    }
    values
}

/// A figure of skew. What nearly every trial is asked for needs no tree.
fn of_skew(skew: &Skew, path: &[String]) -> Option<f64> {
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    let value = match *words.as_slice() {
        ["rows", span, measure] => of_evenness(in_span(&skew.rows, span)?, measure),
        ["score", span, measure] => of_evenness(in_span(&skew.score, span)?, measure),
        [span, measure] => {
            let Measures { max_difference, imbalance, cv, gini, overloaded, bound } =
                in_span(&skew.memory, span)?;
            match measure {
                "overloaded" => overloaded,
                "bound" => bound,
                _ => of_evenness(Evenness { max_difference, imbalance, cv, gini }, measure),
            }
        }
        _ => None,
    };
    value.filter(|value| value.is_finite())
}

/// A figure of moves that is a number of its own; `None` = its tree must say. Nearly every trial is asked for these.
fn of_moves(moves: &Moves, path: &[String]) -> Option<f64> {
    let [name] = path else { return None };
    let count = match name.as_str() {
        "planned" => moves.planned,
        "completed" => moves.completed,
        "failed" => moves.failed,
        "cancelled" => moves.cancelled,
        "refused" => moves.refused,
        "unfinished" => moves.unfinished,
        "bytes" => moves.bytes,
        "rows" => moves.rows,
        "net_zero" => moves.net_zero,
        "wasted_bytes" => moves.wasted_bytes,
        "net_zero_ratio" => return Some(moves.net_zero_ratio),
        _ => return None,
    };
    Some(count as f64)
}

fn in_span<T: Copy>(spans: &Spans<T>, name: &str) -> Option<T> {
    match name {
        "start" => Some(spans.start),
        "end" => Some(spans.end),
        "peak" => Some(spans.peak),
        "mean" => Some(spans.mean),
        _ => None,
    }
}

fn of_evenness(evenness: Evenness, name: &str) -> Option<f64> {
    match name {
        "max_difference" => evenness.max_difference,
        "imbalance" => evenness.imbalance,
        "cv" => evenness.cv,
        "gini" => evenness.gini,
        _ => None,
    }
}

/// One part of the summary as a tree.
fn tree(summary: &Summary, name: &str) -> Value {
    let tree = match name {
        "ended_at_ms" => serde_json::to_value(summary.ended_at_ms),
        "duration_ms" => serde_json::to_value(summary.duration_ms),
        "events" => serde_json::to_value(summary.events),
        "nodes" => serde_json::to_value(summary.nodes),
        "segments" => serde_json::to_value(summary.segments),
        "samples" => serde_json::to_value(summary.samples),
        "scopes" => serde_json::to_value(&summary.scopes),
        "settle" => serde_json::to_value(&summary.settle),
        "moves" => serde_json::to_value(summary.moves),
        "channel_moves" => serde_json::to_value(summary.channel_moves),
        "overload" => serde_json::to_value(summary.overload),
        "service" => serde_json::to_value(summary.service),
        "declined" => serde_json::to_value(&summary.declined),
        "commands" => serde_json::to_value(summary.commands),
        _ => Ok(Value::Null),
    };
    // Plain numbers, texts and maps with text keys: this cannot fail.
    tree.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skew_is_what_its_tree_says() {
        let mut next = 0.0;
        let mut number = || {
            next += 0.125;
            (next != 1.5).then_some(next)
        };
        let mut evenness =
            || Evenness { max_difference: number(), imbalance: number(), cv: number(), gini: number() };
        let mut spans = || Spans { start: evenness(), end: evenness(), peak: evenness(), mean: evenness() };
        let (memory, rows, score) = (spans(), spans(), spans());
        let measures = |of: Evenness| {
            let Evenness { max_difference, imbalance, cv, gini } = of;
            Measures { max_difference, imbalance, cv, gini, overloaded: Some(3.0), bound: None }
        };
        let Spans { start, end, peak, mean } = memory;
        let [start, end, peak, mean] = [start, end, peak, mean].map(measures);
        let skew = Skew { memory: Spans { start, end, peak, mean }, rows, score };
        let tree = serde_json::to_value(skew).expect("plain numbers");
        let mut found = 0;
        for family in [None, Some("rows"), Some("score")] {
            for span in ["start", "end", "peak", "mean", "middle"] {
                for measure in ["max_difference", "imbalance", "cv", "gini", "overloaded", "bound", "best"] {
                    let path: Vec<String> =
                        family.into_iter().chain([span, measure]).map(str::to_owned).collect();
                    let slow = path.iter().try_fold(&tree, |node, part| node.get(part));
                    assert_eq!(of_skew(&skew, &path), slow.and_then(Value::as_f64), "{path:?}");
                    found += usize::from(slow.is_some());
                }
            }
        }
        assert_eq!(found, 4 * 6 + 2 * 4 * 4);
    }

    #[test]
    fn moves_are_what_their_tree_says() {
        let moves = Moves {
            planned: 1 << 54 | 1,
            completed: 2,
            failed: 3,
            cancelled: 4,
            refused: 5,
            unfinished: 6,
            bytes: u64::MAX,
            rows: 7,
            net_zero: 8,
            net_zero_ratio: 0.1 + 0.2,
            wasted_bytes: 9,
            ..Moves::default()
        };
        let tree = serde_json::to_value(moves).expect("plain numbers");
        let numbers = tree.as_object().into_iter().flatten().filter(|(_, value)| value.is_number());
        let mut found = 0;
        for (name, value) in numbers {
            assert_eq!(of_moves(&moves, std::slice::from_ref(name)), value.as_f64(), "{name}");
            found += 1;
        }
        assert_eq!(found, 11);
        assert_eq!(of_moves(&moves, &["by_cause".to_owned(), "balance".to_owned()]), None);
    }
}
