//! What a run tells while it goes on: records of what happened, and moments at which to look.
//!
//! Nothing is kept here: a run of a day has millions of records. Who wants figures, files or plots
//! listens as an [`Observer`].

use crate::coordinator::outcome::{MoveCause, MoveNumber, MoveOutcome};
use crate::coordinator::query_coord::{QueryCoordView, SegmentInfoRow};
use crate::model::cluster::Cluster;
use crate::model::ids::{ChannelIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::policy::reason::{Reason, ReasonCode};
use crate::units::SimTime;

/// What is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// A sealed segment.
    Segment(SegmentIndex),
    /// A channel.
    Channel(ChannelIndex),
}

/// How a command ended for its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandOutcome {
    /// Milvus answered Success.
    Success,
    /// Milvus answered with an error.
    Refused,
    /// The client gave up.
    TimedOut,
}

impl CommandOutcome {
    /// The word in results.
    pub fn text(self) -> &'static str {
        match self {
            CommandOutcome::Success => "success",
            CommandOutcome::Refused => "refused",
            CommandOutcome::TimedOut => "timed_out",
        }
    }
}

/// Something that happened: one line of `events.jsonl`.
#[derive(Debug, Clone, PartialEq)]
pub enum Record<'a> {
    /// The run begins.
    Start {
        /// Name of the scenario.
        scenario: &'a str,
        /// Seed of the run.
        seed: u64,
    },
    /// The run is over.
    End,
    /// A timeline entry is due.
    Command {
        /// Its verb.
        verb: &'static str,
        /// Its arguments, as compact JSON.
        arguments: &'a str,
        /// Whether it only looks.
        is_read_only: bool,
        /// Whether an answer will come.
        expects_answer: bool,
    },
    /// A client got its answer, or gave up.
    CommandResult {
        /// Sequence number of the command's record.
        of: u64,
        /// How it ended.
        outcome: CommandOutcome,
        /// Milvus's code; 0 on success.
        code: i32,
        /// The text as the client shows it; empty on success.
        text: &'a str,
    },
    /// A query node registered.
    NodeUp {
        /// The node.
        node: NodeIndex,
    },
    /// A query node announced its stop.
    NodeStopping {
        /// The node.
        node: NodeIndex,
    },
    /// A query node's process ended (`stopped`, `killed`, `out of memory`, `session lost`) or the
    /// coordinator noticed (`noticed`).
    NodeDown {
        /// The node.
        node: NodeIndex,
        /// Why.
        cause: &'static str,
    },
    /// A move was planned.
    Plan {
        /// Its number.
        number: MoveNumber,
        /// What is moved.
        moved: Moved,
        /// In which replica; `None` = the segment's node serves no replica of its collection.
        replica: Option<ReplicaIndex>,
        /// From where.
        from: NodeIndex,
        /// To where.
        to: NodeIndex,
        /// Who wanted it.
        cause: MoveCause,
        /// Why.
        reason: Reason,
    },
    /// A replica was looked at and nothing was planned: told every time, and counted every time.
    Declined {
        /// The replica; `None` = the whole cluster (a round given up; 2.0).
        replica: Option<ReplicaIndex>,
        /// Why.
        reason: Reason,
        /// Whether the reason differs from that of the replica's last round: only then it is a line of
        /// the event log and has a sequence number of its own.
        is_new: bool,
    },
    /// Replicas were looked at once more, and each declined for just what it was declined for in its last round:
    /// counted, and never a line.
    DeclinedAgain {
        /// One of the reasons.
        code: ReasonCode,
        /// How often.
        times: u64,
    },
    /// A node accepted to load a segment.
    LoadStart {
        /// The node.
        node: NodeIndex,
        /// The segment.
        segment: SegmentIndex,
        /// The move it serves, if any.
        number: Option<MoveNumber>,
        /// Bytes of the segment.
        bytes: u64,
    },
    /// A node has loaded a segment.
    LoadDone {
        /// The node.
        node: NodeIndex,
        /// The segment.
        segment: SegmentIndex,
        /// The move it serves, if any.
        number: Option<MoveNumber>,
        /// Bytes of the segment.
        bytes: u64,
    },
    /// A node refused or could not finish to load a segment.
    LoadFailed {
        /// The node.
        node: NodeIndex,
        /// The segment.
        segment: SegmentIndex,
        /// The move it serves, if any.
        number: Option<MoveNumber>,
        /// Bytes of the segment.
        bytes: u64,
        /// Whether the node's own memory check refused it.
        is_refusal: bool,
        /// The node's words.
        text: &'a str,
    },
    /// A node's copy of a segment is gone.
    Release {
        /// The node.
        node: NodeIndex,
        /// The segment.
        segment: SegmentIndex,
    },
    /// A move ended.
    MoveEnd {
        /// Its number.
        number: MoveNumber,
        /// How.
        outcome: MoveOutcome,
    },
    /// A shard has another leader.
    Leader {
        /// The replica.
        replica: ReplicaIndex,
        /// The channel.
        channel: ChannelIndex,
        /// The leader before.
        from: Option<NodeIndex>,
        /// The leader now.
        to: Option<NodeIndex>,
    },
    /// A segment was sealed or compacted into being.
    SegmentNew {
        /// The segment.
        segment: SegmentIndex,
    },
    /// A segment's logs are gone.
    SegmentGone {
        /// The segment.
        segment: SegmentIndex,
    },
    /// A key has a new value in force.
    Config {
        /// Milvus's key.
        key: &'static str,
        /// The value, as compact JSON.
        value: &'a str,
    },
    /// A node needed more than its memory.
    KilledForMemory {
        /// The node.
        node: NodeIndex,
        /// What it needed, in bytes.
        used_bytes: u64,
    },
    /// The answer of a segment listing.
    SegmentInfo {
        /// Sequence number of the command's record.
        of: u64,
        /// The rows, in the release's order.
        rows: &'a [SegmentInfoRow],
    },
}

impl Record<'_> {
    /// Whether it tells why nothing was planned, which is no part of the digest.
    pub fn is_decline(&self) -> bool {
        matches!(self, Record::Declined { .. } | Record::DeclinedAgain { .. })
    }

    /// Whether it is a line of the event log.
    pub fn is_line(&self) -> bool {
        !matches!(self, Record::Declined { is_new: false, .. } | Record::DeclinedAgain { .. })
    }
}

/// A moment of a run, to look at.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// When.
    pub now: SimTime,
    /// The cluster as it really is.
    pub cluster: &'a Cluster,
    /// The coordinator, for what it records.
    pub coordinator: &'a dyn QueryCoordView,
    /// What the workload does, for growing rows and searches.
    pub service: &'a dyn ServiceView,
}

/// What searches find at a moment.
pub trait ServiceView {
    /// Search arrivals per second at a collection, by its position.
    fn queries_per_second(&self, collection: usize, now: SimTime) -> f64;
}

/// Somebody who listens to a run.
pub trait Observer {
    /// Something happened. `sequence` counts the lines of the event log; a `Declined` that is not new
    /// has the number of the line before it.
    fn record(&mut self, moment: Moment<'_>, sequence: u64, record: &Record<'_>);

    /// The last event of a millisecond in which the cluster changed is done, and it is no sampling instant;
    /// `moment.cluster.changes()` says what changed.
    fn changed(&mut self, moment: Moment<'_>);

    /// A sampling instant whose last event is done; `moment.cluster.changes()` says what changed, if anything.
    fn sample(&mut self, moment: Moment<'_>);
}
