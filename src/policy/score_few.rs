//! Assigns few segments, none of which is on a node that may receive: what a leaving node gives, or what is
//! loaded anew.
//!
//! Nobody's score falls then, so the heap of the literal rule always gives a node of the lowest priority, and
//! looking for it costs less than building the heap. Among equals the heap decides: then nothing is answered.

use super::balance_policy::{Ask, Force, SegmentToAssign};
use super::node_item::Arithmetic;
use super::plan::SegmentPlan;
use super::reason::ReasonCode;
use super::score::{Score, cause};
use super::score_columns::ScoreColumns;
use super::whole_numbers::least;
use crate::model::ids::{CollectionIndex, NodeIndex};
use std::cmp::Reverse;
use std::sync::Arc;

/// More plans than these are made with a heap.
const FEW: usize = 8;

impl Score {
    /// Where these segments should go; `None` = there are many, or the order of equals decides.
    pub(super) fn assign_few(
        &self,
        ask: &mut Ask<'_>,
        collection: CollectionIndex,
        segments: &[SegmentToAssign],
        nodes: &[NodeIndex],
        force: Force,
    ) -> Option<Vec<SegmentPlan>> {
        let limit = (1..=FEW).find(|count| self.limit.is_reached(*count, force, ask.parameters));
        let is_few = segments.len() <= FEW || limit.is_some();
        if !is_few || self.pairs_extremes || ask.witness.wants_every_comparison() {
            return None;
        }
        let mut columns = ScoreColumns::of(self.scoring, self.filter, ask, collection, nodes, force)?;
        let receives = |node: NodeIndex| columns.nodes().binary_search(&node).is_ok();
        if columns.nodes().len() != nodes.len() || segments.iter().filter_map(|one| one.node).any(receives) {
            return None;
        }
        let mut sorted = segments.to_vec();
        sorted.sort_unstable_by_key(|segment| (Reverse(segment.rows), segment.segment));
        let arithmetic = self.scoring.arithmetic;
        let mut excess = columns.excess();
        let mut plans = Vec::with_capacity(sorted.len().min(FEW));
        for segment in &sorted {
            let target = arithmetic.only_lowest(&excess)?;
            let item = columns.item(target, arithmetic);
            plans.push(segment.plan(item.node, cause(None, &item, segment.cause())));
            if plans.len() < sorted.len() {
                let current = &mut Arc::make_mut(&mut columns.current)[target];
                *current += self.scoring.segment_score(ask, segment.rows);
                excess[target] = *current - columns.assigned[target];
            }
            if limit == Some(plans.len()) {
                ask.declined.plain(ReasonCode::BatchFull);
                break;
            }
        }
        Some(plans)
    }
}

impl Score {
    /// How many of `held` segments on `giver` get a node whatever the scores: the first, when all nodes may
    /// receive and the giver is none of them, so that nothing is weighed against it.
    pub(super) fn foresee(
        &self,
        ask: &Ask<'_>,
        giver: NodeIndex,
        held: usize,
        nodes: &[NodeIndex],
        force: Force,
    ) -> Option<usize> {
        let asked = ask.view.asked_nodes(nodes);
        let is_open = !nodes.is_empty() && asked.is_ascending() && !self.filter.bars(asked.marks(), force);
        if self.pairs_extremes || !is_open || nodes.binary_search(&giver).is_ok() {
            return None;
        }
        let limit = (1..held).find(|count| self.limit.is_reached(*count, force, ask.parameters));
        Some(limit.unwrap_or(held))
    }
}

impl Arithmetic {
    /// The place of the only value whose rounding is the lowest; `None` where there are several.
    fn only_lowest(self, excess: &[f64]) -> Option<usize> {
        let lowest = self.rounded(least(excess));
        // Roundings rise with what is rounded, so all that are lowest are no greater than one bound.
        let bound = match self {
            Arithmetic::Whole | Arithmetic::Truncated if lowest >= 0.0 => (lowest + 1.0).next_down(),
            _ => lowest,
        };
        let count: u32 = excess.iter().map(|excess| u32::from(*excess <= bound)).sum();
        excess.iter().position(|excess| *excess <= bound).filter(|_| count == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_only_lowest_is_found_by_its_rounding(
            excess in proptest::collection::vec((-3i32..3, 0u8..3), 1..6),
        ) {
            let excess: Vec<f64> =
                excess.into_iter().map(|(whole, part)| f64::from(whole) + f64::from(part) * 0.25).collect();
            for arithmetic in [Arithmetic::Truncated, Arithmetic::Ceiled] {
                let rounded: Vec<f64> = excess.iter().map(|excess| arithmetic.rounded(*excess)).collect();
                let lowest = rounded.iter().copied().fold(f64::INFINITY, f64::min);
                let places: Vec<usize> = (0..rounded.len()).filter(|place| rounded[*place] == lowest).collect();
                let only = (places.len() == 1).then(|| places[0]);
                prop_assert_eq!(arithmetic.only_lowest(&excess), only, "{:?}", excess);
            }
        }
    }
}
