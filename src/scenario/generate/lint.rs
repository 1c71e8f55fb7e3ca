//! What is likely an accident in a plan.

use super::plan::{NodeClass, Plan, Start, turns};
use super::rows;
use super::text::time;
use super::timeline::AWAY;
use crate::engine::distribution::Shape;
use crate::units::SimDuration;

/// Memory of a node in production.
const LIKELY_NODE_BYTES: f64 = 32.0 * GIB;
const GIB: f64 = 1_073_741_824.0;
/// On a likely node less data than this is likely an accident, as is more than a terabyte a node.
const LEAST_LIKELY_RATE: f64 = 0.01;

impl Plan {
    /// What is likely an accident.
    pub fn lint(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.node_count() == 0 || self.segments == 0 {
            return lines;
        }
        if self.node_classes.is_empty() {
            self.lint_memory(&mut lines);
        } else {
            self.lint_classes(&mut lines);
        }
        self.lint_rows(&mut lines);
        self.lint_failures(&mut lines);
        lines
    }

    /// Nodes that are all alike.
    fn lint_memory(&self, lines: &mut Vec<String>) {
        let (data, memory) = (self.mean_bytes_per_node(), self.node_bytes() as f64);
        let node = if self.memory_bytes.is_some() { memory } else { LIKELY_NODE_BYTES };
        if data / node < LEAST_LIKELY_RATE {
            lines.push(format!(
                "{} of data on a {:.0} GiB node is likely an accident; more --segments or fewer --nodes",
                words(data),
                node / GIB
            ));
        }
        if data > memory {
            lines.push(format!(
                "{} of data do not fit on a node of {}; more --memory or --nodes",
                words(data),
                words(memory)
            ));
        }
        if self.memory_bytes.is_none() && memory > LIKELY_NODE_BYTES * 32.0 {
            lines.push(format!("a node of {} is likely an accident; more --nodes", words(memory)));
        }
    }

    fn lint_classes(&self, lines: &mut Vec<String>) {
        let data = self.mean_bytes_per_node() * self.node_count() as f64;
        let bytes = |class: &NodeClass| class.count as f64 * class.memory_bytes as f64;
        let memory: f64 = self.node_classes.iter().map(bytes).sum();
        let first = self.node_classes[0].memory_bytes as f64;
        if data / memory < LEAST_LIKELY_RATE {
            lines.push(format!(
                "{} of data on nodes of {} in all is likely an accident; more --segments, or less --node-class",
                words(data),
                words(memory)
            ));
        }
        if data > memory {
            lines.push(format!(
                "{} of data do not fit on nodes of {} in all; more --node-class, or fewer --segments",
                words(data),
                words(memory)
            ));
        } else if self.start == Start::OneNode && data > first {
            lines.push(format!(
                "{} of data do not fit on node 1 of {}; a larger first --node-class, or another --start",
                words(data),
                words(first)
            ));
        }
    }

    /// Segments that no node, or none of a class, can hold.
    fn lint_rows(&self, lines: &mut Vec<String>) {
        let segment = rows::mean(&self.rows) * self.bytes_per_row as f64;
        for NodeClass { count, memory_bytes } in self.classes() {
            if segment > memory_bytes as f64 {
                lines.push(format!(
                    "not even one segment, of {} on average, fits on {count} nodes of {} each; \
                     smaller --rows, or more memory",
                    words(segment),
                    words(memory_bytes as f64)
                ));
            }
        }
        if let Shape::Pareto { alpha, .. } = self.rows
            && alpha <= 1.0
        {
            lines.push(format!(
                "--rows pareto with alpha {alpha}: a few segments of the most rows hold most of the data; \
                 an alpha above 1"
            ));
        }
    }

    fn lint_failures(&self, lines: &mut Vec<String>) {
        let Some(every) = self.failures.filter(|every| *every > SimDuration::ZERO) else { return };
        if turns(self.failures, self.duration) == 0 {
            lines.push(format!(
                "--failures {}: none comes within --duration {}; a shorter time",
                time(every),
                time(self.duration)
            ));
            return;
        }
        self.lint_pace(every, lines);
        let (due, come) = (turns(self.failures, self.duration), self.failures_that_come());
        if come < due {
            lines.push(format!(
                "--failures {}: {come} of {due} come, since at other times no node is up; more nodes, or a longer time",
                time(every)
            ));
        }
    }

    /// Failures that outrun their returns.
    fn lint_pace(&self, every: SimDuration, lines: &mut Vec<String>) {
        let away = AWAY.as_ms().div_ceil(every.as_ms());
        if away >= self.node_count() {
            lines.push(format!(
                "--failures {}: a node is away for {}, so that at times none of {} is up; \
                 more nodes, or a longer time",
                time(every),
                time(AWAY),
                self.node_count()
            ));
        } else if away > 1 {
            lines.push(format!(
                "--failures {}: a node is away for {}, so that {away} are away at a time; a longer time",
                time(every),
                time(AWAY)
            ));
        }
    }
}

fn words(bytes: f64) -> String {
    format!("{:.2} GiB", bytes / GIB)
}
