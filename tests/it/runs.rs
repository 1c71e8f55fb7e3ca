//! A scenario written in code, run, and kept: its event lines, its figures, and the world at its end.

use evenkeel::metrics::meter::{Ending, Meter};
use evenkeel::metrics::summary::Summary;
use evenkeel::model::cluster::Cluster;
use evenkeel::policy::reason::ReasonCode;
use evenkeel::report::events::append_event;
use evenkeel::scenario::Scenario;
use evenkeel::scenario::overrides::Overrides;
use evenkeel::scenario::parse;
use evenkeel::simulation::history::{Moment, Observer, Record};
use evenkeel::simulation::run::Simulation;
use evenkeel::simulation::world::World;
use serde_json::{Value, json};
use std::sync::Arc;

/// A scenario in the making.
///
/// Unless said otherwise: Milvus 2.1, everything random by ascending id, ten minutes, and hardware whose
/// delays are short and whose nodes do not die for want of memory.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    value: Value,
}

impl Draft {
    /// Query nodes and collections as a scenario file has them.
    pub(crate) fn new(query_nodes: Value, collections: Value) -> Draft {
        let value = json!({
            "version": 1,
            "name": "drawn",
            "milvus": { "version": "2.1", "config": {}, "chance": "ascending" },
            "duration": "10m",
            "query_nodes": query_nodes,
            "collections": collections,
            "timeline": [],
            "hardware": { "out_of_memory": "ignore" },
        });
        Draft { value }
    }

    /// Sets a field by its JSON pointer; what stands on the way must exist.
    pub(crate) fn with(mut self, parent: &str, key: &str, value: impl Into<Value>) -> Draft {
        let parent = self.value.pointer_mut(parent).expect("a field that exists");
        parent[key] = value.into();
        self
    }

    /// Sets a Milvus key.
    pub(crate) fn config(self, key: &str, value: impl Into<Value>) -> Draft {
        self.with("/milvus/config", key, value)
    }

    /// Sets the release.
    pub(crate) fn release(self, version: &str) -> Draft {
        self.with("/milvus", "version", version)
    }

    /// Adds an entry to the timeline.
    pub(crate) fn at(mut self, at: &str, verb: &str, arguments: Value) -> Draft {
        let timeline = self.value["timeline"].as_array_mut().expect("a list");
        timeline.push(json!({ "at": at, verb: arguments }));
        self
    }

    /// Adds a collection.
    pub(crate) fn collection(mut self, collection: Value) -> Draft {
        self.value["collections"].as_array_mut().expect("a list").push(collection);
        self
    }

    /// The scenario file.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string_pretty(&self.value).expect("JSON")
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(&self) -> Run {
        run(&self.text())
    }
}

/// A query node of 100 bytes of which `used` are its own.
pub(crate) fn node(id: i64, used: u64) -> Value {
    json!({ "id": id, "memory": 100, "base_memory": used })
}

/// A sealed segment of `bytes` on a query node (or on one per replica).
pub(crate) fn segment(id: i64, bytes: u64, query_node: impl Into<Value>) -> Value {
    json!({ "id": id, "rows": 1, "memory": bytes, "query_node": query_node.into() })
}

/// A collection with these segments.
pub(crate) fn collection(name: &str, id: i64, segments: Value) -> Value {
    json!({ "name": name, "id": id, "segments": segments })
}

/// Arguments of `load_balance`.
pub(crate) fn load_balance(name: Option<&str>, source: i64, destinations: &[i64], segments: &[i64]) -> Value {
    json!({
        "collection_name": name,
        "src_node_id": source,
        "dst_node_ids": destinations,
        "sealed_segment_ids": segments,
    })
}

/// A run that has ended.
pub(crate) struct Run {
    /// The event lines.
    pub(crate) events: Vec<Value>,
    /// Every reason for planning nothing, also the repeated ones: time in ms, replica id, code.
    pub(crate) declined: Vec<(u64, Option<i64>, ReasonCode)>,
    /// The figures.
    pub(crate) summary: Summary,
    simulation: Simulation,
}

impl Run {
    /// The world at the end.
    pub(crate) fn world(&self) -> &World {
        self.simulation.world()
    }

    /// The cluster at the end.
    pub(crate) fn cluster(&self) -> &Cluster {
        &self.world().cluster
    }

    /// Event lines of one kind.
    pub(crate) fn of(&self, event: &str) -> Vec<&Value> {
        self.events.iter().filter(|line| line["event"] == event).collect()
    }

    /// Planned moves: time in ms, segment, from, to.
    pub(crate) fn moves(&self) -> Vec<(u64, i64, i64, i64)> {
        let plans = self.of("plan").into_iter();
        plans.map(|line| (ms(line), id(line, "segment"), id(line, "from"), id(line, "to"))).collect()
    }

    /// Answers to commands in the order of the answers: time in ms, outcome, text.
    pub(crate) fn answers(&self) -> Vec<(u64, &str, &str)> {
        let answers = self.of("command_result").into_iter();
        answers.map(|line| (ms(line), word(line, "outcome"), word(line, "text"))).collect()
    }

    /// The query nodes that really hold a segment at the end, ascending.
    pub(crate) fn holders(&self, segment: i64) -> Vec<i64> {
        let cluster = self.cluster();
        let index = cluster.segments().find(segment).expect("a segment of the scenario");
        let mut nodes: Vec<i64> =
            cluster.segments().copies().of(index).map(|node| cluster.node(node).id).collect();
        nodes.sort_unstable();
        nodes
    }

    /// The query nodes on which the coordinator records a segment at the end, in stored order.
    pub(crate) fn recorded(&self, segment: i64) -> Vec<i64> {
        let index = self.cluster().segments().find(segment).expect("a segment of the scenario");
        let nodes = self.world().coordinator.recorded_nodes(index).into_iter();
        nodes.map(|node| self.cluster().node(node).id).collect()
    }

    /// Times in ms at which a reason was given, each once.
    pub(crate) fn times_of(&self, code: ReasonCode) -> Vec<u64> {
        let mut times: Vec<u64> =
            self.declined.iter().filter(|(_, _, other)| *other == code).map(|(at, _, _)| *at).collect();
        times.dedup();
        times
    }
}

/// Time of an event line in ms.
pub(crate) fn ms(line: &Value) -> u64 {
    line["t_ms"].as_u64().expect("a time")
}

/// An id of an event line; ids are strings of digits there.
pub(crate) fn id(line: &Value, key: &str) -> i64 {
    word(line, key).parse().expect("an id")
}

/// A text of an event line.
pub(crate) fn word<'a>(line: &'a Value, key: &str) -> &'a str {
    line[key].as_str().expect("a text")
}

struct Keeper<'a> {
    meter: Meter<'a>,
    lines: Vec<u8>,
    declined: Vec<(u64, Option<i64>, ReasonCode)>,
}

impl Observer for Keeper<'_> {
    fn record(&mut self, moment: Moment<'_>, sequence: u64, record: &Record<'_>) {
        self.meter.record(moment, sequence, record);
        append_event(&mut self.lines, moment.now, sequence, record, moment.cluster);
        if let Record::Declined { replica, reason, .. } = record {
            let replica = replica.map(|replica| moment.cluster.replica(replica).id);
            self.declined.push((moment.now.as_ms(), replica, reason.code));
        }
    }

    fn changed(&mut self, moment: Moment<'_>) {
        self.meter.changed(moment);
    }

    fn sample(&mut self, moment: Moment<'_>) {
        self.meter.sample(moment);
    }
}

/// Reads a scenario.
///
/// # Panics
///
/// If it has a fault; the text is shown.
#[track_caller]
pub(crate) fn read(text: &str) -> Scenario {
    match parse(text, "drawn.json", &Overrides::default()) {
        Ok(scenario) => scenario,
        Err(faults) => panic!("{}\n{text}", faults[0]),
    }
}

/// Runs the text of a scenario to its end.
///
/// # Panics
///
/// If it cannot be read or placed; the text is shown.
#[track_caller]
pub(crate) fn run(text: &str) -> Run {
    match try_run(text) {
        Ok(run) => run,
        Err(faults) => panic!("{}\n{text}", faults.join("\n")),
    }
}

/// Runs the text of a scenario to its end, if its segments can be placed.
///
/// # Panics
///
/// If it cannot be read.
#[track_caller]
pub(crate) fn try_run(text: &str) -> Result<Run, Vec<String>> {
    let scenario = Arc::new(read(text));
    let mut simulation = Simulation::new(&scenario)?;
    let mut keeper = Keeper { meter: Meter::new(&scenario), lines: Vec::new(), declined: Vec::new() };
    while simulation.step(&mut keeper) {}
    let world = simulation.world();
    let ending = Ending {
        balancer: scenario.balancer().to_owned(),
        digest: world.digest(),
        events: world.lines(),
        samples_written: 0,
    };
    let summary = keeper.meter.finish(world.moment(), ending);
    let lines = String::from_utf8(keeper.lines).expect("UTF-8");
    let events = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    Ok(Run { events, declined: keeper.declined, summary, simulation })
}
