//! The scheduler's passes: tasks are promoted, advance and end (sections 10.3 and 10.4).

use super::state::QueryCoordV2;
use super::tasks::{Action, ActionKind, Progress, Subject, Task, TaskId};
use super::tickers::after;
use crate::coordinator::command::CommandError;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{MoveOutcome, Order, Outcome};
use crate::model::ids::{NodeIndex, SegmentIndex};
use crate::release::Quirk;
use crate::units::SimTime;

/// How a task ends.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Succeeded,
    Failed(CommandError),
    Cancelled(CommandError),
}

impl QueryCoordV2 {
    /// The pass of one node. Up to 2.6.19 it follows the node's report, so a dead process has none.
    pub(super) fn pass(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let is_pulled = self.release.has(Quirk::DispatchLoop) || hearing.cluster.node(node).is_alive();
        let is_known = self.nodes[node.position()].since.is_some();
        if is_known && is_pulled {
            for id in self.tasks.waiting() {
                match self.stale(id, true, hearing) {
                    None => self.promote(id, (hearing.now, node), outcome),
                    Some(error) => self.end_task(id, End::Cancelled(error), hearing, outcome),
                }
            }
            // Those that wait for the end of a call would be found as they were, if nothing made them stale.
            let staleness = Some(self.view.staleness_stamp());
            let is_fresh = std::mem::replace(&mut self.nodes[node.position()].passed, staleness) == staleness;
            let may_skip = is_fresh && !self.is_naive;
            let mut idle = if may_skip { self.tasks.awake_on_node(node) } else { self.tasks.on_node(node) };
            idle.retain(|id| self.advance(*id, hearing, outcome));
            self.draw_order(&mut idle);
            for id in idle {
                self.execute(id, hearing, outcome);
            }
        }
        if self.tasks.any_on_node(node) || self.is_naive {
            self.arm_pass(node, after(hearing.now), outcome);
        }
        if self.tasks.any_waiting() {
            self.arm_any_pass(hearing.now, Some(node), outcome);
        }
    }

    /// A promoted task is worked on by the passes of its nodes, also those still due in this millisecond.
    fn promote(&mut self, id: TaskId, pass: (SimTime, NodeIndex), outcome: &mut Outcome) {
        self.tasks.promote(id);
        let nodes: Vec<NodeIndex> =
            self.tasks.get(id).iter().flat_map(|task| &task.what.actions).map(|action| action.node).collect();
        for node in nodes {
            self.arm_pass_after(pass, node, outcome);
        }
    }

    /// Go's maps hold the tasks of one priority, so which of them is executed first is chance (section 10.3).
    fn draw_order(&mut self, tasks: &mut [TaskId]) {
        if self.shuffles {
            let priority = |id: &TaskId| self.tasks.get(*id).map(|task| task.what.priority);
            for equals in tasks.chunk_by_mut(|one, other| priority(one) == priority(other)) {
                self.orders.shuffle(equals);
            }
        }
    }

    /// Takes a task as far as it has come; whether its action is now to be executed.
    fn advance(&mut self, id: TaskId, hearing: Hearing<'_>, outcome: &mut Outcome) -> bool {
        while let Some(task) = self.tasks.get(id)
            && !task.is_waiting
            && let Some(action) = task.action()
            && self.is_finished(task, action, hearing.now)
            && self.may_go_on(task, action)
        {
            if let Some(task) = self.tasks.get_mut(id) {
                task.step += 1;
                task.progress = Progress::Idle;
                task.fresh_at = None;
            }
        }
        let Some(task) = self.tasks.get(id).filter(|task| !task.is_waiting) else { return false };
        let is_idle = task.progress == Progress::Idle;
        if task.action().is_none() {
            self.end_task(id, End::Succeeded, hearing, outcome);
            return false;
        }
        if let Some(error) = self.stale_by_now(id, hearing) {
            self.end_task(id, End::Cancelled(error), hearing, outcome);
            return false;
        }
        is_idle
    }

    /// Why a promoted task is dropped, looked for only if anything changed that can make it stale.
    fn stale_by_now(&mut self, id: TaskId, hearing: Hearing<'_>) -> Option<CommandError> {
        let staleness = Some(self.view.staleness_stamp());
        if !self.is_naive && self.tasks.get(id).is_some_and(|task| task.fresh_at == staleness) {
            return None;
        }
        let error = self.stale(id, false, hearing);
        if error.is_none()
            && let Some(task) = self.tasks.get_mut(id)
        {
            task.fresh_at = staleness;
        }
        error
    }

    /// Whether the current action of a task is finished, as this release judges (section 10.4).
    fn is_finished(&self, task: &Task, action: Action, now: SimTime) -> bool {
        match task.what.subject {
            Subject::Segment(segment) => self.is_segment_action_finished(task, action, segment, now),
            Subject::Channel(channel) => {
                let channels = self.view.collection(task.what.collection).channels(action.node);
                let is_there = channels.iter().any(|copy| copy.channel == channel);
                is_there == (action.kind == ActionKind::Grow)
            }
        }
    }

    fn is_segment_action_finished(
        &self,
        task: &Task,
        action: Action,
        segment: SegmentIndex,
        now: SimTime,
    ) -> bool {
        let is_there = self.view.holders().has(segment, action.node);
        let Progress::Returned(at) = task.progress else {
            return action.kind == ActionKind::Reduce
                && !is_there
                && self.release.has(Quirk::ActionEndsInDelegatorView);
        };
        match action.kind {
            ActionKind::Grow if self.release.has(Quirk::ActionEndsInDelegatorView) => {
                let channel = self.view.segment(segment).channel;
                let leader = task.what.replica.and_then(|replica| self.leader_of(replica, channel));
                is_there && leader.is_none_or(|leader| self.has_reported_since(leader, at, now))
            }
            ActionKind::Grow if self.release.has(Quirk::ActionEndsInDistribution) => is_there,
            ActionKind::Reduce if self.release.has(Quirk::ActionEndsInDistribution) => !is_there,
            ActionKind::Grow | ActionKind::Reduce => true,
        }
    }

    /// Whether a node's last report is not older than `at`.
    fn has_reported_since(&self, node: NodeIndex, at: SimTime, now: SimTime) -> bool {
        let record = &self.nodes[node.position()];
        record.since.is_some() && record.pulls.last(now).is_some_and(|last| last >= at)
    }

    /// A channel leaves its old node only once queries go to the new one.
    fn may_go_on(&self, task: &Task, action: Action) -> bool {
        let (Subject::Channel(channel), Some(replica)) = (task.what.subject, task.what.replica) else {
            return true;
        };
        !task.is_move()
            || action.kind == ActionKind::Reduce
            || self.leader_of(replica, channel) == Some(action.node)
    }

    /// A call failed, so its task does.
    pub(super) fn fail_task(
        &mut self,
        id: TaskId,
        code: i32,
        text: String,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        self.end_task(id, End::Failed(CommandError { code, text }), hearing, outcome);
    }

    /// A task is dropped.
    pub(super) fn cancel_task(
        &mut self,
        id: TaskId,
        text: String,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        self.end_task(id, End::Cancelled(CommandError { code: 5, text }), hearing, outcome);
    }

    fn end_task(&mut self, id: TaskId, end: End, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let Some(task) = self.tasks.remove(id) else { return };
        self.uncount_task(&task);
        if let Some(number) = task.what.number {
            let outcome_of_move = match &end {
                End::Succeeded => MoveOutcome::Completed,
                End::Failed(_) => MoveOutcome::Failed,
                End::Cancelled(_) => MoveOutcome::Cancelled,
            };
            outcome.order(Order::MoveEnd { number, outcome: outcome_of_move });
        }
        match task.what.subject {
            Subject::Segment(segment) => {
                self.suspects.insert(segment);
                self.arm_segments(hearing.now, outcome);
            }
            Subject::Channel(_) => {
                self.channel_suspects.insert(task.what.collection);
                self.arm_channels(hearing.now, outcome);
            }
        }
        if let Some(request) = task.what.waiter {
            let error = match end {
                End::Succeeded => None,
                End::Failed(error) | End::Cancelled(error) => Some(error),
            };
            self.task_of_request_ended(request, id, error, outcome);
        }
    }
}
