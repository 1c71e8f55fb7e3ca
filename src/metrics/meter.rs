//! The meter of a run: listens, and says at the end what `summary.json` says.

use super::assumptions;
use super::expectations::Expectations;
use super::figures::Figures;
use super::sampler::{SampleSink, Sampler};
use super::summary::{MilvusSummary, SampleCounts, ScopeSkew, Scopes, Summary};
use crate::scenario::{Chance, Scenario};
use crate::simulation::history::{Moment, Observer, Record};

/// What the summary says and the meter does not know by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Name of the balance policy.
    pub balancer: String,
    /// 32 hex digits over what happened.
    pub digest: String,
    /// Lines of the event log.
    pub events: u64,
    /// Sampling instants written to the CSV files.
    pub samples_written: u64,
}

/// Reckons the figures of one run.
pub struct Meter<'a> {
    scenario: &'a Scenario,
    figures: Figures,
    expectations: Expectations<'a>,
    sampler: Sampler<'a>,
}

impl<'a> Meter<'a> {
    /// A meter for a run of `scenario` that has not begun.
    pub fn new(scenario: &'a Scenario) -> Meter<'a> {
        Meter {
            scenario,
            figures: Figures::new(scenario),
            expectations: Expectations::new(scenario),
            sampler: Sampler::default(),
        }
    }

    /// Also hands every sample to `sink`, which may be borrowed (`Box::new(&mut curves)`).
    #[must_use]
    pub fn with_sink(mut self, sink: Box<dyn SampleSink + 'a>) -> Meter<'a> {
        self.sampler.add(sink);
        self
    }

    /// The figures so far.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// The run is over; `moment` is the state after its last event.
    pub fn finish(mut self, moment: Moment<'_>, ending: Ending) -> Summary {
        if self.figures.is_behind(moment) {
            self.changed(moment);
        }
        let end_ms = moment.now.as_ms();
        let mut summary = summary(self.scenario, &self.figures, end_ms, ending);
        if !self.scenario.expectations.is_empty() {
            // Figures of a run are plain numbers, texts and maps with text keys: this cannot fail.
            let figures = serde_json::to_value(&summary).unwrap_or_default();
            summary.expectations = self.expectations.finish(end_ms, &self.figures, &figures, &summary.settle);
        }
        summary
    }

    fn look(&mut self, moment: Moment<'_>, is_sample: bool) {
        self.expectations.before(moment.now, &self.figures);
        self.figures.look(moment, is_sample);
        self.expectations.after(moment, &self.figures);
        if is_sample {
            self.sampler.sample(moment, &self.figures);
        }
    }
}

impl Observer for Meter<'_> {
    fn record(&mut self, moment: Moment<'_>, sequence: u64, record: &Record<'_>) {
        self.expectations.before(moment.now, &self.figures);
        self.figures.record(moment, sequence, record);
    }

    fn changed(&mut self, moment: Moment<'_>) {
        self.look(moment, false);
    }

    fn sample(&mut self, moment: Moment<'_>) {
        self.look(moment, true);
    }
}

fn summary(scenario: &Scenario, figures: &Figures, end_ms: u64, ending: Ending) -> Summary {
    let chance = match scenario.chance {
        Chance::Seeded => "seeded",
        Chance::Ascending => "ascending",
    };
    let (all, trackers) = (figures.scopes.all(), figures.scopes.trackers());
    let (fixed, replicas) = all.split_at(figures.scopes.first_replica());
    let named = |scopes: &[super::scopes::scope::Scope]| {
        let skews = scopes
            .iter()
            .map(|scope| (scope.name.to_string(), ScopeSkew { skew: scope.skew(trackers, end_ms) }));
        skews.collect()
    };
    Summary {
        format: 1,
        evenkeel: env!("CARGO_PKG_VERSION"),
        scenario: scenario.name.clone(),
        seed: scenario.seed,
        milvus: MilvusSummary { version: scenario.release.to_string(), balancer: ending.balancer, chance },
        duration_ms: scenario.duration.as_ms(),
        ended_at_ms: end_ms,
        digest: ending.digest,
        config: assumptions::config(&scenario.config),
        assumptions: assumptions::assumptions(&scenario.hardware),
        nodes: figures.nodes,
        segments: figures.segments,
        events: ending.events,
        samples: SampleCounts { taken: figures.samples.taken, written: ending.samples_written },
        skew: all[0].skew(trackers, end_ms),
        scopes: Scopes { resource_groups: named(&fixed[1..]), replicas: named(replicas) },
        settle: figures.settle.finish(end_ms),
        moves: figures.moves.segments(),
        channel_moves: figures.moves.channels(),
        overload: figures.overload.figures(end_ms),
        service: figures.service.figures(end_ms),
        declined: figures.declined.figures(),
        commands: figures.commands.figures(),
        expectations: Vec::new(),
    }
}
