//! Faults in force: loads that are to fail, nodes that are slowed.

use crate::model::cluster::Cluster;
use crate::model::ids::{CollectionIndex, NodeIndex, SegmentIndex};
use crate::units::SimTime;

/// Loads that match fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailLoads {
    /// Only on this node.
    pub node: Option<NodeIndex>,
    /// Only of this collection.
    pub collection: Option<CollectionIndex>,
    /// Only of this segment.
    pub segment: Option<SegmentIndex>,
    /// Up to this time.
    pub until: SimTime,
    /// So many more; `None` = all.
    pub left: Option<u64>,
}

/// Faults in force.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Rules, in the order in which they came.
    pub fail_loads: Vec<FailLoads>,
    /// By node: its bandwidth is divided by this.
    slow: Vec<(NodeIndex, f64)>,
}

impl Faults {
    /// Whether a load fails; uses up one failure of the first rule that matches.
    pub fn fails(
        &mut self,
        node: NodeIndex,
        segments: &[SegmentIndex],
        cluster: &Cluster,
        now: SimTime,
    ) -> bool {
        let matches = |rule: &&mut FailLoads| {
            now <= rule.until
                && rule.left != Some(0)
                && rule.node.is_none_or(|only| only == node)
                && segments.iter().any(|segment| {
                    rule.segment.is_none_or(|only| only == *segment)
                        && rule.collection.is_none_or(|only| only == cluster.segments().collection(*segment))
                })
        };
        let Some(rule) = self.fail_loads.iter_mut().find(matches) else { return false };
        rule.left = rule.left.map(|left| left - 1);
        true
    }

    /// Slows a node, on top of what slows it already.
    pub fn slow(&mut self, node: NodeIndex, factor: f64) {
        self.slow.push((node, factor));
    }

    /// The oldest slowing of a node ends.
    pub fn end_slow(&mut self, node: NodeIndex) {
        if let Some(place) = self.slow.iter().position(|(slowed, _)| *slowed == node) {
            self.slow.remove(place);
        }
    }

    /// Bytes per second that are left of a node's bandwidth.
    pub fn bandwidth(&self, node: NodeIndex, bytes_per_s: u64) -> u128 {
        let factors = self.slow.iter().filter(|(slowed, _)| *slowed == node);
        let factor: f64 = factors.map(|(_, factor)| factor).product();
        if factor == 1.0 { u128::from(bytes_per_s) } else { (bytes_per_s as f64 / factor) as u128 }
    }
}
