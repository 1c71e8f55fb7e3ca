//! Mistakes that lazy evaluation invites, planted one at a time: the twins find each within a few drawn clusters.

use super::drawn_twins::{Case, case};
use super::runs::{Draft, collection, read};
use super::stand_in::{Porter, StandIn, Told};
use super::twins::figures;
use super::twisted::{Twist, Twisted};
use evenkeel::coordinator::outcome::{Order, Turn};
use evenkeel::coordinator::query_coord::QueryCoord;
use evenkeel::coordinator::v2::state::QueryCoordV2;
use evenkeel::model::ids::NodeIndex;
use evenkeel::policy::balance_policy::Ground;
use evenkeel::policy::build;
use evenkeel::scenario::Scenario;
use evenkeel::simulation::run::Simulation;
use evenkeel::units::SimDuration;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value, json};
use std::sync::Arc;

/// Drawn clusters to look at; every mistake must show in one of them.
const CLUSTERS: usize = 45;

/// What is done wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    /// Reports are made one millisecond late.
    ReportLate,
    /// When a call has ended, the pass of the node before the right one is asked for, in its millisecond.
    PassOfAnother,
    /// A report that shows something new asks for no checker.
    ReportWakesNobody,
    /// Who ended is noticed, but no pass is asked for, neither for its task nor for those that waited for room.
    EndedCallWakesNobody,
    /// A pass does not ask for the next one that its tasks need.
    PassAsksForNoOther,
    /// Targets are refreshed one period late.
    TargetsLate,
    /// The balance checker is asked for one millisecond late and so misses its tick.
    BalanceMissed,
    /// Growing rows are those of the moment, not of the last report.
    GrowingOfNow,
    /// Growing rows are not settled before a process ends.
    EndUnsettled,
    /// Ticks that were skipped are not counted before a key changes on which they rest.
    KeysUnannounced,
}

const MISTAKES: [Mistake; 10] = [
    Mistake::ReportLate,
    Mistake::PassOfAnother,
    Mistake::ReportWakesNobody,
    Mistake::EndedCallWakesNobody,
    Mistake::PassAsksForNoOther,
    Mistake::TargetsLate,
    Mistake::BalanceMissed,
    Mistake::GrowingOfNow,
    Mistake::EndUnsettled,
    Mistake::KeysUnannounced,
];

impl Porter for Mistake {
    fn ordered(&mut self, told: Told, orders: &mut Vec<Order>) {
        let millisecond = SimDuration::from_ms(1);
        let mistake = *self;
        orders.retain(|order| {
            let Order::TurnAt { turn, .. } = order else { return true };
            let is_forgotten = match mistake {
                Mistake::ReportWakesNobody => {
                    matches!(told, Told::Turn(Turn::Pull(_)))
                        && matches!(turn, Turn::CheckSegments | Turn::CheckChannels)
                }
                Mistake::EndedCallWakesNobody => told == Told::CallEnded && matches!(turn, Turn::Pass(_)),
                Mistake::PassAsksForNoOther => {
                    matches!((told, turn), (Told::Turn(Turn::Pass(_)), Turn::Pass(_)))
                }
                _ => false,
            };
            !is_forgotten
        });
        for order in orders {
            let Order::TurnAt { turn, at } = order else { continue };
            match (mistake, &turn) {
                (Mistake::ReportLate, Turn::Pull(_)) | (Mistake::BalanceMissed, Turn::CheckBalance) => {
                    *at += millisecond;
                }
                (Mistake::PassOfAnother, Turn::Pass(node)) if told == Told::CallEnded && node.0 > 0 => {
                    *turn = Turn::Pass(NodeIndex(node.0 - 1));
                }
                (Mistake::TargetsLate, Turn::RefreshTargets) => *at += SimDuration::from_secs(10),
                _ => {}
            }
        }
    }

    fn knows_the_past(&self) -> bool {
        *self != Mistake::GrowingOfNow
    }

    fn announces_ends(&self) -> bool {
        *self != Mistake::EndUnsettled
    }

    fn announces_keys(&self) -> bool {
        *self != Mistake::KeysUnannounced
    }
}

fn with_mistake(scenario: &Arc<Scenario>, mistake: Mistake) -> Simulation {
    let config = scenario.config.clone();
    let simulation = Simulation::coordinated(scenario, |choices| {
        let inner = QueryCoordV2::new(scenario.release, config, scenario.seed, !choices.is_ascending);
        Box::new(StandIn { inner: Box::new(inner) as Box<dyn QueryCoord>, porter: mistake })
    });
    simulation.expect("what fits, fits twice")
}

/// A leader dies between two rounds while rows come in. What it reported last, 26,500 rows that count fourfold, is
/// as much as the other node has; with any less something would be moved to it.
fn dying_leader() -> Scenario {
    let segments: Vec<Value> =
        (11..46).map(|id| json!({ "id": id, "rows": 3_000, "memory": 1, "query_node": 2 })).collect();
    let nodes = json!([{ "id": 1, "memory": "1GiB" }, { "id": 2, "memory": "1GiB" }]);
    let insert = json!([{ "collection": "book", "rows_per_second": 1_000 }]);
    let mut book = collection("book", 100, json!(segments));
    book["bytes_per_row"] = json!(1);
    book["replicas"] = json!([{ "query_nodes": [1, 2], "shard_leaders": [1] }]);
    let draft = Draft::new(nodes, json!([book]))
        .release("2.3.15")
        .config("queryCoord.autoBalance", false)
        .with("", "workload", json!({ "insert": insert }))
        .at("25s", "set_config", json!({ "queryCoord.autoBalance": true }))
        .at("27s", "kill_query_node", json!({ "id": 1 }));
    read(&draft.with("", "duration", "35s").text())
}

/// A node leaves soon after a tick may take more collections from the queue of draining than before. Where that
/// queue stands, and so whose segments go first, depends on how many every idle tick took until then.
fn longer_ticks() -> Scenario {
    let nodes: Vec<Value> = (1..4).map(|id| json!({ "id": id, "memory": "4GiB" })).collect();
    let shelf = |number: i64| {
        let segments: Vec<Value> = (0..4)
            .map(|place| json!({ "id": 10 * number + place, "rows": 1_000, "query_node": 1 + place % 3 }))
            .collect();
        let mut shelf = collection(&format!("c{number}"), 100 + number, json!(segments));
        shelf["bytes_per_row"] = json!(1_024);
        shelf
    };
    let draft = Draft::new(json!(nodes), json!((1..8).map(shelf).collect::<Vec<Value>>()))
        .release("2.6.20")
        .config("queryCoord.balanceCheckCollectionMaxCount", 2)
        .at("10s", "set_config", json!({ "queryCoord.balanceCheckCollectionMaxCount": 3 }))
        .at("11s", "stop_query_node", json!({ "id": 1 }));
    read(&draft.with("", "duration", "30s").text())
}

/// The clusters above, then drawn ones.
fn clusters() -> impl Iterator<Item = Arc<Scenario>> {
    let mut runner = TestRunner::new(Config { rng_seed: RngSeed::Fixed(5), ..Config::default() });
    let drawn = (0..CLUSTERS).map(move |_| {
        let case: Case = case().new_tree(&mut runner).expect("a case").current();
        read(&case.text())
    });
    [dying_leader(), longer_ticks()].into_iter().chain(drawn).map(Arc::new)
}

#[test]
fn every_planted_mistake_is_found() {
    let mut missed = MISTAKES.to_vec();
    for scenario in clusters() {
        let Ok(naive) = Simulation::naive(&scenario) else { continue };
        let naive = figures(naive, &scenario);
        missed.retain(|mistake| figures(with_mistake(&scenario, *mistake), &scenario) == naive);
        if missed.is_empty() {
            return;
        }
    }
    panic!("not found in {CLUSTERS} drawn clusters: {missed:?}");
}

/// Whether it is said that answers stand whatever becomes of rows.
struct Spoken {
    lies: bool,
}

impl Twist for Spoken {
    fn ground(&self, ground: Ground) -> Ground {
        if ground == Ground::Rows && self.lies { Ground::Structure } else { ground }
    }
}

#[test]
fn an_answer_that_stands_too_long_is_found() {
    let run = |scenario: &Arc<Scenario>, lies: bool, is_naive: bool| {
        let simulation = Simulation::coordinated(scenario, |choices| {
            let (release, config) = (scenario.release, scenario.config.clone());
            let coordinator = QueryCoordV2::new(release, config, scenario.seed, !choices.is_ascending);
            let milvus = build(release, coordinator.settings().balancer());
            let coordinator = coordinator.with_policy(Box::new(Twisted { milvus, twist: Spoken { lies } }));
            Box::new(if is_naive { coordinator.naive() } else { coordinator })
        });
        simulation.ok().map(|simulation| figures(simulation, scenario))
    };
    let is_found = clusters().any(|scenario| {
        let naive = run(&scenario, false, true);
        assert_eq!(run(&scenario, false, false), naive, "an honest one is not found");
        run(&scenario, true, false) != naive
    });
    assert!(is_found, "not found in {CLUSTERS} drawn clusters");
}
