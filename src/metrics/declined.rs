//! Why nothing was planned: how often each reason counted.

use crate::policy::reason::ReasonCode;
use std::collections::BTreeMap;

/// Reasons counted.
#[derive(Debug, Clone)]
pub struct DeclinedCounts {
    /// By code, in the order of their declaration.
    counts: [u64; ReasonCode::ALL.len()],
}

impl Default for DeclinedCounts {
    fn default() -> DeclinedCounts {
        DeclinedCounts { counts: [0; ReasonCode::ALL.len()] }
    }
}

impl DeclinedCounts {
    /// So many more rounds in which a replica yielded no move for this reason.
    pub fn add(&mut self, code: ReasonCode, times: u64) {
        self.counts[code as usize] += times;
    }

    /// Reason code -> count, in the order of the codes' names.
    pub fn figures(&self) -> BTreeMap<&'static str, u64> {
        let counted = ReasonCode::ALL.into_iter().zip(self.counts).filter(|(_, count)| *count > 0);
        counted.map(|(code, count)| (code.text(), count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_count_of_its_own() {
        let mut counts = DeclinedCounts::default();
        for (place, code) in ReasonCode::ALL.into_iter().enumerate() {
            counts.add(code, place as u64);
            counts.add(code, 1);
        }
        let figures = counts.figures();
        for (code, count) in ReasonCode::ALL.into_iter().zip(1..) {
            assert_eq!(figures[code.text()], count);
        }
    }
}
