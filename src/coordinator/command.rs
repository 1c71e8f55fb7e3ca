//! What an operator can ask of QueryCoord, and how it refuses: Milvus's own codes and words.

/// pymilvus's `timeout`: a whole number and a number with a point behave differently there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Timeout {
    /// No deadline.
    Never,
    /// A Python `int`, in seconds: the client gives up once that much time has passed.
    Whole(u64),
    /// A Python `float`, in seconds: the client sends the same request up to eleven times.
    Fraction(f64),
}

/// `utility.load_balance(...)`, with pymilvus's parameter names.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadBalance {
    /// Absent in the 2.0 client and in calls that rely on the segments' collection.
    pub collection_name: Option<String>,
    /// Ids of the query nodes to move from. A client of the proxy names exactly one; QueryCoord's own
    /// request has a list.
    pub src_node_ids: Vec<i64>,
    /// Ids of the query nodes to move to; empty = any other node of the replica.
    pub dst_node_ids: Vec<i64>,
    /// Ids of the sealed segments to move; empty = every sealed segment on the source.
    pub sealed_segment_ids: Vec<i64>,
    /// The client's patience.
    pub timeout: Timeout,
    /// Alias of the client's connection; without effect on the server.
    pub using: String,
}

/// A request to QueryCoord.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Move sealed segments by hand.
    LoadBalance(LoadBalance),
    /// List the segments of a collection as `get_query_segment_info` does.
    GetQuerySegmentInfo {
        /// Name of the collection.
        collection_name: String,
    },
    /// Load a collection into `replica_number` replicas.
    LoadCollection {
        /// Name of the collection.
        collection_name: String,
        /// Number of replicas; `None` = as the collection is declared.
        replica_number: Option<u32>,
        /// Names of resource groups, one for all replicas or one per replica; empty = as declared.
        resource_groups: Vec<String>,
    },
    /// Release a collection from all query nodes.
    ReleaseCollection {
        /// Name of the collection.
        collection_name: String,
    },
    /// Move (or copy) sealed segments off a query node (2.3.14 and later, section 12.3).
    TransferSegment {
        /// Id of the query node to move from.
        source_node_id: i64,
        /// Id of the query node to move to; `None` = any other node of the replica.
        target_node_id: Option<i64>,
        /// Id of the segment; `None` = all.
        segment_id: Option<i64>,
        /// Whether the source keeps its copy.
        copy_mode: bool,
    },
    /// Move (or copy) channels off a query node (2.3.14 and later, section 12.3).
    TransferChannel {
        /// Id of the query node to move from.
        source_node_id: i64,
        /// Id of the query node to move to; `None` = any other node of the replica.
        target_node_id: Option<i64>,
        /// Name of the channel; `None` = all.
        channel_name: Option<String>,
        /// Whether the source keeps its copy.
        copy_mode: bool,
    },
    /// Switch the balance checker off (2.3.14 and later, section 11.4).
    SuspendBalance,
    /// Switch the balance checker on again.
    ResumeBalance,
    /// Take a query node out of service (2.3.14 and later, section 11.4).
    SuspendNode {
        /// Its id.
        node_id: i64,
    },
    /// Take a suspended query node into service again.
    ResumeNode {
        /// Its id.
        node_id: i64,
    },
    /// Ask whether one query node has everything that another has (2.3.14 and later, section 12.4).
    CheckQueryNodeDistribution {
        /// Id of the query node that has it.
        source_node_id: i64,
        /// Id of the query node that should have it, too.
        target_node_id: i64,
    },
    /// Give a loaded collection another number of replicas, or other resource groups (2.2 and later).
    SetReplicas {
        /// Name of the collection.
        collection_name: String,
        /// Number of replicas; `None` = as many as now.
        replica_number: Option<u32>,
        /// Names of resource groups, one for all replicas or one per replica; empty = those of now.
        resource_groups: Vec<String>,
    },
    /// Move query nodes from one resource group to another (2.2.3 and later, section 12.4).
    TransferNode {
        /// Name of the resource group that gives.
        source: String,
        /// Name of the resource group that takes.
        target: String,
        /// How many nodes, as an operator may mistype it.
        num_node: i64,
    },
    /// Move replicas of a collection from one resource group to another (2.2.3 and later, section 12.4).
    TransferReplica {
        /// Name of the resource group that gives.
        source: String,
        /// Name of the resource group that takes.
        target: String,
        /// Name of the collection.
        collection_name: String,
        /// How many replicas, as an operator may mistype it.
        num_replica: i64,
    },
    /// Declare how many nodes a resource group asks for and may have (2.4.1 and later, section 12.4).
    UpdateResourceGroup {
        /// Its name.
        name: String,
        /// Nodes it asks for, as an operator may mistype it.
        requests: i64,
        /// Nodes it may have, as an operator may mistype it.
        limits: i64,
        /// Names of groups whose spare nodes it takes before those of others.
        transfer_from: Vec<String>,
        /// Names of groups with room that get its spare nodes before others.
        transfer_to: Vec<String>,
    },
    /// A verb that this release does not have: recorded as refused.
    Unknown {
        /// The verb as written in the scenario.
        verb: &'static str,
    },
}

/// A request that cannot be met, in Milvus's own words: shown to the operator, never fatal to the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError {
    /// Milvus's error code; 1 (UnexpectedError) for everything in 2.0 and 2.1.
    pub code: i32,
    /// The text as the client shows it.
    pub text: String,
}
