//! The snapshot as a scenario file, with everything that was put in or left out.

use super::error::ImportError;
use super::membership::{self, Membership};
use super::note::{NoteKind, Subject};
use super::request::{Imported, Options, Source};
use super::snapshot::{Replica, Snapshot};
use super::value::id_value;
use super::{doubts, query_nodes, sizes};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn write(
    mut snapshot: Snapshot,
    sources: &[Source],
    options: &Options,
) -> Result<Imported, ImportError> {
    check_name(&options.name)?;
    if snapshot.segments.is_empty() && snapshot.nodes.is_empty() {
        return Err(ImportError::Nothing { files: file_names(sources) });
    }
    let release = doubts::release(&mut snapshot, options);
    doubts::tell(&mut snapshot);
    let bytes = sizes::segment_bytes(&mut snapshot, options.bytes_per_row)?;
    let mut members = BTreeMap::new();
    for collection in snapshot.collections() {
        members.insert(collection, membership::of_collection(&mut snapshot, collection, &bytes)?);
    }
    let query_nodes = query_nodes::entries(&mut snapshot, &members, &bytes, options)?;
    let entries = members.iter().map(|(id, member)| collection(&snapshot, *id, member, &bytes));
    let collections: Vec<Value> = entries.collect();
    let notes = snapshot.findings.notes(&snapshot.collection_names);
    let story = story(&snapshot, sources, options, query_nodes.len());
    let scenario = json!({
        "version": 1,
        "name": options.name,
        "story": story,
        "milvus": { "version": release },
        "seed": 0,
        "duration": options.duration,
        "query_nodes": query_nodes,
        "collections": collections,
    });
    Ok(Imported { scenario, notes })
}

fn check_name(name: &str) -> Result<(), ImportError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let allowed = name.len() <= 100
        && name.starts_with(plain)
        && name.chars().all(|c| plain(c) || matches!(c, '_' | '.' | '-'));
    if allowed { Ok(()) } else { Err(ImportError::BadName { name: name.to_string() }) }
}

fn file_names(sources: &[Source]) -> String {
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    if names.is_empty() { "no files".to_string() } else { names.join(", ") }
}

fn collection(snapshot: &Snapshot, id: u64, member: &Membership, bytes: &BTreeMap<u64, u64>) -> Value {
    let mut entry = Map::new();
    let mut put = |key: &str, value: Value| drop(entry.insert(key.to_string(), value));
    put("name", Value::from(snapshot.collection_names.get(&id).cloned().unwrap_or_default()));
    if id != 0 {
        put("id", id_value(id));
    }
    put("shards", Value::from(member.shards));
    let own = || snapshot.segments.iter().filter(|(_, segment)| segment.collection == id);
    let partitions: BTreeSet<u64> = own().map(|(_, segment)| segment.partition).collect();
    let names = partition_names(&partitions);
    if partitions.iter().any(|partition| *partition != 0) {
        put("partitions", partitions.iter().map(|partition| partition_entry(*partition, &names)).collect());
    }
    put(
        "replicas",
        match member.replicas.len() {
            0 => Value::from(1),
            _ => member.replicas.iter().map(replica_entry).collect(),
        },
    );
    let segments = own().map(|(segment_id, segment)| {
        let mut entry = Map::new();
        let mut put = |key: &str, value: Value| drop(entry.insert(key.to_string(), value));
        put("id", id_value(*segment_id));
        put("rows", Value::from(segment.rows));
        put("memory", Value::from(bytes[segment_id]));
        if partitions.len() > 1 {
            put("partition", Value::from(names[&segment.partition].clone()));
        }
        match member.placement.get(segment_id).map(Vec::as_slice) {
            None | Some([]) => {}
            Some([only]) => put("query_node", id_value(*only)),
            Some(homes) => put("query_node", homes.iter().map(|node| id_value(*node)).collect()),
        }
        Value::Object(entry)
    });
    let segments: Value = segments.collect();
    put("segments", segments);
    Value::Object(entry)
}

/// The sources know partitions by id only; a single one is taken for the default partition.
fn partition_names(partitions: &BTreeSet<u64>) -> BTreeMap<u64, String> {
    let name = |id: u64| {
        if id == 0 || partitions.len() == 1 { "_default".to_string() } else { format!("partition_{id}") }
    };
    partitions.iter().map(|id| (*id, name(*id))).collect()
}

fn partition_entry(id: u64, names: &BTreeMap<u64, String>) -> Value {
    if id == 0 { json!({ "name": names[&id] }) } else { json!({ "name": names[&id], "id": id_value(id) }) }
}

fn replica_entry(replica: &Replica) -> Value {
    let mut entry = Map::new();
    if replica.id != 0 {
        entry.insert("id".to_string(), id_value(replica.id));
    }
    entry.insert("query_nodes".to_string(), replica.nodes.iter().map(|node| id_value(*node)).collect());
    let leaders: Vec<Value> = replica.shard_leaders.values().flatten().map(|node| id_value(*node)).collect();
    if !leaders.is_empty() {
        entry.insert("shard_leaders".to_string(), Value::from(leaders));
    }
    Value::Object(entry)
}

/// What was imported, from what, and what was put in; as short as a story should be.
fn story(snapshot: &Snapshot, sources: &[Source], options: &Options, query_nodes: usize) -> String {
    let from = if options.redact { counted(sources.len(), "source") } else { file_names(sources) };
    let release = snapshot
        .releases
        .last()
        .map_or_else(|| "a Milvus of no stated release".to_string(), |release| format!("Milvus {release}"));
    let mut story = format!(
        "Imported from {from}: {release} with {}, {} and {}.",
        counted(query_nodes, "query node"),
        counted(snapshot.collections().len(), "collection"),
        counted(snapshot.segments.len(), "sealed segment"),
    );
    let defaults = snapshot.findings.list.iter().filter(|(kind, _, _)| *kind == NoteKind::Default);
    let put_in: Vec<String> = defaults.map(|(_, words, subjects)| put_in(words, subjects)).collect();
    if !put_in.is_empty() {
        story.push_str(" Assumed: ");
        story.push_str(&put_in.join("; "));
        story.push('.');
    }
    story
}

/// A default without ids: the notes name them.
fn put_in(words: &str, subjects: &BTreeSet<Subject>) -> String {
    let noun = match subjects.first() {
        None | Some(Subject::Whole) => return words.to_string(),
        Some(Subject::Segment(_)) => "segment",
        Some(Subject::QueryNode(_)) => "query node",
        Some(Subject::Collection(_)) => "collection",
        Some(Subject::Replica(_)) => "replica",
    };
    format!("of {}: {words}", counted(subjects.len(), noun))
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
