//! Targets: what should be loaded now, and next (section 3).

use super::state::{LoadStatus, QueryCoordV2};
use super::tickers::{after, next_tick};
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome, Turn};
use crate::model::cluster::Cluster;
use crate::model::ids::{CollectionIndex, SegmentIndex};
use crate::model::segment::SegmentState;
use crate::policy::view::segment::{SegmentCopy, Target};
use crate::units::SimTime;
use std::collections::BTreeSet;
use std::sync::Arc;

impl QueryCoordV2 {
    /// Whether the next target of a loaded collection is another than the current one.
    pub(super) fn is_behind(&self, collection: CollectionIndex) -> bool {
        let record = &self.collections[collection.position()];
        match record.status {
            LoadStatus::Released => false,
            LoadStatus::Loading => true,
            LoadStatus::Loaded => record.current != record.next,
        }
    }

    /// At t = 0 both targets of what is loaded hold all of it.
    pub(super) fn adopt_targets(&mut self, cluster: &Cluster) {
        for collection in cluster.collection_indices() {
            let known = cluster.collection(collection);
            let listed: BTreeSet<SegmentIndex> = known.segments.iter().copied().collect();
            let record = &mut self.collections[collection.position()];
            record.listed = Arc::new(listed);
            if known.replicas.is_empty() {
                continue;
            }
            record.status = LoadStatus::Loaded;
            record.current = Arc::clone(&record.listed);
            record.next = Arc::clone(&record.listed);
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
            Arc::make_mut(&mut record.listed).insert(segment);
        }
        for parent in parents {
            Arc::make_mut(&mut record.listed).remove(parent);
        }
        if record.status != LoadStatus::Released {
            self.arm_refresh(hearing, outcome);
        }
    }

    /// Until when a next target that is not reached is kept; `None` = it may be made anew at any time.
    fn next_expires(&self, collection: CollectionIndex) -> Option<SimTime> {
        let since = self.collections[collection.position()].next_since?;
        self.is_behind(collection).then(|| since.saturating_add(self.settings().next_target_survival()))
    }

    /// Lists and targets may differ at the next tick of the target observer.
    pub(super) fn arm_refresh(&self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.arm_refresh_from(hearing.now, outcome);
    }

    fn arm_refresh_from(&self, from: SimTime, outcome: &mut Outcome) {
        let period = self.settings().target_period_ms();
        let at = next_tick(self.tickers.observers_since, period, from);
        outcome.order(Order::TurnAt { turn: Turn::RefreshTargets, at });
    }

    /// The next target of every collection becomes what the data coordinator lists.
    pub(super) fn refresh_targets(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.is_naive {
            let at = next_tick(
                self.tickers.observers_since,
                self.settings().target_period_ms(),
                after(hearing.now),
            );
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
        let before = std::mem::replace(&mut record.next, Arc::clone(&record.listed));
        let changed: Vec<SegmentIndex> = before.symmetric_difference(&record.next).copied().collect();
        for segment in changed {
            let is_in = self.collections[collection.position()].next.contains(&segment);
            self.view.set_in_target(segment, Target::Next, is_in);
            self.suspects.insert(segment);
        }
    }

    /// Next targets that are loaded everywhere become current.
    pub(super) fn observe_targets(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.awaits_report = false;
        for collection in hearing.cluster.collection_indices() {
            if self.is_behind(collection) && self.is_reached(collection, hearing.cluster) {
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
    fn is_reached(&self, collection: CollectionIndex, cluster: &Cluster) -> bool {
        let known = cluster.collection(collection);
        let record = &self.collections[collection.position()];
        !known.replicas.is_empty()
            && known.replicas.iter().all(|replica| {
                let members = self.view.replica(*replica);
                known.channels.iter().all(|channel| self.leader_of(*replica, *channel).is_some())
                    && record
                        .next
                        .iter()
                        // The newest are the last to be loaded.
                        .rev()
                        .all(|segment| self.view.holders().of(*segment).any(|node| members.has(node)))
            })
    }

    fn promote_target(&mut self, collection: CollectionIndex, outcome: &mut Outcome) {
        let record = &mut self.collections[collection.position()];
        let before = std::mem::replace(&mut record.current, Arc::clone(&record.next));
        record.status = LoadStatus::Loaded;
        if let Some(request) = record.request.take() {
            outcome.order(Order::Answer { request, result: Ok(()) });
        }
        let changed: Vec<SegmentIndex> = before.symmetric_difference(&record.current).copied().collect();
        for segment in changed {
            let is_in = self.collections[collection.position()].current.contains(&segment);
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
