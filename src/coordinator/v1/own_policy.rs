//! A policy of one's own in the place of the built-in rule: what it is shown, and what becomes of its plan.
//!
//! 2.0 and 2.1 know no balancer that one could choose, so this is the interface of later releases laid over
//! their round: the round looks at the same collections at the same times, moves one segment after the other,
//! and validates every move as Milvus does.

use super::balance_round::RoundMove;
use super::records::KnownNode;
use super::state::QueryCoordV1;
use crate::coordinator::facts::TurnFacts;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::Outcome;
use crate::engine::random::Random;
use crate::model::ids::{NodeIndex, ReplicaIndex, SegmentIndex};
use crate::policy::balance_policy::{Ask, BalancePolicy};
use crate::policy::memory_usage::{PlannedMove, ReplicaPlan, Stop};
use crate::policy::parameters::Parameters;
use crate::policy::plan::{Declines, Repeats};
use crate::policy::reason::{Reason, ReasonCode};
use crate::policy::view::ClusterView;
use crate::policy::view::collection::{ChannelCopy, DelegatorView};
use crate::policy::view::node::{NodeState, NodeView};
use crate::policy::view::replica::ReplicaView;
use crate::policy::view::segment::{SegmentCopy, SegmentView, Target};
use crate::policy::witness::Unwitnessed;
use std::collections::VecDeque;

/// Somebody's own policy, and its chance.
pub(super) struct OwnPolicy {
    policy: Box<dyn BalancePolicy>,
    random: Random,
}

impl OwnPolicy {
    /// The policy in a run of this seed.
    pub(super) fn new(policy: Box<dyn BalancePolicy>, seed: u64) -> OwnPolicy {
        OwnPolicy { policy, random: Random::stream(seed, "coordinator/balancer") }
    }
}

impl QueryCoordV1 {
    /// What the own policy moves within a replica whose nodes that answer are `available`. The moves count in
    /// the memory figures of the round, as those of the built-in rule do. Moves of channels are passed over:
    /// these releases cannot move one.
    pub(super) fn ask_own(
        &mut self,
        replica: ReplicaIndex,
        available: &[NodeIndex],
        hearing: Hearing<'_>,
    ) -> Result<ReplicaPlan, Reason> {
        let mut view = self.view(hearing);
        view.replica_mut(replica).rw_nodes = available.to_vec().into();
        view.replica_mut(replica).rw_nodes.sort_unstable();
        let none = Reason::plain(ReasonCode::OwnPolicy);
        let Some(own) = &mut self.own else { return Err(none) };
        let figures = &self.figures;
        let memory = |node| figures.memory(node).or_else(|| hearing.nodes.memory(node));
        let facts = TurnFacts { hearing, memory: &memory, pending: &|_| 0, is_under_way: &|_, _| false };
        let mut ask = Ask {
            view: &view,
            facts: &facts,
            parameters: &Parameters::shipped(self.release),
            random: &mut own.random,
            shuffles: !self.choices.is_ascending,
            witness: &mut Unwitnessed,
            declined: Declines::default(),
            repeats: Repeats::default(),
        };
        let plan = own.policy.balance_replica(&mut ask, replica);
        let mut moves = Vec::new();
        for planned in plan.segments {
            let Some(from) = planned.from else { continue };
            let bytes = hearing.cluster.segments().memory_bytes(planned.segment);
            self.figures.shift(from, planned.to, bytes);
            let (segment, to, reason) = (planned.segment, planned.to, planned.reason);
            moves.push(PlannedMove { segment, from, to, reason });
        }
        let reason = plan.declined.first().map_or(none, |decline| decline.reason);
        Ok(ReplicaPlan { moves, stop: Stop::Balanced, reason })
    }

    /// 2.0: the own policy is asked about every collection, each with all nodes that answer.
    pub(super) fn plan_own_cluster(
        &mut self,
        available: &[NodeIndex],
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> VecDeque<RoundMove> {
        let mut moves = VecDeque::new();
        for replica in (0..hearing.cluster.replicas().len()).map(ReplicaIndex::at) {
            if hearing.cluster.replica(replica).is_loaded {
                let plan = self.ask_own(replica, available, hearing);
                self.take_plan(Some(replica), plan, hearing, &mut moves, outcome);
            }
        }
        moves
    }

    /// The records, as later releases would show them to a balancer.
    fn view(&self, hearing: Hearing<'_>) -> ClusterView {
        let cluster = hearing.cluster;
        let mut view = ClusterView::new(false);
        for node in cluster.node_indices() {
            let is_online = self.records.node(node) == KnownNode::Online;
            let state = if is_online { NodeState::Normal } else { NodeState::Unknown };
            let mut known = NodeView::in_state(state);
            known.segment_count = i64::from(self.records.count_on_or_none(node));
            known.channel_count = i64::from(cluster.node(node).channels);
            known.memory_mib = self.memory_of(node, hearing).map_or(0, |memory| memory.total_bytes >> 20);
            view.add_node(known);
        }
        for collection in cluster.collections() {
            let index = view.add_collection();
            let channels = (!collection.replicas.is_empty()).then(|| collection.channels.clone());
            view.collection_mut(index).current_channels.clone_from(&channels);
            view.collection_mut(index).next_channels = channels;
        }
        for channel in cluster.channels() {
            view.add_channel(channel.collection);
        }
        let segments = cluster.segments();
        for segment in segments.indices() {
            let (collection, channel) = (segments.collection(segment), segments.channel(segment));
            view.add_segment(SegmentView::new(collection, channel, segments.rows(segment)));
            self.show_segment(&mut view, segment, segments.rows(segment));
        }
        for replica in (0..cluster.replicas().len()).map(ReplicaIndex::at) {
            self.show_replica(&mut view, replica, hearing);
        }
        view
    }

    fn show_segment(&self, view: &mut ClusterView, segment: SegmentIndex, rows: u32) {
        let is_known = self.records.knows(segment);
        view.set_in_target(segment, Target::Current, is_known);
        view.set_in_target(segment, Target::Next, is_known);
        for node in self.records.nodes_of(segment) {
            view.set_copy(node, SegmentCopy { rows, segment, version: 1 });
        }
    }

    fn show_replica(&self, view: &mut ClusterView, replica: ReplicaIndex, hearing: Hearing<'_>) {
        let known = hearing.cluster.replica(replica);
        let mut shown = ReplicaView::new(known.collection);
        if known.is_loaded {
            let online = known.nodes().filter(|node| self.records.node(*node) == KnownNode::Online);
            shown.rw_nodes.extend(online);
            shown.rw_nodes.sort_unstable();
            let channels = &hearing.cluster.collection(known.collection).channels;
            for (shard, (channel, leader)) in channels.iter().zip(&known.shard_leaders).enumerate() {
                let Some(leader) = *leader else { continue };
                let growing_rows = i64::try_from(hearing.nodes.growing_rows(replica, shard)).unwrap_or(0);
                view.set_channel(leader, ChannelCopy { channel: *channel, version: 1 });
                let delegator = DelegatorView { channel: *channel, growing_rows, is_serviceable: true };
                view.set_delegator(leader, delegator);
            }
        }
        view.add_replica(shown);
    }
}
