//! How the timeline's commands ended.

use super::summary::CommandCounts;
use crate::simulation::history::CommandOutcome;
use std::collections::BTreeSet;

/// Commands given, and those still without an answer.
#[derive(Debug, Clone, Default)]
pub struct CommandLedger {
    counts: CommandCounts,
    waiting: BTreeSet<u64>,
}

impl CommandLedger {
    /// A command was given; its answer will name `sequence`.
    pub fn given(&mut self, sequence: u64, expects_answer: bool) {
        if expects_answer {
            self.waiting.insert(sequence);
        }
    }

    /// The client of the command with this sequence number got an answer, or gave up.
    pub fn answered(&mut self, sequence: u64, outcome: CommandOutcome) {
        self.waiting.remove(&sequence);
        let count = match outcome {
            CommandOutcome::Success => &mut self.counts.success,
            CommandOutcome::Refused => &mut self.counts.refused,
            CommandOutcome::TimedOut => &mut self.counts.timed_out,
        };
        *count += 1;
    }

    /// Figures so far; what waits is unfinished.
    pub fn figures(&self) -> CommandCounts {
        CommandCounts { unfinished: self.waiting.len() as u64, ..self.counts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_counts_as_unfinished_until_its_answer() {
        let mut ledger = CommandLedger::default();
        ledger.given(3, true);
        ledger.given(4, false);
        ledger.given(5, true);
        ledger.answered(5, CommandOutcome::TimedOut);
        assert_eq!(
            ledger.figures(),
            CommandCounts { timed_out: 1, unfinished: 1, ..CommandCounts::default() }
        );
    }
}
