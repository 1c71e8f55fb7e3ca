//! Assigns segments by score without asking each node for its scores: the twin of the literal assignment in
//! `score` (section 7.3.3), which it equals to the last bit.

use super::balance_policy::{Ask, Force, SegmentToAssign};
use super::node_heap::NodeHeap;
use super::node_item::NodeItem;
use super::plan::SegmentPlan;
use super::reason::ReasonCode;
use super::score::{Score, cause};
use super::score_columns::ScoreColumns;
use crate::model::ids::{CollectionIndex, NodeIndex};
use std::cmp::Reverse;

/// The nodes that may get segments, before anything is assigned.
#[derive(Debug, Clone)]
pub(super) struct Receivers {
    /// Ascending.
    items: Vec<NodeItem>,
    priorities: Vec<i64>,
    /// Places of the items in the order in which they enter the heap, or are drawn.
    order: Vec<usize>,
}

impl Receivers {
    fn find(&self, node: Option<NodeIndex>) -> Option<usize> {
        self.items.binary_search_by_key(&node?, |item| item.node).ok()
    }

    fn add(&mut self, place: usize, score: f64) {
        self.items[place].current += score;
        self.priorities[place] = self.items[place].priority();
    }

    /// Segments by rows, most first; equal rows by their node's priority, highest first; then by id.
    fn sorted(&self, segments: &[SegmentToAssign]) -> Vec<SegmentToAssign> {
        let mut sorted = segments.to_vec();
        let priority =
            |segment: &SegmentToAssign| self.find(segment.node).map(|place| self.priorities[place]);
        sorted.sort_unstable_by(|one, other| {
            let by_rows = other.rows.cmp(&one.rows);
            let by_priority = || Reverse(priority(one)).cmp(&Reverse(priority(other)));
            by_rows.then_with(by_priority).then_with(|| one.segment.cmp(&other.segment))
        });
        sorted
    }
}

impl Score {
    /// All of `nodes` as receivers of segments of `collection`, from whom one question after another may
    /// begin; `None` = only the literal rule knows who receives.
    pub(super) fn receivers(
        &self,
        ask: &Ask<'_>,
        collection: CollectionIndex,
        nodes: &[NodeIndex],
        force: Force,
    ) -> Option<Receivers> {
        if self.pairs_extremes || ask.witness.wants_every_comparison() {
            return None;
        }
        let columns = ScoreColumns::of(self.scoring, self.filter, ask, collection, nodes, force)?;
        if columns.nodes().len() != nodes.len() {
            return None;
        }
        let arithmetic = self.scoring.arithmetic;
        let items: Vec<NodeItem> = (0..nodes.len()).map(|place| columns.item(place, arithmetic)).collect();
        let priorities = items.iter().map(NodeItem::priority).collect();
        let mut receivers = Receivers { items, priorities, order: Vec::new() };
        receivers.order = if ask.shuffles {
            nodes.iter().filter_map(|node| receivers.find(Some(*node))).collect()
        } else {
            (0..nodes.len()).collect()
        };
        Some(receivers)
    }

    /// Where these segments should go.
    pub(super) fn assign(
        &self,
        ask: &mut Ask<'_>,
        mut receivers: Receivers,
        segments: &[SegmentToAssign],
        force: Force,
    ) -> Vec<SegmentPlan> {
        let drawn = ask.draw_order(&mut receivers.order);
        let mut heap = NodeHeap::of_items(&receivers.order, |place| receivers.priorities[place]);
        let mut plans = Vec::with_capacity(segments.len().min(16));
        let mut order_counts = false;
        for segment in receivers.sorted(segments) {
            let Some(target) = heap.pop(|place| receivers.priorities[place]) else { break };
            let score = self.scoring.segment_score(ask, segment.rows);
            let source = receivers.find(segment.node);
            let next = heap.first().map(|next| receivers.priorities[next]);
            order_counts |= source.is_some() || next == Some(receivers.priorities[target]);
            if let Some(source) = source.filter(|_| !force.is_forced()) {
                let (giver, taker) = (&receivers.items[source], &receivers.items[target]);
                if let Err(reason) = self.benefit.compare(giver, taker, score, ask.parameters) {
                    ask.declined.add(reason);
                    heap.push(target, |place| receivers.priorities[place]);
                    continue;
                }
            }
            let giver = source.map(|source| &receivers.items[source]);
            let reason = cause(giver, &receivers.items[target], segment.cause());
            plans.push(segment.plan(receivers.items[target].node, reason));
            if let Some(source) = source.filter(|_| self.lowers_source) {
                receivers.add(source, -score);
            }
            receivers.add(target, score);
            heap.push(target, |place| receivers.priorities[place]);
            if self.limit.is_reached(plans.len(), force, ask.parameters) {
                ask.declined.plain(ReasonCode::BatchFull);
                break;
            }
        }
        ask.keep(drawn.filter(|_| order_counts && !plans.is_empty()));
        plans
    }
}
