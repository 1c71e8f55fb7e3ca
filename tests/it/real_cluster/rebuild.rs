//! A recording as a scenario: the same cluster, the same changes.

use super::calls::Call;
use super::events::Change;
use super::recording::Recording;
use super::samples::CollectionState;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The scenario file of a recording. The cluster rests for `lead_ms` before the recording begins: when the
/// coordinator's turns come is not recorded.
pub(crate) fn scenario(recording: &Recording, seed: u64, lead_ms: u64) -> String {
    let mut config = recording.config.clone();
    if let Some(balancer) = &recording.balancer {
        config.entry("queryCoord.balancer").or_insert_with(|| json!(balancer));
    }
    let collections = recording.start.answered().map(|(name, state)| collection(recording, name, state));
    let collections: Vec<Value> = collections.chain(idle_collections(recording)).collect();
    let mut hardware = Map::new();
    if let Some(seconds) = recording.session_ttl_s {
        hardware.insert("session_ttl".to_owned(), json!(seconds));
    }
    let nodes: Vec<Value> = recording.query_nodes.iter().map(|id| query_node(recording, *id)).collect();
    let value = json!({
        "version": 1,
        "name": "recording",
        "milvus": { "version": recording.release, "config": config },
        "seed": seed,
        "duration": ms(recording.end_ms.saturating_sub(recording.start.at_ms) + lead_ms),
        "query_nodes": nodes,
        "collections": collections,
        "timeline": timeline(recording, lead_ms),
        "hardware": hardware,
    });
    serde_json::to_string_pretty(&value).expect("JSON")
}

fn ms(time: u64) -> String {
    format!("{time}ms")
}

fn query_node(recording: &Recording, id: i64) -> Value {
    let machine = recording.machine(id);
    json!({
        "id": id,
        "memory": machine.memory_bytes,
        "base_memory": machine.base_bytes,
        "cpu": machine.cpu,
    })
}

/// A collection as it was at the start.
fn collection(recording: &Recording, name: &str, state: &CollectionState) -> Value {
    let channels: BTreeSet<&String> = state.leaders.iter().flat_map(BTreeMap::keys).collect();
    let channels: Vec<&String> = channels.into_iter().collect();
    let segments: Vec<Value> = (state.segments.iter().enumerate())
        .map(|(index, (id, nodes))| {
            let told = recording.channels.get(id);
            let shard = told.and_then(|told| channels.iter().position(|channel| *channel == told));
            let mut segment = json!({
                "id": id,
                "rows": recording.rows.get(id).copied().unwrap_or_default(),
                "shard": shard.unwrap_or(index % channels.len().max(1)),
            });
            if !recording.unloaded.contains(name) {
                segment["query_node"] = on_query_nodes(nodes, state);
            }
            segment
        })
        .collect();
    let mut value = json!({
        "name": name,
        "shards": channels.len().max(1),
        "bytes_per_row": recording.bytes_per_row,
        "segments": segments,
    });
    let ids = recording.ids.get(name);
    if let Some(id) = ids.and_then(|ids| ids.id) {
        value["id"] = json!(id);
    }
    if recording.unloaded.contains(name) {
        value["loaded"] = json!(false);
    } else {
        let replicas = state.replicas.iter().enumerate().map(|(index, nodes)| {
            let mut replica = json!({ "query_nodes": nodes });
            if let Some(id) = ids.and_then(|ids| ids.replicas.get(nodes)) {
                replica["id"] = json!(id);
            }
            let leaders: Option<Vec<i64>> =
                channels.iter().map(|channel| state.leaders.get(index)?.get(*channel).copied()).collect();
            if let Some(leaders) = leaders {
                replica["shard_leaders"] = json!(leaders);
            }
            replica
        });
        value["replicas"] = replicas.collect();
    }
    value
}

/// The query node of a segment in each replica.
fn on_query_nodes(nodes: &BTreeSet<i64>, state: &CollectionState) -> Value {
    let of_replica = |replica: &BTreeSet<i64>| nodes.intersection(replica).next().copied();
    let held: Vec<i64> = state.replicas.iter().filter_map(of_replica).collect();
    if let [one] = held[..] { json!(one) } else { json!(held) }
}

/// Collections that calls name and that are not loaded.
fn idle_collections(recording: &Recording) -> Vec<Value> {
    let mut idle: BTreeMap<&str, Value> = BTreeMap::new();
    for call in &recording.calls {
        let text = call.answer.as_ref().map_or("", |answer| &answer.text);
        let is_idle =
            text.contains("not fully loaded") && !recording.start.collections.contains_key(&call.collection);
        if is_idle {
            let mut value = json!({ "name": call.collection, "loaded": false, "segments": [] });
            let digits = text.split_once("collection=").map_or("", |(_, rest)| rest);
            let digits = digits.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
            if let Ok(id) = digits.parse::<i64>() {
                value["id"] = json!(id);
            }
            idle.insert(&call.collection, value);
        }
    }
    idle.into_values().collect()
}

/// The changes and calls by time.
fn timeline(recording: &Recording, lead_ms: u64) -> Vec<Value> {
    let mut entries: Vec<(u64, Value)> = Vec::new();
    for timed in &recording.changes {
        if timed.change == Change::Load(None) {
            let loads = recording.loads.iter().map(|(name, at_ms)| (*at_ms, load(recording, name)));
            entries.extend(loads);
            continue;
        }
        let verbs = verbs(recording, &timed.change);
        entries.extend(verbs.into_iter().map(|entry| (timed.at_ms, entry)));
    }
    entries.extend(recording.calls.iter().map(|call| (call.at_ms, load_balance(call))));
    entries.sort_by_key(|(at_ms, _)| *at_ms);
    let entries = entries.into_iter().map(|(at_ms, mut entry)| {
        entry["at"] = json!(ms(at_ms.saturating_sub(recording.start.at_ms) + lead_ms));
        entry
    });
    entries.collect()
}

fn verbs(recording: &Recording, change: &Change) -> Vec<Value> {
    let set = |key: &String, value: &Value| {
        let pair: Map<String, Value> = [(key.clone(), value.clone())].into_iter().collect();
        json!({ "set_config": pair })
    };
    match change {
        Change::Start(ids) => {
            ids.iter().map(|id| json!({ "add_query_node": query_node(recording, *id) })).collect()
        }
        Change::Stop(id) => vec![json!({ "stop_query_node": { "id": id } })],
        Change::Kill(id) => vec![json!({ "kill_query_node": { "id": id } })],
        Change::SetConfig(key, value) => vec![set(key, value)],
        Change::RestartQueryCoord { down_ms, config } => {
            let restart = json!({ "restart_query_coord": { "down": ms(*down_ms) } });
            config.iter().map(|(key, value)| set(key, value)).chain([restart]).collect()
        }
        Change::Load(name) => name.iter().map(|name| load(recording, name)).collect(),
    }
}

fn load(recording: &Recording, name: &str) -> Value {
    let loaded = recording.start.collections.get(name).and_then(Option::as_ref);
    let number = loaded.map_or(1, |state| state.replicas.len());
    json!({ "load_collection": { "collection_name": name, "replica_number": number } })
}

fn load_balance(call: &Call) -> Value {
    let mut entry = json!({
        "load_balance": {
            "collection_name": call.collection,
            "src_node_id": call.source,
            "dst_node_ids": call.targets,
            "sealed_segment_ids": call.segments,
        },
        "note": call.label,
    });
    if let Some(answer) = call.answer.as_ref().filter(|answer| !answer.is_success) {
        entry["expect_error"] = json!({ "code": answer.code, "text": answer.text });
    }
    entry
}
