//! A query node: memory, state, and what it holds.

use super::ids::{NodeIndex, ResourceGroupIndex};

/// The state of a query node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeState {
    /// Has not joined yet.
    Absent,
    /// Serving.
    Normal,
    /// Has announced its stop.
    Stopping,
    /// Taken out of its resource group by an operator.
    Suspended,
    /// Its process is gone.
    Down,
}

/// A query node. All memory in bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryNode {
    /// Milvus's node id.
    pub id: i64,
    /// Memory limit of the process; 0 = it reports none. With a host: the host's memory.
    pub memory_bytes: u64,
    /// Memory of the process without data.
    pub base_memory_bytes: u64,
    /// Local disk in bytes; 0 = it is not looked at.
    pub disk_bytes: u64,
    /// CPUs.
    pub cpu: u32,
    /// Its resource group.
    pub resource_group: ResourceGroupIndex,
    /// Position of the host that it shares with others, if any.
    pub host: Option<usize>,
    /// Bytes per second it can load, undisturbed.
    pub load_bandwidth_bytes_per_s: u64,
    /// State; the process lives in `Normal`, `Stopping` and `Suspended`.
    pub state: NodeState,
    /// Whether its session is registered. A killed node keeps it until it runs out.
    pub is_registered: bool,
    /// Whether it is the query node embedded in a streaming node: channels live there, segments do not.
    pub is_streaming: bool,
    /// Sealed segments.
    pub sealed_bytes: u64,
    /// Their rows.
    pub sealed_rows: u64,
    /// Their number.
    pub segments: u32,
    /// Growing rows when last reckoned.
    pub growing_rows: u64,
    /// Memory of growing rows when last reckoned.
    pub growing_bytes: u64,
    /// Channels it leads.
    pub channels: u32,
    /// Memory of the delegators of these channels.
    pub delegator_bytes: u64,
    /// Memory of load requests under way.
    pub loading_bytes: u64,
    /// Load requests under way.
    pub loads_in_flight: u32,
}

impl QueryNode {
    /// A node of the default resource group with one CPU, registered and in state normal, that holds nothing.
    pub fn empty(id: i64, memory_bytes: u64) -> QueryNode {
        QueryNode {
            id,
            memory_bytes,
            base_memory_bytes: 0,
            disk_bytes: 0,
            cpu: 1,
            resource_group: ResourceGroupIndex::at(0),
            host: None,
            load_bandwidth_bytes_per_s: 1,
            state: NodeState::Normal,
            is_registered: true,
            is_streaming: false,
            sealed_bytes: 0,
            sealed_rows: 0,
            segments: 0,
            growing_rows: 0,
            growing_bytes: 0,
            channels: 0,
            delegator_bytes: 0,
            loading_bytes: 0,
            loads_in_flight: 0,
        }
    }

    /// Whether its process lives.
    pub fn is_alive(&self) -> bool {
        matches!(self.state, NodeState::Normal | NodeState::Stopping | NodeState::Suspended)
    }

    /// Whether it counts for skew: registered, alive, in state normal, with memory above 0, and not a
    /// streaming node's.
    pub fn counts_for_skew(&self) -> bool {
        self.state == NodeState::Normal && self.is_registered && self.memory_bytes > 0 && !self.is_streaming
    }

    /// Memory of this process, growing rows as last reckoned. A process that has ended holds nothing.
    pub fn own_used_bytes(&self) -> u64 {
        if self.is_alive() { self.fixed_bytes() + self.sealed_bytes } else { 0 }
    }

    /// Memory of this process that no placement of sealed segments changes.
    pub fn fixed_bytes(&self) -> u64 {
        self.base_memory_bytes + self.growing_bytes + self.delegator_bytes + self.loading_bytes
    }
}

/// Memory figures of a query node as its "system info" metrics report them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeMemory {
    /// Memory limit in bytes, or the host's memory.
    pub total_bytes: u64,
    /// Used memory in bytes, or that of all processes on the host.
    pub used_bytes: u64,
}

/// A group of query nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceGroup {
    /// Its name.
    pub name: String,
    /// Nodes it asks for.
    pub requests: u32,
    /// Nodes it may have.
    pub limits: u32,
    /// Groups whose spare nodes it takes before those of others (2.4.1 and later).
    pub transfer_from: Vec<ResourceGroupIndex>,
    /// Groups with room that get its spare nodes before others (2.4.1 and later).
    pub transfer_to: Vec<ResourceGroupIndex>,
}

/// A machine shared by several query nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its memory in bytes.
    pub memory_bytes: u64,
    /// The query nodes on it, ascending.
    pub nodes: Vec<NodeIndex>,
}
