//! Evens scores pair by pair, from the highest to the lowest, as 2.2.7 to 2.3.4 did it.
//!
//! Specification section 8.3; replayed against recordings of 2.2.16, 2.3.0 and 2.3.4.

use super::balance_policy::{Ask, BalancePolicy, Force, SegmentToAssign};
use super::benefit::{REVERSE_KEY, TOLERATION_KEY};
use super::movable::Movable;
use super::plan::SegmentPlan;
use super::reason::{Reason, ReasonCode};
use super::score::Score;
use super::sides::Sides;
use super::view::segment::SegmentCopy;
use super::witness::Instead;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use std::cmp::Ordering;

/// Moves the smallest segment of the highest node to the lowest, again and again, until the gap is within
/// the toleration or a move would turn it around too far. Without limit; what was moved does not move on.
/// Nodes of equal score stand by id at every step (section 14), or in the order drawn.
pub(super) fn pair_extremes(
    rule: &Score,
    ask: &mut Ask<'_>,
    replica: ReplicaIndex,
    sides: &Sides,
) -> Vec<SegmentPlan> {
    let collection = ask.view.replica(replica).collection;
    let mut scores: Vec<(NodeIndex, f64)> = sides
        .online
        .iter()
        .map(|node| (*node, rule.scoring.node_score(ask, collection, *node) as f64))
        .collect();
    let drawn = ask.draw_order(&mut scores);
    let mut held: Vec<(NodeIndex, std::vec::IntoIter<SegmentCopy>)> = sides
        .online
        .iter()
        .map(|node| (*node, rule.movable.copies(ask, collection, *node).into_iter()))
        .collect();
    let mut plans = Vec::new();
    while !scores.is_empty() {
        scores.sort_by(|left, right| {
            let tie = if ask.shuffles { Ordering::Equal } else { left.0.cmp(&right.0) };
            left.1.total_cmp(&right.1).then(tie)
        });
        let last = scores.len() - 1;
        let ((to, to_score), (from, from_score)) = (scores[0], scores[last]);
        let gap = from_score - to_score;
        let toleration = ask.parameters.score_unbalance_toleration_factor;
        let bound = to_score * toleration;
        let next = held.iter_mut().find(|(node, _)| *node == from).and_then(|(_, copies)| copies.next());
        let reverse = ask.parameters.reverse_un_balance_toleration_factor;
        let after = next.map(|copy| {
            let score = rule.scoring.segment_score(ask, copy.row_count());
            (from_score - score, to_score + score)
        });
        ask.witness.decided(&|instead: &Instead<'_>| {
            gap < to_score * instead.of(TOLERATION_KEY, toleration)
                || after.is_none_or(|(from_after, to_after)| {
                    to_after > from_after && (to_after - from_after) * instead.of(REVERSE_KEY, reverse) >= gap
                })
        });
        if ask.witness.below(Some(TOLERATION_KEY), gap, bound) {
            let code = ReasonCode::Tolerance;
            ask.declined.add(Reason::compared(code, Some(TOLERATION_KEY), gap, bound));
            break;
        }
        let (Some(copy), Some((from_after, to_after))) = (next, after) else {
            ask.declined.plain(ReasonCode::SourceHasNothingOfThisCollection);
            break;
        };
        let overshoot = (to_after - from_after) * reverse;
        let stays_below = to_after <= from_after;
        if !stays_below && !ask.witness.below(Some(REVERSE_KEY), overshoot, gap) {
            ask.declined.add(Reason::compared(ReasonCode::Reverse, Some(REVERSE_KEY), overshoot, gap));
            break;
        }
        let reason = Reason::compared(ReasonCode::NodeOverQuota, None, from_score, to_score);
        plans.push(SegmentToAssign::copy_on(from, &copy).plan(to, reason));
        // A single online node is both: the later writing wins, as in Milvus.
        scores[0].1 = to_after;
        scores[last].1 = from_after;
    }
    ask.keep(drawn.filter(|_| !plans.is_empty()));
    plans
}

/// What leaves: with 2.2.7 to 2.3.3 the segments of all leaving nodes at once, most rows first; with 2.3.4
/// node by node.
pub(super) fn drain(
    rule: &Score,
    drained: Movable,
    ask: &mut Ask<'_>,
    replica: ReplicaIndex,
    sides: &Sides,
) -> Vec<SegmentPlan> {
    if rule.shape.drains_in_turn() {
        return super::drain::segments(rule, drained, ask, replica, &sides.leaving, &sides.online);
    }
    let collection = ask.view.replica(replica).collection;
    let mut held: Vec<SegmentToAssign> = Vec::new();
    for node in &sides.leaving {
        let copies = drained.copies(ask, collection, *node);
        held.extend(copies.iter().map(|copy| SegmentToAssign::copy_on(*node, copy)));
    }
    let mut plans = rule.assign_segments(ask, collection, &held, &sides.online, Force::Unforced);
    for plan in &mut plans {
        plan.reason = Reason::plain(ReasonCode::Drain);
    }
    plans
}
