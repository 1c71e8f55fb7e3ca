//! The trigger queue: tasks by priority, first in first out within one; one runs at a time.
//!
//! Source: `internal/querycoord/task_scheduler.go` of the 2.1 line; specification section 6.

use crate::coordinator::outcome::{MoveCause, MoveNumber, RequestNumber};
use crate::model::few::Few;
use crate::model::ids::{CollectionIndex, NodeIndex, SegmentIndex};
use crate::policy::reason::Reason;
use std::collections::VecDeque;

/// Trigger conditions; later ones go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A flushed or compacted segment is loaded.
    Handoff,
    /// Manual and automatic balance alike.
    LoadBalance,
    /// Loads and releases that a client asked for.
    GrpcRequest,
    /// Recovery of a lost node.
    NodeDown,
}

/// A balance task, as the RPC or the automatic round states it.
#[derive(Debug, Clone, PartialEq)]
pub struct BalanceTask {
    /// Ids of the source nodes (manual calls have exactly one).
    pub sources: Few<i64>,
    /// Ids of the destination nodes; empty = any.
    pub destinations: Few<i64>,
    /// Ids of the segments; empty = all on the sources.
    pub segments: Few<i64>,
    /// The collection, if it was named.
    pub collection: Option<CollectionIndex>,
    /// The automatic move that this task carries out; a restart forgets it with the round.
    pub planned: Option<MoveNumber>,
    /// Who wanted it; stored with the task, so a restart keeps it.
    pub cause: MoveCause,
    /// Why it is wanted.
    pub reason: Reason,
}

/// What a trigger task does.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskKind {
    /// Moves sealed segments.
    Balance(BalanceTask),
    /// Loads an announced segment into every replica, then drops the ones it replaces.
    Handoff {
        /// The new segment.
        segment: SegmentIndex,
        /// The segments that it replaces.
        parents: Vec<SegmentIndex>,
    },
    /// Recovers what a lost node held.
    NodeDown {
        /// The node.
        node: NodeIndex,
    },
    /// Loads a collection.
    LoadCollection {
        /// The collection.
        collection: CollectionIndex,
        /// Number of replicas.
        replicas: usize,
        /// Whether it has created its replicas; a restart of the coordinator goes on with them.
        is_under_way: bool,
    },
    /// Releases a collection.
    ReleaseCollection {
        /// The collection.
        collection: CollectionIndex,
    },
}

/// A trigger task that waits.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerTask {
    /// What it does.
    pub kind: TaskKind,
    /// The request that waits for it, if any.
    pub request: Option<RequestNumber>,
}

impl TriggerTask {
    /// Its trigger condition.
    pub fn priority(&self) -> Priority {
        match self.kind {
            TaskKind::Handoff { .. } => Priority::Handoff,
            TaskKind::Balance(_) => Priority::LoadBalance,
            TaskKind::LoadCollection { .. } | TaskKind::ReleaseCollection { .. } => Priority::GrpcRequest,
            TaskKind::NodeDown { .. } => Priority::NodeDown,
        }
    }
}

/// Waiting trigger tasks, front first.
#[derive(Debug, Clone, Default)]
pub struct TriggerQueue {
    waiting: VecDeque<TriggerTask>,
}

impl TriggerQueue {
    /// Puts a task behind all of its own and of higher priority.
    pub fn push(&mut self, task: TriggerTask) {
        let behind = self.waiting.iter().rposition(|other| other.priority() >= task.priority());
        self.waiting.insert(behind.map_or(0, |place| place + 1), task);
    }

    /// A restart reads what waits from etcd, among it a task that had been taken but planned nothing yet: it
    /// was before the others of its priority, and is again.
    pub fn reload(&mut self, task: TriggerTask) {
        let before = self.waiting.iter().position(|other| other.priority() <= task.priority());
        self.waiting.insert(before.unwrap_or(self.waiting.len()), task);
    }

    /// Takes the front task.
    pub fn pop(&mut self) -> Option<TriggerTask> {
        self.waiting.pop_front()
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// All that wait, front first.
    pub fn iter(&self) -> impl Iterator<Item = &TriggerTask> {
        self.waiting.iter()
    }

    /// All that wait, front first, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut TriggerTask> {
        self.waiting.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(kind: TaskKind) -> TriggerTask {
        TriggerTask { kind, request: None }
    }

    #[test]
    fn higher_conditions_go_first_and_equals_keep_their_order() {
        let mut queue = TriggerQueue::default();
        let handoff =
            |segment| task(TaskKind::Handoff { segment: SegmentIndex(segment), parents: Vec::new() });
        let release = task(TaskKind::ReleaseCollection { collection: CollectionIndex(0) });
        let down = task(TaskKind::NodeDown { node: NodeIndex(0) });
        for task in [handoff(1), release.clone(), handoff(2), down.clone(), release.clone()] {
            queue.push(task);
        }
        let order: Vec<TriggerTask> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, [down, release.clone(), release, handoff(1), handoff(2)]);
    }

    #[test]
    fn a_task_reloaded_is_before_the_others_of_its_priority() {
        let mut queue = TriggerQueue::default();
        let handoff =
            |segment| task(TaskKind::Handoff { segment: SegmentIndex(segment), parents: Vec::new() });
        let down = task(TaskKind::NodeDown { node: NodeIndex(0) });
        queue.push(handoff(1));
        queue.push(down.clone());
        queue.reload(handoff(2));
        let order: Vec<TriggerTask> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, [down, handoff(2), handoff(1)]);
    }
}
