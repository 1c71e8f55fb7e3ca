//! Scenario files that are read: ids, defaults, overrides, order.

use evenkeel::coordinator::command::{Command, LoadBalance, Timeout};
use evenkeel::coordinator::keys::{Origin, Value};
use evenkeel::engine::distribution::Shape;
use evenkeel::scenario::overrides::Overrides;
use evenkeel::scenario::timeline::Happening;
use evenkeel::scenario::{ReplicaSpec, Scenario, Segments, StartState, parse};
use evenkeel::units::{SimDuration, SimTime};

const THREE_NODES: &str = include_str!("valid/three_nodes.json");

#[track_caller]
fn read(text: &str, overrides: &Overrides) -> Scenario {
    match parse(text, "three_nodes.json", overrides) {
        Ok(scenario) => scenario,
        Err(faults) => {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            panic!("{}", faults.join("\n"));
        }
    }
}

fn minutes(minutes: u64) -> SimTime {
    SimTime::from_ms(minutes * 60_000)
}

#[test]
fn ids_are_given_out_as_the_format_says() {
    let scenario = read(THREE_NODES, &Overrides::default());
    let nodes: Vec<_> = scenario.query_nodes.iter().map(|node| (node.id, node.state)).collect();
    let (normal, absent) = (StartState::Normal, StartState::Absent);
    assert_eq!(nodes, [(1, normal), (2, normal), (3, normal), (4, absent)]);
    let [book, logs] = scenario.collections.as_slice() else { panic!("two collections") };
    assert_eq!((book.id, logs.id), (100, 101));
    assert_eq!((book.partitions[0].id, logs.partitions[0].id), (1_000, 1_001));
    assert_eq!(book.replicas, ReplicaSpec::Count(vec![10_000]));
    assert_eq!(logs.replicas, ReplicaSpec::Count(vec![10_001]));
    let Segments::Listed(listed) = &book.segments else { panic!("listed") };
    assert_eq!(listed[0].id, 431_067_441_441_538_050);
    assert_eq!((listed[0].memory_bytes, listed[0].log_bytes), (187_904_819, 187_904_819));
    assert_eq!(listed[0].query_nodes, [3]);
    let Segments::Generated { ids, rows, memory } = &logs.segments else { panic!("generated") };
    assert_eq!((ids.len(), ids[0], ids[399]), (400, 1_000_000, 1_000_399));
    assert_eq!(rows.shape, Shape::LogNormal { median: 200_000.0, sigma: 0.8 });
    assert_eq!(*memory, None);
}

#[test]
fn the_timeline_comes_out_by_time() {
    let scenario = read(THREE_NODES, &Overrides::default());
    let verbs: Vec<_> = scenario.timeline.iter().map(|entry| (entry.at, entry.verb)).collect();
    assert_eq!(
        verbs,
        [
            (minutes(5), "add_query_node"),
            (minutes(10), "load_balance"),
            (minutes(12), "set_config"),
            (minutes(15), "transfer_segment"),
            (minutes(20), "stop_query_node"),
            (minutes(30), "return_query_node"),
        ]
    );
    assert_eq!(
        scenario.timeline[1].happening,
        Happening::Command(Command::LoadBalance(LoadBalance {
            collection_name: Some("book".to_owned()),
            src_node_id: 3,
            dst_node_ids: vec![4],
            sealed_segment_ids: vec![431_067_441_441_538_050],
            timeout: Timeout::Whole(10),
            using: "default".to_owned(),
        }))
    );
    assert_eq!(
        scenario.timeline[3].happening,
        Happening::Command(Command::Unknown { verb: "transfer_segment" })
    );
    let Happening::ReturnQueryNode { id: 1, new_id: Some(5), machine: Some(machine) } =
        &scenario.timeline[5].happening
    else {
        panic!("{:?}", scenario.timeline[5].happening)
    };
    assert_eq!((machine.id, machine.base_memory_bytes), (5, 1 << 30));
}

#[test]
fn configuration_keeps_who_set_it() {
    let interval = ("queryCoord.balanceIntervalSeconds".to_owned(), "45".to_owned());
    let overrides = Overrides { settings: vec![interval], ..Overrides::default() };
    let scenario = read(THREE_NODES, &overrides);
    let entries: Vec<_> = scenario
        .config
        .entries
        .iter()
        .map(|entry| {
            (entry.key.trim_start_matches("queryCoord."), entry.value.clone(), entry.origin, entry.inert)
        })
        .collect();
    assert_eq!(
        entries,
        [
            ("autoBalance", Value::Bool(true), Origin::Default, false),
            ("autoHandoff", Value::Bool(true), Origin::Default, false),
            ("balanceIntervalSeconds", Value::Int(45), Origin::Option, false),
            ("balancer", Value::Text("ScoreBasedBalancer".to_owned()), Origin::Scenario, true),
            ("memoryUsageMaxDifferencePercentage", Value::Int(30), Origin::Default, false),
            ("overloadedMemoryThresholdPercentage", Value::Int(80), Origin::Scenario, false),
        ]
    );
    assert_eq!(
        scenario.warnings,
        [
            "queryCoord.balancer is inert: Milvus 2.1.4 does not read it",
            "Milvus 2.1.4 has no resource groups: all query nodes form one pool, whatever the scenario says",
        ]
    );
}

#[test]
fn options_win_over_the_file() {
    let overrides = Overrides {
        release: Some("2.1.1".to_owned()),
        seed: Some(u64::MAX),
        until: Some(minutes(11)),
        balancer: Some("MemoryUsage".to_owned()),
        settings: vec![
            ("/query_nodes/1/count".to_owned(), "5".to_owned()),
            ("/hardware/load_bandwidth".to_owned(), "1GiB/s".to_owned()),
            ("/settle/quiet".to_owned(), "90".to_owned()),
        ],
    };
    let scenario = read(THREE_NODES, &overrides);
    assert_eq!(scenario.release.to_string(), "2.1.1");
    assert_eq!(scenario.seed, u64::MAX);
    assert_eq!(scenario.duration, minutes(11));
    assert_eq!(scenario.timeline.len(), 2);
    assert_eq!(scenario.query_nodes.len(), 7);
    assert_eq!(scenario.hardware.load_bandwidth_bytes_per_s, 1 << 30);
    assert_eq!(scenario.settle_quiet, Some(SimDuration::from_secs(90)));
    let unreached: Vec<_> = scenario.warnings.iter().filter(|text| text.contains("not reached")).collect();
    assert_eq!(unreached.len(), 4);
    assert_eq!(unreached[0], "set_config at 12m is not reached: the run ends at 11m");
}
