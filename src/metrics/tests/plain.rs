//! The figures by their definitions, slowly, from a list of snapshots.

use super::driven::{Snapshot, StubService};
use crate::metrics::bound::{Machine, Packing};
use crate::metrics::summary::{Evenness, Measures, Overload, Service, Spans};
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex, SegmentIndex};
use crate::scenario::{Scenario, SearchCost};
use crate::simulation::history::ServiceView;
use crate::units::SimTime;
use std::collections::BTreeSet;

/// Which scope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Which {
    Cluster,
    Group(usize),
    Replica(usize),
}

/// Start, end, peak and mean of a figure that holds from each of its values to the next.
pub(super) struct Reckoned {
    pub(super) start: Option<f64>,
    pub(super) end: Option<f64>,
    pub(super) peak: Option<f64>,
    pub(super) mean: Option<f64>,
}

pub(super) fn over_time(values: &[(u64, Option<f64>)], end_ms: u64) -> Reckoned {
    let known: Vec<f64> = values.iter().filter_map(|(_, value)| *value).collect();
    let (mut sum, mut length) = (0.0, 0);
    for (place, (from, value)) in values.iter().enumerate() {
        let to = values.get(place + 1).map_or(end_ms, |(next, _)| *next);
        if let Some(value) = value {
            sum += value * (to - from) as f64;
            length += to - from;
        }
    }
    let start = values.iter().rfind(|(now, _)| *now == 0).and_then(|(_, value)| *value);
    Reckoned {
        start,
        end: values.last().and_then(|(_, value)| *value),
        peak: known.iter().copied().reduce(f64::max),
        mean: (length > 0).then(|| sum / length as f64),
    }
}

fn nodes(cluster: &Cluster, which: Which) -> Vec<NodeIndex> {
    let counted = cluster.node_indices().filter(|node| cluster.node(*node).counts_for_skew());
    let is_in = |node: &NodeIndex| match which {
        Which::Cluster => true,
        Which::Group(group) => cluster.node(*node).resource_group.position() == group,
        Which::Replica(replica) => {
            cluster.replicas().get(replica).is_some_and(|replica| replica.is_loaded && replica.has(*node))
        }
    };
    counted.filter(is_in).collect()
}

fn four(values: &[f64], overall: f64) -> [Option<f64>; 4] {
    if values.is_empty() {
        return [None; 4];
    }
    if values.len() == 1 || values.iter().all(|value| *value == 0.0) {
        return [Some(0.0), Some(1.0), Some(0.0), Some(0.0)];
    }
    let count = values.len() as f64;
    let highest = values.iter().copied().fold(f64::MIN, f64::max);
    let lowest = values.iter().copied().fold(f64::MAX, f64::min);
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    let pairs: f64 = values.iter().flat_map(|one| values.iter().map(move |other| (one - other).abs())).sum();
    [
        Some(highest - lowest),
        Some(highest / overall),
        Some(variance.sqrt() / mean),
        Some(pairs / (2.0 * count * count * mean)),
    ]
}

fn memory(snapshot: &Snapshot, which: Which) -> Measures {
    let cluster = &snapshot.cluster;
    let nodes = nodes(cluster, which);
    let memory: Vec<_> = nodes.iter().map(|node| cluster.reported_memory(*node)).collect();
    let rates: Vec<f64> =
        memory.iter().map(|memory| memory.used_bytes as f64 / memory.total_bytes as f64).collect();
    let used: u64 = memory.iter().map(|memory| memory.used_bytes).sum();
    let total: u64 = memory.iter().map(|memory| memory.total_bytes).sum();
    let [max_difference, imbalance, cv, gini] = four(&rates, used as f64 / total as f64);
    let above = rates.iter().filter(|rate| **rate > snapshot.threshold).count();
    let overloaded = (!rates.is_empty()).then_some(above as f64);
    Measures { max_difference, imbalance, cv, gini, overloaded, bound: bound(cluster, &nodes) }
}

fn bound(cluster: &Cluster, nodes: &[NodeIndex]) -> Option<f64> {
    let mut hosts = BTreeSet::new();
    let mut machines = Vec::new();
    for node in nodes {
        let query_node = cluster.node(*node);
        let memory = cluster.reported_memory(*node);
        let sealed: u64 = match query_node.host {
            None => query_node.sealed_bytes,
            Some(host) if hosts.insert(host) => {
                let neighbours = nodes.iter().filter(|other| cluster.node(**other).host == Some(host));
                neighbours.map(|other| cluster.node(*other).sealed_bytes).sum()
            }
            Some(_) => continue,
        };
        let fixed_bytes = memory.used_bytes - sealed;
        machines.push(Machine { fixed_bytes, capacity_bytes: memory.total_bytes });
    }
    let sealed = nodes.iter().map(|node| u128::from(cluster.node(*node).sealed_bytes)).sum();
    let count = nodes.iter().map(|node| u64::from(cluster.node(*node).segments)).sum();
    let segments = cluster.segments();
    let held = segments.indices().filter(|segment| nodes.iter().any(|n| segments.copies().has(*segment, *n)));
    let largest = held.map(|segment| segments.memory_bytes(segment)).max().unwrap_or(0);
    Packing::new(machines, sealed, count).lower_bound(|_| largest)
}

fn rows(snapshot: &Snapshot, which: Which) -> Evenness {
    let (cluster, segments) = (&snapshot.cluster, snapshot.cluster.segments());
    let belongs = |segment: SegmentIndex| match which {
        Which::Cluster | Which::Group(_) => true,
        Which::Replica(replica) => {
            segments.collection(segment) == cluster.replica(ReplicaIndex::at(replica)).collection
        }
    };
    let values: Vec<f64> = nodes(cluster, which)
        .into_iter()
        .map(|node| {
            let held = segments.indices().filter(|s| belongs(*s) && segments.copies().has(*s, node));
            held.map(|segment| f64::from(segments.rows(segment))).sum()
        })
        .collect();
    evenness(&values)
}

fn evenness(values: &[f64]) -> Evenness {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let [max_difference, imbalance, cv, gini] = four(values, mean);
    Evenness { max_difference, imbalance, cv, gini }
}

fn score(snapshot: &Snapshot, which: Which) -> Evenness {
    let cluster = &snapshot.cluster;
    if let Which::Replica(replica) = which {
        let counted = nodes(cluster, which);
        let scores = snapshot.coordinator.scores.get(replica).cloned().unwrap_or_default();
        let scores = scores.iter().filter(|(node, _)| counted.contains(node));
        return evenness(&scores.map(|(_, score)| *score).collect::<Vec<_>>());
    }
    let mut greatest = Evenness::default();
    for (place, replica) in cluster.replicas().iter().enumerate() {
        if which != Which::Cluster && which != Which::Group(replica.resource_group.position()) {
            continue;
        }
        let one = score(snapshot, Which::Replica(place));
        let greater = |one: Option<f64>, other: Option<f64>| one.into_iter().chain(other).reduce(f64::max);
        greatest = Evenness {
            max_difference: greater(greatest.max_difference, one.max_difference),
            imbalance: greater(greatest.imbalance, one.imbalance),
            cv: greater(greatest.cv, one.cv),
            gini: greater(greatest.gini, one.gini),
        };
    }
    greatest
}

/// All figures of skew of a scope: name, and what it is by the definitions.
pub(super) fn skew(snapshots: &[Snapshot], which: Which, end_ms: u64) -> Vec<(&'static str, Reckoned)> {
    let all = |value: &dyn Fn(&Snapshot) -> Option<f64>| {
        let values: Vec<_> = snapshots.iter().map(|one| (one.now_ms, value(one))).collect();
        over_time(&values, end_ms)
    };
    let sampled = |value: &dyn Fn(&Snapshot) -> Option<f64>| {
        let samples = snapshots.iter().filter(|one| one.is_sample);
        let values: Vec<_> = samples.map(|one| (one.now_ms, value(one))).collect();
        over_time(&values, end_ms)
    };
    vec![
        ("memory.max_difference", all(&|one| memory(one, which).max_difference)),
        ("memory.imbalance", all(&|one| memory(one, which).imbalance)),
        ("memory.overloaded", all(&|one| memory(one, which).overloaded)),
        ("memory.cv", sampled(&|one| memory(one, which).cv)),
        ("memory.gini", sampled(&|one| memory(one, which).gini)),
        ("memory.bound", sampled(&|one| memory(one, which).bound)),
        ("rows.max_difference", all(&|one| rows_of(one, which).max_difference)),
        ("rows.imbalance", all(&|one| rows_of(one, which).imbalance)),
        ("rows.cv", sampled(&|one| rows_of(one, which).cv)),
        ("rows.gini", sampled(&|one| rows_of(one, which).gini)),
        ("score.max_difference", all(&|one| score(one, which).max_difference)),
        ("score.imbalance", all(&|one| score(one, which).imbalance)),
        ("score.cv", sampled(&|one| score(one, which).cv)),
        ("score.gini", sampled(&|one| score(one, which).gini)),
    ]
}

fn rows_of(snapshot: &Snapshot, which: Which) -> Evenness {
    match which {
        Which::Replica(replica) if snapshot.cluster.replicas().len() <= replica => Evenness::default(),
        _ => rows(snapshot, which),
    }
}

/// The same figures out of a summary, in the same order.
pub(super) fn told(skew: &crate::metrics::summary::Skew) -> Vec<Reckoned> {
    let memory = |value: &dyn Fn(&Measures) -> Option<f64>| spans(&skew.memory, value);
    let rows = |value: &dyn Fn(&Evenness) -> Option<f64>| spans(&skew.rows, value);
    let score = |value: &dyn Fn(&Evenness) -> Option<f64>| spans(&skew.score, value);
    vec![
        memory(&|one| one.max_difference),
        memory(&|one| one.imbalance),
        memory(&|one| one.overloaded),
        memory(&|one| one.cv),
        memory(&|one| one.gini),
        memory(&|one| one.bound),
        rows(&|one| one.max_difference),
        rows(&|one| one.imbalance),
        rows(&|one| one.cv),
        rows(&|one| one.gini),
        score(&|one| one.max_difference),
        score(&|one| one.imbalance),
        score(&|one| one.cv),
        score(&|one| one.gini),
    ]
}

fn spans<T>(spans: &Spans<T>, value: &dyn Fn(&T) -> Option<f64>) -> Reckoned {
    Reckoned {
        start: value(&spans.start),
        end: value(&spans.end),
        peak: value(&spans.peak),
        mean: value(&spans.mean),
    }
}

/// Overload by its definition; refusals and kills are not told by snapshots.
pub(super) fn overload(snapshots: &[Snapshot], end_ms: u64) -> Overload {
    let rates = |one: &Snapshot| -> Vec<f64> {
        let cluster = &one.cluster;
        let live = cluster
            .node_indices()
            .filter(|node| cluster.node(*node).is_alive() && cluster.node(*node).memory_bytes > 0);
        let memory = live.map(|node| cluster.reported_memory(node));
        memory.map(|memory| memory.used_bytes as f64 / memory.total_bytes as f64).collect()
    };
    let mut node_seconds = 0.0;
    let mut peak_rate: Option<f64> = None;
    for (place, one) in snapshots.iter().enumerate() {
        let to = snapshots.get(place + 1).map_or(end_ms, |next| next.now_ms);
        let above = rates(one).iter().filter(|rate| **rate > one.threshold).count();
        node_seconds += above as f64 * (to - one.now_ms) as f64 / 1000.0;
        peak_rate = rates(one).into_iter().chain(peak_rate).reduce(f64::max);
    }
    Overload { node_seconds, peak_rate, refused_loads: 0, killed_for_memory: 0 }
}

/// Service by its definition: `unserviceable_seconds` and `failed_searches`.
pub(super) fn service(snapshots: &[Snapshot], scenario: &Scenario, end_ms: u64) -> Service {
    let mut service = Service::default();
    let mut born: Vec<usize> = Vec::new();
    let mut served: BTreeSet<(usize, SegmentIndex)> = BTreeSet::new();
    for (place, one) in snapshots.iter().enumerate() {
        let to = snapshots.get(place + 1).map_or(end_ms, |next| next.now_ms);
        let broken = broken_channels(&one.cluster, &mut born, &mut served);
        service.unserviceable_seconds += broken.iter().sum::<usize>() as f64 * (to - one.now_ms) as f64 / 1e3;
        for search in &scenario.searches {
            let replicas = &one.cluster.collections()[search.collection].replicas;
            let failing = replicas.iter().filter(|replica| broken[replica.position()] > 0).count();
            let share = if replicas.is_empty() { 1.0 } else { failing as f64 / replicas.len() as f64 };
            let milliseconds =
                (one.now_ms..to).filter(|ms| search.from.as_ms() <= *ms && *ms < search.to.as_ms());
            service.failed_searches += share * search.queries_per_second * milliseconds.count() as f64 / 1e3;
        }
    }
    service
}

fn broken_channels(
    cluster: &Cluster,
    born: &mut Vec<usize>,
    served: &mut BTreeSet<(usize, SegmentIndex)>,
) -> Vec<usize> {
    let segments = cluster.segments();
    born.resize(cluster.replicas().len().max(born.len()), segments.len());
    let count = |(place, replica): (usize, &crate::model::replica::Replica)| {
        if !replica.is_loaded {
            return 0;
        }
        let channels = &cluster.collection(replica.collection).channels;
        let mut broken = 0;
        for (channel, leader) in channels.iter().zip(&replica.shard_leaders) {
            let mut is_broken = leader.is_none_or(|leader| !cluster.node(leader).is_alive());
            for segment in &cluster.collection(replica.collection).segments {
                let is_held = replica.nodes().any(|node| segments.copies().has(*segment, node));
                if is_held {
                    served.insert((place, *segment));
                }
                let must_serve = segment.position() < born[place] || served.contains(&(place, *segment));
                is_broken |= segments.channel(*segment) == *channel && must_serve && !is_held;
            }
            broken += usize::from(is_broken);
        }
        broken
    };
    cluster.replicas().iter().enumerate().map(count).collect()
}

/// Latency and cost at every sample: (time, latency, cost).
pub(super) fn search_load(
    snapshots: &[Snapshot],
    scenario: &Scenario,
) -> Vec<(u64, Option<f64>, Option<f64>)> {
    let (mut born, mut served) = (Vec::new(), BTreeSet::new());
    let mut loads = Vec::new();
    for one in snapshots {
        let broken = broken_channels(&one.cluster, &mut born, &mut served);
        if one.is_sample {
            let (latency, cost) = load_at(one, scenario, &broken);
            loads.push((one.now_ms, latency, cost));
        }
    }
    loads
}

fn load_at(one: &Snapshot, scenario: &Scenario, broken: &[usize]) -> (Option<f64>, Option<f64>) {
    let (cluster, service) = (&one.cluster, StubService(scenario));
    let mut works: Vec<(NodeIndex, f64, f64)> = Vec::new();
    let (mut is_searched, mut is_answered) = (false, false);
    for (place, collection) in cluster.collections().iter().enumerate() {
        let rate = service.queries_per_second(place, SimTime::from_ms(one.now_ms));
        is_searched |= rate > 0.0;
        let cost: SearchCost =
            scenario.collections[place].search_cost.unwrap_or(scenario.hardware.search_cost);
        for replica in collection.replicas.iter().filter(|replica| broken[replica.position()] == 0) {
            is_answered |= rate > 0.0;
            for holding in cluster.replica(*replica).holdings().filter(|_| rate > 0.0) {
                let work =
                    cost.per_segment_ms * f64::from(holding.segments) + cost.per_row_ms * holding.rows as f64;
                works.push((holding.node, work, rate / collection.replicas.len() as f64));
            }
        }
    }
    let demand = |node: NodeIndex| -> f64 {
        works.iter().filter(|(other, ..)| *other == node).map(|(_, work, rate)| work * rate / 1e3).sum()
    };
    let response = |(node, work, _): &(NodeIndex, f64, f64)| {
        let query_node = cluster.node(*node);
        let cpu = f64::from(query_node.cpu);
        let free = (cpu - f64::from(query_node.loads_in_flight)).max(cpu / 10.0);
        work / (1.0 - (demand(*node) / free).min(0.99))
    };
    let cost = cluster.node_indices().map(demand).fold(0.0, f64::max);
    let latency = works.iter().map(response).fold(0.0, f64::max);
    (is_answered.then_some(latency), is_searched.then_some(cost))
}
