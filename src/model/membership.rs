//! Which nodes are a replica's, and what becomes of its copies when they are not.

use super::cluster::Cluster;
use super::ids::{NodeIndex, ReplicaIndex, SegmentIndex};

impl Cluster {
    /// Adds a read-write node to a replica, at the end of its list.
    pub fn add_replica_node(&mut self, replica: ReplicaIndex, node: NodeIndex) {
        self.add_replica_nodes(replica, &[node]);
    }

    /// Adds read-write nodes to a replica, at the end of its list.
    pub fn add_replica_nodes(&mut self, replica: ReplicaIndex, nodes: &[NodeIndex]) {
        let joined = &mut self.replicas[replica.position()];
        let before = joined.node_count();
        joined.add_nodes(nodes);
        if joined.node_count() == before {
            return;
        }
        if !self.homeless.is_empty() {
            nodes.iter().for_each(|node| self.claim_copies(replica, *node));
        }
        self.changes.touch_replica(replica);
        self.changes.touch_membership();
    }

    /// Copies that a node got before it joined the replica (quirk Q9 of 2.0/2.1) are the replica's now.
    fn claim_copies(&mut self, replica: ReplicaIndex, node: NodeIndex) {
        let collection = self.replica(replica).collection;
        let on_node = (node, SegmentIndex(0))..=(node, SegmentIndex(u32::MAX));
        let is_ours =
            |(_, segment): &&(NodeIndex, SegmentIndex)| self.segments.collection(*segment) == collection;
        let claimed: Vec<_> = self.homeless.range(on_node).filter(is_ours).copied().collect();
        for copy in claimed {
            self.homeless.remove(&copy);
            self.hold(replica, node, u64::from(self.segments.rows(copy.1)));
        }
    }

    /// Removes a node from a replica, also as shard leader. It must hold nothing of it any more.
    pub fn remove_replica_node(&mut self, replica: ReplicaIndex, node: NodeIndex) {
        assert!(
            self.replica(replica).holding(node).is_none(),
            "a node that leaves a replica holds nothing of it"
        );
        for shard in 0..self.replica(replica).shard_leaders.len() {
            if self.replica(replica).shard_leaders[shard] == Some(node) {
                self.set_shard_leader(replica, shard, None);
            }
        }
        self.replicas[replica.position()].remove_node(node);
        self.changes.touch_replica(replica);
        self.changes.touch_membership();
    }

    /// The collection of a replica is released: it serves no more, and its node list is empty.
    pub fn drop_replica(&mut self, replica: ReplicaIndex) {
        for shard in 0..self.replica(replica).shard_leaders.len() {
            self.set_shard_leader(replica, shard, None);
        }
        let leaving = &self.replicas[replica.position()];
        let collection = leaving.collection;
        for segment in
            self.segments.indices().filter(|segment| self.segments.collection(*segment) == collection)
        {
            let holders = self.segments.copies.of(segment).filter(|node| leaving.has(*node));
            self.homeless.extend(holders.map(|node| (node, segment)));
        }
        let dropped = &mut self.replicas[replica.position()];
        for holding in dropped.holdings() {
            self.held_versions[holding.node.position()] += 1;
        }
        dropped.is_loaded = false;
        dropped.clear_holdings();
        let released = &mut self.collections[collection.position()];
        released.replicas.retain(|other| *other != replica);
        if released.replicas.is_empty() {
            self.loaded_segments -= released.segments.len() as u64;
        }
        self.changes.touch_replica(replica);
        self.changes.touch_membership();
    }
}
