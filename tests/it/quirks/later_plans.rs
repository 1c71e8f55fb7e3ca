//! Quirks of 2.2 and later (section 15) that show in what policies plan: Q2, Q5, Q8 to Q12, Q16, Q17.

use crate::known_view::{KnownView, Names};
use crate::policies::{CHANNEL, COLLECTION, REPLICA, consult, declined, known, moves, release, round};
use evenkeel::model::ids::NodeIndex;
use evenkeel::policy::balance_policy::{ChannelToAssign, Force, SegmentToAssign};
use evenkeel::policy::build;
use evenkeel::policy::reason::{Reason, ReasonCode};
use evenkeel::policy::spec::Balancer;
use evenkeel::policy::view::node::NodeState;
use evenkeel::policy::view::replica::ReplicaView;

/// Segments to which nodes, where a balancer assigns these of node `from` (0 = nobody holds them).
fn assigned(
    known: &KnownView,
    version: &str,
    balancer: Balancer,
    (segments, from): (&[i64], i64),
    force: Force,
) -> Vec<i64> {
    let nodes: Vec<NodeIndex> = known.view.replica(known.replica(REPLICA)).rw_nodes.to_vec();
    let wanted: Vec<SegmentToAssign> = segments
        .iter()
        .map(|id| {
            let segment = known.segment(*id);
            let rows = i64::from(known.view.segment(segment).rows);
            SegmentToAssign { segment, rows, node: (from > 0).then(|| known.node(from)) }
        })
        .collect();
    let policy = build(release(version), balancer);
    let collection = known.collection(COLLECTION);
    let plans = consult(
        known,
        version,
        |_| {},
        |ask| policy.assign_segments(ask, collection, &wanted, &nodes, force),
    );
    plans.iter().map(|plan| known.node_id(plan.to)).collect()
}

#[test]
fn q2_the_batch_limit_gives_one_more_from_2_4_7_to_2_6_9() {
    let known = known(&[&[10_000; 40], &[]], 4_096);
    let counts = |balancer, versions: &[(&str, usize)]| {
        for (version, expected) in versions {
            assert_eq!(round(&known, version, balancer).segments.len(), *expected, "{version}");
        }
    };
    counts(Balancer::RowCount, &[("2.4.6", 20), ("2.4.7", 6), ("2.5.27", 6), ("2.6.9", 6), ("2.6.10", 5)]);
    counts(Balancer::Score, &[("2.4.6", 20), ("2.4.18", 6), ("2.5.27", 6), ("2.6.9", 6), ("2.6.10", 5)]);
}

#[test]
fn q5_round_robin_adds_pending_rows_to_a_count_from_2_4_6_to_2_6_19() {
    // A fact of 2.6.18 shows it later than the table of the specification has it.
    let mut known = known(&[&[10], &[]], 4_096);
    let (collection, first, second) = (known.collection(COLLECTION), known.node(1), known.node(2));
    known.view.node_mut(first).segment_count = 100;
    known.view.shift_pending_actions(second, 1);
    known.view.shift_pending_rows(collection, second, 1_000);
    let target = |version| assigned(&known, version, Balancer::RoundRobin, (&[1], 0), Force::Unforced);
    for version in ["2.2.16", "2.3.15", "2.4.5", "2.6.20", "master"] {
        assert_eq!(target(version), [2], "{version}: 100 segments against one that comes");
    }
    for version in ["2.4.6", "2.5.27", "2.6.9", "2.6.19"] {
        assert_eq!(target(version), [1], "{version}: 100 segments against 1,000 rows");
    }
}

#[test]
fn q8_copies_in_another_replica_stop_balance_in_2_3() {
    let mut known = known(&[&[40, 30, 20, 10], &[], &[], &[]], 4_096);
    let replica = known.replica(REPLICA);
    known.view.replica_mut(replica).rw_nodes.truncate(2);
    for (segment, rows) in [(1, 40), (2, 30), (3, 20), (4, 10)] {
        known.hold(3, segment, rows);
    }
    let stops = [
        ("2.3.0", Balancer::RowCount),
        ("2.3.15", Balancer::RowCount),
        ("2.3.5", Balancer::Score),
        ("2.3.15", Balancer::Score),
    ];
    for (version, balancer) in stops {
        let plan = round(&known, version, balancer);
        assert!(plan.is_empty(), "{version} {balancer:?}");
        assert_eq!(declined(&plan, ReasonCode::Redundant), Some((2.0, 1.0)), "{version} {balancer:?}");
    }
    let moves = [
        ("2.2.16", Balancer::RowCount),
        ("2.4.0", Balancer::RowCount),
        ("2.3.4", Balancer::Score),
        ("2.4.0", Balancer::Score),
    ];
    for (version, balancer) in moves {
        assert!(!round(&known, version, balancer).is_empty(), "{version} {balancer:?}");
    }
}

#[test]
fn q9_a_source_not_lowered_overshoots_from_2_3_5_to_2_3_15() {
    let known = known(&[&[100_000; 4], &[], &[]], 4_096);
    let given = |version| round(&known, version, Balancer::Score).segments.len();
    for (version, expected) in [("2.3.4", 2), ("2.3.5", 3), ("2.3.15", 3), ("2.4.0", 2), ("master", 2)] {
        assert_eq!(given(version), expected, "{version}");
    }
}

#[test]
fn q10_a_lowered_source_keeps_its_place_in_the_heap_from_2_4_0_on() {
    // Scores 660, 495 and 550; each segment weighs 165. After the first node 1 is at 495, lower than node 3
    // at 550, which yet stands at the top.
    let known = known(&[&[150; 4], &[450], &[500]], 4_096);
    let targets = |version| assigned(&known, version, Balancer::Score, (&[1, 2, 3, 4], 1), Force::Forced);
    for version in ["2.4.0", "2.4.6", "2.5.27", "2.6.20", "master"] {
        assert_eq!(targets(version), [2, 3, 1, 1], "{version}");
    }
    // A source that keeps its score is never out of place.
    assert_eq!(targets("2.3.15"), [2, 3, 2, 1]);
}

#[test]
fn q11_a_segment_without_rows_is_planned_onto_its_own_node_from_2_4_13_to_3_0_0() {
    let known = known(&[&[100, 0], &[200]], 4_096);
    // Segments are numbered as held: 2 has no rows.
    let target = |version| assigned(&known, version, Balancer::Score, (&[2], 1), Force::Unforced);
    for version in ["2.4.13", "2.5.27", "2.6.22", "3.0.0"] {
        assert_eq!(target(version), [1], "{version}");
    }
    for version in ["2.3.5", "2.4.12", "2.6.23", "3.0.1", "master"] {
        assert!(target(version).is_empty(), "{version}");
    }
}

/// Three nodes that may hold channels `a` to `d`; node 1 owns the write-ahead log of `a` under streaming.
fn channel_targets(version: &str, balancer: Balancer) -> Vec<i64> {
    let is_streaming = version >= "2.6" || version == "master";
    let channels = ["a", "b", "c", "d"];
    let names = Names {
        nodes: vec![1, 2, 3],
        collections: vec![COLLECTION],
        channels: channels.map(|name| (name.to_owned(), COLLECTION)).to_vec(),
        segments: Vec::new(),
    };
    let mut known = KnownView::new(names, is_streaming);
    let nodes = [1, 2, 3].map(|id| known.node(id));
    let mut replica = ReplicaView::new(known.collection(COLLECTION));
    for node in nodes {
        let seen = known.view.node_mut(node);
        (seen.state, seen.is_streaming) = (NodeState::Normal, is_streaming);
        if is_streaming { &mut replica.rw_sq_nodes } else { &mut replica.rw_nodes }.push(node);
    }
    known.add_replica(Some(REPLICA), replica);
    let wal = known.channel("a");
    known.view.set_wal_node(wal, Some(nodes[0]));
    let wanted = channels.map(|name| ChannelToAssign { channel: known.channel(name), node: None });
    let collection = known.collection(COLLECTION);
    let policy = build(release(version), balancer);
    let plans = consult(
        &known,
        version,
        |_| {},
        |ask| policy.assign_channels(ask, collection, &wanted, &nodes, Force::Forced),
    );
    plans.iter().map(|plan| known.node_id(plan.to)).collect()
}

#[test]
fn q12_the_node_of_a_write_ahead_log_is_in_the_heap_twice() {
    // Node 1 gets `a` without leaving the heap, so it is still at the top for `b`. That it comes in a second
    // time changes who is next among equals.
    for version in ["2.6.0", "2.6.9", "2.6.20", "master"] {
        assert_eq!(channel_targets(version, Balancer::RowCount), [1, 1, 2, 3], "{version}");
    }
    for version in ["2.6.0", "2.6.9"] {
        assert_eq!(channel_targets(version, Balancer::Score), [1, 1, 2, 3], "{version}");
    }
    for version in ["2.6.10", "2.6.20", "master"] {
        assert_eq!(channel_targets(version, Balancer::Score), [1, 1, 3, 2], "{version}");
    }
    // Without streaming nothing pins a channel.
    assert_eq!(channel_targets("2.5.27", Balancer::RowCount), [1, 3, 2, 3]);
}

#[test]
fn q16_with_delegators_everywhere_every_node_is_over_its_quota_from_2_4_13_on() {
    let mut known = known(&[&[100; 10], &[100; 10]], 4_096);
    known.delegate(1, CHANNEL, 0);
    known.delegate(2, "other", 0);
    let rests_at_quota = |version: &str| {
        let plan = round(&known, version, Balancer::Score);
        assert!(plan.is_empty(), "{version}");
        let is_row_score = |reason: &Reason| reason.left.is_some_and(|score| score > 0.0);
        let mut reasons = plan.declined.iter().map(|decline| decline.reason);
        reasons.any(|reason| reason.code == ReasonCode::NodeUnderQuota && is_row_score(&reason))
    };
    assert!(rests_at_quota("2.4.12"));
    for version in ["2.4.13", "2.5.27", "2.6.20", "master"] {
        // Both have something to give, which then is of no use.
        assert!(!rests_at_quota(version), "{version}");
    }
}

#[test]
fn q17_one_node_without_a_capacity_turns_the_weights_off_from_2_4_13_on() {
    let held: &[&[u32]] = &[&[100; 20], &[100; 10]];
    let with = |second: u64, version: &str| {
        let mut known = known(held, 8_192);
        let index = known.node(2);
        known.view.node_mut(index).memory_mib = second;
        moves(&known, &round(&known, version, Balancer::Score)).len()
    };
    for version in ["2.4.13", "2.5.27", "2.6.20", "master"] {
        assert_eq!(with(4_096, version), 0, "{version}: twice the memory, twice the rows");
        assert!(with(0, version) > 0, "{version}");
    }
    // Before, memory weighs nothing at all.
    assert_eq!(with(4_096, "2.4.12"), with(0, "2.4.12"));
    assert!(with(4_096, "2.4.12") > 0);
}
