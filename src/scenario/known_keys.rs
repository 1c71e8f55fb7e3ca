//! The keys of every object of the file, under the names of their definitions in the JSON Schema.

pub(super) const SCENARIO: &[&str] = &[
    "version",
    "name",
    "story",
    "milvus",
    "seed",
    "duration",
    "settle",
    "hosts",
    "resource_groups",
    "query_nodes",
    "streaming_nodes",
    "collections",
    "workload",
    "timeline",
    "hardware",
    "sampling",
    "expect",
];
pub(super) const MILVUS: &[&str] = &["version", "config", "chance", "segment_pick"];
pub(super) const SETTLE: &[&str] = &["quiet"];
pub(super) const SAMPLING: &[&str] = &["every"];
pub(super) const RESOURCE_GROUP: &[&str] = &["name", "requests", "limits", "transfer_from", "transfer_to"];
pub(super) const QUERY_NODE: &[&str] = &[
    "id",
    "count",
    "memory",
    "base_memory",
    "disk",
    "cpu",
    "resource_group",
    "labels",
    "load_bandwidth",
    "state",
    "host",
];
pub(super) const COLLECTION: &[&str] = &[
    "name",
    "id",
    "loaded",
    "shards",
    "partitions",
    "replicas",
    "resource_groups",
    "bytes_per_row",
    "disk_bytes_per_row",
    "segments",
    "placement",
    "search_cost",
];
pub(super) const PARTITION: &[&str] = &["name", "id"];
pub(super) const REPLICA: &[&str] =
    &["id", "resource_group", "query_nodes", "ro_query_nodes", "shard_leaders"];
pub(super) const SEGMENT: &[&str] = &["id", "rows", "memory", "log_size", "shard", "partition", "query_node"];
pub(super) const GENERATED_SEGMENTS: &[&str] = &["count", "rows", "memory"];
pub(super) const PLACEMENT: &[&str] = &["only", "weights"];
pub(super) const DISTRIBUTION: &[&str] =
    &["constant", "uniform", "log_normal", "pareto", "zipf", "choice", "at_most"];
pub(super) const UNIFORM: &[&str] = &["min", "max"];
pub(super) const LOG_NORMAL: &[&str] = &["median", "sigma"];
pub(super) const PARETO: &[&str] = &["min", "alpha"];
pub(super) const ZIPF: &[&str] = &["max", "exponent"];
pub(super) const CHOICE: &[&str] = &["values", "weights"];
pub(super) const SEARCH_COST: &[&str] = &["per_segment", "per_row"];
pub(super) const WORKLOAD: &[&str] = &["insert", "search"];
pub(super) const INSERT: &[&str] = &["collection", "rows_per_second", "from", "to"];
pub(super) const SEARCH: &[&str] = &["collection", "queries_per_second", "from", "to"];
pub(super) const HARDWARE: &[&str] = &[
    "load_bandwidth",
    "storage_bandwidth",
    "load_overhead",
    "rpc_delay",
    "release_delay",
    "session_ttl",
    "load_memory_factor",
    "growing_memory_factor",
    "delegator_memory",
    "seal_size",
    "seal_delay",
    "out_of_memory",
    "search_cost",
    "binlog_fields",
];
pub(super) const EXPECTATION: &[&str] = &[
    "metric",
    "at_most",
    "at_least",
    "equals",
    "during",
    "query_node",
    "is",
    "segment",
    "on",
    "settled",
    "at",
    "by",
];
pub(super) const EXPECT_ERROR: &[&str] = &["code", "text", "contains"];

/// Keys of a timeline entry besides its verb.
pub(super) const ENTRY: &[&str] = &["at", "expect_error", "may_have_no_effect", "note"];

/// Every verb with its arguments. Those of `set_config` are Milvus's keys.
pub(super) const VERBS: &[(&str, &[&str])] = &[
    ("add_query_node", QUERY_NODE),
    ("return_query_node", &["id", "new_id"]),
    ("stop_query_node", &["id"]),
    ("kill_query_node", &["id"]),
    ("slow_query_node", &["id", "factor", "for"]),
    ("lose_heartbeats", &["id", "for"]),
    ("fail_loads", &["query_node", "collection_name", "segment_id", "for", "count"]),
    ("restart_query_coord", &["down"]),
    ("load_collection", &["collection_name", "replica_number", "resource_groups"]),
    ("release_collection", &["collection_name"]),
    ("set_replicas", &["collection_name", "replica_number", "resource_groups"]),
    ("seal", &["collection_name", "shard"]),
    ("compact", &["collection_name", "sealed_segment_ids"]),
    ("delete_rows", &["collection_name", "rows"]),
    (
        "load_balance",
        &["collection_name", "src_node_id", "dst_node_ids", "sealed_segment_ids", "timeout", "using"],
    ),
    ("get_query_segment_info", &["collection_name"]),
    ("transfer_segment", &["source_node_id", "target_node_id", "segment_id", "copy_mode"]),
    ("transfer_channel", &["source_node_id", "target_node_id", "channel_name", "copy_mode"]),
    ("check_query_node_distribution", &["source_node_id", "target_node_id"]),
    ("transfer_node", &["source", "target", "num_node"]),
    ("transfer_replica", &["source", "target", "collection_name", "num_replica"]),
    ("suspend_balance", &[]),
    ("resume_balance", &[]),
    ("suspend_node", &["node_id"]),
    ("resume_node", &["node_id"]),
    ("set_config", &[]),
    ("update_resource_group", &["name", "requests", "limits", "transfer_from", "transfer_to"]),
];

/// The arguments of a verb; of an unknown one none.
pub(super) fn arguments(verb: &str) -> &'static [&'static str] {
    VERBS.iter().find(|(name, _)| *name == verb).map_or(&[], |(_, arguments)| arguments)
}
