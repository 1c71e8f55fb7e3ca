//! Evens weighted scores over a replica's nodes, as 2.3.5 and later do it.
//!
//! Specification sections 7.3 and 8.3. The plan of 2.2.7 to 2.3.4 is in `score_old`.

use super::balance_policy::{Ask, BalancePolicy, ChannelToAssign, Force, Ground, SegmentToAssign};
use super::benefit::Benefit;
use super::channel_surplus::wal_located_last;
use super::movable::{Movable, RedundancyFilter, keep_single_channels};
use super::node_filter::{Assigner, BatchLimit, NodeFilter};
use super::node_heap::NodeHeap;
use super::node_item::{Arithmetic, NodeItem, Places};
use super::plan::{BalancePlan, ChannelPlan, SegmentPlan};
use super::reason::{Reason, ReasonCode};
use super::row_count::RowCount;
use super::score_channels;
use super::score_items::Scoring;
use super::score_old;
use super::score_sweep;
use super::shape::{self, Rule, Shape};
use super::sides::Sides;
use super::view::ClusterView;
use super::view::segment::SegmentCopy;
#[cfg(debug_assertions)]
use super::witness::Literal;
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex};
use crate::release::{Quirk, Release};
use std::cmp::Reverse;

/// The score rule of one release.
#[derive(Debug, Clone)]
pub struct Score {
    /// How nodes, segments and channels are scored.
    pub scoring: Scoring,
    pub(super) benefit: Benefit,
    pub(super) filter: NodeFilter,
    pub(super) movable: Movable,
    pub(super) shape: Shape,
    pub(super) row_count: RowCount,
    pub(super) batches_channels: bool,
    pub(super) wal_waives_benefit: bool,
    pub(super) redundancy: RedundancyFilter,
    drained: Movable,
    pub(super) limit: BatchLimit,
    pub(super) pairs_extremes: bool,
    pub(super) lowers_source: bool,
    picking_stops: bool,
    channels_by_score: bool,
    drains_channels_by_score: bool,
    needs_two_members: bool,
}

impl Score {
    /// The rule of `release`.
    pub fn of(release: Release) -> Score {
        Score {
            scoring: Scoring::of(release),
            benefit: Benefit::of(release),
            filter: NodeFilter::of(release, Assigner::Score),
            movable: Movable::by_score(release),
            shape: Shape::of(release),
            row_count: RowCount::of(release),
            batches_channels: release.has(Quirk::ScoreBatchesChannels),
            wal_waives_benefit: release.has(Quirk::WalNodeWaivesBenefit),
            redundancy: RedundancyFilter::of(release),
            drained: Movable::drained_by_score(release),
            limit: BatchLimit::of(release, Assigner::Score),
            pairs_extremes: release.has(Quirk::ScorePairsExtremes),
            lowers_source: !release.has(Quirk::SourceNotLowered),
            picking_stops: release.has(Quirk::PickingStopsAtBatch),
            channels_by_score: release.has(Quirk::ChannelsByScore),
            drains_channels_by_score: release.has(Quirk::DrainChannelsByScore),
            needs_two_members: release.has(Quirk::StoppingBalancer),
        }
    }

    /// Segments by rows, most first; equal rows by their node's priority, highest first; then by id.
    fn sorted(segments: &[SegmentToAssign], items: &[NodeItem], places: &Places) -> Vec<SegmentToAssign> {
        let mut sorted = segments.to_vec();
        sorted.sort_by_cached_key(|segment| {
            let priority = places.find(segment.node).map(|source| items[source].priority());
            (Reverse(segment.rows), Reverse(priority), segment.segment)
        });
        sorted
    }

    /// What nodes above their quota give: their smallest segments, until they are at it. With a channel
    /// only its segments; scores stay those of the whole collection.
    pub(super) fn even(
        &self,
        ask: &mut Ask<'_>,
        replica: ReplicaIndex,
        nodes: &[NodeIndex],
        channel: Option<ChannelIndex>,
    ) -> Vec<SegmentPlan> {
        if self.pairs_extremes || self.picking_stops {
            return self.even_literally(ask, replica, nodes, channel);
        }
        #[cfg(debug_assertions)]
        let (declined, mut random) = (ask.declined.clone(), ask.random.clone());
        let Some(plans) = score_sweep::even(self, ask, replica, nodes, channel) else {
            return self.even_literally(ask, replica, nodes, channel);
        };
        #[cfg(debug_assertions)]
        {
            let mut twin = Ask { random: &mut random, witness: &mut Literal, declined, ..*ask };
            let literally = self.even_literally(&mut twin, replica, nodes, channel);
            assert_eq!((&plans, &ask.declined), (&literally, &twin.declined), "the literal rule's answer");
        }
        plans
    }

    fn assign_literally(
        &self,
        ask: &mut Ask<'_>,
        collection: CollectionIndex,
        segments: &[SegmentToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Vec<SegmentPlan> {
        let mut nodes = self.filter.for_segments(ask, nodes, force);
        let drawn = ask.draw_order(&mut nodes);
        let mut items = self.scoring.segment_items(ask, collection, &nodes);
        let mut heap = NodeHeap::of(items.len(), |item| items[item].priority());
        let places = Places::of(&items);
        let mut plans = Vec::with_capacity(segments.len().min(16));
        // In what order nodes entered the heap shows only among equals, and where a source's entry is
        // changed in place.
        let mut order_counts = false;
        for segment in Score::sorted(segments, &items, &places) {
            let Some(target) = heap.pop(|item| items[item].priority()) else { break };
            let score = self.scoring.segment_score(ask, segment.rows);
            let source = places.find(segment.node);
            let next = heap.first().map(|next| items[next].priority());
            order_counts |= source.is_some() || next == Some(items[target].priority());
            if let Some(source) = source.filter(|_| !force.is_forced() && !self.pairs_extremes) {
                let (giver, taker) = (&items[source], &items[target]);
                let check = self.benefit.check(giver, taker, score, ask.parameters, ask.witness);
                if let Err(reason) = check {
                    ask.declined.add(reason);
                    heap.push(target, |item| items[item].priority());
                    continue;
                }
            }
            let reason = cause(source.map(|source| &items[source]), &items[target], segment.cause());
            plans.push(segment.plan(items[target].node, reason));
            if let Some(source) = source.filter(|_| self.lowers_source && !self.pairs_extremes) {
                // Quirk Q10: the source stays where it is in the heap.
                items[source].current -= score;
            }
            items[target].current += score;
            heap.push(target, |item| items[item].priority());
            if self.limit.is_reached(plans.len(), force, ask.parameters) {
                ask.declined.plain(ReasonCode::BatchFull);
                break;
            }
        }
        ask.keep(drawn.filter(|_| order_counts && !plans.is_empty()));
        plans
    }

    fn even_literally(
        &self,
        ask: &mut Ask<'_>,
        replica: ReplicaIndex,
        nodes: &[NodeIndex],
        channel: Option<ChannelIndex>,
    ) -> Vec<SegmentPlan> {
        let collection = ask.view.replica(replica).collection;
        let mut items = self.scoring.segment_items(ask, collection, nodes);
        // Which node gives first matters only where picking stops.
        let drawn = if self.picking_stops { ask.draw_order(&mut items) } else { None };
        let total: i64 = items.iter().map(|item| item.current as i64).sum();
        if total == 0 || items.is_empty() {
            ask.declined.plain(ReasonCode::RowsZero);
            return Vec::new();
        }
        let average = (total / items.len() as i64) as f64;
        let mut surplus: Vec<SegmentToAssign> = Vec::new();
        for item in &items {
            let is_whole = self.scoring.arithmetic == Arithmetic::Whole;
            let quota = if is_whole { average } else { item.assigned };
            let mut left = item.current;
            if ask.witness.at_most(None, left, quota) {
                ask.declined.add(Reason::compared(ReasonCode::NodeUnderQuota, None, left, quota));
                continue;
            }
            let view = ask.view;
            let is_candidate = |copy: &SegmentCopy| {
                channel.is_none_or(|channel| view.segment(copy.segment).channel == channel)
            };
            let copies = self.movable.copies(ask, collection, item.node);
            if !copies.iter().any(is_candidate) {
                ask.declined.plain(ReasonCode::SourceHasNothingOfThisCollection);
            }
            for copy in copies.iter().filter(|copy| is_candidate(copy)) {
                surplus.push(SegmentToAssign::copy_on(item.node, copy));
                left -= self.scoring.segment_score(ask, copy.row_count());
                let is_full =
                    self.picking_stops && surplus.len() as i64 >= ask.parameters.balance_segment_batch_size;
                if is_full || ask.witness.at_most(None, left, quota) {
                    break;
                }
            }
        }
        self.redundancy.keep_single(ask, replica, &mut surplus);
        if surplus.is_empty() {
            return Vec::new();
        }
        let before = drawn.is_some().then(|| ask.random.clone());
        ask.keep(drawn);
        let plans = self.assign_segments(ask, collection, &surplus, nodes, Force::Unforced);
        ask.keep(before.filter(|_| plans.is_empty()));
        plans
    }
}

/// Why a move was planned: both nodes' priorities where there is a source.
pub(super) fn cause(source: Option<&NodeItem>, target: &NodeItem, plain: ReasonCode) -> Reason {
    match source {
        Some(source) => {
            let (left, right) = (source.priority() as f64, target.priority() as f64);
            Reason::compared(ReasonCode::NodeOverQuota, None, left, right)
        }
        None => Reason::plain(plain),
    }
}

impl BalancePolicy for Score {
    fn assign_segments(
        &self,
        ask: &mut Ask<'_>,
        collection: CollectionIndex,
        segments: &[SegmentToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Vec<SegmentPlan> {
        if let Some(plans) = self.assign_few(ask, collection, segments, nodes, force) {
            return plans;
        }
        match self.receivers(ask, collection, nodes, force) {
            Some(receivers) => self.assign(ask, receivers, segments, force),
            None => self.assign_literally(ask, collection, segments, nodes, force),
        }
    }

    fn assign_channels(
        &self,
        ask: &mut Ask<'_>,
        collection: CollectionIndex,
        channels: &[ChannelToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Vec<ChannelPlan> {
        if self.channels_by_score {
            score_channels::assign(self, ask, collection, channels, nodes, force)
        } else {
            self.row_count.assign_channels(ask, collection, channels, nodes, force)
        }
    }

    fn balance_replica(&self, ask: &mut Ask<'_>, replica: ReplicaIndex) -> BalancePlan {
        shape::balance(self, &self.shape, ask, replica)
    }

    fn ground(&self, _view: &ClusterView, _replica: ReplicaIndex) -> Ground {
        Ground::Rows
    }

    fn foreseen(
        &self,
        ask: &Ask<'_>,
        giver: NodeIndex,
        held: usize,
        nodes: &[NodeIndex],
        force: Force,
    ) -> Option<usize> {
        self.foresee(ask, giver, held, nodes, force)
    }
}

impl Rule for Score {
    fn needs_two_members(&self) -> bool {
        self.needs_two_members
    }

    fn even_segments(&self, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> Vec<SegmentPlan> {
        if self.pairs_extremes {
            return score_old::pair_extremes(self, ask, replica, sides);
        }
        self.even(ask, replica, &sides.online, None)
    }

    fn even_channels(&self, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> Vec<ChannelPlan> {
        if !self.channels_by_score {
            return self.row_count.even_channels(ask, replica, sides);
        }
        let collection = ask.view.replica(replica).collection;
        let mut surplus = Vec::new();
        for item in self.scoring.channel_items(ask, collection, &sides.channel_online) {
            let mut left = item.current;
            if ask.witness.at_most(None, left, item.assigned) {
                let code = ReasonCode::NodeUnderQuota;
                ask.declined.add(Reason::compared(code, None, left, item.assigned));
                continue;
            }
            for copy in wal_located_last(ask, collection, item.node) {
                surplus.push(ChannelToAssign { channel: copy.channel, node: Some(item.node) });
                left -= Scoring::channel_score(ask, copy.channel, collection);
                let is_full = self.batches_channels
                    && surplus.len() as i64 >= ask.parameters.balance_segment_batch_size;
                if is_full || ask.witness.at_most(None, left, item.assigned) {
                    break;
                }
            }
        }
        keep_single_channels(ask, replica, &mut surplus);
        if surplus.is_empty() {
            return Vec::new();
        }
        self.assign_channels(ask, collection, &surplus, &sides.channel_online, Force::Unforced)
    }

    fn drained(&self) -> Movable {
        self.drained
    }

    fn drain_segments(&self, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> Vec<SegmentPlan> {
        if self.pairs_extremes {
            return score_old::drain(self, self.drained, ask, replica, sides);
        }
        super::drain::segments(self, self.drained, ask, replica, &sides.leaving, &sides.online)
    }

    fn drain_channels(&self, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> Vec<ChannelPlan> {
        let collection = ask.view.replica(replica).collection;
        let (leaving, online) = (&sides.channel_leaving, &sides.channel_online);
        if self.drains_channels_by_score {
            super::drain::channels(self, ask, collection, leaving, online)
        } else {
            super::drain::channels(&self.row_count, ask, collection, leaving, online)
        }
    }
}
