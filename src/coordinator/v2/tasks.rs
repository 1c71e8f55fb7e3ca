//! Tasks: what the scheduler has to do (section 10.1).

use crate::coordinator::outcome::{CallNumber, MoveNumber, RequestNumber};
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::units::SimTime;
use std::ops::Deref;

/// A task: its number, in the order of admission, and where it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskId {
    /// How many were admitted before it.
    pub number: u64,
    /// Its place in the table of tasks; used anew once it is gone.
    pub slot: u32,
}

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

/// The steps of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actions {
    /// It only loads, or only releases.
    One([Action; 1]),
    /// A move.
    Two([Action; 2]),
}

impl Actions {
    /// One step.
    pub fn one(kind: ActionKind, node: NodeIndex) -> Actions {
        Actions::One([Action { kind, node }])
    }
}

impl Deref for Actions {
    type Target = [Action];

    #[inline]
    fn deref(&self) -> &[Action] {
        match self {
            Actions::One(action) => action,
            Actions::Two(actions) => actions,
        }
    }
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewTask {
    /// Collection of the subject.
    pub collection: CollectionIndex,
    /// The replica; `None` for copies that serve no replica.
    pub replica: Option<ReplicaIndex>,
    /// The subject.
    pub subject: Subject,
    /// Steps; two = a move.
    pub actions: Actions,
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
