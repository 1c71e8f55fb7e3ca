//! What is generated can be read, and has the numbers that were asked for.

use super::plan::RATE_AT_START;
use super::*;
use crate::engine::distribution::Shape;
use crate::scenario::overrides::Overrides;
use crate::scenario::timeline::Happening;
use crate::scenario::{Scenario, Segments, parse};
use crate::units::SimDuration;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn read(plan: &Plan) -> Scenario {
    parse(&plan.text(), "generated", &Overrides::default()).expect("what is generated can be read")
}

fn count(segments: &Segments) -> usize {
    match segments {
        Segments::Listed(listed) => listed.len(),
        Segments::Generated { ids, .. } => ids.len(),
    }
}

#[test]
fn the_sizes_have_the_stated_numbers() {
    let sizes = [
        (Size::T, 5, 100, 1, 1, 5),
        (Size::S, 10, 1_000, 1, 24, 143),
        (Size::M, 100, 100_000, 100, 24, 143),
        (Size::L, 1_000, 1_000_000, 1_000, 24, 143),
    ];
    for (size, nodes, segments, collections, hours, entries) in sizes {
        let scenario = read(&Plan::of_size(size));
        let joins = (entries as usize).div_ceil(2);
        assert_eq!(scenario.query_nodes.len(), nodes + joins, "{size:?}");
        assert_eq!(scenario.collections.len(), collections);
        let counts = scenario.collections.iter().map(|collection| count(&collection.segments));
        assert_eq!(counts.sum::<usize>(), segments);
        assert!(scenario.collections.iter().all(|collection| collection.shards == 2));
        assert_eq!(scenario.duration.as_ms(), hours * 3_600_000);
        assert_eq!((scenario.inserts.len(), scenario.searches.len()), (collections, collections));
        let stops = scenario.timeline.iter().filter_map(|entry| match entry.happening {
            Happening::StopQueryNode { id } => Some(id),
            _ => None,
        });
        assert!(stops.eq(1..=entries / 2), "another node each time");
        assert_eq!(scenario.timeline.len() as i64, entries);
    }
}

#[test]
fn streaming_nodes_have_room_for_all_growing_rows() {
    let plan = |size, milvus: &str| Plan { milvus: milvus.to_owned(), ..Plan::of_size(size) };
    for (size, milvus, count) in [(Size::M, "2.6.20", 2), (Size::L, "2.6.20", 20), (Size::S, "2.6.20", 1)] {
        let scenario = read(&plan(size, milvus));
        assert_eq!(scenario.streaming_nodes.len(), count, "{size:?}");
        let memory: u64 = scenario.streaming_nodes.iter().map(|node| node.memory_bytes).sum();
        let channels =
            scenario.collections.iter().map(|collection| u64::from(collection.shards)).sum::<u64>();
        assert!(memory / 2 > channels * scenario.hardware.seal_size_bytes, "{size:?}");
    }
    assert!(!plan(Size::L, "2.5.27").text().contains("streaming_nodes"));
}

#[test]
fn the_mean_rate_at_the_start_is_as_stated() {
    for size in [Size::T, Size::S, Size::M, Size::L, Size::Xl] {
        let plan = Plan::of_size(size);
        let rate = plan.mean_bytes_per_node() / plan.node_bytes() as f64;
        assert!((rate - RATE_AT_START).abs() < 1e-6, "{size:?}: {rate}");
        assert_eq!(plan.lint(), Vec::<String>::new());
    }
}

#[test]
fn own_numbers_can_be_read_too() {
    for start in [Start::Even, Start::Weighted, Start::OneNode] {
        for (nodes, segments, collections) in [(1, 0, 3), (3, 10, 3), (7, 100, 4)] {
            let plan = Plan {
                nodes,
                segments,
                collections: Some(collections),
                churn: None,
                duration: SimDuration::from_ms(90_500),
                start,
                seed: 9,
                ..Plan::of_size(Size::T)
            };
            let scenario = read(&plan);
            let counts = scenario.collections.iter().map(|collection| count(&collection.segments));
            assert_eq!(counts.sum::<usize>() as u64, segments);
            assert_eq!((scenario.seed, scenario.duration.as_ms()), (9, 90_500));
        }
    }
}

#[test]
fn little_data_on_a_large_node_is_noticed() {
    let plan = Plan { nodes: 1_000, memory_bytes: Some(32 << 30), ..Plan::of_size(Size::T) };
    let lines = plan.lint();
    assert_eq!(
        lines,
        ["0.02 GiB of data on a 32 GiB node is likely an accident; more --segments or fewer --nodes"]
    );
}

fn seconds(seconds: u64) -> Option<SimDuration> {
    Some(SimDuration::from_secs(seconds))
}

#[test]
fn the_mean_rate_follows_the_distribution_of_rows() {
    let rows = Shape::Uniform { min: 1_000, max: 50_000 };
    let plan = Plan { rows, bytes_per_row: 100, ..Plan::of_size(Size::T) };
    // 20 segments of 25,500 rows a node.
    assert_eq!(plan.node_bytes(), 20 * 25_500 * 100 * 10 / 6);
    let scenario = read(&plan);
    assert_eq!(scenario.inserts[0].micro_rows_per_second, 372_827_000, "128 MiB an hour");
}

#[test]
fn classes_stand_in_their_order_and_joining_nodes_take_turns() {
    let class = |count, memory_bytes| NodeClass { count, memory_bytes };
    let plan = Plan { node_classes: vec![class(2, 64 << 30), class(1, 32 << 30)], ..Plan::of_size(Size::T) };
    let scenario = read(&plan);
    let memory: Vec<u64> = scenario.query_nodes.iter().map(|node| node.memory_bytes >> 30).collect();
    assert_eq!(memory, [64, 64, 32, 64, 32, 64]);
}

#[test]
fn nothing_comes_in_where_none_is_said() {
    let plan = Plan { insert: Inflow::None, search: None, ..Plan::of_size(Size::T) };
    let scenario = read(&plan);
    assert!(scenario.inserts.is_empty() && scenario.searches.is_empty());
}

/// Every entry names a node that is up under this id, and what returns died two minutes before.
fn check_timeline(scenario: &Scenario, nodes: i64) {
    let mut up: BTreeSet<i64> = (1..=nodes).collect();
    let mut dead = BTreeMap::new();
    for entry in &scenario.timeline {
        let is_right = match &entry.happening {
            Happening::AddQueryNode { id } => up.insert(*id),
            Happening::StopQueryNode { id } => up.remove(id),
            Happening::KillQueryNode { id } => up.remove(id) && dead.insert(*id, entry.at).is_none(),
            Happening::ReturnQueryNode { id, machine } => {
                dead[id] + SimDuration::from_secs(120) == entry.at && up.insert(machine.id)
            }
            other => panic!("{other:?}"),
        };
        assert!(is_right, "{entry:?} with {up:?} up");
    }
}

#[test]
fn a_failure_takes_a_drawn_node_and_the_seed_says_which() {
    let killed = |seed| {
        let plan = Plan { churn: None, failures: seconds(300), seed, ..Plan::of_size(Size::T) };
        let scenario = read(&plan);
        check_timeline(&scenario, 5);
        let killed = scenario.timeline.iter().filter_map(|entry| match entry.happening {
            Happening::KillQueryNode { id } => Some(id),
            _ => None,
        });
        killed.collect::<Vec<i64>>()
    };
    assert_eq!(killed(1).len(), 11, "those that returned can die again");
    assert!(killed(1).iter().any(|id| *id > 5));
    assert_eq!(killed(1), killed(1));
    assert_ne!(killed(1), killed(2));
}

#[test]
fn accidents_with_classes_rows_and_failures_are_noticed() {
    let small = Plan::of_size(Size::T);
    let class = |count, memory_bytes| NodeClass { count, memory_bytes };
    let plan = Plan {
        node_classes: vec![class(2, 64 << 30), class(3, 100 << 20)],
        failures: seconds(50),
        duration: SimDuration::from_secs(200),
        ..small.clone()
    };
    assert_eq!(
        plan.lint(),
        [
            "not even one segment, of 0.16 GiB on average, fits on 3 nodes of 0.10 GiB each; \
             smaller --rows, or more memory",
            "--failures 50s: a node is away for 120s, so that 3 are away at a time; a longer time"
        ]
    );
    let plan = Plan {
        node_classes: vec![class(1, 8 << 30), class(1, 16 << 30)],
        start: Start::OneNode,
        failures: seconds(7_200),
        ..small.clone()
    };
    assert_eq!(
        plan.lint(),
        [
            "16.42 GiB of data do not fit on node 1 of 8.00 GiB; a larger first --node-class, or another --start",
            "--failures 2h: none comes within --duration 1h; a shorter time"
        ]
    );
    let plan = Plan { nodes: 2, churn: None, failures: seconds(60), ..small };
    assert_eq!(
        plan.lint(),
        [
            "--failures 60s: a node is away for 120s, so that at times none of 2 is up; more nodes, or a longer time",
            "--failures 60s: 40 of 59 come, since at other times no node is up; more nodes, or a longer time"
        ]
    );
}

/// The distribution that `--rows` would have.
fn drawn_rows() -> impl Strategy<Value = String> {
    let rows = 1..=u64::from(u32::MAX);
    prop_oneof![
        rows.clone().prop_map(|rows| format!("constant:{rows}")),
        (1..1_000_000u64, 0..1_000_000u64).prop_map(|(min, more)| format!("uniform:{min},{}", min + more)),
        (1..9_000_000u64, 0.0..3.0).prop_map(|(median, sigma)| format!("log_normal:{median},{sigma}")),
        (rows.clone(), 0.01..9.0).prop_map(|(min, alpha)| format!("pareto:{min},{alpha}")),
        (rows.clone(), 0.0..9.0).prop_map(|(max, exponent)| format!("zipf:{max},{exponent}")),
        (rows.clone(), 0.0..9.0, rows)
            .prop_map(|(one, weight, other)| format!("choice:{one}*{weight},{other}")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn drawn_options_can_be_read(
        rows in drawn_rows(),
        bytes_per_row in 1..=ROW_BYTES_MAX,
        classes in prop::collection::vec((1..4u64, 1..=1u64 << 50), 1..4),
        rates in (0..=1_000_000_000_000_000u64, 0.0..1e6),
        periods in (1..2_000_000u64, 30_000..2_000_000u64),
        seed in any::<u64>(),
        start in prop::sample::select(vec![Start::Even, Start::Weighted, Start::OneNode]),
    ) {
        let class = |(count, memory_bytes)| NodeClass { count, memory_bytes };
        let plan = Plan {
            rows: read_rows(&rows).expect("a distribution"),
            bytes_per_row,
            node_classes: classes.into_iter().map(class).collect(),
            insert: Inflow::RowsPerSecond(rates.0 as f64 / 1e6),
            search: Some(rates.1),
            churn: Some(SimDuration::from_ms(periods.0.max(20_000))),
            failures: Some(SimDuration::from_ms(periods.1)),
            seed,
            start,
            ..Plan::of_size(Size::T)
        };
        let scenario = read(&plan);
        prop_assert_eq!(scenario.inserts[0].micro_rows_per_second, rates.0);
        prop_assert_eq!(scenario.searches[0].queries_per_second, rates.1);
        let Segments::Generated { rows, .. } = &scenario.collections[0].segments else { panic!("generated") };
        prop_assert_eq!(&rows.shape, &plan.rows);
        prop_assert!(scenario.query_nodes.len() as u64 <= plan.query_nodes_at_most());
        check_timeline(&scenario, plan.node_count() as i64);
    }
}
