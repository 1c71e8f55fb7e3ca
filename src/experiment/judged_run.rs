//! One run to its end with everybody listening who has a verdict to give.

use super::running::Running;
use crate::metrics::effects::{Effects, InVain};
use crate::metrics::expected_errors::ExpectedErrors;
use crate::metrics::meter::Meter;
use crate::metrics::summary::Summary;
use crate::scenario::Scenario;
use crate::simulation::history::{Moment, Observer, Record};
use std::sync::Arc;

/// How a run of a scenario is begun: [`Running::start`], or [`Running::with_policy`].
///
/// # Errors
///
/// Texts of why the scenario cannot be placed.
pub type Begin<'a> = dyn Fn(&Arc<Scenario>) -> Result<Running, Vec<String>> + Sync + 'a;

/// What is left of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedRun {
    /// The figures, with the expectations and the expected errors.
    pub summary: Summary,
    /// Timeline entries without effect.
    pub in_vain: Vec<InVain>,
}

struct Listeners<'a> {
    meter: Meter<'a>,
    errors: ExpectedErrors<'a>,
    effects: Effects<'a>,
}

impl Observer for Listeners<'_> {
    fn record(&mut self, moment: Moment<'_>, sequence: u64, record: &Record<'_>) {
        self.meter.record(moment, sequence, record);
        self.errors.record(moment, sequence, record);
        self.effects.record(moment, sequence, record);
    }

    fn changed(&mut self, moment: Moment<'_>) {
        self.meter.changed(moment);
    }

    fn sample(&mut self, moment: Moment<'_>) {
        self.meter.sample(moment);
    }
}

/// Runs a scenario to its end.
///
/// # Errors
///
/// Texts of why the scenario cannot be placed, or why its run could not go on.
pub fn run(scenario: &Arc<Scenario>, begin: &Begin<'_>) -> Result<JudgedRun, Vec<String>> {
    let mut running = begin(scenario)?;
    let mut listeners = Listeners {
        meter: Meter::new(scenario),
        errors: ExpectedErrors::new(scenario),
        effects: Effects::new(scenario),
    };
    while running.step(&mut listeners)? {}
    let mut summary = listeners.meter.finish(running.world().moment(), running.ending());
    summary.expectations.extend(listeners.errors.finish());
    Ok(JudgedRun { summary, in_vain: listeners.effects.finish() })
}
