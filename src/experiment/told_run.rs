//! A run that tells its events one after the other, and its figures at the end.

use super::first_difference::{Teller, Told};
use super::running::Running;
use crate::metrics::expected_errors::ExpectedErrors;
use crate::metrics::meter::Meter;
use crate::metrics::summary::Summary;
use crate::scenario::Scenario;
use crate::simulation::digest::Digest;
use crate::simulation::history::{Moment, Observer, Record};
use std::collections::VecDeque;

/// How the line of a record is written: the line is appended without its end, or nothing.
pub type WriteLine = fn(&mut Vec<u8>, Moment<'_>, u64, &Record<'_>);

/// A run under way whose events are asked for.
pub struct ToldRun<'a> {
    running: Running,
    listener: Listener<'a>,
}

struct Listener<'a> {
    meter: Meter<'a>,
    errors: ExpectedErrors<'a>,
    digest: Digest,
    write_line: WriteLine,
    /// Whether somebody still asks for events.
    is_asked: bool,
    waiting: VecDeque<Told>,
}

impl<'a> ToldRun<'a> {
    /// A run that has not begun; `scenario` is the one that was started.
    pub fn new(scenario: &'a Scenario, running: Running, write_line: WriteLine) -> ToldRun<'a> {
        let listener = Listener {
            meter: Meter::new(scenario),
            errors: ExpectedErrors::new(scenario),
            digest: Digest::default(),
            write_line,
            is_asked: true,
            waiting: VecDeque::new(),
        };
        ToldRun { running, listener }
    }

    /// Runs to the end, and leaves the figures of the whole run.
    ///
    /// # Errors
    ///
    /// Texts of why the run could not go on.
    pub fn finish(mut self) -> Result<Summary, Vec<String>> {
        self.listener.is_asked = false;
        while self.running.step(&mut self.listener)? {}
        let mut summary = self.listener.meter.finish(self.running.world().moment(), self.running.ending());
        summary.expectations.extend(self.listener.errors.finish());
        Ok(summary)
    }
}

impl Teller for ToldRun<'_> {
    fn next(&mut self) -> Result<Option<Told>, Vec<String>> {
        loop {
            if let Some(told) = self.listener.waiting.pop_front() {
                return Ok(Some(told));
            }
            if !self.running.step(&mut self.listener)? {
                // The end of the run is an event, too.
                return Ok(self.listener.waiting.pop_front());
            }
        }
    }
}

impl Observer for Listener<'_> {
    fn record(&mut self, moment: Moment<'_>, sequence: u64, record: &Record<'_>) {
        self.meter.record(moment, sequence, record);
        self.errors.record(moment, sequence, record);
        if !self.is_asked {
            return;
        }
        let mut line = Vec::new();
        (self.write_line)(&mut line, moment, sequence, record);
        if line.is_empty() {
            return;
        }
        // The digest up to and with this event: equal as long as everything was.
        let mark = (!record.is_decline() && !matches!(record, Record::Start { .. })).then(|| {
            self.digest.add(moment.now, record, moment.cluster);
            self.digest.value()
        });
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        self.waiting.push_back(Told { at: moment.now, line, mark });
    }

    fn changed(&mut self, moment: Moment<'_>) {
        self.meter.changed(moment);
    }

    fn sample(&mut self, moment: Moment<'_>) {
        self.meter.sample(moment);
    }
}
