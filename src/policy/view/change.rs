//! How the coordinator changes its view: every writer keeps the sums.

use super::ClusterView;
use super::collection::{ChannelCopy, CollectionView, DelegatorView};
use super::columns::NodeMut;
use super::node::NodeView;
use super::replica::ReplicaView;
use super::segment::{KeptSegment, SegmentCopy, SegmentView, Target};
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};

impl ClusterView {
    /// Quirk Q4: what is pending for all collections together is no longer summed and stays as it is.
    pub fn let_pending_total_die(&mut self) {
        self.is_pending_total_dead = true;
    }

    /// Adds a query node; its index is the number of nodes so far.
    pub fn add_node(&mut self, node: NodeView) -> NodeIndex {
        let index = NodeIndex::at(self.nodes.len());
        self.columns.follow(index, &node);
        self.nodes.push(node);
        index
    }

    /// A node's rows or its number of segments changed.
    fn rows_changed(&mut self, node: NodeIndex) {
        self.columns.follow(node, &self.nodes[node.position()]);
        if !self.node(node).is_streaming {
            self.stamps.rows_changed(node, self.nodes.len());
        }
    }

    /// The reports of a node list so many segments more (or fewer).
    pub fn count_segments(&mut self, node: NodeIndex, more: i64) {
        self.nodes[node.position()].segment_count += more;
        self.rows_changed(node);
    }

    /// The reports of a node say how much memory it has.
    pub fn set_memory(&mut self, node: NodeIndex, memory_mib: u64) {
        if self.node(node).memory_mib != memory_mib {
            self.node_mut(node).memory_mib = memory_mib;
        }
    }

    /// A query node, to be changed; its sums can only be changed by the writers below.
    pub fn node_mut(&mut self, node: NodeIndex) -> NodeMut<'_> {
        self.stamps.fact_changed();
        self.rows_changed(node);
        NodeMut { view: self, node }
    }

    /// Adds a collection without targets; its index is the number of collections so far.
    pub fn add_collection(&mut self) -> CollectionIndex {
        self.collections.push(CollectionView::default());
        CollectionIndex::at(self.collections.len() - 1)
    }

    /// A collection, to change its targets' channels and the counts of its tasks.
    pub fn collection_mut(&mut self, collection: CollectionIndex) -> &mut CollectionView {
        self.structure_changed(collection);
        &mut self.collections[collection.position()]
    }

    fn structure_changed(&mut self, collection: CollectionIndex) {
        self.stamps.structure_changed();
        self.collections[collection.position()].structure += 1;
    }

    /// Adds a channel; its index is the number of channels so far.
    pub fn add_channel(&mut self, collection: CollectionIndex) -> ChannelIndex {
        self.channel_collections.push(collection);
        self.wal_nodes.push(None);
        self.channel_holders.push(Vec::new());
        ChannelIndex::at(self.channel_collections.len() - 1)
    }

    /// Says which streaming node owns the channel's write-ahead log.
    pub fn set_wal_node(&mut self, channel: ChannelIndex, node: Option<NodeIndex>) {
        self.stamps.fact_changed();
        self.wal_nodes[channel.position()] = node;
    }

    /// Adds a segment; its index is the number of segments so far.
    pub fn add_segment(&mut self, segment: SegmentView) -> SegmentIndex {
        debug_assert_eq!(
            self.collection_of(segment.channel),
            segment.collection,
            "a channel of the collection"
        );
        self.segments.push(KeptSegment::of(&segment));
        self.holders.push();
        SegmentIndex::at(self.segments.len() - 1)
    }

    /// A segment enters or leaves a target.
    pub fn set_in_target(&mut self, segment: SegmentIndex, target: Target, is_in: bool) {
        self.stamps.target_changed();
        self.describe(segment, |seen| match target {
            Target::Current => seen.in_current = is_in,
            Target::Next => seen.in_next = is_in,
        });
    }

    /// Changes what the targets say of a segment.
    fn describe(&mut self, segment: SegmentIndex, change: impl FnOnce(&mut SegmentView)) {
        let copies = self.holders.count(segment) as i64;
        self.doubt(segment, -copies);
        let mut seen = self.segment(segment);
        self.structure_changed(seen.collection);
        change(&mut seen);
        self.segments[segment.position()] = KeptSegment::of(&seen);
        self.doubt(segment, copies);
    }

    /// The targets say how many rows a segment has. Copies follow with the next report ([`Self::set_copy`]).
    pub fn set_segment_rows(&mut self, segment: SegmentIndex, rows: u32) {
        let seen = SegmentView { rows, ..self.segment(segment) };
        self.structure_changed(seen.collection);
        self.segments[segment.position()] = KeptSegment::of(&seen);
    }

    /// The targets say that a segment is of level zero.
    pub fn set_level_zero(&mut self, segment: SegmentIndex, is_level_zero: bool) {
        self.describe(segment, |seen| seen.is_level_zero = is_level_zero);
    }

    /// A report lists a copy; a copy already listed is replaced.
    pub fn set_copy(&mut self, node: NodeIndex, copy: SegmentCopy) {
        self.remove_copy(node, copy.segment);
        self.holders.add(copy.segment, node);
        self.doubt(copy.segment, 1);
        let is_second = self.holders.count(copy.segment) == 2;
        let collection = self.segment(copy.segment).collection;
        self.structure_changed(collection);
        let segments = &self.segments;
        let view = &mut self.collections[collection.position()];
        view.doubts.repeated += i64::from(is_second);
        let channel_of = |segment: SegmentIndex| segments[segment.position()].channel();
        view.insert_copy(node, copy, self.nodes.len(), channel_of);
        self.nodes[node.position()].sealed_rows += copy.row_count();
        self.rows_changed(node);
    }

    /// A report no longer lists a copy; false when it was not listed.
    pub fn remove_copy(&mut self, node: NodeIndex, segment: SegmentIndex) -> bool {
        if !self.holders.has(segment, node) {
            return false;
        }
        self.holders.remove(segment, node);
        self.doubt(segment, -1);
        let is_single = self.holders.count(segment) == 1;
        let SegmentView { collection, channel, .. } = self.segment(segment);
        self.structure_changed(collection);
        let view = &mut self.collections[collection.position()];
        view.doubts.repeated -= i64::from(is_single);
        self.nodes[node.position()].sealed_rows -= view.take_copy(node, channel, segment);
        self.rows_changed(node);
        true
    }

    fn channels_changed(&mut self, collection: CollectionIndex, node: NodeIndex) {
        self.structure_changed(collection);
        self.stamps.fact_changed();
        self.rows_changed(node);
    }

    /// A report lists a channel; a channel already listed is replaced.
    pub fn set_channel(&mut self, node: NodeIndex, copy: ChannelCopy) {
        self.remove_channel(node, copy.channel);
        let collection = self.collection_of(copy.channel);
        let channels = self.collections[collection.position()].channels.entry(node).or_default();
        let place = channels.partition_point(|other| other.channel < copy.channel);
        channels.insert(place, copy);
        self.collections[collection.position()].channel_entries += 1;
        self.channels_changed(collection, node);
        self.nodes[node.position()].channels += 1;
        let holders = &mut self.channel_holders[copy.channel.position()];
        holders.insert(holders.partition_point(|other| *other < node), node);
    }

    /// A report no longer lists a channel; false when it was not listed.
    pub fn remove_channel(&mut self, node: NodeIndex, channel: ChannelIndex) -> bool {
        let collection = self.collection_of(channel);
        let channels = self.collections[collection.position()].channels.entry(node).or_default();
        let Some(place) = channels.iter().position(|copy| copy.channel == channel) else { return false };
        channels.remove(place);
        self.collections[collection.position()].channel_entries -= 1;
        self.channels_changed(collection, node);
        self.nodes[node.position()].channels -= 1;
        self.channel_holders[channel.position()].retain(|other| *other != node);
        true
    }

    /// A report shows a delegator; one already shown for the channel is replaced.
    pub fn set_delegator(&mut self, node: NodeIndex, delegator: DelegatorView) {
        self.remove_delegator(node, delegator.channel);
        let collection = self.collection_of(delegator.channel);
        let view = &mut self.collections[collection.position()];
        let delegators = view.delegators.entry(node).or_default();
        let place = delegators.partition_point(|other| other.channel < delegator.channel);
        delegators.insert(place, delegator);
        self.nodes[node.position()].growing_rows += delegator.growing_rows;
        self.channels_changed(collection, node);
    }

    /// A delegator has so many growing rows; nothing happens where none is shown.
    pub fn set_growing_rows(&mut self, node: NodeIndex, channel: ChannelIndex, rows: i64) {
        let collection = self.collection_of(channel);
        let view = &mut self.collections[collection.position()];
        let Some(delegators) = view.delegators.get_mut(&node) else { return };
        let Some(delegator) = delegators.iter_mut().find(|other| other.channel == channel) else { return };
        let more = rows - std::mem::replace(&mut delegator.growing_rows, rows);
        if more != 0 {
            self.nodes[node.position()].growing_rows += more;
            self.rows_changed(node);
        }
    }

    /// A report no longer shows a delegator; false when it was not shown.
    pub fn remove_delegator(&mut self, node: NodeIndex, channel: ChannelIndex) -> bool {
        let collection = self.collection_of(channel);
        let view = &mut self.collections[collection.position()];
        let delegators = view.delegators.entry(node).or_default();
        let Some(place) = delegators.iter().position(|other| other.channel == channel) else { return false };
        let delegator = delegators.remove(place);
        self.nodes[node.position()].growing_rows -= delegator.growing_rows;
        self.channels_changed(collection, node);
        true
    }

    /// The node is gone: its distribution is erased (section 11.1). Pending tasks are removed one by one.
    pub fn erase_distribution(&mut self, node: NodeIndex) {
        for collection in (0..self.collections.len()).map(CollectionIndex::at) {
            let view = self.collection(collection);
            let segments: Vec<SegmentIndex> = view.copies(node).iter().map(|copy| copy.segment).collect();
            let channels: Vec<ChannelIndex> = view.channels(node).iter().map(|copy| copy.channel).collect();
            let delegators: Vec<ChannelIndex> =
                view.delegators(node).iter().map(|other| other.channel).collect();
            for segment in segments {
                self.remove_copy(node, segment);
            }
            for channel in channels {
                self.remove_channel(node, channel);
            }
            for channel in delegators {
                self.remove_delegator(node, channel);
            }
        }
    }

    /// Segment tasks of `collection` will bring `rows` more (or fewer) to `node` (2.4.6 and later).
    pub fn shift_pending_rows(&mut self, collection: CollectionIndex, node: NodeIndex, rows: i64) {
        self.collections[collection.position()].shift_pending(node, rows, self.nodes.len());
        if !self.is_pending_total_dead {
            self.nodes[node.position()].pending_rows += rows;
        }
        self.rows_changed(node);
    }

    /// Segment tasks will bring so many segments more (or fewer) to `node` (up to 2.4.5).
    pub fn shift_pending_actions(&mut self, node: NodeIndex, actions: i64) {
        self.nodes[node.position()].pending_actions += actions;
        self.rows_changed(node);
    }

    /// Channel tasks of `collection` will bring so many channels more (or fewer) to `node`.
    pub fn shift_pending_channels(&mut self, collection: CollectionIndex, node: NodeIndex, channels: i64) {
        *self.collections[collection.position()].pending_channels.entry(node).or_default() += channels;
        self.nodes[node.position()].pending_channels += channels;
        self.structure_changed(collection);
        self.stamps.fact_changed();
    }

    /// Adds a replica; its index is the number of replicas so far.
    pub fn add_replica(&mut self, replica: ReplicaView) -> ReplicaIndex {
        let index = ReplicaIndex::at(self.replicas.len());
        self.collections[replica.collection.position()].replicas.push(index);
        self.replicas.push(replica);
        index
    }

    /// A replica, to be changed. Its node lists must stay ascending.
    pub fn replica_mut(&mut self, replica: ReplicaIndex) -> &mut ReplicaView {
        let collection = self.replica(replica).collection;
        self.structure_changed(collection);
        self.stamps.replica_changed(replica);
        if let Some(last) = self.last_changed.replace(replica)
            && last != replica
        {
            self.replicas[last.position()].share(&mut self.shared_lists);
        }
        &mut self.replicas[replica.position()]
    }
}
