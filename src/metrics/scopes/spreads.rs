//! What needs all rates and not just the extremes: `cv`, `gini` and `bound`, at sampling instants.

use super::marks::Marks;
use super::nearly_sorted::sort_nearly_sorted;
use super::node_rates::NodeRates;
use super::scope::Scope;
use super::tracker::Tracker;
use super::trackers::{Slot, Trackers};
use crate::metrics::bound::{LargestSegments, Packing};
use crate::metrics::node_set::NodeSet;
use crate::metrics::skew::{self, Spread};
use crate::model::cluster::Cluster;
use crate::model::ids::NodeIndex;

/// A set this many times smaller than the cluster is sorted by itself, not picked out of all nodes.
const SMALL: usize = 8;

/// Takes `cv`, `gini` and `bound` of the trackers whose numbers changed since the last sample.
#[derive(Debug, Clone, Default)]
pub struct Spreads {
    /// Scopes that use another tracker than at the last sample.
    moved: Marks,
    /// Cluster and resource groups whose sealed rows changed since the last sample.
    rows_changed: Marks,
    /// The counted nodes with their rates, ascending by rate; kept, since it changes little between samples.
    order: Vec<(f64, NodeIndex)>,
    /// The nodes in `order`.
    ordered: NodeSet,
    sorted: Vec<f64>,
    packing: Packing,
    largest: LargestSegments,
    movers: Vec<(usize, Slot)>,
    left: Vec<Slot>,
}

impl Spreads {
    /// A scope uses another tracker.
    pub fn moved(&mut self, place: usize) {
        self.moved.mark(place);
    }

    /// Sealed rows of the cluster or a resource group changed.
    pub fn rows_changed(&mut self, place: usize) {
        self.rows_changed.mark(place);
    }

    /// The next of those whose sealed rows changed.
    pub fn next_rows(&mut self) -> Option<usize> {
        self.rows_changed.pop()
    }

    /// `cv` and `gini` of the sealed rows on a tracker's nodes.
    pub fn of_rows(&mut self, tracker: &Tracker, rates: &NodeRates) -> Spread {
        let rows = tracker.members.iter().map(|node| rates.figures(*node).sealed_rows as f64);
        self.sorted.clear();
        self.sorted.extend(rows);
        self.sorted.sort_unstable_by(f64::total_cmp);
        skew::spread(0, &self.sorted)
    }

    /// Takes the values of this moment: scopes leave, values are shown, scopes come in.
    pub fn look(
        &mut self,
        cluster: &Cluster,
        scopes: &mut [Scope],
        trackers: &mut Trackers,
        rates: &NodeRates,
        now_ms: u64,
    ) {
        while let Some(place) = self.moved.pop() {
            self.leave(place, &mut scopes[place], trackers, now_ms);
        }
        if trackers.iter_mut().any(|tracker| tracker.is_spread_due) {
            self.sort(rates);
        }
        for tracker in trackers.iter_mut().filter(|tracker| tracker.is_spread_due) {
            self.show(cluster, tracker, rates, now_ms);
        }
        for (place, slot) in self.movers.drain(..) {
            let_in(slot, scopes, trackers.at_mut(slot), now_ms);
            scopes[place].spread_slot = Some(slot);
        }
        while let Some(slot) = self.left.pop() {
            trackers.free_if_unused(slot);
        }
    }

    fn leave(&mut self, place: usize, scope: &mut Scope, trackers: &mut Trackers, now_ms: u64) {
        if scope.spread_slot == scope.level_slot {
            return;
        }
        if let Some(slot) = scope.spread_slot {
            let tracker = trackers.at_mut(slot);
            tracker.spread.close(now_ms);
            tracker.spread_users -= 1;
            scope.spread.absorb(&tracker.spread);
            scope.spread_slot = None;
            if !self.left.contains(&slot) {
                self.left.push(slot);
            }
        }
        if let Some(slot) = scope.level_slot {
            self.movers.push((place, slot));
        }
    }

    fn sort(&mut self, rates: &NodeRates) {
        if self.ordered != *rates.counted() {
            self.ordered.assign(rates.counted());
            self.order.clear();
            self.order.extend(self.ordered.iter().map(|node| (0.0, node)));
        }
        // No rate is below 0, so that rates are ordered as their bits are. Ties by node, so that sums always run
        // in the same order.
        let key = |(rate, node): &(f64, NodeIndex)| (rate.to_bits(), *node);
        let (mut before, mut is_sorted) = ((0, NodeIndex(0)), true);
        for entry in &mut self.order {
            entry.0 = rates.figures(entry.1).rate;
            is_sorted &= before <= key(entry);
            before = key(entry);
        }
        if !is_sorted {
            sort_nearly_sorted(&mut self.order, |one, other| key(one).cmp(&key(other)));
        }
    }

    fn show(&mut self, cluster: &Cluster, tracker: &mut Tracker, rates: &NodeRates, now_ms: u64) {
        tracker.is_spread_due = false;
        self.sorted.clear();
        if tracker.members.len() * SMALL < self.order.len() {
            self.sorted.extend(tracker.members.iter().map(|node| rates.figures(*node).rate));
            self.sorted.sort_unstable_by(f64::total_cmp);
        } else if tracker.members.len() == self.order.len() {
            // As many nodes are the same nodes: those of a tracker all count.
            self.sorted.extend(self.order.iter().map(|(rate, _)| *rate));
        } else {
            let among = self.order.iter().filter(|(_, node)| tracker.nodes.has(*node));
            self.sorted.extend(among.map(|(rate, _)| *rate));
        }
        let spread = skew::spread(0, &self.sorted);
        let bound = self.bound(cluster, tracker);
        tracker.spread.set(now_ms, [spread.cv, spread.gini, bound]);
    }

    fn bound(&mut self, cluster: &Cluster, tracker: &Tracker) -> Option<f64> {
        let largest = &mut self.largest;
        let mut largest_above = |bytes| largest.on(cluster, &tracker.nodes, bytes);
        let zero = Packing::zero_bound(cluster, &tracker.members, tracker.overall(), &mut largest_above);
        zero.or_else(|| {
            self.packing.fill(cluster, &tracker.members);
            self.packing.lower_bound(largest_above)
        })
    }
}

/// One more scope uses a tracker: what it has seen so far belongs to its users so far.
fn let_in(slot: Slot, scopes: &mut [Scope], tracker: &mut Tracker, now_ms: u64) {
    if tracker.spread_users > 0 && tracker.spread_since_ms < now_ms {
        tracker.spread.close(now_ms);
        for scope in scopes.iter_mut().filter(|scope| scope.spread_slot == Some(slot)) {
            scope.spread.absorb(&tracker.spread);
        }
    }
    if tracker.spread_since_ms < now_ms {
        tracker.spread.restart(now_ms);
        tracker.spread_since_ms = now_ms;
    }
    tracker.spread_users += 1;
}
