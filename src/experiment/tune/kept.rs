//! Runs of a search as they are kept: by what each is known again, and what came of it.

use super::known::{Job, Outcome};
use super::space::Reach;
use crate::policy::watch::Span;
use serde::{Deserialize, Serialize};

/// Where finished runs are kept beyond one search.
pub trait RunStore: Sync {
    /// What came of a run, if it was made before.
    fn recall(&self, job: &Job) -> Option<Outcome>;

    /// Keeps what came of a run that has just been made.
    fn keep(&self, job: &Job, outcome: &Outcome);
}

/// Nothing is kept.
#[derive(Debug, Clone, Copy)]
pub struct NoStore;

impl RunStore for NoStore {
    fn recall(&self, _job: &Job) -> Option<Outcome> {
        None
    }

    fn keep(&self, _job: &Job, _outcome: &Outcome) {}
}

/// A finished run as it is kept: one line of JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptRun {
    /// Name of its scenario.
    pub scenario: String,
    /// Its seed.
    pub seed: u64,
    /// Its keys and values, `key=value`, in the order of the search.
    pub settings: Vec<String>,
    /// By what it is known again: 32 hex digits over all that it depends on.
    pub key: String,
    /// 32 hex digits over what happened.
    pub digest: String,
    /// What is to be made small; null = infinite.
    pub value: Option<f64>,
    /// Whether all conditions hold.
    pub holds: bool,
    /// By key of the search, with which of its values the run would be the same.
    pub reaches: Vec<KeptReach>,
}

/// With which values of a key a run would be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptReach {
    /// From this rung of the key's values to that one.
    Rungs(i64, i64),
    /// With the value at this place only.
    Value(usize),
}

impl KeptRun {
    /// What came of it.
    pub fn outcome(&self) -> Outcome {
        let reach = |reach: &KeptReach| match *reach {
            KeptReach::Rungs(low, high) => Reach::Rungs(Span { low, high }),
            KeptReach::Value(place) => Reach::Value(place),
        };
        Outcome {
            reaches: self.reaches.iter().map(reach).collect(),
            value: self.value.unwrap_or(f64::INFINITY),
            holds: self.holds,
            digest: self.digest.clone(),
        }
    }

    /// The same for what came of a run.
    pub fn with(self, outcome: &Outcome) -> KeptRun {
        let reach = |reach: &Reach| match *reach {
            Reach::Rungs(Span { low, high }) => KeptReach::Rungs(low, high),
            Reach::Value(place) => KeptReach::Value(place),
        };
        KeptRun {
            reaches: outcome.reaches.iter().map(reach).collect(),
            value: outcome.value.is_finite().then_some(outcome.value),
            holds: outcome.holds,
            digest: outcome.digest.clone(),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reach() -> impl Strategy<Value = Reach> {
        prop_oneof![
            (any::<i64>(), any::<i64>()).prop_map(|(low, high)| Reach::Rungs(Span { low, high })),
            (0usize..100).prop_map(Reach::Value),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_line_gives_back_what_came_of_the_run(
            value in prop_oneof![Just(f64::INFINITY), any::<f64>().prop_filter("finite", |value| value.is_finite())],
            holds: bool,
            reaches in prop::collection::vec(reach(), 0..4),
        ) {
            let outcome = Outcome { reaches, value, holds, digest: "0".repeat(32) };
            let empty = KeptRun {
                scenario: "s".to_owned(),
                seed: u64::MAX,
                settings: vec!["a=1".to_owned()],
                key: "1".repeat(32),
                digest: String::new(),
                value: None,
                holds: false,
                reaches: Vec::new(),
            };
            let line = serde_json::to_string(&empty.with(&outcome)).expect("a line");
            let read: KeptRun = serde_json::from_str(&line).expect("a run");
            prop_assert_eq!(read.outcome(), outcome);
        }
    }
}
