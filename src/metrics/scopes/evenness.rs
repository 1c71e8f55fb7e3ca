//! Sealed rows and scores by replica, taken only where a replica was touched or looked at.

use super::marks::Marks;
use super::scope::Scope;
use super::trackers::Trackers;
use crate::metrics::skew::{self, Level, Spread};
use crate::metrics::spans::greater;
use crate::model::cluster::Cluster;
use crate::model::ids::ReplicaIndex;
use crate::simulation::history::Moment;

/// Which replicas have rows or scores that are not shown yet.
#[derive(Debug, Clone, Default)]
pub struct ReplicaEvenness {
    rows_due: Marks,
    rows_spread_due: Marks,
    scores_due: Marks,
    scores_spread_due: Marks,
    all_scores_due: bool,
    /// Rows of one replica on the nodes that hold something of it.
    rows: Vec<u64>,
    /// The same as fractions, or the scores of one replica.
    numbers: Vec<f64>,
}

impl ReplicaEvenness {
    /// The holdings or the nodes of a replica changed.
    pub fn touched(&mut self, replica: ReplicaIndex) {
        self.rows_due.mark(replica.position());
    }

    /// The policy looked at a replica (`None` = at all).
    pub fn looked_at(&mut self, replica: Option<ReplicaIndex>) {
        match replica {
            Some(replica) => self.scores_due.mark(replica.position()),
            None => self.all_scores_due = true,
        }
    }

    /// Takes what the extremes tell.
    pub fn look(&mut self, moment: Moment<'_>, scopes: &mut [Scope], fixed: usize, trackers: &Trackers) {
        let (cluster, now_ms) = (moment.cluster, moment.now.as_ms());
        while let Some(position) = self.rows_due.pop() {
            self.rows_spread_due.mark(position);
            let scope = &mut scopes[fixed + position];
            let level = rows_level(cluster, ReplicaIndex::at(position), scope, trackers);
            scope.rows.set_level(now_ms, level);
        }
        if std::mem::take(&mut self.all_scores_due) {
            (0..cluster.replicas().len()).for_each(|position| self.scores_due.mark(position));
        }
        if self.scores_due.is_empty() {
            return;
        }
        while let Some(position) = self.scores_due.pop() {
            self.scores_spread_due.mark(position);
            let scope = &mut scopes[fixed + position];
            self.gather_scores(moment, ReplicaIndex::at(position), scope, trackers);
            scope.score.set_level(now_ms, level(&self.numbers));
        }
        for place in 0..fixed {
            let mut greatest = Level::default();
            for scope in members(cluster, scopes, fixed, place) {
                let [max_difference, imbalance] = scope.score.level.values();
                greatest.max_difference = greater(greatest.max_difference, max_difference);
                greatest.imbalance = greater(greatest.imbalance, imbalance);
            }
            scopes[place].score.set_level(now_ms, greatest);
        }
    }

    /// Takes what all numbers tell.
    pub fn sample(&mut self, moment: Moment<'_>, scopes: &mut [Scope], fixed: usize, trackers: &Trackers) {
        let (cluster, now_ms) = (moment.cluster, moment.now.as_ms());
        while let Some(position) = self.rows_spread_due.pop() {
            let scope = &mut scopes[fixed + position];
            let zeros = self.gather_rows(cluster, ReplicaIndex::at(position), scope, trackers);
            // Whole numbers sort several times faster.
            self.rows.sort_unstable();
            self.numbers.clear();
            self.numbers.extend(self.rows.iter().map(|rows| *rows as f64));
            scope.rows.set_spread(now_ms, skew::spread(zeros, &self.numbers));
        }
        if self.scores_spread_due.is_empty() {
            return;
        }
        while let Some(position) = self.scores_spread_due.pop() {
            let scope = &mut scopes[fixed + position];
            self.gather_scores(moment, ReplicaIndex::at(position), scope, trackers);
            self.numbers.sort_unstable_by(f64::total_cmp);
            scope.score.set_spread(now_ms, skew::spread(0, &self.numbers));
        }
        for place in 0..fixed {
            let mut greatest = Spread::default();
            for scope in members(cluster, scopes, fixed, place) {
                let [cv, gini] = scope.score.spread.values();
                greatest.cv = greater(greatest.cv, cv);
                greatest.gini = greater(greatest.gini, gini);
            }
            scopes[place].score.set_spread(now_ms, greatest);
        }
    }

    /// The rows of a replica on the counted nodes that hold something of it; returns how many of its
    /// counted nodes hold nothing.
    fn gather_rows(
        &mut self,
        cluster: &Cluster,
        replica: ReplicaIndex,
        scope: &Scope,
        trackers: &Trackers,
    ) -> usize {
        self.rows.clear();
        let Some(slot) = scope.level_slot else { return 0 };
        let tracker = trackers.at(slot);
        let counted = cluster.replica(replica).holdings().iter();
        self.rows.extend(counted.filter(|holding| tracker.nodes.has(holding.node)).map(|one| one.rows));
        tracker.members.len() - self.rows.len()
    }

    /// The scores of a replica's counted nodes, as the coordinator has them.
    fn gather_scores(
        &mut self,
        moment: Moment<'_>,
        replica: ReplicaIndex,
        scope: &Scope,
        trackers: &Trackers,
    ) {
        self.numbers.clear();
        let Some(slot) = scope.level_slot else { return };
        let tracker = trackers.at(slot);
        let scores = moment.coordinator.last_scores(replica).iter();
        self.numbers.extend(scores.filter(|(node, _)| tracker.nodes.has(*node)).map(|(_, score)| score));
    }
}

/// What the extremes of a replica's rows tell, in one pass: this is done at every change.
fn rows_level(cluster: &Cluster, replica: ReplicaIndex, scope: &Scope, trackers: &Trackers) -> Level {
    let Some(slot) = scope.level_slot else { return Level::default() };
    let tracker = trackers.at(slot);
    let (mut lowest, mut highest, mut sum, mut holders) = (u64::MAX, 0, 0, 0);
    for holding in cluster.replica(replica).holdings() {
        if tracker.nodes.has(holding.node) {
            lowest = lowest.min(holding.rows);
            highest = highest.max(holding.rows);
            sum += holding.rows;
            holders += 1;
        }
    }
    let count = tracker.members.len();
    let lowest = if holders < count { 0 } else { lowest };
    skew::level(count, lowest as f64, highest as f64, sum as f64 / count as f64)
}

fn level(numbers: &[f64]) -> Level {
    let (lowest, highest) = skew::extremes(numbers.iter().copied());
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    skew::level(numbers.len(), lowest, highest, mean)
}

/// The replicas of the cluster (place 0) or of a resource group (the places after it).
fn members<'a>(
    cluster: &'a Cluster,
    scopes: &'a [Scope],
    fixed: usize,
    place: usize,
) -> impl Iterator<Item = &'a Scope> {
    cluster
        .replicas()
        .iter()
        .zip(&scopes[fixed..])
        .filter(move |(replica, _)| place == 0 || replica.resource_group.position() + 1 == place)
        .map(|(_, scope)| scope)
}
