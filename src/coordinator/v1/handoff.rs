//! Handoff: announced segments (flushed or compacted) are loaded into every replica.
//!
//! Source: specification section 15. Index and segment lock are taken as ready at once: neither is part of
//! a scenario.

use super::children::{Child, ChildState, ChildWork};
use super::settings::HANDOFF_POLL_MS;
use super::state::{QueryCoordV1, Running};
use super::trigger_pass::wait;
use super::trigger_queue::TaskKind;
use super::turns::next_multiple;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{LoadItem, Order, Outcome, Turn};
use crate::model::few::Few;
use crate::model::ids::SegmentIndex;
use crate::model::segment::SegmentState;
use crate::policy::allocate::{AllocateError, Filter};
use smallvec::smallvec;

/// An announced segment.
#[derive(Debug, Clone)]
pub struct Handoff {
    segment: SegmentIndex,
    parents: Vec<SegmentIndex>,
    /// Whether its task has been enqueued; else it is ready for the next look.
    is_triggered: bool,
}

impl QueryCoordV1 {
    /// Takes an announcement up, and looks at all that are ready.
    pub(super) fn announce(
        &mut self,
        segment: SegmentIndex,
        parents: &[SegmentIndex],
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        // A long queue of hand-offs is gone through only where another one than the new one may be ready.
        let is_first = self.ready_handoffs == 0;
        let from = if is_first { self.handoffs.len() } else { 0 };
        self.handoffs.push(Handoff { segment, parents: parents.to_vec(), is_triggered: false });
        self.ready_handoffs += 1;
        if self.is_healthy {
            self.look_at_handoffs_from(from, hearing, outcome);
        }
    }

    /// Enqueues every announcement that is ready; those that nobody wants are cancelled.
    pub(super) fn look_at_handoffs(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.look_at_handoffs_from(0, hearing, outcome);
    }

    /// The same, where all before the place `from` are triggered.
    fn look_at_handoffs_from(&mut self, from: usize, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.ready_handoffs == 0 {
            return;
        }
        let mut handoffs = self.handoffs.split_off(from);
        handoffs.retain(|handoff| {
            let collection = hearing.cluster.segments().collection(handoff.segment);
            let is_loaded = !hearing.cluster.collection(collection).replicas.is_empty();
            handoff.is_triggered || (self.settings.auto_handoff && is_loaded)
        });
        for handoff in handoffs.iter_mut().filter(|handoff| !handoff.is_triggered) {
            handoff.is_triggered = true;
            let kind = TaskKind::Handoff { segment: handoff.segment, parents: handoff.parents.clone() };
            self.enqueue_unattended(kind, hearing, outcome);
        }
        self.handoffs.append(&mut handoffs);
        self.ready_handoffs = 0;
    }

    /// Plans one child per replica; `None` = waits for memory, and the whole queue with it (quirk Q27).
    pub(super) fn execute_handoff(
        &mut self,
        segment: SegmentIndex,
        running: &mut Running,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Option<Result<(), String>> {
        let segments = hearing.cluster.segments();
        if segments.state(segment) == SegmentState::Gone {
            return Some(Ok(()));
        }
        running.children.clear();
        let anywhere = Filter { include: &[], exclude: &[] };
        for replica in hearing.cluster.collection(segments.collection(segment)).replicas.clone() {
            match self.allocate_segments(Some(replica), anywhere, &[segments.log_bytes(segment)], hearing) {
                Ok(nodes) => {
                    let items = smallvec![LoadItem { segment, number: None }];
                    let work = ChildWork::Load { items, replica: Some(replica) };
                    running.children.push(Child::new(work, nodes[0], Few::new()));
                }
                Err(error @ AllocateError::ReplicaNotFound) => return Some(Err(error.text().to_owned())),
                Err(_) => {
                    wait(hearing, outcome);
                    return None;
                }
            }
        }
        Some(Ok(()))
    }

    /// The task has ended: the segments replaced go, or the announcement is ready again.
    pub(super) fn end_handoff(
        &mut self,
        segment: SegmentIndex,
        parents: &[SegmentIndex],
        running: &Running,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        if !running.is_well() {
            let announced = self.handoffs.iter_mut().filter(|handoff| handoff.segment == segment);
            for handoff in announced.filter(|handoff| handoff.is_triggered) {
                handoff.is_triggered = false;
                self.ready_handoffs += 1;
            }
            let at = next_multiple(hearing.now, HANDOFF_POLL_MS);
            outcome.order(Order::TurnAt { turn: Turn::HandoffPoll, at });
            return;
        }
        self.forget_handoff(segment);
        for parent in parents {
            let nodes: Vec<_> = self.records.nodes_of(*parent).collect();
            for node in nodes {
                self.records.displace(*parent, node);
                if hearing.cluster.node(node).is_alive() {
                    outcome.order(Order::Release { node, segment: *parent });
                }
            }
        }
        if running.children.iter().any(|child| child.state == ChildState::Done) {
            outcome.order(Order::HandedOver(segment));
        }
    }

    /// Takes the announcements of a segment out; nearly always there is one, near the front.
    fn forget_handoff(&mut self, segment: SegmentIndex) {
        let mut from = 0;
        while let Some(behind) = self.handoffs[from..].iter().position(|handoff| handoff.segment == segment) {
            from += behind;
            if !self.handoffs.remove(from).is_triggered {
                self.ready_handoffs -= 1;
            }
        }
    }
}
