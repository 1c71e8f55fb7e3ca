//! The cluster at one sampling instant, as figures: what the CSV files and the plots are made of.

use super::summary::{Evenness, Measures};
use std::sync::Arc;

/// What a row of `series.csv` is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeKind {
    /// The whole cluster.
    Cluster,
    /// One resource group.
    ResourceGroup,
    /// One replica.
    Replica,
}

impl ScopeKind {
    /// The word in `series.csv`.
    pub fn text(self) -> &'static str {
        match self {
            ScopeKind::Cluster => "cluster",
            ScopeKind::ResourceGroup => "resource_group",
            ScopeKind::Replica => "replica",
        }
    }
}

/// One scope at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct ScopeSample {
    /// What kind of scope.
    pub scope: ScopeKind,
    /// `cluster`, the resource group's name, or the replica's id.
    pub name: Arc<str>,
    /// Nodes counted.
    pub nodes: u32,
    /// Memory.
    pub memory: Measures,
    /// Sealed rows.
    pub rows: Evenness,
    /// The policy's scores.
    pub score: Evenness,
    /// Moves of sealed segments under way.
    pub moves_in_flight: u32,
}

/// State of a query node, as in `nodes.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampledState {
    /// Registered and serving.
    Normal,
    /// Has announced its stop.
    Stopping,
    /// Taken out of its resource group.
    Suspended,
    /// Its process is gone.
    Down,
}

impl SampledState {
    /// The word in `nodes.csv`.
    pub fn text(self) -> &'static str {
        match self {
            SampledState::Normal => "normal",
            SampledState::Stopping => "stopping",
            SampledState::Suspended => "suspended",
            SampledState::Down => "down",
        }
    }
}

/// One query node at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeSample {
    /// Milvus's node id.
    pub query_node: i64,
    /// Whether it is the one embedded in a streaming node.
    pub is_streaming: bool,
    /// Its state.
    pub state: SampledState,
    /// Memory limit it reports, in bytes.
    pub memory_bytes: u64,
    /// Memory in use, in bytes.
    pub used_bytes: u64,
    /// Used over limit; `None` = it reports no limit, or its process is gone.
    pub rate: Option<f64>,
    /// Bytes of sealed segments.
    pub sealed_bytes: u64,
    /// Bytes of growing rows.
    pub growing_bytes: u64,
    /// Bytes of loads in flight.
    pub loading_bytes: u64,
    /// Rows of sealed segments.
    pub sealed_rows: u64,
    /// Growing rows.
    pub growing_rows: u64,
    /// Sealed segments.
    pub segments: u32,
    /// Channels it leads.
    pub channels: u32,
    /// Load requests under way.
    pub loads_in_flight: u32,
}

/// The cluster at one sampling instant.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sample {
    /// When, in milliseconds since the start.
    pub t_ms: u64,
    /// Cluster first, then resource groups by name, then replicas by id.
    pub scopes: Vec<ScopeSample>,
    /// Ascending by id; nodes that have not joined yet are left out.
    pub nodes: Vec<NodeSample>,
}
