//! Policies of one's own in the place of Milvus's, through the library.

use super::runs::{Draft, collection, read};
use evenkeel::experiment::run_all::{Outcome, outcome};
use evenkeel::experiment::running::Running;
use evenkeel::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use evenkeel::policy::balance_policy::{Ask, BalancePolicy, ChannelToAssign, Force, SegmentToAssign};
use evenkeel::policy::plan::{BalancePlan, ChannelPlan, SegmentPlan};
use evenkeel::policy::reason::{Reason, ReasonCode};
use evenkeel::scenario::Scenario;
use serde_json::json;
use std::sync::Arc;

/// Evens memory by bytes: a segment goes from the fullest node to the emptiest while it halves the gap at
/// most.
pub(crate) struct ByBytes;

/// Bytes on a node once all tasks have ended.
fn bytes(ask: &Ask<'_>, node: NodeIndex) -> i64 {
    let used = ask.facts.node_memory(node).map_or(0, |memory| memory.used_bytes);
    i64::try_from(used).expect("small memory") + ask.facts.pending_bytes(node)
}

impl BalancePolicy for ByBytes {
    fn assign_segments(
        &self,
        ask: &mut Ask<'_>,
        _collection: CollectionIndex,
        segments: &[SegmentToAssign],
        nodes: &[NodeIndex],
        _force: Force,
    ) -> Vec<SegmentPlan> {
        let emptiest = nodes.iter().copied().min_by_key(|node| (bytes(ask, *node), *node));
        let plan = |segment: &SegmentToAssign| {
            emptiest.map(|to| segment.plan(to, Reason::plain(ReasonCode::OwnPolicy)))
        };
        segments.iter().filter_map(plan).collect()
    }

    fn assign_channels(
        &self,
        _ask: &mut Ask<'_>,
        _collection: CollectionIndex,
        channels: &[ChannelToAssign],
        nodes: &[NodeIndex],
        _force: Force,
    ) -> Vec<ChannelPlan> {
        let first = nodes.first();
        let plan = |channel: &ChannelToAssign| {
            first.map(|to| channel.plan(*to, Reason::plain(ReasonCode::OwnPolicy)))
        };
        channels.iter().filter_map(plan).collect()
    }

    fn balance_replica(&self, ask: &mut Ask<'_>, replica: ReplicaIndex) -> BalancePlan {
        let members = ask.view.replica(replica);
        let key = |node: &NodeIndex| (bytes(ask, *node), *node);
        let fullest = members.rw_nodes.iter().copied().max_by_key(key);
        let emptiest = members.rw_nodes.iter().copied().min_by_key(key);
        let (Some(from), Some(to)) = (fullest, emptiest) else { return BalancePlan::default() };
        let gap = bytes(ask, from) - bytes(ask, to);
        let copies = ask.view.copies(members.collection, from).iter();
        let fitting = copies.filter(|copy| {
            let size = ask.facts.segment_bytes(copy.segment);
            2 * i64::try_from(size).expect("small segments") <= gap
        });
        let chosen = fitting.max_by_key(|copy| (ask.facts.segment_bytes(copy.segment), copy.segment));
        let reason = Reason::compared(ReasonCode::OwnPolicy, None, gap as f64, 0.0);
        let segments = chosen.map(|copy| SegmentPlan {
            segment: copy.segment,
            from: Some(from),
            to,
            replica: Some(replica),
            reason,
        });
        BalancePlan { segments: segments.into_iter().collect(), ..BalancePlan::default() }
    }
}

/// Two nodes, and segments of equal rows: those of node 1 are eight times as large.
fn lopsided(version: &str) -> Arc<Scenario> {
    let large = (11..19).map(|id| json!({ "id": id, "rows": 10, "memory": 8, "query_node": 1 }));
    let small = (21..29).map(|id| json!({ "id": id, "rows": 10, "memory": 1, "query_node": 2 }));
    let segments: Vec<_> = large.chain(small).collect();
    let nodes = json!([{ "id": 1, "memory": 200 }, { "id": 2, "memory": 200 }]);
    let draft = Draft::new(nodes, json!([collection("book", 100, json!(segments))])).release(version);
    Arc::new(read(&draft.config("queryCoord.autoBalance", true).text()))
}

fn own(scenario: &Arc<Scenario>) -> Outcome {
    let running = Running::with_policy(scenario, "ByBytes", Box::new(ByBytes)).expect("it is placed");
    outcome(scenario, running).expect("nothing can go wrong")
}

fn skew_at_end(outcome: &Outcome) -> f64 {
    outcome.course.max_difference.last().copied().flatten().expect("two nodes")
}

/// Why the policy planned nothing more in the end.
pub(crate) fn codes() -> Vec<ReasonCode> {
    let declined = own(&lopsided("2.5.27")).summary.declined;
    declined.keys().filter_map(|code| ReasonCode::from_text(code)).collect()
}

#[test]
fn a_policy_by_bytes_evens_what_milvus_leaves_in_every_generation() {
    for version in ["2.0.2", "2.1.4", "2.2.4", "2.2.16", "2.3.5", "2.4.23", "2.5.27", "2.6.20", "master"] {
        let scenario = lopsided(version);
        let milvus = outcome(&scenario, Running::start(&scenario).expect("placed")).expect("no policy fails");
        let own = own(&scenario);
        assert_eq!(own.summary.milvus.balancer, "ByBytes");
        assert_eq!(milvus.course.max_difference[0], own.course.max_difference[0], "{version}: one start");
        // Of 200 bytes a node, 64 stand against 8; three segments of 8 bytes later 40 against 32.
        let (before, after) = (skew_at_end(&milvus), skew_at_end(&own));
        assert!(after < 0.041 && own.summary.moves.planned > 0, "{version}: {after} after {before}");
        assert_ne!(milvus.summary.digest, own.summary.digest, "{version}");
    }
}

#[test]
fn the_same_policy_gives_the_same_run() {
    let scenario = lopsided("2.6.20");
    assert_eq!(own(&scenario), own(&scenario));
}
