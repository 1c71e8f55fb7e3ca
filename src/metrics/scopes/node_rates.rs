//! What of every query node counts for skew, in flat arrays that follow the cluster's changes.

use crate::metrics::node_set::NodeSet;
use crate::model::cluster::Cluster;
use crate::model::ids::NodeIndex;

/// The numbers of one node.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct NodeFigures {
    /// Memory that it reports as used (a node on a host: all processes there), in bytes.
    pub used_bytes: u64,
    /// Memory limit that it reports, in bytes.
    pub capacity_bytes: u64,
    /// Used over limit; 0 where it reports no limit.
    pub rate: f64,
    /// Rows of its sealed segments.
    pub sealed_rows: u64,
}

/// The numbers of all nodes, and who counts.
#[derive(Debug, Clone, Default)]
pub struct NodeRates {
    figures: Vec<NodeFigures>,
    counted: NodeSet,
    counted_changed: bool,
}

impl NodeRates {
    /// The numbers of `node`.
    pub fn figures(&self, node: NodeIndex) -> NodeFigures {
        self.figures[node.position()]
    }

    /// The nodes that count for skew.
    pub fn counted(&self) -> &NodeSet {
        &self.counted
    }

    /// Whether `counted` changed since this was last asked.
    pub fn take_counted_changed(&mut self) -> bool {
        std::mem::take(&mut self.counted_changed)
    }

    /// Reads the numbers of `node` anew and calls `changed` with those before and after; a node on a
    /// host changes what all nodes there report.
    pub fn follow(
        &mut self,
        cluster: &Cluster,
        node: NodeIndex,
        mut changed: impl FnMut(NodeIndex, NodeFigures, NodeFigures),
    ) {
        if self.figures.len() < cluster.nodes().len() {
            self.figures.resize(cluster.nodes().len(), NodeFigures::default());
        }
        let used_bytes = cluster.reported_memory(node).used_bytes;
        self.follow_one(cluster, node, used_bytes, &mut changed);
        if let Some(host) = cluster.node(node).host {
            for neighbour in &cluster.hosts()[host].nodes {
                self.follow_one(cluster, *neighbour, used_bytes, &mut changed);
            }
        }
    }

    fn follow_one(
        &mut self,
        cluster: &Cluster,
        node: NodeIndex,
        used_bytes: u64,
        changed: &mut impl FnMut(NodeIndex, NodeFigures, NodeFigures),
    ) {
        let query_node = cluster.node(node);
        let capacity_bytes = query_node.memory_bytes;
        let rate = if capacity_bytes > 0 { used_bytes as f64 / capacity_bytes as f64 } else { 0.0 };
        let after = NodeFigures { used_bytes, capacity_bytes, rate, sealed_rows: query_node.sealed_rows };
        self.counted_changed |= self.counted.set(node, query_node.counts_for_skew());
        let before = std::mem::replace(&mut self.figures[node.position()], after);
        if before != after {
            changed(node, before, after);
        }
    }
}

#[cfg(test)]
impl NodeRates {
    /// So many nodes without anything.
    pub(super) fn of(nodes: usize) -> NodeRates {
        NodeRates { figures: vec![NodeFigures::default(); nodes], ..NodeRates::default() }
    }
}
