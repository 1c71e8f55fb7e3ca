//! Deliberately worsened balancers are caught by `check`, and the unchanged one is not.

use super::sources::package;
use super::twisted::{Twist, Twisted};
use evenkeel::experiment::baseline::SEEDS;
use evenkeel::experiment::check::{Case, Checked, check};
use evenkeel::experiment::judged_run::Begin;
use evenkeel::experiment::running::Running;
use evenkeel::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use evenkeel::policy::balance_policy::{Ask, Ground};
use evenkeel::policy::plan::{BalancePlan, SegmentPlan};
use evenkeel::policy::reason::{Reason, ReasonCode};
use evenkeel::policy::spec::Balancer;
use evenkeel::scenario::{self, Scenario, overrides::Overrides};
use serde_json::json;
use std::fs;
use std::sync::Arc;

/// What is done to the plans of Milvus's own balancer.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Vice {
    /// Nothing: the control.
    None,
    /// Where nothing is to do, a segment is moved all the same.
    Thrashing,
    /// Nothing is moved unless one node has twice as many rows as another.
    Lazy,
    /// With every segment another one goes the same way.
    Overshooting,
}

impl Vice {
    /// Segments of the collection on the node, and their rows.
    fn rows(ask: &Ask<'_>, collection: CollectionIndex, node: NodeIndex) -> i64 {
        ask.view.copies(collection, node).iter().map(|copy| copy.row_count()).sum()
    }

    /// The first segment on `from` that is not moved yet.
    fn another(
        ask: &Ask<'_>,
        replica: ReplicaIndex,
        from: NodeIndex,
        to: NodeIndex,
        moved: &[SegmentPlan],
    ) -> Option<SegmentPlan> {
        let collection = ask.view.replica(replica).collection;
        let mut copies = ask.view.copies(collection, from).iter();
        let free = copies.find(|copy| moved.iter().all(|plan| plan.segment != copy.segment))?;
        let reason = Reason::plain(ReasonCode::OwnPolicy);
        Some(SegmentPlan { segment: free.segment, from: Some(from), to, replica: Some(replica), reason })
    }
}

impl Twist for Vice {
    fn ground(&self, _ground: Ground) -> Ground {
        Ground::Unknown
    }

    fn planned(&self, ask: &Ask<'_>, replica: ReplicaIndex, mut plan: BalancePlan) -> BalancePlan {
        let members = ask.view.replica(replica);
        let rows = |node: &NodeIndex| (Vice::rows(ask, members.collection, *node), *node);
        let fullest = members.rw_nodes.iter().copied().max_by_key(rows);
        let emptiest = members.rw_nodes.iter().copied().min_by_key(rows);
        let (Some(fullest), Some(emptiest)) = (fullest, emptiest) else { return plan };
        match self {
            Vice::None => {}
            Vice::Thrashing if plan.segments.is_empty() && fullest != emptiest => {
                plan.segments.extend(Vice::another(ask, replica, fullest, emptiest, &[]));
            }
            Vice::Thrashing => {}
            Vice::Lazy if rows(&fullest).0 < 2 * rows(&emptiest).0 => plan.segments.clear(),
            // Only a little of what would be right, so that the gap never closes.
            Vice::Lazy => plan.segments.truncate(1),
            Vice::Overshooting => {
                for planned in plan.segments.clone() {
                    let Some(from) = planned.from else { continue };
                    let more = Vice::another(ask, replica, from, planned.to, &plan.segments);
                    plan.segments.extend(more);
                }
            }
        }
        plan
    }
}

fn parse(name: &str, text: &str) -> Arc<Scenario> {
    let read = scenario::parse(text, name, &Overrides::default());
    Arc::new(read.unwrap_or_else(|faults| panic!("{}", faults[0])))
}

fn shipped(name: &str) -> Arc<Scenario> {
    let path = package().join(format!("scenarios/{name}.json"));
    parse(name, &fs::read_to_string(path).expect("a scenario"))
}

/// Four nodes and segments whose rows and places are drawn: every seed is another cluster.
fn drawn() -> Arc<Scenario> {
    let scenario = json!({
        "version": 1, "name": "drawn", "duration": "2m",
        "milvus": { "version": "2.5.27", "config": { "queryCoord.balancer": "ScoreBasedBalancer" } },
        "query_nodes": [ { "count": 4, "memory": "16GiB" } ],
        "collections": [ { "name": "book", "bytes_per_row": 1024, "placement": "random", "segments": {
            "count": 32, "rows": { "log_normal": { "median": 200_000, "sigma": 0.5 } } } } ],
    });
    parse("drawn", &scenario.to_string())
}

/// A run under a worsened balancer.
fn begin(scenario: &Arc<Scenario>, vice: Vice) -> Result<Running, Vec<String>> {
    let balancer = Balancer::taken_for(scenario.release, scenario.balancer());
    let milvus = evenkeel::policy::build(scenario.release, balancer);
    Running::with_policy(scenario, "worsened", Box::new(Twisted { milvus, twist: vice }))
}

fn case(scenario: &Arc<Scenario>, seeds: u32) -> Case {
    Case { first_seed: scenario.seed, scenario: Arc::clone(scenario), baseline: None, seeds }
}

fn checked(cases: &[Case], begin: &Begin<'_>) -> Vec<Checked> {
    let done = check(cases, 2, begin, &|_| {});
    done.into_iter().map(|checked| checked.expect("it can be placed")).collect()
}

/// The cases with the figures of Milvus's own balancer kept.
fn kept(mut cases: Vec<Case>) -> Vec<Case> {
    let measured = checked(&cases, &Running::start);
    for (case, checked) in cases.iter_mut().zip(measured) {
        case.baseline = Some(checked.measured);
    }
    cases
}

/// Figures that are worse than kept, by scenario.
fn worse(cases: &[Case], checked: &[Checked]) -> Vec<(String, Vec<&'static str>)> {
    let told = cases.iter().zip(checked).filter_map(|(case, checked)| {
        let comparison = checked.comparison.as_ref().expect("a baseline");
        let figures: Vec<_> = comparison.changes.iter().map(|change| change.figure).collect();
        (!comparison.holds()).then(|| (case.scenario.name.clone(), figures))
    });
    told.collect()
}

#[test]
fn a_worsened_balancer_is_caught_by_its_figures() {
    // Without chance two seeds are as good as twenty.
    let cases = kept(vec![
        case(&drawn(), SEEDS),
        case(&shipped("a_thirteenth_node_gets_its_nine_in_two_rounds"), 2),
        case(&shipped("each_of_two_replicas_is_evened_after_scale_out"), 2),
    ]);
    let control = checked(&cases, &|scenario| begin(scenario, Vice::None));
    for checked in &control {
        assert!(
            checked.comparison.as_ref().is_some_and(|comparison| comparison.is_same),
            "the wrapper is none"
        );
    }
    for vice in [Vice::Thrashing, Vice::Lazy, Vice::Overshooting] {
        let found = checked(&cases, &|scenario| begin(scenario, vice));
        let worse = worse(&cases, &found);
        println!("{vice:?}: {worse:?}");
        assert!(!worse.is_empty(), "{vice:?} is not caught");
        assert!(found.iter().any(|checked| !checked.holds()));
    }
}

/// `EVENKEEL_RERUNS=200` repeats it as often as the README says; a debug build does a few.
#[test]
fn the_unchanged_balancer_raises_no_alarm_under_other_seeds() {
    let reruns = std::env::var("EVENKEEL_RERUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(3_u64);
    let cases = kept(vec![
        case(&drawn(), SEEDS),
        case(&shipped("an_evacuated_node_is_filled_again_by_the_next_round"), SEEDS),
        case(&shipped("with_25_collections_a_round_looks_at_20"), SEEDS),
    ]);
    for rerun in 1..=reruns {
        let others: Vec<Case> =
            cases.iter().map(|case| Case { first_seed: rerun * 1_000, ..case.clone() }).collect();
        let found = checked(&others, &Running::start);
        let alarms = worse(&others, &found);
        assert!(alarms.is_empty(), "rerun {rerun}: {alarms:?}");
        assert!(found.iter().all(Checked::claims_hold), "expectations are about the scenario's own seed");
    }
}
