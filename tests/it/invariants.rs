//! Laws over drawn scenarios: nothing lost, nothing doubled, sums add up, a quiet cluster stays quiet.
//!
//! A case that breaks a law is printed as a scenario file. Every run also reckons the cluster's totals anew
//! after every event, as debug builds do. The same cases are drawn every time; `PROPTEST_RNG_SEED` and
//! `PROPTEST_CASES` draw others, and more.

use super::runs::{Run, ms, try_run, word};
use super::swarm::{Case, Weather, cases};
use evenkeel::model::ids::{ReplicaIndex, SegmentIndex};
use evenkeel::model::segment::SegmentState;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseError};
use serde_json::Value;
use std::collections::BTreeMap;

type Verdict = Result<(), TestCaseError>;

/// Runs a case and holds the laws against it that hold in any weather; `None` = what was drawn does not fit
/// on its nodes at the start.
fn check(case: &Case) -> Result<Option<Run>, TestCaseError> {
    let Ok(run) = try_run(&case.draft().text()) else { return Ok(None) };
    time_goes_on(&run)?;
    every_move_ends_at_most_once(&run)?;
    prop_assert_eq!(run.cluster().check_invariants(), Ok(()));
    only_the_living_hold_and_are_asked(&run)?;
    Ok(Some(run))
}

fn time_goes_on(run: &Run) -> Verdict {
    for (place, line) in run.events.iter().enumerate() {
        prop_assert_eq!(&line["seq"], &Value::from(place), "{}", line);
    }
    prop_assert!(run.events.is_sorted_by_key(ms), "time goes back");
    prop_assert_eq!(run.events.len() as u64, run.summary.events);
    Ok(())
}

/// Every number is planned once and ends once or never; the figures say the same.
fn every_move_ends_at_most_once(run: &Run) -> Verdict {
    let mut open: BTreeMap<u64, &Value> = BTreeMap::new();
    let mut ended: BTreeMap<&str, u64> = BTreeMap::new();
    let mut planned = 0;
    for line in &run.events {
        match word(line, "event") {
            "plan" => {
                planned += 1;
                let again = open.insert(line["move"].as_u64().expect("a number"), line);
                prop_assert!(again.is_none(), "planned again: {}", line);
            }
            "move_end" => {
                let was_open = open.remove(&line["move"].as_u64().expect("a number"));
                prop_assert!(was_open.is_some(), "ended without a plan, or twice: {}", line);
                *ended.entry(word(line, "outcome")).or_default() += 1;
            }
            _ => {}
        }
    }
    let moves = &run.summary.moves;
    let count = |outcome: &str| ended.get(outcome).copied().unwrap_or(0);
    prop_assert_eq!(planned, moves.planned);
    prop_assert_eq!(count("completed"), moves.completed);
    prop_assert_eq!(count("failed"), moves.failed);
    prop_assert_eq!(count("cancelled"), moves.cancelled);
    prop_assert_eq!(count("refused"), moves.refused);
    prop_assert_eq!(open.len() as u64, moves.unfinished);
    Ok(())
}

/// A process that has ended loads, holds and releases nothing, and a node is started before it loads.
fn only_the_living_hold_and_are_asked(run: &Run) -> Verdict {
    let mut dead: Vec<&str> = Vec::new();
    for line in &run.events {
        match word(line, "event") {
            "node_down" if line["cause"] != "noticed" => dead.push(word(line, "query_node")),
            "load_start" | "load_done" | "release" => {
                prop_assert!(!dead.contains(&word(line, "query_node")), "{}", line);
            }
            _ => {}
        }
    }
    let cluster = run.cluster();
    for node in cluster.nodes().iter().filter(|node| !node.is_alive()) {
        prop_assert_eq!((node.segments, node.sealed_bytes, node.loading_bytes), (0, 0, 0));
    }
    Ok(())
}

/// At rest every sealed segment of every loaded collection is on exactly one node of each replica, and there
/// the coordinator records it; what was compacted away is nowhere; and no move is under way.
fn every_segment_is_once_in_every_replica(run: &Run) -> Verdict {
    let cluster = run.cluster();
    let segments = cluster.segments();
    for gone in segments.indices().filter(|segment| segments.state(*segment) == SegmentState::Gone) {
        let id = segments.id(gone);
        prop_assert_eq!((run.holders(id), run.recorded(id)), (vec![], vec![]), "compacted segment {}", id);
    }
    prop_assert_eq!(run.summary.moves.unfinished, 0);
    for collection in cluster.collections() {
        for segment in collection.segments.iter().copied() {
            let mut held = nodes_by_replica(run, segment);
            held.sort();
            let expected: Vec<ReplicaIndex> = collection.replicas.clone();
            let found: Vec<ReplicaIndex> = held.iter().map(|(replica, _)| *replica).collect();
            let id = cluster.segments().id(segment);
            prop_assert_eq!(&found, &expected, "segment {} is on {:?}", id, run.holders(id));
            let mut recorded = run.recorded(id);
            recorded.sort_unstable();
            prop_assert_eq!(recorded, run.holders(id), "segment {}: recorded, held", id);
        }
    }
    Ok(())
}

fn nodes_by_replica(run: &Run, segment: SegmentIndex) -> Vec<(ReplicaIndex, u32)> {
    let cluster = run.cluster();
    let collection = cluster.segments().collection(segment);
    let holders = cluster.segments().copies().of(segment);
    holders.filter_map(|node| Some((cluster.replica_of(collection, node)?, node.0))).collect()
}

/// Once a round has planned nothing while nothing was under way, no later round plans anything.
fn what_is_balanced_stays(run: &Run) -> Verdict {
    let minutes = |event: &str| run.of(event).into_iter().map(|line| ms(line) / 60_000).collect::<Vec<_>>();
    let busy: Vec<u64> =
        ["plan", "load_start", "load_done", "release"].into_iter().flat_map(minutes).collect();
    let first_rest = (1..).find(|minute| !busy.contains(minute) && !busy.contains(&(minute - 1)));
    let rest = first_rest.unwrap_or(u64::MAX);
    prop_assert!(minutes("plan").into_iter().all(|minute| minute < rest), "planned after minute {}", rest);
    Ok(())
}

fn config(cases: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(7);
    ProptestConfig {
        cases,
        rng_seed,
        failure_persistence: None,
        max_shrink_iters: 400,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn sums_add_up_and_time_goes_on_whatever_happens(case in cases(Weather::Wild)) {
        check(&case)?;
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn nothing_is_lost_or_doubled_where_there_is_room(case in cases(Weather::Calm)) {
        let run = check(&case)?;
        let run = run.expect("calm weather has room for everything");
        every_segment_is_once_in_every_replica(&run)?;
    }
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn an_undisturbed_cluster_comes_to_rest_and_stays_there(case in cases(Weather::Quiet)) {
        let run = check(&case)?;
        let run = run.expect("quiet weather has room for everything");
        every_segment_is_once_in_every_replica(&run)?;
        what_is_balanced_stays(&run)?;
    }
}

#[test]
fn what_is_drawn_is_worth_drawing() {
    // A net that catches nothing proves nothing: among drawn runs all that matters must happen.
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    for (weather, wanted) in [
        (Weather::Wild, &["plan", "load_failed", "node_down", "node_up", "segment_new", "leader"][..]),
        (Weather::Calm, &["plan", "node_down", "node_up", "segment_new", "segment_gone"][..]),
        (Weather::Quiet, &["plan", "release"][..]),
    ] {
        let mut runs = 0;
        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        for _ in 0..60 {
            let case = cases(weather).new_tree(&mut runner).expect("a case").current();
            let Ok(run) = try_run(&case.draft().text()) else { continue };
            runs += 1;
            for event in wanted {
                *seen.entry(event).or_default() += u32::from(!run.of(event).is_empty());
            }
        }
        assert!(runs >= 40, "{weather:?}: only {runs} of 60 drawn clusters fit");
        assert!(seen.values().all(|count| *count >= 3), "{weather:?}: {seen:?}");
    }
}
