//! Every error of `load_balance` that can occur here, with its exact text as the client sees it.
//!
//! The numbers are those of section 10 of the 2.0/2.1 specification. These cannot occur:
//!
//! * E6, E7 (no source node): pymilvus always names exactly one.
//! * E8 in 2.1: a node that is no longer registered is in no replica either, so E4 comes first.
//! * E10 (collection not loaded any more): a release takes the records of its segments and its replicas
//!   along, so E1 or E4 comes first in 2.1, and 2.0 finds nothing to move.
//! * E11, E12 (recovery info of the data coordinator), E18, E19 (id allocator, etcd): not modelled, they
//!   always answer.
//! * E15 for channels: only children that watch a channel are told, and no client waits for one.
//! * E16 (replica gone): replicas go by tasks of the same queue, never while a balance task runs.

use super::runs::{Draft, collection, load_balance, node, segment};
use serde_json::{Value, json};

/// 2.1: `book` (100) in two replicas, nodes 1, 2 and nodes 3, 4; `logs` (101) on nodes 1 to 4.
fn two_replicas() -> Draft {
    let mut book = collection("book", 100, json!([segment(11, 10, vec![1, 3]), segment(12, 10, vec![2, 4])]));
    book["replicas"] =
        json!([{ "id": 10000, "query_nodes": [1, 2] }, { "id": 10001, "query_nodes": [3, 4] }]);
    let mut logs = collection("logs", 101, json!([segment(21, 10, 1)]));
    logs["replicas"] = json!([{ "id": 10002, "query_nodes": [1, 2, 3, 4] }]);
    let nodes = json!([node(1, 10), node(2, 10), node(3, 10), node(4, 10)]);
    Draft::new(nodes, json!([book, logs])).config("queryCoord.autoBalance", false)
}

/// One replica of `book` on nodes 1 to 3, which holds for both lines.
///
/// Node 2 is overloaded from the start.
fn one_replica(version: &str) -> Draft {
    let book = collection("book", 100, json!([segment(11, 10, 1), segment(12, 10, 2)]));
    let nodes = json!([node(1, 10), node(2, 85), node(3, 10)]);
    Draft::new(nodes, json!([book])).config("queryCoord.autoBalance", false).release(version)
}

/// The one command of a scenario is refused with code 1 and this text.
#[track_caller]
fn check(draft: Draft, text: &str) {
    let run = draft.run();
    let results: Vec<&Value> = run.of("command_result");
    let told: Vec<_> = results.iter().map(|line| (&line["outcome"], &line["code"], &line["text"])).collect();
    assert_eq!(told, [(&json!("refused"), &json!(1), &json!(text))]);
}

/// The same, for `load_balance` at one minute.
#[track_caller]
fn refuse(draft: Draft, call: Value, text: &str) {
    check(draft.at("1m", "load_balance", call), text);
}

/// As an error of validation is shown in 2.1: twice.
fn twice(text: &str) -> String {
    format!(", {text}, {text}")
}

#[test]
fn e0_the_coordinator_is_down() {
    for (version, text) in [("2.1", "QueryCoord is not healthy"), ("2.0", "query coordinator is not healthy")]
    {
        let draft = one_replica(version).at("59s", "restart_query_coord", json!({ "down": "5s" }));
        let draft = draft.with("/timeline/0", "may_have_no_effect", true);
        let run = draft.at("1m", "load_balance", load_balance(Some("book"), 1, &[], &[])).run();
        assert_eq!(run.answers(), [(60_000, "refused", text)]);
    }
}

#[test]
fn e1_an_unknown_segment() {
    let text = twice("getSegmentInfoByID: can't find segmentID in segmentInfos");
    refuse(two_replicas(), load_balance(Some("book"), 1, &[2], &[999]), &text);
    refuse(two_replicas(), load_balance(None, 1, &[2], &[11, 999]), &text);
}

#[test]
fn e1_a_growing_segment_is_unknown_too() {
    let draft = two_replicas().with("/collections/0", "bytes_per_row", 1);
    let insert =
        json!({ "insert": [{ "collection": "book", "rows_per_second": 1, "from": "0s", "to": "10s" }] });
    let draft = draft.with("", "workload", insert);
    let text = twice("getSegmentInfoByID: can't find segmentID in segmentInfos");
    refuse(draft, load_balance(Some("book"), 1, &[2], &[1_000_000]), &text);
}

#[test]
fn e2_segments_of_two_collections() {
    let text = twice("segments of a load balance task do not belong to the same collection");
    refuse(two_replicas(), load_balance(None, 1, &[2], &[11, 21]), &text);
    refuse(two_replicas(), load_balance(Some("book"), 1, &[2], &[21]), &text);
}

#[test]
fn e3_neither_collection_nor_segments() {
    let text = twice("a load balance task has to specify a collectionID or pass segments of a collection");
    refuse(two_replicas(), load_balance(None, 1, &[2], &[]), &text);
}

#[test]
fn e4_a_node_that_serves_no_replica_of_the_collection() {
    let unknown = |id: i64| twice(&format!("unable to find replicas of collection 100 and node {id}"));
    refuse(two_replicas(), load_balance(Some("book"), 77, &[2], &[11]), &unknown(77));
    refuse(two_replicas(), load_balance(Some("book"), 1, &[2, -5], &[11]), &unknown(-5));
}

#[test]
fn e5_a_destination_in_another_replica() {
    let text = twice("source nodes and destination nodes must be in the same replica group");
    refuse(two_replicas(), load_balance(Some("book"), 1, &[3], &[11]), &text);
    refuse(two_replicas(), load_balance(Some("book"), 1, &[2, 4], &[11]), &text);
}

#[test]
fn e8_an_unknown_source_in_2_0() {
    let text = ", loadBalanceTask: query node 77 is not exist to balance";
    refuse(one_replica("2.0"), load_balance(None, 77, &[2], &[11]), text);
}

#[test]
fn e9_a_segment_that_is_not_on_the_source() {
    let text = ", loadBalanceTask: unloaded segment 12";
    refuse(two_replicas(), load_balance(Some("book"), 1, &[2], &[11, 12]), text);
    refuse(one_replica("2.0"), load_balance(None, 1, &[3], &[12]), text);
    // 2.0 does not look a segment up before.
    refuse(
        one_replica("2.0"),
        load_balance(None, 1, &[3], &[999]),
        ", loadBalanceTask: unloaded segment 999",
    );
}

#[test]
fn e10_gives_way_to_other_errors_once_a_collection_is_released() {
    let released = || two_replicas().at("59s", "release_collection", json!({ "collection_name": "book" }));
    let refused = |call: Value, text: &str| {
        let run = released().at("1m", "load_balance", call).run();
        assert_eq!(run.answers()[1], (60_000, "refused", twice(text).as_str()));
    };
    let unknown = "getSegmentInfoByID: can't find segmentID in segmentInfos";
    refused(load_balance(Some("book"), 1, &[2], &[11]), unknown);
    let homeless = "unable to find replicas of collection 100 and node 1";
    refused(load_balance(Some("book"), 1, &[2], &[]), homeless);
    // The release goes first even when it comes in the same moment, behind the call.
    let call = load_balance(Some("book"), 1, &[2], &[]);
    let draft = two_replicas().at("1m", "load_balance", call);
    let run = draft.at("1m", "release_collection", json!({ "collection_name": "book" })).run();
    let answers: Vec<_> = run.answers().into_iter().map(|(_, outcome, _)| outcome).collect();
    assert_eq!(answers, ["success", "refused"]);
}

#[test]
fn e13_no_node_is_left_to_allocate() {
    let text = ", no available queryNode to allocate";
    for version in ["2.0", "2.1"] {
        // The only destination is the source.
        refuse(one_replica(version), load_balance(Some("book"), 1, &[1], &[11]), text);
        // The only destination is overloaded: 95 of 100.
        refuse(one_replica(version), load_balance(Some("book"), 1, &[2], &[11]), text);
        // The only destination does not answer: it is dead, and nobody has noticed.
        let killed = one_replica(version).at("50s", "kill_query_node", json!({ "id": 3 }));
        refuse(killed, load_balance(Some("book"), 1, &[3], &[11]), text);
    }
    // Once noticed and recovered, a dead destination of 2.1 is in no replica any more, and E4 comes first.
    let stopped = one_replica("2.1").at("50s", "stop_query_node", json!({ "id": 3 }));
    let gone = twice("unable to find replicas of collection 100 and node 3");
    refuse(stopped, load_balance(Some("book"), 1, &[3], &[11]), &gone);
    // A destination that 2.0 does not know is no node to allocate.
    refuse(one_replica("2.0"), load_balance(None, 1, &[77], &[11]), text);
}

#[test]
fn e14_a_segment_that_fits_on_no_node() {
    let text = ", shuffleSegmentsToQueryNodeV2: insufficient memory of available node";
    for version in ["2.0", "2.1"] {
        let draft = one_replica(version).with("/collections/0/segments/0", "log_size", 81);
        refuse(draft, load_balance(Some("book"), 1, &[3], &[11]), text);
    }
}

#[test]
fn e15_no_node_is_online() {
    for version in ["2.0", "2.1"] {
        let book = collection("book", 100, json!([segment(11, 10, 1)]));
        let draft = Draft::new(json!([node(1, 10)]), json!([book])).release(version);
        let draft = draft.at("50s", "stop_query_node", json!({ "id": 1 }));
        let call = load_balance(Some("book"), 1, &[], &[11]);
        refuse(draft, call, ", no online queryNode to allocate");
    }
}

#[test]
fn e17_the_coordinator_goes_down_while_the_client_waits() {
    for version in ["2.0", "2.1"] {
        let slow = one_replica(version).with("/hardware", "load_overhead", "10s");
        let call = load_balance(Some("book"), 1, &[3], &[11]);
        let draft = slow.at("1m", "load_balance", call).at("1m 5s", "restart_query_coord", json!({}));
        assert_eq!(draft.run().answers(), [(65_000, "refused", "timeout")]);
    }
}

#[test]
fn the_proxy_refuses_an_unknown_collection_before_the_coordinator_is_asked() {
    refuse(two_replicas(), load_balance(Some("nobody"), 1, &[2], &[11]), "can't find collection: nobody");
    // 2.0 has no collection argument, so that nobody looks at the name.
    let run = one_replica("2.0").at("1m", "load_balance", load_balance(Some("nobody"), 1, &[3], &[11])).run();
    assert_eq!(run.answers()[0].1, "success");
}

#[test]
fn several_failing_children_append_their_errors() {
    let book = collection("book", 100, json!([segment(11, 10, 1), segment(12, 10, 1)]));
    let draft = Draft::new(json!([node(1, 10), node(2, 10), node(3, 10)]), json!([book]))
        .config("queryCoord.autoBalance", false)
        .at("30s", "fail_loads", json!({ "for": "1m" }));
    let error = "no available queryNode to allocate";
    refuse(draft, load_balance(Some("book"), 1, &[], &[]), &format!(", {error}, {error}"));
}
