//! Upstream test cases of 2.0/2.1 (section 20 of the specification) that a simulator can show, each named by
//! its case; and the attempts of section 21.
//!
//! Left out: what is about processes and etcd (HandleNodeEventClosed, id allocator failures, watch loops that
//! panic, GetComponentStates, GetMetrics), about index nodes, or about children that watch a channel and fail,
//! which no scenario can ask for. A `load_balance` without a source cannot be written down either.

use super::runs::{Draft, Run, collection, id, load_balance, node, segment};
use serde_json::{Value, json};

/// One collection of three segments of 10 bytes, all on query node 1 of three.
fn book() -> Draft {
    let segments = json!([segment(11, 10, 1), segment(12, 10, 1), segment(13, 10, 1)]);
    let nodes = json!([node(1, 10), node(2, 10), node(3, 10)]);
    Draft::new(nodes, json!([collection("book", 100, segments)])).config("queryCoord.autoBalance", false)
}

fn manual(name: Option<&str>, source: i64, destinations: &[i64], segments: &[i64]) -> Draft {
    book().at("1m", "load_balance", load_balance(name, source, destinations, segments))
}

/// The run answers its commands so, in this order.
#[track_caller]
fn check(draft: &Draft, outcomes: &[&str]) -> Run {
    let run = draft.run();
    let found: Vec<&str> = run.answers().into_iter().map(|(_, outcome, _)| outcome).collect();
    assert_eq!(found, outcomes);
    run
}

/// Segments recorded on a query node.
fn on(run: &Run, node: i64) -> Vec<i64> {
    [11, 12, 13].into_iter().filter(|segment| run.recorded(*segment).contains(&node)).collect()
}

#[test]
fn load_balance_by_segment_id() {
    let run = check(&manual(None, 1, &[], &[12]), &["success"]);
    assert_eq!(on(&run, 1), [11, 13]);
}

#[test]
fn load_balance_by_not_exist_segment_id() {
    let run = check(&manual(None, 1, &[], &[111]), &["refused"]);
    assert_eq!(on(&run, 1), [11, 12, 13]);
}

#[test]
fn load_balance_by_node() {
    let run = check(&manual(Some("book"), 1, &[], &[]), &["success"]);
    assert_eq!(on(&run, 1), [0; 0]);
}

#[test]
fn load_balance_by_not_exist_node() {
    let run = check(&manual(None, 101, &[], &[]), &["refused"]);
    assert!(run.answers()[0].2.contains("has to specify a collectionID"));
}

#[test]
fn load_balance_segment_loop() {
    // A rate a hair above the threshold, and a node that joins.
    let total = 1_u64 << 30;
    let full = json!({ "id": 1, "memory": total, "base_memory": total - total / 10 - 1000 });
    let book = collection("book", 100, json!([segment(11, 1000, 1)]));
    let draft = Draft::new(json!([full]), json!([book])).config("queryCoord.balanceIntervalSeconds", 10).at(
        "15s",
        "add_query_node",
        json!({ "id": 2, "memory": total, "base_memory": 1 }),
    );
    assert_eq!(draft.run().recorded(11), [2]);
}

#[test]
fn register_new_node_and_remove_node() {
    let draft = book()
        .at("1m", "add_query_node", node(4, 10))
        .at("2m", "load_balance", load_balance(Some("book"), 1, &[4], &[11]))
        .at("3m", "stop_query_node", json!({ "id": 4 }));
    let run = check(&draft, &["success"]);
    assert_eq!(run.of("load_done")[0]["query_node"], "4");
    assert_eq!(on(&run, 4), [0; 0]);
    assert_eq!(run.cluster().replicas()[0].nodes().len(), 3);
}

#[test]
fn add_node_joins_a_replica_once() {
    // 0, 0, 1 plans for two members and a new node: the list grows by one.
    let mut book = collection("book", 100, json!([segment(11, 10, 1)]));
    book["replicas"] = json!([{ "id": 10000, "query_nodes": [1, 2] }]);
    let draft = Draft::new(json!([node(1, 10), node(2, 10)]), json!([book]));
    let draft = draft.at("1m", "add_query_node", node(3, 10)).at("2m", "restart_query_coord", json!({}));
    let run = draft.run();
    let replica = &run.cluster().replicas()[0];
    let members: Vec<i64> = replica.nodes().map(|node| run.cluster().node(node).id).collect();
    assert_eq!(members, [1, 2, 3]);
}

#[test]
fn segments_after_node_down_wait_for_a_node() {
    let segments = json!([segment(11, 10, 1), segment(12, 10, 1), segment(13, 10, 1)]);
    let draft = Draft::new(json!([node(1, 10)]), json!([collection("book", 100, segments)])).at(
        "1m",
        "stop_query_node",
        json!({ "id": 1 }),
    );
    let run = draft.run();
    assert_eq!(on(&run, 1), [11, 12, 13]);
    let run = draft.at("2m", "add_query_node", node(2, 10)).run();
    assert_eq!((on(&run, 1), on(&run, 2)), (vec![], vec![11, 12, 13]));
}

#[test]
fn partition_after_node_down() {
    let mut draft = book();
    for (place, partition) in ["early", "late"].into_iter().enumerate() {
        draft = draft.with(&format!("/collections/0/segments/{place}"), "partition", partition);
    }
    let partitions = json!([{ "name": "early" }, { "name": "late" }]);
    let draft = draft.with("/collections/0", "partitions", partitions);
    let run = draft.at("1m", "stop_query_node", json!({ "id": 1 })).run();
    assert_eq!(on(&run, 1), [0; 0]);
    assert_eq!(on(&run, 2).len() + on(&run, 3).len(), 3);
}

#[test]
fn reschedule_segment() {
    // Node 2 never loads anything; node 1 goes; node 3 joins, and the queue empties.
    let segments = json!([segment(11, 10, 1), segment(12, 10, 1), segment(13, 10, 1)]);
    let draft = Draft::new(json!([node(1, 10), node(2, 10)]), json!([collection("book", 100, segments)]))
        .config("queryCoord.autoBalance", false)
        .at("30s", "fail_loads", json!({ "query_node": 2 }))
        .at("1m", "stop_query_node", json!({ "id": 1 }))
        .at("1m", "add_query_node", node(3, 10))
        .at("2m", "load_balance", load_balance(Some("book"), 3, &[2], &[]));
    let run = check(&draft, &["refused"]);
    assert_eq!(on(&run, 3), [11, 12, 13]);
}

#[test]
fn an_online_node_that_fails_is_tried_five_times_and_a_lost_one_once() {
    let failures = |run: &Run, node: i64| {
        run.of("load_failed").into_iter().filter(|line| id(line, "query_node") == node).count()
    };
    let failing = manual(Some("book"), 1, &[2], &[11]).at("30s", "fail_loads", json!({ "query_node": 2 }));
    let run = check(&failing, &["success"]);
    assert_eq!((failures(&run, 2), on(&run, 3)), (5, vec![11]));
    let moves = &run.summary.moves;
    assert_eq!((moves.planned, moves.cancelled, moves.completed), (2, 1, 1));
    // The node goes while it loads: one attempt, and another node at once.
    let lost = manual(Some("book"), 1, &[2], &[11]).with("/hardware", "load_overhead", "10s").at(
        "65s",
        "stop_query_node",
        json!({ "id": 2 }),
    );
    let run = check(&lost, &["success"]);
    let starts: Vec<i64> = run.of("load_start").iter().map(|line| id(line, "query_node")).collect();
    assert_eq!((starts, on(&run, 3)), (vec![2, 3], vec![11]));
}

#[test]
fn load_the_same_collection_twice_and_release_what_is_not_loaded() {
    let load = json!({ "collection_name": "book" });
    let draft = book()
        .at("1m", "load_collection", load.clone())
        .at("2m", "release_collection", load.clone())
        .at("3m", "release_collection", load.clone())
        .at("4m", "load_collection", load.clone())
        .at("5m", "load_collection", load);
    let run = check(&draft, &["success"; 5]);
    assert_eq!([1, 2, 3].map(|node| on(&run, node).len()).iter().sum::<usize>(), 3);
}

/// Copies that the replica born last holds.
fn serving(run: &Run) -> u32 {
    let replica = run.cluster().replicas().last().expect("a replica");
    replica.holdings().map(|holding| holding.segments).sum()
}

#[test]
fn a_collection_loaded_in_the_very_moment_of_its_release_is_loaded() {
    let name = json!({ "collection_name": "book" });
    let draft = book().at("1m", "release_collection", name.clone()).at("1m", "load_collection", name.clone());
    let run = check(&draft, &["success"; 2]);
    assert_eq!(serving(&run), 3);
    // So is one that is loaded while its old copies are still being released.
    let draft = book().at("1m", "release_collection", name.clone()).at("60.5s", "load_collection", name);
    let run = check(&draft, &["success"; 2]);
    assert_eq!(serving(&run), 3);
}

#[test]
fn release_while_a_node_is_recovered() {
    let draft = book()
        .with("/hardware", "load_overhead", "10s")
        .at("1m", "stop_query_node", json!({ "id": 1 }))
        .at("61s", "release_collection", json!({ "collection_name": "book" }));
    let run = check(&draft, &["success"]);
    assert!([11, 12, 13].into_iter().all(|segment| run.holders(segment).is_empty()));
}

#[test]
fn both_requests_go_to_the_node_that_is_online() {
    let draft = manual(Some("book"), 1, &[], &[11, 12]).at("50s", "stop_query_node", json!({ "id": 3 }));
    assert_eq!(on(&check(&draft, &["success"]), 2), [11, 12]);
}

#[test]
fn handoff_of_a_compaction() {
    let draft =
        book().at("1m", "compact", json!({ "collection_name": "book", "sealed_segment_ids": [11, 12] }));
    let run = draft.run();
    assert_eq!((run.recorded(11), run.recorded(12)), (vec![], vec![]));
    assert!(run.holders(11).is_empty() && run.holders(12).is_empty());
    assert_eq!(run.recorded(1_000_000).len(), 1);
}

#[test]
fn handoff_of_a_growing_segment_and_of_a_collection_that_is_not_loaded() {
    let insert = json!({ "insert": [{ "collection": "book", "rows_per_second": 1, "to": "10s" }] });
    let growing = book().with("/collections/0", "bytes_per_row", 1).with("", "workload", insert);
    let growing = growing.at("1m", "seal", json!({ "collection_name": "book" }));
    assert_eq!(growing.run().recorded(1_000_000).len(), 1);
    let unloaded = growing.at("30s", "release_collection", json!({ "collection_name": "book" }));
    assert_eq!(unloaded.run().recorded(1_000_000), [0; 0]);
}

#[test]
fn load_balance_end_to_end_from_the_fullest_node_to_all_others() {
    let run = check(&manual(Some("book"), 1, &[2, 3], &[11, 12, 13]), &["success"]);
    assert_eq!(on(&run, 1), [0; 0]);
    let holders: Vec<Vec<i64>> = [11, 12, 13].into_iter().map(|segment| run.holders(segment)).collect();
    assert_eq!(holders, [[2], [3], [3]]);
}

#[test]
fn load_balance_end_to_end_within_and_across_replicas() {
    let mut book = collection("book", 100, json!([segment(11, 10, vec![1, 3])]));
    book["replicas"] = json!([{ "id": 1, "query_nodes": [1, 2] }, { "id": 2, "query_nodes": [3] }]);
    let nodes = json!([node(1, 10), node(2, 10), node(3, 10)]);
    let draft = Draft::new(nodes, json!([book])).config("queryCoord.autoBalance", false);
    let call = |destination: i64| load_balance(Some("book"), 1, &[destination], &[11]);
    check(&draft.clone().at("1m", "load_balance", call(2)), &["success"]);
    let run = check(&draft.at("1m", "load_balance", call(3)), &["refused"]);
    assert!(run.answers()[0].2.contains("must be in the same replica group"));
}

#[test]
fn load_balance_end_to_end_with_unknown_nodes_in_2_0() {
    let unknown_source: Value = load_balance(None, 99, &[2, 3], &[11]);
    let run = check(&book().release("2.0").at("1m", "load_balance", unknown_source), &["refused"]);
    assert!(run.answers()[0].2.contains("is not exist to balance"));
    let unknown_destinations = load_balance(None, 1, &[98, 99], &[11]);
    let run = check(&book().release("2.0").at("1m", "load_balance", unknown_destinations), &["refused"]);
    assert!(run.answers()[0].2.contains("no available queryNode to allocate"));
}

/// Not a case of upstream's, but of the text beside them (section 6.7).
#[test]
fn a_restart_cuts_a_round_short_and_its_running_move_goes_on() {
    let segments = json!([segment(11, 10, 1), segment(12, 10, 1)]);
    let draft = Draft::new(json!([node(1, 60), node(2, 10)]), json!([collection("book", 100, segments)]))
        .with("", "duration", "100s")
        .with("/hardware", "load_overhead", "10s")
        .at("65s", "restart_query_coord", json!({ "down": "1s" }));
    let run = draft.run();
    let ends: Vec<_> =
        run.of("move_end").iter().map(|line| (line["move"].clone(), line["outcome"].clone())).collect();
    let (cancelled, completed) = (json!("cancelled"), json!("completed"));
    assert_eq!(ends, [(json!(1), cancelled), (json!(0), completed)]);
    let causes: Vec<_> = run.of("plan").iter().map(|line| line["cause"].clone()).collect();
    assert_eq!(causes, ["balance", "balance"]);
    assert_eq!((run.recorded(11), run.recorded(12)), (vec![1], vec![2]));
}

#[test]
fn segment_info_of_a_loaded_collection() {
    let run = book().at("1m", "get_query_segment_info", json!({ "collection_name": "book" })).run();
    assert_eq!(run.of("segment_info")[0]["rows"].as_array().map(Vec::len), Some(3));
}
