//! Clusters drawn for the twins: all releases, several replicas and collections, resource groups, and whatever
//! may happen to nodes, to the coordinator and to its keys while it runs.

use super::runs::Draft;
use evenkeel::release::{Quirk, Release};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The last patch of every line that is drawn from.
const LINES: [(u16, u16, u16); 6] = [(2, 2, 16), (2, 3, 15), (2, 4, 23), (2, 5, 27), (2, 6, 23), (3, 0, 1)];

/// Names of the two resource groups, where there are any.
const GROUPS: [&str; 2] = ["rg1", "rg2"];

/// What happens to a node, to the first collection, to the coordinator or to the resource groups.
#[derive(Debug, Clone)]
enum Happening {
    Join(u64),
    Stop(usize),
    Kill(usize),
    LoseHeartbeats(usize),
    /// From one node to others, by hand.
    Move(usize),
    Restart,
    Release,
    Load(u32),
    SetReplicas(u32),
    /// Nodes or replicas go from this group to the other.
    TransferNode(usize),
    TransferReplica(usize),
    UpdateGroup(usize, u32),
    SuspendNode(usize),
    ResumeNode(usize),
    SuspendBalance,
    ResumeBalance,
    FailLoads(usize, u32),
    Seal,
    Set(&'static str, Value),
}

/// A drawn cluster and what happens to it.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// The release.
    pub(crate) release: String,
    is_grouped: bool,
    replicas: u32,
    /// Memory of each node in GiB.
    memory: Vec<u64>,
    /// Segments and shards of each collection.
    segments: Vec<(u32, u32)>,
    /// Further collections, each with one segment.
    crowd: u32,
    bytes_per_row: u32,
    rows_per_second: u32,
    /// Whether growing rows become a segment every few seconds.
    seals_often: bool,
    seed: u32,
    happenings: Vec<(u32, Happening)>,
}

/// A number of milliseconds for a ticker.
fn period() -> impl Strategy<Value = Value> {
    (1u32..40).prop_map(|tenths| json!(tenths * 100))
}

/// A key with another value.
fn setting() -> impl Strategy<Value = Happening> {
    let flag = |key: &'static str| any::<bool>().prop_map(move |value| Happening::Set(key, json!(value)));
    let ticker = |key: &'static str| period().prop_map(move |value| Happening::Set(key, value));
    let number =
        |key: &'static str, most: u32| (1..most).prop_map(move |value| Happening::Set(key, json!(value)));
    let balancers =
        prop::sample::select(&["ScoreBasedBalancer", "RowCountBasedBalancer", "RoundRobinBalancer"][..]);
    prop_oneof![
        4 => flag("queryCoord.autoBalance"),
        1 => flag("queryCoord.enableStoppingBalance"),
        1 => flag("queryCoord.enableRGAutoRecover"),
        2 => balancers.prop_map(|name| Happening::Set("queryCoord.balancer", json!(name))),
        1 => ticker("queryCoord.autoBalanceInterval"),
        1 => ticker("queryCoord.checkBalanceInterval"),
        1 => ticker("queryCoord.checkSegmentInterval"),
        1 => ticker("queryCoord.checkChannelInterval"),
        1 => ticker("queryCoord.distPullInterval"),
        1 => ticker("queryCoord.dispatchInterval"),
        1 => number("queryCoord.taskExecutionCap", 4),
        1 => number("queryCoord.balanceSegmentBatchSize", 9),
        1 => number("queryCoord.collectionBalanceSegmentBatchSize", 9),
        1 => number("queryCoord.balanceCheckCollectionMaxCount", 9),
        1 => number("queryCoord.NextTargetSurviveTime", 60),
        1 => number("queryCoord.resourceExhaustionPenaltyDuration", 30),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    let node = || 0usize..10;
    prop_oneof![
        2 => (4u64..9).prop_map(Happening::Join),
        2 => node().prop_map(Happening::Stop),
        2 => node().prop_map(Happening::Kill),
        1 => node().prop_map(Happening::LoseHeartbeats),
        2 => node().prop_map(Happening::Move),
        2 => Just(Happening::Restart),
        1 => Just(Happening::Release),
        1 => (1u32..3).prop_map(Happening::Load),
        1 => (1u32..4).prop_map(Happening::SetReplicas),
        2 => (0usize..2).prop_map(Happening::TransferNode),
        1 => (0usize..2).prop_map(Happening::TransferReplica),
        1 => (0usize..2, 0u32..6).prop_map(|(group, requests)| Happening::UpdateGroup(group, requests)),
        1 => node().prop_map(Happening::SuspendNode),
        1 => node().prop_map(Happening::ResumeNode),
        1 => Just(Happening::SuspendBalance),
        1 => Just(Happening::ResumeBalance),
        1 => (node(), 1u32..20).prop_map(|(node, count)| Happening::FailLoads(node, count)),
        1 => Just(Happening::Seal),
        4 => setting(),
    ]
}

fn release() -> impl Strategy<Value = String> {
    prop::sample::select(&LINES[..]).prop_flat_map(|(major, minor, last)| {
        (0..=last).prop_map(move |patch| format!("{major}.{minor}.{patch}"))
    })
}

/// A drawn case.
pub(crate) fn case() -> impl Strategy<Value = Case> {
    let cluster = (
        prop_oneof![3 => Just(false), 1 => Just(true)],
        prop_oneof![3 => Just(1u32), 1 => 2u32..4],
        prop::collection::vec(4u64..9, 2..11),
        prop::collection::vec((10u32..71, 1u32..4), 1..7),
        prop_oneof![9 => Just(0u32), 1 => 90u32..230],
    );
    (
        release(),
        cluster,
        prop_oneof![3 => Just(64u32), 1 => Just(1_600)],
        (prop_oneof![Just(0u32), 1u32..3_000], any::<bool>()),
        any::<u32>(),
        prop::collection::vec((1_000u32..60_000, happening()), 0..6),
    )
        .prop_map(|(release, cluster, bytes_per_row, inserted, seed, happenings)| {
            let (is_grouped, replicas, memory, segments, crowd) = cluster;
            let (rows_per_second, seals_often) = inserted;
            let has_groups = !parsed(&release).has(Quirk::NoResourceGroups);
            let is_grouped = is_grouped && has_groups;
            let most = if is_grouped { memory.len() / 2 } else { memory.len() };
            Case {
                release,
                is_grouped,
                replicas: replicas.min(u32::try_from(most).unwrap_or(1)).max(1),
                memory,
                segments,
                crowd,
                bytes_per_row,
                rows_per_second,
                seals_often,
                seed,
                happenings,
            }
        })
}

fn parsed(release: &str) -> Release {
    release.parse().expect("a release")
}

impl Case {
    /// The scenario file.
    pub(crate) fn text(&self) -> String {
        let mut nodes: Vec<Value> =
            self.memory.iter().map(|gib| json!({ "memory": format!("{gib}GiB") })).collect();
        let collection = |(number, (segments, shards)): (usize, (u32, u32))| {
            json!({
                "name": format!("c{number}"), "shards": shards, "replicas": self.replicas,
                "bytes_per_row": self.bytes_per_row,
                "segments": { "count": segments, "rows": { "log_normal": { "median": 40_000, "sigma": 0.8 } } },
                "placement": "balanced",
            })
        };
        let crowd = std::iter::repeat_n((1, 1), self.crowd as usize);
        let all = self.segments.iter().copied().chain(crowd);
        let mut collections: Vec<Value> = all.enumerate().map(collection).collect();
        if self.is_grouped {
            for (node, group) in nodes.iter_mut().zip(GROUPS.iter().cycle()) {
                node["resource_group"] = json!(group);
            }
            for (collection, group) in collections.iter_mut().zip(GROUPS.iter().cycle()) {
                collection["resource_groups"] = json!([group]);
            }
        }
        let mut draft = Draft::new(Value::from(nodes), Value::from(collections))
            .release(&self.release)
            .with("/milvus", "chance", "seeded")
            .with("", "seed", self.seed)
            .with("", "duration", "100s");
        if self.is_grouped {
            let count = self.memory.len();
            let requests = [count.div_ceil(2), count / 2];
            let groups = [0, 1].map(|group| json!({ "name": GROUPS[group], "requests": requests[group] }));
            draft = draft.with("", "resource_groups", json!(groups));
        }
        if self.rows_per_second > 0 {
            let insert = json!([{ "collection": "c0", "rows_per_second": self.rows_per_second }]);
            draft = draft.with("", "workload", json!({ "insert": insert }));
            if self.seals_often {
                draft = draft.with("/hardware", "seal_size", "512KiB").with("/hardware", "seal_delay", "1s");
            }
        }
        let mut happenings = self.happenings.clone();
        happenings.sort_by_key(|(at, _)| *at);
        for (at, happening) in happenings {
            if let Some((verb, arguments)) = self.entry(happening) {
                draft = draft.at(&format!("{at}ms"), verb, arguments);
            }
        }
        draft.text()
    }

    /// What stands in the timeline; `None` = the release or the cluster has no such thing.
    fn entry(&self, happening: Happening) -> Option<(&'static str, Value)> {
        let release = parsed(&self.release);
        let id = |node: usize| 1 + node % self.memory.len();
        let name = "c0";
        let group = |group: usize| GROUPS[group];
        Some(match happening {
            Happening::Join(gib) => ("add_query_node", json!({ "memory": format!("{gib}GiB") })),
            Happening::Stop(node) => ("stop_query_node", json!({ "id": id(node) })),
            Happening::Kill(node) => ("kill_query_node", json!({ "id": id(node) })),
            Happening::LoseHeartbeats(node) => ("lose_heartbeats", json!({ "id": id(node), "for": "40s" })),
            Happening::Move(node) => {
                ("load_balance", json!({ "collection_name": name, "src_node_id": id(node) }))
            }
            Happening::Restart => ("restart_query_coord", json!({})),
            Happening::Release => ("release_collection", json!({ "collection_name": name })),
            Happening::Load(replicas) => {
                let mut arguments = json!({ "collection_name": name, "replica_number": replicas });
                if self.is_grouped {
                    arguments["resource_groups"] = json!([group(0)]);
                }
                ("load_collection", arguments)
            }
            Happening::SetReplicas(replicas) => {
                ("set_replicas", json!({ "collection_name": name, "replica_number": replicas }))
            }
            Happening::TransferNode(from) if self.is_grouped => {
                ("transfer_node", json!({ "source": group(from), "target": group(1 - from), "num_node": 1 }))
            }
            Happening::TransferReplica(from) if self.is_grouped => (
                "transfer_replica",
                json!({
                    "source": group(from), "target": group(1 - from), "collection_name": name, "num_replica": 1,
                }),
            ),
            Happening::UpdateGroup(one, nodes)
                if self.is_grouped && release.has(Quirk::GroupsAreDeclared) =>
            {
                (
                    "update_resource_group",
                    json!({ "name": group(one), "requests": nodes, "limits": nodes + 1 }),
                )
            }
            Happening::SuspendNode(node) if release.has(Quirk::TransfersSegments) => {
                ("suspend_node", json!({ "node_id": id(node) }))
            }
            Happening::ResumeNode(node) if release.has(Quirk::TransfersSegments) => {
                ("resume_node", json!({ "node_id": id(node) }))
            }
            Happening::SuspendBalance if release.has(Quirk::TransfersSegments) => {
                ("suspend_balance", json!({}))
            }
            Happening::ResumeBalance if release.has(Quirk::TransfersSegments) => {
                ("resume_balance", json!({}))
            }
            Happening::FailLoads(node, count) => {
                ("fail_loads", json!({ "query_node": id(node), "count": count }))
            }
            Happening::Seal => ("seal", json!({ "collection_name": name })),
            Happening::Set(key, value) => ("set_config", json!({ key: value })),
            _ => return None,
        })
    }
}
