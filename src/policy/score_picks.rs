//! Segments that nodes above their quota would give, in the order in which they are offered, and the plan
//! made of them.

use super::balance_policy::{Ask, Force, SegmentToAssign};
use super::node_heap::NodeHeap;
use super::node_item::NodeItem;
use super::plan::{Decline, Declines, SegmentPlan};
use super::reason::{Reason, ReasonCode};
use super::score::cause;
use super::score_sweep::Sweep;
use super::view::segment::SegmentCopy;
use crate::model::ids::SegmentIndex;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// The order of the offer: rows, most first, then the node's priority, highest first; then by id, which does
/// not matter to any comparison.
pub(super) type Key = (Reverse<u32>, Reverse<i64>);

/// A segment to be given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pick {
    pub(super) rows: u32,
    /// Priority of its node before anything is planned.
    pub(super) priority: i64,
    /// Place of its node in the columns.
    pub(super) place: usize,
    /// `None` = the smallest of its node.
    pub(super) segment: Option<SegmentIndex>,
    /// Why it stays as long as nothing is planned.
    pub(super) rejected: Option<Reason>,
}

impl Pick {
    pub(super) fn of(copy: &SegmentCopy, place: usize, item: &NodeItem) -> Pick {
        let (rows, priority) = (copy.rows, item.priority());
        Pick { rows, priority, place, segment: Some(copy.segment), rejected: None }
    }

    pub(super) fn key(&self) -> Key {
        (Reverse(self.rows), Reverse(self.priority))
    }

    pub(super) fn passes(&self) -> bool {
        self.rejected.is_none()
    }
}

/// What was rejected by each bound of the benefit check.
#[derive(Debug, Default)]
pub(super) struct Rejections {
    by_code: Vec<Rejected>,
}

#[derive(Debug)]
struct Rejected {
    decline: Decline,
    nearest: Key,
    first: Key,
}

impl Rejections {
    /// Notes rejections in any order; `reason` is that of the nearest, offered at `key`.
    pub(super) fn add(&mut self, reason: Reason, key: Key, count: u32) {
        let Some(rejected) = self.by_code.iter_mut().find(|one| one.decline.reason.code == reason.code)
        else {
            self.by_code.push(Rejected { decline: Decline { reason, count }, nearest: key, first: key });
            return;
        };
        rejected.decline.count += count;
        rejected.first = rejected.first.min(key);
        let distance = |reason: Reason| reason.margin().map_or(f64::INFINITY, f64::abs);
        let (new, old) = (distance(reason), distance(rejected.decline.reason));
        // Of equally near ones the first counts.
        if new < old || (new == old && key < rejected.nearest) {
            (rejected.decline.reason, rejected.nearest) = (reason, key);
        }
    }

    /// Something rejected by this bound is offered as early as `key`.
    pub(super) fn come_first(&mut self, code: ReasonCode, key: Key) {
        for rejected in self.by_code.iter_mut().filter(|one| one.decline.reason.code == code) {
            rejected.first = rejected.first.min(key);
        }
    }

    /// Notes them in the order of their first meeting.
    pub(super) fn tell(mut self, declined: &mut Declines) {
        self.by_code.sort_by_key(|rejected| rejected.first);
        self.by_code.iter().for_each(|rejected| declined.note(rejected.decline));
    }
}

impl Sweep<'_> {
    /// The plan, once it is known that there is one; `declined` was met before anything was offered.
    pub(super) fn plan(mut self, ask: &mut Ask<'_>, mut declined: Declines) -> Vec<SegmentPlan> {
        let picks = self.all_picks(ask);
        let Some(first) = picks.iter().filter(|pick| pick.passes()).map(Pick::key).min() else {
            return Vec::new();
        };
        let mut rejections = Rejections::default();
        let mut offered = 0;
        let mut open = BinaryHeap::with_capacity(picks.len());
        for (number, pick) in picks.iter().enumerate() {
            match pick.rejected {
                Some(reason) if pick.key() < first => {
                    rejections.add(reason, pick.key(), 1);
                    offered += 1;
                }
                _ => open.push(Reverse((pick.key(), number))),
            }
        }
        rejections.tell(&mut declined);
        ask.declined.join(&declined);
        let mut priorities: Vec<i64> =
            (0..self.columns.nodes().len()).map(|place| self.item(place).priority()).collect();
        let mut order: Vec<usize> = (0..priorities.len()).collect();
        let drawn = ask.draw_order(&mut order);
        let mut heap = NodeHeap::of_items(&order, |item| priorities[item]);
        // Each rejected offer took the first of equals out and put it back, which reorders them.
        for _ in 0..offered {
            if let Some(target) = heap.pop(|item| priorities[item]) {
                heap.push(target, |item| priorities[item]);
            }
        }
        // Something is planned: the first that passes.
        ask.keep(drawn);
        let mut plans = Vec::new();
        let mut equals: Vec<SegmentToAssign> = Vec::new();
        while let Some(Reverse((key, number))) = open.pop() {
            equals.push(self.segment(ask, &picks[number]));
            if open.peek().is_some_and(|Reverse((next, _))| *next == key) {
                continue;
            }
            equals.sort_by_key(|segment| segment.segment);
            for segment in equals.drain(..) {
                self.offer(ask, segment, &mut heap, &mut priorities, &mut plans);
                if self.rule.limit.is_reached(plans.len(), Force::Unforced, ask.parameters) {
                    ask.declined.plain(ReasonCode::BatchFull);
                    return plans;
                }
            }
        }
        plans
    }

    fn segment(&self, ask: &Ask<'_>, pick: &Pick) -> SegmentToAssign {
        let node = self.columns.nodes()[pick.place];
        let smallest = || ask.view.copies(self.collection, node)[0].segment;
        let segment = pick.segment.unwrap_or_else(smallest);
        SegmentToAssign { segment, rows: i64::from(pick.rows), node: Some(node) }
    }

    /// Offers one segment to the first of the heap, as the literal rule does.
    fn offer(
        &mut self,
        ask: &mut Ask<'_>,
        segment: SegmentToAssign,
        heap: &mut NodeHeap,
        priorities: &mut [i64],
        plans: &mut Vec<SegmentPlan>,
    ) {
        let Some(target) = heap.pop(|item| priorities[item]) else { return };
        let Some(source) = segment.node.and_then(|node| self.columns.nodes().binary_search(&node).ok())
        else {
            return;
        };
        let score = self.rule.scoring.segment_score(ask, segment.rows);
        let (giver, taker) = (self.item(source), self.item(target));
        match self.rule.benefit.compare(&giver, &taker, score, ask.parameters) {
            Err(reason) => ask.declined.add(reason),
            Ok(()) => {
                let reason = cause(Some(&giver), &taker, segment.cause());
                plans.push(segment.plan(taker.node, reason));
                if self.rule.lowers_source {
                    Arc::make_mut(&mut self.columns.current)[source] -= score;
                    priorities[source] = self.item(source).priority();
                }
                Arc::make_mut(&mut self.columns.current)[target] += score;
                priorities[target] = self.item(target).priority();
            }
        }
        heap.push(target, |item| priorities[item]);
    }
}
