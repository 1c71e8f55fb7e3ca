//! What must not change the answer does not: names, idle company, the unit of memory, the height of ids.
//!
//! All with `milvus.chance: ascending`, where no draw depends on names or numbers.

use super::runs::{Draft, Run, collection, id, ms, segment, word};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

/// A cluster with skew, and a joining node.
#[derive(Debug, Clone)]
struct Skewed {
    /// Base memory of every node, of 1,000 bytes.
    nodes: Vec<u64>,
    /// Collection, bytes, node of every segment.
    segments: Vec<(bool, u64, usize)>,
    threshold: u32,
    max_difference: u32,
}

/// How a cluster is written down.
#[derive(Debug, Clone, Copy)]
struct Form {
    names: [&'static str; 2],
    has_idle_collection: bool,
    /// Factor of all bytes and of the bandwidth.
    unit: u64,
    /// Added to all ids.
    shift: i64,
}

const PLAIN: Form = Form { names: ["a", "b"], has_idle_collection: false, unit: 1, shift: 0 };

impl Skewed {
    fn run(&self, form: Form) -> Run {
        let Form { names, has_idle_collection, unit, shift } = form;
        let machine = |place: usize, base: u64| json!({ "id": place as i64 + 1 + shift, "memory": 1000 * unit, "base_memory": base * unit });
        let nodes: Vec<Value> =
            self.nodes.iter().enumerate().map(|(place, base)| machine(place, *base)).collect();
        let written = |second: bool| {
            let own = self.segments.iter().enumerate().filter(|(_, (other, ..))| *other == second);
            own.map(|(number, (_, bytes, node))| {
                let node = (node % self.nodes.len()) as i64 + 1 + shift;
                segment(5_000 + number as i64 + shift, bytes * unit, node)
            })
            .collect::<Vec<_>>()
        };
        let mut collections = vec![
            collection(names[0], 100 + shift, json!(written(false))),
            collection(names[1], 101 + shift, json!(written(true))),
        ];
        for (place, collection) in collections.iter_mut().enumerate() {
            let members: Vec<i64> = (1..=self.nodes.len()).map(|id| id as i64 + shift).collect();
            collection["replicas"] = json!([{ "id": 10_000 + place as i64 + shift, "query_nodes": members }]);
        }
        if has_idle_collection {
            collections.push(collection("idle", 102 + shift, json!([])));
        }
        Draft::new(json!(nodes), json!(collections))
            .config("queryCoord.overloadedMemoryThresholdPercentage", self.threshold)
            .config("queryCoord.memoryUsageMaxDifferencePercentage", self.max_difference)
            .with("/hardware", "load_bandwidth", format!("{}B/s", 1000 * unit))
            .at("150s", "add_query_node", machine(self.nodes.len(), 0))
            .run()
    }
}

/// Planned moves (time, segment, from, to) and how moves ended (time, number, outcome).
type Story = (Vec<(u64, i64, i64, i64)>, Vec<(u64, u64, String)>);

fn story(run: &Run, shift: i64) -> Story {
    let plans = run.of("plan").into_iter();
    let ends = run.of("move_end").into_iter();
    let lowered = |line: &Value, key: &str| id(line, key) - shift;
    (
        plans
            .map(|line| (ms(line), lowered(line, "segment"), lowered(line, "from"), lowered(line, "to")))
            .collect(),
        ends.map(|line| {
            (ms(line), line["move"].as_u64().expect("a number"), word(line, "outcome").to_owned())
        })
        .collect(),
    )
}

/// Another form of the same cluster tells the same story.
fn check(skewed: &Skewed, form: Form) -> Result<(), TestCaseError> {
    let (plain, other) = (skewed.run(PLAIN), skewed.run(form));
    prop_assert_eq!(story(&plain, 0), story(&other, form.shift), "{:?}", form);
    Ok(())
}

fn skewed() -> impl Strategy<Value = Skewed> {
    (
        prop::collection::vec(0..300u64, 2..5),
        prop::collection::vec((any::<bool>(), 0..60u64, prop::sample::select(vec![0, 0, 0, 1, 2])), 1..14),
        50..95u32,
        1..40u32,
    )
        .prop_map(|(nodes, segments, threshold, max_difference)| Skewed {
            nodes,
            segments,
            threshold,
            max_difference,
        })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn names_of_collections_do_not_matter(skewed in skewed()) {
        check(&skewed, Form { names: ["zebra", "ant"], ..PLAIN })?;
    }

    #[test]
    fn an_idle_empty_collection_does_not_matter(skewed in skewed()) {
        check(&skewed, Form { has_idle_collection: true, ..PLAIN })?;
    }

    #[test]
    fn the_unit_of_memory_does_not_matter(skewed in skewed()) {
        check(&skewed, Form { unit: 2, ..PLAIN })?;
        check(&skewed, Form { unit: 1 << 24, ..PLAIN })?;
    }

    #[test]
    fn the_height_of_ids_does_not_matter(skewed in skewed()) {
        check(&skewed, Form { shift: 1 << 40, ..PLAIN })?;
    }
}

#[test]
fn the_drawn_clusters_move_something() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let drawn = (0..20).map(|_| skewed().new_tree(&mut runner).expect("a cluster").current());
    let moving = drawn.filter(|skewed| !skewed.run(PLAIN).of("plan").is_empty()).count();
    assert!(moving >= 10, "only {moving} of 20 move anything");
}
