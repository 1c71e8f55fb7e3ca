//! A recording of a real cluster, read from the files of its folder.

use super::calls::{self, Call};
use super::dumps::{self, Dump};
use super::events::{self, Change, Events, Timed};
use super::rows;
use super::samples::{self, Placement, Places, Sample};
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

/// What a query node is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Machine {
    /// Its memory as it reports it.
    pub(crate) memory_bytes: u64,
    /// What its process uses without data.
    pub(crate) base_bytes: u64,
    /// Its cores.
    pub(crate) cpu: u64,
}

/// A query node that no dump shows.
const UNSEEN_MACHINE: Machine = Machine { memory_bytes: 32 << 30, base_bytes: 0, cpu: 8 };

/// Ids that the simulation must take over.
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
    /// Where everything was when the first change was made; of collections that are loaded later, where they
    /// ended.
    pub(crate) start: Sample,
    /// The collections that are loaded later.
    pub(crate) unloaded: BTreeSet<String>,
    /// Of a load of all collections: which was loaded when, one after the other.
    pub(crate) loads: Vec<(String, u64)>,
    /// Rows of every segment.
    pub(crate) rows: BTreeMap<i64, u64>,
    /// The shard of those segments of which a plan tells it, as a channel.
    pub(crate) channels: BTreeMap<i64, String>,
    /// Ids that a dump shows.
    pub(crate) ids: BTreeMap<String, CollectionIds>,
    /// The query nodes at the start.
    pub(crate) query_nodes: BTreeSet<i64>,
    /// What query nodes are like, those that come later included.
    pub(crate) machines: BTreeMap<i64, Machine>,
    /// The changes from the start on.
    pub(crate) changes: Vec<Timed>,
    /// Query nodes that ended by themselves, and when.
    pub(crate) exits: Vec<(i64, u64)>,
    /// The manual calls.
    pub(crate) calls: Vec<Call>,
    /// Where every segment ended; `None` = nothing shows it.
    pub(crate) end: Option<Placement>,
    /// What changed place when.
    pub(crate) places: Places,
    /// Whether samples show it; dumps alone tell neither moves nor when they were made.
    pub(crate) is_sampled: bool,
    /// When the cluster was found settled, and when the last change before was seen.
    pub(crate) settled: Vec<(u64, u64)>,
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

impl Recording {
    /// What a query node is like: as dumped, or as the first of those that were dumped.
    pub(crate) fn machine(&self, node: i64) -> Machine {
        let dumped = self.machines.get(&node).or_else(|| self.machines.values().next());
        dumped.copied().unwrap_or(UNSEEN_MACHINE)
    }

    /// Where the segments are at the start.
    pub(crate) fn placement(&self) -> Placement {
        let loaded = self.start.answered().filter(|(name, _)| !self.unloaded.contains(*name));
        loaded.flat_map(|(_, state)| state.segments.clone()).collect()
    }
}

/// Reads the recording of a folder.
pub(crate) fn read(folder: &Path) -> Result<Recording, Unread> {
    let meta = json(&needed(folder, "meta.json")?, "meta.json")?;
    let dumps = dumps::read(folder)?;
    let seen = Seen::of(folder, &dumps)?;
    let processes = dumps.iter().flat_map(Dump::processes).collect();
    let events = events::read(&needed(folder, "events.jsonl")?, processes, &seen.samples)?;
    let calls = match optional(folder, "load_balance.jsonl")? {
        Some(text) => calls::read(&text).map_err(Unread::Broken)?,
        None if events.calls > 0 => return Err(Unread::Skipped("its manual calls are missing".to_owned())),
        None => Vec::new(),
    };
    if calls.len() != events.calls {
        let (calls, events) = (calls.len(), events.calls);
        let reason = format!("load_balance.jsonl tells of {calls} calls, events.jsonl of {events}");
        return Err(Unread::Broken(reason));
    }
    put_together(folder, &meta, &seen, &dumps, events, calls)
}

/// What shows where segments are.
struct Seen {
    samples: Vec<Sample>,
    /// Until when that is known.
    until_ms: u64,
    /// Whether these are samples, not just dumps.
    is_sampled: bool,
}

impl Seen {
    fn of(folder: &Path, dumps: &[Dump]) -> Result<Seen, Unread> {
        if let Some(text) = optional(folder, "samples.jsonl")? {
            let (samples, until_ms) = samples::read(&text).map_err(Unread::Broken)?;
            return Ok(Seen { samples, until_ms, is_sampled: true });
        }
        let samples: Vec<Sample> = dumps.iter().map(|dump| dump.sample.clone()).collect();
        let nothing = "neither samples.jsonl nor a dump shows where segments are";
        let last = samples.last().ok_or_else(|| Unread::Skipped(nothing.to_owned()))?;
        Ok(Seen { until_ms: last.at_ms, samples, is_sampled: false })
    }
}

fn put_together(
    folder: &Path,
    meta: &Value,
    seen: &Seen,
    dumps: &[Dump],
    events: Events,
    calls: Vec<Call>,
) -> Result<Recording, Unread> {
    let samples = &seen.samples;
    let last = samples.iter().rfind(|sample| sample.is_whole());
    let last = last.ok_or_else(|| Unread::Skipped("no sample shows every collection".to_owned()))?;
    let begun = Beginning::of(samples, last, &events, &calls);
    let (start, unloaded) = (begun.start, begun.unloaded);
    let has_begun = |timed: &&Timed| match &timed.change {
        Change::Load(Some(name)) => unloaded.contains(name),
        Change::Load(None) => !unloaded.is_empty(),
        _ => true,
    };
    let changes = events.changes.iter().filter(has_begun).cloned();
    let query_nodes = query_nodes(&start, dumps, &events, !unloaded.is_empty());
    let mut changes: Vec<Timed> = changes.chain(unannounced(samples, &events, &query_nodes)).collect();
    changes.sort_by_key(|timed| timed.at_ms);
    let rows = rows::rows(folder, meta, dumps, samples, last)?;
    let bytes_per_row = meta["dim"].as_u64().unwrap_or(16).saturating_mul(4).saturating_add(8);
    let from_meta = |key: &str| meta[key].as_str().and_then(|text| text.split_whitespace().next());
    let release = from_meta("milvus").ok_or_else(|| Unread::Broken("meta.json: no release".to_owned()))?;
    // A banner such as `v2.3.5-lite` is that release.
    let release = release.trim_start_matches('v').split('-').next().unwrap_or(release);
    let is_over = changes.iter().all(|timed| timed.at_ms <= seen.until_ms);
    let is_over = is_over && calls.iter().all(|call| call.at_ms <= seen.until_ms);
    let mut recording = Recording {
        name: folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        release: release.to_owned(),
        balancer: from_meta("balancer").map(str::to_owned),
        config: overrides(meta)?,
        session_ttl_s: meta["session_ttl_s"].as_u64(),
        bytes_per_row,
        ids: dumps::collection_ids(dumps, &start, &calls),
        query_nodes,
        start,
        loads: loads(samples, last, &changes, &unloaded),
        unloaded,
        channels: rows::channels(folder)?,
        machines: dumps::machines(dumps, &rows, bytes_per_row),
        rows,
        changes,
        exits: events.exits.clone(),
        calls,
        end: is_over.then(|| last.placement()),
        places: Places::default(),
        is_sampled: seen.is_sampled,
        settled: events.settled.clone(),
        end_ms: events.end_ms,
    };
    recording.places = follow(&recording, samples);
    Ok(recording)
}

/// Where a recording begins.
struct Beginning {
    start: Sample,
    unloaded: BTreeSet<String>,
}

impl Beginning {
    /// The last sample before the first change that is no load, with every collection that is not loaded
    /// later; before the load where there is no such change.
    fn of(samples: &[Sample], last: &Sample, events: &Events, calls: &[Call]) -> Beginning {
        let (loads, others): (Vec<&Timed>, Vec<&Timed>) =
            events.changes.iter().partition(|timed| matches!(timed.change, Change::Load(_)));
        let first_ms =
            others.iter().map(|timed| timed.at_ms).chain(calls.iter().map(|call| call.at_ms)).min();
        if first_ms.is_none() && !loads.is_empty() {
            return Beginning::before(&Sample::default(), last);
        }
        let until_ms = first_ms.into_iter().chain(samples.first().map(|sample| sample.at_ms)).max();
        let until_ms = until_ms.unwrap_or_default();
        let early = || samples.iter().filter(|sample| sample.at_ms <= until_ms);
        if let Some(start) = early().rfind(|sample| sample.is_whole()) {
            return Beginning::before(start, start);
        }
        let is_loaded_later = |name: &String, at_ms: u64| {
            let mut later = loads.iter().filter(|timed| timed.at_ms >= at_ms);
            later.any(
                |timed| matches!(&timed.change, Change::Load(of) if of.as_ref().is_none_or(|of| of == name)),
            )
        };
        let is_ready = |sample: &&Sample| {
            let mut unanswered = sample.collections.iter().filter(|(_, state)| state.is_none());
            unanswered.all(|(name, _)| is_loaded_later(name, sample.at_ms))
        };
        match early().rfind(is_ready) {
            Some(start) => Beginning::before(start, last),
            None => {
                let start = samples.iter().find(|sample| sample.is_whole()).unwrap_or(last);
                Beginning::before(start, start)
            }
        }
    }

    /// What `start` shows, and what only `last` does as loaded in between.
    fn before(start: &Sample, last: &Sample) -> Beginning {
        let mut start = start.clone();
        let mut unloaded = BTreeSet::new();
        for (name, state) in last.answered() {
            let known = start.collections.entry(name.clone()).or_default();
            if known.is_none() {
                *known = Some(state.clone());
                unloaded.insert(name.clone());
            }
        }
        Beginning { start, unloaded }
    }
}

/// The text of a file that must be there.
pub(crate) fn needed(folder: &Path, file: &str) -> Result<String, Unread> {
    optional(folder, file)?.ok_or_else(|| Unread::Skipped(format!("{file} is missing")))
}

/// The text of a file that may be missing.
pub(crate) fn optional(folder: &Path, file: &str) -> Result<Option<String>, Unread> {
    match fs::read_to_string(folder.join(file)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Unread::Broken(format!("{file}: {error}"))),
    }
}

/// What was configured of the components that are simulated.
fn overrides(meta: &Value) -> Result<Map<String, Value>, Unread> {
    match &meta["overrides"] {
        Value::Null => Ok(Map::new()),
        Value::Object(keys) => Ok(keys.iter().filter(is_simulated).map(owned).collect()),
        _ => Err(Unread::Broken("meta.json: overrides is no object".to_owned())),
    }
}

/// Whether a key is of a component that is simulated; what the others were told changes nothing here.
fn is_simulated((key, _): &(&String, &Value)) -> bool {
    ["queryCoord.", "queryNode.", "common."].iter().any(|component| key.starts_with(component))
}

fn owned((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}

/// A text as JSON.
pub(crate) fn json(text: &str, file: &str) -> Result<Value, Unread> {
    serde_json::from_str(text).map_err(|error| Unread::Broken(format!("{file}: {error}")))
}

/// Those of the first sample, and those of the first dump if no query node had come or gone by then.
fn query_nodes(start: &Sample, dumps: &[Dump], events: &Events, has_loads: bool) -> BTreeSet<i64> {
    let comes_or_goes =
        |timed: &&Timed| matches!(timed.change, Change::Start(_) | Change::Stop(_) | Change::Kill(_));
    let first_ms = events.changes.iter().find(comes_or_goes).map_or(u64::MAX, |timed| timed.at_ms);
    let started = events.changes.iter().filter_map(|timed| match &timed.change {
        Change::Start(ids) => Some(ids),
        _ => None,
    });
    // Where a collection is loaded later, its nodes are those that it ended with.
    let started: BTreeSet<i64> = started.flatten().copied().filter(|_| has_loads).collect();
    let mut nodes: BTreeSet<i64> = start.query_nodes().difference(&started).copied().collect();
    let early = dumps.first().filter(|dump| dump.sample.at_ms < first_ms);
    if let Some(dump) = early.filter(|_| has_loads || first_ms > start.at_ms) {
        nodes.extend(dump.nodes().filter_map(|node| node["id"].as_i64()));
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
fn loads(
    samples: &[Sample],
    last: &Sample,
    changes: &[Timed],
    unloaded: &BTreeSet<String>,
) -> Vec<(String, u64)> {
    let begun = changes.iter().find(|timed| timed.change == Change::Load(None));
    let Some(begun) = begun else { return Vec::new() };
    let whole_ms = |name: &String, segments: usize| {
        let is_whole = |sample: &&Sample| {
            let state = sample.collections.get(name).and_then(Option::as_ref);
            state.is_some_and(|state| state.segments.len() == segments)
        };
        samples.iter().find(is_whole).map_or(begun.at_ms, |sample| sample.at_ms)
    };
    let loaded = last.answered().filter(|(name, _)| unloaded.contains(*name));
    let whole = loaded.map(|(name, state)| (whole_ms(name, state.segments.len()), name.clone()));
    let mut whole: Vec<(u64, String)> = whole.collect();
    whole.sort();
    let starts: Vec<u64> = [begun.at_ms].into_iter().chain(whole.iter().map(|(at_ms, _)| *at_ms)).collect();
    whole.into_iter().zip(starts).map(|((_, name), at_ms)| (name, at_ms)).collect()
}

/// Counts the moves that the samples show from the start on.
fn follow(recording: &Recording, samples: &[Sample]) -> Places {
    let mut places = Places::new(recording.start.copies(), recording.placement());
    let mut killed: Vec<(u64, i64)> = Vec::new();
    for timed in &recording.changes {
        if let Change::Kill(node) = timed.change {
            killed.push((timed.at_ms, node));
        }
    }
    for sample in samples.iter().filter(|sample| sample.at_ms >= recording.start.at_ms) {
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
