//! A tiny cluster driven by hand, with a meter and a list of snapshots beside it.

use crate::coordinator::keys::{Config, ConfigEntry, Origin, Value};
use crate::coordinator::query_coord::QueryCoordView;
use crate::metrics::meter::{Ending, Meter};
use crate::metrics::summary::Summary;
use crate::model::cluster::Cluster;
use crate::model::collection::Collection;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex, ResourceGroupIndex, SegmentIndex};
use crate::model::query_node::{QueryNode, ResourceGroup};
use crate::model::replica::Replica;
use crate::model::segment::NewSegment;
use crate::scenario::*;
use crate::simulation::history::{Moment, Observer, Record, ServiceView};
use crate::units::{SimDuration, SimTime};
use std::collections::BTreeMap;

/// Sampling interval of the driven runs, in milliseconds.
pub(super) const EVERY_MS: u64 = 50;

/// What the coordinator would say.
#[derive(Debug, Clone, Default)]
pub(super) struct StubCoordinator {
    pub(super) scores: Vec<Vec<(NodeIndex, f64)>>,
    pub(super) looks: u32,
    pub(super) recorded: BTreeMap<SegmentIndex, Vec<NodeIndex>>,
    pub(super) empty: Vec<NodeIndex>,
}

impl QueryCoordView for StubCoordinator {
    fn recorded_nodes(&self, segment: SegmentIndex) -> Vec<NodeIndex> {
        self.recorded.get(&segment).cloned().unwrap_or_default()
    }

    fn records_nothing_on(&self, node: NodeIndex, _: &Cluster) -> bool {
        self.empty.contains(&node)
    }

    fn last_scores(&self, replica: ReplicaIndex, _: &Cluster, scores: &mut Vec<(NodeIndex, f64)>) {
        scores.clear();
        scores.extend(self.scores.get(replica.position()).into_iter().flatten());
    }

    fn looks(&self, _: ReplicaIndex) -> u32 {
        self.looks
    }
}

/// Searches as the scenario says.
pub(super) struct StubService<'a>(pub(super) &'a Scenario);

impl ServiceView for StubService<'_> {
    fn queries_per_second(&self, collection: usize, now: SimTime) -> f64 {
        let searches = self.0.searches.iter().filter(|search| search.collection == collection);
        searches
            .filter(|search| search.from <= now && now <= search.to)
            .map(|one| one.queries_per_second)
            .sum()
    }
}

/// The cluster at one look.
pub(super) struct Snapshot {
    pub(super) now_ms: u64,
    pub(super) is_sample: bool,
    pub(super) cluster: Cluster,
    pub(super) coordinator: StubCoordinator,
    pub(super) threshold: f64,
}

/// A run driven by hand.
pub(super) struct Driven<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) cluster: Cluster,
    pub(super) coordinator: StubCoordinator,
    pub(super) meter: Meter<'a>,
    pub(super) now_ms: u64,
    pub(super) threshold: f64,
    pub(super) snapshots: Vec<Snapshot>,
    sequence: u64,
}

impl<'a> Driven<'a> {
    /// A run at t = 0, the events of which are done.
    pub(super) fn new(scenario: &'a Scenario, cluster: Cluster) -> Driven<'a> {
        let mut driven = Driven {
            scenario,
            cluster,
            coordinator: StubCoordinator::default(),
            meter: Meter::new(scenario),
            now_ms: 0,
            threshold: 0.6,
            snapshots: Vec::new(),
            sequence: 0,
        };
        driven.look(true);
        driven.cluster.forget_changes();
        driven
    }

    fn look(&mut self, is_sample: bool) {
        let service = StubService(self.scenario);
        let now = SimTime::from_ms(self.now_ms);
        let moment =
            Moment { now, cluster: &self.cluster, coordinator: &self.coordinator, service: &service };
        if is_sample {
            self.meter.sample(moment)
        } else {
            self.meter.changed(moment)
        }
        self.snapshots.push(Snapshot {
            now_ms: self.now_ms,
            is_sample,
            cluster: self.cluster.clone(),
            coordinator: self.coordinator.clone(),
            threshold: self.threshold,
        });
    }

    /// The meter hears of something; returns the record's number.
    pub(super) fn record(&mut self, record: &Record<'_>) -> u64 {
        let service = StubService(self.scenario);
        let now = SimTime::from_ms(self.now_ms);
        let moment =
            Moment { now, cluster: &self.cluster, coordinator: &self.coordinator, service: &service };
        self.sequence += 1;
        self.meter.record(moment, self.sequence, record);
        self.sequence
    }

    /// All events of this millisecond are done.
    pub(super) fn settle(&mut self) {
        if self.now_ms.is_multiple_of(EVERY_MS) {
            self.look(true);
        } else if !self.cluster.changes().is_empty() {
            self.look(false);
        }
        self.cluster.forget_changes();
    }

    /// Goes on to `now_ms`; sampling instants on the way are taken.
    pub(super) fn go_to(&mut self, now_ms: u64) {
        let mut next = (self.now_ms / EVERY_MS + 1) * EVERY_MS;
        while next < now_ms {
            self.now_ms = next;
            self.settle();
            next += EVERY_MS;
        }
        self.now_ms = now_ms;
    }

    /// The end of the run is always sampled.
    pub(super) fn finish(mut self) -> (Summary, Vec<Snapshot>) {
        let service = StubService(self.scenario);
        self.look(true);
        let now = SimTime::from_ms(self.now_ms);
        let moment =
            Moment { now, cluster: &self.cluster, coordinator: &self.coordinator, service: &service };
        let ending = Ending {
            balancer: "MemoryUsage".to_string(),
            digest: "0".repeat(32),
            events: self.sequence,
            samples_written: 0,
        };
        (self.meter.finish(moment, ending), self.snapshots)
    }
}

/// A scenario of two collections, both searched, in the default resource group and `rg1`.
pub(super) fn scenario() -> Scenario {
    let group = |name: &str| ResourceGroupSpec {
        name: name.to_string(),
        requests: 0,
        limits: 100,
        transfer_from: Vec::new(),
        transfer_to: Vec::new(),
    };
    let search = |collection, queries_per_second, from: u64, to: u64| Search {
        collection,
        queries_per_second,
        from: SimTime::from_ms(from),
        to: SimTime::from_ms(to),
    };
    Scenario {
        name: "driven".to_string(),
        story: String::new(),
        release: "2.1.4".parse().unwrap(),
        config: Config {
            entries: vec![ConfigEntry {
                key: "queryCoord.overloadedMemoryThresholdPercentage",
                value: Value::Int(60),
                origin: Origin::Scenario,
                inert: false,
            }],
        },
        chance: Chance::Seeded,
        segment_pick: SegmentPick::LastQualifying,
        seed: 7,
        duration: SimTime::from_ms(100_000),
        sampling_every: SimDuration::from_ms(EVERY_MS),
        settle_quiet: Some(SimDuration::from_ms(100)),
        hosts: Vec::new(),
        resource_groups: vec![group("__default_resource_group"), group("rg1")],
        streaming_nodes: Vec::new(),
        query_nodes: Vec::new(),
        collections: vec![collection(1), collection(2)].into(),
        inserts: Vec::new(),
        searches: vec![search(0, 40.0, 0, 100_000), search(1, 15.0, 130, 400), search(0, 5.0, 200, 300)],
        timeline: Vec::new(),
        hardware: hardware(),
        expectations: Vec::new(),
        program: None,
        warnings: Vec::new(),
    }
}

fn collection(id: i64) -> CollectionSpec {
    CollectionSpec {
        name: format!("collection_{id}"),
        id,
        loaded: true,
        shards: 2,
        partitions: Vec::new(),
        replicas: ReplicaSpec::Count(Vec::new()),
        resource_groups: vec![0],
        bytes_per_row: 1,
        disk_bytes_per_row: 0,
        segments: Segments::Listed(Vec::new()),
        placement: Placement::Balanced,
        search_cost: (id == 2).then_some(SearchCost { per_segment_ms: 2.0, per_row_ms: 0.5 }),
    }
}

fn hardware() -> Hardware {
    Hardware {
        session_ttl: SimDuration::from_secs(20),
        delegator_memory_bytes: 3,
        search_cost: SearchCost { per_segment_ms: 5.0, per_row_ms: 0.2 },
        ..Hardware::default()
    }
}

/// Six nodes (one without memory, two on a host where `has_host`), the last two in `rg1`; two collections of
/// eight segments; three replicas: nodes 0, 1, 2 and 3, 4 of the first collection, all of the second.
pub(super) fn cluster(has_host: bool) -> Cluster {
    let mut cluster = Cluster::new(3);
    for name in ["__default_resource_group", "rg1"] {
        cluster.add_resource_group(ResourceGroup {
            name: name.to_string(),
            requests: 0,
            limits: 100,
            transfer_from: Vec::new(),
            transfer_to: Vec::new(),
        });
    }
    if has_host {
        cluster.add_host(400);
    }
    for place in 0..6u32 {
        let host = (has_host && place < 2).then_some(0);
        let memory = if place == 5 { 0 } else { 100 + 50 * u64::from(place) };
        let group = ResourceGroupIndex(u32::from(place >= 4));
        add_node(&mut cluster, i64::from(place) + 1, if host.is_some() { 400 } else { memory }, group, host);
    }
    for id in [1, 2] {
        cluster.add_collection(
            Collection {
                id,
                name: format!("collection_{id}"),
                partitions: Vec::new(),
                channels: Vec::new(),
                replicas: Vec::new(),
                segments: Vec::new(),
                compacted: Vec::new(),
                bytes_per_row: 1,
                disk_bytes_per_row: 0,
            },
            2,
        );
    }
    for place in 0..16 {
        add_segment(&mut cluster, CollectionIndex(place / 8), 5 + u64::from(place) * 3);
    }
    for (id, collection, nodes) in [(10, 0, &[0, 1, 2][..]), (11, 0, &[3, 4]), (12, 1, &[0, 1, 2, 3, 4, 5])] {
        add_replica(&mut cluster, id, CollectionIndex(collection), nodes);
    }
    for place in 0..16 {
        cluster.add_copy(SegmentIndex(place), NodeIndex(place % 3));
    }
    cluster
}

fn add_node(cluster: &mut Cluster, id: i64, memory: u64, group: ResourceGroupIndex, host: Option<usize>) {
    let empty = QueryNode::empty(id, memory);
    cluster.add_node(QueryNode { base_memory_bytes: 4, resource_group: group, host, ..empty });
}

/// A new segment of a collection; shards in turn.
pub(super) fn add_segment(cluster: &mut Cluster, collection: CollectionIndex, bytes: u64) -> SegmentIndex {
    let number = cluster.segments().len();
    let channel = cluster.collection(collection).channels[number % 2];
    cluster.add_segment(NewSegment {
        id: 1_000 + number as i64,
        rows: bytes as u32 / 2,
        memory_bytes: bytes,
        log_bytes: bytes,
        collection,
        channel,
        partition: 0,
    })
}

/// A new replica on these nodes; the first leads both shards.
pub(super) fn add_replica(cluster: &mut Cluster, id: i64, collection: CollectionIndex, nodes: &[u32]) {
    let group = ResourceGroupIndex(u32::from(id == 11));
    let replica = cluster.add_replica(Replica::new(id, collection, group, 2));
    for node in nodes {
        cluster.add_replica_node(replica, NodeIndex(*node));
    }
    for shard in 0..2 {
        cluster.set_shard_leader(replica, shard, nodes.first().map(|node| NodeIndex(*node)));
    }
}
