//! Quirks of the automatic round: Q1 to Q7, Q24, Q25, Q28, Q29.

use crate::runs::{Draft, collection, node, segment};
use evenkeel::model::ids::NodeIndex;
use evenkeel::model::query_node::NodeMemory;
use evenkeel::policy::create_replicas::{assign_nodes, free_bytes};
use evenkeel::policy::reason::ReasonCode;
use serde_json::{Value, json};

/// One collection on two query nodes.
fn two_nodes(first: u64, second: u64, segments: Value) -> Draft {
    Draft::new(json!([node(1, first), node(2, second)]), json!([collection("book", 100, segments)]))
        .with("", "duration", "90s")
}

/// What the round of the first minute plans: segment, from, to.
#[track_caller]
fn check(draft: &Draft, moves: &[(i64, i64, i64)]) {
    let found: Vec<_> =
        draft.run().moves().into_iter().map(|(_, segment, from, to)| (segment, from, to)).collect();
    assert_eq!(found, moves);
}

/// Times in seconds at which something was declined for this reason.
#[track_caller]
fn check_declined(draft: &Draft, code: ReasonCode, seconds: &[u64]) {
    let found: Vec<u64> = draft.run().times_of(code).into_iter().map(|ms| ms / 1000).collect();
    assert_eq!(found, seconds);
}

#[test]
fn q1_the_last_qualifying_segment_wins_and_not_the_best() {
    let draft = two_nodes(49, 20, json!([segment(11, 30, 1), segment(12, 1, 1)]));
    check(&draft, &[(12, 1, 2), (11, 1, 2)]);
    check(&draft.with("/milvus", "segment_pick", "least_difference"), &[(11, 1, 2)]);
}

#[test]
fn q2_an_empty_source_counts_as_insufficient_memory() {
    // Node 2 has room for anything; all the same 2.0 drops the plan, because node 1 has nothing left.
    let draft = two_nodes(70, 20, json!([segment(11, 10, 1)]));
    check(&draft, &[(11, 1, 2)]);
    check(&draft.clone().release("2.0"), &[]);
    check_declined(&draft.release("2.0"), ReasonCode::SourceHasNothingOfThisCollection, &[60]);
}

#[test]
fn q3_a_collection_sees_the_moves_planned_for_another_one() {
    let book = collection("book", 100, json!([segment(11, 10, 1)]));
    let logs = collection("logs", 101, json!([segment(21, 10, 1)]));
    let both = Draft::new(json!([node(1, 60), node(2, 40)]), json!([book, logs])).with("", "duration", "90s");
    check(&both, &[(11, 1, 2)]);
    check_declined(&both, ReasonCode::BelowBothThresholds, &[60]);
    // By itself the second one moves.
    let logs = collection("logs", 101, json!([segment(21, 10, 1)]));
    let alone = Draft::new(json!([node(1, 70), node(2, 40)]), json!([logs])).with("", "duration", "90s");
    check(&alone, &[(21, 1, 2)]);
}

#[test]
fn q4_a_planned_move_is_refused_by_the_estimate_of_its_load() {
    let mut large = segment(11, 10, 1);
    large["log_size"] = json!(51);
    let draft = two_nodes(70, 40, json!([large]));
    check(&draft, &[(11, 1, 2)]);
    let run = draft.run();
    assert_eq!(run.summary.moves.failed, 1);
    assert!(run.of("load_start").is_empty());
}

#[test]
fn q5_the_plan_is_not_revised_when_a_move_fails() {
    let segments = json!([segment(11, 10, 1), segment(12, 10, 1), segment(13, 10, 1)]);
    let draft = two_nodes(50, 20, segments).with("", "duration", "130s");
    let run = draft.at("30s", "fail_loads", json!({ "segment_id": 13 })).run();
    let moves: Vec<_> = run.moves().into_iter().map(|(ms, segment, ..)| (ms, segment)).collect();
    // The failed segment is planned again by the next round, which knows nothing of the failure.
    assert_eq!(moves, [(60_000, 13), (60_000, 12), (120_000, 13)]);
    let ends: Vec<_> = run.of("move_end").iter().map(|line| line["outcome"].clone()).collect();
    assert_eq!(ends, ["failed", "completed", "failed"]);
}

/// At the first tick, `loads` loads of a minute each have been asked for.
fn while_loads_run(loads: usize) -> Draft {
    let mut collections = vec![collection("book", 100, json!([segment(11, 10, 1)]))];
    for number in 0..loads {
        let mut other = collection(&format!("other_{number}"), 200 + number as i64, json!([]));
        other["segments"] = json!([{ "rows": 1, "memory": 1 }]);
        other["loaded"] = json!(false);
        collections.push(other);
    }
    let nodes = json!([node(1, 70), node(2, 20)]);
    let mut draft = Draft::new(nodes, json!(collections)).with("", "duration", "90s");
    for number in 0..loads {
        let name = format!("other_{number}");
        draft = draft.at("50s", "load_collection", json!({ "collection_name": name }));
    }
    draft.with("/hardware", "load_overhead", "1m")
}

#[test]
fn q6_a_round_is_planned_while_a_task_runs_but_not_while_one_waits() {
    check(&while_loads_run(1), &[(11, 1, 2)]);
    check(&while_loads_run(2), &[]);
    check_declined(&while_loads_run(2), ReasonCode::TriggerQueueBusy, &[60]);
    // 2.0 does not look at the queue at all, and drops this plan for Q2 and Q29.
    check_declined(&while_loads_run(2).release("2.0"), ReasonCode::TriggerQueueBusy, &[]);
}

#[test]
fn q7_the_same_gap_is_over_the_limit_or_not_by_a_rounding() {
    let gap = |high: u64, low: u64| two_nodes(high - 1, low, json!([segment(11, 1, 1)]));
    for (high, low) in [(80, 50), (90, 60)] {
        check(&gap(high, low), &[(11, 1, 2)]);
    }
    for (high, low) in [(60, 30), (70, 40)] {
        check(&gap(high, low), &[]);
    }
}

#[test]
fn q24_of_more_than_twenty_collections_a_round_looks_at_twenty() {
    let names: Vec<String> = (0..25).map(|number| format!("c{number}")).collect();
    let collections: Vec<Value> =
        names.iter().map(|name| json!({ "name": name, "segments": [{ "rows": 1, "memory": 1 }] })).collect();
    let draft = Draft::new(json!([node(1, 10), node(2, 10)]), json!(collections))
        .with("/milvus", "chance", "seeded")
        .with("", "duration", "100m");
    let run = draft.run();
    let mut left_out = vec![0; 25];
    for (_, replica, code) in &run.declined {
        if *code == ReasonCode::NotInThisRound {
            left_out[(replica.expect("a replica") - 10_000) as usize] += 1;
        }
    }
    assert_eq!(left_out.iter().sum::<u32>(), 100 * 5);
    // Each is looked at with probability 20/25: left out 20 times in 100, give or take five deviations of 4.
    assert!(left_out.iter().all(|count| (1..=40).contains(count)), "{left_out:?}");
}

#[test]
fn q25_a_dead_node_stays_in_its_replica_until_its_recovery_has_ended() {
    // Node 2 dies; what it held does not fit on node 1, so its recovery never ends.
    let draft = two_nodes(40, 10, json!([segment(11, 20, 1), segment(12, 40, 2)]));
    let draft = draft.with("", "duration", "5m").at("50s", "stop_query_node", json!({ "id": 2 }));
    check_declined(&draft, ReasonCode::NodeInfoFailed, &[60, 120, 180, 240, 300]);
    check_declined(&draft, ReasonCode::TooFewNodes, &[60, 120, 180, 240, 300]);
    let run = draft.run();
    assert_eq!(run.cluster().replicas()[0].nodes().len(), 2);
    assert_eq!(run.recorded(12), [2]);
}

#[test]
fn q28_a_node_that_uses_more_than_it_has_looks_freest() {
    let free = |used_bytes| free_bytes(NodeMemory { total_bytes: 100, used_bytes });
    assert_eq!(free(110), u64::MAX - 9);
    let answers = [(NodeIndex(0), free(10)), (NodeIndex(1), free(110)), (NodeIndex(2), free(0))];
    let groups = assign_nodes(3, &answers, 1, 0).expect("one replica");
    assert_eq!(groups, [[NodeIndex(1), NodeIndex(2), NodeIndex(0)]]);
}

#[test]
fn q29_an_insufficiency_drops_the_whole_plan_in_2_0_and_nothing_in_2_1() {
    // After 11 (and 12, or 12 alone) the destination has no room under the threshold.
    let draft = two_nodes(90, 85, json!([segment(11, 1, 1), segment(12, 4, 1)]));
    check(&draft, &[(12, 1, 2)]);
    check(&draft.clone().release("2.0"), &[]);
    check_declined(&draft.release("2.0"), ReasonCode::DestWouldOverflow, &[60]);
}
