//! The trait of both generations of QueryCoord: what the simulation asks of it.

use super::command::{Command, CommandError};
use super::hearing::Hearing;
use super::keys::Value;
use super::outcome::{CallNumber, Outcome, RequestNumber, Turn};
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex, SegmentIndex};
use crate::policy::watch::Watch;
use crate::units::{SimDuration, SimTime};

/// One row of a segment listing (`get_query_segment_info`), in the release's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentInfoRow {
    /// The sealed segment; `None` = the growing rows of a shard.
    pub segment: Option<SegmentIndex>,
    /// The collection's id.
    pub collection: i64,
    /// The partition's id.
    pub partition: i64,
    /// Memory in bytes; 0 where the release does not fill it.
    pub mem_size: u64,
    /// Rows.
    pub num_rows: u64,
    /// `Sealed` or `Growing`.
    pub state: &'static str,
    /// The query nodes.
    pub nodes: SegmentInfoNodes,
}

/// The query nodes of a row, in the form of the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentInfoNodes {
    /// `nodeID` (2.0): a row for every copy.
    One(NodeIndex),
    /// `nodeIds` (2.1 on): a row for every segment.
    All(Vec<NodeIndex>),
}

/// What the coordinator records, for whoever looks on.
pub trait QueryCoordView {
    /// The nodes on which the coordinator records a sealed segment, in stored order.
    fn recorded_nodes(&self, segment: SegmentIndex) -> Vec<NodeIndex>;

    /// Whether the coordinator records no sealed segment and no channel on a node, and has no task for it.
    fn records_nothing_on(&self, node: NodeIndex, cluster: &Cluster) -> bool;

    /// Fills `scores` with the numbers by which the policy ordered the nodes of a replica when it last
    /// looked at it; with nothing before the first look. Nodes that have left the replica since may be left out.
    fn last_scores(&self, replica: ReplicaIndex, cluster: &Cluster, scores: &mut Vec<(NodeIndex, f64)>);

    /// The same, where all numbers are whole and below 2^32: the nodes, ascending, and the number of each.
    /// `None` says nothing about the numbers.
    fn last_whole_scores(&self, _replica: ReplicaIndex) -> Option<(&[NodeIndex], &[u32])> {
        None
    }

    /// How often the policy has looked at a replica: as long as it is the same, so are `last_scores`.
    fn looks(&self, replica: ReplicaIndex) -> u32;
}

/// QueryCoord, whichever generation.
pub trait QueryCoord: QueryCoordView {
    /// Shows every decision from now on to a watch.
    fn show(&mut self, watch: Watch);

    /// Starts, or starts again after [`QueryCoord::stop`]: what is recorded is read, nodes are taken in.
    fn start(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome);

    /// Goes down: nothing is answered until the next start; open requests end.
    fn stop(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome);

    /// A turn that it asked for.
    fn take_turn(&mut self, turn: Turn, hearing: Hearing<'_>, outcome: &mut Outcome);

    /// A node's session appeared.
    fn node_up(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome);

    /// A node's session says that it stops (2.2 and later).
    fn node_stopping(&mut self, _node: NodeIndex, _hearing: Hearing<'_>, _outcome: &mut Outcome) {}

    /// A node's session is gone.
    fn node_lost(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome);

    /// A node's process is about to end; `are_reports_in` = the reports of this millisecond have been made.
    fn process_ends(&mut self, _hearing: Hearing<'_>, _are_reports_in: bool) {}

    /// A call to a node ended.
    fn call_ended(
        &mut self,
        call: CallNumber,
        result: Result<(), String>,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    );

    /// A client's request; the answer comes as [`super::outcome::Order::Answer`], now or later.
    fn command(
        &mut self,
        request: RequestNumber,
        command: &Command,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    );

    /// The listing of a collection's segments.
    ///
    /// # Errors
    ///
    /// Milvus's words.
    fn segment_info(
        &self,
        collection_name: &str,
        hearing: Hearing<'_>,
    ) -> Result<Vec<SegmentInfoRow>, CommandError>;

    /// A flushed or compacted segment is announced; `parents` are the segments it replaces.
    fn segment_announced(
        &mut self,
        segment: SegmentIndex,
        parents: &[SegmentIndex],
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    );

    /// A key has a new value in the configuration; returns whether it is in force at once (else from the
    /// next start).
    fn set_config(&mut self, key: &'static str, value: &Value) -> bool;

    /// Keys are about to be set: what happened under their old values up to `now` is settled.
    fn config_changes(&mut self, _now: SimTime) {}

    /// All keys of one change have their new values.
    fn config_set(&mut self, _hearing: Hearing<'_>, _outcome: &mut Outcome) {}

    /// The overload threshold in force, as a fraction: what query nodes check loads against.
    fn overload_threshold(&self) -> f64;

    /// How long a query node that stops waits until it is empty; 2.0 and 2.1 do not wait.
    fn graceful_stop(&self) -> SimDuration {
        SimDuration::ZERO
    }

    /// The share of its disk that a query node fills at most; 2.0 and 2.1 do not look at it.
    fn disk_threshold(&self) -> f64 {
        1.0
    }
}
