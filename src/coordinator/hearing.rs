//! What the coordinator can hear during a turn: the cluster is lent to it, never kept.

use crate::model::cluster::Cluster;
use crate::model::ids::{ChannelIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::model::query_node::NodeMemory;
use crate::units::SimTime;

/// Query nodes that answer questions.
pub trait Nodes {
    /// Memory figures of a node at this very moment, growing rows included; `None` = its process does not
    /// answer.
    fn memory(&self, node: NodeIndex) -> Option<NodeMemory>;

    /// Whether a node has been told to release its copy of a segment and no longer lists it.
    fn is_leaving(&self, node: NodeIndex, segment: SegmentIndex) -> bool;

    /// The same, or less used: cheaper to say. A node answers both or neither.
    fn memory_at_least(&self, node: NodeIndex) -> Option<NodeMemory> {
        self.memory(node)
    }

    /// By node a rate that is not above its own: infinite where a node does not answer, NaN where it reports no
    /// limit, -infinity where the node must be asked. `None` = all must be asked.
    fn least_rates(&self) -> Option<Vec<f64>> {
        None
    }

    /// Growing rows of a replica's shard at this very moment.
    fn growing_rows(&self, replica: ReplicaIndex, shard: usize) -> u64;

    /// Tells the growing rows of every shard of which rows may grow, by its leader and its channel, as of the
    /// time that `when` says for the leader; `None` = they are not wanted. Nothing but inserts may have changed
    /// them since then.
    fn each_growing(
        &self,
        when: &dyn Fn(NodeIndex) -> Option<SimTime>,
        tell: &mut dyn FnMut(NodeIndex, ChannelIndex, u64),
    );

    /// Whether the delegator of a replica's shard can answer queries, as it reports when it is first heard.
    fn is_serviceable(&self, _replica: ReplicaIndex, _shard: usize) -> bool {
        true
    }
}

/// One turn's hearing.
#[derive(Clone, Copy)]
pub struct Hearing<'a> {
    /// The time of the turn.
    pub now: SimTime,
    /// The cluster: for what the coordinator itself keeps in etcd (replicas, leaders, segment sizes).
    pub cluster: &'a Cluster,
    /// For what it has to ask the nodes.
    pub nodes: &'a dyn Nodes,
}
