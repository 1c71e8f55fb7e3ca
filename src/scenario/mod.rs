//! The input: a scenario file read, checked and turned into plain data; or every fault in it.
//!
//! Nothing here runs a simulation or opens a file. Inside, time is in whole milliseconds, memory in
//! bytes; ids are Milvus's own 64-bit numbers. All generated ids have been given out, and every list
//! is in ascending order of id, so that position in a list and order of ids are the same thing.

mod collections;
mod configuration;
mod decimal;
mod distribution_reader;
pub mod error;
pub mod expectation;
mod expectation_reader;
mod faults;
mod file;
pub mod generate;
mod ground;
mod hardware;
mod ids;
mod joins;
mod json;
mod known_keys;
mod later_verbs;
mod limits;
pub mod metric_path;
mod milvus;
mod milvus_yaml;
mod object;
pub mod overrides;
pub mod program;
mod query_nodes;
mod replicas;
mod roster;
pub mod schema;
mod segments;
pub mod timeline;
mod timeline_reader;
mod values;
mod verbs;
mod words;
mod workload;
mod yaml;

use crate::coordinator::keys::Config;
use crate::engine::distribution::Distribution;
use crate::model::id_runs::IdRuns;
use crate::release::Release;
use crate::units::{SimDuration, SimTime};
use error::ScenarioError;
use expectation::Expectation;
pub use ground::ResourceGroupSpec;
pub use limits::DURATION_MAX_MS;
use overrides::Overrides;
use program::Program;
use std::sync::Arc;
use timeline::TimelineEntry;

/// Reads the text of a scenario file, `overrides` applied first. `file_name` is for messages only.
///
/// # Errors
///
/// Every fault of the file and of the overrides at once, in the order of their places. Of a text that
/// is no JSON only the first: behind it nothing is sure.
pub fn parse(text: &str, file_name: &str, overrides: &Overrides) -> Result<Scenario, Vec<ScenarioError>> {
    file::parse(text, file_name, overrides)
}

/// A scenario, checked and complete: what is simulated.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Name, also of the results folder: `[a-z0-9][a-z0-9_.-]{0,99}`.
    pub name: String,
    /// What the scenario is about, for people. Empty when not given.
    pub story: String,
    /// The release simulated.
    pub release: Release,
    /// Milvus's configuration in force at the start.
    pub config: Config,
    /// How what is random in Milvus is settled.
    pub chance: Chance,
    /// Which sealed segment a 2.0/2.1 round picks among those that qualify.
    pub segment_pick: SegmentPick,
    /// Key of every random stream.
    pub seed: u64,
    /// Length of the run; events at this very time are still done.
    pub duration: SimTime,
    /// Interval of the samples; at least 1 ms.
    pub sampling_every: SimDuration,
    /// How long nothing automatic may move before a disturbance counts as settled; `None` = the
    /// release's default (the longer of 2 min and twice the time for a round over all collections).
    pub settle_quiet: Option<SimDuration>,
    /// Hosts shared by query nodes without a container limit, ascending by name.
    pub hosts: Vec<Host>,
    /// Resource groups, in file order; the default group is always first.
    pub resource_groups: Vec<ResourceGroupSpec>,
    /// Every query node that is known beforehand, ascending by id; also those that join later.
    pub query_nodes: Vec<QueryNodeSpec>,
    /// Streaming nodes of 2.6 and later, ascending by id; their ids are apart from those of query nodes.
    pub streaming_nodes: Vec<QueryNodeSpec>,
    /// Collections, ascending by id; shared by all scenarios that came of one reading.
    pub collections: Arc<[CollectionSpec]>,
    /// Rows that come in.
    pub inserts: Vec<Insert>,
    /// Searches that come in.
    pub searches: Vec<Search>,
    /// What happens when, ascending by time, file order at equal times.
    pub timeline: Vec<TimelineEntry>,
    /// What is ours and not Milvus's: bandwidths, delays, factors.
    pub hardware: Hardware,
    /// What the author expects, in file order.
    pub expectations: Vec<Expectation>,
    /// The program that plans in the place of the balancer, where the command line names one.
    pub program: Option<Program>,
    /// What a reader should know though it is no fault: inert keys, entries beyond `--until`, and the like.
    pub warnings: Vec<String>,
}

impl Scenario {
    /// Name of the balance policy in force at the start: what the release really takes for its key. 2.0 and
    /// 2.1 have one, built in. `exec:PROGRAM` as given where a program plans.
    pub fn balancer(&self) -> &str {
        match &self.program {
            Some(program) => &program.name,
            None => configuration::balancer(self.release, &self.config),
        }
    }

    /// The same scenario as if read anew with another seed: reading draws nothing. Collections are shared.
    #[must_use]
    pub fn with_seed(&self, seed: u64) -> Scenario {
        Scenario { seed, ..self.clone() }
    }
}

/// How what is random in Milvus is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chance {
    /// Drawn from named streams of the seed.
    Seeded,
    /// Ascending id or name instead of every draw of order.
    Ascending,
}

/// Which sealed segment a 2.0/2.1 round picks among those that qualify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentPick {
    /// As shipped: the minimum is never lowered, the last qualifying segment wins.
    LastQualifying,
    /// What the rule was meant to do: the segment that leaves the smallest difference.
    LeastDifference,
}

/// A machine that several query nodes share without container limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name in the scenario.
    pub name: String,
    /// Its memory in bytes.
    pub memory_bytes: u64,
}

/// The state a query node starts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartState {
    /// Registered and serving.
    Normal,
    /// Has announced its stop.
    Stopping,
    /// Taken out of its resource group by an operator.
    Suspended,
    /// Known to the coordinator, but without session and process.
    Offline,
    /// Joins later, by the timeline.
    Absent,
}

/// A query node as declared.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryNodeSpec {
    /// Milvus's node id.
    pub id: i64,
    /// Memory limit in bytes; 0 = the node reports none. Unused when `host` is set.
    pub memory_bytes: u64,
    /// Memory of the process without data, in bytes.
    pub base_memory_bytes: u64,
    /// Local disk in bytes; 0 = as much as anybody needs.
    pub disk_bytes: u64,
    /// CPUs.
    pub cpu: u32,
    /// Position in [`Scenario::resource_groups`].
    pub resource_group: usize,
    /// Labels, ascending by key.
    pub labels: Vec<(String, String)>,
    /// Bytes per second it can load; `None` = `hardware.load_bandwidth`.
    pub load_bandwidth_bytes_per_s: Option<u64>,
    /// State at t = 0.
    pub state: StartState,
    /// Position in [`Scenario::hosts`] of the host it shares, if any.
    pub host: Option<usize>,
}

/// A collection as declared.
#[derive(Debug, Clone, PartialEq)]
pub struct CollectionSpec {
    /// Name, unique.
    pub name: String,
    /// Milvus's collection id.
    pub id: i64,
    /// Whether it is loaded at t = 0.
    pub loaded: bool,
    /// Number of shards, at least 1; shard k has channel k.
    pub shards: u32,
    /// Partitions, ascending by id.
    pub partitions: Vec<Partition>,
    /// Its replicas.
    pub replicas: ReplicaSpec,
    /// Positions in [`Scenario::resource_groups`]: one for all replicas, or one per replica.
    pub resource_groups: Vec<usize>,
    /// Bytes of memory per row: default of a segment's memory, and what growing rows take. 0 = not given.
    pub bytes_per_row: u64,
    /// Bytes of a sealed row on a query node's local disk: indexes on disk, memory-mapped data.
    pub disk_bytes_per_row: u64,
    /// Its sealed segments.
    pub segments: Segments,
    /// Where generated segments, and explicit ones without a query node, go.
    pub placement: Placement,
    /// Search cost of this collection; `None` = `hardware.search_cost`.
    pub search_cost: Option<SearchCost>,
}

/// A partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// Milvus's partition id.
    pub id: i64,
}

/// Replicas of a collection: how many, or exactly which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplicaSpec {
    /// So many (ids given out, ascending); the release's own rule assigns nodes and leaders at the start.
    Count(Vec<i64>),
    /// These, ascending by id.
    Fixed(Vec<FixedReplica>),
}

/// A replica whose membership the scenario fixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedReplica {
    /// Milvus's replica id.
    pub id: i64,
    /// Position in [`Scenario::resource_groups`].
    pub resource_group: usize,
    /// Ids of its read-write query nodes, in stored order.
    pub query_nodes: Vec<i64>,
    /// Ids of its read-only query nodes.
    pub ro_query_nodes: Vec<i64>,
    /// Id of the shard leader of every shard; empty = the release's own rule.
    pub shard_leaders: Vec<i64>,
}

/// Sealed segments of a collection: written out, or drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Segments {
    /// Written out, ascending by id.
    Listed(Vec<SegmentSpec>),
    /// Drawn.
    Generated {
        /// Ids given out, ascending; one per segment.
        ids: IdRuns,
        /// Rows of each segment.
        rows: Distribution,
        /// Memory in bytes of each segment; `None` = rows x `bytes_per_row`.
        memory: Option<Distribution>,
    },
}

/// A sealed segment as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentSpec {
    /// Milvus's segment id.
    pub id: i64,
    /// Rows, at most `u32::MAX`.
    pub rows: u32,
    /// Bytes that it takes in a query node's memory.
    pub memory_bytes: u64,
    /// Bytes of its logs: what coordinator and query node use to estimate a load.
    pub log_bytes: u64,
    /// Its shard.
    pub shard: u32,
    /// Position in the collection's partitions.
    pub partition: usize,
    /// Ids of the query nodes that hold it at the start, one per replica; empty = `placement` decides.
    pub query_nodes: Vec<i64>,
}

/// Where segments without a query node go.
#[derive(Debug, Clone, PartialEq)]
pub enum Placement {
    /// As the release would load them onto the nodes present at the start.
    Balanced,
    /// The i-th segment to the i-th of the replica's nodes by id, in turn.
    RoundRobin,
    /// Drawn evenly.
    Random,
    /// Round robin over these node ids.
    Only(Vec<i64>),
    /// Drawn with these weights: (node id, weight).
    Weights(Vec<(i64, f64)>),
}

/// Rows coming into a collection at a steady rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insert {
    /// Position in [`Scenario::collections`].
    pub collection: usize,
    /// Rate in millionths of a row per second, so that arithmetic stays exact.
    pub micro_rows_per_second: u64,
    /// First moment.
    pub from: SimTime,
    /// Last moment.
    pub to: SimTime,
}

/// Searches coming to a collection at a steady rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// Position in [`Scenario::collections`].
    pub collection: usize,
    /// Arrival rate.
    pub queries_per_second: f64,
    /// First moment.
    pub from: SimTime,
    /// Last moment.
    pub to: SimTime,
}

/// What a query node does once it needs more memory than it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutOfMemory {
    /// The kernel ends it, as by `kill_query_node`.
    Kill,
    /// Nothing happens.
    Ignore,
}

/// Work of one search on a node, in milliseconds of one CPU.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchCost {
    /// Per segment searched.
    pub per_segment_ms: f64,
    /// Per row searched.
    pub per_row_ms: f64,
}

/// Everything that is an assumption of ours and not Milvus's (`hardware` in the file).
#[derive(Debug, Clone, PartialEq)]
pub struct Hardware {
    /// Time a load takes besides its bytes.
    pub load_overhead: SimDuration,
    /// Bytes per second one node can load.
    pub load_bandwidth_bytes_per_s: u64,
    /// Bytes per second the object storage gives to all nodes together; `None` = no common limit.
    pub storage_bandwidth_bytes_per_s: Option<u64>,
    /// From coordinator to node.
    pub rpc_delay: SimDuration,
    /// From the order to release a copy until its memory is free.
    pub release_delay: SimDuration,
    /// How long a session outlives its process at most; a loss is noticed after a time drawn evenly
    /// from (2/3 of it, all of it].
    pub session_ttl: SimDuration,
    /// Memory of a load in flight, as a multiple of its segments' memory.
    pub load_memory_factor: f64,
    /// Memory of growing rows, as a multiple of rows x `bytes_per_row`.
    pub growing_memory_factor: f64,
    /// Memory of one delegator (shard leader) in bytes.
    pub delegator_memory_bytes: u64,
    /// Growing bytes of a shard that become one sealed segment.
    pub seal_size_bytes: u64,
    /// From sealing until the coordinator hears of the segment.
    pub seal_delay: SimDuration,
    /// What happens to a node that needs more than its memory.
    pub out_of_memory: OutOfMemory,
    /// Work of one search on a node.
    pub search_cost: SearchCost,
    /// Binlog fields of a segment: the loader's workers divided by it are the segments that a query node
    /// of 2.1 loads at a time. 4 = primary key, vector, and Milvus's two system fields.
    pub binlog_fields: u32,
}
