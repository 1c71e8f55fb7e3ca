//! Calls to nodes: sent while the node has room for them, and what their ends mean (sections 10.7, 10.8).

use super::state::{OpenCall, QueryCoordV2};
use super::tasks::{ActionKind, Progress, Subject, TaskId};
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{CallNumber, LoadItem, Order, Outcome};
use crate::model::ids::NodeIndex;
use crate::release::Quirk;

/// How the text of a node begins that has too little of something (2.6.8 and later, code 605).
const RESOURCE_FAILED: &str = "segment request resource failed";

impl QueryCoordV2 {
    /// Sends the current action of a task to its node, unless the node is busy: then a later pass tries
    /// again.
    pub(super) fn execute(&mut self, id: TaskId, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let Some(task) = self.tasks.get(id) else { return };
        let Some(action) = task.action() else { return };
        let (subject, number) = (task.what.subject, task.what.number);
        if !self.has_room(action.node, subject, hearing) {
            return;
        }
        let call = self.next_call();
        let node = action.node;
        outcome.order(match (subject, action.kind) {
            (Subject::Segment(segment), ActionKind::Grow) => {
                Order::LoadSegments { call, node, items: vec![LoadItem { segment, number }] }
            }
            (Subject::Segment(segment), ActionKind::Reduce) => Order::ReleaseSegment { call, node, segment },
            (Subject::Channel(_), ActionKind::Grow) => Order::WatchChannel { call, node },
            (Subject::Channel(_), ActionKind::Reduce) => Order::UnsubscribeChannel { call, node },
        });
        self.count_running(node, subject, true);
        self.calls.insert(call, OpenCall { task: id, kind: action.kind, subject, node });
        if let Some(task) = self.tasks.get_mut(id) {
            task.progress = Progress::Called(call);
        }
        // The release of a segment may be seen before its call ends, where only the delegator's view counts;
        // so may a channel.
        let ends_unseen = !self.release.has(Quirk::ActionEndsInDelegatorView);
        if matches!(subject, Subject::Segment(_)) && (ends_unseen || action.kind == ActionKind::Grow) {
            self.tasks.sleep(id);
        }
    }

    fn has_room(&mut self, node: NodeIndex, subject: Subject, hearing: Hearing<'_>) -> bool {
        let (channel_cap, other_cap) = self.execution_caps(hearing.cluster.node(node).cpu);
        let (channels, others) = self.nodes[node.position()].running;
        if !self.release.has(Quirk::ExecutionPoolsSplit) {
            return channels + others < other_cap;
        }
        match subject {
            Subject::Channel(_) => channels < channel_cap,
            Subject::Segment(_) => others < other_cap,
        }
    }

    fn count_running(&mut self, node: NodeIndex, subject: Subject, begins: bool) {
        let (channels, others) = &mut self.nodes[node.position()].running;
        let running = match subject {
            Subject::Channel(_) => channels,
            Subject::Segment(_) => others,
        };
        *running = if begins { *running + 1 } else { running.saturating_sub(1) };
    }

    /// A call ended: what the node now has will be in its next report, whatever became of the task.
    pub(super) fn end_call(
        &mut self,
        number: CallNumber,
        result: Result<(), String>,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let Some(call) = self.calls.remove(&number) else { return };
        self.count_running(call.node, call.subject, false);
        if result.is_ok() {
            self.note_effect(call, hearing, outcome);
        }
        let is_current =
            self.tasks.get(call.task).is_some_and(|task| task.progress == Progress::Called(number));
        if !is_current {
            return;
        }
        match result {
            Ok(()) => {
                if let Some(task) = self.tasks.get_mut(call.task) {
                    task.progress = Progress::Returned(hearing.now);
                }
                self.tasks.wake(call.task);
            }
            Err(text) => {
                let is_exhausted = text.starts_with(RESOURCE_FAILED);
                if is_exhausted {
                    self.mark_exhausted(call.node, hearing);
                }
                let (code, text) = if is_exhausted {
                    (605, text)
                } else if hearing.cluster.node(call.node).is_alive() {
                    (65535, text)
                } else {
                    (65535, "unrecoverable error".to_owned())
                };
                self.fail_task(call.task, code, text, hearing, outcome);
            }
        }
    }

    fn note_effect(&mut self, call: OpenCall, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let version = match call.kind {
            ActionKind::Grow => Some(self.next_version()),
            ActionKind::Reduce => None,
        };
        let record = &mut self.nodes[call.node.position()];
        match call.subject {
            Subject::Segment(segment) => record.unreported.insert(segment, version),
            Subject::Channel(channel) => record.unreported_channels.insert(channel, version),
        };
        self.arm_pull(call.node, hearing.now, outcome);
        self.arm_early(call.node, hearing.now, outcome);
    }
}
