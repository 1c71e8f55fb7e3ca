//! In which order a balancer looks at leaving nodes, channels and segments (section 8.0).

use super::balance_policy::{Ask, BalancePolicy};
use super::drain;
use super::movable::Movable;
use super::plan::{BalancePlan, ChannelPlan, SegmentPlan};
use super::reason::{Reason, ReasonCode};
use super::sides::{SideRule, Sides};
use crate::model::ids::{CollectionIndex, ReplicaIndex};
use crate::release::{Quirk, Release};

/// The parts of a balancer that the shape puts in order.
pub trait Rule: BalancePolicy {
    /// Whether the replica must have two query nodes, read-write and read-only together.
    fn needs_two_members(&self) -> bool {
        false
    }

    /// Moves of segments among online nodes.
    fn even_segments(&self, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> Vec<SegmentPlan>;

    /// Moves of channels among online nodes.
    fn even_channels(&self, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> Vec<ChannelPlan>;

    /// Which segments are drained.
    fn drained(&self) -> Movable;

    /// Moves of segments away from leaving nodes.
    fn drain_segments(&self, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> Vec<SegmentPlan> {
        drain::segments(self, self.drained(), ask, replica, &sides.leaving, &sides.online)
    }

    /// Moves of channels away from leaving nodes.
    fn drain_channels(&self, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> Vec<ChannelPlan> {
        let collection = ask.view.replica(replica).collection;
        drain::channels(self, ask, collection, &sides.channel_leaving, &sides.channel_online)
    }
}

/// How leaving nodes are dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Segments and channels of leaving nodes in the same round; channels are not balanced otherwise.
    Together,
    /// Channels first; segments only when no channel is planned; nothing else while nodes leave.
    DrainFirst,
    /// As before, but for channels and segments judged apart.
    DrainApart,
    /// Leaving nodes are somebody else's business.
    NormalOnly,
}

/// The order of one release.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// How nodes are told apart.
    pub sides: SideRule,
    order: Order,
    has_drain_switch: bool,
    moves_one_kind: bool,
}

impl Shape {
    /// The order of `release`.
    pub fn of(release: Release) -> Shape {
        let order = if !release.has(Quirk::BalancesChannels) {
            Order::Together
        } else if release.has(Quirk::StoppingBalancer) {
            Order::NormalOnly
        } else if release.has(Quirk::DrainJudgedApart) {
            Order::DrainApart
        } else {
            Order::DrainFirst
        };
        Shape {
            sides: SideRule::of(release),
            order,
            has_drain_switch: release.has(Quirk::DrainSwitch),
            moves_one_kind: release.has(Quirk::MovesOfOneKind),
        }
    }

    /// Whether leaving nodes are drained one after another, channels before segments.
    pub fn drains_in_turn(self) -> bool {
        self.order != Order::Together
    }

    /// Whether leaving nodes may be drained; otherwise says that the switch is off.
    pub fn lets_drain(self, ask: &mut Ask<'_>) -> bool {
        let lets = !self.has_drain_switch || ask.parameters.enable_stopping_balance;
        if !lets {
            ask.declined.plain(ReasonCode::DrainingOff);
        }
        lets
    }

    /// Whether no segment of the collection is moving, where that matters to channels.
    pub fn lets_channels(self, ask: &mut Ask<'_>, collection: CollectionIndex) -> bool {
        let moving = ask.view.collection(collection).pending_segment_moves;
        self.lets_kind(ask, moving)
    }

    /// Whether no channel of the collection is moving, where that matters to segments.
    pub fn lets_segments(self, ask: &mut Ask<'_>, collection: CollectionIndex) -> bool {
        let moving = ask.view.collection(collection).pending_channel_moves;
        self.lets_kind(ask, moving)
    }

    fn lets_kind(self, ask: &mut Ask<'_>, moving: u32) -> bool {
        let lets = !self.moves_one_kind || moving == 0;
        if !lets {
            ask.declined.add(Reason::compared(ReasonCode::TasksOfOtherKind, None, f64::from(moving), 0.0));
        }
        lets
    }
}

/// What `rule` moves within `replica`, in the order of `shape`.
pub fn balance(rule: &impl Rule, shape: &Shape, ask: &mut Ask<'_>, replica: ReplicaIndex) -> BalancePlan {
    let sides = shape.sides.sides(ask.view, replica);
    let members = ask.view.replica(replica);
    let member_count = members.rw_nodes.len() + members.ro_nodes.len();
    let mut plan = BalancePlan::default();
    if rule.needs_two_members() && member_count < 2 {
        ask.declined.add(Reason::compared(ReasonCode::OneNode, None, member_count as f64, 2.0));
    } else {
        match shape.order {
            Order::Together => together(rule, ask, replica, &sides, &mut plan),
            Order::DrainFirst => drain_first(rule, shape, ask, replica, &sides, &mut plan),
            Order::DrainApart => drain_apart(rule, shape, ask, replica, &sides, &mut plan),
            Order::NormalOnly => normal(rule, shape, ask, replica, &sides, &mut plan),
        }
    }
    finished(plan, ask, replica)
}

/// The plan with its replica named everywhere and the grounds against more moves.
pub fn finished(mut plan: BalancePlan, ask: &mut Ask<'_>, replica: ReplicaIndex) -> BalancePlan {
    for segment in &mut plan.segments {
        segment.replica = Some(replica);
    }
    for channel in &mut plan.channels {
        channel.replica = Some(replica);
    }
    plan.repeats = std::mem::take(&mut ask.repeats);
    plan.declined = ask.declined.take();
    plan
}

fn together(
    rule: &impl Rule,
    ask: &mut Ask<'_>,
    replica: ReplicaIndex,
    sides: &Sides,
    plan: &mut BalancePlan,
) {
    if sides.online.is_empty() {
        ask.declined.plain(ReasonCode::NoTargetNode);
    } else if sides.leaving.is_empty() {
        plan.segments = rule.even_segments(ask, replica, sides);
    } else {
        ask.declined.plain(ReasonCode::DrainFirst);
        plan.segments = rule.drain_segments(ask, replica, sides);
        plan.channels = rule.drain_channels(ask, replica, sides);
    }
}

fn drain_first(
    rule: &impl Rule,
    shape: &Shape,
    ask: &mut Ask<'_>,
    replica: ReplicaIndex,
    sides: &Sides,
    plan: &mut BalancePlan,
) {
    if sides.online.is_empty() {
        ask.declined.plain(ReasonCode::NoTargetNode);
        return;
    }
    if sides.leaving.is_empty() {
        normal(rule, shape, ask, replica, sides, plan);
        return;
    }
    ask.declined.plain(ReasonCode::DrainFirst);
    if !shape.lets_drain(ask) {
        return;
    }
    let collection = ask.view.replica(replica).collection;
    if shape.lets_channels(ask, collection) {
        plan.channels = rule.drain_channels(ask, replica, sides);
    }
    if !plan.channels.is_empty() {
        ask.declined.plain(ReasonCode::ChannelPlanFirst);
    } else if shape.lets_segments(ask, collection) {
        plan.segments = rule.drain_segments(ask, replica, sides);
    }
}

fn drain_apart(
    rule: &impl Rule,
    shape: &Shape,
    ask: &mut Ask<'_>,
    replica: ReplicaIndex,
    sides: &Sides,
    plan: &mut BalancePlan,
) {
    if !sides.channel_leaving.is_empty() {
        if !sides.channel_online.is_empty() && shape.lets_drain(ask) {
            plan.channels = rule.drain_channels(ask, replica, sides);
        }
    } else if ask.parameters.auto_balance_channel && !sides.channel_online.is_empty() {
        plan.channels = rule.even_channels(ask, replica, sides);
    }
    if !plan.channels.is_empty() {
        ask.declined.plain(ReasonCode::ChannelPlanFirst);
    } else if sides.online.is_empty() {
        ask.declined.plain(ReasonCode::NoTargetNode);
    } else if sides.leaving.is_empty() {
        plan.segments = rule.even_segments(ask, replica, sides);
    } else if shape.lets_drain(ask) {
        plan.segments = rule.drain_segments(ask, replica, sides);
    }
}

fn normal(
    rule: &impl Rule,
    shape: &Shape,
    ask: &mut Ask<'_>,
    replica: ReplicaIndex,
    sides: &Sides,
    plan: &mut BalancePlan,
) {
    let collection = ask.view.replica(replica).collection;
    if ask.parameters.auto_balance_channel
        && sides.channel_online.len() >= 2
        && shape.lets_channels(ask, collection)
    {
        plan.channels = rule.even_channels(ask, replica, sides);
    }
    if !plan.channels.is_empty() {
        ask.declined.plain(ReasonCode::ChannelPlanFirst);
        return;
    }
    // A single node is its own average: earlier releases ask their rule all the same, and it has no answer.
    if shape.order == Order::NormalOnly && sides.online.len() < 2 {
        ask.declined.add(Reason::compared(ReasonCode::OneNode, None, sides.online.len() as f64, 2.0));
    } else if shape.lets_segments(ask, collection) {
        plan.segments = rule.even_segments(ask, replica, sides);
    }
}
