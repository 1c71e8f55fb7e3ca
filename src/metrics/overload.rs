//! Memory above the threshold: how long, how far, and what it led to.

use super::scopes::node_rates::NodeRates;
use super::summary::Overload;
use crate::model::cluster::Cluster;
use crate::model::ids::NodeIndex;

/// What was last seen of one node.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// Whether it lives and reports a memory limit.
    is_measured: bool,
    /// Whether it is measured and above the threshold.
    is_above: bool,
}

/// Follows every live node that reports a memory limit, whether it counts for skew or not.
#[derive(Debug, Clone, Default)]
pub struct OverloadWatch {
    /// By node.
    seen: Vec<Seen>,
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
        self.seen.resize(cluster.nodes().len(), Seen::default());
        for node in nodes {
            let query_node = cluster.node(*node);
            let is_measured = query_node.is_alive() && query_node.memory_bytes > 0;
            let rate = rates.figures(*node).rate;
            if is_measured && self.peak_rate.is_none_or(|peak| rate > peak) {
                self.peak_rate = Some(rate);
            }
            let now = Seen { is_measured, is_above: is_measured && rate > threshold };
            let before = std::mem::replace(&mut self.seen[node.position()], now);
            self.above_count = self.above_count + u64::from(now.is_above) - u64::from(before.is_above);
        }
    }

    /// Greatest rate of any live node now; `None` = no node with memory lives.
    pub fn highest_rate(&self, rates: &NodeRates) -> Option<f64> {
        let seen = self.seen.iter().enumerate().filter(|(_, seen)| seen.is_measured);
        seen.map(|(position, _)| rates.figures(NodeIndex::at(position)).rate).max_by(f64::total_cmp)
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
