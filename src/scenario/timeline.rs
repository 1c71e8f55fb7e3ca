//! What happens when: an operator's commands, faults, and changes of the data.

use super::QueryNodeSpec;
use crate::coordinator::command::Command;
use crate::coordinator::keys::Value;
use crate::units::{SimDuration, SimTime};

/// One entry of the timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineEntry {
    /// When.
    pub at: SimTime,
    /// The verb as written, such as `load_balance`.
    pub verb: &'static str,
    /// The verb's arguments as written, as compact JSON.
    pub arguments: String,
    /// What happens.
    pub happening: Happening,
    /// The error that the client is expected to get.
    pub expect_error: Option<ExpectedError>,
    /// Whether the entry may change nothing without making the scenario vacuous.
    pub may_have_no_effect: bool,
    /// A note for the reader.
    pub note: Option<String>,
}

/// An error the author expects a command to end with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectedError {
    /// Both exact.
    Exact {
        /// Milvus's error code.
        code: i32,
        /// The text as the client shows it.
        text: String,
    },
    /// The text contains this.
    Contains(String),
}

/// Everything that a timeline entry can make happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// A request to QueryCoord.
    Command(Command),
    /// The query node of this id (in [`super::Scenario::query_nodes`], state `Absent`) starts and registers.
    AddQueryNode {
        /// Its id.
        id: i64,
    },
    /// The same machine starts again as a new, empty process.
    ReturnQueryNode {
        /// Id it had.
        id: i64,
        /// The machine as declared for `id`, absent until then, under the id that it gets: the one given, or the
        /// highest of all nodes so far plus 1.
        machine: Box<QueryNodeSpec>,
    },
    /// SIGTERM: drains where the release drains, else the session goes at once.
    StopQueryNode {
        /// Its id.
        id: i64,
    },
    /// SIGKILL: nobody knows until the session runs out.
    KillQueryNode {
        /// Its id.
        id: i64,
    },
    /// Divides a node's load bandwidth.
    SlowQueryNode {
        /// Its id.
        id: i64,
        /// By how much, above 0.
        factor: f64,
        /// For how long; `None` = to the end.
        duration: Option<SimDuration>,
    },
    /// A node does not answer the coordinator, though its process lives.
    LoseHeartbeats {
        /// Its id.
        id: i64,
        /// For how long.
        duration: SimDuration,
    },
    /// Loads that match fail.
    FailLoads {
        /// Only on this node.
        query_node: Option<i64>,
        /// Only of this collection.
        collection_name: Option<String>,
        /// Only of this segment.
        segment_id: Option<i64>,
        /// For how long; `None` = to the end.
        duration: Option<SimDuration>,
        /// At most so many; `None` = all.
        count: Option<u64>,
    },
    /// QueryCoord goes down and comes back.
    RestartQueryCoord {
        /// How long it is away.
        down: SimDuration,
    },
    /// The growing rows of a shard (or of all) become sealed segments now.
    Seal {
        /// Name of the collection.
        collection_name: String,
        /// The shard; `None` = all.
        shard: Option<u32>,
    },
    /// Sealed segments become one.
    Compact {
        /// Name of the collection.
        collection_name: String,
        /// Their ids.
        sealed_segment_ids: Vec<i64>,
    },
    /// Rows are deleted; they leave with the next `compact`, in proportion.
    DeleteRows {
        /// Name of the collection.
        collection_name: String,
        /// How many.
        rows: u64,
    },
    /// Keys get new values; those read only at start take effect at the next restart.
    SetConfig(Vec<(&'static str, Value)>),
}

impl Happening {
    /// Whether the entry only looks (so that it disturbs nothing).
    pub fn is_read_only(&self) -> bool {
        let Happening::Command(command) = self else { return false };
        matches!(command, Command::GetQuerySegmentInfo { .. } | Command::CheckQueryNodeDistribution { .. })
    }
}
