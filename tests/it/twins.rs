//! The lazy coordinator of 2.2 and later against its slow twin: over drawn clusters both must do the same, count
//! the same and give the same reasons. In the twin every ticker fires, nodes report and checkers look at
//! everything at every tick, passes visit every task, and every round is asked literally.
//!
//! `PROPTEST_CASES=<number>` draws more of them, `PROPTEST_RNG_SEED=<number>` others.

use super::drawn_twins::case;
use super::runs::{Draft, collection, read};
use evenkeel::metrics::meter::{Ending, Meter};
use evenkeel::scenario::Scenario;
use evenkeel::scenario::overrides::Overrides;
use evenkeel::scenario::parse;
use evenkeel::simulation::run::Simulation;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::json;
use std::sync::Arc;

/// The figures of a run, its digest among them.
pub(crate) fn figures(mut simulation: Simulation, scenario: &Arc<Scenario>) -> String {
    let mut meter = Meter::new(scenario);
    while simulation.step(&mut meter) {}
    let world = simulation.world();
    let (digest, events) = (world.digest(), world.lines());
    let ending = Ending { balancer: scenario.balancer().to_owned(), digest, events, samples_written: 0 };
    format!("{:#?}", meter.finish(world.moment(), ending))
}

/// The lines that differ, the first of them only.
fn first_differences(one: &str, other: &str) -> Vec<String> {
    let pairs = one.lines().zip(other.lines()).filter(|(one, other)| one != other);
    pairs.take(12).map(|(one, other)| format!("lazy {} | naive {}", one.trim(), other.trim())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        cases: 40,
        max_shrink_iters: 60,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_skipped_would_have_changed_nothing(case in case()) {
        let text = case.text();
        let scenario = match parse(&text, "drawn.json", &Overrides::default()) {
            Ok(scenario) => Arc::new(scenario),
            Err(faults) => return Err(TestCaseError::fail(format!("{}\n{text}", faults[0]))),
        };
        // What does not fit into its nodes is no case.
        let Ok(lazy) = Simulation::new(&scenario) else { return Ok(()) };
        let naive = Simulation::naive(&scenario).expect("what fits, fits twice");
        let (lazy, naive) = (figures(lazy, &scenario), figures(naive, &scenario));
        prop_assert!(lazy == naive, "{}: {:#?}\n{text}", case.release, first_differences(&lazy, &naive));
    }
}

/// Loads take half a minute, and new segments are wanted every ten seconds: what is still being loaded is placed again
/// along with what is new, and has its place in the order of the nodes.
#[test]
fn what_is_being_loaded_counts_where_new_segments_go() {
    let nodes: Vec<_> = (1..5).map(|id| json!({ "id": id, "memory": "1GiB" })).collect();
    let segments: Vec<_> =
        (11..15).map(|id| json!({ "id": id, "rows": 1_000, "query_node": 1 + id % 4 })).collect();
    let mut book = collection("book", 100, json!(segments));
    book["bytes_per_row"] = json!(1_024);
    for version in ["2.4.23", "2.5.27", "2.6.20"] {
        let insert = json!([{ "collection": "book", "rows_per_second": 2_000 }]);
        let mut draft = Draft::new(json!(nodes), json!([book]))
            .release(version)
            .config("queryCoord.NextTargetSurviveTime", 5)
            .with("", "workload", json!({ "insert": insert }))
            .with("/hardware", "load_bandwidth", "320KiB/s");
        for second in (5..60).step_by(5) {
            draft = draft.at(&format!("{second}s"), "seal", json!({ "collection_name": "book" }));
        }
        check(&draft.with("", "duration", "2m"));
    }
}

/// What is drained in vain is given up at the same tick once the only receiver is out of memory, which another
/// collection's segments were too large for, and planned again once it is not.
#[test]
fn a_drain_in_vain_ends_where_its_receiver_is_exhausted() {
    let nodes = json!([
        { "id": 1, "memory": "1GiB" },
        { "id": 2, "memory": "100MiB" },
        { "id": 3, "memory": "1GiB" },
    ]);
    let held = |id: u64, rows: u64, node: u64| json!([{ "id": id, "rows": rows, "query_node": node }]);
    let mut collections =
        [collection("book", 100, held(11, 8_000, 1)), collection("page", 200, held(21, 100_000, 3))];
    for one in &mut collections {
        one["bytes_per_row"] = json!(1_024);
    }
    for version in ["2.6.20", "3.0.1"] {
        let draft = Draft::new(nodes.clone(), json!(collections))
            .release(version)
            .with("/hardware", "load_bandwidth", "256KiB/s")
            .at("10s", "stop_query_node", json!({ "id": 1 }))
            .at("15s", "stop_query_node", json!({ "id": 3 }));
        check(&draft.with("", "duration", "3m"));
    }
}

/// A segment is sealed just before the coordinator restarts, and none after it: the new one is loaded all the same.
#[test]
fn what_was_sealed_before_a_restart_is_loaded_after_it() {
    let mut book = collection("book", 100, json!({ "count": 4, "rows": { "constant": 1_000 } }));
    book["bytes_per_row"] = json!(1_024);
    for version in ["2.2.0", "2.3.15", "2.6.20"] {
        let insert = json!([{ "collection": "book", "rows_per_second": 100 }]);
        let draft = Draft::new(json!([{ "count": 2, "memory": "1GiB" }]), json!([book]))
            .release(version)
            .with("", "workload", json!({ "insert": insert }))
            .at("31s", "seal", json!({ "collection_name": "book" }))
            .at("42s", "restart_query_coord", json!({}));
        check(&draft.with("", "duration", "2m"));
    }
}

/// A coordinator that restarts finds no replica of a collection that was released.
#[test]
fn a_released_collection_has_no_streaming_nodes_after_a_restart() {
    let draft =
        Draft::new(json!([{ "count": 2, "memory": "1GiB" }]), json!([collection("book", 100, json!([]))]))
            .release("2.6.20")
            .with("", "streaming_nodes", json!([{ "count": 2, "memory": "1GiB" }]))
            .at("10s", "release_collection", json!({ "collection_name": "book" }))
            .at("20s", "restart_query_coord", json!({}));
    check(&draft.with("", "duration", "1m"));
}

#[track_caller]
fn check(draft: &Draft) {
    let scenario = Arc::new(read(&draft.text()));
    let lazy = figures(Simulation::new(&scenario).expect("it is placed"), &scenario);
    let naive = figures(Simulation::naive(&scenario).expect("it is placed"), &scenario);
    assert!(lazy == naive, "{:#?}", first_differences(&lazy, &naive));
}

/// While a node is drained, channels of their own nodes come to need more nodes than there are: when the node goes
/// they lose them, although the nodes that may receive are the same as before.
#[test]
fn a_drained_node_takes_along_what_a_key_no_longer_reserves() {
    let nodes = json!([{ "count": 9, "memory": "1GiB" }]);
    let segments = json!({ "count": 60, "rows": { "uniform": { "min": 1_000, "max": 9_000 } } });
    let mut book = collection("book", 100, segments);
    (book["bytes_per_row"], book["shards"]) = (json!(1_024), json!(2));
    let draft = Draft::new(nodes, json!([book]))
        .release("2.6.23")
        .at("10s", "stop_query_node", json!({ "id": 1 }))
        .at("11s", "set_config", json!({ "queryCoord.channelExclusiveNodeFactor": 5 }))
        .at("1m", "add_query_node", json!({ "memory": "1GiB" }));
    check(&draft.with("", "duration", "3m"));
}

/// A second and a third replica take streaming nodes from the first, over a restart of the coordinator too, and give
/// them back; whoever is drained meanwhile, and whatever is loaded anew, finds the same nodes.
#[test]
fn streaming_nodes_change_replicas_alike() {
    let nodes = json!([{ "count": 6, "memory": "1GiB" }]);
    let segments = json!({ "count": 24, "rows": { "uniform": { "min": 1_000, "max": 9_000 } } });
    let mut book = collection("book", 100, segments.clone());
    (book["bytes_per_row"], book["shards"]) = (json!(1_024), json!(4));
    let mut page = collection("page", 200, segments);
    (page["bytes_per_row"], page["shards"], page["loaded"]) = (json!(1_024), json!(3), json!(false));
    let replicas = |count: u32| json!({ "collection_name": "book", "replica_number": count });
    for version in ["2.6.9", "3.0.1"] {
        let draft = Draft::new(nodes.clone(), json!([book, page]))
            .release(version)
            .with("", "streaming_nodes", json!([{ "count": 5, "memory": "1GiB" }]))
            .at("10s", "set_replicas", replicas(2))
            .at("70s", "load_collection", json!({ "collection_name": "page", "replica_number": 2 }))
            .at("90s", "restart_query_coord", json!({}))
            .at("2m", "set_replicas", replicas(3))
            .at("3m", "stop_query_node", json!({ "id": 2 }))
            .at("4m", "set_replicas", replicas(1));
        check(&draft.with("", "duration", "6m"));
    }
}
