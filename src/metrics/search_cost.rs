//! What searches cost: work of the busiest node, latency of the slowest.
//!
//! A model of ours: work of one search on a node = per segment x its segments + per row x its rows of the
//! replica; utilisation of a node = all work arriving there over its CPUs less its loads in flight (at
//! least a tenth of them); response = work / (1 - utilisation), utilisation held at most 0.99. It is
//! evaluated at sampling instants only, where anything changed: it reads what every searched replica
//! holds on every node, which is too much for each of a million changes. Searches that fail cost nothing.

use super::spans::Span;
use super::summary::MeanPeak;
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::model::replica::Holding;
use crate::scenario::{Scenario, SearchCost};
use crate::simulation::history::Moment;

const UTILISATION_MAX: f64 = 0.99;

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
    /// CPUs asked of every node.
    demand: Vec<f64>,
    /// Greatest work of one search on every node, in milliseconds.
    work_ms: Vec<f64>,
    /// Whether any search succeeds.
    is_answered: bool,
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
            demand: Vec::new(),
            work_ms: Vec::new(),
            is_answered: false,
            latency: Span::default(),
            cost: Span::default(),
        }
    }

    /// The cluster changed; `is_demand` = also what replicas hold, or whether one is serviceable.
    pub fn touched(&mut self, is_demand: bool) {
        self.is_due = true;
        self.is_demand_due |= is_demand;
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
            self.demand.clear();
            self.work_ms.clear();
            self.is_answered = false;
        }
        let is_same = !self.demand.is_empty();
        self.demand.resize(moment.cluster.nodes().len(), 0.0);
        self.work_ms.resize(moment.cluster.nodes().len(), 0.0);
        if !is_same {
            for place in 0..self.searched.len() {
                self.add_demand(moment.cluster, place, &is_serviceable);
            }
        }
        let is_searched = self.rates.iter().any(|rate| *rate > 0.0);
        let busiest = self.demand.iter().copied().fold(0.0, f64::max);
        self.cost.set(moment.now.as_ms(), is_searched.then_some(busiest));
        let latency = self.is_answered.then(|| self.slowest(moment.cluster));
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

    fn add_demand(
        &mut self,
        cluster: &Cluster,
        place: usize,
        is_serviceable: &impl Fn(ReplicaIndex) -> bool,
    ) {
        let (collection, rate) = (self.searched[place], self.rates[place]);
        if rate <= 0.0 {
            return;
        }
        let cost = self.costs[collection];
        let replicas = &cluster.collections()[collection].replicas;
        let share = rate / replicas.len() as f64;
        for replica in replicas.iter().copied().filter(|replica| is_serviceable(*replica)) {
            self.is_answered = true;
            for holding in cluster.replica(replica).holdings() {
                let (node, work_ms) = (holding.node.position(), work_ms(cost, holding));
                self.demand[node] += share * work_ms / 1000.0;
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
