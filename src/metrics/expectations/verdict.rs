//! Whether an expectation holds, with the value found and the reason in words.

use super::running;
use crate::metrics::summary::Settle;
use crate::model::ids::NodeIndex;
use crate::model::query_node::NodeState;
use crate::scenario::expectation::{Bound, Claim, NodeCondition};
use crate::simulation::history::Moment;
use crate::units::SimTime;
use serde_json::{Value, json};

/// What became of an expectation.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Whether it holds.
    pub holds: bool,
    /// The value found.
    pub actual: Value,
    /// Why, in words.
    pub reason: String,
}

/// A figure tested again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct Tested {
    bound: Bound,
    /// The value farthest from keeping the bound, and its time.
    worst: Option<(f64, u64)>,
    /// When the bound was first broken, and by which value; `None` as value = undefined.
    broken: Option<(Option<f64>, u64)>,
}

impl Tested {
    /// Not tested yet.
    pub fn new(bound: Bound) -> Tested {
        Tested { bound, worst: None, broken: None }
    }

    /// Tests the value at `now_ms`.
    pub fn test(&mut self, now_ms: u64, value: Option<f64>) {
        if self.broken.is_none() && !value.is_some_and(|value| keeps(self.bound, value)) {
            self.broken = Some((value, now_ms));
        }
        if let Some(value) = value {
            let is_worse = |worst: f64| match self.bound {
                Bound::AtMost(_) => value > worst,
                Bound::AtLeast(_) => value < worst,
                Bound::Equals(expected) => (value - expected).abs() > (worst - expected).abs(),
            };
            if self.worst.is_none_or(|(worst, _)| is_worse(worst)) {
                self.worst = Some((value, now_ms));
            }
        }
    }

    /// What the tests between `from_ms` and `to_ms` say.
    pub fn verdict(&self, name: &str, from_ms: u64, to_ms: u64) -> Verdict {
        let (interval, claim) = (interval_words(from_ms, to_ms), bound_words(self.bound));
        let actual = json!(self.worst.map(|(value, _)| value));
        match (self.broken, self.worst) {
            (Some((None, at)), _) => Verdict {
                holds: false,
                actual: Value::Null,
                reason: format!("{name} was undefined at {}, not {claim} {interval}", time(at)),
            },
            (Some((Some(value), at)), Some((worst, worst_at))) => {
                let mut reason = format!("{name} was {value} at {}, not {claim} {interval}", time(at));
                if worst_at != at {
                    reason.push_str(&format!("; farthest off was {worst} at {}", time(worst_at)));
                }
                Verdict { holds: false, actual, reason }
            }
            (None, Some((worst, at))) => {
                let reason = format!("{name} was {claim} {interval}; nearest was {worst} at {}", time(at));
                Verdict { holds: true, actual, reason }
            }
            (_, None) => Verdict {
                holds: false,
                actual: Value::Null,
                reason: format!("{name} had no value {interval}"),
            },
        }
    }
}

/// The claim reaches beyond the end of the run.
pub fn beyond_the_end(from_ms: u64, to_ms: u64, end_ms: u64) -> Verdict {
    let asked = if from_ms == to_ms { "that time" } else { "the interval was over" };
    let reason = format!("the run ended at {}, before {asked} ({})", time(end_ms), time(to_ms));
    Verdict { holds: false, actual: Value::Null, reason }
}

/// A figure of the finished summary.
pub fn figure(path: &[String], bound: Bound, summary: &Value) -> Verdict {
    let name = path.join(".");
    let found = match running::walk(summary, path) {
        // What never happened is not listed.
        None if path.first().is_some_and(|part| part == "declined") && path.len() == 2 => Some(json!(0)),
        found => found.cloned(),
    };
    let (holds, reason) = match found.as_ref().map(|value| (value.is_null(), value.as_f64())) {
        None => (false, format!("the run has no figure {name}")),
        Some((true, _)) => (false, format!("{name} is undefined (null)")),
        Some((false, None)) => (false, format!("{name} is no number")),
        Some((false, Some(value))) => compared(&name, "is", bound, value, ""),
    };
    Verdict { holds, actual: found.unwrap_or(Value::Null), reason }
}

/// A count over an interval.
pub fn counted(name: &str, bound: Bound, value: Option<f64>, from_ms: u64, to_ms: u64) -> Verdict {
    let interval = interval_words(from_ms, to_ms);
    let (holds, reason) = match value {
        Some(value) => compared(name, "was", bound, value, &format!(" {interval}")),
        None => (false, format!("{name} is nothing that is counted, or was undefined {interval}")),
    };
    Verdict { holds, actual: json!(value), reason }
}

/// Whether the last disturbance up to `by_ms` had settled by then.
pub fn settled(settle: &[Settle], by_ms: u64) -> Verdict {
    let Some(last) = settle.iter().rfind(|settle| settle.at_ms <= by_ms) else {
        return Verdict { holds: false, actual: Value::Null, reason: "nothing disturbed the cluster".into() };
    };
    let (cause, at) = (&last.cause, time(last.at_ms));
    let by = time(by_ms);
    match last.settle_ms.map(|length_ms| last.at_ms + length_ms) {
        None => Verdict {
            holds: false,
            actual: Value::Null,
            reason: format!("{cause} at {at} did not settle before the next disturbance or the end"),
        },
        Some(end_ms) => Verdict {
            holds: end_ms <= by_ms,
            actual: json!(end_ms),
            reason: format!(
                "{cause} at {at}: its last automatic move ended at {}, {} {by}",
                time(end_ms),
                if end_ms <= by_ms { "by" } else { "after" }
            ),
        },
    }
}

/// A condition of a node or a segment: (holds, what was found, when).
pub fn condition(claim: &Claim, found: Option<&(bool, Value, u64)>) -> Verdict {
    let subject = match claim {
        Claim::QueryNode { id, is, .. } => format!("query node {id} to be {}", condition_word(*is)),
        Claim::Segment { id, on, .. } => {
            let on: Vec<String> = on.iter().map(i64::to_string).collect();
            format!("segment {id} to be on [{}]", on.join(", "))
        }
        Claim::Metric { .. } | Claim::Settled { .. } => "a condition".to_string(),
    };
    let Some((holds, actual, at)) = found else {
        let reason = format!("expected {subject}; the run was never looked at then");
        return Verdict { holds: false, actual: Value::Null, reason };
    };
    let words = actual.as_str().map_or_else(|| actual.to_string().replace('"', ""), ToString::to_string);
    let reason = format!("expected {subject}; found at {}: {words}", time(*at));
    Verdict { holds: *holds, actual: actual.clone(), reason }
}

/// What a node is, in words.
pub fn node_words(node: NodeIndex, moment: Moment<'_>) -> Value {
    let query_node = moment.cluster.node(node);
    let state = match query_node.state {
        NodeState::Absent => "not joined",
        NodeState::Normal if !query_node.is_registered => "without session",
        NodeState::Normal => "up",
        NodeState::Stopping => "stopping",
        NodeState::Suspended => "suspended",
        NodeState::Down => "down",
    };
    let is_empty = moment.coordinator.records_nothing_on(node, moment.cluster);
    json!(format!("{state}, {}", if is_empty { "empty" } else { "not empty" }))
}

fn condition_word(condition: NodeCondition) -> &'static str {
    match condition {
        NodeCondition::Empty => "empty",
        NodeCondition::Up => "up",
        NodeCondition::Down => "down",
        NodeCondition::Stopping => "stopping",
    }
}

fn compared(name: &str, verb: &str, bound: Bound, value: f64, interval: &str) -> (bool, String) {
    let claim = bound_words(bound);
    if keeps(bound, value) {
        (true, format!("{name} {verb} {value}{interval}, as expected {claim}"))
    } else {
        (false, format!("{name} {verb} {value}{interval}, not {claim}"))
    }
}

fn keeps(bound: Bound, value: f64) -> bool {
    match bound {
        Bound::AtMost(limit) => value <= limit,
        Bound::AtLeast(limit) => value >= limit,
        Bound::Equals(expected) => value == expected,
    }
}

fn bound_words(bound: Bound) -> String {
    match bound {
        Bound::AtMost(limit) => format!("at most {limit}"),
        Bound::AtLeast(limit) => format!("at least {limit}"),
        Bound::Equals(expected) => format!("exactly {expected}"),
    }
}

fn interval_words(from_ms: u64, to_ms: u64) -> String {
    format!("from {} to {}", time(from_ms), time(to_ms))
}

fn time(ms: u64) -> String {
    SimTime::from_ms(ms).to_string()
}
