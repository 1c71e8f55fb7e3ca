//! The figures of a run in one struct: what `summary.json` says, in its order and under its names.

use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// `summary.json`. Field names, units and order are a contract with programs; `format` counts its changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Version of this format: 1.
    pub format: u32,
    /// Version of evenkeel.
    pub evenkeel: &'static str,
    /// Name of the scenario.
    pub scenario: String,
    /// Seed of the run.
    pub seed: u64,
    /// What was simulated.
    pub milvus: MilvusSummary,
    /// Length asked for.
    pub duration_ms: u64,
    /// Time of the end.
    pub ended_at_ms: u64,
    /// 32 hex digits over what happened; the configuration and the reasons left out.
    pub digest: String,
    /// Milvus key -> value at the start.
    pub config: BTreeMap<&'static str, ConfigSummary>,
    /// Every `hardware` field in force.
    pub assumptions: serde_json::Map<String, serde_json::Value>,
    /// Query nodes alive and registered.
    pub nodes: NodeCounts,
    /// Sealed segments of loaded collections.
    pub segments: SegmentCounts,
    /// Lines of the event log.
    pub events: u64,
    /// Sampling instants.
    pub samples: SampleCounts,
    /// Skew over the cluster.
    pub skew: Skew,
    /// Skew by resource group and by replica.
    pub scopes: Scopes,
    /// One entry per disturbance.
    pub settle: Vec<Settle>,
    /// Transfers of sealed segments.
    pub moves: Moves,
    /// Transfers of channels.
    pub channel_moves: ChannelMoves,
    /// Memory above the threshold.
    pub overload: Overload,
    /// What searches suffered.
    pub service: Service,
    /// Reason code -> how often nothing was planned for it.
    pub declined: BTreeMap<&'static str, u64>,
    /// Outcomes of the timeline's commands.
    pub commands: CommandCounts,
    /// The scenario's expectations, in file order.
    pub expectations: Vec<ExpectationResult>,
}

/// Release, balancer and chance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MilvusSummary {
    /// The release.
    pub version: String,
    /// The balance policy's name.
    pub balancer: String,
    /// `seeded` or `ascending`.
    pub chance: &'static str,
}

/// One key of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConfigSummary {
    /// The value at the start.
    pub value: serde_json::Value,
    /// `default`, `scenario`, `file` or `option`.
    pub from: &'static str,
    /// Whether the release does not read it.
    pub inert: bool,
}

/// Query nodes at three times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct NodeCounts {
    /// After the events of t = 0.
    pub start: u32,
    /// After the last event.
    pub end: u32,
    /// Greatest.
    pub peak: u32,
}

/// Segments at both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SegmentCounts {
    /// After the events of t = 0.
    pub start: u64,
    /// After the last event.
    pub end: u64,
}

/// Sampling instants taken, and those written to the CSV files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SampleCounts {
    /// Taken.
    pub taken: u64,
    /// Written.
    pub written: u64,
}

/// How unevenly memory is used, at one moment or over time.
///
/// `None` = undefined (no node counts).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Measures {
    /// Highest rate less lowest rate.
    pub max_difference: Option<f64>,
    /// Highest rate over the rate of all nodes together; 1 = as even as can be.
    pub imbalance: Option<f64>,
    /// Population standard deviation of the rates over their mean.
    pub cv: Option<f64>,
    /// Gini coefficient of the rates.
    pub gini: Option<f64>,
    /// Nodes above the overload threshold (a mean may be fractional).
    #[serde(serialize_with = "whole_without_point")]
    pub overloaded: Option<f64>,
    /// Proven lower bound of `max_difference` for these segments on these nodes.
    pub bound: Option<f64>,
}

/// How unevenly rows, or the policy's scores, are spread.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Evenness {
    /// Greatest less smallest, in rows or score.
    pub max_difference: Option<f64>,
    /// Greatest over the mean.
    pub imbalance: Option<f64>,
    /// Population standard deviation over the mean.
    pub cv: Option<f64>,
    /// Gini coefficient.
    pub gini: Option<f64>,
}

/// A kind of measures at the start, at the end, at its peak, and as mean over time.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Spans<T> {
    /// After the events of t = 0.
    pub start: T,
    /// After the last event.
    pub end: T,
    /// Greatest, each measure by itself.
    pub peak: T,
    /// Weighted by time; spans in which a measure is undefined are left out.
    pub mean: T,
}

/// Skew of one scope.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Skew {
    /// Memory.
    #[serde(flatten)]
    pub memory: Spans<Measures>,
    /// Sealed rows.
    pub rows: Spans<Evenness>,
    /// The number by which the policy orders nodes.
    pub score: Spans<Evenness>,
}

/// Skew of one named scope.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct ScopeSkew {
    /// Its skew.
    pub skew: Skew,
}

/// Skew by scope.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Scopes {
    /// By name.
    pub resource_groups: BTreeMap<String, ScopeSkew>,
    /// By id.
    pub replicas: BTreeMap<String, ScopeSkew>,
}

/// How the cluster came to rest after one disturbance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settle {
    /// When the disturbance came.
    pub at_ms: u64,
    /// `start`, or the verb of the timeline entry.
    pub cause: String,
    /// Whether it came to rest before the next disturbance.
    pub settled: bool,
    /// From the disturbance to the end of the last automatic move planned within it; `None` = not settled.
    pub settle_ms: Option<u64>,
    /// Automatic moves planned within it.
    pub moves: u64,
}

/// Causes of moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CauseCounts {
    /// Automatic balance.
    pub balance: u64,
    /// A stopping node is emptied.
    pub drain: u64,
    /// An operator's command.
    pub manual: u64,
}

/// Segments that came back to a node they had left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct PingPong {
    /// How many segments.
    pub segments: u64,
    /// How often.
    pub returns: u64,
}

/// Transfers of sealed segments. `planned` = completed + failed + cancelled + refused + unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Moves {
    /// All.
    pub planned: u64,
    /// The coordinator counts them as done.
    pub completed: u64,
    /// Ended without success.
    pub failed: u64,
    /// Dropped or replaced before their end.
    pub cancelled: u64,
    /// Not admitted.
    pub refused: u64,
    /// Under way at the end.
    pub unfinished: u64,
    /// Bytes of completed moves.
    pub bytes: u64,
    /// Rows of completed moves.
    pub rows: u64,
    /// All, by cause.
    pub by_cause: CauseCounts,
    /// Completed moves of chains that end where they began.
    pub net_zero: u64,
    /// That over completed; 0 if none.
    pub net_zero_ratio: f64,
    /// Bytes of chains beyond the one move (or none) that their ends need.
    pub wasted_bytes: u64,
    /// To and fro.
    pub ping_pong: PingPong,
}

/// Transfers of channels.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct ChannelMoves {
    /// All.
    pub planned: u64,
    /// The coordinator counts them as done.
    pub completed: u64,
    /// Ended without success.
    pub failed: u64,
    /// Dropped or replaced before their end.
    pub cancelled: u64,
    /// Not admitted.
    pub refused: u64,
    /// Under way at the end.
    pub unfinished: u64,
    /// All, by cause.
    pub by_cause: CauseCounts,
    /// Completed moves of chains that end where they began.
    pub net_zero: u64,
    /// That over completed; 0 if none.
    pub net_zero_ratio: f64,
    /// To and fro.
    pub ping_pong: PingPong,
}

/// Memory above the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Overload {
    /// Time of any live node above the threshold, summed.
    pub node_seconds: f64,
    /// Greatest rate of any live node; `None` = no node with memory ever lived.
    pub peak_rate: Option<f64>,
    /// Loads refused by the query node's own check.
    pub refused_loads: u64,
    /// Nodes that needed more than their memory.
    pub killed_for_memory: u64,
}

/// A figure's mean over time and its greatest value.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct MeanPeak {
    /// Weighted by time.
    pub mean: f64,
    /// Greatest.
    pub peak: f64,
}

/// What searches suffered.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Service {
    /// Summed over channels and replicas.
    pub unserviceable_seconds: f64,
    /// Arrival rate x time without service.
    pub failed_searches: f64,
    /// Response of the slowest node a search needs; `None` without searches.
    pub latency_ms: Option<MeanPeak>,
    /// Work of the busiest node in CPUs; `None` without searches.
    pub cost: Option<MeanPeak>,
}

/// How the timeline's commands ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CommandCounts {
    /// Milvus answered Success.
    pub success: u64,
    /// Milvus answered with an error.
    pub refused: u64,
    /// The client gave up.
    pub timed_out: u64,
    /// No answer before the end.
    pub unfinished: u64,
}

/// One expectation and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExpectationResult {
    /// As written.
    pub expectation: serde_json::Value,
    /// Whether it holds.
    pub holds: bool,
    /// The figure, condition or placement found.
    pub actual: serde_json::Value,
    /// Why, in words.
    pub reason: String,
}

/// A count that is whole stays without a decimal point; a mean keeps its fraction.
fn whole_without_point<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) if value.fract() == 0.0 && value.abs() < 9e15 => serializer.serialize_i64(*value as i64),
        Some(value) => serializer.serialize_f64(*value),
        None => serializer.serialize_none(),
    }
}
