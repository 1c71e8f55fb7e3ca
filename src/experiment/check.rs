//! Scenarios as tests: expectations, effects, and figures held against those that were kept.
//!
//! Expectations and effects are judged under the scenario's own seed, for which they were written; the figures
//! under all seeds of the baseline ([`super::baseline`]). A policy of one's own is checked by handing in how a run begins.

use super::baseline::{Baseline, Comparison};
use super::idle::{self, Idle};
use super::judged_run::{self, Begin};
use super::measured::FIGURES;
use super::pool;
use crate::metrics::effects::InVain;
use crate::metrics::summary::{ExpectationResult, Summary};
use crate::scenario::Scenario;
use std::sync::Arc;

/// A scenario to check.
#[derive(Debug, Clone)]
pub struct Case {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// What was kept of it; `None` = nothing yet.
    pub baseline: Option<Baseline>,
    /// The first seed of the figures; usually the scenario's own.
    pub first_seed: u64,
    /// How many seeds to run for the figures, one after the other; at least 1.
    pub seeds: u32,
}

/// What became of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Its expectations, in file order, and the errors that its commands are to end with.
    pub expectations: Vec<ExpectationResult>,
    /// Timeline entries that had no effect.
    pub in_vain: Vec<InVain>,
    /// Expectations that no run could fail.
    pub idle: Vec<Idle>,
    /// The figures of this run: what would be kept.
    pub measured: Baseline,
    /// The figures held against the kept ones; `None` = nothing was kept.
    pub comparison: Option<Comparison>,
}

impl Checked {
    /// Whether all that was asked of the scenario holds.
    pub fn holds(&self) -> bool {
        self.claims_hold() && self.comparison.as_ref().is_none_or(Comparison::holds)
    }

    /// Whether the scenario's own claims hold, whatever was kept.
    pub fn claims_hold(&self) -> bool {
        let all_hold = self.expectations.iter().all(|expectation| expectation.holds);
        all_hold && self.in_vain.is_empty() && self.idle.is_empty()
    }
}

/// What is left of a scenario under one seed.
struct UnderSeed {
    digest: String,
    figures: Vec<Option<f64>>,
    /// Of the scenario's own seed.
    own: Option<Own>,
}

struct Own {
    release: String,
    balancer: String,
    expectations: Vec<ExpectationResult>,
    in_vain: Vec<InVain>,
    idle: Vec<Idle>,
}

/// Checks scenarios, on at most `threads` threads; the answers are in the order of the cases. `told` is called
/// after every run with the position of its case.
///
/// # Errors
///
/// Of a scenario that cannot be placed under one of its seeds, the texts of why not.
pub fn check(
    cases: &[Case],
    threads: usize,
    begin: &Begin<'_>,
    told: &(dyn Fn(usize) + Sync),
) -> Vec<Result<Checked, Vec<String>>> {
    let jobs_of = |(place, case): (usize, &Case)| case.all_seeds().into_iter().map(move |seed| (place, seed));
    let jobs: Vec<(usize, u64)> = cases.iter().enumerate().flat_map(jobs_of).collect();
    let done = pool::all(&jobs, threads, |(place, seed)| {
        let done = run(&cases[*place].scenario, *seed, begin);
        told(*place);
        done
    });
    let mut done = done.into_iter();
    cases.iter().map(|case| checked(case, done.by_ref().take(case.all_seeds().len()))).collect()
}

impl Case {
    /// The seeds of the figures, before them the scenario's own where it is none of them.
    fn all_seeds(&self) -> Vec<u64> {
        let mut seeds: Vec<u64> =
            (0..u64::from(self.seeds.max(1))).map(|offset| self.first_seed.wrapping_add(offset)).collect();
        if !seeds.contains(&self.scenario.seed) {
            seeds.insert(0, self.scenario.seed);
        }
        seeds
    }

    /// How many runs it takes.
    pub fn runs(&self) -> u64 {
        self.all_seeds().len() as u64
    }
}

/// One run; what is left of it is kept small until all are there.
fn run(own: &Arc<Scenario>, seed: u64, begin: &Begin<'_>) -> Result<UnderSeed, Vec<String>> {
    let is_own = seed == own.seed;
    let scenario = if is_own { Arc::clone(own) } else { Arc::new(own.with_seed(seed)) };
    let trial = judged_run::run(&scenario, begin)?;
    let summary = &trial.summary;
    let own = is_own.then(|| Own {
        release: summary.milvus.version.clone(),
        balancer: summary.milvus.balancer.clone(),
        expectations: summary.expectations.clone(),
        in_vain: trial.in_vain.clone(),
        idle: idle::find(&scenario.expectations, summary),
    });
    Ok(UnderSeed { digest: summary.digest.clone(), figures: figures(summary), own })
}

fn figures(summary: &Summary) -> Vec<Option<f64>> {
    FIGURES.iter().map(|figure| (figure.value)(summary)).collect()
}

fn checked(
    case: &Case,
    runs: impl Iterator<Item = Result<UnderSeed, Vec<String>>>,
) -> Result<Checked, Vec<String>> {
    let mut runs: Vec<UnderSeed> = runs.collect::<Result<_, _>>()?;
    // Every case runs its own seed, too.
    let own = runs.iter_mut().find_map(|run| run.own.take()).ok_or_else(Vec::new)?;
    let runs = &runs[runs.len() - case.seeds.max(1) as usize..];
    let figures = FIGURES.iter().enumerate();
    let figures = figures.map(|(place, figure)| {
        let values = runs.iter().map(|run| run.figures[place]).collect();
        (figure.name, values)
    });
    let measured = Baseline {
        scenario: case.scenario.name.clone(),
        release: own.release,
        balancer: own.balancer,
        first_seed: case.first_seed,
        digests: runs.iter().map(|run| run.digest.clone()).collect(),
        figures: figures.collect(),
    };
    let comparison = case.baseline.as_ref().map(|baseline| measured.against(baseline));
    Ok(Checked { expectations: own.expectations, in_vain: own.in_vain, idle: own.idle, measured, comparison })
}
