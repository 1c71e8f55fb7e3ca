//! Quirks of trigger tasks, their children and their ends: Q8, Q9, Q11 to Q14, Q16, Q27.

use crate::runs::{Draft, Run, collection, id, load_balance, ms, node, segment};
use serde_json::{Value, json};

/// One collection on `count` query nodes with 10 of 100 bytes used, automatic balance off.
fn book(count: i64, segments: Value) -> Draft {
    let nodes: Vec<Value> = (1..=count).map(|id| node(id, 10)).collect();
    Draft::new(json!(nodes), json!([collection("book", 100, segments)]))
        .config("queryCoord.autoBalance", false)
}

/// Where segments really are, and where the coordinator records them, at the end.
#[track_caller]
fn check(run: &Run, segment: i64, held: &[i64], recorded: &[i64]) {
    assert_eq!(run.holders(segment), held, "held");
    assert_eq!(run.recorded(segment), recorded, "recorded");
}

#[test]
fn q8_a_rescheduled_child_forgets_the_destination() {
    let draft = book(3, json!([segment(11, 10, 1)])).at("50s", "fail_loads", json!({ "query_node": 2 })).at(
        "1m",
        "load_balance",
        load_balance(Some("book"), 1, &[2], &[11]),
    );
    let run = draft.run();
    assert_eq!(run.answers()[0].1, "success");
    check(&run, 11, &[3], &[3]);
    // With nobody else in the replica it fails: it does not go back to the source.
    let draft = book(2, json!([segment(11, 10, 1)])).at("50s", "fail_loads", json!({ "query_node": 2 })).at(
        "1m",
        "load_balance",
        load_balance(Some("book"), 1, &[2], &[11]),
    );
    assert_eq!(draft.run().answers()[0].2, ", no available queryNode to allocate");
}

#[test]
fn q9_a_blank_list_moves_other_collections_too_and_tags_them_with_the_named_ones_replica() {
    let mut book = collection("book", 100, json!([segment(11, 10, vec![1, 3])]));
    book["replicas"] =
        json!([{ "id": 10000, "query_nodes": [1, 2] }, { "id": 10001, "query_nodes": [3, 4] }]);
    let mut logs = collection("logs", 101, json!([segment(21, 10, vec![1, 4])]));
    logs["replicas"] =
        json!([{ "id": 10002, "query_nodes": [1, 3] }, { "id": 10003, "query_nodes": [2, 4] }]);
    let nodes = json!([node(1, 10), node(2, 10), node(3, 10), node(4, 10)]);
    let draft = Draft::new(nodes, json!([book, logs])).config("queryCoord.autoBalance", false).at(
        "1m",
        "load_balance",
        load_balance(Some("book"), 1, &[], &[]),
    );
    let run = draft.run();
    let plans: Vec<_> = run
        .of("plan")
        .iter()
        .map(|line| (id(line, "segment"), id(line, "replica"), id(line, "to")))
        .collect();
    assert_eq!(plans, [(11, 10000, 2), (21, 10000, 2)]);
    check(&run, 11, &[2, 3], &[3, 2]);
    // Node 2 serves the other replica of logs: that one's copy gives way, and the source keeps its own.
    check(&run, 21, &[1, 2], &[1, 2]);
}

#[test]
fn q11_source_and_destination_both_hold_a_moved_segment_until_the_release() {
    let draft = book(2, json!([segment(11, 10, 1)]));
    let run = draft.at("1m", "load_balance", load_balance(Some("book"), 1, &[2], &[11])).run();
    let (done, release) = (ms(run.of("load_done")[0]), ms(run.of("release")[0]));
    let answered = run.answers()[0].0;
    assert_eq!((answered, release), (done, done + 1_001));
    check(&run, 11, &[2], &[2]);
}

#[test]
fn q11_a_failed_move_leaks_the_copies_of_its_siblings_that_succeeded() {
    let draft = book(3, json!([segment(11, 10, 1), segment(12, 10, 1)]))
        .at("50s", "fail_loads", json!({ "segment_id": 12 }))
        .at("1m", "load_balance", load_balance(Some("book"), 1, &[], &[]));
    let run = draft.run();
    assert_eq!(run.answers()[0].1, "refused");
    check(&run, 11, &[1, 2], &[1]);
    check(&run, 12, &[1], &[1]);
}

#[test]
fn q12_a_load_balance_without_anything_to_move_succeeds() {
    // Nothing on the source; and a segment that was compacted away, of which the coordinator has not heard.
    let empty = book(2, json!([segment(11, 10, 1)]));
    let empty = empty.at("1m", "load_balance", load_balance(Some("book"), 2, &[1], &[]));
    let compacted = book(2, json!([segment(11, 10, 1), segment(12, 10, 1)]))
        .at("59s", "compact", json!({ "collection_name": "book", "sealed_segment_ids": [11, 12] }))
        .at("1m", "load_balance", load_balance(Some("book"), 1, &[2], &[11]));
    for draft in [empty, compacted] {
        let run = draft.run();
        assert_eq!(run.answers(), [(60_000, "success", "")]);
        assert_eq!(run.moves(), []);
    }
}

#[test]
fn q13_a_manual_move_waits_behind_loads_and_releases_asked_for_later() {
    let mut other = json!({ "name": "other", "loaded": false, "segments": [{ "rows": 1, "memory": 1 }] });
    other["id"] = json!(101);
    let book = collection("book", 100, json!([segment(11, 10, 1)]));
    let draft = Draft::new(json!([node(1, 10), node(2, 10)]), json!([book, other]))
        .config("queryCoord.autoBalance", false)
        .with("/hardware", "load_overhead", "10s")
        .at("1m", "load_collection", json!({ "collection_name": "other" }))
        .at("61s", "load_balance", load_balance(Some("book"), 1, &[2], &[11]))
        .at("62s", "release_collection", json!({ "collection_name": "other" }));
    let run = draft.run();
    let order: Vec<u64> =
        run.of("command_result").iter().map(|line| line["of"].as_u64().expect("of")).collect();
    let verbs: Vec<_> =
        order.iter().map(|of| run.events[usize::try_from(*of).expect("a line")]["verb"].clone()).collect();
    assert_eq!(verbs, ["load_collection", "release_collection", "load_balance"]);
}

#[test]
fn q14_a_failed_recovery_records_segments_where_they_are_not() {
    let draft = book(2, json!([segment(11, 10, 1), segment(12, 10, 2)]))
        .at("50s", "fail_loads", json!({ "segment_id": 11 }))
        .at("1m", "stop_query_node", json!({ "id": 1 }));
    let run = draft.run();
    check(&run, 11, &[], &[2]);
    // The next try finds nothing on the dead node, so the node is forgotten: out of the replica.
    assert_eq!(run.cluster().replicas()[0].nodes().len(), 1);
}

#[test]
fn q16_nodes_that_are_offline_when_the_coordinator_starts_are_never_recovered() {
    let mut offline = node(3, 10);
    offline["state"] = json!("offline");
    let mut book = collection("book", 100, json!([segment(11, 10, 1), segment(12, 10, 3)]));
    book["replicas"] = json!([{ "id": 10000, "query_nodes": [1, 2, 3] }]);
    let at_first = Draft::new(json!([node(1, 10), node(2, 10), offline]), json!([book]));
    let run = at_first.with("", "duration", "30m").run();
    check(&run, 12, &[], &[3]);
    // The same for a node that dies while the coordinator is away.
    let meanwhile = self::book(3, json!([segment(11, 10, 1), segment(12, 10, 3)]))
        .at("1m", "restart_query_coord", json!({ "down": "10s" }))
        .at("65s", "stop_query_node", json!({ "id": 3 }));
    check(&meanwhile.run(), 12, &[], &[3]);
}

#[test]
fn q27_a_handoff_without_room_blocks_the_whole_queue() {
    let mut book = collection("book", 100, json!([segment(11, 10, 1)]));
    book["bytes_per_row"] = json!(1);
    let draft = Draft::new(json!([node(1, 80), node(2, 80)]), json!([book]))
        .with(
            "",
            "workload",
            json!({ "insert": [{ "collection": "book", "rows_per_second": 1, "to": "15s" }] }),
        )
        .at("20s", "seal", json!({ "collection_name": "book" }))
        .at("1m", "load_balance", load_balance(Some("book"), 1, &[2], &[11]))
        .at("2m", "load_collection", json!({ "collection_name": "book" }));
    let run = draft.clone().run();
    assert_eq!(run.answers(), []);
    assert_eq!(run.summary.commands.unfinished, 2);
    // A third node has the room, and everything goes on.
    let freed = draft.at("5m", "add_query_node", node(3, 10)).run();
    let answered: Vec<u64> = freed.answers().into_iter().map(|(ms, ..)| ms / 1_000).collect();
    assert_eq!(answered, [300, 300]);
}
