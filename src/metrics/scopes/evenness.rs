//! Sealed rows and scores by replica, taken only where a replica was touched or looked at.

use super::greatest::{GreatestLevels, members};
use super::marks::Marks;
use super::replica_rows::ReplicaRows;
use super::replica_scores::{self, LastScores, ReplicaScores, ScoreSorter};
use super::scope::Scope;
use super::spread_batch::SpreadBatch;
use super::trackers::Trackers;
use crate::metrics::skew::{Level, Spread};
use crate::metrics::spans::greater;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::simulation::history::Moment;

/// Which replicas have rows or scores that are not shown yet.
#[derive(Debug, Clone, Default)]
pub struct ReplicaEvenness {
    rows_due: Marks,
    rows_spread_due: Marks,
    scores_due: Marks,
    scores_spread_due: Marks,
    all_scores_due: bool,
    /// Whether replicas may be in other resource groups: what their groups show as the greatest is due, at once
    /// and at the next sample.
    greatest_due: bool,
    greatest_spread_due: bool,
    greatest: GreatestLevels,
    /// By replica.
    rows: Vec<ReplicaRows>,
    scores: Vec<ReplicaScores>,
    score_sorter: ScoreSorter,
    /// Scores of the replica in hand.
    numbers: Vec<(NodeIndex, f64)>,
    /// Lent to the rows in hand; zero otherwise.
    by_node: Vec<u64>,
    batch: SpreadBatch,
}

impl ReplicaEvenness {
    /// The holdings or the nodes of a replica changed.
    pub fn touched(&mut self, replica: ReplicaIndex) {
        self.rows_due.mark(replica.position());
    }

    /// The policy looked at a replica (`None` = at all), or its nodes changed.
    pub fn looked_at(&mut self, replica: Option<ReplicaIndex>) {
        match replica {
            Some(replica) => self.scores_due.mark(replica.position()),
            None => self.all_scores_due = true,
        }
    }

    /// Replicas may be in other resource groups than before.
    pub fn regrouped(&mut self) {
        self.greatest.regrouped();
        self.greatest_due = true;
        self.greatest_spread_due = true;
    }

    /// Takes what the extremes tell.
    #[inline]
    pub fn look(&mut self, moment: Moment<'_>, scopes: &mut [Scope], fixed: usize, trackers: &Trackers) {
        let is_any_due = !self.rows_due.is_empty()
            || !self.scores_due.is_empty()
            || self.all_scores_due
            || self.greatest_due;
        if is_any_due || self.rows.len() != moment.cluster.replicas().len() {
            self.look_at_due(moment, scopes, fixed, trackers);
        }
    }

    fn look_at_due(&mut self, moment: Moment<'_>, scopes: &mut [Scope], fixed: usize, trackers: &Trackers) {
        let (cluster, now_ms) = (moment.cluster, moment.now.as_ms());
        if self.rows.len() < cluster.replicas().len() {
            self.rows.resize_with(cluster.replicas().len(), ReplicaRows::default);
            self.scores.resize_with(cluster.replicas().len(), ReplicaScores::default);
        }
        for change in cluster.changes().held() {
            self.rows[change.replica.position()].follow(change);
        }
        while let Some(position) = self.rows_due.pop() {
            self.rows_spread_due.mark(position);
            let scope = &mut scopes[fixed + position];
            let level = match scope.level_slot {
                Some(slot) => self.rows[position].level(&cluster.replicas()[position], trackers.at(slot)),
                None => Level::default(),
            };
            scope.rows.set_level(now_ms, level);
        }
        if std::mem::take(&mut self.all_scores_due) {
            // Those whose nodes changed are marked by themselves.
            for (position, kept) in self.scores.iter().enumerate() {
                if kept.was_looked_at_since(moment.coordinator.looks(ReplicaIndex::at(position))) {
                    self.scores_due.mark(position);
                }
            }
        }
        let mut is_any_new = std::mem::take(&mut self.greatest_due);
        while let Some(position) = self.scores_due.pop() {
            is_any_new |= self.look_at_scores(moment, position, &mut scopes[fixed + position], trackers);
        }
        if is_any_new {
            self.greatest.show(cluster, scopes, fixed, now_ms);
        }
    }

    /// Takes the extremes of a replica's scores, if they can differ.
    fn look_at_scores(
        &mut self,
        moment: Moment<'_>,
        position: usize,
        scope: &mut Scope,
        trackers: &Trackers,
    ) -> bool {
        let replica = ReplicaIndex::at(position);
        let level = match scope.level_slot {
            Some(slot) => {
                let (tracker, looks) = (trackers.at(slot), moment.coordinator.looks(replica));
                if !self.scores[position].may_differ(looks, &tracker.nodes) {
                    return false;
                }
                let scores =
                    LastScores::of(moment.coordinator, replica, moment.cluster, tracker, &mut self.numbers);
                self.scores[position].note(looks, scores, tracker);
                replica_scores::level(scores, tracker)
            }
            None => {
                self.scores[position] = ReplicaScores::default();
                Level::default()
            }
        };
        self.scores_spread_due.mark(position);
        let [max_difference, imbalance] = scope.score.level.values();
        let group = moment.cluster.replica(replica).resource_group;
        self.greatest.replace(1 + group.position(), Level { max_difference, imbalance }, level);
        scope.score.set_level(moment.now.as_ms(), level);
        true
    }

    /// Takes what all numbers tell.
    #[inline]
    pub fn sample(&mut self, moment: Moment<'_>, scopes: &mut [Scope], fixed: usize, trackers: &Trackers) {
        if !self.rows_spread_due.is_empty() {
            self.sample_rows(moment, scopes, fixed, trackers);
        }
        if std::mem::take(&mut self.greatest_spread_due) || !self.scores_spread_due.is_empty() {
            self.sample_scores(moment, scopes, fixed, trackers);
        }
    }

    fn sample_rows(&mut self, moment: Moment<'_>, scopes: &mut [Scope], fixed: usize, trackers: &Trackers) {
        let (cluster, now_ms) = (moment.cluster, moment.now.as_ms());
        while let Some(position) = self.rows_spread_due.pop() {
            let place = fixed + position;
            let Some(slot) = scopes[place].level_slot else {
                scopes[place].rows.set_spread(now_ms, Spread::default());
                continue;
            };
            let (rows, replica, tracker) =
                (&mut self.rows[position], &cluster.replicas()[position], trackers.at(slot));
            rows.collect(replica, tracker, &mut self.by_node, self.batch.list());
            if self.batch.add(place, tracker.members.len() - rows.counted()) {
                self.batch.drain().for_each(|(place, spread)| scopes[place].rows.set_spread(now_ms, spread));
            }
        }
        self.batch.drain().for_each(|(place, spread)| scopes[place].rows.set_spread(now_ms, spread));
    }

    fn sample_scores(&mut self, moment: Moment<'_>, scopes: &mut [Scope], fixed: usize, trackers: &Trackers) {
        let (cluster, now_ms) = (moment.cluster, moment.now.as_ms());
        while let Some(position) = self.scores_spread_due.pop() {
            let place = fixed + position;
            let Some(slot) = scopes[place].level_slot else {
                scopes[place].score.set_spread(now_ms, Spread::default());
                continue;
            };
            let replica = ReplicaIndex::at(position);
            let tracker = trackers.at(slot);
            let scores =
                LastScores::of(moment.coordinator, replica, moment.cluster, tracker, &mut self.numbers);
            self.score_sorter.collect(scores, tracker, self.batch.list());
            if self.batch.add(place, 0) {
                self.batch.drain().for_each(|(place, spread)| scopes[place].score.set_spread(now_ms, spread));
            }
        }
        self.batch.drain().for_each(|(place, spread)| scopes[place].score.set_spread(now_ms, spread));
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
}
