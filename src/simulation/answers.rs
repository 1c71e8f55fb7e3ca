//! What query nodes say when they are asked.

use super::growth::Growth;
use crate::coordinator::hearing::Nodes;
use crate::engine::schedule::Key;
use crate::model::cluster::Cluster;
use crate::model::ids::{ChannelIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::model::query_node::NodeMemory;
use crate::units::SimTime;
use std::collections::BTreeMap;

/// What nodes answer when they are asked at `now`.
pub struct Answers<'a> {
    /// The cluster as it really is.
    pub cluster: &'a Cluster,
    /// The workload.
    pub growth: &'a Growth,
    /// When.
    pub now: SimTime,
    /// Copies told to go.
    pub releases: &'a BTreeMap<(NodeIndex, SegmentIndex), Key>,
}

impl Answers<'_> {
    fn own_bytes(&self, node: NodeIndex) -> u64 {
        let query_node = self.cluster.node(node);
        if !query_node.is_alive() || !self.growth.may_grow_on(node) {
            return query_node.own_used_bytes();
        }
        let (_, growing_bytes) = self.growth.on_node(node, self.now);
        query_node.own_used_bytes() - query_node.growing_bytes + growing_bytes
    }
}

impl Nodes for Answers<'_> {
    fn memory(&self, node: NodeIndex) -> Option<NodeMemory> {
        let query_node = self.cluster.node(node);
        if !query_node.is_alive() {
            return None;
        }
        let used_bytes = match query_node.host {
            None => self.own_bytes(node),
            Some(host) => self.cluster.hosts()[host].nodes.iter().map(|other| self.own_bytes(*other)).sum(),
        };
        Some(NodeMemory { total_bytes: query_node.memory_bytes, used_bytes })
    }

    fn is_leaving(&self, node: NodeIndex, segment: SegmentIndex) -> bool {
        self.releases.contains_key(&(node, segment))
    }

    fn memory_at_least(&self, node: NodeIndex) -> Option<NodeMemory> {
        let query_node = self.cluster.node(node);
        if query_node.host.is_some() || !query_node.is_alive() {
            return self.memory(node);
        }
        let used_bytes = query_node.own_used_bytes() - query_node.growing_bytes;
        Some(NodeMemory { total_bytes: query_node.memory_bytes, used_bytes })
    }

    fn least_rates(&self) -> Option<Vec<f64>> {
        let mut rates = self.cluster.least_rates().to_vec();
        self.growth.each_at_least(self.now, &mut |node, bytes| {
            if rates[node.position()].is_finite() {
                let query_node = self.cluster.node(node);
                let used_bytes = query_node.own_used_bytes() - query_node.growing_bytes + bytes;
                rates[node.position()] = used_bytes as f64 / query_node.memory_bytes as f64;
            }
        });
        Some(rates)
    }

    fn growing_rows(&self, replica: ReplicaIndex, shard: usize) -> u64 {
        self.growth.growing(self.cluster, replica, shard, self.now)
    }

    fn each_growing(
        &self,
        when: &dyn Fn(NodeIndex) -> Option<SimTime>,
        tell: &mut dyn FnMut(NodeIndex, ChannelIndex, u64),
    ) {
        self.growth.each(when, tell);
    }
}
