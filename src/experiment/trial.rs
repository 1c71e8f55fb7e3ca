//! One run of many: a scenario under one seed, and the figures chosen of it.

use super::figure::{Figure, values};
use super::pool;
use super::running::Running;
use crate::metrics::meter::Meter;
use crate::scenario::Scenario;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is run: a scenario under a seed that need not be its own.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The scenario, shared by all its seeds.
    pub scenario: Arc<Scenario>,
    /// Seed of everything random.
    pub seed: u64,
}

impl Trial {
    /// The scenario under the seed.
    pub fn seeded(&self) -> Arc<Scenario> {
        if self.scenario.seed == self.seed {
            return Arc::clone(&self.scenario);
        }
        Arc::new(self.scenario.with_seed(self.seed))
    }
}

/// What is left of a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The figures, in the order chosen; `None` = undefined in this run.
    pub figures: Vec<Option<f64>>,
    /// 32 hex digits over what happened.
    pub digest: String,
}

/// Runs trials on `threads` threads and hands what is left of each, with its number from 0, to `on_done` in
/// the order of the trials. Memory does not grow with their number. A trial that cannot be placed hands on the
/// texts of why not.
pub fn run_trials(
    trials: impl IntoIterator<Item = Trial>,
    figures: &[Figure],
    threads: usize,
    on_done: impl FnMut(u64, Result<Measured, Vec<String>>) -> ControlFlow<()>,
) {
    pool::in_order(trials, threads, |trial| run_trial(&trial, figures), on_done);
}

/// Runs one trial to its end.
///
/// # Errors
///
/// Texts of what cannot be placed, or why it cannot go on.
pub fn run_trial(trial: &Trial, figures: &[Figure]) -> Result<Measured, Vec<String>> {
    let never = AtomicBool::new(false);
    let measured = run_until(trial, figures, &never)?;
    Ok(measured.expect("nobody asks it to stop"))
}

/// Runs one trial to its end, or until somebody sets `stop`: then nothing is left of it.
///
/// # Errors
///
/// Texts of what cannot be placed, or why it cannot go on.
pub fn run_until(
    trial: &Trial,
    figures: &[Figure],
    stop: &AtomicBool,
) -> Result<Option<Measured>, Vec<String>> {
    let scenario = trial.seeded();
    let mut running = Running::start(&scenario)?;
    let mut meter = Meter::new(&scenario);
    while running.step(&mut meter)? {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
    }
    let summary = meter.finish(running.world().moment(), running.ending());
    let figures = values(figures, &summary);
    Ok(Some(Measured { figures, digest: summary.digest }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::generate::{Plan, Size};
    use crate::scenario::overrides::Overrides;
    use crate::scenario::parse;

    fn scenario(seed: Option<u64>) -> Arc<Scenario> {
        let overrides = Overrides { seed, ..Overrides::default() };
        Arc::new(parse(&Plan::of_size(Size::T).text(), "t", &overrides).expect("a scenario"))
    }

    fn figures(scenario: &Scenario) -> Vec<Figure> {
        let path = |path| Figure::parse(path, scenario).expect("a figure");
        vec![path("skew.mean.max_difference"), path("moves.bytes")]
    }

    #[test]
    fn another_seed_is_the_scenario_read_under_it() {
        let shared = scenario(None);
        let figures = figures(&shared);
        let one = run_trial(&Trial { scenario: shared, seed: 9 }, &figures);
        let other = run_trial(&Trial { scenario: scenario(Some(9)), seed: 9 }, &figures);
        assert!(one.is_ok());
        assert_eq!(one, other);
    }

    #[test]
    fn trials_are_the_same_on_any_number_of_threads() {
        let shared = scenario(None);
        let figures = figures(&shared);
        let run = |threads| {
            let trials = (0..6).map(|seed| Trial { scenario: Arc::clone(&shared), seed });
            let mut done = Vec::new();
            run_trials(trials, &figures, threads, |number, measured| {
                done.push((number, measured));
                ControlFlow::Continue(())
            });
            done
        };
        let alone = run(1);
        assert_eq!(alone.len(), 6);
        assert_ne!(alone[0].1, alone[1].1, "seeds matter");
        assert_eq!(alone, run(3));
    }

    #[test]
    fn a_trial_told_to_stop_leaves_nothing() {
        let scenario = scenario(None);
        let figures = figures(&scenario);
        let stopped = run_until(&Trial { scenario, seed: 1 }, &figures, &AtomicBool::new(true));
        assert_eq!(stopped, Ok(None));
    }
}
