//! What searches cost: work of the busiest node, latency of the slowest.
//!
//! A model of ours: work of one search on a node = per segment x its segments + per row x its rows of the
//! replica; utilisation of a node = all work arriving there over its CPUs less its loads in flight (at
//! least a tenth of them); response = work / (1 - utilisation), utilisation held at most 0.99. It is
//! evaluated at sampling instants only, where anything changed: it reads what every searched replica
//! holds on every node, which is too much for each of a million changes. Searches that fail cost nothing.

use super::search_bounds::SearchBounds;
use super::spans::Span;
use super::summary::MeanPeak;
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::model::replica::Holding;
use crate::scenario::{Scenario, SearchCost};
use crate::simulation::history::Moment;
use crate::units::{SimDuration, SimTime};

const UTILISATION_MAX: f64 = 0.99;

/// Where there are fewer nodes, all are summed at once. In tests hardly any are few, so that drawn clusters
/// go the other way too.
const FEW: usize = if cfg!(test) { 3 } else { 64 };

/// A replica that answers its share of searches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Answering {
    pub(super) replica: ReplicaIndex,
    /// Searches per second.
    pub(super) share: f64,
    /// Work of one search.
    pub(super) cost: SearchCost,
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
    /// When a rate may become another one, ascending.
    turning_points: Vec<SimTime>,
    /// Until then no rate does.
    rates_until: SimTime,
    is_due: bool,
    /// Whether what nodes hold for searches, or who answers them, changed since the last sample.
    is_demand_due: bool,
    /// Who answered at the last sample, in the order in which demand is summed.
    answering: Vec<Answering>,
    /// Nodes that may be the busiest or the slowest.
    bounds: SearchBounds,
    /// Whether `bounds` tells.
    is_bounded: bool,
    /// By node: its CPUs and the loads that take of them, as last seen.
    cpus: Vec<(u32, u32)>,
    /// CPUs asked of every node, where all are summed.
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
        let ends = scenario.searches.iter().map(|search| search.to.saturating_add(SimDuration::from_ms(1)));
        let mut turning_points: Vec<SimTime> =
            scenario.searches.iter().map(|search| search.from).chain(ends).collect();
        turning_points.sort_unstable();
        SearchLoad {
            costs: scenario.collections.iter().map(|collection| of(collection.search_cost)).collect(),
            rates: vec![0.0; searched.len()],
            turning_points,
            rates_until: SimTime::ZERO,
            searched,
            is_due: true,
            is_demand_due: true,
            answering: Vec::new(),
            bounds: SearchBounds::default(),
            is_bounded: false,
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
        cluster.changes().held().iter().for_each(|change| self.bounds.follow(change));
        self.cpus.resize(cluster.nodes().len(), (0, 0));
        for node in nodes {
            let now = (cluster.node(*node).cpu, cluster.node(*node).loads_in_flight);
            // All else that a node is does not count here.
            self.is_due |= std::mem::replace(&mut self.cpus[node.position()], now) != now;
        }
    }

    /// Takes latency and cost, if anything changed since the last sample.
    pub fn sample(&mut self, moment: Moment<'_>, is_serviceable: impl Fn(ReplicaIndex) -> bool) {
        if moment.now >= self.rates_until {
            self.read_rates(moment);
        }
        if !(std::mem::take(&mut self.is_due) | self.is_demand_due) || self.searched.is_empty() {
            return;
        }
        if std::mem::take(&mut self.is_demand_due) {
            self.find_answering(moment.cluster, is_serviceable);
            let is_wide = moment.cluster.nodes().len() >= FEW;
            self.is_bounded = is_wide && self.bounds.answer(moment.cluster, &self.answering);
            if !self.is_bounded {
                self.sum_all(moment.cluster);
            }
        }
        let (busiest, slowest) = self.greatest(moment.cluster);
        let is_searched = self.rates.iter().any(|rate| *rate > 0.0);
        self.cost.set(moment.now.as_ms(), is_searched.then_some(busiest));
        let latency = (!self.answering.is_empty()).then_some(slowest);
        self.latency.set(moment.now.as_ms(), latency);
    }

    fn read_rates(&mut self, moment: Moment<'_>) {
        for (rate, collection) in self.rates.iter_mut().zip(&self.searched) {
            let now = moment.service.queries_per_second(*collection, moment.now);
            self.is_demand_due |= std::mem::replace(rate, now) != now;
        }
        let past = self.turning_points.partition_point(|point| *point <= moment.now);
        self.rates_until = self.turning_points.get(past).copied().unwrap_or(SimTime::MAX);
    }

    /// CPUs asked of the busiest node, and latency of the slowest in milliseconds.
    fn greatest(&mut self, cluster: &Cluster) -> (f64, f64) {
        if self.is_bounded {
            let answering = &self.answering;
            let exact = |node| sum_one(answering, cluster, node);
            let busiest = self.bounds.greatest(cluster, |_, demand, _| demand, exact);
            let response = |node, demand, work_ms| response(cluster, node, demand, work_ms);
            let slowest = self.bounds.greatest(cluster, response, exact);
            if let (Some(busiest), Some(slowest)) = (busiest, slowest) {
                return (busiest, slowest);
            }
            self.sum_all(cluster);
        }
        self.demand.resize(cluster.nodes().len(), 0.0);
        self.work_ms.resize(cluster.nodes().len(), 0.0);
        let busiest = self.demand.iter().copied().fold(0.0, f64::max);
        let responses = cluster
            .node_indices()
            .map(|node| response(cluster, node, self.demand[node.position()], self.work_ms[node.position()]));
        (busiest, responses.fold(0.0, f64::max))
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

    /// Who answers, in the order in which demand is summed.
    fn find_answering(&mut self, cluster: &Cluster, is_serviceable: impl Fn(ReplicaIndex) -> bool) {
        self.answering.clear();
        for (collection, rate) in self.searched.iter().zip(&self.rates).filter(|(_, rate)| **rate > 0.0) {
            let replicas = &cluster.collections()[*collection].replicas;
            let (share, cost) = (*rate / replicas.len() as f64, self.costs[*collection]);
            let answering = replicas.iter().copied().filter(|replica| is_serviceable(*replica));
            self.answering.extend(answering.map(|replica| Answering { replica, share, cost }));
        }
    }

    fn sum_all(&mut self, cluster: &Cluster) {
        self.demand.clear();
        self.demand.resize(cluster.nodes().len(), 0.0);
        self.work_ms.clear();
        self.work_ms.resize(cluster.nodes().len(), 0.0);
        for answering in &self.answering {
            for holding in cluster.replica(answering.replica).holdings() {
                let (node, work_ms) = (holding.node.position(), work_ms(answering.cost, &holding));
                self.demand[node] += answering.share * work_ms / 1000.0;
                self.work_ms[node] = self.work_ms[node].max(work_ms);
            }
        }
    }
}

/// Demand and greatest work of one node, summed in the same order.
fn sum_one(answering: &[Answering], cluster: &Cluster, node: NodeIndex) -> (f64, f64) {
    let (mut demand, mut most_ms) = (0.0, 0.0f64);
    for answering in answering {
        if let Some(holding) = cluster.replica(answering.replica).holding(node) {
            let work_ms = work_ms(answering.cost, &holding);
            demand += answering.share * work_ms / 1000.0;
            most_ms = most_ms.max(work_ms);
        }
    }
    (demand, most_ms)
}

/// Latency of the slowest search on a node, in milliseconds: the one with the most work, since all share the
/// node's utilisation. More demand or work never makes it less.
fn response(cluster: &Cluster, node: NodeIndex, demand: f64, work_ms: f64) -> f64 {
    work_ms / (1.0 - utilisation(cluster, node, demand))
}

fn utilisation(cluster: &Cluster, node: NodeIndex, demand: f64) -> f64 {
    let query_node = cluster.node(node);
    let cpu = f64::from(query_node.cpu);
    let free = (cpu - f64::from(query_node.loads_in_flight)).max(cpu / 10.0);
    if free > 0.0 { (demand / free).min(UTILISATION_MAX) } else { UTILISATION_MAX }
}

pub(super) fn work_ms(cost: SearchCost, holding: &Holding) -> f64 {
    cost.per_segment_ms * f64::from(holding.segments) + cost.per_row_ms * holding.rows as f64
}

fn mean_peak(mut span: Span, now_ms: u64) -> Option<MeanPeak> {
    span.close(now_ms);
    let peak = span.peak()?;
    // Searches for no time at all still had their latency.
    Some(MeanPeak { mean: span.mean().unwrap_or(peak), peak })
}
