//! Questions to the policies, and the numbers by which they order nodes.

use super::state::QueryCoordV2;
use super::tasks::{Priority, Subject};
use crate::coordinator::facts::TurnFacts;
use crate::coordinator::hearing::Hearing;
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex};
use crate::policy::balance_policy::{Ask, BalancePolicy, ChannelToAssign, Force, SegmentToAssign};
use crate::policy::plan::{BalancePlan, ChannelPlan, Declines, Repeats, SegmentPlan};
use crate::policy::witness::{Literal, Witness};
use crate::release::Quirk;

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// The configured balancer.
    Configured,
    /// Who drains: a balancer of its own where the release has one.
    Stopping,
    /// Who places what nobody holds.
    Newcomers,
}

impl QueryCoordV2 {
    pub(super) fn with_ask<T>(
        &mut self,
        asked: Asked,
        hearing: Hearing<'_>,
        question: impl FnOnce(&dyn BalancePolicy, &mut Ask<'_>) -> T,
    ) -> T {
        self.catch_up(hearing);
        self.view.weigh_rows(self.in_force.parameters.global_row_count_factor);
        let policy = match asked {
            Asked::Configured => &self.policy,
            Asked::Stopping => self.stopping.as_ref().unwrap_or(&self.policy),
            Asked::Newcomers => self.newcomers.as_ref().unwrap_or(&self.policy),
        };
        let memory = |node| hearing.nodes.memory(node);
        let (tasks, cluster) = (&self.tasks, hearing.cluster);
        let pending = |node| tasks.pending_bytes(node, cluster);
        let kept = self.priority_kept();
        let is_under_way = |segment, replica| tasks.keeps(Subject::Segment(segment), Some(replica), kept);
        let facts = TurnFacts { hearing, memory: &memory, pending: &pending, is_under_way: &is_under_way };
        let mut literal = Literal;
        let witness: &mut dyn Witness = if self.is_naive { &mut literal } else { &mut self.watch };
        let mut ask = Ask {
            view: &self.view,
            facts: &facts,
            parameters: &self.in_force.parameters,
            random: &mut self.random,
            shuffles: self.shuffles,
            witness,
            declined: Declines::default(),
            repeats: Repeats::default(),
        };
        question(policy.as_ref(), &mut ask)
    }

    /// The lowest priority of tasks that a round's own never replace: where it drains urgently (2.2.0 to 2.2.6),
    /// only the highest.
    fn priority_kept(&self) -> Priority {
        let is_plain = ![Quirk::RoundsByCollection, Quirk::RoundsOfManyCollections, Quirk::CollectionQueue]
            .into_iter()
            .any(|quirk| self.release.has(quirk));
        if is_plain { Priority::High } else { Priority::Low }
    }

    /// What should move within a replica.
    pub(super) fn ask_balance(
        &mut self,
        asked: Asked,
        replica: ReplicaIndex,
        hearing: Hearing<'_>,
    ) -> BalancePlan {
        self.kept.asks += 1;
        let (plan, may_skip) = self.with_ask(asked, hearing, |policy, ask| {
            (policy.balance_replica(ask, replica), !ask.witness.wants_every_comparison())
        });
        if may_skip {
            self.keep_standing(asked, replica, &plan);
            self.keep_in_vain(asked, replica, &plan);
        }
        plan
    }

    /// Where segments should go.
    pub(super) fn ask_segments(
        &mut self,
        asked: Asked,
        collection: CollectionIndex,
        segments: &[SegmentToAssign],
        nodes: &[NodeIndex],
        force: Force,
        hearing: Hearing<'_>,
    ) -> Vec<SegmentPlan> {
        self.with_ask(asked, hearing, |policy, ask| {
            policy.assign_segments(ask, collection, segments, nodes, force)
        })
    }

    /// Where a channel should go.
    pub(super) fn ask_channel(
        &mut self,
        asked: Asked,
        channel: ChannelIndex,
        from: Option<NodeIndex>,
        nodes: &[NodeIndex],
        force: Force,
        hearing: Hearing<'_>,
    ) -> Option<ChannelPlan> {
        let collection = self.view.collection_of(channel);
        let channels = [ChannelToAssign { channel, node: from }];
        self.ask_channels(asked, collection, &channels, nodes, force, hearing).into_iter().next()
    }

    /// Where channels of one collection should go, decided together.
    pub(super) fn ask_channels(
        &mut self,
        asked: Asked,
        collection: CollectionIndex,
        channels: &[ChannelToAssign],
        nodes: &[NodeIndex],
        force: Force,
        hearing: Hearing<'_>,
    ) -> Vec<ChannelPlan> {
        self.with_ask(asked, hearing, |policy, ask| {
            policy.assign_channels(ask, collection, channels, nodes, force)
        })
    }

    /// Whether what the checkers load anew is assigned by force (section 6.4).
    pub(super) fn newcomer_force(&self) -> Force {
        if self.release.has(Quirk::NewLoadsAreForced) { Force::Forced } else { Force::Unforced }
    }
}
