//! The starting cluster: nodes, replicas, leaders, and every sealed segment where it is at t = 0.

use super::growth::Growth;
use super::machine::{query_node, streaming_node};
use super::place_roster::Roster;
use super::place_rules::{NO_NODE, destinations};
use super::place_segments::add_segments;
use super::place_v2::{self, Placer};
use crate::coordinator::v1::settings::Settings;
use crate::model::cluster::Cluster;
use crate::model::collection::{Collection, Partition};
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex, ResourceGroupIndex, SegmentIndex};
use crate::model::query_node::ResourceGroup;
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
    let mut roster = Roster::new(&start.cluster);
    for (position, spec) in scenario.collections.iter().enumerate() {
        let collection = CollectionIndex::at(position);
        let loaded = match &mut placer {
            _ if !spec.loaded => Ok(()),
            Some(placer) => place_v2::load(&mut start, placer, scenario, collection, spec),
            None => load(&mut start, &mut roster, scenario, collection, spec),
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
    roster: &mut Roster,
    scenario: &Scenario,
    collection: CollectionIndex,
    spec: &CollectionSpec,
) -> Result<(), String> {
    let replicas = start.cluster.collection(collection).replicas.clone();
    give_nodes(start, roster, collection, spec, &replicas)?;
    let online = |replica: &ReplicaIndex| roster.online(&start.cluster, *replica);
    let online: Vec<Vec<NodeIndex>> = replicas.iter().map(online).collect();
    for (slot, replica) in replicas.iter().copied().enumerate() {
        start.growth.begin_replica(&start.cluster, replica);
        give_leaders(start, roster, spec, slot, replica, &online[slot])?;
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
            roster.touch(&start.cluster, node);
        }
        for (slot, unplaced) in unplaced.iter_mut().enumerate() {
            if !is_placed[slot] {
                unplaced.push(segment);
            }
        }
    }
    for (slot, segments) in unplaced.into_iter().enumerate().filter(|(_, segments)| !segments.is_empty()) {
        let nodes = match destinations(start, scenario, spec, slot, replicas[slot], segments.len())? {
            Some(nodes) => nodes,
            None => balanced(start, roster, scenario, &online[slot], &segments)?,
        };
        // Node by node, so that what is kept by node grows at its end.
        let mut placed: Vec<(NodeIndex, SegmentIndex)> = nodes.into_iter().zip(segments).collect();
        placed.sort_unstable();
        for (node, segment) in placed {
            put(start, segment, node);
            roster.touch(&start.cluster, node);
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
    roster: &mut Roster,
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
            let nodes = roster.freest(cluster);
            let segments = cluster.collection(collection).segments.iter();
            let bytes: u64 = segments.map(|segment| cluster.segments().log_bytes(*segment)).sum();
            let is_fixed = matches!(&spec.segments, Segments::Listed(listed)
                if listed.iter().all(|segment| !segment.query_nodes.is_empty()));
            let needed = if is_fixed || !matches!(spec.placement, Placement::Balanced) { 0 } else { bytes };
            assign_descending(nodes.len(), nodes, replicas.len(), needed).map_err(|error| error.0)?
        }
    };
    for (replica, nodes) in replicas.iter().zip(groups) {
        start.cluster.add_replica_nodes(*replica, &nodes);
    }
    Ok(())
}

fn give_leaders(
    start: &mut Start,
    roster: &mut Roster,
    spec: &CollectionSpec,
    slot: usize,
    replica: ReplicaIndex,
    online: &[NodeIndex],
) -> Result<(), String> {
    let fixed: &[i64] = match &spec.replicas {
        ReplicaSpec::Fixed(fixed) => &fixed[slot].shard_leaders,
        ReplicaSpec::Count(_) => &[],
    };
    let shards = spec.shards as usize;
    let leaders: Vec<NodeIndex> = if fixed.is_empty() {
        if online.is_empty() {
            // A replica of dead nodes: nobody leads.
            return Ok(());
        }
        let filter = Filter { include: &[], exclude: &[] };
        let channels = roster.channels(&start.cluster);
        let count_of = |node: NodeIndex| u64::from(channels[node.position()]);
        allocate_by_count(online, filter, &count_of, shards).map_err(|error| error.text().to_owned())?
    } else {
        fixed.iter().filter_map(|id| start.cluster.find_node(*id)).collect()
    };
    let collection = start.cluster.replica(replica).collection;
    for (shard, leader) in leaders.into_iter().enumerate().take(shards) {
        start.cluster.set_shard_leader(replica, shard, Some(leader));
        roster.touch(&start.cluster, leader);
        if start.growth.grows(collection) {
            let shard = ReplicaShard { replica, shard: u32::try_from(shard).unwrap_or(u32::MAX) };
            start.growth.lead(&start.cluster, shard, None, Some(leader));
        }
    }
    Ok(())
}

/// Nodes for segments that 2.0 and 2.1 place as they load them. `online` are those of the replica, in stored order.
fn balanced(
    start: &Start,
    roster: &mut Roster,
    scenario: &Scenario,
    online: &[NodeIndex],
    segments: &[SegmentIndex],
) -> Result<Vec<NodeIndex>, String> {
    if online.is_empty() {
        return Err(NO_NODE.to_owned());
    }
    let known = start.cluster.segments();
    let sizes: Vec<u64> = segments.iter().map(|segment| known.log_bytes(*segment)).collect();
    let threshold = Settings::of(&scenario.config).thresholds().overloaded;
    let memory = roster.memory(&start.cluster);
    let mut memory_of = |node: NodeIndex| memory.get(node.position()).copied();
    let filter = Filter { include: &[], exclude: &[] };
    allocate_by_memory(online, filter, &mut memory_of, &sizes, threshold, &mut start.watch.clone())
        .map_err(|error| format!("{}; give the query nodes more memory, or another placement", error.text()))
}
