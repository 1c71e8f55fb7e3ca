//! What the author of a scenario expects of its run.

use crate::units::SimTime;

/// One expectation, with its text as written.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// The expectation as compact JSON, for reports.
    pub text: String,
    /// What is claimed.
    pub claim: Claim,
}

/// What is claimed.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// A figure of `summary.json` keeps a bound.
    Metric {
        /// Keys from the top of `summary.json` down.
        path: Vec<String>,
        /// The bound.
        bound: Bound,
        /// The closed interval in which it must hold; `None` = the figure at the end of the run.
        during: Option<(SimTime, SimTime)>,
    },
    /// A query node is in a condition.
    QueryNode {
        /// Its id.
        id: i64,
        /// The condition.
        is: NodeCondition,
        /// When.
        when: When,
    },
    /// The coordinator records a segment on exactly these nodes.
    Segment {
        /// Its id.
        id: i64,
        /// Node ids, ascending.
        on: Vec<i64>,
        /// When, after all events up to and including it.
        at: SimTime,
    },
    /// The last disturbance up to `by` has settled, its last move ended by then.
    Settled {
        /// When.
        by: SimTime,
    },
}

/// A bound on a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Not above.
    AtMost(f64),
    /// Not below.
    AtLeast(f64),
    /// Exactly.
    Equals(f64),
}

/// What a query node can be expected to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeCondition {
    /// The coordinator records no sealed segment and no channel on it, and no task for it.
    Empty,
    /// Its process lives and it is registered.
    Up,
    /// Its process is gone.
    Down,
    /// It has announced its stop.
    Stopping,
}

/// When a condition is to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// After all events up to and including this time.
    At(SimTime),
    /// At every moment of the closed interval.
    During(SimTime, SimTime),
}
