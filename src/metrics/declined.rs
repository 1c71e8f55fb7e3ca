//! Why nothing was planned: how often each reason counted.

use crate::policy::reason::ReasonCode;
use std::collections::BTreeMap;

/// Reasons counted.
#[derive(Debug, Clone, Default)]
pub struct DeclinedCounts {
    counts: BTreeMap<ReasonCode, u64>,
}

impl DeclinedCounts {
    /// One more round in which a replica yielded no move for this reason.
    pub fn add(&mut self, code: ReasonCode) {
        *self.counts.entry(code).or_default() += 1;
    }

    /// Reason code -> count, in the order of the codes' names.
    pub fn figures(&self) -> BTreeMap<&'static str, u64> {
        self.counts.iter().map(|(code, count)| (code.text(), *count)).collect()
    }
}
