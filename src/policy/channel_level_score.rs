//! Evens scores among the nodes reserved for each channel (section 8.5).

use super::balance_policy::{Ask, BalancePolicy, ChannelToAssign, Force, Ground, SegmentToAssign};
use super::channel_surplus::ChannelSurplus;
use super::drain;
use super::plan::{BalancePlan, ChannelPlan, SegmentPlan};
use super::reason::{Reason, ReasonCode};
use super::score::Score;
use super::score_assign::Receivers;
use super::shape::{self, Rule};
use super::sides::Sides;
use super::view::ClusterView;
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex};
use crate::release::{Quirk, Release};

/// Which nodes must give up a channel or its segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Evacuation {
    /// Read-only nodes of the replica and all holders outside the channel's nodes (up to 2.6.9).
    WithReadOnly,
    /// All holders outside; the channel is not evened then, and so never under streaming (quirk Q7).
    Holders,
    /// Holders of the channel only without streaming; evening goes on where nothing is evacuated.
    HoldersApart,
}

/// The channel-level score rule of one release.
#[derive(Debug, Clone)]
pub struct ChannelLevelScore {
    score: Score,
    evacuation: Evacuation,
}

/// Nodes outside a channel's own nodes that hold it or its segments, once per holding.
#[derive(Debug, Default)]
struct Outside {
    channel: Vec<NodeIndex>,
    segments: Vec<NodeIndex>,
}

impl ChannelLevelScore {
    /// The rule of `release`.
    pub fn of(release: Release) -> ChannelLevelScore {
        let evacuation = if release.has(Quirk::DrainsInBalancer) {
            Evacuation::WithReadOnly
        } else if release.has(Quirk::ExclusiveStarves) {
            Evacuation::Holders
        } else {
            Evacuation::HoldersApart
        };
        ChannelLevelScore { score: Score::of(release), evacuation }
    }

    /// With streaming on channels are balanced over the streaming nodes, whatever is reserved.
    fn streaming_channels(
        &self,
        ask: &mut Ask<'_>,
        replica: ReplicaIndex,
        sides: &Sides,
    ) -> Vec<ChannelPlan> {
        if sides.channel_online.is_empty() {
            return Vec::new();
        }
        if self.evacuation != Evacuation::WithReadOnly {
            return self.score.even_channels(ask, replica, sides);
        }
        if sides.channel_leaving.is_empty() {
            let is_on = ask.parameters.auto_balance_channel;
            return if is_on { self.score.even_channels(ask, replica, sides) } else { Vec::new() };
        }
        if self.score.shape.lets_drain(ask) {
            self.score.drain_channels(ask, replica, sides)
        } else {
            Vec::new()
        }
    }

    fn outside(&self, view: &ClusterView, replica: ReplicaIndex, channel: ChannelIndex) -> Outside {
        let members = view.replica(replica);
        let own = members.nodes_of(channel);
        let mut outside = Outside::default();
        if !view.have_all_copies(channel, own) {
            let mut own_left = own;
            for (node, held) in view.copy_counts(channel) {
                while own_left.first().is_some_and(|first| *first < node) {
                    own_left = &own_left[1..];
                }
                if own_left.first() != Some(&node) && members.has_any(node) {
                    outside.segments.extend(std::iter::repeat_n(node, held as usize));
                }
            }
        }
        let holders = view.channel_holders(channel).iter().copied();
        outside.channel.extend(holders.filter(|node| members.has_any(*node) && !own.contains(node)));
        outside
    }

    /// Moves the channel away from `leaving` to its own nodes.
    fn evacuate_channel(
        &self,
        ask: &mut Ask<'_>,
        replica: ReplicaIndex,
        channel: ChannelIndex,
        leaving: &[NodeIndex],
    ) -> Vec<ChannelPlan> {
        let (view, mut plans) = (ask.view, Vec::new());
        let members = view.replica(replica);
        for node in leaving {
            let held = view.collection(members.collection).channels(*node);
            if held.iter().any(|copy| copy.channel == channel) {
                let given = [ChannelToAssign { channel, node: Some(*node) }];
                let own = members.nodes_of(channel);
                plans.extend(self.assign_channels(ask, members.collection, &given, own, Force::Unforced));
            }
        }
        for plan in &mut plans {
            plan.reason = Reason::plain(ReasonCode::OutsideGroup);
        }
        plans
    }

    /// Moves the channel's segments away from `leaving` to its own nodes. A node listed again gives the
    /// same segments again, in vain where a scheduler stands behind.
    fn evacuate_segments(
        &self,
        ask: &mut Ask<'_>,
        replica: ReplicaIndex,
        channel: ChannelIndex,
        leaving: &[NodeIndex],
    ) -> Vec<SegmentPlan> {
        let mut plans = Vec::new();
        let mut receivers = None;
        for again in leaving.chunk_by(|one, other| one == other) {
            let (before, repeats) = (std::mem::take(&mut ask.declined), ask.repeats.count);
            let given = self.evacuate_node(ask, replica, channel, again[0], &mut receivers);
            let more = again.len() - 1;
            ask.repeats.count += (ask.repeats.count - repeats) * more;
            if ask.facts.turns_repeats_away() {
                ask.repeats.count += given.len() * more;
            } else {
                (0..more).for_each(|_| plans.extend_from_slice(&given));
            }
            let met = std::mem::replace(&mut ask.declined, before);
            again.iter().for_each(|_| ask.declined.join(&met));
            plans.extend(given);
        }
        for plan in &mut plans {
            plan.reason = Reason::plain(ReasonCode::OutsideGroup);
        }
        plans
    }

    fn evacuate_node(
        &self,
        ask: &mut Ask<'_>,
        replica: ReplicaIndex,
        channel: ChannelIndex,
        node: NodeIndex,
        receivers: &mut Option<Receivers>,
    ) -> Vec<SegmentPlan> {
        let view = ask.view;
        let members = view.replica(replica);
        let mut copies = self.score.drained().copies(ask, members.collection, node);
        copies.retain(|copy| view.segment(copy.segment).channel == channel);
        if copies.is_empty() {
            return Vec::new();
        }
        let own = members.nodes_of(channel);
        let foreseen = self.foreseen(ask, node, copies.len(), own, Force::Unforced);
        drain::not_in_vain(ask, replica, &copies, foreseen, |ask| {
            let held = drain::in_order_of_report(node, &copies);
            if receivers.is_none() {
                *receivers = self.score.receivers(ask, members.collection, own, Force::Unforced);
            }
            match receivers {
                Some(receivers) => self.score.assign(ask, receivers.clone(), &held, Force::Unforced),
                None => self.assign_segments(ask, members.collection, &held, own, Force::Unforced),
            }
        })
    }

    /// Evens one channel among its own nodes.
    fn even_channel(
        &self,
        ask: &mut Ask<'_>,
        replica: ReplicaIndex,
        channel: ChannelIndex,
        plan: &mut BalancePlan,
    ) {
        let members = ask.view.replica(replica);
        let (collection, own) = (members.collection, members.nodes_of(channel));
        let is_on = ask.parameters.auto_balance_channel && !ask.view.is_streaming() && own.len() > 1;
        if is_on && self.score.shape.lets_channels(ask, collection) {
            let holders = ask.view.channel_holders(channel).iter();
            let total = holders.filter(|node| members.has_any(**node)).count();
            let surplus = ChannelSurplus::over_average(ask, collection, own, total);
            if !surplus.channels.is_empty() {
                let (given, receivers) = (&surplus.channels, &surplus.receivers);
                let plans = self.assign_channels(ask, collection, given, receivers, Force::Unforced);
                plan.channels.extend(plans);
            }
        }
        if !plan.channels.is_empty() {
            ask.declined.plain(ReasonCode::ChannelPlanFirst);
        } else if self.score.shape.lets_segments(ask, collection) {
            let plans = self.score.even(ask, replica, own, Some(channel));
            if plans.is_empty() {
                ask.declined.plain(ReasonCode::ExclusiveGroup);
            }
            plan.segments.extend(plans);
        }
    }

    /// One channel up to 3.0.0; false = nothing of the replica may move at all.
    fn balance_channel(
        &self,
        ask: &mut Ask<'_>,
        replica: ReplicaIndex,
        channel: ChannelIndex,
        sides: &Sides,
        plan: &mut BalancePlan,
    ) -> bool {
        let collection = ask.view.replica(replica).collection;
        let outside = self.outside(ask.view, replica, channel);
        let mut leaving = Vec::new();
        if self.evacuation == Evacuation::WithReadOnly {
            leaving.extend_from_slice(&sides.leaving);
        }
        leaving.extend_from_slice(&outside.channel);
        leaving.extend_from_slice(&outside.segments);
        if leaving.is_empty() {
            self.even_channel(ask, replica, channel, plan);
            return true;
        }
        if self.evacuation == Evacuation::WithReadOnly && !self.score.shape.lets_drain(ask) {
            return false;
        }
        ask.declined.plain(ReasonCode::OutboundFirst);
        if !ask.view.is_streaming() && self.score.shape.lets_channels(ask, collection) {
            plan.channels.extend(self.evacuate_channel(ask, replica, channel, &leaving));
        }
        if plan.channels.is_empty() && self.score.shape.lets_segments(ask, collection) {
            plan.segments.extend(self.evacuate_segments(ask, replica, channel, &leaving));
        }
        true
    }

    /// One channel from 2.6.23 and 3.0.1 on.
    fn balance_channel_apart(
        &self,
        ask: &mut Ask<'_>,
        replica: ReplicaIndex,
        channel: ChannelIndex,
        plan: &mut BalancePlan,
    ) {
        let mut outside = self.outside(ask.view, replica, channel);
        if ask.view.is_streaming() {
            outside.channel.clear();
        }
        outside.segments.dedup();
        plan.channels.extend(self.evacuate_channel(ask, replica, channel, &outside.channel));
        let mut is_evacuating = !outside.channel.is_empty();
        if !outside.segments.is_empty() {
            let (planned, repeats) = (plan.segments.len(), ask.repeats.count);
            if plan.channels.is_empty() {
                plan.segments.extend(self.evacuate_segments(ask, replica, channel, &outside.segments));
            }
            let is_any = plan.segments.len() > planned || ask.repeats.count > repeats;
            is_evacuating |= !plan.channels.is_empty() || is_any;
        }
        if is_evacuating {
            ask.declined.plain(ReasonCode::OutboundFirst);
        } else {
            self.even_channel(ask, replica, channel, plan);
        }
    }
}

impl BalancePolicy for ChannelLevelScore {
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

    fn foreseen(
        &self,
        ask: &Ask<'_>,
        giver: NodeIndex,
        held: usize,
        nodes: &[NodeIndex],
        force: Force,
    ) -> Option<usize> {
        self.score.foreseen(ask, giver, held, nodes, force)
    }

    fn balance_replica(&self, ask: &mut Ask<'_>, replica: ReplicaIndex) -> BalancePlan {
        let sides = self.score.shape.sides.sides(ask.view, replica);
        let mut plan = BalancePlan::default();
        if ask.view.is_streaming() {
            plan.channels = self.streaming_channels(ask, replica, &sides);
            if !plan.channels.is_empty() {
                ask.declined.plain(ReasonCode::ChannelPlanFirst);
                return shape::finished(plan, ask, replica);
            }
        }
        let members = ask.view.replica(replica);
        let channels = ask.view.collection(members.collection).current_channels.as_deref().unwrap_or(&[]);
        if channels.iter().any(|channel| members.nodes_of(*channel).is_empty()) {
            return self.score.balance_replica(ask, replica);
        }
        if channels.is_empty() {
            ask.declined.plain(ReasonCode::TargetNotReady);
        }
        for channel in channels {
            if self.evacuation == Evacuation::HoldersApart {
                self.balance_channel_apart(ask, replica, *channel, &mut plan);
            } else if !self.balance_channel(ask, replica, *channel, &sides, &mut plan) {
                return shape::finished(BalancePlan::default(), ask, replica);
            }
        }
        shape::finished(plan, ask, replica)
    }

    /// Where streaming nodes hold every channel the rule starves (quirk Q7): it asks where copies are, and
    /// with none outside its channel's own nodes nothing is left to be scored.
    fn ground(&self, view: &ClusterView, replica: ReplicaIndex) -> Ground {
        let members = view.replica(replica);
        let channels = view.collection(members.collection).current_channels.as_deref().unwrap_or(&[]);
        let starves = |channel: &ChannelIndex| {
            let outside = self.outside(view, replica, *channel);
            let is_own = !members.nodes_of(*channel).is_empty();
            is_own && !outside.channel.is_empty() && outside.segments.is_empty()
        };
        let looks_at_no_rows =
            self.evacuation == Evacuation::Holders && view.is_streaming() && channels.iter().all(starves);
        if looks_at_no_rows { Ground::Structure } else { Ground::Rows }
    }
}
