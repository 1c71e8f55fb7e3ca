//! One run to its end with everybody listening who has a verdict to give.

use crate::metrics::effects::{Effects, InVain};
use crate::metrics::expected_errors::ExpectedErrors;
use crate::metrics::meter::{Ending, Meter};
use crate::metrics::summary::Summary;
use crate::scenario::Scenario;
use crate::simulation::history::{Moment, Observer, Record};
use crate::simulation::run::Simulation;
use std::sync::Arc;

/// How a run of a scenario is begun: [`Simulation::new`], or a run with a policy of one's own.
///
/// # Errors
///
/// Texts of why the scenario cannot be placed.
pub type Begin<'a> = dyn Fn(&Arc<Scenario>) -> Result<Simulation, Vec<String>> + Sync + 'a;

/// What is left of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
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
/// Texts of why the scenario cannot be placed.
pub fn run(scenario: &Arc<Scenario>, begin: &Begin<'_>) -> Result<Trial, Vec<String>> {
    let mut simulation = begin(scenario)?;
    let mut listeners = Listeners {
        meter: Meter::new(scenario),
        errors: ExpectedErrors::new(scenario),
        effects: Effects::new(scenario),
    };
    while simulation.step(&mut listeners) {}
    let world = simulation.world();
    let ending = Ending {
        balancer: scenario.balancer().to_owned(),
        digest: world.digest(),
        events: world.lines(),
        samples_written: 0,
    };
    let mut summary = listeners.meter.finish(world.moment(), ending);
    summary.expectations.extend(listeners.errors.finish());
    Ok(Trial { summary, in_vain: listeners.effects.finish() })
}
