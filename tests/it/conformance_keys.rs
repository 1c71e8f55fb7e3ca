//! Keys of a conformance case that nobody reads: a case passes or fails without them, and is told to.

use super::conformance_state::list;
use evenkeel::coordinator::keys;
use serde_json::Value;
use std::collections::BTreeSet;

/// Keys that are read, or known to say nothing that a result could depend on, by where they stand.
const KEYS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "nodes",
            "collections",
            "replicas",
            "segments",
            "channels",
            "leader_views",
            "targets",
            "inflight",
            "assign_policy",
            "balancer_stub",
            "channels_serviceable",
            "checker_active",
            "first_replica_also_has",
            "global_view",
            "load_type",
            "milliseconds_since_last_normal_balance",
            "movable",
            "note",
            "phase_stub",
            "queue",
            "queues_before",
            "random_input",
            "replica_also_lists_unregistered_node",
            "replica_node_counts",
            "replica_recomputed_with_only_node",
            "replicas_per_collection",
            "rows_each",
            "segment_bytes",
            "segment_count_by_node",
            "segments_indexed",
            "server",
            "streaming_service",
            "targets_exist",
            "task_id_allocation",
            "tasks_per_collection",
            "wal_nodes",
        ],
    ),
    (
        "nodes",
        &[
            "id",
            "state",
            "in_resource_group",
            "reported_segment_count",
            "reported_channel_count",
            "mem_capacity",
            "mem_used",
            "resource_exhausted",
            "is_streaming",
        ],
    ),
    ("collections", &["id", "load_status", "load_percentage", "partitions", "replica_number", "load_type"]),
    (
        "replicas",
        &[
            "id",
            "collection",
            "resource_group",
            "declared_nodes",
            "rw_nodes",
            "ro_nodes",
            "missing_nodes",
            "rw_nodes_by_channel",
            "ro_node_count",
            "ro_channel_nodes",
            "rw_sq_nodes",
            "ro_sq_nodes",
        ],
    ),
    ("segments", &["id", "collection", "partition", "shard", "rows", "node"]),
    ("channels", &["name", "collection", "node", "leader_view"]),
    ("leader_views", &["node", "leader_node", "collection", "growing_rows", "serviceable", "channel"]),
    ("targets", &["collection", "current", "next"]),
];

/// The keys of a case's states and settings that nobody reads, each with where it stands.
pub(crate) fn unread(case: &Value) -> BTreeSet<String> {
    let mut unread = BTreeSet::new();
    let changes = || list(case, "steps").iter().map(|step| &step["change"]);
    let states = [&case["state"]].into_iter().chain(changes().map(|change| &change["replace"]));
    for state in states {
        for (place, known) in KEYS {
            let entries = if place.is_empty() { std::slice::from_ref(state) } else { list(state, place) };
            let keys = entries.iter().filter_map(Value::as_object).flat_map(|entry| entry.keys());
            let news = keys.filter(|key| !known.contains(&key.as_str()));
            unread.extend(
                news.map(|key| if place.is_empty() { key.clone() } else { format!("{place}.{key}") }),
            );
        }
    }
    let settings = [&case["config"]].into_iter().chain(changes().map(|change| &change["config"]));
    let settings = settings.filter_map(Value::as_object).flat_map(|settings| settings.keys());
    unread.extend(settings.filter(|key| keys::find(key).is_none()).cloned());
    unread
}

#[test]
fn what_nobody_reads_is_told() {
    let case = serde_json::json!({
        "config": { "queryCoord.balancer": "x", "queryCoord.unheard": 1 },
        "state": { "nodes": [{ "id": 1, "weight": 2 }], "moon": "full" },
        "steps": [{ "change": { "replace": { "segments": [{ "age": 1 }] }, "config": { "a.b": 1 } } }],
    });
    let told: Vec<String> = unread(&case).into_iter().collect();
    assert_eq!(told, ["a.b", "moon", "nodes.weight", "queryCoord.unheard", "segments.age"]);
}
