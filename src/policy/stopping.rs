//! Drains read-only nodes, whatever balancer is configured (2.6.10 and later, section 9).

use super::balance_policy::{Ask, BalancePolicy, ChannelToAssign, Force, SegmentToAssign};
use super::drain;
use super::movable::Movable;
use super::node_filter::Assigner;
use super::plan::{BalancePlan, ChannelPlan, SegmentPlan};
use super::reason::ReasonCode;
use super::round_robin::RoundRobin;
use super::row_count::RowCount;
use super::score::Score;
use super::shape;
use super::sides::SideRule;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use crate::release::Release;

/// The stopping balancer of one release.
#[derive(Debug, Clone)]
pub struct Stopping {
    sides: SideRule,
    movable: Movable,
    round_robin: RoundRobin,
    row_count: RowCount,
    score: Score,
}

impl Stopping {
    /// The balancer of `release`.
    pub fn of(release: Release) -> Stopping {
        Stopping {
            sides: SideRule::of(release),
            movable: Movable::of(release),
            round_robin: RoundRobin::of(release),
            row_count: RowCount::of(release),
            score: Score::of(release),
        }
    }

    fn assigner(&self, name: &str) -> &dyn BalancePolicy {
        match assigner_of(name) {
            Assigner::RoundRobin => &self.round_robin,
            Assigner::RowCount => &self.row_count,
            Assigner::Score => &self.score,
        }
    }
}

/// The rule that `stoppingBalanceAssignPolicy` chooses. Quirk Q13: Milvus compares with its internal names,
/// so none of the documented spellings is found, and what is not found means the score rule.
pub fn assigner_of(name: &str) -> Assigner {
    match name {
        "round_robin" => Assigner::RoundRobin,
        "row_count" => Assigner::RowCount,
        _ => Assigner::Score,
    }
}

impl BalancePolicy for Stopping {
    fn assign_segments(
        &self,
        ask: &mut Ask<'_>,
        collection: CollectionIndex,
        segments: &[SegmentToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Vec<SegmentPlan> {
        let assigner = self.assigner(&ask.parameters.stopping_balance_assign_policy);
        assigner.assign_segments(ask, collection, segments, nodes, force)
    }

    fn assign_channels(
        &self,
        ask: &mut Ask<'_>,
        collection: CollectionIndex,
        channels: &[ChannelToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Vec<ChannelPlan> {
        let assigner = self.assigner(&ask.parameters.stopping_balance_assign_policy);
        assigner.assign_channels(ask, collection, channels, nodes, force)
    }

    fn foreseen(
        &self,
        ask: &Ask<'_>,
        giver: NodeIndex,
        held: usize,
        nodes: &[NodeIndex],
        force: Force,
    ) -> Option<usize> {
        self.assigner(&ask.parameters.stopping_balance_assign_policy).foreseen(ask, giver, held, nodes, force)
    }

    fn balance_replica(&self, ask: &mut Ask<'_>, replica: ReplicaIndex) -> BalancePlan {
        let mut plan = BalancePlan::default();
        if !ask.parameters.enable_stopping_balance {
            ask.declined.plain(ReasonCode::DrainingOff);
            return shape::finished(plan, ask, replica);
        }
        let sides = self.sides.sides(ask.view, replica);
        let collection = ask.view.replica(replica).collection;
        if !sides.channel_online.is_empty() {
            let (leaving, online) = (&sides.channel_leaving, &sides.channel_online);
            plan.channels = drain::channels(self, ask, collection, leaving, online);
        }
        if !plan.channels.is_empty() {
            ask.declined.plain(ReasonCode::ChannelPlanFirst);
        } else if sides.online.is_empty() {
            ask.declined.plain(ReasonCode::NoTargetNode);
        } else {
            let (leaving, online) = (&sides.leaving, &sides.online);
            plan.segments = drain::segments(self, self.movable, ask, replica, leaving, online);
        }
        shape::finished(plan, ask, replica)
    }
}
