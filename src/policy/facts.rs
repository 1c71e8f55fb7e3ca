//! What a policy may ask besides the view: Milvus's ids and names, and memory in bytes.

use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::model::query_node::NodeMemory;
use crate::units::SimTime;

/// What the coordinator can find out at the time of the question. Milvus's own balancers of 2.2 and later ask
/// nothing of it: they even rows or scores and never see a byte. A policy of one's own may.
pub trait Facts {
    /// The time of the question.
    fn now(&self) -> SimTime;

    /// Milvus's id of a query node.
    fn node_id(&self, node: NodeIndex) -> i64;

    /// What a node answers when asked for its memory now, in bytes; `None` = it does not answer. In 2.0 and
    /// 2.1 the answer of the round's begin, with what the round has planned since.
    fn node_memory(&self, node: NodeIndex) -> Option<NodeMemory>;

    /// Bytes of the segments that tasks of the scheduler will still bring to a node, less those that they
    /// will take from it. A load under way counts here and in the node's own answer. 0 in 2.0 and 2.1.
    fn pending_bytes(&self, node: NodeIndex) -> i64;

    /// Whether the scheduler has a task about a segment of a replica that it would keep, should a round plan
    /// to move the segment. False in 2.0 and 2.1.
    fn is_under_way(&self, segment: SegmentIndex, replica: ReplicaIndex) -> bool;

    /// Whether a scheduler turns away what a round plans twice, so that such moves are counted only.
    fn turns_repeats_away(&self) -> bool {
        true
    }

    /// Milvus's id of a segment.
    fn segment_id(&self, segment: SegmentIndex) -> i64;

    /// Bytes that a copy of a segment takes in a node's memory.
    fn segment_bytes(&self, segment: SegmentIndex) -> u64;

    /// Milvus's id of a collection.
    fn collection_id(&self, collection: CollectionIndex) -> i64;

    /// Name of a collection.
    fn collection_name(&self, collection: CollectionIndex) -> &str;

    /// Name of a channel, as Milvus forms it.
    fn channel_name(&self, channel: ChannelIndex) -> &str;

    /// Milvus's id of a replica.
    fn replica_id(&self, replica: ReplicaIndex) -> i64;
}

/// Nothing to find out: every id is the index, names are empty, nobody answers for memory. It is enough for
/// Milvus's own policies, where no coordinator asks.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFacts;

impl Facts for NoFacts {
    fn now(&self) -> SimTime {
        SimTime::ZERO
    }

    fn node_id(&self, node: NodeIndex) -> i64 {
        i64::from(node.0)
    }

    fn node_memory(&self, _node: NodeIndex) -> Option<NodeMemory> {
        None
    }

    fn pending_bytes(&self, _node: NodeIndex) -> i64 {
        0
    }

    fn is_under_way(&self, _segment: SegmentIndex, _replica: ReplicaIndex) -> bool {
        false
    }

    fn turns_repeats_away(&self) -> bool {
        false
    }

    fn segment_id(&self, segment: SegmentIndex) -> i64 {
        i64::from(segment.0)
    }

    fn segment_bytes(&self, _segment: SegmentIndex) -> u64 {
        0
    }

    fn collection_id(&self, collection: CollectionIndex) -> i64 {
        i64::from(collection.0)
    }

    fn collection_name(&self, _collection: CollectionIndex) -> &'static str {
        ""
    }

    fn channel_name(&self, _channel: ChannelIndex) -> &'static str {
        ""
    }

    fn replica_id(&self, replica: ReplicaIndex) -> i64 {
        i64::from(replica.0)
    }
}
