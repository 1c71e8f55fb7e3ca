//! Which passes are asked for: those that may find something to do (`speed.md` section 4).
//!
//! A pass has something to do if a task waits to be promoted, if one of its node's tasks is watched, if there
//! is room for a call that waits to be sent, or if anything changed that can make a task stale. Of several
//! passes that would do the same only the earliest is asked for; it sees to what it leaves.

use super::state::QueryCoordV2;
use super::task_nodes::Room;
use super::tasks::TaskId;
use super::tickers::after;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome, Turn};
use crate::model::ids::NodeIndex;
use crate::units::SimTime;

impl QueryCoordV2 {
    /// The next pass of a node, this millisecond's included if it is still to come.
    fn next_pass(&self, node: NodeIndex, now: SimTime) -> Option<(SimTime, NodeIndex)> {
        let record = &self.nodes[node.position()];
        let is_over = self.passing.is_some_and(|passing| node <= passing);
        let from = if is_over { after(now) } else { now };
        record.since.map(|_| (record.passes.next(from), node))
    }

    /// The next pass of a node.
    pub(super) fn arm_next_pass(&self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if let Some((at, node)) = self.next_pass(node, hearing.now) {
            outcome.order(Order::TurnAt { turn: Turn::Pass(node), at });
        }
    }

    fn arm_earliest(
        &self,
        nodes: impl Iterator<Item = NodeIndex>,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        if let Some((at, node)) = nodes.filter_map(|node| self.next_pass(node, hearing.now)).min() {
            outcome.order(Order::TurnAt { turn: Turn::Pass(node), at });
        }
    }

    /// A task waits: the next pass of any node promotes it.
    pub(super) fn arm_any_pass(&self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.arm_earliest((0..self.nodes.len()).map(NodeIndex::at), hearing, outcome);
    }

    /// A task has just been promoted by the pass in hand, which sees to those of its own node.
    pub(super) fn arm_promoted(&self, id: TaskId, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let Some(task) = self.tasks.get(id) else { return };
        let nodes = task.what.actions.iter().map(|action| action.node);
        if !nodes.clone().any(|node| Some(node) == self.passing) {
            self.arm_earliest(nodes, hearing, outcome);
        }
    }

    /// A promoted task may be brought on by the next pass of any of its nodes.
    pub(super) fn arm_task(&self, id: TaskId, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let actions = self.tasks.get(id).into_iter().flat_map(|task| task.what.actions.iter());
        self.arm_earliest(actions.map(|action| action.node), hearing, outcome);
    }

    /// A task is to be looked at again.
    pub(super) fn wake(&mut self, id: TaskId, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.tasks.wake(id);
        self.arm_task(id, hearing, outcome);
    }

    /// A node may have room: the next pass that has a call for it sends that.
    pub(super) fn arm_room(&self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.arm_earliest(self.tasks.nodes().askers(node), hearing, outcome);
    }

    /// After the pass of a node, which sent calls to others.
    pub(super) fn arm_after_pass(
        &self,
        node: NodeIndex,
        sent_to: &[Room],
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        if self.is_naive {
            self.arm_next_pass(node, hearing, outcome);
        } else {
            for key in self.tasks.watched_on_node(node) {
                self.arm_task(key.id(), hearing, outcome);
            }
            for room in self.tasks.nodes().rooms(node).chain(sent_to.iter().copied()) {
                if self.has_room(room, hearing) {
                    self.arm_room(room.node, hearing, outcome);
                }
            }
        }
        if self.tasks.any_waiting() {
            self.arm_any_pass(hearing, outcome);
        }
    }

    /// What makes tasks stale has changed, or where there is room: every node's next pass looks at all its
    /// tasks.
    pub(super) fn arm_if_stale(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let stamp = Some(self.view.staleness_stamp());
        if std::mem::replace(&mut self.armed_for, stamp) != stamp {
            for node in self.tasks.nodes().busy() {
                self.arm_next_pass(node, hearing, outcome);
            }
        }
    }
}
