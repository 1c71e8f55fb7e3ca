//! What searches cost: work of the busiest node, latency of the slowest.
//!
//! A model of ours: work of one search on a node = per segment x its segments + per row x its rows of the
//! replica; utilisation of a node = all work arriving there over its CPUs less its loads in flight (at
//! least a tenth of them); response = work / (1 - utilisation), utilisation held at most 0.99. It is
//! evaluated at sampling instants only, where anything changed: it reads what every searched replica
//! holds on every node, which is too much for each of a million changes. Searches that fail cost nothing.

use super::node_set::NodeSet;
use super::spans::Span;
use super::summary::MeanPeak;
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::model::replica::Holding;
use crate::scenario::{Scenario, SearchCost};
use crate::simulation::history::Moment;

const UTILISATION_MAX: f64 = 0.99;

/// Picking what a node holds out of every replica costs this many times more than passing over it: so many
/// nodes in all there must be for one that changed.
const FEW: usize = 3;

/// A replica that answers its share of searches.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Answering {
    replica: ReplicaIndex,
    /// Searches per second.
    share: f64,
    cost: SearchCost,
}

/// Latency and cost over time.
#[derive(Debug, Clone)]
pub struct SearchLoad {
    /// By collection.
    costs: Vec<SearchCost>,
    /// Collections to which searches come at some time.
    searched: Vec<usize>,
    /// Their rates at the last sample, in searches per second.
    rates: Vec<f64>,
    is_due: bool,
    /// Whether what nodes hold for searches, or who answers them, changed since the last sample.
    is_demand_due: bool,
    /// Who answered at the last sample, in the order in which demand is summed.
    answering: Vec<Answering>,
    answered_before: Vec<Answering>,
    /// By node: what it held when its demand was summed, as [`Cluster::held_version`].
    versions: Vec<u64>,
    /// Nodes that hold something else than at the last sample.
    stale: NodeSet,
    /// By node: its CPUs and the loads that take of them, as last seen.
    cpus: Vec<(u32, u32)>,
    /// CPUs asked of every node.
    demand: Vec<f64>,
    /// Greatest work of one search on every node, in milliseconds.
    work_ms: Vec<f64>,
    latency: Span,
    cost: Span,
}

impl SearchLoad {
    /// The searches of a scenario.
    pub fn new(scenario: &Scenario) -> SearchLoad {
        let of = |cost: Option<SearchCost>| cost.unwrap_or(scenario.hardware.search_cost);
        let mut searched: Vec<usize> = scenario.searches.iter().map(|search| search.collection).collect();
        searched.sort_unstable();
        searched.dedup();
        SearchLoad {
            costs: scenario.collections.iter().map(|collection| of(collection.search_cost)).collect(),
            rates: vec![0.0; searched.len()],
            searched,
            is_due: true,
            is_demand_due: true,
            answering: Vec::new(),
            answered_before: Vec::new(),
            versions: Vec::new(),
            stale: NodeSet::default(),
            cpus: Vec::new(),
            demand: Vec::new(),
            work_ms: Vec::new(),
            latency: Span::default(),
            cost: Span::default(),
        }
    }

    /// `nodes` changed; `is_demand` = also what replicas hold, or whether one is serviceable.
    pub fn touched(&mut self, cluster: &Cluster, nodes: &[NodeIndex], is_demand: bool) {
        self.is_demand_due |= is_demand;
        self.cpus.resize(cluster.nodes().len(), (0, 0));
        for node in nodes {
            let now = (cluster.node(*node).cpu, cluster.node(*node).loads_in_flight);
            // All else that a node is does not count here.
            self.is_due |= std::mem::replace(&mut self.cpus[node.position()], now) != now;
        }
    }

    /// Takes latency and cost, if anything changed since the last sample.
    pub fn sample(&mut self, moment: Moment<'_>, is_serviceable: impl Fn(ReplicaIndex) -> bool) {
        for (rate, collection) in self.rates.iter_mut().zip(&self.searched) {
            let now = moment.service.queries_per_second(*collection, moment.now);
            self.is_demand_due |= std::mem::replace(rate, now) != now;
        }
        if !(std::mem::take(&mut self.is_due) | self.is_demand_due) || self.searched.is_empty() {
            return;
        }
        if std::mem::take(&mut self.is_demand_due) {
            self.sum_demand(moment.cluster, is_serviceable);
        }
        self.demand.resize(moment.cluster.nodes().len(), 0.0);
        self.work_ms.resize(moment.cluster.nodes().len(), 0.0);
        let is_searched = self.rates.iter().any(|rate| *rate > 0.0);
        let busiest = self.demand.iter().copied().fold(0.0, f64::max);
        self.cost.set(moment.now.as_ms(), is_searched.then_some(busiest));
        let latency = (!self.answering.is_empty()).then(|| self.slowest(moment.cluster));
        self.latency.set(moment.now.as_ms(), latency);
    }

    /// Latency in force, in milliseconds.
    pub fn latency_ms(&self) -> Option<f64> {
        self.latency.value()
    }

    /// Cost in force, in CPUs.
    pub fn cost(&self) -> Option<f64> {
        self.cost.value()
    }

    /// Latency up to `now_ms`.
    pub fn latency_figures(&self, now_ms: u64) -> Option<MeanPeak> {
        mean_peak(self.latency, now_ms)
    }

    /// Cost up to `now_ms`.
    pub fn cost_figures(&self, now_ms: u64) -> Option<MeanPeak> {
        mean_peak(self.cost, now_ms)
    }

    /// Demand and work of every node; where the same replicas answer, of those nodes only that hold
    /// something else than before. Either way each node's demand is summed in the same order.
    fn sum_demand(&mut self, cluster: &Cluster, is_serviceable: impl Fn(ReplicaIndex) -> bool) {
        std::mem::swap(&mut self.answering, &mut self.answered_before);
        self.answering.clear();
        for (collection, rate) in self.searched.iter().zip(&self.rates).filter(|(_, rate)| **rate > 0.0) {
            let replicas = &cluster.collections()[*collection].replicas;
            let (share, cost) = (*rate / replicas.len() as f64, self.costs[*collection]);
            let answering = replicas.iter().copied().filter(|replica| is_serviceable(*replica));
            self.answering.extend(answering.map(|replica| Answering { replica, share, cost }));
        }
        let known = self.versions.len();
        let nodes = cluster.node_indices();
        let is_stale =
            |node: &NodeIndex| self.versions.get(node.position()) != Some(&cluster.held_version(*node));
        self.stale.collect(nodes.filter(is_stale));
        self.versions.resize(cluster.nodes().len(), 0);
        let mut count = 0;
        for node in self.stale.iter() {
            self.versions[node.position()] = cluster.held_version(node);
            count += 1;
        }
        let is_little = count * FEW < known;
        if is_little && self.answering == self.answered_before {
            self.sum_stale(cluster);
        } else {
            self.sum_all(cluster);
        }
    }

    fn sum_all(&mut self, cluster: &Cluster) {
        self.demand.clear();
        self.demand.resize(cluster.nodes().len(), 0.0);
        self.work_ms.clear();
        self.work_ms.resize(cluster.nodes().len(), 0.0);
        for answering in &self.answering {
            for holding in cluster.replica(answering.replica).holdings() {
                let (node, work_ms) = (holding.node.position(), work_ms(answering.cost, holding));
                self.demand[node] += answering.share * work_ms / 1000.0;
                self.work_ms[node] = self.work_ms[node].max(work_ms);
            }
        }
    }

    fn sum_stale(&mut self, cluster: &Cluster) {
        self.demand.resize(cluster.nodes().len(), 0.0);
        self.work_ms.resize(cluster.nodes().len(), 0.0);
        for node in self.stale.iter() {
            self.demand[node.position()] = 0.0;
            self.work_ms[node.position()] = 0.0;
        }
        for answering in &self.answering {
            for holding in cluster.replica(answering.replica).holdings_on(self.stale.words()) {
                let (node, work_ms) = (holding.node.position(), work_ms(answering.cost, holding));
                self.demand[node] += answering.share * work_ms / 1000.0;
                self.work_ms[node] = self.work_ms[node].max(work_ms);
            }
        }
    }

    /// Latency of the slowest search: on every node the one with the most work is the slowest, since all
    /// share the node's utilisation.
    fn slowest(&self, cluster: &Cluster) -> f64 {
        let responses = cluster
            .node_indices()
            .map(|node| self.work_ms[node.position()] / (1.0 - self.utilisation(cluster, node)));
        responses.fold(0.0, f64::max)
    }

    fn utilisation(&self, cluster: &Cluster, node: NodeIndex) -> f64 {
        let query_node = cluster.node(node);
        let cpu = f64::from(query_node.cpu);
        let free = (cpu - f64::from(query_node.loads_in_flight)).max(cpu / 10.0);
        if free > 0.0 { (self.demand[node.position()] / free).min(UTILISATION_MAX) } else { UTILISATION_MAX }
    }
}

fn work_ms(cost: SearchCost, holding: &Holding) -> f64 {
    cost.per_segment_ms * f64::from(holding.segments) + cost.per_row_ms * holding.rows as f64
}

fn mean_peak(mut span: Span, now_ms: u64) -> Option<MeanPeak> {
    span.close(now_ms);
    let peak = span.peak()?;
    // Searches for no time at all still had their latency.
    Some(MeanPeak { mean: span.mean().unwrap_or(peak), peak })
}
