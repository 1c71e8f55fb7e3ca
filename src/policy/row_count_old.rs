//! Evens the rows of each collection, as 2.2.0 to 2.3.3 did it in two ways.
//!
//! Specification section 8.2; both replayed against recordings of 2.2.4, 2.2.16 and 2.3.0.

use super::balance_policy::{Ask, SegmentToAssign};
use super::node_heap::NodeHeap;
use super::plan::{BalancePlan, SegmentPlan};
use super::reason::{Reason, ReasonCode};
use super::row_count::RowCount;
use super::shape::Rule;
use super::sides::Sides;
use super::view::segment::SegmentCopy;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use std::cmp::Reverse;

/// What nodes below average need to reach it (2.2.0 to 2.2.6). Leaving nodes give everything, but nothing
/// at all happens when the online nodes need nothing (quirk Q19).
pub fn by_need(rule: &RowCount, ask: &mut Ask<'_>, replica: ReplicaIndex, sides: &Sides) -> BalancePlan {
    let mut plan = BalancePlan::default();
    if sides.online.is_empty() {
        ask.declined.plain(ReasonCode::NoTargetNode);
        return plan;
    }
    let held = held_by(rule, ask, replica, &sides.online);
    let drained = held_by(rule, ask, replica, &sides.leaving);
    let online_rows: Vec<i64> = held.iter().map(|(_, copies)| sum(copies)).collect();
    let leaving_rows: i64 = drained.iter().map(|(_, copies)| sum(copies)).sum();
    let total = online_rows.iter().sum::<i64>() + leaving_rows;
    let average = total / sides.online.len() as i64;
    let mut need: i64 = 0;
    for rows in &online_rows {
        if ask.witness.below(None, *rows as f64, average as f64) {
            need += average - rows;
        }
    }
    if need == 0 {
        let code = if total == 0 { ReasonCode::RowsZero } else { ReasonCode::NodeUnderQuota };
        ask.declined.plain(code);
        return plan;
    }
    let mut taken: Vec<SegmentToAssign> = Vec::new();
    for (node, copies) in &drained {
        need -= sum(copies);
        taken.extend(copies.iter().map(|copy| SegmentToAssign::copy_on(*node, copy)));
    }
    let receivers: Vec<(NodeIndex, i64)> = sides
        .online
        .iter()
        .copied()
        .zip(online_rows.iter().copied())
        .filter(|(_, rows)| *rows < average)
        .collect();
    let mut givers = held;
    let drawn = ask.draw_order(&mut givers);
    take_by_need(ask, givers, (average, need), &mut taken);
    ask.keep(drawn.filter(|_| !taken.is_empty()));
    plan.segments = fill_ascending(ask, receivers, &mut taken, None);
    if !sides.leaving.is_empty() {
        plan.channels = rule.drain_channels(ask, replica, sides);
    }
    plan
}

/// Takes segments of nodes above average, most rows first, as long as something is needed.
fn take_by_need(
    ask: &mut Ask<'_>,
    held: Vec<(NodeIndex, Vec<SegmentCopy>)>,
    (average, mut need): (i64, i64),
    taken: &mut Vec<SegmentToAssign>,
) {
    for (node, mut copies) in held {
        let mut rows = sum(&copies);
        if ask.witness.at_most(None, rows as f64, average as f64) {
            continue;
        }
        copies.sort_by_key(|copy| (Reverse(copy.rows), copy.segment));
        for copy in copies {
            let after = rows - copy.row_count();
            if ask.witness.below(None, after as f64, average as f64) {
                let code = ReasonCode::AboveAverage;
                ask.declined.add(Reason::compared(code, None, after as f64, average as f64));
                continue;
            }
            rows = after;
            need -= copy.row_count();
            taken.push(SegmentToAssign::copy_on(node, &copy));
            // Asked only after a take, so one more is taken even when nothing was needed any more.
            if need <= 0 {
                return;
            }
        }
    }
}

/// Moves what lies beyond a running sum (2.2.7 to 2.3.3): everything of leaving nodes, and of online nodes
/// what comes once their largest segments reach the average. A segment that fits nowhere below the average
/// is skipped, also one of a leaving node, which then never empties (recorded on 2.2.16 and 2.3.0).
pub fn by_running_sum(
    rule: &RowCount,
    ask: &mut Ask<'_>,
    replica: ReplicaIndex,
    sides: &Sides,
) -> Vec<SegmentPlan> {
    let mut surplus: Vec<SegmentToAssign> = Vec::new();
    let drained = held_by(rule, ask, replica, &sides.leaving);
    let held = held_by(rule, ask, replica, &sides.online);
    let total: i64 = drained.iter().chain(&held).map(|(_, copies)| sum(copies)).sum();
    for (node, copies) in &drained {
        surplus.extend(copies.iter().map(|copy| SegmentToAssign::copy_on(*node, copy)));
    }
    let average = total / sides.online.len() as i64;
    let mut receivers: Vec<(NodeIndex, i64)> = Vec::new();
    for (node, mut copies) in held {
        copies.sort_by_key(|copy| (Reverse(copy.rows), copy.segment));
        let mut sum = 0;
        for copy in &copies {
            sum += copy.row_count();
            if ask.witness.above(None, sum as f64, average as f64) {
                surplus.push(SegmentToAssign::copy_on(node, copy));
            }
        }
        if ask.witness.below(None, sum as f64, average as f64) {
            receivers.push((node, sum));
        }
    }
    rule.redundancy.keep_single(ask, replica, &mut surplus);
    if surplus.is_empty() || receivers.is_empty() {
        let code = if total == 0 { ReasonCode::RowsZero } else { ReasonCode::NodeUnderQuota };
        ask.declined.plain(code);
        return Vec::new();
    }
    fill_ascending(ask, receivers, &mut surplus, Some(average))
}

/// The movable copies of the replica's collection on each of these nodes.
fn held_by(
    rule: &RowCount,
    ask: &mut Ask<'_>,
    replica: ReplicaIndex,
    nodes: &[NodeIndex],
) -> Vec<(NodeIndex, Vec<SegmentCopy>)> {
    let collection = ask.view.replica(replica).collection;
    nodes.iter().map(|node| (*node, rule.movable.copies(ask, collection, *node))).collect()
}

fn sum(copies: &[SegmentCopy]) -> i64 {
    copies.iter().map(SegmentCopy::row_count).sum()
}

/// Fills receivers with segments, fewest rows first, each to the receiver with the fewest rows; with a
/// bound, a segment that would lift that receiver above it is skipped.
fn fill_ascending(
    ask: &mut Ask<'_>,
    mut receivers: Vec<(NodeIndex, i64)>,
    segments: &mut [SegmentToAssign],
    bound: Option<i64>,
) -> Vec<SegmentPlan> {
    segments.sort_by_key(|segment| (segment.rows, segment.segment));
    let drawn = ask.draw_order(&mut receivers);
    let mut rows: Vec<i64> = receivers.iter().map(|(_, rows)| *rows).collect();
    let mut heap = NodeHeap::of(receivers.len(), |item| rows[item]);
    let mut plans = Vec::new();
    for segment in segments {
        let Some(target) = heap.pop(|item| rows[item]) else { break };
        let after = rows[target] + segment.rows;
        let is_over = bound.is_some_and(|bound| ask.witness.above(None, after as f64, bound as f64));
        if let (true, Some(bound)) = (is_over, bound) {
            let code = ReasonCode::AboveAverage;
            ask.declined.add(Reason::compared(code, None, after as f64, bound as f64));
        } else {
            plans.push(segment.plan(receivers[target].0, Reason::plain(segment.cause())));
            rows[target] = after;
        }
        heap.push(target, |item| rows[item]);
    }
    ask.keep(drawn.filter(|_| !plans.is_empty()));
    plans
}
