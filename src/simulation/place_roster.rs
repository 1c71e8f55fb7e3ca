//! What placing asks of all nodes for every collection, kept from one collection to the next.

use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::model::query_node::{NodeMemory, NodeState};
use crate::policy::create_replicas::free_bytes;
use std::cmp::Reverse;

/// The nodes as they are while collections are placed, side by side what is asked of all at once.
///
/// A collection changes those nodes only that get some of it, and whoever places it tells which: so only these are
/// looked at again.
pub(super) struct Roster {
    /// By node.
    is_online: Vec<bool>,
    /// By node.
    memory: Vec<NodeMemory>,
    /// By node: channels that it leads.
    channels: Vec<u32>,
    /// Online nodes with their free bytes, the one with the most first; of equals ascending by index.
    freest: Vec<(NodeIndex, u64)>,
    /// Nodes that got something since the freest were asked for, each once.
    touched: Vec<NodeIndex>,
    /// By node.
    is_touched: Vec<bool>,
}

impl Roster {
    /// All nodes of a cluster.
    pub(super) fn new(cluster: &Cluster) -> Roster {
        let nodes = cluster.nodes();
        let memory: Vec<NodeMemory> =
            cluster.node_indices().map(|node| cluster.reported_memory(node)).collect();
        let is_online: Vec<bool> = nodes.iter().map(|node| node.state == NodeState::Normal).collect();
        let online = cluster.node_indices().filter(|node| is_online[node.position()]);
        let mut freest: Vec<_> = online.map(|node| (node, free_bytes(memory[node.position()]))).collect();
        freest.sort_unstable_by_key(rank);
        Roster {
            is_online,
            memory,
            channels: nodes.iter().map(|node| node.channels).collect(),
            freest,
            touched: Vec::new(),
            is_touched: vec![false; nodes.len()],
        }
    }

    /// A node got something. Nodes of one host report the memory of all of them.
    pub(super) fn touch(&mut self, cluster: &Cluster, node: NodeIndex) {
        let host = cluster.node(node).host.map(|host| &cluster.hosts()[host]);
        for node in host.map_or(&[node][..], |host| &host.nodes) {
            if !std::mem::replace(&mut self.is_touched[node.position()], true) {
                self.touched.push(*node);
            }
        }
    }

    fn look_again(&mut self, cluster: &Cluster) {
        for node in &self.touched {
            self.memory[node.position()] = cluster.reported_memory(*node);
            self.channels[node.position()] = cluster.node(*node).channels;
        }
    }

    /// Online nodes of a replica, in stored order.
    pub(super) fn online(&self, cluster: &Cluster, replica: ReplicaIndex) -> Vec<NodeIndex> {
        let members = cluster.replica(replica).nodes();
        let mut online = Vec::with_capacity(members.len());
        online.extend(members.filter(|node| self.is_online[node.position()]));
        online
    }

    /// By node the memory that it reports.
    pub(super) fn memory(&mut self, cluster: &Cluster) -> &[NodeMemory] {
        self.look_again(cluster);
        &self.memory
    }

    /// By node the channels that it leads.
    pub(super) fn channels(&mut self, cluster: &Cluster) -> &[u32] {
        self.look_again(cluster);
        &self.channels
    }

    /// Online nodes with their free bytes, descending; of equals ascending by index.
    pub(super) fn freest(&mut self, cluster: &Cluster) -> &[(NodeIndex, u64)] {
        self.look_again(cluster);
        let is_online = |node: &&NodeIndex| self.is_online[node.position()];
        let free = |node: &NodeIndex| (*node, free_bytes(self.memory[node.position()]));
        let mut changed: Vec<_> = self.touched.iter().filter(is_online).map(free).collect();
        changed.sort_unstable_by_key(rank);
        let mut changed = changed.into_iter().peekable();
        let mut merged = Vec::with_capacity(self.freest.len());
        for same in self.freest.iter().filter(|(node, _)| !self.is_touched[node.position()]) {
            while let Some(before) = changed.next_if(|other| rank(other) < rank(same)) {
                merged.push(before);
            }
            merged.push(*same);
        }
        merged.extend(changed);
        self.freest = merged;
        for node in self.touched.drain(..) {
            self.is_touched[node.position()] = false;
        }
        &self.freest
    }
}

/// Where a node stands among the freest.
fn rank(known: &(NodeIndex, u64)) -> (Reverse<u64>, NodeIndex) {
    (Reverse(known.1), known.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::collection::Collection;
    use crate::model::ids::{CollectionIndex, ResourceGroupIndex};
    use crate::model::query_node::QueryNode;
    use crate::model::replica::Replica;
    use proptest::prelude::*;

    fn node(id: i64, base_memory_bytes: u64) -> QueryNode {
        QueryNode { base_memory_bytes, ..QueryNode::empty(id, 20) }
    }

    fn collection() -> Collection {
        Collection {
            id: 1,
            name: "c".to_owned(),
            partitions: Vec::new(),
            channels: Vec::new(),
            replicas: Vec::new(),
            segments: Vec::new(),
            compacted: Vec::new(),
            bytes_per_row: 1,
            disk_bytes_per_row: 0,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_kept_is_what_a_look_at_all_nodes_says(
            base in prop::collection::vec((0u64..4, prop::option::of(0usize..2), any::<bool>()), 1..12),
            grown in prop::collection::vec((0usize..12, 0u64..40, any::<bool>()), 0..20),
        ) {
            let mut cluster = Cluster::new(3);
            (0..2).for_each(|_| cluster.add_host(40));
            for (position, (base, host, is_online)) in base.iter().enumerate() {
                let state = if *is_online { NodeState::Normal } else { NodeState::Stopping };
                cluster.add_node(QueryNode { host: *host, state, ..node(position as i64, *base) });
            }
            cluster.add_collection(collection(), 20);
            let replica = cluster.add_replica(Replica::new(1, CollectionIndex(0), ResourceGroupIndex(0), 20));
            let mut roster = Roster::new(&cluster);
            for (step, (position, bytes, asks)) in grown.into_iter().enumerate() {
                let node = NodeIndex::at(position % base.len());
                cluster.set_growing(node, 1, bytes);
                cluster.set_shard_leader(replica, step, Some(node));
                roster.touch(&cluster, node);
                let memory: Vec<_> = cluster.node_indices().map(|node| cluster.reported_memory(node)).collect();
                prop_assert_eq!(roster.memory(&cluster), &memory);
                let channels: Vec<_> = cluster.nodes().iter().map(|node| node.channels).collect();
                prop_assert_eq!(roster.channels(&cluster), &channels);
                if asks {
                    let online = cluster.node_indices().filter(|node| base[node.position()].2);
                    let mut sorted: Vec<_> =
                        online.map(|node| (node, free_bytes(memory[node.position()]))).collect();
                    sorted.sort_by_key(|(_, free)| Reverse(*free));
                    prop_assert_eq!(roster.freest(&cluster), &sorted);
                }
            }
        }
    }
}
