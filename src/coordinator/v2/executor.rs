//! Calls to nodes: sent while the node has room for them, and what their ends mean (sections 10.7, 10.8).

use super::state::{OpenCall, QueryCoordV2};
use super::task_nodes::Room;
use super::tasks::{ActionKind, Progress, Subject, Task, TaskId};
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{CallNumber, LoadItem, Order, Outcome};
use crate::model::ids::{CollectionIndex, NodeIndex, SegmentIndex};
use crate::release::Quirk;
use smallvec::smallvec;

/// How the text of a node begins that has too little of something (2.6.8 and later, code 605).
const RESOURCE_FAILED: &str = "segment request resource failed";
/// What a node says that has too little disk (2.4.0 to 2.6.7, code 7).
const DISK_LIMIT_EXCEEDED: &str = "disk limit exceeded[";
/// What a node says that has too little memory (up to 2.6.7).
const OUT_OF_MEMORY: &str = "load segment failed, OOM if load";

impl QueryCoordV2 {
    /// Sends the current action of a task to its node, which has room for it.
    pub(super) fn execute(&mut self, id: TaskId, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let Some(task) = self.tasks.get(id) else { return };
        let Some(action) = task.action() else { return };
        let (subject, node) = (task.what.subject, action.node);
        if let Some(text) = self.leader_changed(task, action.kind, hearing) {
            return self.fail_task(id, 5, text, hearing, outcome);
        }
        let order = match (subject, action.kind) {
            (Subject::Segment(segment), ActionKind::Grow) => {
                self.count_running(node, subject, true);
                self.note_leader(id);
                if self.in_force.task_merge_cap > 1 {
                    self.queue_load(id, segment, node, hearing.now, outcome);
                } else {
                    self.send_loads(node, &[(id, segment)], outcome);
                }
                return;
            }
            (Subject::Segment(segment), ActionKind::Reduce) => {
                Order::ReleaseSegment { call: self.next_call(), node, segment }
            }
            (Subject::Channel(_), ActionKind::Grow) => Order::WatchChannel { call: self.next_call(), node },
            (Subject::Channel(_), ActionKind::Reduce) => {
                Order::UnsubscribeChannel { call: self.next_call(), node }
            }
        };
        outcome.order(order);
        self.count_running(node, subject, true);
        let call = CallNumber(self.next_call - 1);
        self.open_call(call, OpenCall { tasks: smallvec![(id, subject)], kind: action.kind, node });
    }

    /// Loads segments of one collection on a node by one request.
    pub(super) fn send_loads(
        &mut self,
        node: NodeIndex,
        loads: &[(TaskId, SegmentIndex)],
        outcome: &mut Outcome,
    ) {
        let call = self.next_call();
        let number = |id: TaskId| self.tasks.get(id).and_then(|task| task.what.number);
        let items =
            loads.iter().map(|(id, segment)| LoadItem { segment: *segment, number: number(*id) }).collect();
        outcome.order(Order::LoadSegments { call, node, items });
        let tasks = loads.iter().map(|(id, segment)| (*id, Subject::Segment(*segment))).collect();
        self.open_call(call, OpenCall { tasks, kind: ActionKind::Grow, node });
    }

    fn open_call(&mut self, number: CallNumber, call: OpenCall) {
        for (id, _) in &call.tasks {
            if let Some(task) = self.tasks.get_mut(*id) {
                task.progress = Progress::Called(number);
            }
        }
        // The release of a segment may be seen before its call ends, where only the delegator's view counts;
        // so may a channel.
        let ends_unseen = !self.release.has(Quirk::ActionEndsInDelegatorView);
        for (id, subject) in &call.tasks {
            if matches!(subject, Subject::Segment(_)) && (ends_unseen || call.kind == ActionKind::Grow) {
                self.tasks.sleep(*id);
            }
        }
        self.calls.insert(number.0, call);
    }

    /// The leader that a segment's task loads through.
    fn leader_for(&self, task: &Task) -> Option<NodeIndex> {
        self.leader_of(task.what.replica?, self.view.segment(task.segment()?).channel)
    }

    fn note_leader(&mut self, id: TaskId) {
        let leader = self.tasks.get(id).and_then(|task| self.leader_for(task));
        if let Some(task) = self.tasks.get_mut(id) {
            task.loaded_through = leader;
        }
    }

    /// Why a segment may not be released after its load, where the release of Milvus looks (section 10.4).
    fn leader_changed(&self, task: &Task, kind: ActionKind, hearing: Hearing<'_>) -> Option<String> {
        if kind == ActionKind::Grow || !self.release.has(Quirk::LeaderChangeFailsMove) {
            return None;
        }
        let (before, now) = (task.loaded_through?, self.leader_for(task)?);
        let id = |node: NodeIndex| hearing.cluster.node(node).id;
        (before != now).then(|| {
            format!("service internal error: shard leader changed from {} to {}", id(before), id(now))
        })
    }

    /// Whether a node takes one call more.
    pub(super) fn has_room(&self, room: Room, hearing: Hearing<'_>) -> bool {
        let (channel_cap, other_cap) = self.execution_caps(hearing.cluster.node(room.node).cpu);
        let (channels, others) = self.nodes[room.node.position()].running;
        if !self.release.has(Quirk::ExecutionPoolsSplit) {
            return channels + others < other_cap;
        }
        if room.is_channel { channels < channel_cap } else { others < other_cap }
    }

    pub(super) fn count_running(&mut self, node: NodeIndex, subject: Subject, begins: bool) {
        let (channels, others) = &mut self.nodes[node.position()].running;
        let running = match subject {
            Subject::Channel(_) => channels,
            Subject::Segment(_) => others,
        };
        *running = if begins { *running + 1 } else { running.saturating_sub(1) };
    }

    /// A call ended: what the node now has will be in its next report, whatever became of the tasks.
    pub(super) fn end_call(
        &mut self,
        number: CallNumber,
        result: Result<(), String>,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let Some(call) = self.calls.remove(number.0) else { return };
        for (_, subject) in &call.tasks {
            self.count_running(call.node, *subject, false);
            if result.is_ok() {
                self.note_effect(&call, *subject, hearing, outcome);
            }
        }
        self.arm_room(call.node, hearing, outcome);
        for (id, _) in &call.tasks {
            let Some(task) = self.tasks.get_mut(*id).filter(|task| task.progress == Progress::Called(number))
            else {
                continue;
            };
            let collection = task.what.collection;
            match &result {
                Ok(()) => {
                    task.progress = Progress::Returned(hearing.now);
                    self.note_return(*id, hearing, outcome);
                }
                Err(text) => {
                    let (code, text) = self.failure(call.node, collection, text, hearing);
                    self.fail_task(*id, code, text, hearing, outcome);
                }
            }
        }
    }

    /// The call of a task has returned: a pass brings it on, once the reports show what has changed where
    /// that counts.
    pub(super) fn note_return(&mut self, id: TaskId, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let Some(task) = self.tasks.get(id) else { return };
        let waits = self.release.has(Quirk::ActionEndsInDistribution)
            && matches!(task.what.subject, Subject::Segment(_))
            && task.action().is_some_and(|action| !self.is_finished(task, action, hearing.now));
        if !waits {
            self.wake(id, hearing, outcome);
        }
    }

    /// Code and text of a failed call, and what is remembered of it.
    fn failure(
        &mut self,
        node: NodeIndex,
        collection: CollectionIndex,
        text: &str,
        hearing: Hearing<'_>,
    ) -> (i32, String) {
        let (code, text) = self.failure_of(node, text, hearing);
        let error = self.error(code, text.clone(), text.clone(), text.clone());
        self.collections[collection.position()].failure = Some(error);
        if text.contains(OUT_OF_MEMORY) && self.release.has(Quirk::LoadsMerged) {
            self.unmerged.insert(collection);
        }
        (code, text)
    }

    fn failure_of(&mut self, node: NodeIndex, text: &str, hearing: Hearing<'_>) -> (i32, String) {
        if text.starts_with(RESOURCE_FAILED) {
            self.mark_exhausted(node, hearing);
            (605, text.to_owned())
        } else if text.contains(DISK_LIMIT_EXCEEDED) {
            (7, text.to_owned())
        } else if hearing.cluster.node(node).is_alive() {
            (65535, text.to_owned())
        } else {
            (65535, "unrecoverable error".to_owned())
        }
    }

    fn note_effect(
        &mut self,
        call: &OpenCall,
        subject: Subject,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let version = match call.kind {
            ActionKind::Grow => Some(self.next_version()),
            ActionKind::Reduce => None,
        };
        let record = &mut self.nodes[call.node.position()];
        match subject {
            Subject::Segment(segment) => record.unreported.insert(segment, version),
            Subject::Channel(channel) => record.unreported_channels.insert(channel, version),
        };
        self.arm_pull(call.node, hearing.now, outcome);
        self.arm_early(call.node, hearing.now, outcome);
    }
}
