//! A replica as the coordinator keeps it: node lists by role, and by channel in exclusive mode.

use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex};

/// A replica of a collection. All node lists ascend (section 14, set to list).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaView {
    /// Its collection.
    pub collection: CollectionIndex,
    /// Nodes that may receive. Up to 2.4.0: its nodes that are still in its resource group, stopping or not.
    pub rw_nodes: Vec<NodeIndex>,
    /// Nodes to be drained. Up to 2.4.0: its nodes outside its resource group ("outbound").
    pub ro_nodes: Vec<NodeIndex>,
    /// Streaming nodes that may receive channels (2.6 and later).
    pub rw_sq_nodes: Vec<NodeIndex>,
    /// Streaming nodes whose channels must go (2.6 and later).
    pub ro_sq_nodes: Vec<NodeIndex>,
    /// Nodes reserved for a channel, by registered channel, ascending (section 8.5).
    pub channel_nodes: Vec<(ChannelIndex, Vec<NodeIndex>)>,
}

impl ReplicaView {
    /// A replica without nodes.
    pub fn new(collection: CollectionIndex) -> ReplicaView {
        ReplicaView {
            collection,
            rw_nodes: Vec::new(),
            ro_nodes: Vec::new(),
            rw_sq_nodes: Vec::new(),
            ro_sq_nodes: Vec::new(),
            channel_nodes: Vec::new(),
        }
    }

    /// Whether `node` is one of its query nodes, read-write or read-only; streaming nodes do not count.
    pub fn has(&self, node: NodeIndex) -> bool {
        is_in(&self.rw_nodes, node) || is_in(&self.ro_nodes, node)
    }

    /// Whether `node` is any of its nodes, streaming nodes included.
    pub fn has_any(&self, node: NodeIndex) -> bool {
        self.has(node) || is_in(&self.rw_sq_nodes, node) || is_in(&self.ro_sq_nodes, node)
    }

    /// The nodes reserved for a channel; empty when there are none.
    pub fn nodes_of(&self, channel: ChannelIndex) -> &[NodeIndex] {
        self.channel_nodes
            .iter()
            .find(|(registered, _)| *registered == channel)
            .map_or(&[], |(_, nodes)| nodes.as_slice())
    }
}

/// Whether an ascending list has `node`.
fn is_in(nodes: &[NodeIndex], node: NodeIndex) -> bool {
    debug_assert!(nodes.is_sorted(), "node lists of replicas ascend");
    nodes.binary_search(&node).is_ok()
}
