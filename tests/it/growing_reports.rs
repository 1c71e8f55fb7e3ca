//! Growing rows as balancers see them: those of each node's last report, not those of the moment.

use super::runs::{Draft, collection, read};
use evenkeel::metrics::meter::Meter;
use evenkeel::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use evenkeel::policy::balance_policy::{Ask, BalancePolicy, ChannelToAssign, Force, SegmentToAssign};
use evenkeel::policy::plan::{BalancePlan, ChannelPlan, SegmentPlan};
use evenkeel::policy::reason::{Reason, ReasonCode};
use evenkeel::simulation::run::Simulation;
use evenkeel::units::SimTime;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// Moves nothing, loads what is new on the first node, and notes the growing rows of all nodes at every round.
struct Reader(Rc<RefCell<Vec<i64>>>);

impl BalancePolicy for Reader {
    fn assign_segments(
        &self,
        _ask: &mut Ask<'_>,
        _collection: CollectionIndex,
        segments: &[SegmentToAssign],
        nodes: &[NodeIndex],
        _force: Force,
    ) -> Vec<SegmentPlan> {
        segments.iter().map(|one| one.plan(nodes[0], Reason::plain(ReasonCode::OwnPolicy))).collect()
    }

    fn assign_channels(
        &self,
        _ask: &mut Ask<'_>,
        _collection: CollectionIndex,
        _channels: &[ChannelToAssign],
        _nodes: &[NodeIndex],
        _force: Force,
    ) -> Vec<ChannelPlan> {
        Vec::new()
    }

    fn balance_replica(&self, ask: &mut Ask<'_>, replica: ReplicaIndex) -> BalancePlan {
        let nodes = ask.view.replica(replica).rw_nodes.iter();
        self.0.borrow_mut().push(nodes.map(|node| ask.view.growing_rows(*node)).sum());
        BalancePlan::default()
    }
}

/// 1,000 rows a second come into one shard; rounds every 300 ms, a report every `pull_ms`.
fn rows_seen(pull_ms: u64, until_ms: u64, add: impl FnOnce(Draft) -> Draft) -> Vec<i64> {
    let segments = json!([{ "id": 11, "rows": 10, "memory": 1, "query_node": 1 }]);
    let nodes = json!([{ "id": 1, "memory": "1GiB" }, { "id": 2, "memory": "1GiB" }]);
    let mut book = collection("book", 100, segments);
    book["bytes_per_row"] = json!(1);
    let insert = json!([{ "collection": "book", "rows_per_second": 1_000 }]);
    let draft = Draft::new(nodes, Value::from(vec![book]))
        .release("2.5.27")
        .config("queryCoord.autoBalance", true)
        .config("queryCoord.distPullInterval", pull_ms)
        .with("", "workload", json!({ "insert": insert }))
        .with("", "duration", format!("{until_ms}ms"));
    let scenario = Arc::new(read(&add(draft).text()));
    let seen = Rc::new(RefCell::new(Vec::new()));
    let mut simulation =
        Simulation::with_policy(&scenario, Box::new(Reader(Rc::clone(&seen)))).expect("it is placed");
    let mut meter = Meter::new(&scenario);
    while simulation.step(&mut meter) {}
    assert_eq!(simulation.world().now(), SimTime::from_ms(until_ms));
    let seen = seen.borrow().clone();
    assert!(seen.len() > 5, "{seen:?}");
    seen
}

#[test]
fn a_round_counts_the_growing_rows_of_the_last_report() {
    let seen = rows_seen(10_000, 45_000, |draft| draft);
    assert!(seen.iter().all(|rows| rows % 10_000 == 0), "{seen:?}");
    assert_eq!((seen.first(), seen.last()), (Some(&0), Some(&40_000)), "{seen:?}");
    let often = rows_seen(500, 45_000, |draft| draft);
    assert!(often.last().is_some_and(|rows| *rows > 40_000 && rows % 500 == 0), "{often:?}");
}

#[test]
fn rows_that_have_been_sealed_grow_in_the_picture_until_the_next_report() {
    let seal = |draft: Draft| {
        draft.at("21s", "seal", json!({ "collection_name": "book" })).with("/hardware", "seal_delay", "1s")
    };
    // Sealed at 21 s, its 21,000 rows are in the next target at 30 s, loaded at once and shown by the early report
    // 100 ms later, which still counts them. They serve from then on; the report of 40 s counts what came after.
    let seen = rows_seen(10_000, 45_000, seal);
    let last = seen.last();
    assert_eq!((seen.contains(&30_100), last), (true, Some(&19_000)), "{seen:?}");
    assert!(!seen.contains(&9_100), "what serves is not taken from a report that is already made: {seen:?}");
}

#[test]
fn a_dead_leader_counts_with_what_it_reported_last() {
    let kill = |draft: Draft| draft.at("25s", "kill_query_node", json!({ "id": 1 }));
    let seen = rows_seen(10_000, 40_000, kill);
    assert!(seen.iter().all(|rows| [0, 10_000, 20_000].contains(rows)), "{seen:?}");
}
