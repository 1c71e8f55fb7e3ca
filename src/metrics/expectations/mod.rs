//! What the scenario's author expects, held against the run while it goes on and against its summary.

pub mod running;
pub mod verdict;

use super::figures::Figures;
use super::summary::{ExpectationResult, Settle};
use crate::model::ids::NodeIndex;
use crate::scenario::Scenario;
use crate::scenario::expectation::{Bound, Claim, NodeCondition, When};
use crate::simulation::history::Moment;
use crate::units::SimTime;
use running::RunningFigure;
use serde_json::{Value, json};
use verdict::{Tested, Verdict};

/// The times at which a run should be looked at even where nothing changes in the cluster, ascending: what
/// the coordinator records can change by itself. Whoever calls `changed` after all events of these times
/// makes the answers exact; otherwise they hold as of the last change or sample before.
pub fn instants(scenario: &Scenario) -> Vec<SimTime> {
    let mut instants = Vec::new();
    for expectation in &scenario.expectations {
        match &expectation.claim {
            Claim::QueryNode { when: When::At(at), .. } | Claim::Segment { at, .. } => instants.push(*at),
            Claim::QueryNode { when: When::During(from, to), .. } => instants.extend([*from, *to]),
            Claim::Metric { .. } | Claim::Settled { .. } => {}
        }
    }
    instants.sort_unstable();
    instants.dedup();
    instants.retain(|instant| *instant <= scenario.duration);
    instants
}

/// One expectation with what is known about it so far.
#[derive(Debug, Clone)]
struct Watch<'a> {
    claim: &'a Claim,
    text: &'a str,
    /// First and last millisecond for which it claims something.
    from_ms: u64,
    to_ms: u64,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    /// Answered by the summary.
    AtTheEnd,
    /// A figure that must keep its bound at every evaluation.
    Running { figure: RunningFigure, has_begun: bool, tested: Tested },
    /// A count over the interval: what was counted before it, and up to its end.
    Counted { before: Option<Counts>, after: Option<Counts> },
    /// A condition: (holds, actual, when), as of the last evaluation; the first failure stays.
    Condition { latest: Option<(bool, Value, u64)>, has_begun: bool },
}

/// A count, and what it is a share of.
type Counts = (Option<f64>, Option<f64>);

/// All expectations of a scenario.
#[derive(Debug, Clone)]
pub struct Expectations<'a> {
    watches: Vec<Watch<'a>>,
    sampling_ms: u64,
    /// Before anything of a later time than this is taken in, something is to be noted.
    next_ms: u64,
}

impl<'a> Expectations<'a> {
    /// The expectations of a scenario, before anything happened.
    pub fn new(scenario: &'a Scenario) -> Expectations<'a> {
        let watches = scenario.expectations.iter().map(|expectation| {
            let (from_ms, to_ms) = interval(&expectation.claim);
            let state = state(&expectation.claim);
            Watch { claim: &expectation.claim, text: &expectation.text, from_ms, to_ms, state }
        });
        let sampling_ms = scenario.sampling_every.as_ms().max(1);
        Expectations { watches: watches.collect(), sampling_ms, next_ms: 0 }
    }

    /// Something of time `now` is about to be taken in: notes what was in force or counted before.
    pub fn before(&mut self, now: SimTime, figures: &Figures) {
        let now_ms = now.as_ms();
        if now_ms < self.next_ms {
            return;
        }
        self.next_ms = u64::MAX;
        for watch in &mut self.watches {
            watch.note(now_ms, figures);
            self.next_ms = self.next_ms.min(watch.next_ms());
        }
    }

    /// The figures of this moment have been taken.
    pub fn after(&mut self, moment: Moment<'_>, figures: &Figures) {
        for watch in &mut self.watches {
            watch.look(moment, figures, self.sampling_ms);
        }
    }

    /// The answers, for a run that ended at `end_ms` with `summary`.
    pub fn finish(
        mut self,
        end_ms: u64,
        figures: &Figures,
        summary: &Value,
        settle: &[Settle],
    ) -> Vec<ExpectationResult> {
        self.watches.iter_mut().for_each(|watch| watch.note(end_ms.saturating_add(1), figures));
        let results = self.watches.into_iter().map(|watch| {
            let verdict = watch.verdict(end_ms, summary, settle);
            ExpectationResult {
                expectation: serde_json::from_str(watch.text).unwrap_or_else(|_| json!(watch.text)),
                holds: verdict.holds,
                actual: verdict.actual,
                reason: verdict.reason,
            }
        });
        results.collect()
    }
}

fn interval(claim: &Claim) -> (u64, u64) {
    match claim {
        Claim::Metric { during: Some((from, to)), .. }
        | Claim::QueryNode { when: When::During(from, to), .. } => (from.as_ms(), to.as_ms()),
        Claim::QueryNode { when: When::At(at), .. }
        | Claim::Segment { at, .. }
        | Claim::Settled { by: at } => (at.as_ms(), at.as_ms()),
        Claim::Metric { during: None, .. } => (0, 0),
    }
}

fn state(claim: &Claim) -> State {
    match claim {
        Claim::Metric { during: None, .. } | Claim::Settled { .. } => State::AtTheEnd,
        Claim::Metric { path, bound, .. } => match RunningFigure::parse(path) {
            Some(figure) => State::Running { figure, has_begun: false, tested: Tested::new(*bound) },
            None => State::Counted { before: None, after: None },
        },
        Claim::QueryNode { .. } | Claim::Segment { .. } => {
            State::Condition { latest: None, has_begun: false }
        }
    }
}

impl Watch<'_> {
    /// Notes what holds before anything of `now_ms` is taken in.
    fn note(&mut self, now_ms: u64, figures: &Figures) {
        let (from_ms, to_ms) = (self.from_ms, self.to_ms);
        match (&mut self.state, self.claim) {
            (State::Running { figure, has_begun, tested }, _) if !*has_begun && now_ms > from_ms => {
                *has_begun = true;
                tested.test(from_ms, figure.value(figures));
            }
            (State::Counted { before, after }, Claim::Metric { path, .. }) => {
                if before.is_none() && now_ms >= from_ms {
                    *before = Some(counts(figures, path, from_ms));
                }
                if after.is_none() && now_ms > to_ms {
                    *after = Some(counts(figures, path, to_ms));
                }
            }
            _ => {}
        }
    }

    /// From when on `note` has something to do.
    fn next_ms(&self) -> u64 {
        match &self.state {
            State::Running { has_begun: false, .. } => self.from_ms + 1,
            State::Counted { before: None, .. } => self.from_ms,
            State::Counted { after: None, .. } => self.to_ms + 1,
            _ => u64::MAX,
        }
    }

    fn look(&mut self, moment: Moment<'_>, figures: &Figures, sampling_ms: u64) {
        let now_ms = moment.now.as_ms();
        let is_within = self.from_ms <= now_ms && now_ms <= self.to_ms;
        match &mut self.state {
            State::Running { figure, has_begun, tested } if is_within => {
                *has_begun = true;
                tested.test(now_ms, figure.value(figures));
            }
            State::Condition { latest, has_begun } => {
                // The last sample before the interval is the first look that can be the one in force at
                // its beginning; asking the coordinator earlier would be in vain.
                let is_near = self.from_ms - self.from_ms % sampling_ms <= now_ms && now_ms <= self.to_ms;
                *has_begun |= now_ms > self.from_ms && latest.is_some();
                let has_failed = *has_begun && latest.as_ref().is_some_and(|(holds, ..)| !holds);
                if is_near && !has_failed {
                    let (holds, actual) = condition(self.claim, moment);
                    *latest = Some((holds, actual, now_ms));
                    *has_begun |= self.from_ms < self.to_ms && is_within;
                }
            }
            _ => {}
        }
    }

    fn verdict(&self, end_ms: u64, summary: &Value, settle: &[Settle]) -> Verdict {
        if self.to_ms > end_ms {
            return verdict::beyond_the_end(self.from_ms, self.to_ms, end_ms);
        }
        match (&self.state, self.claim) {
            (State::Running { tested, .. }, Claim::Metric { path, .. }) => {
                tested.verdict(&path.join("."), self.from_ms, self.to_ms)
            }
            (State::Counted { before, after }, Claim::Metric { path, bound, .. }) => {
                self.counted(path, *bound, before.unwrap_or_default(), after.unwrap_or_default())
            }
            (_, Claim::Metric { path, bound, .. }) => verdict::figure(path, *bound, summary),
            (_, Claim::Settled { by }) => verdict::settled(settle, by.as_ms()),
            (State::Condition { latest, .. }, claim) => verdict::condition(claim, latest.as_ref()),
            (_, claim) => verdict::condition(claim, None),
        }
    }

    fn counted(&self, path: &[String], bound: Bound, before: Counts, after: Counts) -> Verdict {
        let difference = |before: Option<f64>, after: Option<f64>| Some(after? - before?);
        let count = difference(before.0, after.0);
        let value = match difference(before.1, after.1) {
            None => count,
            Some(0.0) => Some(0.0),
            Some(whole) => count.map(|count| count / whole),
        };
        verdict::counted(&path.join("."), bound, value, self.from_ms, self.to_ms)
    }
}

/// A count up to `at_ms`; a ratio is taken apart, since ratios have no difference over an interval.
fn counts(figures: &Figures, path: &[String], at_ms: u64) -> Counts {
    let Some((last, section)) = path.split_last() else { return (None, None) };
    if last != "net_zero_ratio" {
        return (running::count(figures, path, at_ms), None);
    }
    let of = |name: &str| {
        let path: Vec<String> = section.iter().cloned().chain([name.to_string()]).collect();
        running::count(figures, &path, at_ms)
    };
    (of("net_zero"), of("completed"))
}

/// Whether a condition holds at this moment, and what is found.
fn condition(claim: &Claim, moment: Moment<'_>) -> (bool, Value) {
    match claim {
        Claim::QueryNode { id, is, .. } => match moment.cluster.find_node(*id) {
            Some(node) => (node_is(*is, node, moment), verdict::node_words(node, moment)),
            None => (false, json!("no such query node")),
        },
        Claim::Segment { id, on, .. } => match moment.cluster.segments().find(*id) {
            Some(segment) => {
                let nodes = moment.coordinator.recorded_nodes(segment);
                let mut ids: Vec<i64> = nodes.into_iter().map(|node| moment.cluster.node(node).id).collect();
                ids.sort_unstable();
                (ids == *on, json!(ids.iter().map(i64::to_string).collect::<Vec<_>>()))
            }
            None => (false, json!("no such segment")),
        },
        Claim::Metric { .. } | Claim::Settled { .. } => (false, Value::Null),
    }
}

fn node_is(condition: NodeCondition, node: NodeIndex, moment: Moment<'_>) -> bool {
    let query_node = moment.cluster.node(node);
    match condition {
        NodeCondition::Empty => moment.coordinator.records_nothing_on(node, moment.cluster),
        NodeCondition::Up => query_node.is_alive() && query_node.is_registered,
        NodeCondition::Down => query_node.state == crate::model::query_node::NodeState::Down,
        NodeCondition::Stopping => query_node.state == crate::model::query_node::NodeState::Stopping,
    }
}
