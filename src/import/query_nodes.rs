//! Query nodes of a scenario: memory, cores, and what they use beside their segments.

use super::error::ImportError;
use super::membership::Membership;
use super::note::{NoteKind, Subject};
use super::request::Options;
use super::snapshot::Snapshot;
use super::value::id_value;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// All nodes that report themselves, are in a replica or hold a segment, in ascending id.
pub(super) fn entries(
    snapshot: &mut Snapshot,
    members: &BTreeMap<u64, Membership>,
    bytes: &BTreeMap<u64, u64>,
    options: &Options,
) -> Result<Vec<Value>, ImportError> {
    let mut ids: BTreeSet<u64> = snapshot.nodes.keys().copied().collect();
    let mut placed: BTreeMap<u64, u128> = BTreeMap::new();
    for member in members.values() {
        ids.extend(member.replicas.iter().flat_map(|replica| replica.nodes.iter()));
        for (segment, homes) in &member.placement {
            for node in homes {
                *placed.entry(*node).or_default() += u128::from(bytes[segment]);
            }
        }
    }
    ids.extend(placed.keys());
    let mut listed: BTreeMap<u64, u128> = BTreeMap::new();
    for (id, segment) in &snapshot.segments {
        for node in &segment.nodes {
            *listed.entry(*node).or_default() += u128::from(bytes[id]);
        }
    }
    let of = |sums: &BTreeMap<u64, u128>, id: u64| sums.get(&id).copied().unwrap_or(0);
    let mut entries = Vec::new();
    let mut without_memory = Vec::new();
    for id in ids {
        match query_node(snapshot, id, of(&listed, id), of(&placed, id), options) {
            Some(entry) => entries.push(entry),
            None => without_memory.push(id.to_string()),
        }
    }
    if without_memory.is_empty() {
        Ok(entries)
    } else {
        Err(ImportError::NoMemory { nodes: without_memory.join(", ") })
    }
}

/// One query node; none when nobody states its memory.
fn query_node(
    snapshot: &mut Snapshot,
    id: u64,
    listed: u128,
    placed: u128,
    options: &Options,
) -> Option<Value> {
    let node = snapshot.nodes.get(&id).cloned().unwrap_or_default();
    let mut tell = |kind, words: &str| snapshot.findings.add(kind, words, Subject::QueryNode(id));
    let memory = match (node.memory.filter(|bytes| *bytes > 0), options.default_memory_bytes) {
        (Some(memory), _) => memory,
        (None, Some(memory)) => {
            tell(NoteKind::Default, &format!("reports no memory; {memory} bytes put in"));
            memory
        }
        (None, None) => {
            tell(NoteKind::Gap, "reports a memory of 0, which turns memory-based balancing off for it");
            node.memory?
        }
    };
    let mut entry = Map::new();
    entry.insert("id".to_string(), id_value(id));
    entry.insert("memory".to_string(), Value::from(memory));
    match node.cpu {
        Some(cores) => drop(entry.insert("cpu".to_string(), Value::from(cores))),
        None => tell(NoteKind::Default, "does not report its cores; the scenario's default stands"),
    }
    let base = match node.memory_usage {
        Some(usage) => {
            if u128::from(usage) < listed {
                let words = "its segments are more bytes than the memory_usage it reports; base_memory is 0";
                tell(NoteKind::Conflict, words);
            }
            u64::try_from(u128::from(usage).saturating_sub(listed)).unwrap_or(0)
        }
        None => {
            tell(NoteKind::Default, "does not report its memory_usage; base_memory 0 put in");
            0
        }
    };
    entry.insert("base_memory".to_string(), Value::from(base));
    if memory > 0 && placed + u128::from(base) > u128::from(memory) {
        let words = "its segments and base_memory are more than its memory, and the scenario will be refused; \
                     give fewer --bytes-per-row, or raise the node's memory in the scenario";
        tell(NoteKind::Conflict, words);
    }
    Some(Value::Object(entry))
}
