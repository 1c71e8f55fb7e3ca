//! Skew by scope: the cluster, every resource group, every replica, followed change by change.
//!
//! Memory measures depend only on which nodes count, so scopes that count the same nodes share one
//! [`Tracker`](tracker::Tracker): of a thousand replicas on all nodes the memory is reckoned once. A
//! scope whose set of nodes changes takes along what its tracker has seen and goes to another.

pub mod evenness;
pub mod greatest;
pub mod marks;
pub mod nearly_sorted;
pub mod node_rates;
pub mod replica_rows;
pub mod replica_scores;
pub mod scope;
pub mod spread_batch;
pub mod spreads;
pub mod tracker;
pub mod trackers;
pub mod whole_sort;

use super::node_set::NodeSet;
use super::sample::ScopeKind;
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::scenario::Scenario;
use crate::simulation::history::Moment;
use evenness::ReplicaEvenness;
use node_rates::NodeRates;
use scope::Scope;
use spreads::Spreads;
use trackers::{Slot, Trackers};

/// What changed since the last look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Touched<'a> {
    /// Nodes whose numbers may differ.
    pub nodes: &'a [NodeIndex],
    /// Replicas whose holdings, leaders or nodes may differ.
    pub replicas: &'a [ReplicaIndex],
    /// Whether it may differ which nodes count where.
    pub membership: bool,
    /// Whether nothing differs but growing rows.
    pub is_growth_only: bool,
}

/// All scopes with their figures over time.
#[derive(Debug, Clone)]
pub struct Scopes {
    rates: NodeRates,
    trackers: Trackers,
    /// The cluster, the resource groups in the scenario's order, the replicas by index.
    scopes: Vec<Scope>,
    /// How many of `scopes` are no replicas.
    fixed: usize,
    threshold: f64,
    is_threshold_due: bool,
    evenness: ReplicaEvenness,
    spreads: Spreads,
    /// Sets of nodes of the first `fixed` scopes, in force since the last regrouping.
    fixed_sets: Vec<NodeSet>,
    replica_set: NodeSet,
    /// Scopes on their way to another tracker.
    movers: Vec<(usize, Option<Slot>)>,
    left: Vec<Slot>,
    rows_due: Vec<usize>,
}

impl Scopes {
    /// The scopes of a scenario; replicas come as they are born. `threshold` is a fraction.
    pub fn new(scenario: &Scenario, threshold: f64) -> Scopes {
        let mut scopes = vec![Scope::new(ScopeKind::Cluster, "cluster".into())];
        for group in &scenario.resource_groups {
            scopes.push(Scope::new(ScopeKind::ResourceGroup, group.name.as_str().into()));
        }
        let fixed = scopes.len();
        Scopes {
            rates: NodeRates::default(),
            trackers: Trackers::default(),
            scopes,
            fixed,
            threshold,
            is_threshold_due: false,
            evenness: ReplicaEvenness::default(),
            spreads: Spreads::default(),
            fixed_sets: vec![NodeSet::default(); fixed],
            replica_set: NodeSet::default(),
            movers: Vec::new(),
            left: Vec::new(),
            rows_due: Vec::new(),
        }
    }

    /// The scopes: cluster, resource groups in the scenario's order, replicas by index.
    pub fn all(&self) -> &[Scope] {
        &self.scopes
    }

    /// The trackers that the scopes refer to.
    pub fn trackers(&self) -> &Trackers {
        &self.trackers
    }

    /// Numbers of the nodes as last followed.
    pub fn rates(&self) -> &NodeRates {
        &self.rates
    }

    /// The scope of a replica; `None` before its first look.
    pub fn replica(&self, replica: ReplicaIndex) -> Option<&Scope> {
        self.scopes.get(self.fixed + replica.position())
    }

    /// Position of the first replica in [`Scopes::all`].
    pub fn first_replica(&self) -> usize {
        self.fixed
    }

    /// The overload threshold, a fraction; counts from the next look on.
    pub fn set_threshold(&mut self, threshold: f64) {
        self.threshold = threshold;
        self.is_threshold_due = true;
    }

    /// The policy looked at a replica (`None` = at all), so its scores may differ.
    pub fn looked_at(&mut self, replica: Option<ReplicaIndex>) {
        self.evenness.looked_at(replica);
    }

    /// Takes the values of this moment: what the extremes tell always, what all numbers tell at samples.
    pub fn look(&mut self, moment: Moment<'_>, touched: Touched<'_>, is_sample: bool) {
        let (cluster, now_ms) = (moment.cluster, moment.now.as_ms());
        // First, so that what is counted above it and what changes are held against the same number.
        if std::mem::take(&mut self.is_threshold_due) {
            self.trackers.set_threshold(&self.rates, self.threshold);
        }
        for node in touched.nodes {
            let (trackers, threshold) = (&mut self.trackers, self.threshold);
            self.rates.follow(cluster, *node, touched.is_growth_only, |node, before, after| {
                trackers.replace(node, before, after, threshold);
            });
        }
        if touched.is_growth_only {
            self.trackers.show_levels(&self.rates, now_ms);
        } else {
            self.regroup_touched(cluster, touched, now_ms);
            self.show_levels(now_ms);
        }
        self.evenness.look(moment, &mut self.scopes, self.fixed, &self.trackers);
        if is_sample {
            self.spreads.look(cluster, &mut self.scopes, &mut self.trackers, &self.rates, now_ms);
            self.spread_fixed_rows(now_ms);
            self.evenness.sample(moment, &mut self.scopes, self.fixed, &self.trackers);
        }
    }

    /// Finds out what differs besides rates.
    fn regroup_touched(&mut self, cluster: &Cluster, touched: Touched<'_>, now_ms: u64) {
        let counted_changed = self.rates.take_counted_changed();
        for replica in touched.replicas {
            self.evenness.touched(*replica);
        }
        if touched.membership || counted_changed {
            self.evenness.regrouped();
            self.regroup(cluster, touched.replicas, counted_changed, now_ms);
        }
    }

    /// The values in force are those at the start of the run.
    pub fn mark_start(&mut self) {
        for scope in &mut self.scopes {
            scope.mark_start(&self.trackers);
        }
    }

    /// Finds the scopes whose set of nodes differs; they leave their tracker at once and reach the next
    /// one when its values are shown.
    fn regroup(&mut self, cluster: &Cluster, replicas: &[ReplicaIndex], counted_changed: bool, now_ms: u64) {
        while self.scopes.len() < self.fixed + cluster.replicas().len() {
            let replica = &cluster.replicas()[self.scopes.len() - self.fixed];
            self.scopes.push(Scope::new(ScopeKind::Replica, replica.id.to_string().into()));
        }
        self.fixed_sets.iter_mut().for_each(NodeSet::clear);
        self.fixed_sets[0].assign(self.rates.counted());
        for node in self.rates.counted().iter() {
            self.fixed_sets[1 + cluster.node(node).resource_group.position()].set(node, true);
        }
        for place in 0..self.fixed {
            self.replica_set.assign(&self.fixed_sets[place]);
            self.reassign(place, now_ms);
        }
        if counted_changed {
            for place in 0..cluster.replicas().len() {
                self.reassign_replica(cluster, ReplicaIndex::at(place), now_ms);
            }
        } else {
            for replica in replicas {
                self.reassign_replica(cluster, *replica, now_ms);
            }
        }
    }

    fn reassign_replica(&mut self, cluster: &Cluster, replica: ReplicaIndex, now_ms: u64) {
        let kept = cluster.replica(replica);
        if kept.is_loaded {
            self.replica_set.assign_common(kept.members(), self.rates.counted());
        } else {
            self.replica_set.clear();
        }
        if self.reassign(self.fixed + replica.position(), now_ms) {
            self.evenness.touched(replica);
            self.evenness.looked_at(Some(replica));
        }
    }

    /// Sends a scope to the tracker of `replica_set`; false when it is there already.
    fn reassign(&mut self, place: usize, now_ms: u64) -> bool {
        let before = self.scopes[place].level_slot;
        let is_same = match before {
            None => self.replica_set.is_empty(),
            Some(slot) => self.trackers.at(slot).nodes == self.replica_set,
        };
        if is_same {
            return false;
        }
        if let Some(slot) = before {
            let tracker = self.trackers.at_mut(slot);
            tracker.level.close(now_ms);
            tracker.level_users -= 1;
            self.scopes[place].level.absorb(&tracker.level);
            self.scopes[place].level_slot = None;
            if !self.left.contains(&slot) {
                self.left.push(slot);
            }
        }
        let after = (!self.replica_set.is_empty())
            .then(|| self.trackers.of(&self.replica_set, &self.rates, self.threshold, now_ms));
        self.movers.push((place, after));
        true
    }

    /// Shows what is due, then lets the movers in, then takes the rows of cluster and resource groups.
    fn show_levels(&mut self, now_ms: u64) {
        self.rows_due.clear();
        for place in 0..self.fixed {
            let slot = self.scopes[place].level_slot;
            let is_moving = self.movers.iter().any(|(mover, _)| *mover == place);
            if is_moving || slot.is_some_and(|slot| self.trackers.at(slot).is_rows_due) {
                self.rows_due.push(place);
            }
        }
        self.trackers.show_levels(&self.rates, now_ms);
        for index in 0..self.movers.len() {
            let (place, slot) = self.movers[index];
            if let Some(slot) = slot {
                self.let_in(slot, now_ms);
            }
            self.scopes[place].level_slot = slot;
            self.spreads.moved(place);
        }
        self.movers.clear();
        while let Some(slot) = self.left.pop() {
            self.trackers.free_if_unused(slot);
        }
        for place in self.rows_due.iter().copied() {
            let level = match self.scopes[place].level_slot {
                Some(slot) => self.trackers.at_mut(slot).rows_level(&self.rates),
                None => super::skew::Level::default(),
            };
            self.scopes[place].rows.set_level(now_ms, level);
            self.spreads.rows_changed(place);
        }
        for place in self.rows_due.iter().copied() {
            if let Some(slot) = self.scopes[place].level_slot {
                self.trackers.at_mut(slot).is_rows_due = false;
            }
        }
    }

    /// One more scope uses a tracker: what it has seen so far belongs to its users so far.
    fn let_in(&mut self, slot: Slot, now_ms: u64) {
        let tracker = self.trackers.at_mut(slot);
        if tracker.level_users > 0 && tracker.level_since_ms < now_ms {
            tracker.level.close(now_ms);
            for scope in self.scopes.iter_mut().filter(|scope| scope.level_slot == Some(slot)) {
                scope.level.absorb(&tracker.level);
            }
        }
        if tracker.level_since_ms < now_ms {
            tracker.level.restart(now_ms);
            tracker.level_since_ms = now_ms;
        }
        tracker.level_users += 1;
    }

    fn spread_fixed_rows(&mut self, now_ms: u64) {
        while let Some(place) = self.spreads.next_rows() {
            let slot = self.scopes[place].level_slot;
            let spread = match slot {
                Some(slot) => self.spreads.of_rows(self.trackers.at(slot), &self.rates),
                None => super::skew::Spread::default(),
            };
            self.scopes[place].rows.set_spread(now_ms, spread);
        }
    }
}
