//! What the plots draw: curves over the sampling instants, bounded in number and length.

/// At most so many nodes get a curve of their own; above it the plots show the band of all nodes.
pub const NODE_CURVES_MAX: usize = 256;

/// At most so many instants are kept; a longer run keeps every second, fourth, ... instant.
pub const INSTANTS_MAX: usize = 4_096;

/// The memory rates of all live nodes at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Band {
    /// Lowest.
    pub lowest: f64,
    /// A quarter of the nodes is at or below it.
    pub lower_quartile: f64,
    /// Half of the nodes are at or below it.
    pub median: f64,
    /// Three quarters of the nodes are at or below it.
    pub upper_quartile: f64,
    /// Highest.
    pub highest: f64,
}

/// One node's memory rate over time.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeCurve {
    /// Milvus's node id.
    pub query_node: i64,
    /// One rate per instant; `None` = down, not joined yet, or reporting no memory.
    pub rates: Vec<Option<f64>>,
}

/// Curves of one run; all vectors have one entry per instant.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curves {
    /// The instants, in milliseconds.
    pub times_ms: Vec<u64>,
    /// Highest less lowest rate over the cluster.
    pub max_difference: Vec<Option<f64>>,
    /// Its proven lower bound.
    pub bound: Vec<Option<f64>>,
    /// Rates of all live nodes with memory; `None` = no such node.
    pub band: Vec<Option<Band>>,
    /// One curve per node that ever lived, ascending by id; empty when there are more than
    /// [`NODE_CURVES_MAX`].
    pub nodes: Vec<NodeCurve>,
    /// Moves of sealed segments under way.
    pub moves_in_flight: Vec<u32>,
}
