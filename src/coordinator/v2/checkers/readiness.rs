//! Which collections a round takes up, and the grounds for which it passes over others (section 6.3).

use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome};
use crate::coordinator::v2::state::{LoadStatus, QueryCoordV2};
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::policy::reason::{Reason, ReasonCode};
use crate::policy::view::segment::Target;
use crate::release::Quirk;
use std::collections::BTreeSet;

impl QueryCoordV2 {
    /// Collections that enter a queue, ascending: for draining all that have a target, else those that serve.
    pub fn eligible(&self, is_draining: bool) -> Vec<CollectionIndex> {
        if is_draining {
            return self.targeted().collect();
        }
        self.loaded().filter(|one| self.is_ready(*one)).collect()
    }

    /// Whether a collection enters the queue of normal balance: it has channels, and all of them serve.
    fn is_ready(&self, collection: CollectionIndex) -> bool {
        if !self.release.has(Quirk::NeedsServiceableChannels) {
            return true;
        }
        let is_any_gone = !self.collections[collection.position()].gone.is_empty();
        self.view.collection(collection).is_served()
            && (!is_any_gone || self.idle_channels(collection).is_empty())
    }

    /// Shards (replica and channel) whose delegator does not serve, since no node of its replica reports a
    /// segment of the current target any more.
    fn idle_channels(&self, collection: CollectionIndex) -> BTreeSet<(ReplicaIndex, ChannelIndex)> {
        let mut idle = BTreeSet::new();
        for segment in &self.collections[collection.position()].gone {
            for replica in self.unserved(collection, *segment) {
                idle.insert((replica, self.view.segment(*segment).channel));
            }
        }
        idle
    }

    /// Replicas of a collection that need a segment and whose nodes do not report it.
    fn unserved(
        &self,
        collection: CollectionIndex,
        segment: SegmentIndex,
    ) -> impl Iterator<Item = ReplicaIndex> + '_ {
        let channel = self.view.segment(segment).channel;
        let is_needed = self.view.is_in_target(segment, Target::Current);
        let replicas = self.view.collection(collection).replicas().iter().copied();
        replicas.filter(move |replica| {
            let members = self.view.replica(*replica);
            is_needed
                && self.leader_of(*replica, channel).is_some()
                && !self.view.holders().of(segment).any(|node| members.has_any(node))
        })
    }

    /// A node no longer reports its copy of a segment: a channel may not serve without it.
    pub(in crate::coordinator::v2) fn note_gone(&mut self, segment: SegmentIndex) {
        if self.release.has(Quirk::NeedsServiceableChannels)
            && self.view.is_in_target(segment, Target::Current)
        {
            let collection = self.view.segment(segment).collection;
            self.collections[collection.position()].gone.insert(segment);
        }
    }

    /// A node's whole distribution goes.
    pub(in crate::coordinator::v2) fn note_all_gone(&mut self, node: NodeIndex) {
        for collection in (0..self.view.collection_count()).map(CollectionIndex::at) {
            let copies = self.view.copies(collection, node).iter();
            for segment in copies.map(|copy| copy.segment).collect::<Vec<SegmentIndex>>() {
                self.note_gone(segment);
            }
        }
    }

    /// After a restart: any segment may have gone meanwhile.
    pub(in crate::coordinator::v2) fn doubt_all(&mut self) {
        for collection in (0..self.collections.len()).map(CollectionIndex::at) {
            self.doubt(collection);
        }
    }

    /// Any segment of a collection's current target may be missing, as in a new replica.
    pub(in crate::coordinator::v2) fn doubt(&mut self, collection: CollectionIndex) {
        if self.release.has(Quirk::NeedsServiceableChannels) {
            let record = &mut self.collections[collection.position()];
            record.gone.extend(record.current.iter());
        }
    }

    /// Forgets about segments that are there again, or no longer needed.
    pub(super) fn look_at_channels(&mut self) {
        for collection in (0..self.collections.len()).map(CollectionIndex::at) {
            if self.collections[collection.position()].gone.is_empty() {
                continue;
            }
            let mut gone = std::mem::take(&mut self.collections[collection.position()].gone);
            gone.retain(|segment| self.unserved(collection, *segment).next().is_some());
            self.collections[collection.position()].gone = gone;
        }
    }

    /// Says for which collections a new queue has no place.
    pub(super) fn tell_unready(&self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.tell_unloaded(hearing, outcome);
        for collection in self.loaded().filter(|collection| !self.is_ready(*collection)) {
            let known = hearing.cluster.collection(collection);
            let wanted = known.channels.len() * known.replicas.len();
            let reported = self.view.collection(collection).channel_entries();
            let serving = reported.saturating_sub(self.idle_channels(collection).len());
            let (left, right) = (serving as f64, reported.max(wanted) as f64);
            let reason = Reason::compared(ReasonCode::ChannelNotServiceable, None, left, right);
            for replica in &known.replicas {
                outcome.order(Order::Declined { replica: Some(*replica), reason });
            }
        }
    }

    /// Says which collections a round passes over as they are still being loaded.
    pub(super) fn tell_unloaded(&self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let targeted = self
            .targeted()
            .filter(|collection| self.collections[collection.position()].status == LoadStatus::Loading);
        for collection in targeted {
            for replica in &hearing.cluster.collection(collection).replicas {
                let reason = Reason::plain(ReasonCode::CollectionNotLoaded);
                outcome.order(Order::Declined { replica: Some(*replica), reason });
            }
        }
    }

    /// Says that normal balance, which would have had its turn, waits for draining; `count` = replicas (from
    /// queues on: tasks) of draining in this tick.
    pub(super) fn tell_draining(&self, count: f64, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.is_active && self.in_force.auto_balance && self.is_spaced(hearing) {
            let reason = Reason::compared(ReasonCode::StoppingFirst, None, count, 0.0);
            outcome.order(Order::Declined { replica: None, reason });
        }
    }
}
