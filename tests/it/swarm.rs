//! Drawn scenarios: clusters with some kinds of trouble switched off and the rest mixed at will.

use super::runs::{Draft, load_balance};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::fmt;

/// What may be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    /// Everything at any time: too little memory, failing loads, deaths, restarts.
    Wild,
    /// Room for everything, one disturbance every three minutes, at most two deaths, ten minutes of rest at
    /// the end; clusters of two replicas have no deaths.
    Calm,
    /// No disturbance at all.
    Quiet,
}

/// A drawn collection.
#[derive(Debug, Clone)]
pub(crate) struct DrawnCollection {
    shards: u32,
    /// Bytes of its segments.
    sizes: Vec<u64>,
}

/// A drawn entry of the timeline, before it is known which nodes and segments there are.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    at_s: u64,
    verb: usize,
    picks: [usize; 4],
}

/// A drawn cluster with its troubles. Its `Debug` form is the scenario file.
#[derive(Clone)]
pub(crate) struct Case {
    weather: Weather,
    version: &'static str,
    chance: &'static str,
    seed: u64,
    /// Memory and base memory in bytes.
    nodes: Vec<(u64, u64)>,
    /// Replicas of every collection.
    replicas: usize,
    collections: Vec<DrawnCollection>,
    placement: Value,
    inserts: bool,
    /// In percent.
    max_difference: u32,
    /// Which verbs are switched off.
    off: u32,
    steps: Vec<Step>,
}

/// Verbs of wild weather; those of calm weather come first.
const VERBS: &[&str] = &[
    "add_query_node",
    "stop_query_node",
    "kill_query_node",
    "load_balance",
    "seal",
    "compact",
    "slow_query_node",
    "get_query_segment_info",
    "lose_heartbeats",
    "fail_loads",
    "restart_query_coord",
    "release_collection",
    "load_collection",
    "return_query_node",
    "set_config",
];
const CALM_VERBS: usize = 8;

impl Case {
    fn node_id(&self, pick: usize) -> i64 {
        (pick % self.nodes.len()) as i64 + 1
    }

    fn collection_name(&self, pick: usize) -> String {
        format!("c{}", pick % self.collections.len())
    }

    /// Ids of a collection's first segments: 100,000 times (its position + 1), and on.
    fn segment_ids(&self, pick: usize, count: usize) -> Vec<i64> {
        let position = pick % self.collections.len();
        let first = 100_000 * (position as i64 + 1);
        let all = self.collections[position].sizes.len();
        (0..count.min(all)).map(|number| first + ((pick / 7 + number) % all) as i64).collect()
    }

    fn arguments(&self, verb: &str, picks: [usize; 4]) -> Option<Value> {
        let [first, second, third, fourth] = picks;
        let name = self.collection_name(first);
        let node = self.node_id(second);
        Some(match verb {
            "add_query_node" => {
                let (memory, base) = self.nodes[first % self.nodes.len()];
                json!({ "memory": memory, "base_memory": base })
            }
            "load_balance" => {
                let destinations = [self.node_id(third)];
                let destinations = if fourth % 3 == 0 { &[][..] } else { &destinations[..] };
                let segments = self.segment_ids(first, [0, 0, 1, 3][fourth % 4]);
                if segments.is_empty() && self.weather == Weather::Calm && self.replicas > 1 {
                    // Quirk Q9 doubles segments of other collections.
                    return None;
                }
                load_balance(Some(&name), node, destinations, &segments)
            }
            "seal" | "get_query_segment_info" | "release_collection" | "load_collection" => {
                json!({ "collection_name": name })
            }
            "compact" => {
                let segments = self.segment_ids(first, 1 + fourth % 3);
                if segments.is_empty() {
                    return None;
                }
                json!({ "collection_name": name, "sealed_segment_ids": segments })
            }
            "slow_query_node" => json!({ "id": node, "factor": 10 + third, "for": 60 }),
            "lose_heartbeats" => json!({ "id": node, "for": 40 + third % 60 }),
            "fail_loads" => json!({ "query_node": node, "for": 1 + third % 200, "count": 1 + fourth % 12 }),
            "restart_query_coord" => json!({ "down": third % 100 }),
            "set_config" => json!({ "queryCoord.memoryUsageMaxDifferencePercentage": third % 60 }),
            _ => json!({ "id": node }),
        })
    }

    fn timeline(&self) -> Vec<Value> {
        let mut deaths = 0;
        let mut entries = Vec::new();
        for step in &self.steps {
            let verbs = if self.weather == Weather::Calm { CALM_VERBS } else { VERBS.len() };
            let place = step.verb % verbs;
            let verb = VERBS[place];
            let is_death = matches!(verb, "stop_query_node" | "kill_query_node");
            let is_calm = self.weather == Weather::Calm;
            let spares = is_calm && is_death && (deaths == 2 || self.replicas > 1 || self.nodes.len() < 4);
            if self.off & (1 << place) != 0 || spares {
                continue;
            }
            if let Some(arguments) = self.arguments(verb, step.picks) {
                deaths += u32::from(is_death);
                let at = if is_calm { 120 + 180 * entries.len() as u64 } else { step.at_s };
                entries.push(json!({ "at": at, verb: arguments }));
            }
        }
        entries
    }

    /// The scenario.
    pub(crate) fn draft(&self) -> Draft {
        let node = |(memory, base): &(u64, u64)| json!({ "memory": memory, "base_memory": base, "count": 1 });
        let nodes: Vec<Value> = self.nodes.iter().map(node).collect();
        let collections = self.collections.iter().enumerate().map(|(position, drawn)| {
            let first = 100_000 * (position as i64 + 1);
            let segments = drawn.sizes.iter().enumerate().map(|(number, bytes)| {
                json!({ "id": first + number as i64, "rows": bytes + 1, "memory": bytes,
                        "shard": number % drawn.shards as usize })
            });
            json!({ "name": format!("c{position}"), "shards": drawn.shards, "replicas": self.replicas,
                    "bytes_per_row": 1, "segments": segments.collect::<Vec<_>>(), "placement": self.placement })
        });
        let collections: Vec<Value> = collections.collect();
        let timeline = self.timeline();
        let last = timeline.iter().filter_map(|entry| entry["at"].as_u64()).max().unwrap_or(0);
        let mut draft = Draft::new(json!(nodes), json!(collections))
            .release(self.version)
            .with("/milvus", "chance", self.chance)
            .with("", "seed", self.seed)
            .with("", "duration", last + 600)
            .with("", "timeline", timeline)
            .config("queryCoord.memoryUsageMaxDifferencePercentage", self.max_difference);
        if self.inserts {
            let insert = json!({ "collection": "c0", "rows_per_second": 1, "to": "100s" });
            draft = draft.with("", "workload", json!({ "insert": [insert] }));
            if self.weather == Weather::Wild {
                draft = draft.with("/hardware", "seal_size", 20);
            }
        }
        if self.weather == Weather::Wild {
            draft =
                draft.with("/hardware", "out_of_memory", "kill").with("/hardware", "load_bandwidth", "20B/s");
        }
        draft
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.draft().text())
    }
}

fn step() -> impl Strategy<Value = Step> {
    (1..1200u64, 0..1000usize, [0..100usize, 0..100, 0..100, 0..100]).prop_map(|(at_s, verb, picks)| Step {
        at_s,
        verb,
        picks,
    })
}

fn collection(count: usize, largest: u64) -> impl Strategy<Value = DrawnCollection> {
    (1..3u32, prop::collection::vec(0..=largest, 0..=count))
        .prop_map(|(shards, sizes)| DrawnCollection { shards, sizes })
}

/// Scenarios of one weather.
pub(crate) fn cases(weather: Weather) -> impl Strategy<Value = Case> {
    let is_wild = weather == Weather::Wild;
    let memory = if is_wild { 150..600u64 } else { 1000..1001 };
    let (count, largest, steps) = match weather {
        Weather::Wild => (12, 60, 0..14usize),
        Weather::Calm => (7, 20, 1..7),
        Weather::Quiet => (10, 40, 0..1),
    };
    let placements = select(vec![json!("round_robin"), json!("random"), json!("round_robin")]);
    let cluster = (
        prop::collection::vec((memory, 0..40u64), 1..7),
        1..3usize,
        prop::collection::vec(collection(count, largest), 1..3),
        placements,
        any::<bool>(),
        select(vec![3, 10, 30]),
    );
    let rest = (
        select(vec!["2.0.2", "2.1.0", "2.1.4"]),
        select(vec!["seeded", "ascending"]),
        0..1000u64,
        any::<u32>(),
        prop::collection::vec(step(), steps),
    );
    (cluster, rest).prop_map(
        move |((nodes, replicas, collections, placement, inserts, max_difference), rest)| {
            let (version, chance, seed, off, steps) = rest;
            let replicas = if version.starts_with("2.0") || nodes.len() < 2 { 1 } else { replicas };
            // A replica of one node after the other: skew that calls for moves.
            let is_lopsided = replicas == 1 && seed % 2 == 0;
            let placement = if is_lopsided { json!({ "only": [1] }) } else { placement };
            let inserts = inserts && weather != Weather::Quiet;
            Case {
                weather,
                version,
                chance,
                seed,
                nodes,
                replicas,
                collections,
                placement,
                inserts,
                max_difference,
                off,
                steps,
            }
        },
    )
}
