//! Figures chosen by their path in `summary.json`.

use crate::metrics::summary::Summary;
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

/// One part of the summary as a tree.
fn tree(summary: &Summary, name: &str) -> Value {
    let tree = match name {
        "ended_at_ms" => serde_json::to_value(summary.ended_at_ms),
        "duration_ms" => serde_json::to_value(summary.duration_ms),
        "events" => serde_json::to_value(summary.events),
        "nodes" => serde_json::to_value(summary.nodes),
        "segments" => serde_json::to_value(summary.segments),
        "samples" => serde_json::to_value(summary.samples),
        "skew" => serde_json::to_value(summary.skew),
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
