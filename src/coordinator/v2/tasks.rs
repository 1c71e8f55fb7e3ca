//! Tasks: what the scheduler has to do, and how they are found (section 10.1).

use crate::coordinator::outcome::{CallNumber, MoveNumber, RequestNumber};
use crate::model::cluster::Cluster;
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::units::SimTime;
use std::collections::{BTreeMap, BTreeSet};

/// Number of a task: in the order of admission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskId(pub u64);

/// Who goes first. The order of the variants is the order of the passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Channels, and what is drained in some releases.
    High,
    /// First loads and manual moves.
    Normal,
    /// Balance.
    Low,
}

/// What a task is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A sealed segment.
    Segment(SegmentIndex),
    /// A channel.
    Channel(ChannelIndex),
}

/// Kind of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionKind {
    /// Load or subscribe.
    Grow,
    /// Release or unsubscribe.
    Reduce,
}

/// One step of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// What to do.
    pub kind: ActionKind,
    /// Where.
    pub node: NodeIndex,
}

/// How far the current action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Its call has not been sent.
    Idle,
    /// Its load waits to be merged with others of the node.
    Queued,
    /// Its call is out.
    Called(CallNumber),
    /// Its call returned at this time.
    Returned(SimTime),
}

/// A task before its admission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// Collection of the subject.
    pub collection: CollectionIndex,
    /// The replica; `None` for copies that serve no replica.
    pub replica: Option<ReplicaIndex>,
    /// The subject.
    pub subject: Subject,
    /// Steps; two = a move.
    pub actions: Vec<Action>,
    /// Its priority.
    pub priority: Priority,
    /// The move it carries out.
    pub number: Option<MoveNumber>,
    /// The request that waits for it.
    pub waiter: Option<RequestNumber>,
}

/// A task in the scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What it is.
    pub what: NewTask,
    /// Whether it has not been promoted yet.
    pub is_waiting: bool,
    /// The current step.
    pub step: usize,
    /// How far the current step is.
    pub progress: Progress,
    /// Rows by which it counts as pending, frozen at its creation.
    pub rows: i64,
    /// What the view's `staleness_stamp` was when it was last found not to be stale.
    pub fresh_at: Option<u64>,
    /// Per action: whether it counts as pending now.
    pub counts: [bool; 2],
    /// The shard leader through which its segment was loaded.
    pub loaded_through: Option<NodeIndex>,
}

impl Task {
    /// The current action; `None` once all are done.
    pub fn action(&self) -> Option<Action> {
        self.what.actions.get(self.step).copied()
    }

    /// Whether it is a move: it loads here and releases there.
    pub fn is_move(&self) -> bool {
        self.what.actions.len() > 1
    }

    /// The segment, if it is about one.
    pub fn segment(&self) -> Option<SegmentIndex> {
        match self.what.subject {
            Subject::Segment(segment) => Some(segment),
            Subject::Channel(_) => None,
        }
    }
}

/// Tasks by the nodes of their actions, high priority first, then by number.
#[derive(Debug, Clone, Default)]
struct ByNode(BTreeMap<NodeIndex, BTreeSet<(Priority, TaskId)>>);

impl ByNode {
    fn insert(&mut self, task: &NewTask, id: TaskId) {
        for action in &task.actions {
            self.0.entry(action.node).or_default().insert((task.priority, id));
        }
    }

    fn remove(&mut self, task: &NewTask, id: TaskId) {
        for action in &task.actions {
            if let Some(keys) = self.0.get_mut(&action.node) {
                keys.remove(&(task.priority, id));
                if keys.is_empty() {
                    self.0.remove(&action.node);
                }
            }
        }
    }

    fn on(&self, node: NodeIndex) -> Vec<TaskId> {
        self.0.get(&node).into_iter().flatten().map(|(_, id)| *id).collect()
    }
}

/// All tasks.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tasks: BTreeMap<TaskId, Task>,
    by_subject: BTreeMap<(Subject, Option<ReplicaIndex>), TaskId>,
    waiting: BTreeSet<(Priority, TaskId)>,
    by_node: ByNode,
    /// Those of `by_node` that a pass may bring on although nothing made them stale.
    awake: ByNode,
    segment_tasks: usize,
    next: u64,
}

impl Tasks {
    /// Takes a task in; its subject must be free.
    pub fn insert(&mut self, task: Task) -> TaskId {
        let id = TaskId(self.next);
        self.next += 1;
        let key = (task.what.priority, id);
        self.by_subject.insert((task.what.subject, task.what.replica), id);
        self.waiting.insert(key);
        self.by_node.insert(&task.what, id);
        self.awake.insert(&task.what, id);
        self.segment_tasks += usize::from(task.segment().is_some());
        self.tasks.insert(id, task);
        id
    }

    /// Takes a task out.
    pub fn remove(&mut self, id: TaskId) -> Option<Task> {
        let task = self.tasks.remove(&id)?;
        let key = (task.what.priority, id);
        self.by_subject.remove(&(task.what.subject, task.what.replica));
        self.waiting.remove(&key);
        self.by_node.remove(&task.what, id);
        self.awake.remove(&task.what, id);
        self.segment_tasks -= usize::from(task.segment().is_some());
        Some(task)
    }

    /// A task.
    pub fn get(&self, id: TaskId) -> Option<&Task> {
        self.tasks.get(&id)
    }

    /// A task, to be changed.
    pub fn get_mut(&mut self, id: TaskId) -> Option<&mut Task> {
        self.tasks.get_mut(&id)
    }

    /// A waiting task is promoted.
    pub fn promote(&mut self, id: TaskId) {
        if let Some(task) = self.tasks.get_mut(&id) {
            task.is_waiting = false;
            self.waiting.remove(&(task.what.priority, id));
        }
    }

    /// Waiting tasks, high priority first, then by number.
    pub fn waiting(&self) -> Vec<TaskId> {
        self.waiting.iter().map(|(_, id)| *id).collect()
    }

    /// Whether any task waits.
    pub fn any_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Tasks with an action on a node, high priority first, then by number.
    pub fn on_node(&self, node: NodeIndex) -> Vec<TaskId> {
        self.by_node.on(node)
    }

    /// Those of [`Self::on_node`] that do not sleep.
    pub fn awake_on_node(&self, node: NodeIndex) -> Vec<TaskId> {
        self.awake.on(node)
    }

    /// Only the end of its call, or what makes it stale, brings a task on.
    pub fn sleep(&mut self, id: TaskId) {
        if let Some(task) = self.tasks.get(&id) {
            self.awake.remove(&task.what, id);
        }
    }

    /// A pass may bring a task on.
    pub fn wake(&mut self, id: TaskId) {
        if let Some(task) = self.tasks.get(&id) {
            self.awake.insert(&task.what, id);
        }
    }

    /// Bytes of segments that tasks will still bring to a node, less those that they will take from it.
    pub fn pending_bytes(&self, node: NodeIndex, cluster: &Cluster) -> i64 {
        let segments = cluster.segments();
        let mut bytes = 0;
        for task in self.on_node(node).into_iter().filter_map(|id| self.get(id)) {
            let Some(segment) = task.segment() else { continue };
            for action in task.what.actions.iter().filter(|action| action.node == node) {
                let is_there = segments.copies().has(segment, node);
                let size = i64::try_from(segments.memory_bytes(segment)).unwrap_or(i64::MAX);
                match action.kind {
                    ActionKind::Grow if !is_there => bytes += size,
                    ActionKind::Reduce if is_there => bytes -= size,
                    _ => {}
                }
            }
        }
        bytes
    }

    /// Whether a task has an action on a node.
    pub fn any_on_node(&self, node: NodeIndex) -> bool {
        self.by_node.0.contains_key(&node)
    }

    /// The task about a subject in a replica.
    pub fn about(&self, subject: Subject, replica: Option<ReplicaIndex>) -> Option<TaskId> {
        self.by_subject.get(&(subject, replica)).copied()
    }

    /// All tasks about a subject, whatever their replica.
    pub fn all_about(&self, subject: Subject) -> Vec<TaskId> {
        let last = (subject, Some(ReplicaIndex(u32::MAX)));
        self.by_subject.range((subject, None)..=last).map(|(_, id)| *id).collect()
    }

    /// Tasks about segments.
    pub fn segment_tasks(&self) -> usize {
        self.segment_tasks
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// All tasks, by number.
    pub fn ids(&self) -> Vec<TaskId> {
        self.tasks.keys().copied().collect()
    }
}
