//! The five generators of the multi-target balancer, and how their moves merge (section 8.4).

use super::cost::Load;
use super::parameters::Parameters;
use super::witness::{Instead, Witness};
use crate::engine::random::Random;
use crate::model::ids::SegmentIndex;

/// Key of the smallest cost difference that counts.
pub const THRESHOLD_KEY: &str = "queryCoord.balanceCostThreshold";

/// A way of trying moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generator {
    /// From the node with the most rows of the replica to the one with the fewest.
    Rows,
    /// The same by rows of all collections.
    GlobalRows,
    /// From the node with the most segments of the replica to the one with the fewest.
    Segments,
    /// The same by segments of all collections.
    GlobalSegments,
    /// Between two random nodes, one way or both.
    Random,
}

/// A move between two places of the node list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The segment.
    pub segment: SegmentIndex,
    /// Place of the giving node.
    pub from: usize,
    /// Place of the receiving node.
    pub to: usize,
}

/// Adds a move to a plan: one that takes up where an earlier move of the segment ended lengthens that
/// move, and a segment that is home again does not move at all.
pub fn merge(moves: &mut Vec<Move>, next: Move) {
    let earlier = moves.iter().position(|step| step.segment == next.segment && step.to == next.from);
    match earlier {
        Some(place) if moves[place].from == next.to => {
            moves.remove(place);
        }
        Some(place) => moves[place].to = next.to,
        None => moves.push(next),
    }
}

/// A placement under change.
#[derive(Debug, Clone)]
pub struct PlanSearch {
    held: Vec<Vec<(SegmentIndex, i64)>>,
    load: Load,
    cost: f64,
    moves: Vec<Move>,
}

impl PlanSearch {
    /// The search from a placement: movable segments with their rows by node, and the load of the nodes.
    pub fn new(held: Vec<Vec<(SegmentIndex, i64)>>, load: Load) -> PlanSearch {
        PlanSearch { held, load, cost: 0.0, moves: Vec::new() }
    }

    /// The cost carried from generator to generator.
    pub fn cost(&self) -> f64 {
        self.cost
    }

    /// The load as planned.
    pub fn load(&self) -> &Load {
        &self.load
    }

    /// The movable segments by node, as planned.
    pub fn held(&self) -> &[Vec<(SegmentIndex, i64)>] {
        &self.held
    }

    /// The moves as merged.
    pub fn moves(&self) -> &[Move] {
        &self.moves
    }

    /// Runs one generator.
    pub fn run(
        &mut self,
        generator: Generator,
        steps: i64,
        parameters: &Parameters,
        random: &mut Random,
        witness: &mut (impl Witness + ?Sized),
    ) {
        if self.held.is_empty() {
            return;
        }
        if self.cost == 0.0 || generator == Generator::Random {
            self.cost = self.load.cost(parameters);
        }
        if generator == Generator::Random {
            for _ in 0..steps {
                self.random_step(parameters, random, witness);
            }
        } else {
            self.extremes(generator, steps, parameters, random, witness);
        }
    }

    /// Applies moves without asking for their cost.
    pub fn apply(&mut self, steps: &[Move]) {
        for step in steps {
            let place = self.held[step.from].iter().position(|(segment, _)| *segment == step.segment);
            let place = place.expect("a move starts where the segment is");
            let (segment, rows) = self.held[step.from].remove(place);
            self.held[step.to].push((segment, rows));
            self.load.shift(step.from, step.to, rows);
        }
    }

    /// Applies moves if they make the placement better by what counts as a difference.
    fn try_moves(
        &mut self,
        steps: &[(Move, i64)],
        parameters: &Parameters,
        witness: &mut (impl Witness + ?Sized),
    ) -> bool {
        for (step, rows) in steps {
            self.load.shift(step.from, step.to, *rows);
        }
        let after = self.load.cost(parameters);
        for (step, rows) in steps {
            self.load.shift(step.to, step.from, *rows);
        }
        let difference = (after - self.cost).abs();
        let (threshold, before) = (parameters.balance_cost_threshold, self.cost);
        witness.decided(&|instead: &Instead<'_>| {
            difference >= instead.of(THRESHOLD_KEY, threshold) && after < before
        });
        let counts = witness.at_least(Some(THRESHOLD_KEY), difference, threshold);
        if !counts || !witness.below(None, after, self.cost) {
            return false;
        }
        self.cost = after;
        for (step, _) in steps {
            self.apply(&[*step]);
            merge(&mut self.moves, *step);
        }
        true
    }

    fn extremes(
        &mut self,
        generator: Generator,
        steps: i64,
        parameters: &Parameters,
        random: &mut Random,
        witness: &mut (impl Witness + ?Sized),
    ) {
        let mut order: Vec<usize> = (0..self.held.len()).collect();
        let mut is_sorted = false;
        for _ in 0..steps {
            if !is_sorted {
                let keys = match generator {
                    Generator::Rows => &self.load.rows,
                    Generator::GlobalRows => &self.load.global_rows,
                    Generator::Segments => &self.load.segments,
                    _ => &self.load.global_segments,
                };
                order.sort_by_key(|place| (keys[*place], *place));
            }
            let (least, most) = (order[0], order[order.len() - 1]);
            if self.held[most].is_empty() {
                break;
            }
            let (segment, rows) = pick(&self.held[most], random);
            let step = Move { segment, from: most, to: least };
            is_sorted = !self.try_moves(&[(step, rows)], parameters, witness);
        }
    }

    fn random_step(
        &mut self,
        parameters: &Parameters,
        random: &mut Random,
        witness: &mut (impl Witness + ?Sized),
    ) {
        let nodes = self.held.len() as u64;
        let (first, second) = (random.below(nodes) as usize, random.below(nodes) as usize);
        if first == second || self.held[first].is_empty() || self.held[second].is_empty() {
            return;
        }
        let (segment, rows) = pick(&self.held[first], random);
        let (other, other_rows) = pick(&self.held[second], random);
        let there = (Move { segment, from: first, to: second }, rows);
        let back = (Move { segment: other, from: second, to: first }, other_rows);
        if random.below(2) == 0 {
            self.try_moves(&[there], parameters, witness);
        } else {
            self.try_moves(&[there, back], parameters, witness);
        }
    }
}

fn pick(held: &[(SegmentIndex, i64)], random: &mut Random) -> (SegmentIndex, i64) {
    held[random.below(held.len() as u64) as usize]
}
