//! What of every query node counts for skew, in flat arrays that follow the cluster's changes.

use crate::metrics::node_set::NodeSet;
use crate::metrics::skew::to_f64;
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
    /// host changes what all nodes there report. `is_growth_only` = nothing else differs that could make it count.
    pub fn follow(
        &mut self,
        cluster: &Cluster,
        node: NodeIndex,
        is_growth_only: bool,
        mut changed: impl FnMut(NodeIndex, NodeFigures, NodeFigures),
    ) {
        if self.figures.len() < cluster.nodes().len() {
            self.figures.resize(cluster.nodes().len(), NodeFigures::default());
        }
        let used_bytes = cluster.reported_memory(node).used_bytes;
        if !is_growth_only {
            self.counted_changed |= self.counted.set(node, cluster.node(node).counts_for_skew());
        }
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
        let (capacity_bytes, sealed_rows) = (query_node.memory_bytes, query_node.sealed_rows);
        let kept = &mut self.figures[node.position()];
        // The rate follows from the others: whether there is another one is known before it is divided out.
        if (kept.used_bytes, kept.capacity_bytes, kept.sealed_rows)
            != (used_bytes, capacity_bytes, sealed_rows)
        {
            let rate = if capacity_bytes > 0 {
                to_f64(used_bytes.into()) / to_f64(capacity_bytes.into())
            } else {
                0.0
            };
            let after = NodeFigures { used_bytes, capacity_bytes, rate, sealed_rows };
            let before = std::mem::replace(kept, after);
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
