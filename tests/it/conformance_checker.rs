//! The operations of conformance cases on the balance checker, by the functions that its ticks call.

use super::conformance_bench::Bench;
use super::conformance_cluster::is_loading;
use super::conformance_state::{int, list, text};
use evenkeel::coordinator::command::Command;
use evenkeel::coordinator::keys::{self, Config, Origin, Value as Setting};
use evenkeel::coordinator::outcome::{MoveCause, Order};
use evenkeel::coordinator::query_coord::QueryCoord;
use evenkeel::coordinator::v2::checkers::plans::Generated;
use evenkeel::coordinator::v2::checkers::rounds::{priority, work_through};
use evenkeel::coordinator::v2::settings::Settings;
use evenkeel::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use evenkeel::model::query_node::NodeState;
use evenkeel::policy::plan::{BalancePlan, ChannelPlan, SegmentPlan};
use evenkeel::policy::reason::{Reason, ReasonCode};
use evenkeel::release::Release;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// What an operation on the balance checker gives; `None` = it is no such operation.
pub(crate) fn run(bench: &mut Bench, state: &Value, step: &Value, release: Release) -> Option<Value> {
    let operation = &step["operation"];
    let config = &step["change"]["config"];
    if config.is_object() {
        bench.configure(config);
    }
    let is_draining = text(operation, "kind") == "stopping";
    Some(match text(operation, "name") {
        "select_replicas" => {
            let turn = bench.turn(|coordinator, hearing, outcome| {
                let stopping = coordinator.stopping_replicas(hearing);
                if stopping.is_empty() {
                    coordinator.first_of_tick(hearing, outcome).unwrap_or_default()
                } else {
                    stopping
                }
            });
            let of_all = |kind: &str| vec![list(&state["balancer_stub"], kind); turn.len()].concat();
            json!({
                "replicas": replica_ids(bench, &turn),
                "segment_moves": of_all("segment_moves"),
                "channel_moves": of_all("channel_moves"),
            })
        }
        "select_replicas_of_collection" => {
            let collection = bench.find_collection(int(operation, "collection"));
            let replicas = bench.turn(|coordinator, hearing, _| {
                let of = |one| coordinator.replicas_for(one, is_draining, hearing).into_owned();
                collection.map(of).unwrap_or_default()
            });
            json!({ "replicas": replica_ids(bench, &replicas) })
        }
        "filter_collections" => {
            // The filter that lets all collections pass that have a target.
            let mut filtered = Bench::new(state, &Value::Null, operation, release);
            let collections = filtered.turn(|coordinator, _, _| coordinator.eligible(true));
            json!({ "collections": filtered.ids(collections) })
        }
        "ready_to_check" => {
            let collection = bench.find_collection(int(operation, "collection"));
            let is_ready = collection.is_some_and(|one| bench.coordinator.eligible(true).contains(&one));
            json!({ "ready": is_ready })
        }
        "construct_queue" => json!({ "queue": bench.ids(bench.coordinator.construct_queue(is_draining)) }),
        "process_queue" => process_queue(bench, state),
        "generate_tasks" => generate_tasks(bench, state, operation),
        "collection_priority" => collection_priority(operation, release),
        _ => return None,
    })
}

fn replica_ids(bench: &Bench, replicas: &[ReplicaIndex]) -> Value {
    json!(replicas.iter().map(|replica| bench.cluster.replica(*replica).id).collect::<Vec<i64>>())
}

/// Numbers of generated tasks, as lists of that length.
fn generated(tasks: Generated) -> Value {
    let listed = |count: i64| vec![Value::Null; usize::try_from(count).expect("a count")];
    json!({ "segment_tasks": listed(tasks.segments), "channel_tasks": listed(tasks.channels) })
}

fn process_queue(bench: &Bench, state: &Value) -> Value {
    let queued = list(state, "queue").iter().map(|entry| bench.collection(int(entry, "collection")));
    let mut queue: VecDeque<CollectionIndex> = queued.collect();
    let each = &state["tasks_per_collection"];
    let mut each = Generated { segments: int(each, "segment_tasks"), channels: int(each, "channel_tasks") };
    if state["replicas_per_collection"].as_array().is_some_and(Vec::is_empty) {
        each = Generated::default();
    }
    generated(work_through(&mut queue, bench.coordinator.queue_limits(), |_| each))
}

/// The moves of the case's balancer become tasks; nobody asks it about no replica.
fn generate_tasks(bench: &mut Bench, state: &Value, operation: &Value) -> Value {
    if list(operation, "replicas").is_empty() {
        return generated(Generated::default());
    }
    let collection = bench.collection(1);
    let channel = bench.cluster.collection(collection).channels[0];
    let stub = &state["balancer_stub"];
    let ends = |entry: &Value| (bench.node(int(entry, "from")), bench.node(int(entry, "to")));
    let reason = Reason::plain(ReasonCode::Manual);
    let replica = Some(ReplicaIndex(0));
    let segment = |entry: &Value| {
        let (from, to): (NodeIndex, NodeIndex) = ends(entry);
        let segment = bench.cluster.segments().find(int(entry, "segment")).expect("a segment of the case");
        SegmentPlan { segment, from: Some(from), to, replica, reason }
    };
    let channel = |entry: &Value| {
        let (from, to) = ends(entry);
        ChannelPlan { channel, from: Some(from), to, replica, reason }
    };
    let plan = BalancePlan {
        segments: list(stub, "segment_moves").iter().map(segment).collect(),
        channels: list(stub, "channel_moves").iter().map(channel).collect(),
        ..BalancePlan::default()
    };
    let tasks = bench
        .turn(|coordinator, hearing, outcome| coordinator.carry_plans(vec![plan], false, hearing, outcome));
    generated(tasks)
}

fn collection_priority(operation: &Value, release: Release) -> Value {
    let mut config = Config::defaults(release);
    let key = keys::find("queryCoord.balanceTriggerOrder").expect("a key");
    let order = Setting::Text(text(operation, "sort_order").to_owned());
    config.declare(release, key, order, Origin::Scenario);
    let by_rows = Settings::of(release, &config).orders_by_rows();
    json!({ "priority": priority(by_rows, int(operation, "collection"), int(operation, "rows")) })
}

/// Whole ticks. Two collections whose data is all on node 1 give normal balance something to plan; where the
/// case has something to drain, node 3 stops with a segment.
pub(crate) fn check(state: &Value, config: &Value, release: Release) -> Value {
    let mut cluster = json!({
        "collections": [{ "id": 1 }, { "id": 2 }],
        "channels_serviceable": { "1": [true], "2": [true] },
        "segments": [],
    });
    for id in 1..=12 {
        let segment = json!({ "id": id, "collection": 1 + id % 2, "rows": 100, "node": 1 });
        cluster["segments"].as_array_mut().expect("a list").push(segment);
    }
    let stub = &state["phase_stub"]["stopping"];
    let is_draining = int(stub, "segment_tasks") + int(stub, "channel_tasks") > 0;
    if is_draining {
        cluster["nodes"] = (1..=3).map(|id| json!({ "id": id, "state": "normal" })).collect();
        let left = json!({ "id": 13, "collection": 1, "rows": 100, "node": 3 });
        cluster["segments"].as_array_mut().expect("a list").push(left);
    }
    // Before the case: nothing is balanced, or what leaves the state of the case behind.
    let mut before = config.clone();
    before["queryCoord.autoBalance"] = json!(false);
    let queued = list(&state["queues_before"], "stopping").len();
    if queued > 0 {
        before["queryCoord.enableStoppingBalance"] = json!(true);
        before["queryCoord.balanceCheckCollectionMaxCount"] = json!(1);
    }
    let waiting = list(&state["queues_before"], "normal").len();
    if waiting > 0 {
        before["queryCoord.balanceCheckCollectionMaxCount"] = json!(1);
    }
    let since = state["milliseconds_since_last_normal_balance"].as_u64();
    let just_balanced = waiting > 0 || since.is_some();
    if just_balanced {
        before["queryCoord.autoBalance"] = json!(true);
    }
    let mut bench = Bench::new(&cluster, &before, &Value::Null, release);
    bench.tick();
    assert_eq!(bench.coordinator.rounds().stopping_queue.len(), queued, "the queue of the case");
    if waiting > 0 {
        assert_eq!(bench.coordinator.rounds().normal_queue.len(), waiting, "the queue of the case");
    }
    assert_eq!(bench.coordinator.rounds().last, just_balanced.then(|| bench.now()), "the time of the case");
    if let Some(ms) = since.filter(|ms| *ms > 0) {
        // Nothing is tried in between.
        bench.configure(&json!({ "queryCoord.autoBalance": false }));
        bench.wait(ms);
    }
    if state["checker_active"] == false {
        bench.request(&Command::SuspendBalance).expect("a request that is accepted");
    }
    bench.configure(config);
    if is_draining {
        bench.announce_stop(3);
    }
    let looks = bench.looks();
    let last = bench.coordinator.rounds().last;
    bench.tick();
    let has_run = bench.looks() > looks;
    let is_drain = |order: &Order| {
        matches!(
            order,
            Order::Plan { cause: MoveCause::Drain, .. } | Order::PlanChannel { cause: MoveCause::Drain, .. }
        )
    };
    let has_drained = bench.orders.iter().any(is_drain);
    let rounds = bench.coordinator.rounds();
    json!({
        "any_phase_ran": has_run,
        "normal_phase_ran": has_run && !has_drained,
        "stopping_phase_ran": has_drained,
        "normal_queue": if rounds.normal_queue.is_empty() { "cleared" } else { "kept" },
        "stopping_queue": if rounds.stopping_queue.is_empty() { "cleared" } else { "kept" },
        "last_normal_balance_time": if rounds.last > last { "advanced" } else { "kept" },
    })
}

impl Bench {
    /// A node that serves announces its stop, and leaves its replicas but for what it holds.
    fn announce_stop(&mut self, id: i64) {
        let node = self.node(id);
        self.cluster.start_node(node, NodeState::Stopping);
        self.turn(|coordinator, hearing, outcome| coordinator.node_stopping(node, hearing, outcome));
        self.observe();
    }

    /// Collections that are being loaded when the case begins.
    pub(crate) fn begin_loads(&mut self, state: &Value) {
        for collection in list(state, "collections") {
            if is_loading(state, collection) {
                let collection_name = format!("c{}", int(collection, "id"));
                let load = Command::LoadCollection {
                    collection_name,
                    replica_number: collection["replica_number"].as_u64().map(|count| count as u32),
                    resource_groups: Vec::new(),
                };
                self.begin(&load);
            }
        }
    }

    /// Tasks that are under way when the case begins.
    pub(crate) fn begin_tasks(&mut self, state: &Value) {
        let segments: Vec<i64> = (1..=int(&state["inflight"], "segment_tasks")).collect();
        let is_normal = |id: i64| self.cluster.node(self.node(id)).state == NodeState::Normal;
        // Between nodes that stop nothing can be begun, and who has those is balanced first, busy or not.
        if !segments.is_empty() && is_normal(1) && is_normal(2) {
            let call = super::conformance_requests::load_balance(1, &[1], &[2], &segments);
            self.begin(&call);
        }
    }

    /// The replica observer runs with a single node left in the resource group, whose session then ends.
    pub(crate) fn leave_group(&mut self, state: &Value) {
        let Some(only) = state["replica_recomputed_with_only_node"].as_i64() else { return };
        self.observe();
        let node = self.node(only);
        self.cluster.end_session(node);
        self.turn(|coordinator, hearing, outcome| {
            coordinator.node_lost(node, hearing, outcome);
        });
    }
}
