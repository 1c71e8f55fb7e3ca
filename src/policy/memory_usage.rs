//! 2.0-2.1: evens memory between the fullest and the emptiest query node of a replica.
//!
//! Source: `internal/querycoord/query_coord.go` (`balanceReplica`, `chooseSegmentToBalance`) of the 2.1
//! line; specification sections 7.3 and 8. All rates are IEEE doubles, compared in Milvus's order.

use super::reason::{Reason, ReasonCode};
use super::witness::{Instead, Witness};
use crate::engine::random::Random;
use crate::model::ids::{NodeIndex, SegmentIndex};
use crate::model::query_node::NodeMemory;
use std::cmp::Ordering;

/// Key of the overload threshold, in percent.
pub const OVERLOADED_KEY: &str = "queryCoord.overloadedMemoryThresholdPercentage";
/// Key of the greatest difference between two nodes' rates, in percent.
pub const DIFFERENCE_KEY: &str = "queryCoord.memoryUsageMaxDifferencePercentage";

/// The two thresholds, as fractions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// `overloadedMemoryThresholdPercentage` / 100.
    pub overloaded: f64,
    /// `memoryUsageMaxDifferencePercentage` / 100.
    pub max_difference: f64,
}

/// Memory figures of a round by node: they include what was planned earlier in the round, also for other
/// replicas and collections (quirk Q3).
#[derive(Debug, Clone, Default)]
pub struct RoundFigures {
    total: Vec<u64>,
    used: Vec<u64>,
    rate: Vec<f64>,
    is_known: Vec<bool>,
}

impl RoundFigures {
    /// Forgets everything and makes room for `nodes` nodes.
    pub fn begin(&mut self, nodes: usize) {
        self.is_known.clear();
        self.is_known.resize(nodes, false);
        self.total.resize(nodes, 0);
        self.used.resize(nodes, 0);
        self.rate.resize(nodes, 0.0);
    }

    /// Whether the node's figures were fetched in this round.
    pub fn knows(&self, node: NodeIndex) -> bool {
        self.is_known[node.position()]
    }

    /// Takes over what a node reports.
    pub fn learn(&mut self, node: NodeIndex, memory: NodeMemory) {
        self.total[node.position()] = memory.total_bytes;
        self.is_known[node.position()] = true;
        self.set_used(node, memory.used_bytes);
    }

    /// Used memory of a node in bytes.
    pub fn used(&self, node: NodeIndex) -> u64 {
        self.used[node.position()]
    }

    /// Used / total of a node.
    pub fn rate(&self, node: NodeIndex) -> f64 {
        self.rate[node.position()]
    }

    /// Memory of a node whose figures were fetched in this round, with what was planned since.
    pub fn memory(&self, node: NodeIndex) -> Option<NodeMemory> {
        let place = node.position();
        let is_known = self.is_known.get(place).copied().unwrap_or(false);
        is_known.then(|| NodeMemory { total_bytes: self.total[place], used_bytes: self.used[place] })
    }

    /// `bytes` are planned to move.
    pub fn shift(&mut self, from: NodeIndex, to: NodeIndex, bytes: u64) {
        self.set_used(from, self.used(from).wrapping_sub(bytes));
        self.set_used(to, self.used(to).wrapping_add(bytes));
    }

    fn set_used(&mut self, node: NodeIndex, used: u64) {
        self.used[node.position()] = used;
        self.rate[node.position()] = used as f64 / self.total[node.position()] as f64;
    }
}

/// A sealed segment that may be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The segment.
    pub segment: SegmentIndex,
    /// Its memory in bytes, as its node reports it.
    pub bytes: u64,
}

/// Which of the qualifying segments is picked.
pub enum Pick<'a> {
    /// The last one in the order given: what `milvus.chance: "ascending"` means.
    Last,
    /// The last one of a drawn order, which is one drawn evenly: Go's map order (quirk Q1, chance R3).
    Drawn(&'a mut Random),
    /// The one that leaves the smallest difference: what the rule was meant to do.
    LeastDifference,
}

/// A move that is planned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlannedMove {
    /// The segment.
    pub segment: SegmentIndex,
    /// From where.
    pub from: NodeIndex,
    /// To where.
    pub to: NodeIndex,
    /// Which threshold was passed, by how much.
    pub reason: Reason,
}

/// Why planning of a replica ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Neither threshold is passed.
    Balanced,
    /// No segment keeps the destination under the threshold, or the source has none (quirk Q2).
    Insufficient,
    /// Segments fit, but each would keep or widen the gap.
    NoChoice,
}

/// What is planned for one replica.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplicaPlan {
    /// The moves, in order.
    pub moves: Vec<PlannedMove>,
    /// Why planning ended.
    pub stop: Stop,
    /// The same, with its numbers.
    pub reason: Reason,
}

/// Plans one replica.
///
/// `available` are its nodes in stored order, each known to `figures`; `segments_on` lists the sealed
/// segments of the collection on a node, in iteration order. Only the extreme pair is ever looked at.
pub fn balance_replica(
    available: &mut [NodeIndex],
    figures: &mut RoundFigures,
    segments_on: &mut dyn FnMut(NodeIndex) -> Vec<Candidate>,
    thresholds: Thresholds,
    pick: &mut Pick<'_>,
    witness: &mut impl Witness,
) -> ReplicaPlan {
    let mut moves = Vec::new();
    let mut held: Vec<Option<Vec<Candidate>>> = Vec::new();
    let (mut source, mut target) = extremes(available, figures);
    loop {
        let difference = figures.rate(source) - figures.rate(target);
        let is_calm = witness.at_most(Some(OVERLOADED_KEY), figures.rate(source), thresholds.overloaded);
        let is_even = witness.at_most(Some(DIFFERENCE_KEY), difference, thresholds.max_difference);
        witness.decided(&|instead: &Instead<'_>| {
            figures.rate(source) <= instead.of(OVERLOADED_KEY, thresholds.overloaded)
                && difference <= instead.of(DIFFERENCE_KEY, thresholds.max_difference)
        });
        if is_calm && is_even {
            let reason = Reason::compared(
                ReasonCode::BelowBothThresholds,
                Some(DIFFERENCE_KEY),
                difference,
                thresholds.max_difference,
            );
            return ReplicaPlan { moves, stop: Stop::Balanced, reason };
        }
        held.resize(held.len().max(source.position().max(target.position()) + 1), None);
        let candidates = held[source.position()].get_or_insert_with(|| segments_on(source));
        let chosen = match choose(candidates, figures, source, target, thresholds, pick, witness) {
            Ok(place) => candidates.remove(place),
            Err((stop, reason)) => return ReplicaPlan { moves, stop, reason },
        };
        let reason = if is_calm {
            Reason::compared(
                ReasonCode::DifferenceTooGreat,
                Some(DIFFERENCE_KEY),
                difference,
                thresholds.max_difference,
            )
        } else {
            let rate = figures.rate(source);
            Reason::compared(ReasonCode::Overloaded, Some(OVERLOADED_KEY), rate, thresholds.overloaded)
        };
        moves.push(PlannedMove { segment: chosen.segment, from: source, to: target, reason });
        figures.shift(source, target, chosen.bytes);
        held[target.position()].get_or_insert_with(|| segments_on(target)).push(chosen);
        sort_by_rate_descending(available, figures);
        (source, target) = (available[0], available[available.len() - 1]);
    }
}

/// First and last of the list once sorted, and the list as it was when nothing needs sorting.
///
/// Nearly every round ends at its first test, so the list is sorted only when a move is planned: the
/// earliest of the greatest rates and the latest of the smallest are what a stable sort would put at the
/// ends. With NaN among the rates no order is consistent, and the sort itself decides.
fn extremes(available: &mut [NodeIndex], figures: &RoundFigures) -> (NodeIndex, NodeIndex) {
    if available.iter().any(|node| figures.rate(*node).is_nan()) {
        sort_by_rate_descending(available, figures);
        return (available[0], available[available.len() - 1]);
    }
    let (mut source, mut target) = (available[0], available[0]);
    for node in &available[1..] {
        if figures.rate(*node) > figures.rate(source) {
            source = *node;
        }
        if figures.rate(*node) <= figures.rate(target) {
            target = *node;
        }
    }
    (source, target)
}

/// Stable, descending (chance R5: ties keep the order of the round before, at first the stored order).
///
/// An insertion sort by Go's own comparison where NaN is involved, since a NaN is neither above nor below
/// anything and a general sort may not be given such an order.
fn sort_by_rate_descending(available: &mut [NodeIndex], figures: &RoundFigures) {
    if available.iter().any(|node| figures.rate(*node).is_nan()) {
        for end in 1..available.len() {
            let mut place = end;
            while place > 0 && figures.rate(available[place]) > figures.rate(available[place - 1]) {
                available.swap(place, place - 1);
                place -= 1;
            }
        }
    } else {
        available.sort_by(|left, right| {
            figures.rate(*right).partial_cmp(&figures.rate(*left)).unwrap_or(Ordering::Equal)
        });
    }
}

/// Picks a segment of the source: the position in `candidates`, or why there is none.
fn choose(
    candidates: &[Candidate],
    figures: &RoundFigures,
    source: NodeIndex,
    target: NodeIndex,
    thresholds: Thresholds,
    pick: &mut Pick<'_>,
    witness: &mut impl Witness,
) -> Result<usize, (Stop, Reason)> {
    let total = |node: NodeIndex| figures.total[node.position()] as f64;
    let before = figures.rate(source) - figures.rate(target);
    let mut qualifying: Vec<(usize, f64)> = Vec::with_capacity(candidates.len());
    let (mut fits, mut least_target_after, mut least_after) = (false, f64::INFINITY, f64::INFINITY);
    for (place, candidate) in candidates.iter().enumerate() {
        let target_after = figures.used(target).wrapping_add(candidate.bytes) as f64 / total(target);
        least_target_after = least_target_after.min(target_after);
        let overloaded = thresholds.overloaded;
        witness.decided(&|instead: &Instead<'_>| target_after < instead.of(OVERLOADED_KEY, overloaded));
        if !witness.below(Some(OVERLOADED_KEY), target_after, overloaded) {
            continue;
        }
        fits = true;
        let source_after = figures.used(source).wrapping_sub(candidate.bytes) as f64 / total(source);
        let after = target_after - source_after;
        least_after = least_after.min(after);
        if witness.below(None, after, before) && after.abs() < 1.0 {
            qualifying.push((place, after.abs()));
        }
    }
    let chosen = match pick {
        Pick::Last => qualifying.last().copied(),
        Pick::Drawn(random) => match qualifying.len() {
            0 => None,
            count => Some(qualifying[random.below(count as u64) as usize]),
        },
        Pick::LeastDifference => {
            qualifying.iter().copied().reduce(|best, next| if next.1 < best.1 { next } else { best })
        }
    };
    chosen.map(|(place, _)| place).ok_or_else(|| {
        let (stop, reason) = if candidates.is_empty() {
            (Stop::Insufficient, Reason::plain(ReasonCode::SourceHasNothingOfThisCollection))
        } else if fits {
            (Stop::NoChoice, Reason::compared(ReasonCode::NoImprovingSegment, None, least_after, before))
        } else {
            let code = ReasonCode::DestWouldOverflow;
            let reason =
                Reason::compared(code, Some(OVERLOADED_KEY), least_target_after, thresholds.overloaded);
            (Stop::Insufficient, reason)
        };
        (stop, reason)
    })
}
