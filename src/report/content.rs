//! What there is to say about a run, gathered from where it lies.

use super::chart::input::PlotInput;
use crate::metrics::curves::Curves;
use crate::metrics::sample::Sample;
use crate::metrics::story::Story;
use crate::metrics::summary::Summary;
use serde_json::Value;

/// A finished run, ready to be told: borrowed parts, so that nothing large is copied.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The figures.
    pub summary: &'a Summary,
    /// What happened.
    pub story: &'a Story,
    /// Curves over the sampling instants.
    pub curves: &'a Curves,
    /// The cluster after the events of t = 0.
    pub first: &'a Sample,
    /// The cluster after the last event.
    pub last: &'a Sample,
    /// What the scenario is about, in its author's words; may be empty.
    pub about: &'a str,
    /// What a reader should know though it is no fault.
    pub warnings: &'a [String],
}

/// The thresholds of a policy that compares memory, as fractions; `None` = the release does not read the key.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Thresholds {
    /// `queryCoord.overloadedMemoryThresholdPercentage`.
    pub overload: Option<f64>,
    /// `queryCoord.memoryUsageMaxDifferencePercentage`.
    pub max_difference: Option<f64>,
}

impl Thresholds {
    /// Those in force at the start of a run.
    pub fn of(summary: &Summary) -> Self {
        let fraction = |key: &str| {
            let entry = summary.config.get(key).filter(|entry| !entry.inert)?;
            let percentage = match &entry.value {
                Value::String(text) => text.trim().parse().ok(),
                value => value.as_f64(),
            };
            percentage.filter(|value: &f64| value.is_finite() && *value >= 0.0).map(|value| value / 100.0)
        };
        Thresholds {
            overload: fraction("queryCoord.overloadedMemoryThresholdPercentage"),
            max_difference: fraction("queryCoord.memoryUsageMaxDifferencePercentage"),
        }
    }
}

impl<'a> Report<'a> {
    /// Release, balancer and seed in one line: the second line of every plot.
    pub fn subtitle(&self) -> String {
        let milvus = &self.summary.milvus;
        format!("Milvus {}, balancer {}, seed {}", milvus.version, milvus.balancer, self.summary.seed)
    }

    /// What the plots are made from; `highlighted` are the query nodes to name in a crowd.
    pub fn plot_input<'b>(&'b self, subtitle: &'b str, highlighted: &'b [i64]) -> PlotInput<'b> {
        let thresholds = Thresholds::of(self.summary);
        PlotInput {
            scenario: &self.summary.scenario,
            subtitle,
            duration_ms: self.summary.duration_ms,
            curves: self.curves,
            story: self.story,
            overload_threshold: thresholds.overload,
            max_difference_threshold: thresholds.max_difference,
            highlighted,
            digest: &self.summary.digest,
        }
    }
}
