//! Loads of 2.2 and later: merged, limited by files, given up, taken up again; moves whose leader changes.

use super::runs::{Draft, Run, id, ms, word};
use evenkeel::policy::reason::ReasonCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn nodes(count: i64) -> Value {
    (1..=count).map(|id| json!({ "id": id, "memory": "32GiB" })).collect()
}

/// Segments 1 to `count` on node 1, each with 1,000 rows more than the one before.
fn on_node_1(count: i64) -> Value {
    (1..=count).map(|id| json!({ "id": id, "rows": id * 1_000, "query_node": 1 })).collect()
}

fn book(segments: &Value) -> Value {
    json!({ "name": "book", "id": 100, "bytes_per_row": 6_400, "segments": segments })
}

fn draft(version: &str, nodes: Value, segments: &Value) -> Draft {
    let draft = Draft::new(nodes, json!([book(segments)])).release(version);
    draft.with("", "duration", "100s").config("queryCoord.autoBalance", false)
}

/// Milliseconds in which loads ended, each once: loads of one request end together.
fn ends(run: &Run) -> usize {
    run.of("load_done").into_iter().map(ms).collect::<BTreeSet<u64>>().len()
}

#[test]
fn loads_of_one_node_and_shard_are_merged_up_to_the_cap_of_2_2() {
    let all =
        json!({ "collection_name": "book", "src_node_id": 1, "dst_node_ids": [2], "sealed_segment_ids": [] });
    let draft =
        |version: &str| draft(version, nodes(2), &on_node_1(20)).at("10s", "load_balance", all.clone());
    for (version, requests) in [("2.2.4", 2), ("2.2.16", 3), ("2.3.4", 20), ("2.5.27", 20)] {
        let run = draft(version).run();
        assert_eq!(run.of("load_done").len(), 20, "{version}");
        assert_eq!(ends(&run), requests, "{version}");
    }
    assert_eq!(ends(&draft("2.2.16").config("queryCoord.taskMergeCap", 5).run()), 4);
    // Most rows first, so the smallest are left for the last request, which is the first to end.
    let run = draft("2.2.16").run();
    let done: Vec<i64> = run.of("load_done").into_iter().take(4).map(|line| id(line, "segment")).collect();
    assert_eq!(BTreeSet::from_iter(done), BTreeSet::from([1, 2, 3, 4]));
}

#[test]
fn once_refused_for_memory_loads_of_2_2_go_one_by_one() {
    let mut nodes = nodes(2);
    nodes[1]["memory"] = json!("100MiB");
    let segments: Value =
        (1..=16).map(|id| json!({ "id": id, "rows": 1_000, "memory": "10MiB", "query_node": 1 })).collect();
    let run = draft("2.2.16", nodes, &segments).config("queryCoord.autoBalance", true).run();
    let (failed, done) = (run.of("load_failed"), run.of("load_done"));
    let first = failed.iter().map(|line| ms(line)).min().expect("a refusal");
    assert_eq!(failed.iter().filter(|line| ms(line) == first).count(), 8, "all of the request");
    // 11 segments' worth is too much at once, but four are not.
    assert!(!done.is_empty() && done.iter().all(|line| ms(line) > first + 10_000), "{done:?}");
}

#[test]
fn readers_of_2_3_0_to_2_3_3_take_twenty_files_and_refuse_the_rest() {
    let mut two_cpus = nodes(2);
    two_cpus[1]["cpu"] = json!(2);
    for (version, refused) in [("2.3.0", 5), ("2.3.3", 5), ("2.3.4", 0), ("2.2.16", 0)] {
        let draft = draft(version, two_cpus.clone(), &on_node_1(10));
        let all = json!({ "collection_name": "book", "src_node_id": 1, "dst_node_ids": [2], "sealed_segment_ids": [] });
        let run = draft.at("10s", "load_balance", all).run();
        let failed = run.of("load_failed");
        assert_eq!(failed.len(), refused, "{version}");
        assert!(
            failed.iter().all(|line| word(line, "text") == "limit=20: request limit exceeded"),
            "{version}"
        );
    }
}

#[test]
fn a_move_whose_leader_changes_meanwhile_fails_from_2_5_15_on() {
    let mut all = nodes(3);
    all[2]["load_bandwidth"] = json!("1MiB/s");
    for (version, outcome) in [("2.5.14", "completed"), ("2.5.15", "failed"), ("2.4.23", "completed")] {
        let mut book = book(&json!([{ "id": 1, "rows": 2_000, "query_node": 2 }]));
        book["replicas"] = json!([{ "query_nodes": [1, 2, 3], "shard_leaders": [1] }]);
        let run = Draft::new(all.clone(), json!([book]))
            .release(version)
            .with("", "duration", "100s")
            .config("queryCoord.autoBalance", false)
            .at(
                "10s",
                "transfer_segment",
                json!({ "source_node_id": 2, "target_node_id": 3, "segment_id": 1 }),
            )
            .at("12s", "transfer_channel", json!({ "source_node_id": 1, "target_node_id": 2 }))
            .run();
        // The segment is planned first.
        let ends = run.of("move_end");
        let end = ends.iter().find(|line| line["move"] == 0).expect("the end of the move");
        assert_eq!(word(end, "outcome"), outcome, "{version}");
        // Either way the old copy goes: by the move, or by the segment checker.
        assert_eq!(run.holders(1), [3], "{version}");
    }
}

/// A collection that does not fit into its only node is loaded from t = 10 s on.
fn hopeless(version: &str) -> Draft {
    let mut book = book(&json!([{ "id": 1, "rows": 1_000, "memory": "200MiB" }]));
    book["loaded"] = json!(false);
    Draft::new(json!([{ "id": 1, "memory": "100MiB" }]), json!([book]))
        .release(version)
        .with("", "duration", "200s")
        .at("10s", "load_collection", json!({ "collection_name": "book" }))
}

#[test]
fn a_load_without_progress_is_given_up_and_the_client_hears_why() {
    for version in ["2.2.16", "2.3.4", "2.4.23", "2.6.20"] {
        let run = hopeless(version).config("queryCoord.loadTimeoutSeconds", 60).run();
        let answers = run.answers();
        assert_eq!(answers.len(), 1, "{version}");
        let (at, _, text) = answers[0];
        assert!((70_000..80_000).contains(&at), "{version}: {at}");
        assert!(text.contains("show collection failed: "), "{version}: {text}");
        let refused: Vec<u64> = run.of("load_failed").into_iter().map(ms).collect();
        assert!(refused.len() > 3 && refused.iter().all(|time| *time <= at), "{version}");
    }
    assert!(hopeless("2.3.4").run().answers().is_empty(), "600 s as shipped");
}

#[test]
fn a_restarted_coordinator_takes_a_load_up_as_often_as_the_key_says() {
    let restarts = |draft: Draft, times: &[&str]| {
        let restart = |draft: Draft, at: &&str| draft.at(at, "restart_query_coord", json!({ "down": "1s" }));
        times.iter().fold(draft, restart).run()
    };
    let last_refusal = |run: &Run| run.of("load_failed").into_iter().map(ms).max().unwrap_or(0);
    // 2.2 has no such key: an unfinished load is released.
    assert!(last_refusal(&restarts(hopeless("2.2.16"), &["60s"])) < 62_000);
    let once = hopeless("2.3.15").config("queryCoord.collectionRecoverTimes", 1);
    assert!(last_refusal(&restarts(once.clone(), &["60s"])) > 190_000);
    assert!(last_refusal(&restarts(once, &["60s", "120s"])) < 122_000);
}

#[test]
fn a_next_target_that_is_not_reached_is_kept_for_its_time() {
    let compacted = |survival: i64| {
        let run = draft("2.4.23", nodes(2), &on_node_1(4))
            .with("/hardware", "load_bandwidth", "1KiB/s")
            .with("", "duration", "200s")
            .config("queryCoord.NextTargetSurviveTime", survival)
            .at("10s", "compact", json!({ "collection_name": "book", "sealed_segment_ids": [1, 2] }))
            .at("30s", "compact", json!({ "collection_name": "book", "sealed_segment_ids": [3, 4] }))
            .run();
        let times: Vec<u64> = run.of("load_start").into_iter().map(ms).collect();
        times
    };
    assert_eq!(compacted(300).len(), 1, "the second one waits for the first");
    let times = compacted(60);
    assert_eq!(times.len(), 2);
    assert!((70_000..100_000).contains(&times[1]), "{times:?}");
}

#[test]
fn a_round_blocked_by_tasks_of_segments_says_so_up_to_2_4_10() {
    for (version, is_blocked) in
        [("2.2.16", true), ("2.3.5", true), ("2.4.10", true), ("2.4.11", false), ("2.2.4", false)]
    {
        let run = draft(version, nodes(2), &on_node_1(8))
            .with("/hardware", "load_bandwidth", "1KiB/s")
            .config("queryCoord.autoBalance", true)
            .run();
        assert_eq!(!run.times_of(ReasonCode::SchedulerBusy).is_empty(), is_blocked, "{version}");
    }
}

#[test]
fn suspended_balancing_says_so() {
    let run = draft("2.6.20", nodes(2), &on_node_1(8))
        .config("queryCoord.autoBalance", true)
        .at("2s", "suspend_balance", json!({}))
        .run();
    assert!(!run.times_of(ReasonCode::CheckerSuspended).is_empty());
    assert!(run.times_of(ReasonCode::AutobalanceOff).is_empty());
}

#[test]
fn the_placement_at_the_start_is_drawn_where_milvus_draws() {
    let placed = |version: &str, chance: &str, seed: u32| {
        let book = json!([{
            "name": "book", "shards": 2, "placement": "balanced",
            "segments": { "count": 7, "rows": { "constant": 10 }, "memory": { "constant": 1 } },
        }]);
        let draft = Draft::new(json!([{ "count": 5, "memory": "1GiB" }]), book)
            .release(version)
            .with("/milvus", "chance", chance)
            .with("", "seed", seed)
            .with("", "duration", "100ms");
        let run = draft.run();
        (1_000_000..1_000_007).map(|id| run.holders(id)).collect::<Vec<_>>()
    };
    for version in ["2.2.4", "2.2.16", "2.3.5", "2.4.23", "2.5.27"] {
        assert_ne!(placed(version, "seeded", 1), placed(version, "seeded", 2), "{version}: equal nodes");
        assert_eq!(placed(version, "ascending", 1), placed(version, "ascending", 2), "{version}");
    }
    // From 2.6.10 on nodes come by their number of segments and their id.
    assert_eq!(placed("2.6.20", "seeded", 1), placed("2.6.20", "seeded", 2));
}
