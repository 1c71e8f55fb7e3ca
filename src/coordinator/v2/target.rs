//! Targets: what should be loaded now, and next (section 3).

use super::state::{LoadStatus, QueryCoordV2};
use super::target_set::TargetSet;
use super::tickers::{after, next_tick};
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome, Turn};
use crate::model::cluster::Cluster;
use crate::model::ids::{CollectionIndex, ReplicaIndex, SegmentIndex};
use crate::model::segment::SegmentState;
use crate::policy::view::segment::{SegmentCopy, Target};
use crate::units::SimTime;

impl QueryCoordV2 {
    /// Whether the next target of a loaded collection is another than the current one.
    pub(super) fn is_behind(&self, collection: CollectionIndex) -> bool {
        self.behind.contains(&collection)
    }

    /// The targets or the status of a collection have changed.
    pub(super) fn targets_changed(&mut self, collection: CollectionIndex) {
        let record = &mut self.collections[collection.position()];
        record.lacking = None;
        if record.is_behind() {
            self.behind.insert(collection);
        } else {
            self.behind.remove(&collection);
        }
    }

    /// At t = 0 both targets of what is loaded hold all of it.
    pub(super) fn adopt_targets(&mut self, cluster: &Cluster) {
        for collection in cluster.collection_indices() {
            let known = cluster.collection(collection);
            let record = &mut self.collections[collection.position()];
            record.listed = TargetSet::of(known.segments.clone());
            if known.replicas.is_empty() {
                continue;
            }
            record.status = LoadStatus::Loaded;
            record.current = record.listed.clone();
            record.next = record.listed.clone();
            for segment in &known.segments {
                self.view.set_in_target(*segment, Target::Current, true);
                self.view.set_in_target(*segment, Target::Next, true);
            }
            let channels = Some(known.channels.clone());
            let view = self.view.collection_mut(collection);
            view.current_channels.clone_from(&channels);
            view.next_channels = channels;
        }
    }

    /// The data coordinator lists a new segment, and those that it replaces no more.
    pub(super) fn list_segment(
        &mut self,
        segment: SegmentIndex,
        parents: &[SegmentIndex],
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let collection = hearing.cluster.segments().collection(segment);
        let record = &mut self.collections[collection.position()];
        if hearing.cluster.segments().state(segment) == SegmentState::Sealed {
            record.listed.insert(segment);
        }
        for parent in parents {
            record.listed.remove(*parent);
        }
        if record.status != LoadStatus::Released {
            self.arm_refresh(hearing, outcome);
        }
    }

    /// Until when a next target that is not reached is kept; `None` = it may be made anew at any time.
    fn next_expires(&self, collection: CollectionIndex) -> Option<SimTime> {
        let since = self.collections[collection.position()].next_since?;
        self.is_behind(collection).then(|| since.saturating_add(self.in_force.next_target_survival))
    }

    /// Lists and targets may differ at the next tick of the target observer.
    pub(super) fn arm_refresh(&self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.arm_refresh_from(hearing.now, outcome);
    }

    fn arm_refresh_from(&self, from: SimTime, outcome: &mut Outcome) {
        let period = self.in_force.target_period_ms;
        let at = next_tick(self.tickers.observers_since, period, from);
        outcome.order(Order::TurnAt { turn: Turn::RefreshTargets, at });
    }

    /// The next target of every collection becomes what the data coordinator lists.
    pub(super) fn refresh_targets(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.is_naive {
            let at =
                next_tick(self.tickers.observers_since, self.in_force.target_period_ms, after(hearing.now));
            outcome.order(Order::TurnAt { turn: Turn::RefreshTargets, at });
        }
        for collection in hearing.cluster.collection_indices() {
            let record = &self.collections[collection.position()];
            if record.status == LoadStatus::Released || record.next == record.listed {
                continue;
            }
            if let Some(expires) = self.next_expires(collection)
                && hearing.now <= expires
            {
                // One that is not reached yet stays; promotion asks anew.
                self.arm_refresh_from(after(expires), outcome);
                continue;
            }
            self.set_next(collection, hearing);
            self.await_promotion(collection, hearing, outcome);
            self.arm_segments(hearing.now, outcome);
        }
    }

    /// A replica has other nodes, or a collection begins to load, perhaps with copies that are still there: the
    /// next report of any node brings a look at the targets, whatever it shows.
    pub(super) fn await_report(&mut self, from: SimTime, outcome: &mut Outcome) {
        self.awaits_report = true;
        let nodes = self.nodes.iter().filter(|node| node.since.is_some());
        if let Some(at) = nodes.map(|node| node.pulls.next(from)).min() {
            outcome.order(Order::TurnAt { turn: Turn::ObserveTargets, at });
        }
    }

    /// Makes what is listed the next target of a collection.
    pub(super) fn set_next(&mut self, collection: CollectionIndex, hearing: Hearing<'_>) {
        let record = &mut self.collections[collection.position()];
        record.next_since = Some(hearing.now);
        let before = std::mem::replace(&mut record.next, record.listed.clone());
        let changed = before.differences(&record.next);
        self.targets_changed(collection);
        for segment in changed {
            let is_in = self.collections[collection.position()].next.has(segment);
            self.view.set_in_target(segment, Target::Next, is_in);
            self.suspects.insert(segment);
        }
    }

    /// Next targets that are loaded everywhere become current.
    pub(super) fn observe_targets(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.awaits_report = false;
        let behind: Vec<CollectionIndex> = self.behind.iter().copied().collect();
        debug_assert!(
            hearing.cluster.collection_indices().all(|collection| {
                self.is_behind(collection) == self.collections[collection.position()].is_behind()
            }),
            "whoever changes targets says so"
        );
        for collection in behind {
            if self.is_reached(collection, hearing.cluster) {
                if self.collections[collection.position()].status == LoadStatus::Loading {
                    // Where nothing was loaded, balance rested.
                    self.arm_balance(hearing.now, outcome);
                }
                // What serves from now on no longer grows in the reports to come.
                self.catch_up(hearing);
                self.promote_target(collection, outcome);
                let record = &self.collections[collection.position()];
                if record.next != record.listed {
                    self.arm_refresh_from(after(hearing.now), outcome);
                }
            }
        }
        if !self.suspects.is_empty() {
            self.arm_segments(hearing.now, outcome);
        }
    }

    /// Whether every replica holds the next target and leads all its channels.
    fn is_reached(&mut self, collection: CollectionIndex, cluster: &Cluster) -> bool {
        let known = cluster.collection(collection);
        let record = &self.collections[collection.position()];
        let lacks = |replica: ReplicaIndex, segment: SegmentIndex| {
            let members = self.view.replica(replica);
            !self.view.holders().any(segment, |node| members.has(node))
        };
        let still_lacks = |(replica, segment)| known.replicas.contains(&replica) && lacks(replica, segment);
        if record.lacking.is_some_and(still_lacks) {
            return false;
        }
        let leads = |replica: ReplicaIndex| {
            known.channels.iter().all(|channel| self.leader_of(replica, *channel).is_some())
        };
        if known.replicas.is_empty() || !known.replicas.iter().all(|replica| leads(*replica)) {
            return false;
        }
        // The newest are the last to be loaded.
        let lacking = known.replicas.iter().find_map(|replica| {
            let mut newest_first = record.next.iter().rev();
            newest_first.find(|segment| lacks(*replica, *segment)).map(|segment| (*replica, segment))
        });
        self.collections[collection.position()].lacking = lacking;
        lacking.is_none()
    }

    fn promote_target(&mut self, collection: CollectionIndex, outcome: &mut Outcome) {
        let record = &mut self.collections[collection.position()];
        let before = std::mem::replace(&mut record.current, record.next.clone());
        record.status = LoadStatus::Loaded;
        if let Some(request) = record.request.take() {
            outcome.order(Order::Answer { request, result: Ok(()) });
        }
        let changed = before.differences(&record.current);
        self.targets_changed(collection);
        for segment in changed {
            let is_in = self.collections[collection.position()].current.has(segment);
            self.view.set_in_target(segment, Target::Current, is_in);
            self.suspects.insert(segment);
            if is_in {
                outcome.order(Order::HandedOver(segment));
            } else {
                self.forget_rows(collection, segment);
            }
        }
        let view = self.view.collection_mut(collection);
        view.current_channels.clone_from(&view.next_channels);
    }

    /// Copies of a segment that no target names have no rows.
    fn forget_rows(&mut self, collection: CollectionIndex, segment: SegmentIndex) {
        let holders: Vec<_> = self.view.holders().of(segment).collect();
        for node in holders {
            let copies = self.view.copies(collection, node);
            let version = copies.iter().find(|copy| copy.segment == segment).map(|copy| copy.version);
            if let Some(version) = version {
                self.view.set_copy(node, SegmentCopy { rows: 0, segment, version });
            }
        }
    }
}
