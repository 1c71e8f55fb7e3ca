//! A view built from plain ids, for facts that name nodes, segments and channels by Milvus's own ids.

use evenkeel::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use evenkeel::policy::view::ClusterView;
use evenkeel::policy::view::collection::{ChannelCopy, DelegatorView};
use evenkeel::policy::view::node::{NodeState, NodeView};
use evenkeel::policy::view::replica::ReplicaView;
use evenkeel::policy::view::segment::{SegmentCopy, SegmentView, Target};

/// What exists, by Milvus's ids, each list ascending: an index is a place in its list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// Nodes.
    pub(crate) nodes: Vec<i64>,
    /// Collections.
    pub(crate) collections: Vec<i64>,
    /// Channels with their collections.
    pub(crate) channels: Vec<(String, i64)>,
    /// Segments with their collections, channels and rows.
    pub(crate) segments: Vec<(i64, i64, String, u32)>,
}

/// A view and the ids behind its indices.
pub(crate) struct KnownView {
    /// The view.
    pub(crate) view: ClusterView,
    names: Names,
    replicas: Vec<Option<i64>>,
}

impl KnownView {
    /// A view in which all that has a name exists and nothing is known of it.
    pub(crate) fn new(mut names: Names, is_streaming: bool) -> KnownView {
        names.nodes.sort_unstable();
        names.nodes.dedup();
        names.collections.sort_unstable();
        names.collections.dedup();
        names.channels.sort_unstable();
        names.channels.dedup();
        names.segments.sort_by_key(|segment| (segment.0, segment.1));
        names.segments.dedup_by_key(|segment| (segment.0, segment.1));
        let mut known = KnownView { view: ClusterView::new(is_streaming), names, replicas: Vec::new() };
        for _ in 0..known.names.nodes.len() {
            known.view.add_node(NodeView::in_state(NodeState::Unknown));
        }
        // One collection more, without a name: whatever is pending "somewhere" is pending for it.
        for _ in 0..=known.names.collections.len() {
            known.view.add_collection();
        }
        for (_, collection) in known.names.channels.clone() {
            let collection = known.collection(collection);
            known.view.add_channel(collection);
        }
        for (_, collection, channel, rows) in known.names.segments.clone() {
            let channel = known.channel_of(Some(collection), &channel);
            known.view.add_segment(SegmentView::new(known.collection(collection), channel, rows));
        }
        known
    }

    /// The collection that has no name.
    pub(crate) fn elsewhere(&self) -> CollectionIndex {
        CollectionIndex::at(self.names.collections.len())
    }

    /// The node with this id.
    pub(crate) fn node(&self, id: i64) -> NodeIndex {
        NodeIndex::at(self.names.nodes.binary_search(&id).expect("a node with a name"))
    }

    /// The id of a node.
    pub(crate) fn node_id(&self, node: NodeIndex) -> i64 {
        self.names.nodes[node.position()]
    }

    /// The collection with this id.
    pub(crate) fn collection(&self, id: i64) -> CollectionIndex {
        CollectionIndex::at(self.names.collections.binary_search(&id).expect("a collection with a name"))
    }

    /// The channel of this name.
    pub(crate) fn channel(&self, name: &str) -> ChannelIndex {
        self.channel_of(None, name)
    }

    /// The channel of this name in a collection: two may call theirs the same. One that another collection
    /// alone has is that one's.
    pub(crate) fn channel_of(&self, collection: Option<i64>, name: &str) -> ChannelIndex {
        let named = |channel: &(String, i64)| channel.0 == name;
        let is_own = |channel: &(String, i64)| named(channel) && Some(channel.1) == collection;
        let own = self.names.channels.iter().position(is_own);
        let place = own.or_else(|| self.names.channels.iter().position(named));
        ChannelIndex::at(place.expect("a channel with a name"))
    }

    /// The name of a channel.
    pub(crate) fn channel_name(&self, channel: ChannelIndex) -> &str {
        &self.names.channels[channel.position()].0
    }

    /// The segment with this id.
    pub(crate) fn segment(&self, id: i64) -> SegmentIndex {
        self.segment_of(None, id)
    }

    /// The segment with this id in a collection; one that another collection alone has is that one's.
    pub(crate) fn segment_of(&self, collection: Option<i64>, id: i64) -> SegmentIndex {
        let first = self.names.segments.partition_point(|segment| segment.0 < id);
        let same = self.names.segments[first..].iter().take_while(|segment| segment.0 == id);
        let own = same.clone().position(|segment| Some(segment.1) == collection);
        let place = own.or_else(|| (same.count() > 0).then_some(0));
        SegmentIndex::at(first + place.expect("a segment with a name"))
    }

    /// The id of a segment.
    pub(crate) fn segment_id(&self, segment: SegmentIndex) -> i64 {
        self.names.segments[segment.position()].0
    }

    /// Replicas of a collection.
    pub(crate) fn replicas_of(&self, collection: i64) -> Vec<ReplicaIndex> {
        let collection = self.collection(collection);
        let all = (0..self.replicas.len()).map(ReplicaIndex::at);
        all.filter(|replica| self.view.replica(*replica).collection == collection).collect()
    }

    /// The replica with this id.
    pub(crate) fn replica(&self, id: i64) -> ReplicaIndex {
        let place = self.replicas.iter().position(|other| *other == Some(id));
        ReplicaIndex::at(place.expect("a replica with an id"))
    }

    /// The id of a replica; `None` where it is generated.
    pub(crate) fn replica_id(&self, replica: ReplicaIndex) -> Option<i64> {
        self.replicas[replica.position()]
    }

    /// Adds a replica.
    pub(crate) fn add_replica(&mut self, id: Option<i64>, replica: ReplicaView) {
        self.view.add_replica(replica);
        self.replicas.push(id);
    }

    /// A node reports a copy of a segment.
    pub(crate) fn hold(&mut self, node: i64, segment: i64, rows: u32) {
        self.hold_copy(node, self.segment(segment), rows);
    }

    /// A node reports a copy of this segment.
    pub(crate) fn hold_copy(&mut self, node: i64, segment: SegmentIndex, rows: u32) {
        self.view.set_copy(self.node(node), SegmentCopy { rows, segment, version: 1 });
    }

    /// A node reports a channel.
    pub(crate) fn serve(&mut self, node: i64, channel: &str) {
        self.serve_channel(node, self.channel(channel));
    }

    /// A node reports this channel.
    pub(crate) fn serve_channel(&mut self, node: i64, channel: ChannelIndex) {
        self.view.set_channel(self.node(node), ChannelCopy { channel, version: 1 });
    }

    /// A node reports a delegator.
    pub(crate) fn delegate(&mut self, node: i64, channel: &str, growing_rows: i64) {
        self.delegate_channel(node, self.channel(channel), growing_rows);
    }

    /// A node reports a delegator of this channel.
    pub(crate) fn delegate_channel(&mut self, node: i64, channel: ChannelIndex, growing_rows: i64) {
        let delegator = DelegatorView { channel, growing_rows, is_serviceable: true };
        self.view.set_delegator(self.node(node), delegator);
    }

    /// Both targets or the current one hold a segment.
    pub(crate) fn target(&mut self, segment: i64, targets: &[Target]) {
        let segment = self.segment(segment);
        for target in targets {
            self.view.set_in_target(segment, *target, true);
        }
    }
}
