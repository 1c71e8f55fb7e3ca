//! Draining a leaving node: its channels, and when none is planned its segments (section 9).

use super::balance_policy::{Ask, BalancePolicy, ChannelToAssign, Force, SegmentToAssign};
use super::movable::Movable;
use super::plan::{ChannelPlan, SegmentPlan};
use super::reason::{Reason, ReasonCode};
use super::view::segment::SegmentCopy;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};

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
        let copies = movable.those_of(ask, collection, *node);
        if copies.is_empty() {
            continue;
        }
        let foreseen = assigner.foreseen(ask, *node, copies.len(), online, Force::Unforced);
        plans.extend(not_in_vain(ask, replica, &copies, foreseen, |ask| {
            let held = in_order_of_report(*node, &copies);
            assigner.assign_segments(ask, collection, &held, online, Force::Unforced)
        }));
    }
    for plan in &mut plans {
        plan.reason = Reason::plain(ReasonCode::Drain);
    }
    plans
}

/// Copies on a node as they stand in its report, by id: the order that later sorts keep among equal rows
/// (section 14).
pub(super) fn in_order_of_report(node: NodeIndex, copies: &[SegmentCopy]) -> Vec<SegmentToAssign> {
    let mut held: Vec<SegmentToAssign> =
        copies.iter().map(|copy| SegmentToAssign::copy_on(node, copy)).collect();
    held.sort_by_key(|segment| segment.segment);
    held
}

/// What `assign` plans for copies on one node, unless all of it is under way: then it is counted only, and draws
/// nothing, so that it need not be asked for where it is `foreseen` for how many it plans.
///
/// Milvus drains what it last heard of, and plans the same moves again at every tick until a report shows
/// them; its scheduler turns them away.
pub(super) fn not_in_vain(
    ask: &mut Ask<'_>,
    replica: ReplicaIndex,
    copies: &[SegmentCopy],
    foreseen: Option<usize>,
    assign: impl FnOnce(&mut Ask<'_>) -> Vec<SegmentPlan>,
) -> Vec<SegmentPlan> {
    let facts = ask.facts;
    let is_under_way = |segment| facts.is_under_way(segment, replica);
    if let Some(count) = foreseen.filter(|_| !ask.witness.wants_every_comparison())
        && most_rows(copies, count).all(|copy| is_under_way(copy.segment))
    {
        ask.repeats.count += count;
        return Vec::new();
    }
    let (random, declined) = (ask.random.clone(), ask.declined.clone());
    let plans = assign(ask);
    if plans.iter().all(|plan| is_under_way(plan.segment)) {
        ask.repeats.count += plans.len();
        ask.repeats.are_weighed = true;
        (*ask.random, ask.declined) = (random, declined);
        return Vec::new();
    }
    plans
}

/// So many copies with the most rows, and all that have as many rows as the last of these. `copies` ascend by
/// rows.
fn most_rows(copies: &[SegmentCopy], count: usize) -> impl Iterator<Item = &SegmentCopy> {
    let last = copies.len().checked_sub(count).and_then(|place| copies.get(place));
    copies.iter().rev().take_while(move |copy| last.is_none_or(|last| copy.rows >= last.rows))
}
