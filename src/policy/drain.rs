//! Draining a leaving node: its channels, and when none is planned its segments (section 9).

use super::balance_policy::{Ask, BalancePolicy, ChannelToAssign, Force, SegmentToAssign};
use super::movable::Movable;
use super::plan::{ChannelPlan, SegmentPlan};
use super::reason::{Reason, ReasonCode};
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};

/// Gives the channels of each leaving node to online nodes, one assignment per leaving node.
pub fn channels(
    assigner: &(impl BalancePolicy + ?Sized),
    ask: &mut Ask<'_>,
    collection: CollectionIndex,
    leaving: &[NodeIndex],
    online: &[NodeIndex],
) -> Vec<ChannelPlan> {
    let mut plans = Vec::new();
    for node in leaving {
        let held: Vec<ChannelToAssign> = ask
            .view
            .collection(collection)
            .channels(*node)
            .iter()
            .map(|copy| ChannelToAssign { channel: copy.channel, node: Some(*node) })
            .collect();
        if !held.is_empty() {
            plans.extend(assigner.assign_channels(ask, collection, &held, online, Force::Unforced));
        }
    }
    for plan in &mut plans {
        plan.reason = Reason::plain(ReasonCode::Drain);
    }
    plans
}

/// Gives the movable segments of each leaving node to online nodes, one assignment per leaving node.
///
/// Each assignment sees the scores of the last reports, so that several leaving nodes may pile onto one
/// receiver, and each has a batch limit of its own.
pub fn segments(
    assigner: &(impl BalancePolicy + ?Sized),
    movable: Movable,
    ask: &mut Ask<'_>,
    replica: ReplicaIndex,
    leaving: &[NodeIndex],
    online: &[NodeIndex],
) -> Vec<SegmentPlan> {
    let collection = ask.view.replica(replica).collection;
    let mut plans = Vec::new();
    for node in leaving {
        let mut copies = movable.copies(ask, collection, *node);
        // Equal rows leave by id: the order of the report, which later sorts keep (section 14).
        copies.sort_by_key(|copy| copy.segment);
        let held: Vec<SegmentToAssign> =
            copies.iter().map(|copy| SegmentToAssign::copy_on(*node, copy)).collect();
        if !held.is_empty() {
            let assign =
                |ask: &mut Ask<'_>| assigner.assign_segments(ask, collection, &held, online, Force::Unforced);
            let foreseen = assigner.foreseen(ask, &held, online, Force::Unforced);
            plans.extend(not_in_vain(ask, replica, foreseen, assign));
        }
    }
    for plan in &mut plans {
        plan.reason = Reason::plain(ReasonCode::Drain);
    }
    plans
}

/// What `assign` plans, unless all of it is under way: then it is counted only, and draws nothing, so that it
/// need not be asked for where it is `foreseen`.
///
/// Milvus drains what it last heard of, and plans the same moves again at every tick until a report shows
/// them; its scheduler turns them away.
pub(super) fn not_in_vain(
    ask: &mut Ask<'_>,
    replica: ReplicaIndex,
    foreseen: Option<Vec<SegmentIndex>>,
    assign: impl FnOnce(&mut Ask<'_>) -> Vec<SegmentPlan>,
) -> Vec<SegmentPlan> {
    let facts = ask.facts;
    let is_under_way = |segment: &SegmentIndex| facts.is_under_way(*segment, replica);
    let foreseen = foreseen.filter(|segments| segments.iter().all(is_under_way));
    if let (Some(segments), false) = (foreseen, ask.witness.wants_every_comparison()) {
        ask.repeats += segments.len();
        return Vec::new();
    }
    let (random, declined) = (ask.random.clone(), ask.declined.clone());
    let plans = assign(ask);
    if plans.iter().all(|plan| is_under_way(&plan.segment)) {
        ask.repeats += plans.len();
        (*ask.random, ask.declined) = (random, declined);
        return Vec::new();
    }
    plans
}
