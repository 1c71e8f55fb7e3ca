//! A coordinator of 2.2 and later on a bench: the cluster of a conformance case, and no simulation around.

use super::conformance_state::{int, list, settings, text};
use evenkeel::coordinator::command::{Command, CommandError};
use evenkeel::coordinator::hearing::{Hearing, Nodes};
use evenkeel::coordinator::keys::{self, Config, Origin, Value as Setting};
use evenkeel::coordinator::outcome::{Order, Outcome, RequestNumber, Turn};
use evenkeel::coordinator::query_coord::{QueryCoord, QueryCoordView};
use evenkeel::coordinator::v2::state::QueryCoordV2;
use evenkeel::model::cluster::Cluster;
use evenkeel::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use evenkeel::model::query_node::{NodeMemory, ResourceGroup};
use evenkeel::model::replica::Replica;
use evenkeel::release::Release;
use evenkeel::units::{SimDuration, SimTime};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Nodes that have little to say.
struct Laconic<'a> {
    cluster: &'a Cluster,
    /// Of collections by id: whether each of their channels can be queried.
    serviceable: &'a Value,
}

impl Nodes for Laconic<'_> {
    fn memory(&self, _node: NodeIndex) -> Option<NodeMemory> {
        None
    }

    fn is_leaving(&self, _node: NodeIndex, _segment: SegmentIndex) -> bool {
        false
    }

    fn growing_rows(&self, _replica: ReplicaIndex, _shard: usize) -> u64 {
        0
    }

    fn is_serviceable(&self, replica: ReplicaIndex, shard: usize) -> bool {
        let collection = self.cluster.replica(replica).collection;
        let id = self.cluster.collection(collection).id.to_string();
        self.serviceable[id][shard] != false
    }

    fn each_growing(
        &self,
        _when: &dyn Fn(NodeIndex) -> Option<SimTime>,
        _tell: &mut dyn FnMut(NodeIndex, ChannelIndex, u64),
    ) {
    }
}

/// Of collections by id: whether each of their channels can be queried, as the case tells of them all or of each.
fn serviceable(state: &Value) -> Value {
    if state["channels_serviceable"].is_object() {
        return state["channels_serviceable"].clone();
    }
    let mut told: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for channel in list(state, "channels") {
        let collection = int(channel, "collection").to_string();
        told.entry(collection).or_default().push(&channel["leader_view"]["serviceable"]);
    }
    json!(told)
}

/// The coordinator and what it sees.
pub(crate) struct Bench {
    /// The cluster.
    pub(crate) cluster: Cluster,
    /// The coordinator.
    pub(crate) coordinator: QueryCoordV2,
    /// What the last turn led to.
    pub(crate) orders: Vec<Order>,
    /// Nodes that the case names by their place: the first two of the first replica, the first of the next.
    pub(crate) named: BTreeMap<&'static str, i64>,
    /// The names here of the channels of the case.
    pub(crate) channels: BTreeMap<String, String>,
    now: SimTime,
    tick: Option<SimTime>,
    requests: u32,
    serviceable: Value,
    settings: BTreeMap<&'static str, Setting>,
}

impl Bench {
    /// The coordinator of `release` before its start, with an empty cluster.
    fn empty(state: &Value, config: &Value, release: Release) -> Bench {
        let mut known = Config::defaults(release);
        for (key, value) in settings(config) {
            known.declare(release, key, value, Origin::Scenario);
        }
        let balancer = match text(state, "assign_policy") {
            "RowCountBased" => Some("RowCountBasedBalancer"),
            "ScoreBased" => Some("ScoreBasedBalancer"),
            _ => None,
        };
        if let (Some(name), Some(key)) = (balancer, keys::find("queryCoord.balancer")) {
            known.declare(release, key, Setting::Text(name.to_owned()), Origin::Scenario);
        }
        let mut cluster = Cluster::new(0);
        for name in ["__default_resource_group", "elsewhere"] {
            cluster.add_resource_group(ResourceGroup {
                name: name.to_owned(),
                requests: 0,
                limits: 1000,
                transfer_from: Vec::new(),
                transfer_to: Vec::new(),
            });
        }
        Bench {
            cluster,
            // Milvus's unit tests run without the streaming service in every release.
            coordinator: QueryCoordV2::new(release, known, 0, false).without_streaming(),
            orders: Vec::new(),
            named: BTreeMap::new(),
            channels: BTreeMap::new(),
            now: SimTime::from_ms(0),
            tick: None,
            requests: 0,
            serviceable: serviceable(state),
            settings: settings(config).into_iter().map(|(key, value)| (key.name, value)).collect(),
        }
    }

    /// The coordinator of a case, started unless the case says otherwise.
    pub(crate) fn new(state: &Value, config: &Value, operation: &Value, release: Release) -> Bench {
        let mut bench = Bench::empty(state, config, release);
        bench.add_nodes(state, release);
        // What has no target comes after the start: the coordinator takes what it finds for loaded.
        let exist = &state["targets_exist"];
        let is_targeted = !exist.is_object() || exist["next"] == true || exist["current"] == true;
        let has_target = is_targeted && (!state["targets"].is_array() || !list(state, "targets").is_empty());
        if has_target {
            bench.add_data(state, operation);
            bench.serve_channels(state);
            bench.add_busy_segments(state);
        }
        if matches!(text(state, "server"), "" | "healthy") {
            bench.turn(|coordinator, hearing, outcome| coordinator.start(hearing, outcome));
        }
        if !has_target {
            bench.add_data(state, operation);
            // A restarted coordinator hears of everything, and loads nothing.
            bench.restart();
        }
        bench.leave_group(state);
        bench.begin_loads(state);
        bench.name_nodes();
        bench.begin_tasks(state);
        bench
    }

    /// The node with this id.
    pub(crate) fn node(&self, id: i64) -> NodeIndex {
        self.cluster.find_node(id).expect("a node of the case")
    }

    /// The collection with this id.
    pub(crate) fn collection(&self, id: i64) -> CollectionIndex {
        self.find_collection(id).expect("a collection of the case")
    }

    /// The collection with this id, if the case has it.
    pub(crate) fn find_collection(&self, id: i64) -> Option<CollectionIndex> {
        self.cluster.find_collection(&format!("c{id}"))
    }

    /// Ids of collections.
    pub(crate) fn ids(&self, collections: impl IntoIterator<Item = CollectionIndex>) -> Value {
        let ids = collections.into_iter().map(|collection| self.cluster.collection(collection).id);
        json!(ids.collect::<Vec<i64>>())
    }

    /// How often replicas were looked at.
    pub(crate) fn looks(&self) -> u32 {
        (0..self.cluster.replicas().len()).map(|place| self.coordinator.looks(ReplicaIndex::at(place))).sum()
    }

    /// One turn of the coordinator.
    pub(crate) fn turn<T>(
        &mut self,
        turn: impl FnOnce(&mut QueryCoordV2, Hearing<'_>, &mut Outcome) -> T,
    ) -> T {
        let mut outcome = Outcome::default();
        let nodes = Laconic { cluster: &self.cluster, serviceable: &self.serviceable };
        let hearing = Hearing { now: self.now, cluster: &self.cluster, nodes: &nodes };
        let result = turn(&mut self.coordinator, hearing, &mut outcome);
        for order in &outcome.orders {
            if let Order::TurnAt { turn: Turn::CheckBalance, at } = order {
                self.tick = Some(*at);
            }
        }
        self.orders = outcome.orders;
        result
    }

    /// The balance checker's next tick, where the coordinator wants one.
    pub(crate) fn tick(&mut self) {
        if let Some(at) = self.tick.take() {
            self.now = at;
            self.turn(|coordinator, hearing, outcome| {
                coordinator.take_turn(Turn::CheckBalance, hearing, outcome);
            });
        }
    }

    /// Lets time pass, with the ticks that fall into it.
    pub(crate) fn wait(&mut self, ms: u64) {
        let end = self.now + SimDuration::from_ms(ms);
        while self.tick.is_some_and(|at| at <= end) {
            self.tick();
        }
        self.now = end;
    }

    /// A request that is not answered yet.
    pub(crate) fn begin(&mut self, command: &Command) {
        let request = RequestNumber(self.requests);
        self.requests += 1;
        self.turn(|coordinator, hearing, outcome| coordinator.command(request, command, hearing, outcome));
        for order in std::mem::take(&mut self.orders) {
            match order {
                Order::Answer { result, .. } => panic!("{command:?} is answered at once: {result:?}"),
                Order::CreateReplicas { collection, replicas } => {
                    for (group, nodes) in replicas {
                        let id = self.cluster.replicas().last().map_or(1, |replica| replica.id + 1);
                        let shards = self.cluster.collection(collection).channels.len();
                        let replica = self.cluster.add_replica(Replica::new(id, collection, group, shards));
                        nodes.iter().for_each(|node| self.cluster.add_replica_node(replica, *node));
                    }
                }
                _ => {}
            }
        }
    }

    /// The replica observer's turn, with what it orders of the cluster.
    pub(crate) fn observe(&mut self) {
        self.turn(|coordinator, hearing, outcome| {
            coordinator.take_turn(Turn::ObserveReplicas, hearing, outcome);
        });
        for order in &self.orders {
            match *order {
                Order::AddReplicaNode { replica, node } => self.cluster.add_replica_node(replica, node),
                Order::RemoveReplicaNode { replica, node } => self.cluster.remove_replica_node(replica, node),
                _ => {}
            }
        }
    }

    /// The time.
    pub(crate) fn now(&self) -> SimTime {
        self.now
    }

    /// Changes keys: while the coordinator runs, or by a restart where one that changes is read at start only.
    pub(crate) fn configure(&mut self, config: &Value) {
        let mut is_in_force = true;
        for (key, value) in settings(config) {
            if self.settings.insert(key.name, value.clone()).as_ref() != Some(&value) {
                is_in_force &= self.coordinator.set_config(key.name, &value);
            }
        }
        if !is_in_force {
            self.restart();
        }
        self.turn(|coordinator, hearing, outcome| coordinator.config_set(hearing, outcome));
    }

    /// The coordinator stops and starts again.
    fn restart(&mut self) {
        self.turn(|coordinator, hearing, outcome| {
            coordinator.stop(hearing, outcome);
            coordinator.start(hearing, outcome);
        });
    }

    /// A request with its answer; a manual balance answers when its wait is over.
    pub(crate) fn request(&mut self, command: &Command) -> Result<(), CommandError> {
        let request = RequestNumber(self.requests);
        self.requests += 1;
        self.turn(|coordinator, hearing, outcome| coordinator.command(request, command, hearing, outcome));
        let answer = |orders: &[Order]| {
            orders.iter().find_map(|order| match order {
                Order::Answer { request: answered, result } if *answered == request => Some(result.clone()),
                _ => None,
            })
        };
        if let Some(result) = answer(&self.orders) {
            return result;
        }
        let orders = std::mem::take(&mut self.orders);
        self.now += SimDuration::from_ms(1);
        self.turn(|coordinator, hearing, outcome| {
            coordinator.take_turn(Turn::AnswerDue(request), hearing, outcome);
        });
        let late = answer(&self.orders);
        self.orders = orders;
        late.expect("an answer once the wait is over")
    }
}
