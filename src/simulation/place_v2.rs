//! Where 2.2 and later have everything at t = 0: nodes spread evenly, segments as their balancer loads them.

use super::place::{Start, put};
use super::place_room::Room;
use super::place_rules::destinations;
use crate::coordinator::v2::replicas::shares;
use crate::coordinator::v2::reserved::exclusive_lists;
use crate::coordinator::v2::settings::Settings;
use crate::coordinator::v2::streaming_nodes::spread;
use crate::engine::random::Random;
use crate::model::cluster::Cluster;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::model::query_node::NodeState as TrueState;
use crate::model::replica::ReplicaShard;
use crate::policy::balance_policy::{Ask, BalancePolicy, Force, SegmentToAssign};
use crate::policy::facts::NoFacts;
use crate::policy::parameters::Parameters;
use crate::policy::plan::{Declines, Repeats};
use crate::policy::spec::Balancer;
use crate::policy::view::ClusterView;
use crate::policy::view::node::{NodeState, NodeView};
use crate::policy::view::segment::{SegmentCopy, SegmentView, Target};
use crate::policy::watch::Watch;
use crate::release::{Quirk, Release};
use crate::scenario::{Chance, CollectionSpec, ReplicaSpec, Scenario, Segments};
use std::collections::{BTreeMap, BTreeSet};

/// The balancer of the start, with its picture of what is placed so far.
pub(super) struct Placer {
    view: ClusterView,
    policy: Box<dyn BalancePolicy>,
    parameters: Parameters,
    random: Random,
    shuffles: bool,
    release: Release,
    /// Whether nodes are reserved for channels as soon as a collection is loaded.
    is_exclusive: bool,
    room: Room,
    watch: Watch,
}

impl Placer {
    /// A picture of a cluster in which nothing is loaded.
    pub(super) fn new(scenario: &Scenario, cluster: &Cluster, watch: &Watch) -> Placer {
        let settings = Settings::of(scenario.release, &scenario.config);
        let is_round_robin = scenario.release.has(Quirk::NewLoadsRoundRobin);
        let balancer = if is_round_robin { Balancer::RoundRobin } else { settings.balancer() };
        let mut view = ClusterView::new(scenario.release.has(Quirk::StreamingNodes));
        for node in cluster.nodes() {
            let state = if node.state == TrueState::Normal { NodeState::Normal } else { NodeState::Unknown };
            let memory_mib = node.memory_bytes >> 20;
            let is_streaming = node.is_streaming;
            let mut known = NodeView::in_state(state);
            (known.memory_mib, known.is_streaming) = (memory_mib, is_streaming);
            view.add_node(known);
        }
        for collection in cluster.collections() {
            let index = view.add_collection();
            for _ in &collection.channels {
                view.add_channel(index);
            }
        }
        let segments = cluster.segments();
        for segment in segments.indices() {
            let (collection, channel) = (segments.collection(segment), segments.channel(segment));
            view.add_segment(SegmentView::new(collection, channel, segments.rows(segment)));
            view.set_in_target(segment, Target::Current, true);
            view.set_in_target(segment, Target::Next, true);
        }
        Placer {
            view,
            policy: crate::policy::build(scenario.release, balancer),
            parameters: settings.parameters(),
            random: Random::stream(scenario.seed, "scenario/placement"),
            shuffles: scenario.chance == Chance::Seeded,
            release: scenario.release,
            is_exclusive: settings.balancer() == Balancer::ChannelLevelScore
                && scenario.release.has(Quirk::ExclusiveListsAtRegistration),
            room: Room::new(scenario, watch),
            watch: watch.clone(),
        }
    }

    fn note(&mut self, segment: SegmentIndex, node: NodeIndex) {
        let rows = self.view.segment(segment).rows;
        self.view.set_copy(node, SegmentCopy { rows, segment, version: 1 });
        self.view.node_mut(node).segment_count += 1;
    }

    fn assign(
        &mut self,
        collection: CollectionIndex,
        segments: &[SegmentIndex],
        nodes: &[NodeIndex],
    ) -> Vec<(SegmentIndex, NodeIndex)> {
        let wanted: Vec<SegmentToAssign> = segments
            .iter()
            .map(|segment| SegmentToAssign {
                segment: *segment,
                rows: i64::from(self.view.segment(*segment).rows),
                node: None,
            })
            .collect();
        let mut ask = Ask {
            view: &self.view,
            facts: &NoFacts,
            parameters: &self.parameters,
            random: &mut self.random,
            shuffles: self.shuffles,
            witness: &mut self.watch,
            declined: Declines::default(),
            repeats: Repeats::default(),
        };
        let plans = self.policy.assign_segments(&mut ask, collection, &wanted, nodes, Force::Forced);
        plans.into_iter().map(|plan| (plan.segment, plan.to)).collect()
    }
}

/// Loads one collection.
pub(super) fn load(
    start: &mut Start,
    placer: &mut Placer,
    scenario: &Scenario,
    collection: CollectionIndex,
    spec: &CollectionSpec,
) -> Result<(), String> {
    let replicas = start.cluster.collection(collection).replicas.clone();
    give_nodes(start, spec, &replicas)?;
    for (slot, replica) in replicas.iter().copied().enumerate() {
        start.growth.begin_replica(&start.cluster, replica);
        give_leaders(start, spec, slot, replica);
    }
    let unplaced = put_written(start, placer, collection, spec, &replicas)?;
    for (slot, segments) in unplaced.into_iter().enumerate().filter(|(_, segments)| !segments.is_empty()) {
        let replica = replicas[slot];
        let Some(nodes) = destinations(start, scenario, spec, slot, replica, segments.len())? else {
            balance(start, placer, collection, replica, segments)?;
            continue;
        };
        for (segment, node) in segments.into_iter().zip(nodes) {
            put(start, segment, node);
            placer.note(segment, node);
        }
    }
    Ok(())
}

/// Puts the segments whose nodes are written, and returns the others by replica.
fn put_written(
    start: &mut Start,
    placer: &mut Placer,
    collection: CollectionIndex,
    spec: &CollectionSpec,
    replicas: &[ReplicaIndex],
) -> Result<Vec<Vec<SegmentIndex>>, String> {
    let mut unplaced: Vec<Vec<SegmentIndex>> = vec![Vec::new(); replicas.len()];
    let segments = start.cluster.collection(collection).segments.clone();
    for (number, segment) in segments.into_iter().enumerate() {
        let written: &[i64] = match &spec.segments {
            Segments::Listed(listed) => &listed[number].query_nodes,
            Segments::Generated { .. } => &[],
        };
        let mut is_placed = vec![false; replicas.len()];
        for id in written {
            let node =
                start.cluster.find_node(*id).ok_or_else(|| format!("query node {id} does not exist"))?;
            let home = start.cluster.replica_of(collection, node);
            let slot = home.and_then(|home| replicas.iter().position(|replica| *replica == home));
            is_placed[slot.ok_or_else(|| format!("query node {id} is in none of its replicas"))?] = true;
            put(start, segment, node);
            placer.note(segment, node);
        }
        for (slot, unplaced) in unplaced.iter_mut().enumerate() {
            if !is_placed[slot] {
                unplaced.push(segment);
            }
        }
    }
    Ok(unplaced)
}

/// Channel by channel, each blind to what was just planned for the others; in batches where the release
/// limits them. A node that turns a segment away gets no more of this collection while another has room.
fn balance(
    start: &mut Start,
    placer: &mut Placer,
    collection: CollectionIndex,
    replica: ReplicaIndex,
    segments: Vec<SegmentIndex>,
) -> Result<(), String> {
    let mut nodes: Vec<NodeIndex> = start.cluster.replica(replica).nodes().collect();
    nodes.retain(|node| start.cluster.node(*node).state == TrueState::Normal);
    nodes.sort();
    let mut left: BTreeMap<_, Vec<SegmentIndex>> = BTreeMap::new();
    for segment in segments {
        left.entry(start.cluster.segments().channel(segment)).or_default().push(segment);
    }
    let channels = start.cluster.collection(collection).channels.clone();
    let lists = if placer.is_exclusive {
        let factor = placer.parameters.channel_exclusive_node_factor;
        exclusive_lists(placer.release, &nodes, vec![Vec::new(); channels.len()], factor, |_| {})
    } else {
        Vec::new()
    };
    let reserved: BTreeMap<_, _> = channels.into_iter().zip(lists).collect();
    let mut full = Vec::new();
    while !left.is_empty() {
        let mut planned: Vec<(SegmentIndex, NodeIndex, bool)> = Vec::new();
        for (channel, segments) in &left {
            let candidates = reserved.get(channel).unwrap_or(&nodes);
            let open: Vec<NodeIndex> =
                candidates.iter().copied().filter(|node| !full.contains(node)).collect();
            // Where nobody has room the segments go where they were planned to; too much is then a fault.
            let has_choice = !open.is_empty();
            let asked = if has_choice { &open } else { candidates };
            let plan = placer.assign(collection, segments, asked);
            planned.extend(plan.into_iter().map(|(segment, node)| (segment, node, has_choice)));
        }
        if planned.is_empty() {
            return Err("its replica has no query node to hold its segments; add a query node".to_owned());
        }
        let mut placed = BTreeSet::new();
        for (segment, node, has_choice) in planned {
            if has_choice && (full.contains(&node) || !placer.room.lets_in(&start.cluster, segment, node)) {
                full.push(node);
                continue;
            }
            put(start, segment, node);
            placer.note(segment, node);
            placed.insert(segment);
        }
        left.retain(|_, segments| {
            segments.retain(|segment| !placed.contains(segment));
            !segments.is_empty()
        });
    }
    Ok(())
}

/// Nodes of each resource group, spread evenly over its replicas, ascending.
fn give_nodes(start: &mut Start, spec: &CollectionSpec, replicas: &[ReplicaIndex]) -> Result<(), String> {
    if let ReplicaSpec::Fixed(fixed) = &spec.replicas {
        for (replica, fixed) in replicas.iter().zip(fixed) {
            for id in fixed.query_nodes.iter().chain(&fixed.ro_query_nodes) {
                if let Some(node) = start.cluster.find_node(*id) {
                    start.cluster.add_replica_node(*replica, node);
                }
            }
        }
        return Ok(());
    }
    let mut by_group: BTreeMap<_, Vec<ReplicaIndex>> = BTreeMap::new();
    for replica in replicas {
        by_group.entry(start.cluster.replica(*replica).resource_group).or_default().push(*replica);
    }
    for (group, replicas) in by_group {
        let cluster = &start.cluster;
        let is_usable = |node: &NodeIndex| {
            let node = cluster.node(*node);
            node.state == TrueState::Normal && node.resource_group == group && !node.is_streaming
        };
        let nodes: Vec<NodeIndex> = cluster.node_indices().filter(is_usable).collect();
        if nodes.len() < replicas.len() {
            return Err(format!(
                "{} replicas need as many query nodes, its resource group has {}; add query nodes",
                replicas.len(),
                nodes.len()
            ));
        }
        let mut left = nodes.into_iter();
        for (replica, share) in replicas.iter().zip(shares(left.len(), &vec![0; replicas.len()])) {
            let ours: Vec<NodeIndex> = left.by_ref().take(share).collect();
            start.cluster.add_replica_nodes(*replica, &ours);
        }
    }
    Ok(())
}

/// One leader per shard: of the replica's streaming nodes the one with the fewest channels so far, else as
/// written, else the member with the fewest.
fn give_leaders(start: &mut Start, spec: &CollectionSpec, slot: usize, replica: ReplicaIndex) {
    let written: &[i64] = match &spec.replicas {
        ReplicaSpec::Fixed(fixed) => &fixed[slot].shard_leaders,
        ReplicaSpec::Count(_) => &[],
    };
    let collection = start.cluster.replica(replica).collection;
    let cluster = &start.cluster;
    let streaming: Vec<NodeIndex> =
        cluster.node_indices().filter(|node| cluster.node(*node).is_streaming).collect();
    let own = spread(&streaming, cluster.collection(collection).replicas.len()).swap_remove(slot);
    for shard in 0..spec.shards as usize {
        let cluster = &start.cluster;
        let fewest = |nodes: &mut dyn Iterator<Item = NodeIndex>| {
            nodes.min_by_key(|node| (cluster.node(*node).channels, *node))
        };
        let is_up = |node: &NodeIndex| cluster.node(*node).state == TrueState::Normal;
        let streaming = fewest(&mut own.iter().copied());
        let member = || fewest(&mut cluster.replica(replica).nodes().filter(is_up));
        let named = written.get(shard).and_then(|id| cluster.find_node(*id));
        let leader = streaming.or(named).or_else(member);
        start.cluster.set_shard_leader(replica, shard, leader);
        if leader.is_some() && start.growth.grows(collection) {
            let shard = ReplicaShard { replica, shard: u32::try_from(shard).unwrap_or(u32::MAX) };
            start.growth.lead(&start.cluster, shard, None, leader);
        }
    }
}
