//! What nodes report, each at its own pace, and how the coordinator's picture follows (sections 3 and 11.1).

use super::node_scores::NodeScores;
use super::state::{CollectionRecord, NodeRecord, QueryCoordV2};
use super::tasks::{Progress, Subject};
use super::tickers::after;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome, Turn};
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::policy::view::collection::{ChannelCopy, DelegatorView};
use crate::policy::view::node::NodeView;
use crate::policy::view::replica::ReplicaView;
use crate::policy::view::segment::{SegmentCopy, SegmentView, Target};
use crate::release::Quirk;

impl QueryCoordV2 {
    /// Makes room for nodes that have come into being since the last turn.
    pub(super) fn grow_nodes(&mut self, hearing: Hearing<'_>) {
        for node in &hearing.cluster.nodes()[self.view.nodes().len()..] {
            let mut view = NodeView::default();
            view.is_streaming = node.is_streaming;
            self.view.add_node(view);
            self.nodes.push(NodeRecord::default());
            self.groups.add_label(node.resource_group);
        }
    }

    /// Makes room for what has come into being since the last turn.
    pub(super) fn grow(&mut self, hearing: Hearing<'_>) {
        self.is_caught_up = false;
        let cluster = hearing.cluster;
        self.grow_nodes(hearing);
        let first = ChannelIndex::at(self.view.channel_count());
        for collection in &cluster.collections()[self.view.collection_count()..] {
            let index = self.view.add_collection();
            for _ in &collection.channels {
                self.view.add_channel(index);
            }
            self.collections.push(CollectionRecord::default());
        }
        if first.position() < self.view.channel_count() {
            self.place_logs(first, cluster);
        }
        let segments = cluster.segments();
        for segment in (self.view.segment_count()..segments.len()).map(SegmentIndex::at) {
            self.view.add_segment(SegmentView::new(
                segments.collection(segment),
                segments.channel(segment),
                segments.rows(segment),
            ));
        }
        for replica in (self.view.replica_count()..cluster.replicas().len()).map(ReplicaIndex::at) {
            self.view.add_replica(ReplicaView::new(cluster.replica(replica).collection));
            self.looks.push(0);
            self.scores.push(NodeScores::default());
            self.adopt_nodes(replica, hearing);
        }
    }

    /// The report of a node: what it loaded, released, subscribed and gave up since the last one.
    pub(super) fn pull(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.is_naive {
            self.arm_pull(node, after(hearing.now), outcome);
        }
        if self.is_naive || self.awaits_report {
            outcome.order(Order::TurnAt { turn: Turn::ObserveTargets, at: hearing.now });
        }
        let reporter = hearing.cluster.node(node);
        let record = &mut self.nodes[node.position()];
        if !reporter.is_alive() || record.since.is_none() {
            return;
        }
        let segments = std::mem::take(&mut record.unreported);
        let channels = std::mem::take(&mut record.unreported_channels);
        self.note_report(node, hearing);
        self.view.set_memory(node, reporter.memory_bytes >> 20);
        if !segments.is_empty() || !channels.is_empty() {
            self.recall_rows(node);
        }
        for (segment, version) in segments {
            self.show_copy(node, segment, version);
            self.suspects.insert(segment);
            self.settle_counts(Subject::Segment(segment));
            self.wake_returned(segment, hearing, outcome);
            let collection = self.view.segment(segment).collection;
            self.note_progress(collection, hearing);
            self.await_promotion(collection, hearing, outcome);
        }
        for (channel, version) in channels {
            self.show_channel(node, channel, version, true);
            self.count_newcomer(node, channel, hearing);
            let collection = self.view.collection_of(channel);
            self.elect_leaders(collection, hearing, outcome);
            self.note_progress(collection, hearing);
            self.channel_suspects.insert(collection);
            self.await_promotion(collection, hearing, outcome);
        }
        if !self.suspects.is_empty() {
            self.arm_segments(hearing.now, outcome);
        }
        if !self.channel_suspects.is_empty() {
            self.arm_channels(hearing.now, outcome);
        }
    }

    /// Calls about a segment that have returned may be over now that a report shows what they did.
    fn wake_returned(&mut self, segment: SegmentIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.release.has(Quirk::ActionEndsInDistribution) {
            for id in self.tasks.all_about(Subject::Segment(segment)) {
                if self.tasks.get(id).is_some_and(|task| matches!(task.progress, Progress::Returned(_))) {
                    self.note_return(id, hearing, outcome);
                }
            }
        }
    }

    /// A copy is there, or no more.
    pub(super) fn show_copy(&mut self, node: NodeIndex, segment: SegmentIndex, version: Option<u64>) {
        let was_there = self.view.holders().has(segment, node);
        match version {
            Some(version) => {
                let rows = self.targeted_rows(segment);
                // No run loads four billion segments.
                let version = u32::try_from(version).unwrap_or(u32::MAX);
                self.view.set_copy(node, SegmentCopy { rows, segment, version });
                self.view.count_segments(node, i64::from(!was_there));
            }
            None => {
                let was_there = self.view.remove_copy(node, segment);
                self.view.count_segments(node, -i64::from(was_there));
                self.note_gone(segment);
            }
        }
    }

    /// After a restart that recovers targets without row counts: copies count 0 rows where the node has nothing
    /// new to report. Nodes with a delegator have, as it gets the new target's version.
    pub(super) fn forget_all_rows(&mut self) {
        for node in (0..self.nodes.len()).map(NodeIndex::at) {
            if self.view.knows(node) && self.view.channels_on(node) == 0 {
                self.nodes[node.position()].lacks_rows = true;
                self.count_rows(node, |_, _| 0);
            }
        }
    }

    /// A node reports everything anew, and its rows are counted as the targets have them.
    fn recall_rows(&mut self, node: NodeIndex) {
        if std::mem::take(&mut self.nodes[node.position()].lacks_rows) {
            self.count_rows(node, QueryCoordV2::targeted_rows);
        }
    }

    fn count_rows(&mut self, node: NodeIndex, rows: impl Fn(&QueryCoordV2, SegmentIndex) -> u32) {
        for collection in (0..self.view.collection_count()).map(CollectionIndex::at) {
            for copy in self.view.copies(collection, node).to_vec() {
                let rows = rows(self, copy.segment);
                self.view.set_copy(node, SegmentCopy { rows, ..copy });
            }
        }
    }

    /// Rows of a segment as the targets have them; 0 where it is in none.
    fn targeted_rows(&self, segment: SegmentIndex) -> u32 {
        let is_wanted =
            self.view.is_in_target(segment, Target::Current) || self.view.is_in_target(segment, Target::Next);
        if is_wanted { self.view.segment(segment).rows } else { 0 }
    }

    /// A channel is there, or no more.
    pub(super) fn show_channel(
        &mut self,
        node: NodeIndex,
        channel: ChannelIndex,
        version: Option<u64>,
        is_serviceable: bool,
    ) {
        match version {
            Some(version) => {
                self.view.set_channel(node, ChannelCopy { channel, version });
                self.view.set_delegator(node, DelegatorView { channel, growing_rows: 0, is_serviceable });
            }
            None => {
                self.view.remove_channel(node, channel);
                self.view.remove_delegator(node, channel);
            }
        }
        self.view.node_mut(node).channel_count = self.view.channels_on(node);
    }

    /// Everything that a node has, as its first report lists it.
    pub(super) fn report_all(&mut self, hearing: Hearing<'_>) {
        let cluster = hearing.cluster;
        let known: Vec<NodeIndex> = cluster.node_indices().filter(|node| self.view.knows(*node)).collect();
        for node in known {
            self.view.set_memory(node, cluster.node(node).memory_bytes >> 20);
        }
        for segment in cluster.segments().indices() {
            let holders: Vec<NodeIndex> = cluster.segments().copies().of(segment).collect();
            for node in holders {
                if self.view.knows(node) && !hearing.nodes.is_leaving(node, segment) {
                    let version = self.next_version();
                    self.show_copy(node, segment, Some(version));
                }
            }
        }
        for collection in cluster.collections() {
            for replica in &collection.replicas {
                let leaders = cluster.replica(*replica).shard_leaders.clone();
                for (shard, (leader, channel)) in leaders.iter().zip(&collection.channels).enumerate() {
                    if let Some(leader) = leader.filter(|leader| self.view.knows(*leader)) {
                        let version = self.next_version();
                        let is_serviceable = hearing.nodes.is_serviceable(*replica, shard);
                        self.show_channel(leader, *channel, Some(version), is_serviceable);
                    }
                }
            }
        }
        for node in cluster.node_indices().filter(|node| self.view.knows(*node)).collect::<Vec<_>>() {
            self.note_report(node, hearing);
        }
    }

    /// What policies read besides what a report changes and tasks is brought up to the turn in hand: growing
    /// rows, and the marks of exhausted nodes.
    pub(super) fn catch_up(&mut self, hearing: Hearing<'_>) {
        if !std::mem::replace(&mut self.is_caught_up, true) {
            self.refresh_growing(hearing);
            self.lift_marks(hearing);
        }
    }

    /// The targets of a collection are looked at once all reports of this millisecond are in.
    pub(super) fn await_promotion(
        &self,
        collection: CollectionIndex,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        if self.is_behind(collection) {
            outcome.order(Order::TurnAt { turn: Turn::ObserveTargets, at: hearing.now });
        }
    }
}
