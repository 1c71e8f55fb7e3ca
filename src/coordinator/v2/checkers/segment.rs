//! The segment checker: loads what is lacking, releases what is too much (section 6.4).

use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::Outcome;
use crate::coordinator::v2::ask::Asked;
use crate::coordinator::v2::state::QueryCoordV2;
use crate::coordinator::v2::tasks::{ActionKind, Actions, NewTask, Priority, Subject};
use crate::coordinator::v2::tickers::after;
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::policy::balance_policy::SegmentToAssign;
use crate::policy::view::node::NodeState;
use crate::policy::view::segment::Target;
use crate::policy::witness::Witness;
use crate::release::Quirk;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Tasks that one round of a checker may add, where that is limited (section 6.1).
const ROUND_CAP: usize = 256;

impl QueryCoordV2 {
    /// Looks at every segment of which something changed. A segment is looked at again until there is
    /// nothing to do about it.
    pub(in crate::coordinator::v2) fn check_segments(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.tickers.segments = None;
        if self.is_naive {
            self.suspects.extend((0..self.view.segment_count()).map(SegmentIndex::at));
        }
        let mut suspects = self.suspects.take();
        suspects.sort_by_key(|segment| self.view.segment(*segment).collection);
        let mut tasks: Vec<NewTask> = Vec::new();
        let mut open: Vec<SegmentIndex> = Vec::new();
        let mut left = &suspects[..];
        while let Some(first) = left.first() {
            let collection = self.view.segment(*first).collection;
            let is_of_it = |segment: &SegmentIndex| self.view.segment(*segment).collection == collection;
            let (segments, others) = left.split_at(left.partition_point(is_of_it));
            left = others;
            let segments = &*self.with_loading(collection, segments);
            let replicas = &hearing.cluster.collection(collection).replicas;
            for replica in replicas {
                self.check_lacking(*replica, segments, hearing, &mut tasks, &mut open);
                self.check_untargeted(*replica, segments, &mut tasks, &mut open);
                self.check_duplicates(*replica, segments, &mut tasks, &mut open);
            }
            self.check_homeless(replicas, segments, &mut tasks, &mut open);
        }
        if self.release.has(Quirk::TasksPerRoundCapped) {
            tasks.truncate(ROUND_CAP);
        }
        for task in tasks {
            // A rejected task is only cancelled; the next round finds the segment again.
            let _ = self.add_task(task, hearing, outcome);
        }
        self.suspects.extend(open);
        if !self.suspects.is_empty() || self.is_naive {
            self.arm_segments(after(hearing.now), outcome);
        }
    }

    /// Suspects of a collection, and those of its segments whose loads are under way: what is lacking is placed
    /// all at once.
    fn with_loading<'a>(
        &mut self,
        collection: CollectionIndex,
        suspects: &'a [SegmentIndex],
    ) -> Cow<'a, [SegmentIndex]> {
        let Some(mut segments) = self.loading.remove(&collection) else { return Cow::Borrowed(suspects) };
        segments.extend_from_slice(suspects);
        segments.sort_unstable();
        segments.dedup();
        Cow::Owned(segments)
    }

    /// Segments of the next target that no node of the replica holds.
    fn check_lacking(
        &mut self,
        replica: ReplicaIndex,
        segments: &[SegmentIndex],
        hearing: Hearing<'_>,
        tasks: &mut Vec<NewTask>,
        open: &mut Vec<SegmentIndex>,
    ) {
        let mut by_channel: BTreeMap<ChannelIndex, Vec<SegmentToAssign>> = BTreeMap::new();
        let members = self.view.replica(replica);
        for segment in segments.iter().copied() {
            let is_lacking = self.view.is_in_target(segment, Target::Next)
                && self.view.copies_among(segment, |node| members.has(node)) == 0;
            if is_lacking {
                let view = self.view.segment(segment);
                let wanted = SegmentToAssign { segment, rows: i64::from(view.rows), node: None };
                by_channel.entry(view.channel).or_default().push(wanted);
            }
        }
        let collection = members.collection;
        for (channel, wanted) in by_channel {
            // A load that is planned anew would only be turned away.
            let is_under_way = |wanted: &SegmentToAssign| {
                self.tasks.keeps(Subject::Segment(wanted.segment), Some(replica), Priority::Normal)
            };
            let segments = wanted.iter().map(|wanted| wanted.segment);
            if self.may_skip_newcomers() && wanted.iter().all(is_under_way) {
                self.loading.entry(collection).or_default().extend(segments);
                continue;
            }
            open.extend(segments);
            if self.leader_of(replica, channel).is_none() {
                continue;
            }
            let nodes = self.candidates(replica, channel);
            let force = self.newcomer_force();
            for plan in self.ask_segments(Asked::Newcomers, collection, &wanted, &nodes, force, hearing) {
                tasks.push(NewTask {
                    collection,
                    replica: Some(replica),
                    subject: Subject::Segment(plan.segment),
                    actions: Actions::one(ActionKind::Grow, plan.to),
                    priority: Priority::Normal,
                    number: None,
                    waiter: None,
                });
            }
        }
    }

    /// Whether placing what nobody holds leaves no trace but its tasks: turned away, these do not count
    /// either, and round robin then draws nothing.
    fn may_skip_newcomers(&self) -> bool {
        self.release.has(Quirk::NewLoadsRoundRobin)
            && self.release.has(Quirk::RoundRobinBalances)
            && !self.release.has(Quirk::TasksPerRoundCapped)
            && !self.is_naive
            && !self.watch.wants_every_comparison()
    }

    /// Nodes that may load segments of a channel anew: the channel's own, or all that may receive.
    fn candidates(&self, replica: ReplicaIndex, channel: ChannelIndex) -> Vec<NodeIndex> {
        let members = self.view.replica(replica);
        let own = members.nodes_of(channel);
        if !own.is_empty() {
            return own.to_vec();
        }
        let is_leaving = |node: &NodeIndex| {
            !self.release.has(Quirk::ReadOnlyNodes) && self.view.node(*node).state == NodeState::Stopping
        };
        members.rw_nodes.iter().copied().filter(|node| !is_leaving(node)).collect()
    }

    /// Copies of segments that are in neither target.
    fn check_untargeted(
        &self,
        replica: ReplicaIndex,
        segments: &[SegmentIndex],
        tasks: &mut Vec<NewTask>,
        open: &mut Vec<SegmentIndex>,
    ) {
        for segment in segments.iter().copied() {
            let is_wanted = self.view.is_in_target(segment, Target::Current)
                || self.view.is_in_target(segment, Target::Next);
            if is_wanted {
                continue;
            }
            let has_leader = self.leader_of(replica, self.view.segment(segment).channel).is_some();
            for node in self.copies_in(replica, segment) {
                open.push(segment);
                if has_leader {
                    tasks.push(self.reduce(Some(replica), segment, node, Priority::Normal));
                }
            }
        }
    }

    /// Of several copies all but the newest, once the leader's reports name the newest alone. The delegator
    /// turns to a new copy when its load ends, so what is reported twice may go unless a move still runs.
    fn check_duplicates(
        &self,
        replica: ReplicaIndex,
        segments: &[SegmentIndex],
        tasks: &mut Vec<NewTask>,
        open: &mut Vec<SegmentIndex>,
    ) {
        for segment in segments.iter().copied() {
            let view = self.view.segment(segment);
            if self.view.holders().count(segment) < 2 {
                continue;
            }
            let copies = self.copies_in(replica, segment);
            if copies.len() < 2 || !(view.is_in(Target::Current) || view.is_in(Target::Next)) {
                continue;
            }
            open.push(segment);
            if self.leader_of(replica, view.channel).is_none() {
                continue;
            }
            let version = |node: NodeIndex| {
                let copies = self.view.copies(view.collection, node).iter();
                copies.filter(|copy| copy.segment == segment).map(|copy| copy.version).next()
            };
            let newest = copies.iter().copied().max_by_key(|node| version(*node));
            for node in copies.into_iter().filter(|node| Some(*node) != newest) {
                tasks.push(self.reduce(Some(replica), segment, node, Priority::Low));
            }
        }
    }

    /// Copies on nodes that belong to no replica of the collection.
    fn check_homeless(
        &self,
        replicas: &[ReplicaIndex],
        segments: &[SegmentIndex],
        tasks: &mut Vec<NewTask>,
        open: &mut Vec<SegmentIndex>,
    ) {
        for segment in segments.iter().copied() {
            for node in self.view.holders().of(segment) {
                if !replicas.iter().any(|replica| self.view.replica(*replica).has(node)) {
                    open.push(segment);
                    tasks.push(self.reduce(None, segment, node, Priority::Normal));
                }
            }
        }
    }

    fn copies_in(&self, replica: ReplicaIndex, segment: SegmentIndex) -> Vec<NodeIndex> {
        let members = self.view.replica(replica);
        self.view.holders().of(segment).filter(|node| members.has(*node)).collect()
    }

    fn reduce(
        &self,
        replica: Option<ReplicaIndex>,
        segment: SegmentIndex,
        node: NodeIndex,
        priority: Priority,
    ) -> NewTask {
        NewTask {
            collection: self.view.segment(segment).collection,
            replica,
            subject: Subject::Segment(segment),
            actions: Actions::one(ActionKind::Reduce, node),
            priority,
            number: None,
            waiter: None,
        }
    }
}
