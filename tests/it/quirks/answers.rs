//! Quirks that clients get to see: Q10, Q18, Q20, Q23.

use crate::runs::{Draft, collection, load_balance, node, segment};
use serde_json::{Value, json};

/// One collection on two query nodes, automatic balance off.
fn book() -> Draft {
    let segments = json!([segment(11, 10, 1), segment(12, 40, 2)]);
    Draft::new(json!([node(1, 50), node(2, 10)]), json!([collection("book", 100, segments)]))
        .config("queryCoord.autoBalance", false)
}

/// The one answer of a run.
#[track_caller]
fn check(draft: &Draft, outcome: &str, text: &str) {
    let run = draft.run();
    let answers: Vec<_> = run.answers().into_iter().map(|(_, outcome, text)| (outcome, text)).collect();
    assert_eq!(answers, [(outcome, text)]);
}

#[test]
fn q10_an_error_of_validation_is_told_twice_behind_commas() {
    let error = "unable to find replicas of collection 100 and node 9";
    let draft = book().at("1m", "load_balance", load_balance(Some("book"), 9, &[], &[]));
    check(&draft, "refused", &format!(", {error}, {error}"));
    let draft = book().at("1m", "load_balance", load_balance(Some("book"), 1, &[], &[12]));
    check(&draft, "refused", ", loadBalanceTask: unloaded segment 12");
}

#[test]
fn q18_the_listing_fails_while_any_node_is_offline() {
    // What node 2 held does not fit on node 1, so that it stays offline.
    for version in ["2.0", "2.1"] {
        let draft = book().release(version).at("50s", "stop_query_node", json!({ "id": 2 })).at(
            "1m",
            "get_query_segment_info",
            json!({ "collection_name": "book" }),
        );
        // 2.0 tries its recovery once only, and the node stays offline all the same.
        check(&draft, "refused", "getSegmentInfo: queryNode 2 is offline");
    }
}

#[test]
fn q20_sealed_rows_have_no_memory_size_in_2_1() {
    for (version, sizes) in [("2.0", [10, 40]), ("2.1", [0, 0])] {
        let draft = book().release(version);
        let run = draft.at("1m", "get_query_segment_info", json!({ "collection_name": "book" })).run();
        let rows = run.of("segment_info")[0]["rows"].as_array().expect("rows").clone();
        let found: Vec<Value> = rows.iter().map(|row| row["mem_size"].clone()).collect();
        assert_eq!(found, sizes);
        // 2.0 has a row per copy and names its node, 2.1 a row per segment and names all of them.
        let nodes: Vec<Value> = match version {
            "2.0" => rows.iter().map(|row| json!([row["nodeID"]])).collect(),
            _ => rows.iter().map(|row| row["nodeIds"].clone()).collect(),
        };
        assert_eq!(nodes, [json!(["1"]), json!(["2"])]);
    }
}

/// A load_balance whose load takes some time, with this timeout of the client.
fn impatient(takes: &str, timeout: Value) -> Draft {
    let mut call = load_balance(Some("book"), 2, &[1], &[12]);
    call["timeout"] = timeout;
    let draft = book().with("/query_nodes/0", "base_memory", 0).with("/hardware", "load_overhead", takes);
    draft.at("1m", "load_balance", call)
}

#[test]
fn q23_a_float_timeout_sends_the_same_request_eleven_times() {
    // 0.5 s and the pauses in between are over before the load is, eleven times.
    let draft = impatient("4m", json!(0.5));
    check(&draft, "timed_out", "rpc deadline exceeded: Retry run out of 10 retry times");
    let run = draft.run();
    assert_eq!(run.world().next_request, 11);
    // The first request moved the segment; the later ones find it gone from the source.
    assert_eq!(run.summary.moves.completed, 1);
    assert_eq!(run.recorded(12), [1]);
    // A load that is done in between is told to the client as an error of its own later request.
    check(&impatient("30s", json!(0.5)), "refused", ", loadBalanceTask: unloaded segment 12");
}

#[test]
fn q23_an_int_timeout_gives_up_once_and_the_server_goes_on() {
    let draft = impatient("30s", json!(5));
    check(&draft, "timed_out", "rpc deadline exceeded: Retry timeout: 5s");
    let run = draft.run();
    assert_eq!(run.world().next_request, 1);
    assert_eq!(run.recorded(12), [1]);
}
