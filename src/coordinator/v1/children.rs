//! Child tasks of the running trigger task: calls to query nodes, tried again and given to others.
//!
//! Source: `internal/querycoord/task.go` (`loadSegmentTask`, `watchDmChannelTask`, `reScheduleTask`) of the
//! 2.1 line; specification section 6.5.

use super::settings::ATTEMPTS;
use crate::coordinator::outcome::{CallNumber, LoadItem, MoveCause};
use crate::model::few::Few;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::model::replica::ReplicaShard;
use crate::policy::reason::Reason;

/// What a child asks its node for.
#[derive(Debug, Clone, PartialEq)]
pub enum ChildWork {
    /// Load segments of one collection.
    Load {
        /// The segments, with the moves that they serve.
        items: Few<LoadItem>,
        /// The replica that the new copies are recorded for; `None` in 2.0, which has none.
        replica: Option<ReplicaIndex>,
    },
    /// Watch a channel.
    Watch(ReplicaShard),
}

/// How far a child is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildState {
    /// Its call is out.
    Called(CallNumber),
    /// No node could be had; it is allocated again at the next pass (a channel of a lost node).
    Waiting,
    /// Its node did it.
    Done,
    /// Given up.
    Failed,
}

/// A child task.
#[derive(Debug, Clone, PartialEq)]
pub struct Child {
    /// What it asks for.
    pub work: ChildWork,
    /// The node asked.
    pub node: NodeIndex,
    /// Nodes it may not go to.
    pub excluded: Few<NodeIndex>,
    /// Attempts that are left; after a restart of the coordinator 0 at once.
    pub attempts_left: i32,
    /// How far it is.
    pub state: ChildState,
    /// For moves: who wanted them and why, in case another node gets them.
    pub cause: Option<(MoveCause, Reason)>,
}

impl Child {
    /// A child that has not been called yet.
    pub fn new(work: ChildWork, node: NodeIndex, excluded: Few<NodeIndex>) -> Child {
        Child { work, node, excluded, attempts_left: ATTEMPTS, state: ChildState::Waiting, cause: None }
    }

    /// Whether nothing more will come of it.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, ChildState::Done | ChildState::Failed)
    }
}
