//! Round robin: fewest segments first, in turn; balances counts from 2.6.10 on.
//!
//! Specification sections 7.1 and 8.1. Rows play no part.

use super::balance_policy::{Ask, BalancePolicy, ChannelToAssign, Force, Ground, SegmentToAssign};
use super::channel_surplus::{ChannelSurplus, channels_of_replica};
use super::movable::{Movable, RedundancyFilter};
use super::node_filter::{Assigner, BatchLimit, NodeFilter};
use super::plan::{BalancePlan, ChannelPlan, SegmentPlan};
use super::reason::{Reason, ReasonCode};
use super::shape::{self, Rule, Shape};
use super::sides::Sides;
use super::view::ClusterView;
use super::view::segment::SegmentCopy;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use crate::release::{Quirk, Release};

/// What is added to a node's reported number of segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    Actions,
    Rows,
    Nothing,
}

/// The round-robin rule of one release.
#[derive(Debug, Clone)]
pub struct RoundRobin {
    filter: NodeFilter,
    limit: BatchLimit,
    pending: Pending,
    prefers_wal_nodes: bool,
    movable: Movable,
    redundancy: RedundancyFilter,
    shape: Shape,
    balances: bool,
    leaves_ties_open: bool,
}

impl RoundRobin {
    /// The rule of `release`.
    pub fn of(release: Release) -> RoundRobin {
        let pending = if !release.has(Quirk::PendingRowsCount) {
            Pending::Actions
        } else if release.has(Quirk::RoundRobinAddsPendingRows) {
            Pending::Rows
        } else {
            Pending::Nothing
        };
        RoundRobin {
            filter: NodeFilter::of(release, Assigner::RoundRobin),
            limit: BatchLimit::of(release, Assigner::RoundRobin),
            pending,
            prefers_wal_nodes: release.has(Quirk::RoundRobinPrefersWalNodes),
            movable: Movable::of(release),
            redundancy: RedundancyFilter::of(release),
            shape: Shape::of(release),
            balances: release.has(Quirk::RoundRobinBalances),
            leaves_ties_open: !release.has(Quirk::RoundRobinBalances),
        }
    }

    /// The `count` nodes with the fewest segments, fewest first; ties by id, or in drawn order where Milvus
    /// leaves them open.
    fn by_segment_count(&self, ask: &Ask<'_>, nodes: &[NodeIndex], count: usize) -> Vec<NodeIndex> {
        let key = |(place, node): (usize, &NodeIndex)| {
            let seen = ask.view.node(*node);
            let pending = match self.pending {
                Pending::Actions => seen.pending_actions(),
                Pending::Rows => ask.view.pending_rows(*node),
                Pending::Nothing => 0,
            };
            (seen.segment_count + pending, self.tie(ask, *node), place)
        };
        let mut keys: Vec<(i64, Option<NodeIndex>, usize)> = nodes.iter().enumerate().map(key).collect();
        // Whoever is behind the last that gets something need not be in order.
        if count < keys.len() {
            keys.select_nth_unstable(count);
            keys.truncate(count);
        }
        keys.sort_unstable();
        keys.into_iter().map(|(_, _, place)| nodes[place]).collect()
    }

    fn tie(&self, ask: &Ask<'_>, node: NodeIndex) -> Option<NodeIndex> {
        let is_open = ask.shuffles && self.leaves_ties_open;
        (!is_open).then_some(node)
    }
}

impl BalancePolicy for RoundRobin {
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
        let drawn = if self.leaves_ties_open { ask.draw_order(&mut nodes) } else { None };
        let nodes = self.by_segment_count(ask, &nodes, segments.len());
        let mut plans = Vec::with_capacity(segments.len());
        for (segment, to) in segments.iter().zip(nodes.iter().cycle()) {
            plans.push(segment.plan(*to, Reason::plain(segment.cause())));
            if self.limit.is_reached(plans.len(), force, ask.parameters) {
                ask.declined.plain(ReasonCode::BatchFull);
                break;
            }
        }
        ask.keep(drawn.filter(|_| !plans.is_empty()));
        plans
    }

    fn assign_channels(
        &self,
        ask: &mut Ask<'_>,
        _collection: CollectionIndex,
        channels: &[ChannelToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Vec<ChannelPlan> {
        let mut nodes = self.filter.for_channels(ask, nodes, force);
        if nodes.is_empty() {
            return Vec::new();
        }
        let drawn = if self.leaves_ties_open { ask.draw_order(&mut nodes) } else { None };
        let mut plans = Vec::with_capacity(channels.len());
        let mut rest: Vec<ChannelToAssign> = Vec::with_capacity(channels.len());
        let mut added: Vec<NodeIndex> = Vec::new();
        for channel in channels {
            let wal_node = ask.view.wal_node(channel.channel);
            match wal_node
                .filter(|node| self.prefers_wal_nodes && ask.view.is_streaming() && nodes.contains(node))
            {
                Some(node) => {
                    plans.push(channel.plan(node, Reason::plain(channel.cause())));
                    added.push(node);
                }
                None => rest.push(*channel),
            }
        }
        nodes.sort_by_key(|node| {
            let planned = added.iter().filter(|other| *other == node).count() as i64;
            let load = ask.view.node(*node).channel_count + ask.view.pending_channels(*node);
            (load + planned, self.tie(ask, *node))
        });
        let turns = rest.iter().zip(nodes.iter().cycle());
        plans.extend(turns.map(|(channel, to)| channel.plan(*to, Reason::plain(channel.cause()))));
        ask.keep(drawn.filter(|_| !plans.is_empty()));
        plans
    }

    fn balance_replica(&self, ask: &mut Ask<'_>, replica: ReplicaIndex) -> BalancePlan {
        if self.balances {
            return shape::balance(self, &self.shape, ask, replica);
        }
        ask.declined.plain(ReasonCode::BalancerOnlyAssigns);
        BalancePlan { declined: ask.declined.take(), ..BalancePlan::default() }
    }

    fn ground(&self, _view: &ClusterView, _replica: ReplicaIndex) -> Ground {
        Ground::Rows
    }
}

impl Rule for RoundRobin {
    fn needs_two_members(&self) -> bool {
        true
    }

    fn even_segments(&self, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> Vec<SegmentPlan> {
        let collection = ask.view.replica(replica).collection;
        let held: Vec<(NodeIndex, Vec<SegmentCopy>)> =
            sides.online.iter().map(|node| (*node, self.movable.copies(ask, collection, *node))).collect();
        let total: usize = held.iter().map(|(_, copies)| copies.len()).sum();
        if total == 0 {
            ask.declined.plain(ReasonCode::RowsZero);
            return Vec::new();
        }
        let average = total.div_ceil(held.len());
        let mut receivers = Vec::new();
        let mut surplus = Vec::new();
        for (node, mut copies) in held {
            let count = copies.len();
            if ask.witness.at_most(None, count as f64, average as f64) {
                let code = ReasonCode::NodeUnderQuota;
                ask.declined.add(Reason::compared(code, None, count as f64, average as f64));
                receivers.push(node);
                continue;
            }
            copies.sort_by_key(|copy| copy.segment);
            let given = copies.iter().skip(average);
            surplus.extend(given.map(|copy| SegmentToAssign::copy_on(node, copy)));
        }
        self.redundancy.keep_single(ask, replica, &mut surplus);
        if receivers.is_empty() || surplus.is_empty() {
            return Vec::new();
        }
        self.assign_segments(ask, collection, &surplus, &receivers, Force::Unforced)
    }

    fn even_channels(&self, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> Vec<ChannelPlan> {
        let collection = ask.view.replica(replica).collection;
        let total = channels_of_replica(ask, replica);
        let surplus = ChannelSurplus::over_average(ask, collection, &sides.channel_online, total);
        if surplus.channels.is_empty() {
            return Vec::new();
        }
        self.assign_channels(ask, collection, &surplus.channels, &surplus.receivers, Force::Unforced)
    }

    fn drained(&self) -> Movable {
        self.movable
    }
}
