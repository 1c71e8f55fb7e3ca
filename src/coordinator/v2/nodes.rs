//! Sessions of nodes: they come, announce their stop, and go (section 11.1).

use super::state::{NodeRecord, QueryCoordV2};
use super::tasks::{ActionKind, Progress, Subject, TaskId};
use super::tickers::Grid;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome, Turn};
use crate::model::ids::{CollectionIndex, NodeIndex, SegmentIndex};
use crate::model::query_node::NodeState as TrueState;
use crate::policy::view::node::NodeState;
use crate::release::Quirk;

impl QueryCoordV2 {
    /// Takes a session in.
    pub(super) fn know(&mut self, node: NodeIndex, hearing: Hearing<'_>) {
        let session = hearing.cluster.node(node);
        let state = match session.state {
            TrueState::Stopping if self.release.has(Quirk::RestartForgetsStopping) && self.has_started => {
                NodeState::Normal
            }
            TrueState::Stopping => NodeState::Stopping,
            TrueState::Suspended if self.release.has(Quirk::SuspendedState) => NodeState::Suspended,
            _ => NodeState::Normal,
        };
        let is_suspended = session.state == TrueState::Suspended;
        self.know_cpu(session.cpu);
        let pulls = Grid::started(hearing.now, self.in_force.pull_period_ms);
        let passes = Grid::started(hearing.now, self.in_force.pass_period_ms);
        self.nodes[node.position()] =
            NodeRecord { since: Some(hearing.now), pulls, passes, is_suspended, ..NodeRecord::default() };
        let mut view = self.view.node_mut(node);
        (view.state, view.memory_mib, view.is_exhausted) = (state, 0, false);
    }

    /// A node's session appeared.
    pub(super) fn take_in(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.know(node, hearing);
        self.arm_pull(node, hearing.now, outcome);
        if self.is_naive {
            self.arm_next_pass(node, hearing, outcome);
        }
        self.enter_group(node, hearing, outcome);
        self.after_change(hearing, outcome);
        self.kick(hearing, outcome);
    }

    /// A node announced its stop.
    pub(super) fn note_stop(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if !self.view.knows(node) {
            return;
        }
        self.view.node_mut(node).state = NodeState::Stopping;
        self.leave_group(node, hearing, outcome);
        self.after_change(hearing, outcome);
        self.kick(hearing, outcome);
    }

    /// A node's session is gone: its puller and executor, its distribution and its tasks go.
    pub(super) fn forget(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.nodes[node.position()] = NodeRecord::default();
        self.view.node_mut(node).state = NodeState::Unknown;
        self.leave_group(node, hearing, outcome);
        for collection in (0..self.view.collection_count()).map(CollectionIndex::at) {
            let held: Vec<SegmentIndex> =
                self.view.copies(collection, node).iter().map(|copy| copy.segment).collect();
            self.suspects.extend(held);
            if !self.view.collection(collection).channels(node).is_empty() {
                self.channel_suspects.insert(collection);
            }
        }
        self.note_all_gone(node);
        self.view.erase_distribution(node);
        {
            let mut view = self.view.node_mut(node);
            (view.segment_count, view.channel_count, view.memory_mib) = (0, 0, 0);
        }
        let id = hearing.cluster.node(node).id;
        for task in self.tasks.on_node(node).iter().map(|key| key.id()).collect::<Vec<_>>() {
            if self.has_let_go(task, node) {
                self.complete_task(task, hearing, outcome);
                continue;
            }
            let text = format!("node not found[node={id}]");
            self.fail_task(task, 901, text, hearing, outcome);
        }
        for segment in self.suspects.sorted() {
            self.settle_counts(Subject::Segment(segment));
        }
        self.after_change(hearing, outcome);
        self.arm_segments(hearing.now, outcome);
        self.arm_channels(hearing.now, outcome);
        self.arm_balance(hearing.now, outcome);
    }

    /// Whether nothing is left to be done of a task but to see that a node has released what it should.
    ///
    /// Nodes are pulled in turn, so that a pass for the other node of a move sees the release before a node
    /// that stops is gone: every recorded drain of 2.2 and 2.3 ended with its moves succeeded. Here all nodes
    /// are pulled at once, and the next pass would come too late.
    fn has_let_go(&self, id: TaskId, node: NodeIndex) -> bool {
        self.tasks.get(id).is_some_and(|task| {
            let is_last = task.step + 1 == task.what.actions.len();
            let is_release =
                task.action().is_some_and(|action| action.kind == ActionKind::Reduce && action.node == node);
            is_last && is_release && matches!(task.progress, Progress::Returned(_))
        })
    }

    /// Replicas are looked at once all sessions of this millisecond are in.
    pub(super) fn after_change(&self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        outcome.order(Order::TurnAt { turn: Turn::ObserveReplicas, at: hearing.now });
    }

    /// A refused load marks its node, for a while (section 13).
    pub(super) fn mark_exhausted(&mut self, node: NodeIndex, hearing: Hearing<'_>) {
        if self.release.has(Quirk::ExhaustionMark) {
            let until =
                hearing.now.saturating_add(crate::units::SimDuration::from_ms(self.in_force.penalty_ms));
            self.nodes[node.position()].exhausted_until = Some(until);
            self.exhausted.insert(node);
        }
    }

    /// Marks that have run out are taken off.
    pub(super) fn lift_marks(&mut self, hearing: Hearing<'_>) {
        if self.exhausted.is_empty() {
            return;
        }
        for node in std::mem::take(&mut self.exhausted) {
            // A node whose session began anew has no mark any more.
            let Some(until) = self.nodes[node.position()].exhausted_until else { continue };
            let is_exhausted = hearing.now < until;
            if self.view.node(node).is_exhausted != is_exhausted {
                self.view.node_mut(node).is_exhausted = is_exhausted;
            }
            if is_exhausted {
                self.exhausted.insert(node);
            } else {
                self.nodes[node.position()].exhausted_until = None;
            }
        }
    }
}
