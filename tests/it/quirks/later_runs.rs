//! Quirks of 2.2 and later (section 15) that show in whole runs: Q1, Q4, Q6, Q14, Q15, Q18.

use crate::runs::{Draft, Run, id, load_balance};
use evenkeel::model::ids::ReplicaIndex;
use evenkeel::policy::reason::ReasonCode;
use serde_json::{Value, json};

const SCORE: &str = "ScoreBasedBalancer";

fn nodes(count: i64) -> Value {
    (1..=count).map(|id| json!({ "id": id, "memory": "32GiB" })).collect()
}

/// A sealed segment on a node.
fn held(id: i64, rows: u32, query_node: i64) -> Value {
    json!({ "id": id, "rows": rows, "query_node": query_node })
}

fn collection(name: &str, id: i64, segments: &[Value]) -> Value {
    json!({ "name": name, "id": id, "bytes_per_row": 640, "segments": segments })
}

fn with_score(draft: Draft) -> Draft {
    draft.config("queryCoord.balancer", SCORE)
}

fn is_quiet(run: &Run) -> bool {
    run.of("plan").is_empty()
}

#[test]
fn q1_auto_balance_off_is_ignored_up_to_2_2_2() {
    let segments: Vec<Value> = (1..=8).map(|id| held(id, 1_000, 1)).collect();
    let draft = Draft::new(nodes(2), json!([collection("book", 100, &segments)])).with("", "duration", "60s");
    let draft = draft.config("queryCoord.autoBalance", false);
    for (version, is_off) in [("2.2.0", false), ("2.2.2", false), ("2.2.3", true), ("2.2.16", true)] {
        let run = draft.clone().release(version).run();
        assert_eq!(is_quiet(&run), is_off, "{version}");
        assert_eq!(run.times_of(ReasonCode::AutobalanceOff).is_empty(), !is_off, "{version}");
    }
}

/// The scores by which the first collection's nodes are ordered while another one loads.
fn scores_during_a_load(version: &str) -> Vec<f64> {
    let book = collection("book", 100, &[held(1, 100_000, 1), held(2, 100_000, 2)]);
    let segment = json!({ "rows": 50_000 });
    let logs = json!({
        "name": "logs", "id": 200, "bytes_per_row": 640, "loaded": false, "segments": [segment, segment],
    });
    let draft = with_score(Draft::new(nodes(2), json!([book, logs])).release(version))
        .config("queryCoord.autoBalance", true)
        .with("/hardware", "load_bandwidth", "1KiB/s")
        .with("", "duration", "90s");
    let run = draft.at("30s", "load_collection", json!({ "collection_name": "logs" })).run();
    let mut scores = Vec::new();
    run.world().coordinator.last_scores(ReplicaIndex(0), &run.world().cluster, &mut scores);
    scores.iter().map(|(_, score)| *score).collect()
}

#[test]
fn q4_what_is_pending_for_other_collections_counts_as_nothing_up_to_2_4_18_and_in_2_5_0() {
    for version in ["2.4.18", "2.5.0"] {
        assert_eq!(scores_during_a_load(version), [110_000.0, 110_000.0], "{version}");
    }
    for version in ["2.4.19", "2.5.1"] {
        assert_eq!(scores_during_a_load(version), [115_000.0, 115_000.0], "{version}");
    }
}

#[test]
fn q6_the_order_of_collections_has_no_effect_from_2_5_19_on() {
    let rows = [1_000, 4_000, 2_000, 3_000];
    let collections: Vec<Value> = (1..)
        .zip(rows)
        .map(|(number, rows)| {
            let segments: Vec<Value> = (0..10).map(|place| held(number * 100 + place, rows, 1)).collect();
            collection(&format!("c{number}"), number, &segments)
        })
        .collect();
    let draft = Draft::new(nodes(2), json!(collections)).config("queryCoord.autoBalance", true);
    let draft = with_score(draft.with("", "duration", "60s"));
    let order = |version: &str| {
        let mut order: Vec<i64> = Vec::new();
        for (_, segment, ..) in draft.clone().release(version).run().moves() {
            if !order.contains(&(segment / 100)) {
                order.push(segment / 100);
            }
        }
        order
    };
    for version in ["2.5.18", "2.6.2"] {
        assert_eq!(order(version), [2, 4, 3, 1], "{version}: most rows first");
    }
    for version in ["2.5.19", "2.6.3", "2.6.20"] {
        assert_eq!(order(version), [1, 4, 3, 2], "{version}: a heap of equals");
    }
}

/// Where the first move of each of two collections goes whose data is all on node 1 of three.
fn first_targets(version: &str) -> Vec<i64> {
    let pair = |first: i64| [held(first, 1_000, 1), held(first + 1, 1_000, 1)];
    let collections = json!([collection("one", 100, &pair(1)), collection("other", 200, &pair(11))]);
    let draft = Draft::new(nodes(3), collections).config("queryCoord.balancer", "RowCountBasedBalancer");
    let draft = draft.config("queryCoord.autoBalance", true).with("", "duration", "60s");
    let moves = draft.release(version).run().moves();
    moves.iter().take(2).map(|(_, _, _, to)| *to).collect()
}

#[test]
fn collections_of_one_tick_see_each_others_tasks_from_2_5_19_on() {
    for version in ["2.5.13", "2.5.18", "2.6.0", "2.6.2"] {
        assert_eq!(first_targets(version), [2, 2], "{version}: added once the tick is over");
    }
    for version in ["2.5.19", "2.6.3", "2.6.20"] {
        assert_eq!(first_targets(version), [2, 3], "{version}: added at once");
    }
}

#[test]
fn q14_a_node_that_nobody_can_empty_blocks_normal_balance_up_to_2_6_2() {
    let mut nodes = nodes(3);
    nodes[0]["resource_group"] = json!("lonely");
    let stuck = json!({
        "name": "stuck", "id": 100, "bytes_per_row": 640, "resource_groups": ["lonely"], "replicas": 1,
        "segments": [held(1, 1_000, 1)],
    });
    let segments: Vec<Value> = (11..=18).map(|id| held(id, 1_000, 2)).collect();
    let book = collection("book", 200, &segments);
    let draft = Draft::new(nodes, json!([stuck, book])).config("queryCoord.autoBalance", false);
    let draft = draft
        .with("", "resource_groups", json!([{ "name": "__default_resource_group" }, { "name": "lonely" }]))
        .with("", "duration", "150s")
        .at("30s", "stop_query_node", json!({ "id": 1 }))
        .at("60s", "set_config", json!({ "queryCoord.autoBalance": true }));
    let moved = |version: &str| with_score(draft.clone().release(version)).run().moves().len();
    for version in ["2.3.15", "2.4.23", "2.5.18", "2.6.2"] {
        assert_eq!(moved(version), 0, "{version}");
    }
    for version in ["2.5.19", "2.6.3", "2.6.20", "master"] {
        assert!(moved(version) > 0, "{version}");
    }
}

#[test]
fn q15_without_destinations_a_segment_may_go_to_its_own_node_from_2_3_15_on() {
    let book = collection("book", 100, &[held(1, 100, 1), held(2, 1_000, 2), held(3, 2_000, 3)]);
    let draft = Draft::new(nodes(3), json!([book])).config("queryCoord.autoBalance", false);
    let draft = with_score(draft.with("", "duration", "60s"));
    let draft = draft.at("30s", "load_balance", load_balance(Some("book"), 1, &[], &[]));
    let planned = |version: &str| {
        let run = draft.clone().release(version).run();
        run.moves().into_iter().map(|(_, segment, from, to)| (segment, from, to)).collect::<Vec<_>>()
    };
    for version in ["2.2.16", "2.3.5", "2.3.14"] {
        assert_eq!(planned(version), [(1, 1, 2)], "{version}");
    }
    for version in ["2.3.15", "2.4.23", "2.5.27", "2.6.20", "master"] {
        assert_eq!(planned(version), [(1, 1, 1)], "{version}");
    }
}

#[test]
fn q18_new_loads_ignore_scores_from_2_6_10_on() {
    let book = collection("book", 100, &[held(1, 1_000_000, 1), held(2, 10, 2), held(3, 10, 2)]);
    let logs = json!({
        "name": "logs", "id": 200, "bytes_per_row": 640, "loaded": false,
        "segments": [{ "id": 9, "rows": 1_000 }],
    });
    let draft = Draft::new(nodes(2), json!([book, logs])).config("queryCoord.autoBalance", false);
    let draft = with_score(draft.with("", "duration", "60s"));
    let draft = draft.at("10s", "load_collection", json!({ "collection_name": "logs" }));
    for (version, node) in
        [("2.4.23", 2), ("2.5.27", 2), ("2.6.9", 2), ("2.6.10", 1), ("2.6.20", 1), ("master", 1)]
    {
        assert_eq!(draft.clone().release(version).run().holders(9), [node], "{version}");
    }
}

/// Segments in the order in which node 1 begins to load them, two at a time: node 2 stops with four of 50 rows,
/// node 3 has eight of 40, node 1 nothing.
fn loads_of_node_1(version: &str) -> Vec<i64> {
    let small = (21..29).map(|id| held(id, 40, 3));
    let segments: Vec<Value> = (11..15).map(|id| held(id, 50, 2)).chain(small).collect();
    let mut book = collection("book", 100, &segments);
    book["replicas"] = json!([{ "query_nodes": [1, 2, 3], "shard_leaders": [3] }]);
    let mut nodes = nodes(3);
    nodes[1]["state"] = json!("stopping");
    let mut draft = Draft::new(nodes, json!([book])).release(version).config("queryCoord.autoBalance", true);
    if version != "2.2.4" {
        draft = draft.config("queryCoord.balancer", "RowCountBasedBalancer");
    }
    let draft = draft
        .config("queryCoord.taskExecutionCap", 1)
        .config("queryCoord.taskMergeCap", 1)
        .with("/hardware", "load_overhead", "2s")
        .with("", "duration", "40s");
    let run = draft.run();
    run.of("load_start").into_iter().map(|line| id(line, "segment")).collect()
}

#[test]
fn what_empties_a_leaving_node_goes_first_up_to_2_2_6() {
    // Both plan the smallest segments first, those of node 3.
    assert_eq!(loads_of_node_1("2.2.4"), [11, 12, 13, 14, 21]);
    assert_eq!(loads_of_node_1("2.2.16"), [27, 28, 11, 12, 13]);
}
