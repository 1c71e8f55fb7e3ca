//! What a coordinator can tell a policy: its own metadata, and what nodes answer.

use super::hearing::Hearing;
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::model::query_node::NodeMemory;
use crate::policy::facts::Facts;
use crate::units::SimTime;

/// One turn's facts. What the generations know in different ways is given by them.
pub(super) struct TurnFacts<'a> {
    /// The turn.
    pub(super) hearing: Hearing<'a>,
    /// Memory of a node.
    pub(super) memory: &'a dyn Fn(NodeIndex) -> Option<NodeMemory>,
    /// Bytes that tasks will bring to a node.
    pub(super) pending: &'a dyn Fn(NodeIndex) -> i64,
    /// Whether a round that moves a segment of a replica finds a task about it.
    pub(super) is_under_way: &'a dyn Fn(SegmentIndex, ReplicaIndex) -> bool,
}

impl Facts for TurnFacts<'_> {
    fn now(&self) -> SimTime {
        self.hearing.now
    }

    fn node_id(&self, node: NodeIndex) -> i64 {
        self.hearing.cluster.node(node).id
    }

    fn node_memory(&self, node: NodeIndex) -> Option<NodeMemory> {
        (self.memory)(node)
    }

    fn pending_bytes(&self, node: NodeIndex) -> i64 {
        (self.pending)(node)
    }

    fn is_under_way(&self, segment: SegmentIndex, replica: ReplicaIndex) -> bool {
        (self.is_under_way)(segment, replica)
    }

    fn segment_id(&self, segment: SegmentIndex) -> i64 {
        self.hearing.cluster.segments().id(segment)
    }

    fn segment_bytes(&self, segment: SegmentIndex) -> u64 {
        self.hearing.cluster.segments().memory_bytes(segment)
    }

    fn collection_id(&self, collection: CollectionIndex) -> i64 {
        self.hearing.cluster.collection(collection).id
    }

    fn collection_name(&self, collection: CollectionIndex) -> &str {
        &self.hearing.cluster.collection(collection).name
    }

    fn channel_name(&self, channel: ChannelIndex) -> &str {
        &self.hearing.cluster.channel(channel).name
    }

    fn replica_id(&self, replica: ReplicaIndex) -> i64 {
        self.hearing.cluster.replica(replica).id
    }
}
