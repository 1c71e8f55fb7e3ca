//! Searches a plan that lowers a cost of rows and segment counts, by random picks (section 8.4).

use super::balance_policy::{Ask, BalancePolicy, ChannelToAssign, Force, SegmentToAssign};
use super::cost::Load;
use super::movable::Movable;
use super::parameters::Parameters;
use super::plan::{BalancePlan, ChannelPlan, SegmentPlan};
use super::plan_search::{Generator, PlanSearch};
use super::reason::{Reason, ReasonCode};
use super::score::Score;
use super::shape::{self, Rule, Shape};
use super::sides::Sides;
use super::view::segment::SegmentCopy;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use crate::release::Release;

/// The multi-target rule of one release. Memory, pending tasks, growing rows and delegators play no part.
#[derive(Debug, Clone)]
pub struct MultiTarget {
    score: Score,
    movable: Movable,
    shape: Shape,
}

impl MultiTarget {
    /// The rule of `release`.
    pub fn of(release: Release) -> MultiTarget {
        MultiTarget { score: Score::of(release), movable: Movable::of(release), shape: Shape::of(release) }
    }
}

/// All five generators, each from where the one before ended.
pub fn generators(parameters: &Parameters) -> [(Generator, i64); 5] {
    [
        (Generator::Rows, parameters.row_count_max_steps),
        (Generator::GlobalRows, parameters.row_count_max_steps),
        (Generator::Segments, parameters.segment_count_max_steps),
        (Generator::GlobalSegments, parameters.segment_count_max_steps),
        (Generator::Random, parameters.random_max_steps),
    ]
}

impl BalancePolicy for MultiTarget {
    fn assign_segments(
        &self,
        ask: &mut Ask<'_>,
        collection: CollectionIndex,
        segments: &[SegmentToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Vec<SegmentPlan> {
        self.score.assign_segments(ask, collection, segments, nodes, force)
    }

    fn assign_channels(
        &self,
        ask: &mut Ask<'_>,
        collection: CollectionIndex,
        channels: &[ChannelToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Vec<ChannelPlan> {
        self.score.assign_channels(ask, collection, channels, nodes, force)
    }

    fn balance_replica(&self, ask: &mut Ask<'_>, replica: ReplicaIndex) -> BalancePlan {
        shape::balance(self, &self.shape, ask, replica)
    }
}

impl Rule for MultiTarget {
    fn even_segments(&self, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> Vec<SegmentPlan> {
        let collection = ask.view.replica(replica).collection;
        let mut load = Load::default();
        let mut held = Vec::with_capacity(sides.online.len());
        for node in &sides.online {
            let mut copies = self.movable.copies(ask, collection, *node);
            copies.sort_by_key(|copy| copy.segment);
            load.rows.push(copies.iter().map(SegmentCopy::row_count).sum());
            load.segments.push(copies.len() as i64);
            load.global_rows.push(ask.view.sealed_rows(*node));
            let counts = ask.view.collections().iter().map(|other| other.copies(*node).len() as i64);
            load.global_segments.push(counts.sum());
            held.push(copies.iter().map(|copy| (copy.segment, copy.row_count())).collect());
        }
        let mut search = PlanSearch::new(held, load);
        let before = search.load().cost(ask.parameters);
        for (generator, steps) in generators(ask.parameters) {
            search.run(generator, steps, ask.parameters, ask.random, ask.witness);
        }
        let after = search.cost();
        if search.moves().is_empty() {
            ask.declined.add(Reason::compared(ReasonCode::NoLowerCost, None, after, before));
        }
        let reason = Reason::compared(ReasonCode::LowerCost, None, after, before);
        let plan = |step: &super::plan_search::Move| SegmentPlan {
            segment: step.segment,
            from: Some(sides.online[step.from]),
            to: sides.online[step.to],
            replica: Some(replica),
            reason,
        };
        search.moves().iter().map(plan).collect()
    }

    fn even_channels(&self, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> Vec<ChannelPlan> {
        self.score.even_channels(ask, replica, sides)
    }

    fn drained(&self) -> Movable {
        self.movable
    }

    fn drain_channels(&self, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> Vec<ChannelPlan> {
        self.score.drain_channels(ask, replica, sides)
    }
}
