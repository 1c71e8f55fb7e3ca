//! Growing rows: arithmetic, not an event a tick.

use crate::coordinator::hearing::Nodes;
use crate::engine::schedule::Key;
use crate::model::cluster::Cluster;
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::model::query_node::NodeMemory;
use crate::model::replica::ReplicaShard;
use crate::scenario::{Insert, Scenario, Search};
use crate::units::SimTime;
use std::collections::BTreeMap;

/// Millionths of a row per second, per row and millisecond.
const MICRO_ROW_MS: u128 = 1_000_000_000;

/// The workload at any time.
#[derive(Debug, Clone, Default)]
pub struct Growth {
    /// By collection.
    inserts: Vec<Vec<Insert>>,
    searches: Vec<Vec<Search>>,
    /// By channel: rows that have become sealed segments.
    sealed: Vec<u64>,
    /// By replica and shard: rows that grow there no more, their sealed copy serving.
    served: Vec<Vec<u64>>,
    /// By node: the shards it leads, of collections that grow.
    led: Vec<Vec<ReplicaShard>>,
    memory_factor: f64,
}

impl Growth {
    /// The workload of a scenario.
    pub fn new(scenario: &Scenario, channels: usize) -> Growth {
        let mut growth = Growth {
            inserts: vec![Vec::new(); scenario.collections.len()],
            searches: vec![Vec::new(); scenario.collections.len()],
            sealed: vec![0; channels],
            memory_factor: scenario.hardware.growing_memory_factor,
            ..Growth::default()
        };
        for insert in &scenario.inserts {
            growth.inserts[insert.collection].push(insert.clone());
        }
        for search in &scenario.searches {
            growth.searches[search.collection].push(search.clone());
        }
        growth
    }

    /// Whether rows ever come into a collection.
    pub fn grows(&self, collection: CollectionIndex) -> bool {
        !self.inserts[collection.position()].is_empty()
    }

    /// Rows that have come into a channel up to `now`: dealt to the collection's shards in turn.
    pub fn inserted(&self, cluster: &Cluster, channel: ChannelIndex, now: SimTime) -> u64 {
        let channel = cluster.channel(channel);
        let shards = cluster.collection(channel.collection).channels.len() as u64;
        let inserts = self.inserts[channel.collection.position()].iter();
        inserts
            .map(|insert| {
                let elapsed = now.min(insert.to).saturating_since(insert.from).as_ms();
                let rows = u128::from(insert.micro_rows_per_second) * u128::from(elapsed) / MICRO_ROW_MS;
                (rows as u64 + shards - 1 - u64::from(channel.shard)) / shards
            })
            .sum()
    }

    /// Rows of a channel that are not in sealed segments yet.
    pub fn unsealed(&self, cluster: &Cluster, channel: ChannelIndex, now: SimTime) -> u64 {
        self.inserted(cluster, channel, now) - self.sealed[channel.position()]
    }

    /// Turns rows of a channel into a sealed segment.
    pub fn seal(&mut self, channel: ChannelIndex, rows: u64) {
        self.sealed[channel.position()] += rows;
    }

    /// The first millisecond after `now`, up to `end`, at which a channel has `rows` unsealed rows.
    pub fn time_of(
        &self,
        cluster: &Cluster,
        channel: ChannelIndex,
        rows: u64,
        now: SimTime,
        end: SimTime,
    ) -> Option<SimTime> {
        if now >= end || self.unsealed(cluster, channel, end) < rows {
            return None;
        }
        let (mut early, mut late) = (now.as_ms(), end.as_ms());
        while late - early > 1 {
            let middle = early + (late - early) / 2;
            if self.unsealed(cluster, channel, SimTime::from_ms(middle)) >= rows {
                late = middle;
            } else {
                early = middle;
            }
        }
        Some(SimTime::from_ms(late))
    }

    /// A replica begins: what is sealed already never grows there.
    pub fn begin_replica(&mut self, cluster: &Cluster, replica: ReplicaIndex) {
        let channels = &cluster.collection(cluster.replica(replica).collection).channels;
        let sealed = channels.iter().map(|channel| self.sealed[channel.position()]).collect();
        self.served.resize_with(self.served.len().max(replica.position() + 1), Vec::new);
        self.served[replica.position()] = sealed;
    }

    /// The sealed copy of rows serves in a replica, so they grow there no more.
    pub fn serve(&mut self, replica: ReplicaIndex, shard: usize, rows: u64) {
        self.served[replica.position()][shard] += rows;
    }

    /// A shard has another leader.
    pub fn lead(&mut self, shard: ReplicaShard, from: Option<NodeIndex>, to: Option<NodeIndex>) {
        if let Some(from) = from {
            self.led[from.position()].retain(|other| *other != shard);
        }
        if let Some(to) = to {
            self.led.resize_with(self.led.len().max(to.position() + 1), Vec::new);
            self.led[to.position()].push(shard);
        }
    }

    /// Growing rows of a replica's shard.
    pub fn growing(&self, cluster: &Cluster, replica: ReplicaIndex, shard: usize, now: SimTime) -> u64 {
        let collection = cluster.replica(replica).collection;
        let channel = cluster.collection(collection).channels[shard];
        let served = self.served.get(replica.position()).map_or(0, |served| served[shard]);
        self.inserted(cluster, channel, now).saturating_sub(served)
    }

    /// Growing rows and their bytes on a node.
    pub fn on_node(&self, cluster: &Cluster, node: NodeIndex, now: SimTime) -> (u64, u64) {
        let mut sums = (0, 0);
        for shard in self.led.get(node.position()).into_iter().flatten() {
            let collection = cluster.replica(shard.replica).collection;
            let rows = self.growing(cluster, shard.replica, shard.shard as usize, now);
            let bytes = (rows * cluster.collection(collection).bytes_per_row) as f64 * self.memory_factor;
            sums = (sums.0 + rows, sums.1 + bytes as u64);
        }
        sums
    }

    /// Whether a node leads shards of collections that grow.
    pub fn may_grow_on(&self, node: NodeIndex) -> bool {
        self.led.get(node.position()).is_some_and(|led| !led.is_empty())
    }

    /// Search arrivals per second at a collection.
    pub fn queries_per_second(&self, collection: usize, now: SimTime) -> f64 {
        let searches = self.searches[collection].iter();
        searches
            .filter(|search| search.from <= now && now <= search.to)
            .map(|search| search.queries_per_second)
            .sum()
    }
}

/// What nodes answer when they are asked at `now`.
pub struct Answers<'a> {
    /// The cluster as it really is.
    pub cluster: &'a Cluster,
    /// The workload.
    pub growth: &'a Growth,
    /// When.
    pub now: SimTime,
    /// Copies told to go.
    pub releases: &'a BTreeMap<(NodeIndex, SegmentIndex), Key>,
}

impl Answers<'_> {
    fn own_bytes(&self, node: NodeIndex) -> u64 {
        let query_node = self.cluster.node(node);
        if !query_node.is_alive() || !self.growth.may_grow_on(node) {
            return query_node.own_used_bytes();
        }
        let (_, growing_bytes) = self.growth.on_node(self.cluster, node, self.now);
        query_node.own_used_bytes() - query_node.growing_bytes + growing_bytes
    }
}

impl Nodes for Answers<'_> {
    fn memory(&self, node: NodeIndex) -> Option<NodeMemory> {
        let query_node = self.cluster.node(node);
        if !query_node.is_alive() {
            return None;
        }
        let used_bytes = match query_node.host {
            None => self.own_bytes(node),
            Some(host) => self.cluster.hosts()[host].nodes.iter().map(|other| self.own_bytes(*other)).sum(),
        };
        Some(NodeMemory { total_bytes: query_node.memory_bytes, used_bytes })
    }

    fn is_leaving(&self, node: NodeIndex, segment: SegmentIndex) -> bool {
        self.releases.contains_key(&(node, segment))
    }

    fn growing_rows(&self, replica: ReplicaIndex, shard: usize) -> u64 {
        self.growth.growing(self.cluster, replica, shard, self.now)
    }
}
