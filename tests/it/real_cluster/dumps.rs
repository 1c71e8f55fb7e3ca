//! The dumps of a recorded cluster: what query nodes are like, and ids that nothing else shows.

use super::calls::Call;
use super::recording::{CollectionIds, Machine, Unread, json, needed};
use super::samples::{self, CollectionState, Sample, ids};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One dump.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dump {
    /// Where everything was.
    pub(crate) sample: Sample,
    value: Value,
}

/// The dumps of a folder in the order of their times.
pub(crate) fn read(folder: &Path) -> Result<Vec<Dump>, Unread> {
    let entries = fs::read_dir(folder).map_err(|error| Unread::Broken(error.to_string()))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> =
        names.filter(|name| name.starts_with("dump-") && name.ends_with(".json")).collect();
    names.sort();
    let mut dumps = Vec::new();
    for name in names {
        let value = json(&needed(folder, &name)?, &name)?;
        let sample = samples::of_dump(&value).map_err(|what| Unread::Broken(format!("{name}: {what}")))?;
        dumps.push(Dump { sample, value });
    }
    dumps.sort_by_key(|dump| dump.sample.at_ms);
    Ok(dumps)
}

impl Dump {
    /// The query nodes.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Value> {
        self.value["nodes"].as_array().into_iter().flatten().filter(|node| node["type"] == "querynode")
    }

    /// Process n listens on port 21200 + n.
    pub(crate) fn processes(&self) -> Vec<(String, i64)> {
        let process = |node: &Value| {
            let (_, port) = node["hw"]["ip"].as_str()?.rsplit_once(':')?;
            let number = port.parse::<u32>().ok()?.checked_sub(21_200)?;
            Some((format!("qn{number}"), node["id"].as_i64()?))
        };
        self.nodes().filter_map(process).collect()
    }

    /// Segment -> rows.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (i64, u64)> {
        let collections = self.value["collections"].as_object().into_iter().flat_map(|all| all.values());
        let segments = collections.flat_map(|one| one["segments"].as_array().into_iter().flatten());
        segments.filter_map(|one| Some((one["segmentID"].as_i64()?, one["num_rows"].as_u64()?)))
    }

    /// What each query node is like. Its process uses what it reports but for what is loaded.
    fn machines(&self, rows: &BTreeMap<i64, u64>, bytes_per_row: u64) -> Vec<(i64, Machine)> {
        let machine = |node: &Value| {
            let (id, hardware) = (node["id"].as_i64()?, &node["hw"]);
            let held = self.sample.placement().into_iter().filter(|(_, nodes)| nodes.contains(&id));
            let held: u64 = held.map(|(segment, _)| rows.get(&segment).copied().unwrap_or_default()).sum();
            let held_bytes = held.saturating_mul(bytes_per_row);
            let memory_bytes = hardware["memory"].as_u64()?;
            let used_bytes = hardware["memory_usage"].as_u64().unwrap_or_default();
            // A process that is already over its limit still runs.
            let room_bytes = memory_bytes.saturating_sub(held_bytes);
            let base_bytes = used_bytes.saturating_sub(held_bytes).min(room_bytes);
            Some((id, Machine { memory_bytes, base_bytes, cpu: hardware["cpu_core_count"].as_u64()? }))
        };
        self.nodes().filter_map(machine).collect()
    }
}

/// What each query node is like where a dump first shows it.
pub(crate) fn machines(
    dumps: &[Dump],
    rows: &BTreeMap<i64, u64>,
    bytes_per_row: u64,
) -> BTreeMap<i64, Machine> {
    let mut machines = BTreeMap::new();
    for (id, machine) in dumps.iter().flat_map(|dump| dump.machines(rows, bytes_per_row)) {
        machines.entry(id).or_insert(machine);
    }
    machines
}

/// The ids of collections and replicas. Where no dump shows them, a collection's stands in its channels, and a
/// replica's in answers to calls.
pub(crate) fn collection_ids(
    dumps: &[Dump],
    last: &Sample,
    calls: &[Call],
) -> BTreeMap<String, CollectionIds> {
    let mut found: BTreeMap<String, CollectionIds> = BTreeMap::new();
    let collections = dumps.iter().flat_map(|dump| dump.value["collections"].as_object());
    for (name, dumped) in collections.flatten() {
        let entry = found.entry(name.clone()).or_default();
        entry.id = entry.id.or_else(|| dumped["segments"][0]["collectionID"].as_i64());
        for replica in dumped["replicas"].as_array().into_iter().flatten() {
            if let Some(id) = replica["id"].as_i64() {
                let nodes = ids(&replica["group_nodes"]).unwrap_or_default();
                entry.replicas.entry(nodes).or_insert(id);
            }
        }
    }
    for (name, state) in last.answered() {
        let entry = found.entry(name.clone()).or_default();
        entry.id = entry.id.or_else(|| id_in_channel(state));
        for call in calls.iter().filter(|call| call.collection == *name) {
            let of_source = state.replicas.iter().find(|nodes| nodes.contains(&call.source));
            if let Some((nodes, id)) = of_source.cloned().zip(replica_in_answer(call)) {
                entry.replicas.entry(nodes).or_insert(id);
            }
        }
    }
    found
}

/// 2.3.0 says `... not in replica <id>: ...`.
fn replica_in_answer(call: &Call) -> Option<i64> {
    let (_, after) = call.answer.as_ref()?.text.split_once(" not in replica ")?;
    after.split(':').next()?.parse().ok()
}

/// A channel is called `...dml_0_<collection>v0`.
fn id_in_channel(state: &CollectionState) -> Option<i64> {
    let channel = state.leaders.iter().flat_map(BTreeMap::keys).next()?;
    let (_, end) = channel.rsplit_once('_')?;
    end.split_once('v')?.0.parse().ok()
}
