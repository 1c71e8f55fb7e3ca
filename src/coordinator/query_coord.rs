//! The trait of both generations of QueryCoord: what the simulation asks of it.

use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex, SegmentIndex};

/// QueryCoord, whichever generation.
pub trait QueryCoord {
    /// The nodes on which the coordinator records a sealed segment, in stored order.
    fn recorded_nodes(&self, segment: SegmentIndex) -> Vec<NodeIndex>;

    /// Whether the coordinator records no sealed segment and no channel on a node, and has no task for it.
    fn records_nothing_on(&self, node: NodeIndex, cluster: &Cluster) -> bool;

    /// The number by which the policy ordered the nodes of a replica when it last looked at it:
    /// (node, score), in the order of the policy; empty before the first look.
    fn last_scores(&self, replica: ReplicaIndex) -> &[(NodeIndex, f64)];
}
