//! How often the coordinator is bothered, as a golden: lost laziness shows as a difference, not as a slow bench.
//!
//! Turns by kind and rounds asked of the balancer, beside those of the twin that skips nothing.
//! `INSTA_UPDATE=always` renews them.

use super::runs::{Draft, read};
use super::sources::package;
use super::stand_in::{Porter, StandIn, Told};
use super::twisted::{Twist, Twisted};
use evenkeel::coordinator::outcome::Order;
use evenkeel::coordinator::v2::state::QueryCoordV2;
use evenkeel::metrics::meter::Meter;
use evenkeel::model::ids::ReplicaIndex;
use evenkeel::policy::balance_policy::Ask;
use evenkeel::policy::build;
use evenkeel::policy::plan::BalancePlan;
use evenkeel::scenario::Scenario;
use evenkeel::simulation::run::Simulation;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::rc::Rc;
use std::sync::Arc;

type Counts = Rc<RefCell<BTreeMap<String, u64>>>;

fn count(counts: &Counts, what: &str) {
    *counts.borrow_mut().entry(what.to_owned()).or_default() += 1;
}

/// Counts turns, calls that ended, and plans.
struct Counter(Counts);

impl Porter for Counter {
    fn ordered(&mut self, told: Told, orders: &mut Vec<Order>) {
        match told {
            Told::Turn(turn) => {
                let text = format!("{turn:?}");
                count(&self.0, &format!("turn {}", text.split('(').next().unwrap_or_default()));
            }
            Told::CallEnded => count(&self.0, "call ended"),
            Told::Session | Told::Other => {}
        }
        for order in orders {
            if matches!(order, Order::Plan { .. } | Order::PlanChannel { .. }) {
                count(&self.0, "move planned");
            }
        }
    }
}

/// Counts rounds asked.
struct Asked(Counts);

impl Twist for Asked {
    fn planned(&self, _ask: &Ask<'_>, _replica: ReplicaIndex, plan: BalancePlan) -> BalancePlan {
        count(&self.0, if plan.is_empty() { "round asked, nothing" } else { "round asked, planned" });
        plan
    }
}

fn counts(scenario: &Arc<Scenario>, is_naive: bool) -> BTreeMap<String, u64> {
    let counts = Counts::default();
    let simulation = Simulation::coordinated(scenario, |choices| {
        let (release, config) = (scenario.release, scenario.config.clone());
        let coordinator = QueryCoordV2::new(release, config, scenario.seed, !choices.is_ascending);
        let milvus = build(release, coordinator.settings().balancer());
        let asked = Twisted { milvus, twist: Asked(Rc::clone(&counts)) };
        let coordinator = coordinator.with_policy(Box::new(asked));
        let inner = Box::new(if is_naive { coordinator.naive() } else { coordinator });
        Box::new(StandIn { inner, porter: Counter(Rc::clone(&counts)) })
    });
    let mut simulation = simulation.expect("it is placed");
    let mut meter = Meter::new(scenario);
    while simulation.step(&mut meter) {
        count(&counts, "event");
    }
    counts.take()
}

/// Four nodes and three collections of equal shares for ten minutes.
fn cluster(version: &str) -> Draft {
    let collection = |name: &str| {
        json!({
            "name": name, "bytes_per_row": 64, "shards": 2, "placement": "balanced",
            "segments": { "count": 40, "rows": { "constant": 10_000 } },
        })
    };
    let node = json!({ "count": 4, "memory": "4GiB" });
    let collections = Value::from(["a", "b", "c"].map(collection).to_vec());
    Draft::new(json!([node]), collections).release(version).config("queryCoord.autoBalance", true)
}

fn table(draft: &Draft) -> String {
    let scenario = Arc::new(read(&draft.text()));
    let (lazy, naive) = (counts(&scenario, false), counts(&scenario, true));
    let mut table = format!("{:<24}{:>8}{:>8}\n", "", "lazy", "naive");
    for (what, naive) in naive {
        let lazy = lazy.get(&what).copied().unwrap_or(0);
        writeln!(table, "{what:<24}{lazy:>8}{naive:>8}").expect("a string");
    }
    table
}

#[track_caller]
fn check(name: &str, draft: &Draft) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(package().join("tests/it/counters"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, table(draft)));
}

#[test]
fn nothing_to_do_costs_nothing() {
    check("idle_2_6_20", &cluster("2.6.20"));
    check("idle_2_3_15", &cluster("2.3.15"));
}

#[test]
fn rows_that_come_in_make_rounds_but_no_reports() {
    let insert = json!([{ "collection": "a", "rows_per_second": 100 }]);
    let workload = json!({ "insert": insert });
    check("inserts_2_6_20", &cluster("2.6.20").with("", "workload", workload.clone()));
    check("inserts_2_5_27", &cluster("2.5.27").with("", "workload", workload));
}

#[test]
fn a_node_that_joins_and_one_that_leaves_cost_what_they_move() {
    let churn = |version: &str| {
        cluster(version).at("1m", "add_query_node", json!({ "memory": "4GiB" })).at(
            "5m",
            "stop_query_node",
            json!({ "id": 1 }),
        )
    };
    check("churn_2_6_20", &churn("2.6.20"));
    check("churn_2_4_23", &churn("2.4.23"));
}
