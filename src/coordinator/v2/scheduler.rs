//! The scheduler's passes: tasks are promoted, advance and end (sections 10.3 and 10.4).

use super::state::QueryCoordV2;
use super::task_nodes::{Key, Room};
use super::tasks::{Action, ActionKind, Priority, Progress, Subject, Task, TaskId};
use crate::coordinator::command::CommandError;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{MoveOutcome, Order, Outcome};
use crate::model::few::Few;
use crate::model::ids::{NodeIndex, SegmentIndex};
use crate::release::Quirk;
use crate::units::SimTime;
use smallvec::SmallVec;

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
        let mut sent_to = Few::new();
        if is_known && is_pulled {
            for id in self.tasks.waiting() {
                match self.stale(id, true, hearing) {
                    None => self.promote(id, hearing, outcome),
                    Some(error) => self.end_task(id, End::Cancelled(error), hearing, outcome),
                }
            }
            self.look(node, hearing, outcome);
            self.send_calls(node, &mut sent_to, hearing, outcome);
        }
        self.arm_after_pass(node, &sent_to, hearing, outcome);
    }

    /// A promoted task is worked on by the passes of its nodes, also those still due in this millisecond.
    fn promote(&mut self, id: TaskId, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.tasks.promote(id);
        self.arm_promoted(id, hearing, outcome);
    }

    /// Takes the tasks of a node as far as they have come. Those that are not watched would be found as they
    /// were, if nothing made them stale.
    fn look(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let staleness = Some(self.view.staleness_stamp());
        let is_fresh = std::mem::replace(&mut self.nodes[node.position()].passed, staleness) == staleness;
        let keys = if is_fresh && !self.is_naive {
            self.tasks.watched_on_node(node)
        } else {
            self.tasks.on_node(node)
        };
        let keys: SmallVec<[Key; 8]> = keys.into();
        for id in keys.into_iter().map(Key::id) {
            if !self.advance(id, hearing, outcome) {
                continue;
            }
            self.tasks.await_room(id);
            // Where only the delegator's view counts, the release of a segment may be seen before its call is
            // sent; so may a channel.
            let is_grow = |task: &Task| task.action().is_some_and(|action| action.kind == ActionKind::Grow);
            let sleeps = |task: &Task| {
                task.segment().is_some()
                    && (is_grow(task) || !self.release.has(Quirk::ActionEndsInDelegatorView))
            };
            if self.tasks.get(id).is_some_and(sleeps) {
                self.tasks.sleep(id);
            }
        }
    }

    /// Sends the calls of a node's tasks that wait to be sent, high priority first, as long as there is room.
    ///
    /// Go's maps hold the tasks of one priority, so which of them comes first is chance (section 10.3): each
    /// in turn is drawn among those left for which there is room now, in the order of nodes and numbers.
    fn send_calls(
        &mut self,
        node: NodeIndex,
        sent_to: &mut Few<Room>,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        for priority in [Priority::High, Priority::Normal, Priority::Low] {
            while let Some((room, id)) = self.next_to_send(node, priority, hearing) {
                self.tasks.leave_room(id);
                if !sent_to.contains(&room) {
                    sent_to.push(room);
                }
                self.execute(id, hearing, outcome);
            }
        }
    }

    fn next_to_send(
        &mut self,
        node: NodeIndex,
        priority: Priority,
        hearing: Hearing<'_>,
    ) -> Option<(Room, TaskId)> {
        if !self.shuffles {
            let ready = self.ready_to_send(node, priority, hearing);
            let first = ready.filter_map(|(room, keys)| Some((keys.first()?.id(), room))).min();
            return first.map(|(id, room)| (room, id));
        }
        let count: usize = self.ready_to_send(node, priority, hearing).map(|(_, keys)| keys.len()).sum();
        let mut place = if count > 1 { self.orders.below(count as u64) as usize } else { 0 };
        for (room, keys) in self.ready_to_send(node, priority, hearing) {
            match keys.get(place) {
                Some(key) => return Some((room, key.id())),
                None => place -= keys.len(),
            }
        }
        None
    }

    /// The tasks of a node and of a priority whose call can be sent, by whose room they need.
    fn ready_to_send<'a>(
        &'a self,
        node: NodeIndex,
        priority: Priority,
        hearing: Hearing<'a>,
    ) -> impl Iterator<Item = (Room, &'a [Key])> {
        let idle = self.tasks.nodes().idle(node, priority);
        idle.filter(move |(room, keys)| !keys.is_empty() && self.has_room(*room, hearing))
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
    pub(super) fn is_finished(&self, task: &Task, action: Action, now: SimTime) -> bool {
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

    /// All of a task is done.
    pub(super) fn complete_task(&mut self, id: TaskId, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.end_task(id, End::Succeeded, hearing, outcome);
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
