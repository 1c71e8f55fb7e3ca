//! Kept trials become combinations: each figure over the seeds, and who does the same as whom.

use super::front::front;
use super::statistics::Estimate;
use super::sweep::Plan;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use xxhash_rust::xxh3::Xxh3;

/// A finished trial as it is kept: one line of JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Its number, from 0.
    pub trial: u64,
    /// By what it is known again.
    pub key: String,
    /// 32 hex digits over what happened.
    pub digest: String,
    /// The figures of the plan; null = undefined in this run.
    pub figures: Vec<Option<f64>>,
    /// Why what its seed draws cannot be placed; then there was no run, and nothing is defined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// One combination of one scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Combination {
    /// Position of the scenario.
    pub scenario: usize,
    /// Number of the combination, from 0 in every scenario.
    pub number: u64,
    /// The figures of the plan over the seeds.
    pub figures: Vec<Estimate>,
    /// How many seeds draw what cannot be placed.
    pub unplaced: u64,
    /// 32 hex digits over the digests of its trials: those with the same one did the same under every seed.
    pub digest: String,
    /// Whether no other combination of the scenario is better in both figures of the front.
    pub is_on_front: bool,
}

/// A finished sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// What was run.
    pub plan: Plan,
    /// The combinations, scenario by scenario, in the order of their numbers.
    pub combinations: Vec<Combination>,
}

/// Takes in the trials of a sweep in the order of their numbers. What it holds grows with the number of
/// combinations, not with that of seeds.
pub struct Tally<'p> {
    plan: &'p Plan,
    combinations: Vec<Combination>,
    current: Vec<Estimate>,
    unplaced: u64,
    digest: Xxh3,
    taken: u64,
}

impl<'p> Tally<'p> {
    /// Nothing taken in yet.
    pub fn new(plan: &'p Plan) -> Tally<'p> {
        let current = vec![Estimate::default(); plan.figures.len()];
        Tally { plan, combinations: Vec::new(), current, unplaced: 0, digest: Xxh3::new(), taken: 0 }
    }

    /// Takes in the next trial.
    pub fn take(&mut self, kept: &Kept) {
        for (estimate, value) in self.current.iter_mut().zip(&kept.figures) {
            if let Some(value) = value {
                estimate.add(*value);
            }
        }
        self.unplaced += u64::from(kept.fault.is_some());
        self.digest.update(kept.digest.as_bytes());
        let spot = self.plan.spot(self.taken);
        self.taken += 1;
        if self.taken.is_multiple_of(self.plan.seeds) {
            let fresh = vec![Estimate::default(); self.plan.figures.len()];
            self.combinations.push(Combination {
                scenario: spot.scenario,
                number: spot.combination,
                figures: std::mem::replace(&mut self.current, fresh),
                unplaced: std::mem::take(&mut self.unplaced),
                digest: format!("{:032x}", std::mem::replace(&mut self.digest, Xxh3::new()).digest128()),
                is_on_front: false,
            });
        }
    }

    /// All trials are taken in.
    pub fn finish(self) -> Results {
        let mut results = Results { plan: self.plan.clone(), combinations: self.combinations };
        let [first, second] = results.front_figures();
        for combinations in results.combinations.chunk_by_mut(|one, other| one.scenario == other.scenario) {
            let mean = |combination: &Combination, figure: usize| combination.figures[figure].mean();
            let points: Vec<_> =
                combinations.iter().map(|one| (mean(one, first), mean(one, second))).collect();
            for (combination, is_on_front) in combinations.iter_mut().zip(front(&points)) {
                combination.is_on_front = is_on_front;
            }
        }
        results
    }
}

impl Results {
    /// Positions of the two figures of the front among the plan's.
    pub fn front_figures(&self) -> [usize; 2] {
        let place = |path: &String| self.plan.figures.iter().position(|figure| figure == path);
        self.plan.pareto.each_ref().map(|path| place(path).unwrap_or(0))
    }

    /// The combinations of one scenario.
    pub fn of_scenario(&self, scenario: usize) -> &[Combination] {
        let begin = self.combinations.partition_point(|one| one.scenario < scenario);
        let end = self.combinations.partition_point(|one| one.scenario <= scenario);
        &self.combinations[begin..end]
    }

    /// How many different courses the combinations of one scenario took.
    pub fn courses(&self, scenario: usize) -> usize {
        let digests = self.of_scenario(scenario).iter().map(|one| one.digest.as_str());
        digests.collect::<BTreeSet<&str>>().len()
    }
}
