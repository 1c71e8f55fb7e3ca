//! 2.2 and later, run end to end: joins, drains, losses, refusals, and quiet clusters.

use super::runs::{Draft, Run, load_balance, ms, word};
use serde_json::{Value, json};

/// Nodes 1 to `nodes` of 32 GiB, and a collection of `segments` segments of 100,000 rows.
fn draft(version: &str, nodes: i64, segments: u64) -> Draft {
    let nodes: Vec<Value> = (1..=nodes).map(|id| json!({ "id": id, "memory": "32GiB" })).collect();
    let rows = json!({ "constant": 100_000 });
    let segments = json!({ "count": segments, "rows": rows });
    let book = json!({ "name": "book", "id": 100, "bytes_per_row": 640, "segments": segments });
    let draft = Draft::new(json!(nodes), json!([book])).release(version);
    draft.config("queryCoord.autoBalance", true)
}

fn with_score(draft: Draft) -> Draft {
    draft.config("queryCoord.balancer", "ScoreBasedBalancer")
}

fn held(run: &Run, node: i64) -> u32 {
    let cluster = run.cluster();
    cluster.node(cluster.find_node(node).expect("a node")).segments
}

/// Plans of each millisecond that has any.
fn rounds(run: &Run) -> Vec<usize> {
    let mut times: Vec<u64> = run.moves().iter().map(|(at, ..)| *at).collect();
    let all = times.clone();
    times.dedup();
    times.iter().map(|time| all.iter().filter(|at| *at == time).count()).collect()
}

#[track_caller]
fn no_unfinished(run: &Run) {
    assert_eq!(run.of("plan").len(), run.of("move_end").len(), "every move ends");
}

#[test]
fn a_node_that_joins_gets_segments_in_batches_of_its_release() {
    for (version, first_batch) in [("2.6.20", 5), ("2.6.0", 6), ("2.5.27", 6), ("3.0.0", 5), ("master", 5)] {
        let join = json!({ "id": 4, "memory": "32GiB" });
        let run = with_score(draft(version, 3, 30)).at("60s", "add_query_node", join).run();
        let joined: Vec<usize> = rounds(&run);
        assert!(joined.contains(&first_batch), "{version}: {joined:?}");
        assert!(joined.iter().all(|count| *count <= first_batch), "{version}: {joined:?}");
        assert!((6..=8).contains(&held(&run, 4)), "{version}: {}", held(&run, 4));
        no_unfinished(&run);
    }
}

#[test]
fn early_releases_even_out_without_batches() {
    for version in ["2.2.4", "2.2.16", "2.3.0", "2.3.4", "2.3.5", "2.3.15", "2.4.0"] {
        let join = json!({ "id": 4, "memory": "32GiB" });
        let run = draft(version, 3, 30).at("60s", "add_query_node", join).run();
        assert!((6..=8).contains(&held(&run, 4)), "{version}: {}", held(&run, 4));
        no_unfinished(&run);
    }
}

#[test]
fn a_stopping_node_is_emptied_and_goes() {
    for version in ["2.2.16", "2.3.5", "2.4.23", "2.5.27", "2.6.0", "2.6.20", "3.0.0", "master"] {
        let run = with_score(draft(version, 4, 24)).at("60s", "stop_query_node", json!({ "id": 3 })).run();
        let down = run.of("node_down");
        assert_eq!(down.len(), 2, "{version}");
        assert_eq!(word(down[0], "cause"), "stopped");
        assert!(super::runs::ms(down[0]) < 90_000, "{version}: {}", down[0]);
        let all: u32 = [1, 2, 4].iter().map(|node| held(&run, *node)).sum();
        assert_eq!((held(&run, 3), all), (0, 24), "{version}");
        assert!(run.of("plan").iter().any(|plan| word(plan, "cause") == "drain"), "{version}");
    }
}

#[test]
fn with_auto_balance_off_2_2_4_does_not_drain_and_later_releases_do() {
    for (version, drains) in [("2.2.4", false), ("2.2.16", true), ("2.3.5", true), ("2.6.20", true)] {
        let draft = draft(version, 4, 24).config("queryCoord.autoBalance", false);
        let run = draft.at("60s", "stop_query_node", json!({ "id": 3 })).run();
        assert_eq!(!run.of("plan").is_empty(), drains, "{version}");
        let all: u32 = [1, 2, 4].iter().map(|node| held(&run, *node)).sum();
        assert_eq!(all, 24, "{version}: what is not drained is loaded anew");
    }
}

#[test]
fn segments_of_a_killed_node_come_back() {
    for version in ["2.2.4", "2.2.16", "2.3.5", "2.4.23", "2.5.27", "2.6.20", "master"] {
        let run = with_score(draft(version, 3, 24)).at("60s", "kill_query_node", json!({ "id": 1 })).run();
        assert_eq!(held(&run, 2) + held(&run, 3), 24, "{version}");
        let leaders = &run.cluster().replicas()[0].shard_leaders;
        let leads = leaders[0].is_some_and(|leader| run.cluster().node(leader).is_alive());
        assert!(leads, "{version}: the channel is led again");
    }
}

#[test]
fn a_quiet_cluster_plans_nothing() {
    for version in ["2.2.4", "2.2.16", "2.3.5", "2.4.0", "2.5.27", "2.6.20", "master"] {
        let run = draft(version, 3, 30)
            .with("", "duration", "1h")
            .config("queryCoord.delegatorMemoryOverloadFactor", 0)
            .run();
        assert!(run.of("plan").is_empty(), "{version}: {:?}", run.moves());
        assert!(run.events.len() < 10, "{version}: {} lines", run.events.len());
    }
}

#[test]
fn two_runs_have_one_digest() {
    for version in ["2.2.16", "2.3.5", "2.6.20"] {
        let join = json!({ "id": 4, "memory": "32GiB" });
        let draft = draft(version, 3, 30).at("60s", "add_query_node", join);
        let draft = draft.at("100s", "stop_query_node", json!({ "id": 1 }));
        let digests = [draft.run(), draft.run()].map(|run| run.world().digest());
        assert_eq!(digests[0], digests[1], "{version}");
    }
}

/// Answer of one `load_balance` on a cluster of three nodes with autoBalance off.
#[track_caller]
fn answer(version: &str, request: Value) -> (u64, i64, String) {
    let draft = draft(version, 3, 6).config("queryCoord.autoBalance", false);
    let run = draft.at("60s", "load_balance", request).run();
    let line = run.of("command_result")[0].clone();
    (super::runs::ms(&line), line["code"].as_i64().unwrap_or(-1), word(&line, "text").to_owned())
}

#[test]
fn load_balance_is_refused_in_the_words_of_its_era() {
    let source_9 = load_balance(Some("book"), 9, &[], &[]);
    let target_9 = load_balance(Some("book"), 1, &[9], &[]);
    let segment_5 = load_balance(Some("book"), 1, &[2], &[5]);
    let shop = load_balance(Some("shop"), 1, &[2], &[]);
    let refused = |version: &str, request: &Value, code: i64, text: &str| {
        let (at, found, words) = answer(version, request.clone());
        assert_eq!((at, found, words.as_str()), (60_000, code, text), "{version}");
    };
    refused("2.2.16", &source_9, 1, "source node not found in any replica");
    refused("2.2.4", &target_9, 1, "destination nodes have to be in the same replica of source node");
    refused("2.2.16", &segment_5, 1, "failed to balance segments, err=segment 5 not found in source node 1");
    let text = "replica not found for collection 100 and node 9: replica=-1: replica not found";
    refused("2.3.0", &source_9, 0, text);
    refused("2.3.0", &segment_5, 0, "failed to balance segments: segment 5 not found in source node 1");
    let text = "source node not found in any replica of collection 100: node not found[node=9]";
    refused("2.3.5", &source_9, 901, text);
    refused("2.6.20", &source_9, 901, text);
    let text = "destination node not found in the same replica: node not found[node=9]";
    refused("2.3.5", &target_9, 901, text);
    refused("2.3.5", &segment_5, 65535, "failed to balance segments: segment 5 not found in source node 1");
    let text = "collection not found[database=default][collection=shop]";
    refused("2.3.4", &shop, 100, text);
}

#[test]
fn load_balance_moves_and_answers_when_the_moves_are_done() {
    for version in ["2.2.16", "2.3.5", "2.4.23", "2.6.20"] {
        let (at, code, text) = answer(version, load_balance(Some("book"), 1, &[2], &[]));
        assert_eq!((code, text.as_str()), (0, ""), "{version}");
        assert!((60_400..=63_000).contains(&at), "{version}: {at}");
    }
}

#[test]
fn a_full_node_refuses_and_the_segment_stays() {
    for (version, words) in [("2.3.5", "OOM if load"), ("2.6.20", "segment request resource failed")] {
        let join = json!({ "id": 4, "memory": "32GiB", "base_memory": "29400MiB" });
        let draft = with_score(draft(version, 3, 30)).at("60s", "add_query_node", join);
        let run = draft.with("", "duration", "2m").run();
        let failed = run.of("load_failed");
        assert!(!failed.is_empty(), "{version}");
        assert!(failed.iter().all(|line| word(line, "text").contains(words)), "{version}");
        let all: u32 = [1, 2, 3, 4].iter().map(|node| held(&run, *node)).sum();
        assert_eq!(all, 30, "{version}");
    }
}

#[test]
fn two_replicas_are_evened_except_where_copies_count_in_the_whole_cluster() {
    for (version, moves) in
        [("2.2.16", true), ("2.3.4", true), ("2.3.5", false), ("2.4.23", true), ("2.6.20", true)]
    {
        let two = with_score(draft(version, 2, 20)).with("/collections/0", "replicas", 2);
        let run = two.at("60s", "add_query_node", json!({ "id": 4, "memory": "32GiB" })).run();
        assert_eq!(!run.of("plan").is_empty(), moves, "{version}");
    }
}

#[test]
fn a_restarted_coordinator_moves_nothing() {
    for version in ["2.3.5", "2.6.20"] {
        let run = draft(version, 3, 30).at("60s", "restart_query_coord", json!({})).run();
        assert!(run.of("plan").is_empty() && run.of("load_start").is_empty(), "{version}");
    }
}

#[test]
fn a_released_collection_goes_and_is_loaded_again() {
    for version in ["2.3.5", "2.6.20"] {
        let name = json!({ "collection_name": "book" });
        let draft = draft(version, 3, 6).at("60s", "release_collection", name.clone());
        let run = draft.at("120s", "load_collection", name).run();
        let held: u32 = (1..=3).map(|node| held(&run, node)).sum();
        assert_eq!(held, 6, "{version}");
        assert_eq!(run.answers().iter().filter(|(_, outcome, _)| *outcome == "success").count(), 2);
    }
}

#[test]
fn transfers_empty_a_node_and_answer_at_once() {
    for version in ["2.3.15", "2.4.23", "2.5.27", "2.6.20"] {
        let draft = draft(version, 3, 9).config("queryCoord.autoBalance", false);
        let run =
            draft.at("60s", "transfer_segment", json!({ "source_node_id": 1, "target_node_id": 2 })).run();
        assert_eq!((held(&run, 1), held(&run, 2)), (0, 6), "{version}");
        assert_eq!(run.answers()[0], (60_000, "success", ""), "{version}");
        assert!(run.of("plan").iter().all(|plan| word(plan, "cause") == "manual"), "{version}");
    }
    let draft = draft("2.3.5", 3, 9).at("60s", "transfer_segment", json!({ "source_node_id": 1 }));
    assert_eq!(draft.run().answers()[0].1, "refused");
}

#[test]
fn of_a_copy_and_its_source_the_newest_stays() {
    // From 2.6.12 on a load of what the replica holds already is dropped before it begins.
    for (version, loads) in [("2.5.27", 1), ("2.6.20", 0)] {
        let draft = draft(version, 3, 3).config("queryCoord.autoBalance", false);
        let request = json!({ "source_node_id": 1, "target_node_id": 2, "copy_mode": true });
        let run = draft.at("60s", "transfer_segment", request).run();
        assert!(run.of("plan").is_empty(), "{version}");
        assert_eq!(run.of("load_done").len(), loads, "{version}");
        assert_eq!(held(&run, 1) + held(&run, 2), 2, "{version}: one copy of each");
        assert_eq!(held(&run, 2) as usize, 1 + loads, "{version}");
    }
}

#[test]
fn a_channel_moves_before_it_is_given_up() {
    for version in ["2.3.15", "2.4.23", "2.5.27"] {
        let draft = draft(version, 3, 9).config("queryCoord.autoBalance", false);
        let run =
            draft.at("60s", "transfer_channel", json!({ "source_node_id": 1, "target_node_id": 3 })).run();
        let leaders = run.of("leader");
        assert_eq!(leaders.len(), 1, "{version}");
        assert_eq!((word(leaders[0], "from"), word(leaders[0], "to")), ("1", "3"), "{version}");
        assert_eq!(word(run.of("move_end")[0], "outcome"), "completed", "{version}");
    }
}

#[test]
fn channels_are_transferred_between_streaming_nodes_and_segments_are_not() {
    let streaming = json!([{ "id": 11, "memory": "8GiB" }, { "id": 12, "memory": "8GiB" }]);
    for version in ["2.6.0", "2.6.20"] {
        let draft = draft(version, 3, 9).config("queryCoord.autoBalance", false);
        let run = draft
            .with("", "streaming_nodes", streaming.clone())
            .at("60s", "transfer_segment", json!({ "source_node_id": 1, "target_node_id": 12 }))
            .at("70s", "transfer_channel", json!({ "source_node_id": 11, "target_node_id": 12 }))
            .run();
        let answers: Vec<(u64, &str)> = run.answers().iter().map(|(at, word, _)| (*at, *word)).collect();
        assert_eq!(answers, [(60_000, "refused"), (70_000, "success")], "{version}");
        let leaders = run.of("leader");
        assert_eq!((word(leaders[0], "from"), word(leaders[0], "to")), ("11", "12"), "{version}");
    }
}

#[test]
fn a_suspended_checker_plans_nothing_until_it_is_resumed() {
    for version in ["2.3.15", "2.5.27", "2.6.20"] {
        let join = json!({ "id": 4, "memory": "32GiB" });
        let draft = with_score(draft(version, 3, 30)).at("30s", "suspend_balance", json!({}));
        let draft = draft.at("60s", "add_query_node", join).at("5m", "resume_balance", json!({}));
        let run = draft.run();
        let first = run.moves().iter().map(|(at, ..)| *at).find(|at| *at > 30_000);
        assert!(first.is_some_and(|at| (300_000..330_000).contains(&at)), "{version}: {first:?}");
    }
}

#[test]
fn a_suspended_node_keeps_what_it_has_or_is_drained_by_release() {
    for (version, drains) in [("2.3.15", false), ("2.4.23", true), ("2.6.20", true)] {
        let run = with_score(draft(version, 3, 30)).at("60s", "suspend_node", json!({ "node_id": 2 })).run();
        assert_eq!(held(&run, 2) == 0, drains, "{version}: {}", held(&run, 2));
    }
    let run = draft("2.6.20", 3, 3).at("60s", "suspend_node", json!({ "node_id": 9 })).run();
    assert_eq!(run.answers()[0].2, "failed to suspend query node: node not found[node=9]");
}

#[test]
fn sealed_rows_are_loaded_with_the_next_target_and_grow_no_more() {
    for version in ["2.2.16", "2.3.5", "2.6.20"] {
        let insert = json!([{ "collection": "book", "rows_per_second": 5000, "from": "1m", "to": "3m" }]);
        let run = draft(version, 3, 6).with("", "workload", json!({ "insert": insert })).run();
        let born = run.of("segment_new").len();
        assert!(born >= 2, "{version}: {born}");
        let all: u32 = (1..=3).map(|node| held(&run, node)).sum();
        assert_eq!(all as usize, 6 + born, "{version}");
        let growing: u64 = run.cluster().nodes().iter().map(|node| node.growing_rows).sum();
        assert!(growing < 250_000, "{version}: {growing}");
    }
}

#[test]
fn nodes_reserved_for_a_channel_get_its_segments_alone() {
    let nodes: Vec<Value> = (1..=6).map(|id| json!({ "id": id, "memory": "32GiB" })).collect();
    let segments = json!({ "count": 24, "rows": { "constant": 100_000 } });
    let book = json!({ "name": "book", "id": 100, "shards": 2, "bytes_per_row": 640, "segments": segments });
    let draft = Draft::new(json!(nodes), json!([book])).release("2.6.20");
    let run = draft.at("60s", "add_query_node", json!({ "id": 7, "memory": "32GiB" })).run();
    let cluster = run.cluster();
    for node in cluster.node_indices() {
        let held =
            cluster.segments().indices().filter(|segment| cluster.segments().copies().has(*segment, node));
        let mut channels: Vec<u32> = held.map(|segment| cluster.segments().channel(segment).0).collect();
        channels.sort_unstable();
        channels.dedup();
        assert!(channels.len() < 2, "node {} holds segments of {channels:?}", cluster.node(node).id);
    }
}

#[test]
fn a_node_that_nobody_empties_waits_as_long_as_its_key_says() {
    let down_at = |version: &str, keys: &[(&str, u32)]| {
        let book = json!([{ "name": "book", "segments": [{ "rows": 10, "memory": 1 }] }]);
        let mut draft = Draft::new(json!([{ "id": 1, "memory": "1GiB" }]), book)
            .release(version)
            .with("", "duration", "5m")
            .at("10s", "stop_query_node", json!({ "id": 1 }));
        for (key, seconds) in keys {
            draft = draft.config(key, *seconds);
        }
        draft.run().of("node_down").first().map(|line| ms(line) / 1_000)
    };
    let (own, common) = ("queryNode.gracefulStopTimeout", "common.gracefulStopTimeout");
    assert_eq!(down_at("2.5.27", &[]), None, "1,800 s");
    assert_eq!(down_at("2.5.27", &[(own, 60)]), Some(70));
    assert_eq!(down_at("2.5.27", &[(common, 40)]), Some(50));
    assert_eq!(down_at("2.5.27", &[(common, 40), (own, 60)]), Some(70));
    assert_eq!([down_at("2.2.4", &[]), down_at("2.2.4", &[(common, 20)])], [Some(40), Some(30)]);
    assert_eq!([down_at("2.2.16", &[]), down_at("2.2.16", &[(own, 20)])], [None, None], "read from 2.3 on");
}
