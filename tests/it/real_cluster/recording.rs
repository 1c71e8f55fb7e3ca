//! A recording of a real cluster, read from the files of its folder.

use super::calls::{self, Call};
use super::events::{self, Change, Events, Timed};
use super::samples::{self, Placement, Places, Sample, ids};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Why a folder is not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It tells of something that this test does not know.
    Skipped(String),
    /// It cannot be read.
    Broken(String),
}

/// A query node of a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Machine {
    /// Its memory as it reports it.
    pub(crate) memory_bytes: u64,
    /// Its cores.
    pub(crate) cpu: u64,
}

/// Ids that only a dump shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CollectionIds {
    /// The collection.
    pub(crate) id: Option<i64>,
    /// Its replicas: query nodes -> id.
    pub(crate) replicas: BTreeMap<BTreeSet<i64>, i64>,
}

/// What a folder tells.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    /// The folder.
    pub(crate) name: String,
    /// The release.
    pub(crate) release: String,
    /// The balancer, where one was chosen.
    pub(crate) balancer: Option<String>,
    /// What was configured.
    pub(crate) config: Map<String, Value>,
    /// Time after which a silent session ends.
    pub(crate) session_ttl_s: Option<u64>,
    /// Bytes of a row.
    pub(crate) bytes_per_row: u64,
    /// Replicas that a load asks for.
    pub(crate) replica_number: usize,
    /// Where everything was when the first change was made; of a pure load, where it ended.
    pub(crate) start: Sample,
    /// Whether nothing is loaded at the start.
    pub(crate) is_load: bool,
    /// Of a pure load of all collections: which was loaded when, one after the other.
    pub(crate) loads: Vec<(String, u64)>,
    /// Rows of every segment.
    pub(crate) rows: BTreeMap<i64, u64>,
    /// The shard of those segments of which a plan tells it, as a channel.
    pub(crate) channels: BTreeMap<i64, String>,
    /// Ids that a dump shows.
    pub(crate) ids: BTreeMap<String, CollectionIds>,
    /// The query nodes at the start.
    pub(crate) query_nodes: BTreeSet<i64>,
    /// What a query node is like.
    pub(crate) machine: Machine,
    /// The changes from the start on.
    pub(crate) changes: Vec<Timed>,
    /// Query nodes that ended by themselves, and when.
    pub(crate) exits: Vec<(i64, u64)>,
    /// The manual calls.
    pub(crate) calls: Vec<Call>,
    /// Where every segment ended.
    pub(crate) end: Placement,
    /// What changed place when.
    pub(crate) places: Places,
    /// When it ended.
    pub(crate) end_ms: u64,
}

/// Folders below a folder, by name: each should hold a recording.
pub(crate) fn folders(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut folders: Vec<PathBuf> = paths.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// Reads the recording of a folder.
pub(crate) fn read(folder: &Path) -> Result<Recording, Unread> {
    let meta = json(&needed(folder, "meta.json")?, "meta.json")?;
    let dumps = dumps(folder)?;
    let samples = match fs::read_to_string(folder.join("samples.jsonl")) {
        Ok(text) => samples::read(&text).map_err(Unread::Broken)?,
        Err(_) => dumps.iter().filter_map(samples::of_dump).collect(),
    };
    if samples.is_empty() {
        return Err(Unread::Skipped("neither samples.jsonl nor a dump shows where segments are".to_owned()));
    }
    let processes = dumps.iter().flat_map(processes).collect();
    let events = events::read(&needed(folder, "events.jsonl")?, processes, &samples)?;
    let calls = match fs::read_to_string(folder.join("load_balance.jsonl")) {
        Ok(text) => calls::read(&text).map_err(Unread::Broken)?,
        Err(_) if events.has_calls => return Err(Unread::Skipped("its manual calls are missing".to_owned())),
        Err(_) => Vec::new(),
    };
    put_together(folder, &meta, samples, &dumps, events, calls)
}

fn put_together(
    folder: &Path,
    meta: &Value,
    samples: Vec<Sample>,
    dumps: &[Value],
    events: Events,
    calls: Vec<Call>,
) -> Result<Recording, Unread> {
    let is_load_change = |timed: &&Timed| matches!(timed.change, Change::Load(_));
    let others = events.changes.iter().filter(|timed| !is_load_change(timed)).map(|timed| timed.at_ms);
    let first_ms = others.chain(calls.iter().map(|call| call.at_ms)).min();
    let has_loads = events.changes.iter().any(|timed| is_load_change(&timed));
    let is_load = has_loads && first_ms.is_none();
    let whole = |sample: &&Sample| sample.is_whole();
    let last = samples.iter().rfind(whole);
    let last = last.ok_or_else(|| Unread::Skipped("no sample shows every collection".to_owned()))?;
    let start = match first_ms {
        _ if is_load => last,
        Some(first_ms) => {
            let before = samples.iter().filter(whole).rfind(|sample| sample.at_ms <= first_ms);
            before.or_else(|| samples.iter().find(whole)).unwrap_or(last)
        }
        None => samples.iter().find(whole).unwrap_or(last),
    };
    let start_ms = if is_load { 0 } else { start.at_ms };
    let changes = events.changes.iter().filter(|timed| is_load || !is_load_change(timed)).cloned();
    let query_nodes = query_nodes(start, dumps, &events, is_load);
    let mut changes: Vec<Timed> = changes.chain(unannounced(&samples, &events, &query_nodes)).collect();
    changes.sort_by_key(|timed| timed.at_ms);
    let copies = start.answered().map(|(_, state)| state.replicas.len()).max().unwrap_or(1);
    let places = follow(&samples, start_ms, copies, (!is_load).then_some(start), &events);
    let machine = dumps.iter().find_map(machine);
    let wanted = meta["replica_number"].as_u64().unwrap_or(1);
    let from_meta = |key: &str| meta[key].as_str().and_then(|text| text.split_whitespace().next());
    let release = from_meta("milvus").ok_or_else(|| Unread::Broken("meta.json: no release".to_owned()))?;
    // A banner such as `v2.3.5-lite` is that release.
    let release = release.trim_start_matches('v').split('-').next().unwrap_or(release);
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Recording {
        name,
        release: release.to_owned(),
        balancer: from_meta("balancer").map(str::to_owned),
        config: meta["overrides"].as_object().into_iter().flatten().filter(is_simulated).map(owned).collect(),
        session_ttl_s: meta["session_ttl_s"].as_u64(),
        bytes_per_row: meta["dim"].as_u64().unwrap_or(16) * 4 + 8,
        replica_number: wanted as usize,
        query_nodes,
        start: Sample { at_ms: start_ms, ..start.clone() },
        is_load,
        loads: loads(&samples, last, &changes),
        rows: rows(folder, dumps)?,
        channels: channels(folder)?,
        ids: collection_ids(dumps),
        machine: machine.unwrap_or(Machine { memory_bytes: 32 << 30, cpu: 8 }),
        changes,
        exits: events.exits,
        calls,
        end: last.placement(),
        places,
        end_ms: events.end_ms,
    })
}

fn needed(folder: &Path, file: &str) -> Result<String, Unread> {
    fs::read_to_string(folder.join(file)).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Unread::Skipped(format!("{file} is missing")),
        _ => Unread::Broken(format!("{file}: {error}")),
    })
}

/// Whether a key is of a component that is simulated; what the others were told changes nothing here.
fn is_simulated((key, _): &(&String, &Value)) -> bool {
    ["queryCoord.", "queryNode.", "common."].iter().any(|component| key.starts_with(component))
}

fn owned((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}

fn json(text: &str, file: &str) -> Result<Value, Unread> {
    serde_json::from_str(text).map_err(|error| Unread::Broken(format!("{file}: {error}")))
}

/// The dumps of a folder in the order of their times.
fn dumps(folder: &Path) -> Result<Vec<Value>, Unread> {
    let entries = fs::read_dir(folder).map_err(|error| Unread::Broken(error.to_string()))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> =
        names.filter(|name| name.starts_with("dump-") && name.ends_with(".json")).collect();
    names.sort();
    let mut dumps = Vec::new();
    for name in names {
        dumps.push(json(&needed(folder, &name)?, &name)?);
    }
    dumps.sort_by_key(|dump| samples::milliseconds(&dump["t"]));
    Ok(dumps)
}

/// The query nodes of a dump.
fn dumped_nodes(dump: &Value) -> impl Iterator<Item = &Value> {
    dump["nodes"].as_array().into_iter().flatten().filter(|node| node["type"] == "querynode")
}

/// Process n listens on port 21200 + n.
fn processes(dump: &Value) -> Vec<(String, i64)> {
    let process = |node: &Value| {
        let (_, port) = node["hw"]["ip"].as_str()?.rsplit_once(':')?;
        let number = port.parse::<u32>().ok()?.checked_sub(21_200)?;
        Some((format!("qn{number}"), node["id"].as_i64()?))
    };
    dumped_nodes(dump).filter_map(process).collect()
}

fn machine(dump: &Value) -> Option<Machine> {
    let hardware = &dumped_nodes(dump).next()?["hw"];
    Some(Machine { memory_bytes: hardware["memory"].as_u64()?, cpu: hardware["cpu_core_count"].as_u64()? })
}

/// Those of the first sample, and those of the first dump if no query node had come or gone by then.
fn query_nodes(start: &Sample, dumps: &[Value], events: &Events, is_load: bool) -> BTreeSet<i64> {
    let mut nodes = start.query_nodes();
    let changes = events
        .changes
        .iter()
        .filter(|timed| matches!(timed.change, Change::Start(_) | Change::Stop(_) | Change::Kill(_)));
    let first_ms = changes.map(|timed| timed.at_ms).min().unwrap_or(u64::MAX);
    let early =
        dumps.first().filter(|dump| samples::milliseconds(&dump["t"]).is_some_and(|at| at < first_ms));
    if let Some(dump) = early.filter(|_| is_load || first_ms > start.at_ms) {
        nodes.extend(dumped_nodes(dump).filter_map(|node| node["id"].as_i64()));
    }
    nodes
}

/// Query nodes that come into sight although no event tells of their start.
fn unannounced(samples: &[Sample], events: &Events, query_nodes: &BTreeSet<i64>) -> Vec<Timed> {
    let mut known = query_nodes.clone();
    for timed in &events.changes {
        if let Change::Start(ids) = &timed.change {
            known.extend(ids);
        }
    }
    let mut starts = Vec::new();
    for sample in samples {
        let new: Vec<i64> = sample.query_nodes().difference(&known).copied().collect();
        if !new.is_empty() {
            known.extend(&new);
            starts.push(Timed { at_ms: sample.at_ms, change: Change::Start(new) });
        }
    }
    starts
}

/// When each collection was loaded by a load of all: the first at once, the next when it was whole.
fn loads(samples: &[Sample], last: &Sample, changes: &[Timed]) -> Vec<(String, u64)> {
    let begun = changes.iter().find(|timed| timed.change == Change::Load(None));
    let Some(begun) = begun else { return Vec::new() };
    let whole_ms = |name: &String, segments: usize| {
        let is_whole = |sample: &&Sample| {
            let state = sample.collections.get(name).and_then(Option::as_ref);
            state.is_some_and(|state| state.segments.len() == segments)
        };
        samples.iter().find(is_whole).map_or(begun.at_ms, |sample| sample.at_ms)
    };
    let whole = last.answered().map(|(name, state)| (whole_ms(name, state.segments.len()), name.clone()));
    let mut whole: Vec<(u64, String)> = whole.collect();
    whole.sort();
    let starts: Vec<u64> = [begun.at_ms].into_iter().chain(whole.iter().map(|(at_ms, _)| *at_ms)).collect();
    whole.into_iter().zip(starts).map(|((_, name), at_ms)| (name, at_ms)).collect()
}

/// Segment -> rows, from `rows.json` and the dumps.
fn rows(folder: &Path, dumps: &[Value]) -> Result<BTreeMap<i64, u64>, Unread> {
    let mut rows = BTreeMap::new();
    for dump in dumps {
        let collections = dump["collections"].as_object().into_iter().flat_map(|all| all.values());
        for segment in collections.flat_map(|one| one["segments"].as_array().into_iter().flatten()) {
            if let (Some(id), Some(count)) = (segment["segmentID"].as_i64(), segment["num_rows"].as_u64()) {
                rows.insert(id, count);
            }
        }
    }
    if folder.join("rows.json").is_file() {
        let file = json(&needed(folder, "rows.json")?, "rows.json")?;
        let listed = file.as_object().into_iter().flatten();
        rows.extend(listed.filter_map(|(id, count)| Some((id.parse().ok()?, count.as_u64()?))));
    }
    Ok(rows)
}

/// Segment -> channel, from the plans, where they are kept.
fn channels(folder: &Path) -> Result<BTreeMap<i64, String>, Unread> {
    let mut channels = BTreeMap::new();
    for line in fs::read_to_string(folder.join("plans.jsonl")).unwrap_or_default().lines() {
        let plan = json(line, "plans.jsonl")?;
        let segment = plan["segment"].as_str().and_then(|id| id.parse().ok());
        if let (Some(segment), Some(channel)) = (segment, plan["channel"].as_str()) {
            channels.insert(segment, channel.to_owned());
        }
    }
    Ok(channels)
}

fn collection_ids(dumps: &[Value]) -> BTreeMap<String, CollectionIds> {
    let mut found: BTreeMap<String, CollectionIds> = BTreeMap::new();
    for (name, dumped) in dumps.iter().flat_map(|dump| dump["collections"].as_object().into_iter().flatten())
    {
        let entry = found.entry(name.clone()).or_default();
        entry.id = entry.id.or_else(|| dumped["segments"][0]["collectionID"].as_i64());
        for replica in dumped["replicas"].as_array().into_iter().flatten() {
            if let Some(id) = replica["id"].as_i64() {
                entry.replicas.entry(ids(&replica["group_nodes"])).or_insert(id);
            }
        }
    }
    found
}

/// Counts the moves that the samples show from the start on. Without a start, nothing was loaded.
fn follow(
    samples: &[Sample],
    start_ms: u64,
    copies: usize,
    start: Option<&Sample>,
    events: &Events,
) -> Places {
    let mut places = Places::new(copies, start.map(Sample::placement).unwrap_or_default());
    let mut killed: Vec<(u64, i64)> = Vec::new();
    for timed in &events.changes {
        if let Change::Kill(node) = timed.change {
            killed.push((timed.at_ms, node));
        }
    }
    for sample in samples.iter().filter(|sample| sample.at_ms >= start_ms) {
        killed.retain(|(at_ms, node)| {
            let is_over = *at_ms <= sample.at_ms;
            if is_over {
                places.lose_node(*node);
            }
            !is_over
        });
        for (_, state) in sample.answered() {
            for (segment, nodes) in &state.segments {
                places.see(sample.at_ms, *segment, nodes.clone());
            }
        }
    }
    places
}
