//! The numeric vectors of both specifications, as data, against the functions that the simulation calls.
//!
//! `EVENKEEL_VECTORS` names another folder of vectors. Unknown fields are tolerated (notes); an unknown kind,
//! an unreadable file, or no vector at all is a failure. Nodes are numbered from 1 in stored order.

use super::round_vectors::check_round;
use evenkeel::coordinator::v1::balance_round::Ticker;
use evenkeel::model::ids::{NodeIndex, SegmentIndex};
use evenkeel::model::query_node::NodeMemory;
use evenkeel::policy::allocate::{Filter, allocate_by_memory};
use evenkeel::policy::create_replicas::assign_nodes;
use evenkeel::policy::memory_usage::{Candidate, Pick, RoundFigures, Stop, Thresholds, balance_replica};
use evenkeel::policy::witness::Unwitnessed;
use evenkeel::query_node::load_guard::{self, LoadRequest};
use evenkeel::release::Release;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct PlanVector {
    total: Vec<u64>,
    used: Vec<u64>,
    /// Node number -> its segments (id, bytes) in iteration order; the last that qualifies wins.
    segments: BTreeMap<usize, Vec<(u32, u64)>>,
    threshold: u32,
    max_difference: u32,
    /// Segment, from, to.
    moves: Vec<(u32, usize, usize)>,
    used_after: Vec<u64>,
    stop: String,
}

#[derive(Deserialize)]
struct AllocateVector {
    total: Vec<u64>,
    used: Vec<u64>,
    sizes: Vec<u64>,
    #[serde(default)]
    include: Vec<usize>,
    #[serde(default)]
    exclude: Vec<usize>,
    #[serde(default = "ninety")]
    threshold: u32,
    assigned: Option<Vec<usize>>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct CreateVector {
    free: Vec<u64>,
    replicas: usize,
    size: u64,
    groups: Option<Vec<Vec<usize>>>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct LoadVector {
    total: u64,
    used: u64,
    sizes: Vec<u64>,
    workers: u32,
    fields: u32,
    #[serde(default = "ninety")]
    threshold: u32,
    passes: bool,
}

#[derive(Deserialize)]
struct TickerVector {
    period: u64,
    round_lengths: Vec<u64>,
    starts: Vec<u64>,
}

fn ninety() -> u32 {
    90
}

fn fraction(percentage: u32) -> f64 {
    f64::from(percentage) / 100.0
}

fn nodes(numbers: &[usize]) -> Vec<NodeIndex> {
    numbers.iter().map(|number| NodeIndex::at(number - 1)).collect()
}

fn number(node: NodeIndex) -> usize {
    node.position() + 1
}

fn memory(total: &[u64], used: &[u64]) -> Vec<NodeMemory> {
    let pairs = total.iter().zip(used);
    pairs.map(|(total, used)| NodeMemory { total_bytes: *total, used_bytes: *used }).collect()
}

/// `Err` says what was found where something else was expected.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: found {found:?}, expected {expected:?}")) }
}

/// A result that is either a value or an error, held against a vector that names one of them.
fn same_result<T: PartialEq + std::fmt::Debug>(
    found: Result<T, (&str, String)>,
    value: Option<&T>,
    error: Option<&String>,
) -> Result<(), String> {
    match (found, value, error) {
        (Ok(found), Some(value), None) => same("result", &found, value),
        (Err((number, text)), None, Some(error)) => {
            let is_meant = number == error || text.contains(error.as_str());
            if is_meant { Ok(()) } else { Err(format!("found error {number} {text}, expected {error}")) }
        }
        (found, None, Some(error)) => Err(format!("found {found:?}, expected error {error}")),
        (found, Some(value), None) => Err(format!("found {found:?}, expected {value:?}")),
        _ => Err("the vector must name either a result or an error".to_owned()),
    }
}

fn plan(vector: &PlanVector) -> Result<(), String> {
    let count = vector.total.len();
    let mut figures = RoundFigures::default();
    figures.begin(count);
    let mut available: Vec<NodeIndex> = (0..count).map(NodeIndex::at).collect();
    for (node, memory) in available.iter().zip(memory(&vector.total, &vector.used)) {
        figures.learn(*node, memory);
    }
    let mut segments_on = |node: NodeIndex| {
        let held = vector.segments.get(&number(node)).into_iter().flatten();
        held.map(|(id, bytes)| Candidate { segment: SegmentIndex(*id), bytes: *bytes }).collect()
    };
    let thresholds = Thresholds {
        overloaded: fraction(vector.threshold),
        max_difference: fraction(vector.max_difference),
    };
    let mut pick = Pick::Last;
    let witness = &mut Unwitnessed;
    let plan =
        balance_replica(&mut available, &mut figures, &mut segments_on, thresholds, &mut pick, witness);
    let moves = plan.moves.iter().map(|one| (one.segment.0, number(one.from), number(one.to))).collect();
    same("moves", &moves, &vector.moves)?;
    let used = (0..count).map(|node| figures.used(NodeIndex::at(node))).collect();
    same("used_after", &used, &vector.used_after)?;
    let stop = match plan.stop {
        Stop::Balanced => "balanced",
        Stop::Insufficient => "insufficient",
        Stop::NoChoice => "no_choice",
    };
    same("stop", &stop, &vector.stop.as_str())
}

fn allocate(vector: &AllocateVector) -> Result<(), String> {
    let memory = memory(&vector.total, &vector.used);
    let online: Vec<NodeIndex> = (0..memory.len()).map(NodeIndex::at).collect();
    let (include, exclude) = (nodes(&vector.include), nodes(&vector.exclude));
    let filter = Filter { include: &include, exclude: &exclude };
    let mut memory_of = |node: NodeIndex| Some(memory[node.position()]);
    let threshold = fraction(vector.threshold);
    let found =
        allocate_by_memory(&online, filter, &mut memory_of, &vector.sizes, threshold, &mut Unwitnessed);
    let found = found
        .map(|assigned| assigned.into_iter().map(number).collect())
        .map_err(|error| (error.number(), error.text().to_owned()));
    same_result(found, vector.assigned.as_ref(), vector.error.as_ref())
}

fn create_replicas(vector: &CreateVector) -> Result<(), String> {
    let answers: Vec<(NodeIndex, u64)> =
        vector.free.iter().enumerate().map(|(node, free)| (NodeIndex::at(node), *free)).collect();
    let found = assign_nodes(answers.len(), &answers, vector.replicas, vector.size);
    let found = found
        .map(|groups| groups.into_iter().map(|nodes| nodes.into_iter().map(number).collect()).collect())
        .map_err(|error| ("", error.0));
    same_result(found, vector.groups.as_ref(), vector.error.as_ref())
}

fn load_check(vector: &LoadVector) -> Result<(), String> {
    let request = LoadRequest {
        sizes: &vector.sizes,
        workers: vector.workers,
        fields: vector.fields,
        collection_id: 100,
    };
    let memory = NodeMemory { total_bytes: vector.total, used_bytes: vector.used };
    let threshold = fraction(vector.threshold);
    let found = load_guard::check(Release::latest_2_1(), request, memory, threshold, &mut Unwitnessed);
    match (found, vector.passes) {
        (Ok(()), true) | (Err(_), false) => Ok(()),
        (Ok(()), false) => Err("passes".to_owned()),
        (Err(text), true) => Err(text),
    }
}

/// Ticks at every multiple of the period; at equal times a tick comes before the end of a round, as the
/// ranks of the simulation have it.
fn ticker(vector: &TickerVector) -> Result<(), String> {
    let mut ticker = Ticker::default();
    let mut lengths = vector.round_lengths.iter().copied();
    let mut starts: Vec<u64> = Vec::new();
    let mut round_end: Option<u64> = None;
    let mut tick = vector.period;
    while starts.len() < vector.starts.len() {
        let (now, starts_now) = match round_end.filter(|end| *end < tick) {
            Some(end) => {
                round_end = None;
                (end, ticker.end_round())
            }
            None => {
                let now = tick;
                tick += vector.period;
                (now, ticker.fire(round_end.is_some()))
            }
        };
        if starts_now {
            starts.push(now);
            round_end = Some(now + lengths.next().unwrap_or(0));
        }
    }
    same("starts", &starts, &vector.starts)
}

fn read<V: serde::de::DeserializeOwned>(value: Value) -> Result<V, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

fn check(text: &str) -> Vec<(String, Result<(), String>)> {
    let values: Vec<Value> = match serde_json::from_str(text) {
        Ok(values) => values,
        Err(error) => return vec![("file".to_owned(), Err(error.to_string()))],
    };
    let verdict = |value: Value| {
        let kind = value["kind"].as_str().unwrap_or_default().to_owned();
        match kind.as_str() {
            "plan" => read(value).and_then(|vector| plan(&vector)),
            "allocate" => read(value).and_then(|vector| allocate(&vector)),
            "create_replicas" => read(value).and_then(|vector| create_replicas(&vector)),
            "load_check" => read(value).and_then(|vector| load_check(&vector)),
            "round" => check_round(&value),
            "ticker" => read(value).and_then(|vector| ticker(&vector)),
            _ => Err(format!("unknown kind {kind:?}")),
        }
    };
    let id = |value: &Value| value["id"].as_str().unwrap_or("a vector without an id").to_owned();
    values.into_iter().map(|value| (id(&value), verdict(value))).collect()
}

fn files() -> Vec<PathBuf> {
    let folder = std::env::var_os("EVENKEEL_VECTORS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/vectors"), PathBuf::from);
    let entries = std::fs::read_dir(&folder).expect("the folder of vectors");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

#[test]
fn every_vector_holds() {
    // What cannot be read and what must fail is known to fail before anything is trusted.
    for broken in [
        "no JSON",
        r#"[{ "id": "x", "kind": "unheard_of" }]"#,
        r#"[{ "id": "x", "kind": "create_replicas", "free": [1], "replicas": 1, "size": 1, "groups": [[2]] }]"#,
    ] {
        assert!(check(broken).iter().all(|(_, verdict)| verdict.is_err()), "{broken} passes");
    }
    let (mut passed, mut failed) = (0, 0);
    for file in files() {
        let name = file.display();
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (id, verdict) in check(&text) {
            match verdict {
                Ok(()) => passed += 1,
                Err(text) => {
                    failed += 1;
                    println!("{name}, vector {id}: {text}");
                }
            }
        }
    }
    println!("vectors: {passed} passed, {failed} failed");
    assert!(failed == 0 && passed > 0, "vectors: {passed} passed, {failed} failed");
}
