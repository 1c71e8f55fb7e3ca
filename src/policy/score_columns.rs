//! Scores and shares of a replica's nodes as columns: the sums of [`Scoring`], read node by node without
//! asking for each.
//!
//! All numbers are whole or come of the same operations in the same order as in `score_items`, so that they
//! are the same to the last bit; where that cannot be promised, nothing is answered.

use super::balance_policy::{Ask, Force};
use super::node_filter::NodeFilter;
use super::node_item::Arithmetic;
use super::score_items::Scoring;
use super::view::columns::{NOTHING, marks, runs};
use crate::model::ids::{CollectionIndex, NodeIndex};

/// Whole numbers below it keep half a unit beside them, which the roundings here need.
const BOUND: f64 = (1u64 << 50) as f64;
/// Adding and subtracting it rounds to the nearest whole number what is smaller than [`BOUND`].
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// Factors beyond it are left to the literal rule.
pub(super) const FACTOR_BOUND: f64 = (1u64 << 16) as f64;

/// Nodes in ascending order with their scores; one entry a node in each column.
#[derive(Debug, Clone, Default)]
pub(super) struct ScoreColumns {
    pub(super) nodes: Vec<NodeIndex>,
    pub(super) current: Vec<f64>,
    pub(super) assigned: Vec<f64>,
    /// Rows of the smallest copy of the collection, or [`NOTHING`].
    pub(super) smallest: Vec<u32>,
}

/// `x` without its fraction, for `x` of at most [`BOUND`].
#[inline]
pub(super) fn truncated(x: f64) -> f64 {
    let size = x.abs();
    let nearest = (size + ROUNDER) - ROUNDER;
    (nearest - if nearest > size { 1.0 } else { 0.0 }).copysign(x)
}

/// The least whole number that is not below `x`, for `x` of at most [`BOUND`].
#[inline]
pub(super) fn ceiled(x: f64) -> f64 {
    let nearest = (x + ROUNDER) - ROUNDER;
    nearest + if nearest < x { 1.0 } else { 0.0 }
}

/// The least of all values, infinity of none; four at a time, since only the order of equals could differ.
pub(super) fn least(values: &[f64]) -> f64 {
    let mut lanes = [f64::INFINITY; 4];
    let (chunks, rest) = values.as_chunks::<4>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = if *value < *lane { *value } else { *lane };
        }
    }
    lanes.iter().chain(rest).fold(f64::INFINITY, |least, value| if *value < least { *value } else { least })
}

/// The sum of whole numbers; four at a time, since every part of it is exact.
fn sum(values: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let (chunks, rest) = values.as_chunks::<4>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += *value;
        }
    }
    lanes.iter().chain(rest).sum()
}

/// Whether nodes ascend, none of them twice.
pub(super) fn is_ascending(nodes: &[NodeIndex]) -> bool {
    let is_gapless = runs(nodes).next().is_some_and(|(places, _)| places.len() == nodes.len());
    is_gapless || nodes.is_sorted_by(|one, other| one < other)
}

fn part<T>(column: &[T], first: usize, length: usize) -> &[T] {
    let end = column.len().min(first + length);
    column.get(first..end).unwrap_or(&[])
}

fn add(to: &mut [f64], column: &[i64]) {
    for (value, rows) in to.iter_mut().zip(column) {
        *value += *rows as f64;
    }
}

impl ScoreColumns {
    /// The columns of a collection's nodes, if they are known to be what [`Scoring::segment_items`] would
    /// find, for nodes all of which `filter` lets pass.
    pub(super) fn of(
        scoring: Scoring,
        filter: NodeFilter,
        ask: &Ask<'_>,
        collection: CollectionIndex,
        nodes: &[NodeIndex],
        force: Force,
    ) -> Option<ScoreColumns> {
        let parameters = ask.parameters;
        let factors = [parameters.global_row_count_factor, parameters.delegator_memory_overload_factor];
        let is_usual = factors.iter().all(|factor| (0.0..FACTOR_BOUND).contains(factor));
        if !is_usual || !scoring.is_by_columns() || nodes.is_empty() {
            return None;
        }
        let mut columns = ScoreColumns { nodes: nodes.to_vec(), ..ScoreColumns::default() };
        if !is_ascending(nodes) {
            columns.nodes.sort_unstable();
            columns.nodes.dedup();
        }
        let met = ask.view.columns().marks_of(nodes);
        if filter.bars(met, force) {
            return None;
        }
        columns.add_scores(ask, collection);
        columns.share(ask, collection, met & marks::UNKNOWN == 0)?;
        Some(columns)
    }

    fn add_scores(&mut self, ask: &Ask<'_>, collection: CollectionIndex) {
        let factor = ask.parameters.global_row_count_factor;
        let (kept, own) = (ask.view.columns(), ask.view.collection(collection));
        self.current.reserve_exact(self.nodes.len());
        self.smallest = vec![NOTHING; self.nodes.len()];
        for (places, first) in runs(&self.nodes) {
            let rows = &kept.rows()[first..first + places.len()];
            self.current.extend(rows.iter().map(|rows| truncated(*rows as f64 * factor)));
            let current = &mut self.current[places.clone()];
            add(current, part(own.sealed_column(), first, places.len()));
            add(current, part(own.pending_column(), first, places.len()));
            let smallest = part(own.smallest_column(), first, places.len());
            self.smallest[places.start..places.start + smallest.len()].copy_from_slice(smallest);
        }
        for (node, rows) in own.growing_lists().chain(own.rows_in_lists()) {
            if let Ok(place) = self.nodes.binary_search(&node) {
                self.current[place] += rows as f64;
            }
        }
    }

    /// Gives every node its share, and what delegators cost.
    fn share(&mut self, ask: &Ask<'_>, collection: CollectionIndex, all_known: bool) -> Option<()> {
        let total = sum(&self.current);
        // Without negative scores no part of the sum is beyond the whole.
        if !(total > 0.0 && total < BOUND) || least(&self.current) < 0.0 {
            return None;
        }
        let mut memory = Vec::with_capacity(self.nodes.len());
        for (places, first) in runs(&self.nodes) {
            memory.extend_from_slice(&ask.view.columns().memory_mib()[first..first + places.len()]);
        }
        let total_memory = sum(&memory);
        if total_memory >= BOUND {
            return None;
        }
        self.assigned = memory;
        if all_known && least(&self.assigned) > 0.0 {
            let average = total / total_memory;
            self.assigned.iter_mut().for_each(|share| *share *= average);
        } else {
            self.assigned.fill(total / self.nodes.len() as f64);
        }
        let factor = ask.parameters.delegator_memory_overload_factor;
        for (node, delegators) in ask.view.collection(collection).delegator_lists() {
            if let (Ok(place), false) = (self.nodes.binary_search(&node), delegators.is_empty()) {
                self.current[place] += self.assigned[place] * factor * delegators.len() as f64;
            }
        }
        let greatest = -least(&self.current.iter().map(|score| -score).collect::<Vec<f64>>());
        (greatest < BOUND).then_some(())
    }

    /// The scores of ascending nodes, without shares, as [`Scoring::node_score`] has them.
    pub(super) fn scores(
        scoring: Scoring,
        ask: &Ask<'_>,
        collection: CollectionIndex,
        nodes: &[NodeIndex],
    ) -> Option<Vec<f64>> {
        let is_usual = (0.0..FACTOR_BOUND).contains(&ask.parameters.global_row_count_factor);
        if !is_usual || !scoring.is_by_columns() || !is_ascending(nodes) {
            return None;
        }
        let mut columns = ScoreColumns { nodes: nodes.to_vec(), ..ScoreColumns::default() };
        columns.add_scores(ask, collection);
        let is_exact = least(&columns.current) >= 0.0 && sum(&columns.current) < BOUND;
        is_exact.then_some(columns.current)
    }

    /// What the current score is above its share.
    pub(super) fn excess(&self) -> Vec<f64> {
        self.current.iter().zip(&self.assigned).map(|(current, assigned)| current - assigned).collect()
    }
}

impl Arithmetic {
    /// The priority of what is so far above its share; `None` where scores are whole.
    #[inline]
    pub(super) fn rounded(self, excess: f64) -> f64 {
        match self {
            Arithmetic::Whole | Arithmetic::Truncated => truncated(excess),
            Arithmetic::Ceiled => ceiled(excess),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn roundings_are_those_of_the_library(
            whole in -(1i64 << 49)..(1i64 << 49),
            part in prop_oneof![Just(0.0), Just(0.5), Just(1e-9), -1.0f64..1.0],
        ) {
            for x in [whole as f64 + part, part, whole as f64 / 1024.0] {
                prop_assert_eq!(truncated(x), x.trunc());
                prop_assert_eq!(ceiled(x), x.ceil());
            }
        }
    }
}
