//! Memory above the threshold: how long, how far, and what it led to.

use super::node_set::NodeSet;
use super::scopes::node_rates::NodeRates;
use super::summary::Overload;
use crate::model::cluster::Cluster;
use crate::model::ids::NodeIndex;

/// Follows every live node that reports a memory limit, whether it counts for skew or not.
#[derive(Debug, Clone, Default)]
pub struct OverloadWatch {
    measured: NodeSet,
    above: NodeSet,
    above_count: u64,
    since_ms: u64,
    /// Milliseconds, summed over nodes; a whole number, so that no sum drifts.
    node_ms: u64,
    peak_rate: Option<f64>,
    refused_loads: u64,
    killed_for_memory: u64,
}

impl OverloadWatch {
    /// Takes the rates of the nodes given; what was in force counts up to now.
    pub fn look(
        &mut self,
        cluster: &Cluster,
        rates: &NodeRates,
        nodes: &[NodeIndex],
        threshold: f64,
        now_ms: u64,
    ) {
        self.node_ms = self.node_ms_at(now_ms);
        self.since_ms = now_ms;
        for node in nodes.iter().copied() {
            let query_node = cluster.node(node);
            let is_measured = query_node.is_alive() && query_node.memory_bytes > 0;
            self.measured.set(node, is_measured);
            let rate = rates.figures(node).rate;
            if is_measured && self.peak_rate.is_none_or(|peak| rate > peak) {
                self.peak_rate = Some(rate);
            }
            let is_above = is_measured && rate > threshold;
            if self.above.set(node, is_above) {
                self.above_count = if is_above { self.above_count + 1 } else { self.above_count - 1 };
            }
        }
    }

    /// Greatest rate of any live node now; `None` = no node with memory lives.
    pub fn highest_rate(&self, rates: &NodeRates) -> Option<f64> {
        self.measured.iter().map(|node| rates.figures(node).rate).max_by(f64::total_cmp)
    }

    /// A query node's own check refused a load.
    pub fn refused(&mut self) {
        self.refused_loads += 1;
    }

    /// A node needed more than its memory.
    pub fn killed(&mut self) {
        self.killed_for_memory += 1;
    }

    /// Figures up to `now_ms`.
    pub fn figures(&self, now_ms: u64) -> Overload {
        Overload {
            node_seconds: self.node_ms_at(now_ms) as f64 / 1000.0,
            peak_rate: self.peak_rate,
            refused_loads: self.refused_loads,
            killed_for_memory: self.killed_for_memory,
        }
    }

    fn node_ms_at(&self, now_ms: u64) -> u64 {
        self.node_ms + self.above_count * (now_ms - self.since_ms)
    }
}
