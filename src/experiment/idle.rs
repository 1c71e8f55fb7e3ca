//! Expectations that no run could fail: they look like a test and are none.

use crate::metrics::summary::Summary;
use crate::scenario::expectation::{Bound, Claim, Expectation};

/// An expectation that says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idle {
    /// The expectation as written.
    pub expectation: String,
    /// Why no run could fail it, in words.
    pub reason: String,
}

/// The expectations of a scenario that its run could not have failed.
pub fn find(expectations: &[Expectation], summary: &Summary) -> Vec<Idle> {
    let idle = |expectation: &Expectation| {
        let Claim::Metric { path, bound, .. } = &expectation.claim else { return None };
        let name = path.join(".");
        let reason = match (*bound, name.as_str()) {
            (Bound::AtLeast(limit), _) if limit <= 0.0 => format!("{name} is never below 0"),
            (Bound::AtMost(_), "moves.net_zero_ratio") if summary.moves.completed == 0 => {
                "no move was completed that could have been in vain".to_owned()
            }
            (Bound::AtMost(_), "channel_moves.net_zero_ratio") if summary.channel_moves.completed == 0 => {
                "no channel was moved that could have come back".to_owned()
            }
            (Bound::AtMost(limit), _) if name.ends_with("net_zero_ratio") && limit >= 1.0 => {
                format!("{name} is never above 1")
            }
            (Bound::AtMost(limit), _) if name.ends_with("gini") && limit >= 1.0 => {
                format!("{name} is never above 1")
            }
            _ => return None,
        };
        Some(Idle { expectation: expectation.text.clone(), reason })
    };
    expectations.iter().filter_map(idle).collect()
}
