//! The closed list of everything that can happen, and the order of what happens at the same time.

use crate::coordinator::outcome::{CallNumber, RequestNumber, Turn};
use crate::model::ids::{ChannelIndex, NodeIndex, SegmentIndex};

/// Ranks: at equal times the lower goes first.
pub mod rank {
    /// The timeline.
    pub const TIMELINE: u8 = 1;
    /// Completions on nodes: requests, loads, releases.
    pub const NODE: u8 = 2;
    /// The workload.
    pub const WORKLOAD: u8 = 3;
    /// What the coordinator notices of sessions.
    pub const SESSION: u8 = 4;
    /// Distribution reports.
    pub const REPORT: u8 = 5;
    /// Observers of targets and replicas.
    pub const OBSERVER: u8 = 6;
    /// The coordinator's turns.
    pub const TURN: u8 = 7;
    /// The trigger queue, and clients whose patience ends.
    pub const QUEUE: u8 = 8;
}

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// An entry of the timeline is due, by its position.
    Timeline(u32),
    /// A slowed node is itself again.
    SlowEnds(NodeIndex),
    /// The coordinator's call reaches its node.
    CallArrives(CallNumber),
    /// A load has its overhead behind it and begins to read bytes.
    LoadReads(CallNumber),
    /// The next load of a node is through, unless the node's loads changed meanwhile.
    LoadsDue(NodeIndex),
    /// A channel is watched.
    WatchDone(CallNumber),
    /// A released copy's memory is free.
    ReleaseDue {
        /// The node.
        node: NodeIndex,
        /// The segment.
        segment: SegmentIndex,
    },
    /// The growing rows of a channel are enough for a sealed segment.
    SealDue(ChannelIndex),
    /// The coordinator hears of a new segment.
    Announced(SegmentIndex),
    /// A node's session appeared.
    SessionUp(NodeIndex),
    /// A node's session says that it stops.
    SessionStopping(NodeIndex),
    /// A node that stops looks whether it is empty.
    StopDue(NodeIndex),
    /// A node's session is gone.
    SessionGone(NodeIndex),
    /// The coordinator is back.
    CoordinatorUp,
    /// A turn of the coordinator.
    Turn(Turn),
    /// A client's patience with one attempt ends.
    ClientDeadline(RequestNumber),
    /// A client sends its request again.
    ClientRetry(RequestNumber),
}
