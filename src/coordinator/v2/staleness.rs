//! When a task is dropped because the world has moved on (section 10.5).

use super::state::QueryCoordV2;
use super::tasks::{ActionKind, Subject, Task, TaskId};
use crate::coordinator::command::CommandError;
use crate::coordinator::hearing::Hearing;
use crate::model::ids::{NodeIndex, SegmentIndex};
use crate::policy::view::node::NodeState;
use crate::policy::view::segment::Target;
use crate::release::Quirk;

fn error(code: i32, text: String) -> CommandError {
    CommandError { code, text }
}

impl QueryCoordV2 {
    /// Why a task is dropped; `None` = it goes on. `is_promotion` = it has just been waiting.
    pub(super) fn stale(&self, id: TaskId, is_promotion: bool, hearing: Hearing<'_>) -> Option<CommandError> {
        let task = self.tasks.get(id)?;
        for action in task.what.actions.iter().skip(task.step) {
            let node = hearing.cluster.node(action.node).id;
            match (self.view.node(action.node).state, action.kind) {
                (NodeState::Unknown, _) => return Some(error(901, format!("node not found[node={node}]"))),
                (NodeState::Stopping, ActionKind::Grow) => {
                    return Some(error(902, format!("node offline[node={node}]")));
                }
                _ => {}
            }
            if action.kind == ActionKind::Grow
                && let Some(stale) = self.stale_grow(task, action.node, hearing)
            {
                return Some(stale);
            }
        }
        match task.what.subject {
            Subject::Segment(segment) => self.stale_segment(task, segment, is_promotion, hearing),
            Subject::Channel(_) => None,
        }
    }

    /// A load towards a node that may not have it.
    fn stale_grow(&self, task: &Task, node: NodeIndex, hearing: Hearing<'_>) -> Option<CommandError> {
        let replica = task.what.replica?;
        let members = self.view.replica(replica);
        let id = hearing.cluster.node(node).id;
        if self.release.has(Quirk::ReadOnlyGrowIsStale) {
            let is_read_only = members.ro_nodes.contains(&node) || members.ro_sq_nodes.contains(&node);
            return is_read_only
                .then(|| error(906, format!("node becomes ro node: node state unexpected[node={id}]")));
        }
        (!members.has_any(node)).then(|| {
            let replica = hearing.cluster.replica(replica).id;
            error(400, format!("replica not found[replica={replica}]"))
        })
    }

    fn stale_segment(
        &self,
        task: &Task,
        segment: SegmentIndex,
        is_promotion: bool,
        hearing: Hearing<'_>,
    ) -> Option<CommandError> {
        if task.action()?.kind != ActionKind::Grow {
            return None;
        }
        let id = hearing.cluster.segments().id(segment);
        let (current, next) =
            (self.view.is_in_target(segment, Target::Current), self.view.is_in_target(segment, Target::Next));
        let is_wanted = if self.release.has(Quirk::ReadOnlyGrowIsStale) {
            true
        } else if self.release.has(Quirk::StaleByEitherTarget) {
            current || next
        } else if task.is_move() && !self.release.has(Quirk::OneCheckerLoop) {
            current
        } else {
            next
        };
        if !is_wanted {
            return Some(error(603, format!("segment reduplicates[segment={id}]")));
        }
        let replica = task.what.replica?;
        if is_promotion && !task.is_move() && self.release.has(Quirk::SegmentCheckerSkipsUnchanged) {
            let members = self.view.replica(replica);
            if self.view.copies_among(segment, |node| members.has(node)) > 0 {
                let text = format!("segment already loaded in dist[segment={id}]");
                return Some(error(5, format!("service internal error: {text}")));
            }
        }
        let channel = self.view.segment(segment).channel;
        self.leader_of(replica, channel).is_none().then(|| {
            let name = &hearing.cluster.channel(channel).name;
            error(500, format!("failed to get shard leader: channel not found[channel={name}]"))
        })
    }
}
