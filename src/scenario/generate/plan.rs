//! What to make: the numbers of a generated scenario, and those that follow from them.

use super::rows;
use crate::engine::distribution::Shape;
use crate::release::{Quirk, Release};
use crate::units::SimDuration;

pub use super::super::limits::QUERY_NODES_MAX;

/// Rows of a generated segment where nobody says otherwise: median and sigma of a log-normal distribution.
const ROWS_MEDIAN: f64 = 200_000.0;
const ROWS_SIGMA: f64 = 0.8;
/// Bytes of a row where nobody says otherwise.
const BYTES_PER_ROW: u64 = 640;
/// Segments of one collection where nobody says otherwise.
const SEGMENTS_PER_COLLECTION: u64 = 1_000;
/// Mean rate at the start: used memory over all memory.
pub(super) const RATE_AT_START: f64 = 0.6;
/// Rate of the fullest node of an uneven start, with room for what is drawn and for growing rows.
const RATE_OF_FULLEST: f64 = 0.75;
/// Memory of a streaming node in bytes, and the collections that one has room for: each has two channels, and
/// a channel up to one `seal_size` of growing rows.
const STREAMING_NODE_BYTES: u64 = 32 << 30;
const COLLECTIONS_PER_STREAMING_NODE: u64 = 50;
/// The default `seal_size`.
const SEAL_SIZE_BYTES: f64 = 134_217_728.0;

/// A named size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 5 nodes, 100 segments, 1 h.
    T,
    /// 10 nodes, 1,000 segments, 24 h.
    S,
    /// 100 nodes, 100,000 segments, 24 h.
    M,
    /// 1,000 nodes, 1,000,000 segments, 24 h.
    L,
    /// 10,000 nodes, 10,000,000 segments, 6 h.
    Xl,
}

/// Where the segments are at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// As the release would load them.
    Even,
    /// Drawn; a node of the first half gets three times what one of the second half gets.
    Weighted,
    /// All on node 1.
    OneNode,
}

/// Query nodes that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeClass {
    /// How many there are at the start.
    pub count: u64,
    /// Memory of each in bytes.
    pub memory_bytes: u64,
}

/// Rows that come into every collection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Inflow {
    /// One `seal_size` in an hour, whatever the rows weigh.
    SealAnHour,
    /// So many rows a second, from 0 to 1,000,000,000, in steps of a millionth.
    RowsPerSecond(f64),
    /// None; the data stay as they are.
    None,
}

/// What to make.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Name of the scenario.
    pub name: String,
    /// Milvus release.
    pub milvus: String,
    /// Seed, of the scenario and of what is drawn here.
    pub seed: u64,
    /// Query nodes at the start, all alike; not looked at where there are classes.
    pub nodes: u64,
    /// Classes of query nodes, in the order of their ids; empty = all alike.
    pub node_classes: Vec<NodeClass>,
    /// Segments at the start.
    pub segments: u64,
    /// Rows of a segment.
    pub rows: Shape,
    /// Bytes of a row, from 1 to [`ROW_BYTES_MAX`](super::ROW_BYTES_MAX).
    pub bytes_per_row: u64,
    /// Collections; `None` = one per 1,000 segments.
    pub collections: Option<u64>,
    /// Duration.
    pub duration: SimDuration,
    /// Memory of every node in bytes, not looked at where there are classes; `None` = such that the mean
    /// rate at the start is 0.6, or, where the start is uneven, such that the fullest node is at 0.75.
    pub memory_bytes: Option<u64>,
    /// Rows that come into every collection.
    pub insert: Inflow,
    /// Searches a second of every collection, 0 or more; `None` = none.
    pub search: Option<f64>,
    /// A node joins, the one longest up leaves, in turn, each time after so long; `None` = neither.
    pub churn: Option<SimDuration>,
    /// A node drawn of those that are up dies, each time after so long, and returns two minutes later as a new,
    /// empty process. `None` = none dies.
    pub failures: Option<SimDuration>,
    /// Where the segments are at the start.
    pub start: Start,
}

impl Plan {
    /// A reference scenario.
    pub fn of_size(size: Size) -> Plan {
        let (name, nodes, segments, hours) = match size {
            Size::T => ("t", 5, 100, 1),
            Size::S => ("s", 10, 1_000, 24),
            Size::M => ("m", 100, 100_000, 24),
            Size::L => ("l", 1_000, 1_000_000, 24),
            Size::Xl => ("xl", 10_000, 10_000_000, 6),
        };
        Plan {
            name: name.to_owned(),
            milvus: "2.1.4".to_owned(),
            seed: 0,
            nodes,
            node_classes: Vec::new(),
            segments,
            rows: Shape::LogNormal { median: ROWS_MEDIAN, sigma: ROWS_SIGMA },
            bytes_per_row: BYTES_PER_ROW,
            collections: None,
            duration: SimDuration::from_secs(hours * 3_600),
            memory_bytes: None,
            insert: Inflow::SealAnHour,
            search: Some(1.0),
            churn: Some(SimDuration::from_secs(600)),
            failures: None,
            start: Start::Even,
        }
    }

    /// Collections of the scenario.
    pub fn collection_count(&self) -> u64 {
        self.collections.unwrap_or((self.segments / SEGMENTS_PER_COLLECTION).max(1))
    }

    /// Query nodes at the start.
    pub fn node_count(&self) -> u64 {
        if self.node_classes.is_empty() {
            return self.nodes;
        }
        self.node_classes.iter().fold(0, |sum, class| sum.saturating_add(class.count))
    }

    /// Streaming nodes, and the memory of each in bytes, where the release has them and the one that is assumed
    /// would not have room for all growing rows.
    pub(super) fn streaming_nodes(&self) -> Option<(u64, u64)> {
        let release = self.milvus.parse::<Release>().ok()?;
        let count = self.collection_count().div_ceil(COLLECTIONS_PER_STREAMING_NODE);
        (release.has(Quirk::StreamingNodes) && count > 1).then_some((count, STREAMING_NODE_BYTES))
    }

    /// Query nodes of the whole scenario: those of the start, and at most so many that join and return.
    pub fn query_nodes_at_most(&self) -> u64 {
        let joins = turns(self.churn, self.duration).div_ceil(2);
        let returns = turns(self.failures, self.duration);
        self.node_count().saturating_add(joins).saturating_add(returns)
    }

    /// Memory of every node where all are alike, in bytes.
    pub fn node_bytes(&self) -> u64 {
        self.memory_bytes.unwrap_or_else(|| {
            let fullest = match self.start {
                Start::Even => return (self.mean_bytes_per_node() / RATE_AT_START) as u64,
                Start::Weighted if self.nodes > 1 => 1.5,
                Start::Weighted => 1.0,
                Start::OneNode => self.nodes as f64,
            };
            (self.mean_bytes_per_node() * fullest / RATE_OF_FULLEST) as u64
        })
    }

    /// The classes of nodes; one where all are alike.
    pub(super) fn classes(&self) -> Vec<NodeClass> {
        if self.node_classes.is_empty() {
            return vec![NodeClass { count: self.nodes, memory_bytes: self.node_bytes() }];
        }
        self.node_classes.clone()
    }

    /// Data over nodes, in bytes.
    pub(super) fn mean_bytes_per_node(&self) -> f64 {
        let mean_rows = rows::mean(&self.rows);
        self.segments as f64 / self.node_count().max(1) as f64 * mean_rows * self.bytes_per_row as f64
    }

    /// Rows a second that come into every collection; `None` = nothing comes in.
    pub(super) fn rows_per_second(&self) -> Option<f64> {
        match self.insert {
            Inflow::SealAnHour => {
                let rows_per_second = SEAL_SIZE_BYTES / self.bytes_per_row as f64 / 3_600.0;
                Some(libm::round(rows_per_second * 1000.0) / 1000.0)
            }
            Inflow::RowsPerSecond(rows) => Some(rows),
            Inflow::None => None,
        }
    }
}

/// How often something comes within `duration` that comes each time after `every`.
pub(super) fn turns(every: Option<SimDuration>, duration: SimDuration) -> u64 {
    let Some(every) = every.filter(|every| *every > SimDuration::ZERO) else { return 0 };
    duration.as_ms().saturating_sub(1) / every.as_ms()
}
