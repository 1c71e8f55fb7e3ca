//! The cluster: every change goes through here and keeps the invariants.

use super::changes::{Changes, HeldChange};
use super::collection::{Channel, Collection};
use super::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use super::query_node::{Host, NodeMemory, QueryNode, ResourceGroup};
use super::replica::Replica;
use super::segment::{NewSegment, Segments};
use std::collections::BTreeSet;

/// The cluster as it really is.
#[derive(Debug, Clone, Default)]
pub struct Cluster {
    pub(super) nodes: Vec<QueryNode>,
    pub(super) hosts: Vec<Host>,
    pub(super) resource_groups: Vec<ResourceGroup>,
    pub(super) collections: Vec<Collection>,
    pub(super) channels: Vec<Channel>,
    pub(super) replicas: Vec<Replica>,
    pub(super) segments: Segments,
    /// Sealed segments of loaded collections.
    pub(super) loaded_segments: u64,
    delegator_memory_bytes: u64,
    /// Copies on nodes that serve no replica of the segment's collection.
    pub(super) homeless: BTreeSet<(NodeIndex, SegmentIndex)>,
    /// By node: how often what replicas hold there changed.
    pub(super) held_versions: Vec<u64>,
    /// By node: used over limit without growing rows, as [`Cluster::least_rates`] says.
    least_rates: Vec<f64>,
    pub(super) changes: Changes,
}

impl Cluster {
    /// A cluster without anything, in which every delegator takes `delegator_memory_bytes`.
    pub fn new(delegator_memory_bytes: u64) -> Cluster {
        Cluster { delegator_memory_bytes, ..Cluster::default() }
    }

    /// Query nodes, ascending by id.
    pub fn nodes(&self) -> &[QueryNode] {
        &self.nodes
    }

    /// A query node.
    pub fn node(&self, node: NodeIndex) -> &QueryNode {
        &self.nodes[node.position()]
    }

    /// All indices of query nodes, ascending.
    pub fn node_indices(&self) -> impl Iterator<Item = NodeIndex> + use<> {
        (0..self.nodes.len()).map(NodeIndex::at)
    }

    /// The query node with Milvus's id `id`.
    pub fn find_node(&self, id: i64) -> Option<NodeIndex> {
        self.nodes.binary_search_by_key(&id, |node| node.id).ok().map(NodeIndex::at)
    }

    /// Shared machines, in the order of the scenario.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// Resource groups, the default group first.
    pub fn resource_groups(&self) -> &[ResourceGroup] {
        &self.resource_groups
    }

    /// Collections, ascending by id.
    pub fn collections(&self) -> &[Collection] {
        &self.collections
    }

    /// A collection.
    pub fn collection(&self, collection: CollectionIndex) -> &Collection {
        &self.collections[collection.position()]
    }

    /// All indices of collections, ascending.
    pub fn collection_indices(&self) -> impl Iterator<Item = CollectionIndex> + use<> {
        (0..self.collections.len()).map(CollectionIndex::at)
    }

    /// The collection of this name.
    pub fn find_collection(&self, name: &str) -> Option<CollectionIndex> {
        self.collections.iter().position(|collection| collection.name == name).map(CollectionIndex::at)
    }

    /// Channels, by collection and shard.
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// A channel.
    pub fn channel(&self, channel: ChannelIndex) -> &Channel {
        &self.channels[channel.position()]
    }

    /// Replicas, ascending by id; those of released collections included.
    pub fn replicas(&self) -> &[Replica] {
        &self.replicas
    }

    /// A replica.
    pub fn replica(&self, replica: ReplicaIndex) -> &Replica {
        &self.replicas[replica.position()]
    }

    /// The loaded replica of `collection` that contains `node`.
    pub fn replica_of(&self, collection: CollectionIndex, node: NodeIndex) -> Option<ReplicaIndex> {
        self.collection(collection).replicas.iter().copied().find(|replica| self.replica(*replica).has(node))
    }

    /// How often what replicas hold on `node` changed: the same number, the same holdings.
    pub fn held_version(&self, node: NodeIndex) -> u64 {
        self.held_versions[node.position()]
    }

    /// Sealed segments.
    pub fn segments(&self) -> &Segments {
        &self.segments
    }

    /// How many sealed segments loaded collections have.
    pub fn loaded_segments(&self) -> u64 {
        self.loaded_segments
    }

    /// What changed since the last [`Cluster::forget_changes`].
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Starts a new list of changes.
    pub fn forget_changes(&mut self) {
        self.changes.clear();
    }

    /// Memory that a node reports, growing rows as last reckoned: its own, or its host's.
    #[inline]
    pub fn reported_memory(&self, node: NodeIndex) -> NodeMemory {
        let query_node = self.node(node);
        let used_bytes = match query_node.host {
            None => query_node.own_used_bytes(),
            Some(host) => self.used_on_host(host),
        };
        NodeMemory { total_bytes: query_node.memory_bytes, used_bytes }
    }

    // Apart, so that the common case is short enough to stand where it is needed.
    #[inline(never)]
    fn used_on_host(&self, host: usize) -> u64 {
        self.hosts[host].nodes.iter().map(|other| self.node(*other).own_used_bytes()).sum()
    }

    /// By node a rate that growing rows only lift: infinite where the process does not live, NaN where it has no
    /// memory limit, -infinity for a node that shares its host.
    pub fn least_rates(&self) -> &[f64] {
        &self.least_rates
    }

    /// Something of a node changed, besides its growing rows.
    pub(super) fn touch_node(&mut self, node: NodeIndex) {
        let query_node = &self.nodes[node.position()];
        self.least_rates[node.position()] = if !query_node.is_alive() {
            f64::INFINITY
        } else if query_node.host.is_some() {
            f64::NEG_INFINITY
        } else if query_node.memory_bytes == 0 {
            f64::NAN
        } else {
            let used_bytes = query_node.own_used_bytes() - query_node.growing_bytes;
            used_bytes as f64 / query_node.memory_bytes as f64
        };
        self.changes.touch_node(node);
    }

    /// Adds a query node.
    ///
    /// # Panics
    ///
    /// If its id is not above all ids so far.
    pub fn add_node(&mut self, node: QueryNode) -> NodeIndex {
        assert!(self.nodes.last().is_none_or(|last| last.id < node.id), "node ids ascend");
        let index = NodeIndex::at(self.nodes.len());
        if let Some(host) = node.host {
            self.hosts[host].nodes.push(index);
        }
        self.nodes.push(node);
        self.held_versions.push(0);
        self.least_rates.push(0.0);
        self.touch_node(index);
        self.changes.touch_membership();
        index
    }

    /// Adds a shared machine without nodes; its position is the number of machines so far.
    pub fn add_host(&mut self, memory_bytes: u64) {
        self.hosts.push(Host { memory_bytes, nodes: Vec::new() });
    }

    /// Adds a resource group.
    pub fn add_resource_group(&mut self, group: ResourceGroup) {
        self.resource_groups.push(group);
    }

    /// Adds a collection that is not loaded, with its channels named as Milvus names them.
    ///
    /// # Panics
    ///
    /// If its id is not above all ids so far.
    pub fn add_collection(&mut self, mut collection: Collection, shards: u32) -> CollectionIndex {
        assert!(self.collections.last().is_none_or(|last| last.id < collection.id), "collection ids ascend");
        let index = CollectionIndex::at(self.collections.len());
        for shard in 0..shards {
            collection.channels.push(ChannelIndex::at(self.channels.len()));
            let name = format!("by-dev-rootcoord-dml_{shard}_{}v{shard}", collection.id);
            self.channels.push(Channel { name, collection: index, shard });
        }
        self.segments.add_collection(collection.bytes_per_row, shards);
        self.collections.push(collection);
        index
    }

    /// Adds a loaded replica without nodes to its collection.
    ///
    /// # Panics
    ///
    /// If its id is not above all ids so far.
    pub fn add_replica(&mut self, replica: Replica) -> ReplicaIndex {
        assert!(self.replicas.last().is_none_or(|last| last.id < replica.id), "replica ids ascend");
        let index = ReplicaIndex::at(self.replicas.len());
        let collection = &mut self.collections[replica.collection.position()];
        if collection.replicas.is_empty() {
            self.loaded_segments += collection.segments.len() as u64;
        }
        collection.replicas.push(index);
        self.replicas.push(replica);
        self.changes.touch_replica(index);
        self.changes.touch_membership();
        index
    }

    /// Makes room for so many more segments.
    pub fn reserve_segments(&mut self, additional: usize) {
        self.segments.reserve(additional);
    }

    /// Adds a sealed segment that nobody holds.
    pub fn add_segment(&mut self, segment: NewSegment) -> SegmentIndex {
        let collection = segment.collection;
        let index = self.segments.push(segment);
        let collection = &mut self.collections[collection.position()];
        collection.segments.push(index);
        self.loaded_segments += u64::from(!collection.replicas.is_empty());
        index
    }

    /// The logs of a segment are gone; copies of it stay until they are released.
    pub fn drop_segment(&mut self, segment: SegmentIndex) {
        self.segments.set_gone(segment);
        let collection = self.segments.collection(segment);
        let Collection { segments, compacted, replicas, .. } = &mut self.collections[collection.position()];
        let before = segments.len();
        segments.retain(|other| *other != segment);
        if !replicas.is_empty() {
            self.loaded_segments -= (before - segments.len()) as u64;
        }
        if let Err(place) = compacted.binary_search(&segment) {
            compacted.insert(place, segment);
        }
    }

    /// Makes `leader` the shard leader of a replica's shard.
    pub fn set_shard_leader(&mut self, replica: ReplicaIndex, shard: usize, leader: Option<NodeIndex>) {
        let before = std::mem::replace(&mut self.replicas[replica.position()].shard_leaders[shard], leader);
        if let Some(before) = before {
            self.nodes[before.position()].channels -= 1;
            self.reckon_delegators(before);
        }
        if let Some(leader) = leader {
            self.nodes[leader.position()].channels += 1;
            self.reckon_delegators(leader);
        }
        self.changes.touch_replica(replica);
    }

    fn reckon_delegators(&mut self, node: NodeIndex) {
        let leader = &mut self.nodes[node.position()];
        leader.delegator_bytes = self.delegator_memory_bytes * u64::from(leader.channels);
        self.touch_node(node);
    }

    /// A node now holds a sealed copy of a segment; false when it did already.
    pub fn add_copy(&mut self, segment: SegmentIndex, node: NodeIndex) -> bool {
        assert!(self.node(node).is_alive(), "only a live process holds segments");
        if !self.segments.copies.add(segment, node) {
            return false;
        }
        let rows = u64::from(self.segments.rows(segment));
        let holder = &mut self.nodes[node.position()];
        holder.sealed_bytes += self.segments.memory_bytes(segment);
        holder.sealed_rows += rows;
        holder.segments += 1;
        self.touch_node(node);
        match self.replica_of(self.segments.collection(segment), node) {
            Some(replica) => {
                self.hold(replica, node, rows);
                self.changes.touch_replica(replica);
            }
            None => {
                self.homeless.insert((node, segment));
            }
        }
        true
    }

    /// A replica holds one more segment on a node.
    pub(super) fn hold(&mut self, replica: ReplicaIndex, node: NodeIndex, rows: u64) {
        let holder = &mut self.replicas[replica.position()];
        let before = holder.hold(node, rows);
        let (segments, held) = before.unwrap_or((0, 0));
        let (after, version) = (Some((segments + 1, held + rows)), holder.holdings_version());
        self.held_versions[node.position()] += 1;
        self.changes.hold(HeldChange { replica, node, before, after, version });
    }

    /// A replica holds one segment less on a node.
    fn let_go(&mut self, replica: ReplicaIndex, node: NodeIndex, rows: u64) {
        let holder = &mut self.replicas[replica.position()];
        let after = holder.let_go(node, rows);
        let (segments, held) = after.unwrap_or((0, 0));
        let (before, version) = (Some((segments + 1, held + rows)), holder.holdings_version());
        self.held_versions[node.position()] += 1;
        self.changes.hold(HeldChange { replica, node, before, after, version });
    }

    /// A node no longer holds a copy of a segment; false when it did not.
    pub fn remove_copy(&mut self, segment: SegmentIndex, node: NodeIndex) -> bool {
        if !self.segments.copies.remove(segment, node) {
            return false;
        }
        let rows = u64::from(self.segments.rows(segment));
        let holder = &mut self.nodes[node.position()];
        holder.sealed_bytes -= self.segments.memory_bytes(segment);
        holder.sealed_rows -= rows;
        holder.segments -= 1;
        self.touch_node(node);
        if !self.homeless.remove(&(node, segment))
            && let Some(replica) = self.replica_of(self.segments.collection(segment), node)
        {
            self.let_go(replica, node, rows);
            self.changes.touch_replica(replica);
        }
        true
    }
}
