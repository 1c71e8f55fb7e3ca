//! Evens the rows of each collection over its replica's nodes, as 2.3.4 and later do it.
//!
//! Specification sections 7.2 and 8.2. There is no toleration: any segment that fits the surplus moves.

use super::balance_policy::{Ask, BalancePolicy, ChannelToAssign, Force, Ground, SegmentToAssign};
use super::channel_surplus::{ChannelSurplus, channels_of_collection, channels_of_replica};
use super::movable::{Movable, RedundancyFilter};
use super::node_filter::{Assigner, BatchLimit, NodeFilter};
use super::node_heap::NodeHeap;
use super::plan::{BalancePlan, ChannelPlan, SegmentPlan};
use super::reason::{Reason, ReasonCode};
use super::round_robin::RoundRobin;
use super::row_count_old;
use super::row_count_sweep;
use super::shape::{self, Rule, Shape};
use super::sides::Sides;
use super::view::ClusterView;
use super::view::segment::SegmentCopy;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use crate::release::{Quirk, Release};

/// Which of the three rules there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// Nodes below average are filled up by need (2.2.0 to 2.2.6).
    Need,
    /// Segments beyond a running sum move (2.2.7 to 2.3.3).
    RunningSum,
    /// Segments that fit the surplus move (2.3.4 and later).
    Surplus,
}

impl Generation {
    /// The generation of `release`.
    pub fn of(release: Release) -> Generation {
        if release.has(Quirk::RowCountByNeed) {
            Generation::Need
        } else if release.has(Quirk::RowCountByRunningSum) {
            Generation::RunningSum
        } else {
            Generation::Surplus
        }
    }
}

/// The row-count rule of one release.
#[derive(Debug, Clone)]
pub struct RowCount {
    pub(super) generation: Generation,
    pub(super) movable: Movable,
    pub(super) redundancy: RedundancyFilter,
    filter: NodeFilter,
    limit: BatchLimit,
    shape: Shape,
    adds_growing: bool,
    adds_pending: bool,
    needs_two_nodes: bool,
    channels_by_count: bool,
    averages_whole_collection: bool,
    prefers_wal_nodes: bool,
    round_robin: RoundRobin,
}

impl RowCount {
    /// The rule of `release`.
    pub fn of(release: Release) -> RowCount {
        RowCount {
            generation: Generation::of(release),
            movable: Movable::of(release),
            redundancy: RedundancyFilter::of(release),
            filter: NodeFilter::of(release, Assigner::RowCount),
            limit: BatchLimit::of(release, Assigner::RowCount),
            shape: Shape::of(release),
            adds_growing: release.has(Quirk::GrowingRowsCount),
            adds_pending: release.has(Quirk::PendingRowsCount),
            needs_two_nodes: release.has(Quirk::RowCountNeedsTwoNodes),
            channels_by_count: release.has(Quirk::ChannelsByCount),
            averages_whole_collection: release.has(Quirk::AverageCountsWholeCollection),
            prefers_wal_nodes: release.has(Quirk::RowCountPrefersWalNodes),
            round_robin: RoundRobin::of(release),
        }
    }

    /// A node's rows over all collections, as the heap sees them.
    pub fn rows_of(&self, ask: &Ask<'_>, node: NodeIndex) -> i64 {
        let view = ask.view;
        let growing = if self.adds_growing { view.growing_rows(node) } else { 0 };
        let pending = if self.adds_pending { view.pending_rows(node) } else { 0 };
        view.sealed_rows(node) + growing + pending
    }

    /// A node's channels, as the heap sees them.
    pub fn channels_of(&self, ask: &Ask<'_>, node: NodeIndex) -> i64 {
        let pending = if self.adds_pending { ask.view.pending_channels(node) } else { 0 };
        ask.view.channels_on(node) + pending
    }
}

impl BalancePolicy for RowCount {
    fn assign_segments(
        &self,
        ask: &mut Ask<'_>,
        _collection: CollectionIndex,
        segments: &[SegmentToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Vec<SegmentPlan> {
        let mut nodes = self.filter.for_segments(ask, nodes, force);
        if nodes.is_empty() {
            return Vec::new();
        }
        let drawn = ask.draw_order(&mut nodes);
        let mut rows: Vec<i64> = nodes.iter().map(|node| self.rows_of(ask, *node)).collect();
        let mut heap = NodeHeap::of(nodes.len(), |item| rows[item]);
        let mut plans = Vec::with_capacity(segments.len());
        for segment in rows_descending(segments) {
            let Some(target) = heap.pop(|item| rows[item]) else { break };
            plans.push(segment.plan(nodes[target], Reason::plain(segment.cause())));
            if self.limit.is_reached(plans.len(), force, ask.parameters) {
                ask.declined.plain(ReasonCode::BatchFull);
                break;
            }
            rows[target] += segment.rows;
            heap.push(target, |item| rows[item]);
        }
        ask.keep(drawn.filter(|_| !plans.is_empty()));
        plans
    }

    fn assign_channels(
        &self,
        ask: &mut Ask<'_>,
        collection: CollectionIndex,
        channels: &[ChannelToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Vec<ChannelPlan> {
        if !self.channels_by_count {
            return self.round_robin.assign_channels(ask, collection, channels, nodes, force);
        }
        let mut nodes = self.filter.for_channels(ask, nodes, force);
        if nodes.is_empty() {
            return Vec::new();
        }
        // Milvus shuffles them from 2.3.6 to 2.5; before and after, their map has no order either.
        let drawn = ask.draw_order(&mut nodes);
        let mut counts: Vec<i64> = nodes.iter().map(|node| self.channels_of(ask, *node)).collect();
        let mut heap = NodeHeap::of(nodes.len(), |item| counts[item]);
        let mut plans = Vec::with_capacity(channels.len());
        for channel in channels {
            let wal_node = if self.prefers_wal_nodes && ask.view.is_streaming() {
                ask.view.wal_node(channel.channel)
            } else {
                None
            };
            // Quirk Q12: the node of the write-ahead log is not taken out, yet pushed again below.
            let wal_item = wal_node.and_then(|node| nodes.iter().position(|other| *other == node));
            let Some(target) = wal_item.or_else(|| heap.pop(|item| counts[item])) else { break };
            plans.push(channel.plan(nodes[target], Reason::plain(channel.cause())));
            counts[target] += 1;
            heap.push(target, |item| counts[item]);
        }
        ask.keep(drawn.filter(|_| !plans.is_empty()));
        plans
    }

    fn balance_replica(&self, ask: &mut Ask<'_>, replica: ReplicaIndex) -> BalancePlan {
        let members = ask.view.replica(replica);
        let count = members.rw_nodes.len() + members.ro_nodes.len();
        if self.generation == Generation::Need {
            let sides = self.shape.sides.sides(ask.view, replica);
            let plan = row_count_old::by_need(self, ask, replica, &sides);
            return shape::finished(plan, ask, replica);
        }
        if self.needs_two_nodes && count < 2 {
            ask.declined.add(Reason::compared(ReasonCode::OneNode, None, count as f64, 2.0));
            return shape::finished(BalancePlan::default(), ask, replica);
        }
        shape::balance(self, &self.shape, ask, replica)
    }

    fn ground(&self, _view: &ClusterView, _replica: ReplicaIndex) -> Ground {
        Ground::Rows
    }
}

impl Rule for RowCount {
    fn even_segments(&self, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> Vec<SegmentPlan> {
        if self.generation == Generation::RunningSum {
            return row_count_old::by_running_sum(self, ask, replica, sides);
        }
        let collection = ask.view.replica(replica).collection;
        if let Some(declined) = row_count_sweep::nothing_moves(self.movable, ask, collection, &sides.online) {
            ask.declined.join(&declined);
            return Vec::new();
        }
        let held: Vec<(NodeIndex, Vec<SegmentCopy>)> =
            sides.online.iter().map(|node| (*node, self.movable.copies(ask, collection, *node))).collect();
        let total: i64 = held.iter().map(|(_, copies)| sum(copies)).sum();
        if total == 0 {
            ask.declined.plain(ReasonCode::RowsZero);
            return Vec::new();
        }
        let average = total / held.len() as i64;
        let mut receivers = Vec::new();
        let mut surplus = Vec::new();
        for (node, copies) in held {
            let mut left = sum(&copies);
            if ask.witness.below(None, left as f64, average as f64) {
                receivers.push(node);
                let code = ReasonCode::NodeUnderQuota;
                ask.declined.add(Reason::compared(code, None, left as f64, average as f64));
                continue;
            }
            for copy in &copies {
                left -= copy.row_count();
                if ask.witness.below(None, left as f64, average as f64) {
                    let code = ReasonCode::AboveAverage;
                    ask.declined.add(Reason::compared(code, None, left as f64, average as f64));
                    break;
                }
                surplus.push(SegmentToAssign::copy_on(node, copy));
            }
        }
        self.redundancy.keep_single(ask, replica, &mut surplus);
        if receivers.is_empty() || surplus.is_empty() {
            return Vec::new();
        }
        self.assign_segments(ask, collection, &surplus, &receivers, Force::Unforced)
    }

    fn even_channels(&self, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> Vec<ChannelPlan> {
        let collection = ask.view.replica(replica).collection;
        let total = if self.averages_whole_collection {
            channels_of_collection(ask, collection)
        } else {
            channels_of_replica(ask, replica)
        };
        let surplus = ChannelSurplus::over_average(ask, collection, &sides.channel_online, total);
        if surplus.channels.is_empty() {
            return Vec::new();
        }
        self.assign_channels(ask, collection, &surplus.channels, &surplus.receivers, Force::Unforced)
    }

    fn drained(&self) -> Movable {
        self.movable
    }

    fn drain_segments(&self, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> Vec<SegmentPlan> {
        if self.generation == Generation::RunningSum {
            return row_count_old::by_running_sum(self, ask, replica, sides);
        }
        super::drain::segments(self, self.movable, ask, replica, &sides.leaving, &sides.online)
    }
}

/// Segments by rows, most first, equal rows by id (section 14, unstable sort).
pub fn rows_descending(segments: &[SegmentToAssign]) -> Vec<SegmentToAssign> {
    let mut sorted = segments.to_vec();
    sorted.sort_by_key(|segment| (std::cmp::Reverse(segment.rows), segment.segment));
    sorted
}

fn sum(copies: &[SegmentCopy]) -> i64 {
    copies.iter().map(SegmentCopy::row_count).sum()
}
