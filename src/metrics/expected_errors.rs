//! The errors that timeline entries are expected to end with, held against what their clients got.

use super::summary::ExpectationResult;
use crate::scenario::Scenario;
use crate::scenario::timeline::{ExpectedError, TimelineEntry};
use crate::simulation::history::{Moment, Observer, Record};
use serde_json::json;

/// A command of the timeline that is expected to fail.
#[derive(Debug)]
struct Watch<'a> {
    entry: &'a TimelineEntry,
    expected: &'a ExpectedError,
    /// Position in the timeline, which is the order of the commands' records.
    position: usize,
    of: Option<u64>,
    got: Option<(i32, String)>,
}

/// Listens for the answers of commands that are expected to fail.
#[derive(Debug)]
pub struct ExpectedErrors<'a> {
    watches: Vec<Watch<'a>>,
    commands: usize,
}

impl<'a> ExpectedErrors<'a> {
    /// The expected errors of a scenario, before anything happened.
    pub fn new(scenario: &'a Scenario) -> ExpectedErrors<'a> {
        let entries = scenario.timeline.iter().enumerate();
        let watches = entries.filter_map(|(position, entry)| {
            let expected = entry.expect_error.as_ref()?;
            Some(Watch { entry, expected, position, of: None, got: None })
        });
        ExpectedErrors { watches: watches.collect(), commands: 0 }
    }

    /// The answers, in the order of the timeline.
    pub fn finish(self) -> Vec<ExpectationResult> {
        self.watches.into_iter().map(Watch::result).collect()
    }
}

impl Watch<'_> {
    fn result(self) -> ExpectationResult {
        let expected = match self.expected {
            ExpectedError::Exact { code, text } => json!({ "code": code, "text": text }),
            ExpectedError::Contains(part) => json!({ "contains": part }),
        };
        let holds = match (&self.got, self.expected) {
            (Some((code, text)), ExpectedError::Exact { code: wanted, text: words }) => {
                code == wanted && text == words
            }
            (Some((_, text)), ExpectedError::Contains(part)) => text.contains(part),
            (None, _) => false,
        };
        let verb = format!("{} at {}", self.entry.verb, self.entry.at);
        let (actual, reason) = match self.got {
            None => (json!(null), format!("{verb} got no answer before the end")),
            Some((0, _)) => (json!("success"), format!("{verb} succeeded")),
            Some((code, text)) => {
                let reason = format!("{verb} was answered with code {code}: {text}");
                (json!({ "code": code, "text": text }), reason)
            }
        };
        let expectation =
            json!({ "at": self.entry.at.to_string(), "verb": self.entry.verb, "expect_error": expected });
        ExpectationResult { expectation, holds, actual, reason }
    }
}

impl Observer for ExpectedErrors<'_> {
    fn record(&mut self, _moment: Moment<'_>, sequence: u64, record: &Record<'_>) {
        match record {
            Record::Command { .. } => {
                let position = self.commands;
                self.commands += 1;
                for watch in self.watches.iter_mut().filter(|watch| watch.position == position) {
                    watch.of = Some(sequence);
                }
            }
            Record::CommandResult { of, code, text, .. } => {
                for watch in self.watches.iter_mut().filter(|watch| watch.of == Some(*of)) {
                    watch.got = Some((*code, (*text).to_owned()));
                }
            }
            _ => {}
        }
    }

    fn changed(&mut self, _moment: Moment<'_>) {}

    fn sample(&mut self, _moment: Moment<'_>) {}
}
