//! Work of searches by node from above: which node may be the busiest or the slowest.
//!
//! Only the greatest cost and the greatest latency are asked for, but a node's demand is a sum over all
//! replicas in a fixed order. So sums in whole numbers follow every change, never below the true ones, and
//! tell which few nodes are worth summing anew.

use super::search_cost::{Answering, work_ms};
use crate::model::changes::HeldChange;
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::model::replica::Holding;

/// Parts of a CPU in which demand is counted: 2^32.
const PARTS: f64 = 4_294_967_296.0;

/// One replica's demand on one node is counted up to here, in CPUs, so that no sum overflows.
const DEMAND_MAX: f64 = 1_048_576.0;

/// Rounding lifts a sum of floats by a far smaller share, however many are added.
const SLACK: f64 = 1.0 + 1e-9;

/// What a replica adds, as far as it is reckoned in.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    answering: Option<Answering>,
    /// The replica's holdings that are reckoned in.
    version: u64,
    /// The last call of [`SearchBounds::answer`] that named it.
    call: u64,
}

/// Demand and work of every node, from above.
#[derive(Debug, Clone, Default)]
pub(super) struct SearchBounds {
    /// By replica.
    counted: Vec<Counted>,
    call: u64,
    /// By node: each replica's demand in parts of a CPU, rounded up.
    parts: Vec<u64>,
    /// By node: greatest work of one search, in milliseconds; too much after the greatest has gone.
    work_ms: Vec<f64>,
    /// Whether some demand was too great to be counted.
    is_too_great: bool,
    /// By node: what was summed last for it.
    summed: Vec<Summed>,
    /// Nodes that may still be above all others, with their upper values; empty between calls but for its memory.
    open: Vec<(f64, usize)>,
}

/// Exact demand and work of a node, as long as those that hold something there answer as before and hold the same.
#[derive(Debug, Clone, Copy, Default)]
struct Summed {
    /// Whether it was summed since one of those began to answer, or ceased.
    is_known: bool,
    /// Of the node's holdings.
    held_version: u64,
    demand: f64,
    work_ms: f64,
}

impl SearchBounds {
    /// A replica holds something else on a node.
    pub(super) fn follow(&mut self, change: &HeldChange) {
        let Some(counted) = self.counted.get_mut(change.replica.position()) else { return };
        let Some(answering) = counted.answering.filter(|_| counted.version + 1 == change.version) else {
            return;
        };
        counted.version = change.version;
        let holding = |(segments, rows)| Holding { node: change.node, segments, rows };
        if let Some(before) = change.before {
            self.subtract(answering, &holding(before));
        }
        if let Some(after) = change.after {
            self.add(answering, &holding(after));
        }
    }

    /// Takes over who answers now; false when demand is too great to be counted.
    pub(super) fn answer(&mut self, cluster: &Cluster, now: &[Answering]) -> bool {
        let mut counted = cluster.replicas().iter().zip(&self.counted);
        if !counted
            .all(|(replica, kept)| kept.answering.is_none() || kept.version == replica.holdings_version())
        {
            *self = SearchBounds::default();
        }
        self.call += 1;
        self.counted.resize(cluster.replicas().len(), Counted::default());
        self.parts.resize(cluster.nodes().len(), 0);
        self.work_ms.resize(cluster.nodes().len(), 0.0);
        self.summed.resize(cluster.nodes().len(), Summed::default());
        for answering in now {
            let position = answering.replica.position();
            self.counted[position].call = self.call;
            if self.counted[position].answering != Some(*answering) {
                self.leave(cluster, position);
                self.counted[position].answering = Some(*answering);
                let replica = cluster.replica(answering.replica);
                self.counted[position].version = replica.holdings_version();
                for holding in replica.holdings() {
                    self.add(*answering, &holding);
                    self.summed[holding.node.position()].is_known = false;
                }
            }
        }
        for position in 0..self.counted.len() {
            if self.counted[position].call != self.call {
                self.leave(cluster, position);
            }
        }
        !self.is_too_great
    }

    /// Nodes that `upper` may put above all others, with what `exact` says: the greatest value. `None` = so
    /// many nodes are close that all should be summed.
    pub(super) fn greatest(
        &mut self,
        cluster: &Cluster,
        upper: impl Fn(NodeIndex, f64, f64) -> f64,
        exact: impl Fn(NodeIndex) -> (f64, f64),
    ) -> Option<f64> {
        let node = |position: usize| NodeIndex::at(position);
        let mut greatest = 0.0;
        let mut open = std::mem::take(&mut self.open);
        open.clear();
        let uppers = (0..self.parts.len())
            .map(|place| (upper(node(place), self.demand(place), self.work_ms[place]), place));
        open.extend(uppers.filter(|(upper, _)| *upper > greatest));
        for _ in 0..TRIES {
            let Some(highest) = highest(&open) else { break };
            let (_, place) = open.swap_remove(highest);
            let (demand, work_ms) = self.summed(cluster, place, &exact);
            self.work_ms[place] = work_ms;
            greatest = f64::max(greatest, upper(node(place), demand, work_ms));
            open.retain(|(upper, _)| *upper > greatest);
        }
        let is_found = open.is_empty();
        self.open = open;
        is_found.then_some(greatest)
    }

    /// What `exact` says of a node, asked only where that may be something else than before: it goes through all
    /// replicas.
    fn summed(
        &mut self,
        cluster: &Cluster,
        place: usize,
        exact: &impl Fn(NodeIndex) -> (f64, f64),
    ) -> (f64, f64) {
        let node = NodeIndex::at(place);
        let held_version = cluster.held_version(node);
        let kept = &mut self.summed[place];
        if !kept.is_known || kept.held_version != held_version {
            let (demand, work_ms) = exact(node);
            *kept = Summed { is_known: true, held_version, demand, work_ms };
        }
        (kept.demand, kept.work_ms)
    }

    fn demand(&self, place: usize) -> f64 {
        self.parts[place] as f64 / PARTS * SLACK
    }

    fn leave(&mut self, cluster: &Cluster, position: usize) {
        if let Some(answering) = self.counted[position].answering.take() {
            for holding in cluster.replica(ReplicaIndex::at(position)).holdings() {
                self.subtract(answering, &holding);
                self.summed[holding.node.position()].is_known = false;
            }
        }
    }

    fn add(&mut self, answering: Answering, holding: &Holding) {
        let (place, work_ms) = (holding.node.position(), work_ms(answering.cost, holding));
        let demand = answering.share * work_ms / 1000.0;
        self.is_too_great |= demand > DEMAND_MAX || demand.is_nan();
        self.parts[place] += parts(demand);
        self.work_ms[place] = self.work_ms[place].max(work_ms);
    }

    fn subtract(&mut self, answering: Answering, holding: &Holding) {
        let demand = answering.share * work_ms(answering.cost, holding) / 1000.0;
        self.parts[holding.node.position()] -= parts(demand);
    }
}

/// So many nodes are summed one by one before all are.
const TRIES: usize = if cfg!(test) { 2 } else { 16 };

/// Place of the highest value; `None` = there is none.
fn highest(open: &[(f64, usize)]) -> Option<usize> {
    let mut highest: Option<(f64, usize)> = None;
    for (place, (upper, _)) in open.iter().enumerate() {
        if highest.is_none_or(|(highest, _)| *upper > highest) {
            highest = Some((*upper, place));
        }
    }
    highest.map(|(_, place)| place)
}

/// Demand in parts of a CPU, rounded up; nothing is nothing.
fn parts(demand: f64) -> u64 {
    if demand == 0.0 { 0 } else { (demand.min(DEMAND_MAX) * PARTS) as u64 + 1 }
}
