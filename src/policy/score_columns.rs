//! Scores and shares of a replica's nodes as columns: the sums of [`Scoring`], read node by node without
//! asking for each.
//!
//! All numbers are whole or come of the same operations in the same order as in `score_items`, so that they
//! are the same to the last bit; where that cannot be promised, nothing is answered.

use super::balance_policy::{Ask, Force};
use super::node_filter::NodeFilter;
use super::node_item::Arithmetic;
use super::score_items::Scoring;
use super::view::ClusterView;
use super::view::asked_nodes::AskedNodes;
use super::view::columns::NOTHING;
use super::whole_numbers::{BOUND, add_whole, ceiled, least, sum, truncated};
use crate::model::ids::{CollectionIndex, NodeIndex};
use std::sync::Arc;

/// Factors beyond it are left to the literal rule.
pub(super) const FACTOR_BOUND: f64 = (1u64 << 16) as f64;

/// Nodes in ascending order with their scores; one entry a node in each column.
#[derive(Debug, Clone)]
pub(super) struct ScoreColumns {
    asked: Arc<AskedNodes>,
    /// What was found for somebody else stays as it is: whoever changes it has a copy.
    pub(super) current: Arc<Vec<f64>>,
    pub(super) assigned: Vec<f64>,
}

fn part<T>(column: &[T], first: usize, length: usize) -> &[T] {
    let end = column.len().min(first + length);
    column.get(first..end).unwrap_or(&[])
}

/// The scores of nodes without shares, if they are exact.
fn reckoned(
    view: &ClusterView,
    collection: CollectionIndex,
    asked: &AskedNodes,
    factor: f64,
) -> Option<Vec<f64>> {
    let (kept, own) = (view.columns(), view.collection(collection));
    let weighted = kept.weighted_rows(factor);
    let mut scores = Vec::with_capacity(asked.nodes().len());
    let mut is_exact = true;
    for (places, first) in asked.runs() {
        let (first, length) = (*first, places.len());
        match weighted {
            Some(weighted) => scores.extend_from_slice(&weighted[first..first + length]),
            None => {
                let rows = &kept.rows()[first..first + length];
                scores.extend(rows.iter().map(|rows| truncated(*rows as f64 * factor)));
            }
        }
        let sealed = part(own.sealed_column(), first, length);
        let pending = part(own.pending_column(), first, length);
        is_exact &= add_whole(&mut scores[places.clone()], sealed, pending);
    }
    for (node, rows) in own.growing_lists().chain(own.rows_in_lists()) {
        if let Ok(place) = asked.nodes().binary_search(&node) {
            scores[place] += rows as f64;
        }
    }
    // Without negative scores no part of the sum is beyond the whole.
    let is_whole = is_exact && least(&scores) >= 0.0 && sum(&scores) < BOUND;
    is_whole.then_some(scores)
}

/// The scores of nodes without shares as integers, if all fit 32 bits; `scores` are otherwise as they come.
fn reckoned_whole(
    view: &ClusterView,
    collection: CollectionIndex,
    asked: &AskedNodes,
    factor: f64,
    scores: &mut Vec<u32>,
) -> Option<()> {
    let (weighted, own) = (view.columns().weighted_whole_rows(factor)?, view.collection(collection));
    scores.clear();
    // What does not fit leaves a trace in the upper half.
    let mut seen = 0;
    for (places, first) in asked.runs() {
        let (first, length) = (*first, places.len());
        let weighted = &weighted[first..first + length];
        let sealed = part(own.sealed_column(), first, length);
        let (with, without) = weighted.split_at(sealed.len());
        scores.extend(with.iter().zip(sealed).map(|(weighted, sealed)| {
            let sum = weighted.wrapping_add(*sealed);
            seen |= sum;
            sum as u32
        }));
        scores.extend(without.iter().map(|weighted| {
            seen |= weighted;
            *weighted as u32
        }));
        let pending = part(own.pending_column(), first, length);
        for (score, pending) in scores[places.clone()].iter_mut().zip(pending) {
            let sum = i64::from(*score).wrapping_add(*pending);
            seen |= sum;
            *score = sum as u32;
        }
    }
    if u32::try_from(seen).is_err() {
        return None;
    }
    for (node, rows) in own.growing_lists().chain(own.rows_in_lists()) {
        if let Ok(place) = asked.nodes().binary_search(&node) {
            scores[place] = u32::try_from(i64::from(scores[place]).checked_add(rows)?).ok()?;
        }
    }
    Some(())
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
        let mut asked = ask.view.asked_nodes(nodes);
        if !asked.is_ascending() {
            let mut sorted = nodes.to_vec();
            sorted.sort_unstable();
            sorted.dedup();
            asked = ask.view.asked_nodes(&sorted);
        }
        if filter.bars(asked.marks(), force) {
            return None;
        }
        let mut columns = ScoreColumns::without_shares(ask, collection, asked)?;
        columns.share(ask, collection)?;
        Some(columns)
    }

    /// The nodes, ascending.
    pub(super) fn nodes(&self) -> &[NodeIndex] {
        self.asked.nodes()
    }

    fn without_shares(
        ask: &Ask<'_>,
        collection: CollectionIndex,
        asked: Arc<AskedNodes>,
    ) -> Option<ScoreColumns> {
        let factor = ask.parameters.global_row_count_factor;
        let reckon = || reckoned(ask.view, collection, &asked, factor);
        let current = ask.view.asked_scores(&asked, collection, factor, reckon)?;
        Some(ScoreColumns { asked, current, assigned: Vec::new() })
    }

    /// Gives every node its share, and what delegators cost.
    fn share(&mut self, ask: &Ask<'_>, collection: CollectionIndex) -> Option<()> {
        let total = sum(&self.current);
        let memory = self.asked.memory_mib();
        let total_memory = sum(memory);
        if total <= 0.0 || total_memory >= BOUND {
            return None;
        }
        if self.asked.has_memory() {
            let average = total / total_memory;
            self.assigned = memory.iter().map(|memory| memory * average).collect();
        } else {
            self.assigned = vec![total / memory.len() as f64; memory.len()];
        }
        let factor = ask.parameters.delegator_memory_overload_factor;
        for (node, delegators) in ask.view.collection(collection).delegator_lists() {
            if let (Ok(place), false) = (self.nodes().binary_search(&node), delegators.is_empty()) {
                let current = &mut Arc::make_mut(&mut self.current)[place];
                *current += self.assigned[place] * factor * delegators.len() as f64;
                if *current >= BOUND {
                    return None;
                }
            }
        }
        Some(())
    }

    /// The scores of ascending nodes, without shares, as [`Scoring::node_score`] has them.
    pub(super) fn scores(
        scoring: Scoring,
        ask: &Ask<'_>,
        collection: CollectionIndex,
        nodes: &[NodeIndex],
    ) -> Option<Arc<Vec<f64>>> {
        let is_usual = (0.0..FACTOR_BOUND).contains(&ask.parameters.global_row_count_factor);
        if !is_usual || !scoring.is_by_columns() {
            return None;
        }
        let asked = ask.view.asked_nodes(nodes);
        if !asked.is_ascending() {
            return None;
        }
        ScoreColumns::without_shares(ask, collection, asked).map(|columns| columns.current)
    }

    /// The same as integers, if they all fit 32 bits; `scores` hold something else where not.
    pub(super) fn whole_scores(
        scoring: Scoring,
        ask: &Ask<'_>,
        collection: CollectionIndex,
        nodes: &[NodeIndex],
        scores: &mut Vec<u32>,
    ) -> Option<()> {
        let factor = ask.parameters.global_row_count_factor;
        if !(0.0..FACTOR_BOUND).contains(&factor) || !scoring.is_by_columns() {
            return None;
        }
        let asked = ask.view.asked_nodes(nodes);
        let is_ascending = asked.is_ascending();
        is_ascending.then(|| reckoned_whole(ask.view, collection, &asked, factor, scores)).flatten()
    }

    /// What the current score is above its share.
    pub(super) fn excess(&self) -> Vec<f64> {
        self.current.iter().zip(&self.assigned).map(|(current, assigned)| current - assigned).collect()
    }

    /// Rows of the smallest copy of the collection, or [`NOTHING`].
    pub(super) fn smallest(&self, ask: &Ask<'_>, collection: CollectionIndex) -> Vec<u32> {
        let column = ask.view.collection(collection).smallest_column();
        let mut smallest = Vec::with_capacity(self.nodes().len());
        for (places, first) in self.asked.runs() {
            smallest.extend_from_slice(part(column, *first, places.len()));
            smallest.resize(places.end, NOTHING);
        }
        smallest
    }
}

impl Arithmetic {
    /// The priority, as a whole number, of what is so far above its share.
    #[inline]
    pub(super) fn rounded(self, excess: f64) -> f64 {
        match self {
            Arithmetic::Whole | Arithmetic::Truncated => truncated(excess),
            Arithmetic::Ceiled => ceiled(excess),
        }
    }
}
