//! The starting cluster: nodes, replicas, leaders, and every sealed segment where it is at t = 0.

use super::growth::Growth;
use super::machine::{query_node, streaming_node};
use super::place_freest::Freest;
use super::place_segments::add_segments;
use super::place_v2::{self, Placer};
use crate::coordinator::v1::settings::Settings;
use crate::engine::random::Random;
use crate::model::cluster::Cluster;
use crate::model::collection::{Collection, Partition};
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex, ResourceGroupIndex, SegmentIndex};
use crate::model::query_node::{NodeState, ResourceGroup};
use crate::model::replica::{Replica, ReplicaShard};
use crate::policy::allocate::{Filter, allocate_by_memory};
use crate::policy::allocate_channels::allocate_by_count;
use crate::policy::create_replicas::assign_descending;
use crate::policy::watch::Watch;
use crate::release::Quirk;
use crate::scenario::timeline::Happening;
use crate::scenario::{
    CollectionSpec, Placement, QueryNodeSpec, ReplicaSpec, Scenario, Segments, StartState,
};

/// The cluster at t = 0.
pub struct Start {
    /// The cluster.
    pub cluster: Cluster,
    /// Its workload.
    pub growth: Growth,
    /// Nodes that the coordinator knows, without session and process.
    pub offline: Vec<NodeIndex>,
    /// Segments that the coordinator records on such nodes.
    pub recorded_offline: Vec<(SegmentIndex, NodeIndex)>,
    /// Whoever asks what decisions would be with other keys.
    pub watch: Watch,
}

/// Builds the starting cluster.
///
/// # Errors
///
/// One text per collection or node that cannot be placed as the scenario says.
pub fn place(scenario: &Scenario, watch: &Watch) -> Result<Start, Vec<String>> {
    let mut cluster = Cluster::new(scenario.hardware.delegator_memory_bytes);
    for host in &scenario.hosts {
        cluster.add_host(host.memory_bytes);
    }
    for group in &scenario.resource_groups {
        let (name, requests, limits) = (group.name.clone(), group.requests, group.limits);
        let groups = |positions: &[usize]| positions.iter().copied().map(ResourceGroupIndex::at).collect();
        let (transfer_from, transfer_to) = (groups(&group.transfer_from), groups(&group.transfer_to));
        cluster.add_resource_group(ResourceGroup { name, requests, limits, transfer_from, transfer_to });
    }
    let mut offline = Vec::new();
    let plain = scenario.query_nodes.iter().chain(returned_machines(scenario));
    let plain = plain.map(|spec| (spec, query_node(spec, scenario)));
    let streaming = scenario.streaming_nodes.iter().map(|spec| (spec, streaming_node(spec, scenario)));
    let mut nodes: Vec<_> = plain.chain(streaming).collect();
    nodes.sort_by_key(|(spec, _)| spec.id);
    for (spec, node) in nodes {
        let node = cluster.add_node(node);
        if spec.state == StartState::Offline {
            offline.push(node);
        }
    }
    for spec in scenario.collections.iter() {
        let partitions = spec.partitions.iter();
        cluster.add_collection(
            Collection {
                id: spec.id,
                name: spec.name.clone(),
                partitions: partitions.map(|one| Partition { name: one.name.clone(), id: one.id }).collect(),
                channels: Vec::new(),
                replicas: Vec::new(),
                segments: Vec::new(),
                compacted: Vec::new(),
                bytes_per_row: spec.bytes_per_row,
                disk_bytes_per_row: spec.disk_bytes_per_row,
            },
            spec.shards,
        );
    }
    add_segments(&mut cluster, scenario);
    add_replicas(&mut cluster, scenario);
    let growth = Growth::new(scenario, cluster.channels().len());
    let mut start = Start { cluster, growth, offline, recorded_offline: Vec::new(), watch: watch.clone() };
    let mut faults = Vec::new();
    let is_v1 = scenario.release.has(Quirk::OnlyMemoryUsage);
    let mut placer = (!is_v1).then(|| Placer::new(scenario, &start.cluster, watch));
    let mut freest = Freest::new(&start.cluster);
    for (position, spec) in scenario.collections.iter().enumerate() {
        let collection = CollectionIndex::at(position);
        let loaded = match &mut placer {
            _ if !spec.loaded => Ok(()),
            Some(placer) => place_v2::load(&mut start, placer, scenario, collection, spec),
            None => load(&mut start, &mut freest, scenario, collection, spec),
        };
        if let Err(fault) = loaded {
            faults.push(format!("collection \"{}\": {fault}", spec.name));
        }
    }
    faults.extend(overfull(&start.cluster));
    if faults.is_empty() { Ok(start) } else { Err(faults) }
}

/// Machines that come back later as new processes, each under its new id.
fn returned_machines(scenario: &Scenario) -> impl Iterator<Item = &QueryNodeSpec> {
    scenario.timeline.iter().filter_map(|entry| match &entry.happening {
        Happening::ReturnQueryNode { machine, .. } => Some(machine.as_ref()),
        _ => None,
    })
}

/// Nodes that hold more than their memory at t = 0.
fn overfull(cluster: &Cluster) -> Vec<String> {
    let nodes = cluster.node_indices().filter_map(|node| {
        let memory = cluster.reported_memory(node);
        let id = cluster.node(node).id;
        (memory.total_bytes > 0 && memory.used_bytes > memory.total_bytes).then(|| {
            format!(
                "query node {id} holds {} bytes at the start but has {}; give it more memory or fewer segments",
                memory.used_bytes, memory.total_bytes
            )
        })
    });
    nodes.collect()
}

/// Adds all replicas of loaded collections without nodes, in ascending order of id.
fn add_replicas(cluster: &mut Cluster, scenario: &Scenario) {
    let mut replicas: Vec<Replica> = Vec::new();
    for (position, spec) in scenario.collections.iter().enumerate().filter(|(_, spec)| spec.loaded) {
        let (collection, shards) = (CollectionIndex::at(position), spec.shards as usize);
        match &spec.replicas {
            ReplicaSpec::Count(ids) => replicas.extend(ids.iter().enumerate().map(|(slot, id)| {
                let group =
                    spec.resource_groups.get(slot).or(spec.resource_groups.first()).copied().unwrap_or(0);
                Replica::new(*id, collection, ResourceGroupIndex::at(group), shards)
            })),
            ReplicaSpec::Fixed(fixed) => replicas.extend(fixed.iter().map(|replica| {
                Replica::new(replica.id, collection, ResourceGroupIndex::at(replica.resource_group), shards)
            })),
        }
    }
    replicas.sort_by_key(|replica| replica.id);
    for replica in replicas {
        cluster.add_replica(replica);
    }
}

/// Loads one collection as the release would, or as the scenario fixes it.
fn load(
    start: &mut Start,
    freest: &mut Freest,
    scenario: &Scenario,
    collection: CollectionIndex,
    spec: &CollectionSpec,
) -> Result<(), String> {
    let replicas = start.cluster.collection(collection).replicas.clone();
    give_nodes(start, freest, collection, spec, &replicas)?;
    for (slot, replica) in replicas.iter().copied().enumerate() {
        start.growth.begin_replica(&start.cluster, replica);
        give_leaders(start, spec, slot, replica)?;
    }
    let replica_of_node = |start: &Start, node| {
        let home = start.cluster.replica_of(collection, node);
        home.and_then(|home| replicas.iter().position(|replica| *replica == home))
    };
    let segments = start.cluster.collection(collection).segments.clone();
    let mut unplaced: Vec<Vec<SegmentIndex>> = vec![Vec::new(); replicas.len()];
    let mut is_placed = vec![false; replicas.len()];
    for (number, segment) in segments.iter().copied().enumerate() {
        let written: &[i64] = match &spec.segments {
            Segments::Listed(listed) => &listed[number].query_nodes,
            Segments::Generated { .. } => &[],
        };
        is_placed.fill(false);
        for id in written {
            let node =
                start.cluster.find_node(*id).ok_or_else(|| format!("query node {id} does not exist"))?;
            let slot = replica_of_node(start, node)
                .ok_or_else(|| format!("query node {id} is in none of its replicas"))?;
            is_placed[slot] = true;
            put(start, segment, node);
        }
        for (slot, unplaced) in unplaced.iter_mut().enumerate() {
            if !is_placed[slot] {
                unplaced.push(segment);
            }
        }
    }
    for (slot, segments) in unplaced.into_iter().enumerate().filter(|(_, segments)| !segments.is_empty()) {
        let nodes = destinations(start, scenario, spec, slot, replicas[slot], &segments)?;
        for (segment, node) in segments.into_iter().zip(nodes) {
            put(start, segment, node);
        }
    }
    Ok(())
}

pub(super) fn put(start: &mut Start, segment: SegmentIndex, node: NodeIndex) {
    if start.cluster.node(node).is_alive() {
        start.cluster.add_copy(segment, node);
    } else {
        start.recorded_offline.push((segment, node));
    }
}

fn give_nodes(
    start: &mut Start,
    freest: &mut Freest,
    collection: CollectionIndex,
    spec: &CollectionSpec,
    replicas: &[ReplicaIndex],
) -> Result<(), String> {
    let groups: Vec<Vec<NodeIndex>> = match &spec.replicas {
        ReplicaSpec::Fixed(fixed) => {
            let nodes = |ids: &[i64]| ids.iter().filter_map(|id| start.cluster.find_node(*id)).collect();
            fixed.iter().map(|replica| nodes(&replica.query_nodes)).collect()
        }
        ReplicaSpec::Count(_) => {
            let cluster = &start.cluster;
            let nodes = freest.now(cluster);
            let segments = cluster.collection(collection).segments.iter();
            let bytes: u64 = segments.map(|segment| cluster.segments().log_bytes(*segment)).sum();
            let is_fixed = matches!(&spec.segments, Segments::Listed(listed)
                if listed.iter().all(|segment| !segment.query_nodes.is_empty()));
            let needed = if is_fixed || !matches!(spec.placement, Placement::Balanced) { 0 } else { bytes };
            assign_descending(nodes.len(), &nodes, replicas.len(), needed).map_err(|error| error.0)?
        }
    };
    for (replica, nodes) in replicas.iter().zip(groups) {
        start.cluster.add_replica_nodes(*replica, &nodes);
    }
    Ok(())
}

fn give_leaders(
    start: &mut Start,
    spec: &CollectionSpec,
    slot: usize,
    replica: ReplicaIndex,
) -> Result<(), String> {
    let fixed: &[i64] = match &spec.replicas {
        ReplicaSpec::Fixed(fixed) => &fixed[slot].shard_leaders,
        ReplicaSpec::Count(_) => &[],
    };
    let shards = spec.shards as usize;
    let leaders: Vec<NodeIndex> = if fixed.is_empty() {
        let candidates = online(&start.cluster, replica);
        if candidates.is_empty() {
            // A replica of dead nodes: nobody leads.
            return Ok(());
        }
        let filter = Filter { include: &[], exclude: &[] };
        let count_of = |node: NodeIndex| u64::from(start.cluster.node(node).channels);
        allocate_by_count(&candidates, filter, &count_of, shards).map_err(|error| error.text().to_owned())?
    } else {
        fixed.iter().filter_map(|id| start.cluster.find_node(*id)).collect()
    };
    let collection = start.cluster.replica(replica).collection;
    for (shard, leader) in leaders.into_iter().enumerate().take(shards) {
        start.cluster.set_shard_leader(replica, shard, Some(leader));
        if start.growth.grows(collection) {
            let shard = ReplicaShard { replica, shard: u32::try_from(shard).unwrap_or(u32::MAX) };
            start.growth.lead(&start.cluster, shard, None, Some(leader));
        }
    }
    Ok(())
}

/// Online nodes of a replica, in stored order.
fn online(cluster: &Cluster, replica: ReplicaIndex) -> Vec<NodeIndex> {
    let members = cluster.replica(replica).nodes();
    let mut online = Vec::with_capacity(members.len());
    online.extend(members.filter(|node| cluster.node(*node).state == NodeState::Normal));
    online
}

/// Nodes for segments that the scenario places by rule.
pub(super) fn destinations(
    start: &Start,
    scenario: &Scenario,
    spec: &CollectionSpec,
    slot: usize,
    replica: ReplicaIndex,
    segments: &[SegmentIndex],
) -> Result<Vec<NodeIndex>, String> {
    let cluster = &start.cluster;
    let stored = online(cluster, replica);
    if stored.is_empty() {
        return Err("its replica has no query node to hold its segments; add a query node".to_owned());
    }
    let by_id = || {
        let mut nodes = stored.clone();
        nodes.sort_unstable();
        nodes
    };
    let mut random = Random::stream(scenario.seed, &format!("scenario/{}/placement/{slot}", spec.name));
    match &spec.placement {
        Placement::Balanced => {
            let sizes: Vec<u64> =
                segments.iter().map(|segment| cluster.segments().log_bytes(*segment)).collect();
            let threshold = Settings::of(&scenario.config).thresholds().overloaded;
            // Asked one after the other, since stored order leads back and forth through the nodes.
            let memory: Vec<_> = cluster.node_indices().map(|node| cluster.reported_memory(node)).collect();
            let mut memory_of = |node: NodeIndex| memory.get(node.position()).copied();
            let filter = Filter { include: &[], exclude: &[] };
            allocate_by_memory(&stored, filter, &mut memory_of, &sizes, threshold, &mut start.watch.clone())
                .map_err(|error| {
                    format!("{}; give the query nodes more memory, or another placement", error.text())
                })
        }
        Placement::RoundRobin => {
            let nodes = by_id();
            Ok((0..segments.len()).map(|number| nodes[number % nodes.len()]).collect())
        }
        Placement::Random => {
            let nodes = by_id();
            Ok(segments.iter().map(|_| nodes[random.below(nodes.len() as u64) as usize]).collect())
        }
        Placement::Only(ids) => {
            let only: Vec<NodeIndex> = ids
                .iter()
                .filter_map(|id| cluster.find_node(*id))
                .filter(|node| cluster.replica(replica).has(*node))
                .collect();
            if only.is_empty() {
                return Err("\"only\" names no query node of the replica".to_owned());
            }
            Ok((0..segments.len()).map(|number| only[number % only.len()]).collect())
        }
        Placement::Weights(weights) => {
            let weighted: Vec<(NodeIndex, f64)> = weights
                .iter()
                .filter_map(|(id, weight)| Some((cluster.find_node(*id)?, *weight)))
                .filter(|(node, _)| cluster.replica(replica).has(*node))
                .collect();
            let sum: f64 = weighted.iter().map(|(_, weight)| weight).sum();
            if weighted.is_empty() || sum <= 0.0 {
                return Err("\"weights\" names no query node of the replica".to_owned());
            }
            Ok(segments.iter().map(|_| draw_weighted(&weighted, sum, &mut random)).collect())
        }
    }
}

fn draw_weighted(weighted: &[(NodeIndex, f64)], sum: f64, random: &mut Random) -> NodeIndex {
    let mut left = random.unit_f64() * sum;
    for (node, weight) in weighted {
        left -= weight;
        if left < 0.0 {
            return *node;
        }
    }
    weighted[weighted.len() - 1].0
}
