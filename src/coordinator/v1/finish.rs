//! The end of a trigger task: metadata is written, old copies are released, whoever waits is told.
//!
//! Source: specification sections 6.3, 12 and 13.4.

use super::children::{ChildState, ChildWork};
use super::state::{QueryCoordV1, Running};
use super::trigger_queue::TaskKind;
use super::turns::refusal;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{MoveOutcome, Order, Outcome};
use crate::model::ids::{NodeIndex, ReplicaIndex, SegmentIndex};
use crate::release::Quirk;

impl QueryCoordV1 {
    /// Ends a task whose children have all ended.
    pub(super) fn finish(&mut self, mut running: Running, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let is_recovery = matches!(running.task.kind, TaskKind::NodeDown { .. });
        let is_well = running.is_well();
        if is_well || (is_recovery && self.release.has(Quirk::FailedRecoveryWritesMetadata)) {
            self.write_metadata(&running, hearing, outcome);
        }
        self.end_moves(&mut running, outcome);
        if let Some(request) = running.task.request {
            let result = if is_well { Ok(()) } else { Err(refusal(running.reason.clone())) };
            outcome.order(Order::Answer { request, result });
        }
        match &running.task.kind {
            TaskKind::Balance(task) if task.planned.is_some() => self.next_round_move(hearing, outcome),
            TaskKind::Balance(_) | TaskKind::ReleaseCollection { .. } => {}
            TaskKind::Handoff { segment, parents } => {
                self.end_handoff(*segment, parents, &running, hearing, outcome);
            }
            TaskKind::NodeDown { node } => self.end_node_down(*node, &running, hearing, outcome),
            TaskKind::LoadCollection { collection, .. } => {
                self.end_load(*collection, &running, hearing, outcome)
            }
        }
    }

    /// Records the new placement of every segment loaded, and has the displaced copies released.
    fn write_metadata(&mut self, running: &Running, hearing: Hearing<'_>, outcome: &mut Outcome) {
        for child in &running.children {
            let ChildWork::Load { items, replica } = &child.work else { continue };
            for item in items {
                self.record_placement(item.segment, child.node, *replica, hearing, outcome);
                if child.state != ChildState::Done {
                    self.phantoms.insert((item.segment, child.node));
                }
            }
        }
    }

    /// Of the nodes recorded for the segment the first that serves the same replica, or none at all, gives
    /// way to the new one.
    fn record_placement(
        &mut self,
        segment: SegmentIndex,
        node: NodeIndex,
        replica: Option<ReplicaIndex>,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let cluster = hearing.cluster;
        let collection = cluster.segments().collection(segment);
        let new_home = cluster.replica_of(collection, node).or(replica);
        let gives_way = |old: &NodeIndex| {
            let home = cluster.replica_of(collection, *old);
            home.is_none() || home == new_home
        };
        let displaced = self.records.nodes_of(segment).find(gives_way);
        if displaced == Some(node) {
            return;
        }
        if let Some(old) = displaced {
            self.records.displace(segment, old);
            if cluster.node(old).is_alive() {
                outcome.order(Order::Release { node: old, segment });
            }
        }
        self.records.place(segment, node);
    }

    /// Every move of the task ends: completed when its placement was written, cancelled when its segment
    /// was skipped, failed otherwise.
    fn end_moves(&mut self, running: &mut Running, outcome: &mut Outcome) {
        let is_well = running.is_well();
        let is_loaded = |number| {
            running.children.iter().any(|child| match &child.work {
                ChildWork::Load { items, .. } => items.iter().any(|item| item.number == Some(number)),
                ChildWork::Watch(_) => false,
            })
        };
        for number in std::mem::take(&mut running.open_moves) {
            let ended = match (is_well, is_loaded(number)) {
                (true, true) => MoveOutcome::Completed,
                (true, false) => MoveOutcome::Cancelled,
                (false, _) => MoveOutcome::Failed,
            };
            outcome.order(Order::MoveEnd { number, outcome: ended });
        }
    }
}
