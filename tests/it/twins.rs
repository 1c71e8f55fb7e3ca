//! The lazy coordinator of 2.2 and later against its slow twin: over drawn clusters both must do the same and
//! count the same. In the twin nodes report and checkers look at everything at every tick, passes visit every
//! task, and every round is asked literally.

use super::runs::{Draft, read};
use evenkeel::metrics::meter::{Ending, Meter};
use evenkeel::scenario::Scenario;
use evenkeel::simulation::run::Simulation;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};
use std::sync::Arc;

/// Releases on both sides of every change of pace.
const RELEASES: [&str; 12] = [
    "2.2.0", "2.2.16", "2.3.0", "2.3.15", "2.4.12", "2.4.23", "2.5.27", "2.6.2", "2.6.9", "2.6.20", "2.6.23",
    "3.0.0",
];

/// What happens to a node or to the coordinator.
#[derive(Debug, Clone)]
enum Happening {
    Join(u64),
    Stop(usize),
    Kill(usize),
    Move(usize),
    Restart,
}

#[derive(Debug, Clone)]
struct Case {
    release: &'static str,
    memory: Vec<u64>,
    segments: Vec<(u32, u32)>,
    rows_per_second: u32,
    seed: u32,
    happenings: Vec<(u32, Happening)>,
}

fn case() -> impl Strategy<Value = Case> {
    let happening = prop_oneof![
        (4u64..9).prop_map(Happening::Join),
        (0usize..10).prop_map(Happening::Stop),
        (0usize..10).prop_map(Happening::Kill),
        (0usize..10).prop_map(Happening::Move),
        Just(Happening::Restart),
    ];
    (
        prop::sample::select(&RELEASES[..]),
        prop::collection::vec(4u64..9, 2..11),
        prop::collection::vec((10u32..71, 1u32..4), 1..7),
        prop_oneof![Just(0u32), 1u32..3_000],
        any::<u32>(),
        prop::collection::vec((1_000u32..60_000, happening), 0..5),
    )
        .prop_map(|(release, memory, segments, rows_per_second, seed, happenings)| Case {
            release,
            memory,
            segments,
            rows_per_second,
            seed,
            happenings,
        })
}

impl Case {
    fn scenario(&self) -> Arc<Scenario> {
        let nodes: Vec<Value> =
            self.memory.iter().map(|gib| json!({ "memory": format!("{gib}GiB") })).collect();
        let count = nodes.len();
        let collection = |(number, (segments, shards)): (usize, &(u32, u32))| {
            json!({
                "name": format!("c{number}"), "shards": shards, "bytes_per_row": 64,
                "segments": { "count": segments, "rows": { "log_normal": { "median": 40_000, "sigma": 0.8 } } },
                "placement": "balanced",
            })
        };
        let collections: Vec<Value> = self.segments.iter().enumerate().map(collection).collect();
        let mut draft = Draft::new(Value::from(nodes), Value::from(collections))
            .release(self.release)
            .with("/milvus", "chance", "seeded")
            .with("", "seed", self.seed)
            .with("", "duration", "100s");
        if self.rows_per_second > 0 {
            let insert = json!([{ "collection": "c0", "rows_per_second": self.rows_per_second }]);
            draft = draft.with("", "workload", json!({ "insert": insert }));
        }
        let mut happenings = self.happenings.clone();
        happenings.sort_by_key(|(at, _)| *at);
        for (at, happening) in happenings {
            let at = format!("{at}ms");
            let id = |node: usize| 1 + node % count;
            draft = match happening {
                Happening::Join(gib) => {
                    draft.at(&at, "add_query_node", json!({ "memory": format!("{gib}GiB") }))
                }
                Happening::Stop(node) => draft.at(&at, "stop_query_node", json!({ "id": id(node) })),
                Happening::Kill(node) => draft.at(&at, "kill_query_node", json!({ "id": id(node) })),
                Happening::Move(node) => {
                    let arguments = json!({ "collection_name": "c0", "src_node_id": id(node) });
                    draft.at(&at, "load_balance", arguments)
                }
                Happening::Restart => draft.at(&at, "restart_query_coord", json!({})),
            };
        }
        Arc::new(read(&draft.text()))
    }
}

/// The figures of a run, its digest among them.
fn figures(mut simulation: Simulation, scenario: &Arc<Scenario>) -> String {
    let mut meter = Meter::new(scenario);
    while simulation.step(&mut meter) {}
    let world = simulation.world();
    let (digest, events) = (world.digest(), world.lines());
    let ending = Ending { balancer: scenario.balancer().to_owned(), digest, events, samples_written: 0 };
    format!("{:#?}", meter.finish(world.moment(), ending))
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        cases: 40,
        max_shrink_iters: 60,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_skipped_would_have_changed_nothing(case in case()) {
        let scenario = case.scenario();
        let lazy = Simulation::new(&scenario).expect("what is drawn fits");
        let naive = Simulation::naive(&scenario).expect("what is drawn fits");
        prop_assert_eq!(figures(lazy, &scenario), figures(naive, &scenario), "{}", case.release);
    }
}
