//! Runs of many scenarios on several threads; the outcomes come in the order of the scenarios.

use super::pool;
use super::running::Running;
use crate::metrics::curves::CurvesCollector;
use crate::metrics::meter::Meter;
use crate::metrics::summary::Summary;
use crate::scenario::Scenario;
use std::sync::Arc;

/// Memory skew over time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Course {
    /// The instants, in milliseconds.
    pub times_ms: Vec<u64>,
    /// Highest less lowest rate over the cluster at each.
    pub max_difference: Vec<Option<f64>>,
}

/// What is left of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The figures.
    pub summary: Summary,
    /// The course of memory skew.
    pub course: Course,
}

/// Runs every scenario on at most `threads` threads. A run depends on nothing but its scenario, so the number
/// of threads changes no outcome. A scenario that cannot be placed, or
/// whose policy fails, yields the texts of why not. `told` is called after every run.
pub fn run_all(
    scenarios: &[Arc<Scenario>],
    threads: usize,
    told: &(dyn Fn() + Sync),
) -> Vec<Result<Outcome, Vec<String>>> {
    pool::all(scenarios, threads, |scenario| {
        let outcome = outcome(scenario, Running::start(scenario)?)?;
        told();
        Ok(outcome)
    })
}

/// Runs to the end and leaves the figures; `scenario` is the one that was started.
///
/// # Errors
///
/// Texts of why the run could not go on.
pub fn outcome(scenario: &Scenario, mut running: Running) -> Result<Outcome, Vec<String>> {
    let mut curves = CurvesCollector::new();
    let mut meter = Meter::new(scenario).with_sink(Box::new(&mut curves));
    while running.step(&mut meter)? {}
    let summary = meter.finish(running.world().moment(), running.ending());
    let curves = curves.finish();
    let course = Course { times_ms: curves.times_ms, max_difference: curves.max_difference };
    Ok(Outcome { summary, course })
}
