//! A replica as the coordinator keeps it: node lists by role, and by channel in exclusive mode.

use super::node_list::{NodeList, SharedLists};
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex};

/// A replica of a collection. All node lists ascend (section 14, set to list).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaView {
    /// Its collection.
    pub collection: CollectionIndex,
    /// Nodes that may receive. Up to 2.4.0: its nodes that are still in its resource group, stopping or not.
    pub rw_nodes: NodeList,
    /// Nodes to be drained. Up to 2.4.0: its nodes outside its resource group ("outbound").
    pub ro_nodes: NodeList,
    /// Streaming nodes that may receive channels (2.6 and later).
    pub rw_sq_nodes: NodeList,
    /// Streaming nodes whose channels must go (2.6 and later).
    pub ro_sq_nodes: NodeList,
    /// Nodes reserved for a channel, by registered channel, ascending (section 8.5).
    pub channel_nodes: Vec<(ChannelIndex, NodeList)>,
}

impl ReplicaView {
    /// A replica without nodes.
    pub fn new(collection: CollectionIndex) -> ReplicaView {
        ReplicaView {
            collection,
            rw_nodes: NodeList::default(),
            ro_nodes: NodeList::default(),
            rw_sq_nodes: NodeList::default(),
            ro_sq_nodes: NodeList::default(),
            channel_nodes: Vec::new(),
        }
    }

    /// Lists equal to those of other replicas become theirs.
    pub(super) fn share(&mut self, shared: &mut SharedLists) {
        let lists = [&mut self.rw_nodes, &mut self.ro_nodes, &mut self.rw_sq_nodes, &mut self.ro_sq_nodes];
        lists.into_iter().for_each(|list| shared.share(list));
        self.channel_nodes.iter_mut().for_each(|(_, list)| shared.share(list));
    }

    /// Whether `node` is one of its query nodes, read-write or read-only; streaming nodes do not count.
    pub fn has(&self, node: NodeIndex) -> bool {
        is_in(&self.rw_nodes, node) || is_in(&self.ro_nodes, node)
    }

    /// Whether `node` is any of its nodes, streaming nodes included.
    pub fn has_any(&self, node: NodeIndex) -> bool {
        // Who leads a channel is asked for most, and where there are streaming nodes they lead.
        is_in(&self.rw_sq_nodes, node) || is_in(&self.ro_sq_nodes, node) || self.has(node)
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
    let Some(distance) = nodes.first().and_then(|first| node.0.checked_sub(first.0)) else { return false };
    // Nodes ascend, so it is at most as many places from the first as their numbers differ, and in a list
    // without gaps exactly so many.
    let last = nodes.len().min(distance as usize + 1) - 1;
    nodes[last] == node || nodes[..last].binary_search(&node).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lists_with_and_without_gaps_are_searched_right(nodes in prop::collection::btree_set(0u32..12, 0..10)) {
            let list: Vec<NodeIndex> = nodes.iter().copied().map(NodeIndex).collect();
            for node in 0..14 {
                prop_assert_eq!(is_in(&list, NodeIndex(node)), nodes.contains(&node));
            }
        }
    }
}
