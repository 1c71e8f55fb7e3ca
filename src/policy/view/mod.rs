//! What the coordinator knows of the cluster: distribution, targets, pending tasks, nodes and replicas.
//!
//! Specification sections 3 and 10.6. The coordinator owns one view, changes it with every report, task
//! and target, and lends it to the policies; it is never the true cluster. Indices are those of the
//! cluster, so ascending index is ascending id (the deterministic reading of section 14). Sums per node
//! and collection are kept by the writers in here, so that no reader adds up segments.

use self::asked_nodes::LastAsked;
use self::collection::CollectionView;
use self::columns::Columns;
use self::node::{NodeState, NodeView};
use self::node_list::SharedLists;
use self::replica::ReplicaView;
use self::segment::{KeptSegment, SegmentCopy, SegmentView, Target};
use self::small_counts::SmallCounts;
use self::stamps::Stamps;
use crate::model::holders::Holders;
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};

pub mod asked_nodes;
mod change;
pub mod collection;
pub mod columns;
mod copy_lists;
mod few_copies;
pub mod node;
pub mod node_list;
pub mod replica;
pub mod segment;
mod small_counts;
mod stamps;
#[cfg(test)]
mod twin_tests;

/// The coordinator's picture of the cluster.
#[derive(Debug, Clone, Default)]
pub struct ClusterView {
    nodes: Vec<NodeView>,
    columns: Columns,
    last_asked: LastAsked,
    collections: Vec<CollectionView>,
    channel_collections: Vec<CollectionIndex>,
    wal_nodes: Vec<Option<NodeIndex>>,
    /// By channel: nodes whose last report lists it, ascending.
    channel_holders: Vec<Vec<NodeIndex>>,
    segments: Vec<KeptSegment>,
    holders: Holders,
    stamps: Stamps,
    replicas: Vec<ReplicaView>,
    /// The replica whose lists may not be shared yet.
    last_changed: Option<ReplicaIndex>,
    shared_lists: SharedLists,
    /// Whether channels live on streaming nodes (2.6 and later).
    is_streaming: bool,
    /// Quirk Q4: what is pending for all collections together stays 0.
    is_pending_total_dead: bool,
}

impl ClusterView {
    /// A view of nothing; `is_streaming` = channels live on streaming nodes.
    pub fn new(is_streaming: bool) -> ClusterView {
        ClusterView { is_streaming, ..ClusterView::default() }
    }

    /// Whether channels live on streaming nodes.
    pub fn is_streaming(&self) -> bool {
        self.is_streaming
    }

    /// All query nodes ever seen, ascending; the coordinator knows those that are not `Unknown`.
    pub fn nodes(&self) -> &[NodeView] {
        &self.nodes
    }

    /// A query node.
    pub fn node(&self, node: NodeIndex) -> &NodeView {
        &self.nodes[node.position()]
    }

    /// Whether the node's session is registered.
    pub fn knows(&self, node: NodeIndex) -> bool {
        self.node(node).state != NodeState::Unknown
    }

    /// Number of collections.
    pub fn collection_count(&self) -> usize {
        self.collections.len()
    }

    /// What is known of a collection, node by node.
    pub fn collection(&self, collection: CollectionIndex) -> &CollectionView {
        &self.collections[collection.position()]
    }

    /// All collections, ascending.
    pub fn collections(&self) -> &[CollectionView] {
        &self.collections
    }

    /// How many channels there are.
    pub fn channel_count(&self) -> usize {
        self.channel_collections.len()
    }

    /// The collection of a channel.
    pub fn collection_of(&self, channel: ChannelIndex) -> CollectionIndex {
        self.channel_collections[channel.position()]
    }

    /// The nodes whose last report lists the channel, ascending.
    pub fn channel_holders(&self, channel: ChannelIndex) -> &[NodeIndex] {
        &self.channel_holders[channel.position()]
    }

    /// The streaming node that owns the channel's write-ahead log, where streaming is on.
    pub fn wal_node(&self, channel: ChannelIndex) -> Option<NodeIndex> {
        self.wal_nodes[channel.position()]
    }

    /// What the targets say of a segment.
    #[inline]
    pub fn segment(&self, segment: SegmentIndex) -> SegmentView {
        self.segments[segment.position()].view(&self.channel_collections)
    }

    /// Number of segments ever seen.
    pub fn segment_count(&self) -> usize {
        self.segments.len()
    }

    /// The nodes whose last report lists the segment, in the order in which they came to list it.
    pub fn holders(&self) -> &Holders {
        &self.holders
    }

    /// How many nodes of `nodes` hold the segment.
    pub fn copies_among(&self, segment: SegmentIndex, nodes: impl Fn(NodeIndex) -> bool) -> usize {
        self.holders.of(segment).filter(|holder| nodes(*holder)).count()
    }

    /// Number of replicas, those of released collections included.
    pub fn replica_count(&self) -> usize {
        self.replicas.len()
    }

    /// A replica.
    pub fn replica(&self, replica: ReplicaIndex) -> &ReplicaView {
        &self.replicas[replica.position()]
    }

    /// `R(n)`: sealed rows of all collections in the node's last report.
    pub fn sealed_rows(&self, node: NodeIndex) -> i64 {
        self.node(node).sealed_rows
    }

    /// `G(n)`: growing rows of all delegators in the node's last report.
    pub fn growing_rows(&self, node: NodeIndex) -> i64 {
        self.node(node).growing_rows
    }

    /// `delta(n)` of segments: pending rows over all collections.
    pub fn pending_rows(&self, node: NodeIndex) -> i64 {
        self.node(node).pending_rows
    }

    /// `delta(n)` of channels: pending channels over all collections.
    pub fn pending_channels(&self, node: NodeIndex) -> i64 {
        self.node(node).pending_channels
    }

    /// `ch(n)`: channels of all collections in the node's last report.
    pub fn channels_on(&self, node: NodeIndex) -> i64 {
        self.node(node).channels
    }

    /// The copies of `collection` on `node`, ascending by rows, then by segment.
    pub fn copies(&self, collection: CollectionIndex, node: NodeIndex) -> &[SegmentCopy] {
        self.collection(collection).copies(node)
    }

    /// How many copies of segments of `channel` nodes have, ascending by node; one node can come several times.
    pub fn copy_counts(&self, channel: ChannelIndex) -> impl Iterator<Item = (NodeIndex, u32)> + '_ {
        let collection = self.collection(self.collection_of(channel));
        let counted = collection.copy_counts.get(&channel).into_iter().flat_map(SmallCounts::iter);
        let few = collection.few_copies().iter();
        let listed = few.filter(move |(_, copy)| self.segment(copy.segment).channel == channel);
        counted.chain(listed.map(|(node, _)| (node, 1)))
    }

    /// Whether these nodes, each given once, have all copies of segments of `channel`, where that is known
    /// without reading them one by one.
    pub fn have_all_copies(&self, channel: ChannelIndex, nodes: &[NodeIndex]) -> bool {
        let collection = self.collection(self.collection_of(channel));
        let counts = collection.copy_counts.get(&channel);
        collection.few_copies().is_empty() && counts.is_none_or(|counts| counts.total() == counts.sum(nodes))
    }

    /// Whether the segment is in a target.
    pub fn is_in_target(&self, segment: SegmentIndex, target: Target) -> bool {
        self.segment(segment).is_in(target)
    }
}
