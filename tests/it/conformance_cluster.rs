//! The cluster of a conformance case, filled in on the coordinator's bench.

use super::conformance_bench::Bench;
use super::conformance_state::{int, ints, list, text};
use evenkeel::model::collection::{Collection, Partition};
use evenkeel::model::ids::{ReplicaIndex, ResourceGroupIndex};
use evenkeel::model::query_node::{NodeState, QueryNode};
use evenkeel::model::replica::Replica;
use evenkeel::model::segment::NewSegment;
use evenkeel::release::{Quirk, Release};
use serde_json::Value;
use std::collections::BTreeSet;

impl Bench {
    /// The nodes of the case, those included that a replica lists and nobody knows.
    pub(crate) fn add_nodes(&mut self, state: &Value, release: Release) {
        let is_known = |node: &&Value| !matches!(text(node, "state"), "offline" | "unregistered");
        let known = || list(state, "nodes").iter().filter(is_known);
        let registered: BTreeSet<i64> = known().map(|node| int(node, "id")).collect();
        let in_state = |name: &str| {
            let nodes = known().filter(|node| text(node, "state") == name).map(|node| int(node, "id"));
            nodes.collect::<BTreeSet<i64>>()
        };
        let (mut stopping, suspended) = (in_state("stopping"), in_state("suspended"));
        let read_only = || list(state, "replicas").iter().flat_map(read_only_nodes);
        if release.has(Quirk::ReadOnlyNodes) {
            stopping.extend(read_only());
        }
        let mut all: BTreeSet<i64> = list(state, "nodes").iter().map(|node| int(node, "id")).collect();
        all.extend(list(state, "replicas").iter().flat_map(|replica| ints(replica, "rw_nodes")));
        all.extend(read_only());
        all.extend(state["replica_also_lists_unregistered_node"].as_i64());
        let only = state["replica_recomputed_with_only_node"].as_i64();
        all.extend(only);
        let lists_nodes = |replica: &Value| replica["rw_nodes"].is_array();
        let is_given = state["nodes"].is_array()
            || list(state, "replicas").iter().any(lists_nodes)
            || only.or(state["replica_also_lists_unregistered_node"].as_i64()).is_some();
        if !is_given {
            all.extend([1, 2]);
        }
        for id in all {
            let is_there = !is_given || registered.contains(&id) || only == Some(id);
            let is_elsewhere = only.is_some_and(|only| only != id);
            self.cluster.add_node(QueryNode {
                cpu: 8,
                resource_group: ResourceGroupIndex::at(usize::from(is_elsewhere)),
                load_bandwidth_bytes_per_s: 1 << 30,
                state: match id {
                    _ if !is_there => NodeState::Down,
                    id if stopping.contains(&id) => NodeState::Stopping,
                    id if suspended.contains(&id) => NodeState::Suspended,
                    _ => NodeState::Normal,
                },
                is_registered: is_there,
                ..QueryNode::empty(id, 1 << 40)
            });
        }
    }

    /// Collections, replicas, segments and listed channels of the case.
    pub(crate) fn add_data(&mut self, state: &Value, operation: &Value) {
        let mut ids: BTreeSet<i64> = ["collections", "targets"]
            .iter()
            .flat_map(|key| list(state, key))
            .map(|entry| entry["id"].as_i64().unwrap_or_else(|| int(entry, "collection")))
            .collect();
        ids.extend(ints(operation, "eligible"));
        ids.extend(list(state, "queue").iter().map(|entry| int(entry, "collection")));
        for key in ["segments", "replicas"] {
            ids.extend(list(state, key).iter().map(|entry| entry["collection"].as_i64().unwrap_or(1)));
        }
        for id in ids {
            self.add_collection(id, state);
        }
        self.add_replicas(state);
        self.name_nodes();
        for segment in list(state, "segments") {
            // A collection that is being loaded has its replicas, and with them names for nodes, later.
            if let Some(node) = self.named_node(&segment["node"]) {
                self.add_segment(int(segment, "id"), int(segment, "collection"), rows(segment), node);
            }
        }
        for channel in list(state, "channels") {
            let collection = self.collection(int(channel, "collection"));
            let names =
                list(state, "channels").iter().filter(|other| other["collection"] == channel["collection"]);
            let shard = names.clone().position(|other| other["name"] == channel["name"]).expect("itself");
            let node = self.named_node(&channel["node"]).expect("a node that has the channel");
            let node = self.node(node);
            let known = self.cluster.collection(collection);
            let name = self.cluster.channel(known.channels[shard]).name.clone();
            let has_it = |one: &&ReplicaIndex| self.cluster.replica(**one).has(node);
            let replica = known.replicas.iter().find(has_it).or(known.replicas.first()).copied();
            self.channels.insert(text(channel, "name").to_owned(), name);
            self.cluster.set_shard_leader(replica.expect("a replica of the case"), shard, Some(node));
        }
    }

    /// Names nodes by their places in replicas.
    pub(crate) fn name_nodes(&mut self) {
        for (name, replica, place) in [("$src", 0, 0), ("$dst", 0, 1), ("$other", 1, 0)] {
            let node = self.cluster.replicas().get(replica).and_then(|replica| replica.nodes().nth(place));
            let id = node.map(|node| self.cluster.node(node).id);
            self.named.extend(id.map(|id| (name, id)));
        }
    }

    /// The id of a node that a case tells by its id or by its name.
    pub(crate) fn named_node(&self, node: &Value) -> Option<i64> {
        let named = node.as_str().and_then(|name| self.named.get(name));
        named.copied().or(node.as_i64())
    }

    fn add_collection(&mut self, id: i64, state: &Value) {
        let of = |entry: &&Value| int(entry, "collection") == id;
        let channels = list(state, "channels").iter().filter(of).count();
        let served = list(&state["channels_serviceable"], &id.to_string()).len();
        let target = list(state, "targets")
            .iter()
            .find(of)
            .map_or(1, |target| list(&target["current"], "channels").len());
        let shards = u32::try_from(channels.max(served).max(target)).expect("few shards");
        let collection = Collection {
            id,
            name: format!("c{id}"),
            partitions: vec![Partition { name: "_default".to_owned(), id: id + 1_000_000 }],
            channels: Vec::new(),
            replicas: Vec::new(),
            segments: Vec::new(),
            compacted: Vec::new(),
            bytes_per_row: 8,
            disk_bytes_per_row: 0,
        };
        self.cluster.add_collection(collection, shards);
    }

    /// The replicas of the case; those that are not listed take the registered nodes in turn.
    fn add_replicas(&mut self, state: &Value) {
        // Replicas come by id; those without one come last.
        let mut replicas: Vec<&Value> = list(state, "replicas").iter().collect();
        replicas.sort_by_key(|replica| replica["id"].as_i64().unwrap_or(i64::MAX));
        for replica in replicas {
            let is_listed = replica["rw_nodes"].is_array();
            let rw = if is_listed { ints(replica, "rw_nodes") } else { vec![1, 2] };
            let nodes = [rw, read_only_nodes(replica)].concat();
            let generated = self.cluster.replicas().last().map_or(1, |replica| replica.id + 1);
            let id = replica["id"].as_i64().unwrap_or(generated);
            self.add_replica(id, replica["collection"].as_i64().unwrap_or(1), &nodes);
        }
        if state["replicas"].is_array() {
            return;
        }
        let extra = ints(state, "first_replica_also_has");
        let is_alone = |id: &i64| state["replica_recomputed_with_only_node"].as_i64() == Some(*id);
        let nodes: Vec<i64> = self
            .cluster
            .nodes()
            .iter()
            .filter(|node| node.is_registered && !extra.contains(&node.id) && !is_alone(&node.id))
            .map(|node| node.id)
            .collect();
        let mut id = 1000;
        for collection in self.cluster.collections().iter().map(|one| one.id).collect::<Vec<i64>>() {
            let known = list(state, "collections").iter().find(|known| int(known, "id") == collection);
            if known.is_none() && state["collections"].is_array()
                || known.is_some_and(|one| is_loading(state, one))
            {
                continue;
            }
            let count = known.and_then(|one| one["replica_number"].as_u64()).unwrap_or(1) as usize;
            for (place, share) in nodes.chunks(nodes.len().div_ceil(count)).enumerate() {
                let mut share = share.to_vec();
                if place == 0 {
                    share.extend(&extra);
                    share.extend(state["replica_also_lists_unregistered_node"].as_i64());
                }
                self.add_replica(id, collection, &share);
                id += 1;
            }
        }
    }

    fn add_replica(&mut self, id: i64, collection: i64, nodes: &[i64]) {
        let index = self.collection(collection);
        let shards = self.cluster.collection(index).channels.len();
        let replica = self.cluster.add_replica(Replica::new(id, index, ResourceGroupIndex(0), shards));
        for node in nodes {
            let node = self.node(*node);
            self.cluster.add_replica_node(replica, node);
        }
    }

    /// A sealed segment on a node.
    pub(crate) fn add_segment(&mut self, id: i64, collection: i64, rows: u32, node: i64) {
        let (index, node) = (self.collection(collection), self.node(node));
        let channel = self.cluster.collection(index).channels[0];
        let segment = self.cluster.add_segment(NewSegment {
            id,
            rows,
            memory_bytes: 8,
            log_bytes: 8,
            collection: index,
            channel,
            partition: 0,
        });
        self.cluster.add_copy(segment, node);
    }

    /// Leaders of channels, where the case does not list channels: a replica's first node that is there.
    pub(crate) fn serve_channels(&mut self, state: &Value) {
        let served = &state["channels_serviceable"];
        for place in 0..self.cluster.replicas().len() {
            let replica = &self.cluster.replicas()[place];
            let mut nodes = replica.nodes();
            let leader = nodes.find(|node| self.cluster.node(*node).is_registered);
            let known = self.cluster.collection(replica.collection);
            let shards = match served {
                Value::Object(_) => list(served, &known.id.to_string()).len(),
                _ if state["channels"].is_array() => 0,
                _ => known.channels.len(),
            };
            for shard in 0..shards {
                self.cluster.set_shard_leader(ReplicaIndex::at(place), shard, leader);
            }
        }
        for entry in list(&state["balancer_stub"], "channel_moves") {
            let node = self.node(int(entry, "from"));
            self.cluster.set_shard_leader(ReplicaIndex(0), 0, Some(node));
        }
        for entry in list(&state["balancer_stub"], "segment_moves") {
            self.add_segment(int(entry, "segment"), 1, 1, int(entry, "from"));
        }
    }

    /// A segment that a task of the case can be about.
    pub(crate) fn add_busy_segments(&mut self, state: &Value) {
        for id in 1..=int(&state["inflight"], "segment_tasks") {
            self.add_segment(id, 1, 1, 1);
        }
    }
}

/// The nodes of a replica that must be emptied; some that nobody names where the case only counts them.
fn read_only_nodes(replica: &Value) -> Vec<i64> {
    const UNNAMED: i64 = 1_000_000;
    let count = int(replica, "ro_node_count");
    let unnamed = (0..count).map(|place| UNNAMED + 100 * int(replica, "id") + place);
    if replica["ro_nodes"].is_array() { ints(replica, "ro_nodes") } else { unnamed.collect() }
}

/// Whether a collection is being loaded when the case begins: it has a next target only.
pub(crate) fn is_loading(state: &Value, collection: &Value) -> bool {
    let targets = &state["targets_exist"];
    // A current target that is not ready is none: here they are ready as soon as there are any.
    let is_ready = targets["current"] == true && targets["current_ready"] != false;
    text(collection, "load_status") == "loading" || (targets["next"] == true && !is_ready)
}

fn rows(segment: &Value) -> u32 {
    segment["rows"].as_u64().map_or(0, |rows| u32::try_from(rows).expect("rows of 32 bits"))
}
