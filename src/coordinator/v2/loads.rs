//! Loads of whole collections: begun, given up when nothing goes on, and taken up again by a restarted
//! coordinator (sections 5.1 and 13).
//!
//! Source: `internal/querycoordv2/observers/collection_observer.go` and `meta/collection_manager.go`.

use super::state::{LoadStatus, QueryCoordV2};
use super::target_set::TargetSet;
use crate::coordinator::command::CommandError;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome, RequestNumber, Turn};
use crate::model::ids::CollectionIndex;
use crate::policy::view::segment::Target;

impl QueryCoordV2 {
    /// A collection begins to load; its replicas have been ordered.
    pub(super) fn begin_load(
        &mut self,
        collection: CollectionIndex,
        request: RequestNumber,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        self.settle_idle_ticks(hearing.now);
        let record = &mut self.collections[collection.position()];
        record.status = LoadStatus::Loading;
        record.request = Some(request);
        (record.failure, record.recoveries) = (None, 0);
        self.unmerged.remove(&collection);
        self.set_next(collection, hearing);
        self.view.collection_mut(collection).next_channels =
            Some(hearing.cluster.collection(collection).channels.clone());
        self.channel_suspects.insert(collection);
        self.note_progress(collection, hearing);
        self.arm_give_up(collection, outcome);
        self.await_report(hearing.now, outcome);
    }

    /// Something of a collection was loaded.
    pub(super) fn note_progress(&mut self, collection: CollectionIndex, hearing: Hearing<'_>) {
        self.collections[collection.position()].progressed_at = hearing.now;
    }

    fn arm_give_up(&self, collection: CollectionIndex, outcome: &mut Outcome) {
        let since = self.collections[collection.position()].progressed_at;
        let at = since.saturating_add(self.in_force.load_timeout);
        outcome.order(Order::TurnAt { turn: Turn::GiveUpLoad(collection), at });
    }

    /// A load without progress for too long is given up: the collection is released, and the client hears
    /// of the last failure.
    pub(super) fn give_up_load(
        &mut self,
        collection: CollectionIndex,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let record = &self.collections[collection.position()];
        if record.status != LoadStatus::Loading {
            return;
        }
        if hearing.now < record.progressed_at.saturating_add(self.in_force.load_timeout) {
            self.arm_give_up(collection, outcome);
        } else {
            self.unload(collection, hearing, outcome);
        }
    }

    /// A coordinator that starts again takes up unfinished loads, but only so often (2.3.3 and later;
    /// before, it releases them at once).
    pub(super) fn recover_loads(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let limit = self.settings().recover_times();
        for collection in hearing.cluster.collection_indices() {
            let record = &mut self.collections[collection.position()];
            if record.status != LoadStatus::Loading {
                continue;
            }
            if record.recoveries >= limit {
                self.unload(collection, hearing, outcome);
            } else {
                record.recoveries += 1;
                self.note_progress(collection, hearing);
                self.arm_give_up(collection, outcome);
            }
        }
    }

    /// Everything of a collection is released; a client that still waits for its load hears why.
    pub(super) fn unload(
        &mut self,
        collection: CollectionIndex,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        self.settle_idle_ticks(hearing.now);
        // Who led its channels tells no growing rows any more: those of this moment stay in the picture.
        self.catch_up(hearing);
        for replica in hearing.cluster.collection(collection).replicas.clone() {
            self.drop_replica(replica, outcome);
        }
        let record = &mut self.collections[collection.position()];
        record.status = LoadStatus::Released;
        let (request, failure) = (record.request.take(), record.failure.take());
        let (current, next) = (std::mem::take(&mut record.current), std::mem::take(&mut record.next));
        self.behind.remove(&collection);
        let segments = TargetSet::of(current.iter().chain(next.iter()).collect());
        for segment in segments.iter() {
            self.view.set_in_target(segment, Target::Current, false);
            self.view.set_in_target(segment, Target::Next, false);
        }
        self.suspects.extend(segments.iter());
        let view = self.view.collection_mut(collection);
        view.current_channels = None;
        view.next_channels = None;
        self.channel_suspects.insert(collection);
        for task in self.tasks.ids() {
            if self.tasks.get(task).is_some_and(|task| task.what.collection == collection) {
                self.cancel_task(task, "collection released".to_owned(), hearing, outcome);
            }
        }
        if let Some(request) = request {
            let id = hearing.cluster.collection(collection).id;
            let not_loaded =
                || CommandError { code: 101, text: format!("collection not loaded[collection={id}]") };
            let result = Err(failure.map_or_else(not_loaded, |failure| self.shown_failure(&failure)));
            outcome.order(Order::Answer { request, result });
        }
        self.kick(hearing, outcome);
    }

    /// A failed load as a client sees it that asks how far its collection is.
    fn shown_failure(&self, failure: &CommandError) -> CommandError {
        let text = format!("show collection failed: {}", failure.text);
        self.error(failure.code, text.clone(), text.clone(), text)
    }
}
