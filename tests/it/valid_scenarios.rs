//! Scenario files that are read: ids, defaults, overrides, order.

use evenkeel::coordinator::command::{Command, LoadBalance, Timeout};
use evenkeel::coordinator::keys::{Origin, Value};
use evenkeel::engine::distribution::Shape;
use evenkeel::scenario::generate::{Plan, Size};
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
    let [book, logs] = &*scenario.collections else { panic!("two collections") };
    assert_eq!((book.id, logs.id), (100, 101));
    assert_eq!((book.partitions[0].id, logs.partitions[0].id), (1_000, 1_001));
    assert_eq!(book.replicas, ReplicaSpec::Count(vec![10_000]));
    assert_eq!(logs.replicas, ReplicaSpec::Count(vec![10_001]));
    let Segments::Listed(listed) = &book.segments else { panic!("listed") };
    assert_eq!(listed[0].id, 431_067_441_441_538_050);
    assert_eq!((listed[0].memory_bytes, listed[0].log_bytes), (187_904_819, 187_904_819));
    assert_eq!(listed[0].query_nodes, [3]);
    let Segments::Generated { ids, rows, memory } = &logs.segments else { panic!("generated") };
    assert_eq!((ids.len(), ids.at(0), ids.at(399)), (400, 1_000_000, 1_000_399));
    assert_eq!(rows.shape, Shape::LogNormal { median: 200_000.0, sigma: 0.8 });
    assert_eq!(*memory, None);
}

#[test]
fn another_seed_gives_what_a_reading_with_that_seed_gives() {
    let plan = Plan { seed: 4, ..Plan::of_size(Size::T) };
    for text in [THREE_NODES, &plan.text()] {
        let read_once = read(text, &Overrides::default());
        for seed in [0, 4, u64::MAX] {
            let fresh = read(text, &Overrides { seed: Some(seed), ..Overrides::default() });
            assert_eq!(format!("{:?}", read_once.with_seed(seed)), format!("{fresh:?}"));
        }
    }
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
            src_node_ids: vec![3],
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
    let Happening::ReturnQueryNode { id: 1, machine } = &scenario.timeline[5].happening else {
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
        exec_timeout: None,
        milvus_yaml: Vec::new(),
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

#[test]
fn every_part_of_the_format_is_read() {
    let scenario = read(include_str!("valid/everything.json"), &Overrides::default());
    assert_eq!(scenario.duration, SimTime::from_ms(3_600_500));
    assert_eq!(scenario.sampling_every, SimDuration::from_secs(4));
    let ids: Vec<i64> = scenario.query_nodes.iter().map(|node| node.id).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6, 9, 20]);
    let fixed = scenario.collections.iter().find(|collection| collection.name == "fixed").expect("fixed");
    let names: Vec<&str> = fixed.partitions.iter().map(|partition| partition.name.as_str()).collect();
    assert_eq!(names, ["early", "given", "late"]);
    let ReplicaSpec::Fixed(replicas) = &fixed.replicas else { panic!("fixed") };
    assert_eq!((replicas[0].id, replicas[1].id), (50_000, 60_000));
    assert_eq!(fixed.resource_groups, [1, 0]);
    let Segments::Listed(segments) = &fixed.segments else { panic!("listed") };
    let placed: Vec<_> =
        segments.iter().map(|segment| (segment.id, segment.partition, segment.query_nodes.clone())).collect();
    // The nodes follow the replicas, which are ascending by id, not their order in the file.
    assert_eq!(placed, [(500, 2, vec![2, 3]), (1_000_000, 0, vec![2, 20]), (1_000_001, 2, vec![])]);
    let hosts: Vec<&str> = scenario.hosts.iter().map(|host| host.name.as_str()).collect();
    assert_eq!(hosts, ["h1", "h2"]);
    assert_eq!(scenario.query_nodes[0].host, Some(1));
    let returned = scenario.timeline.iter().filter_map(|entry| match &entry.happening {
        Happening::ReturnQueryNode { machine, .. } => Some(machine.id),
        _ => None,
    });
    assert_eq!(returned.collect::<Vec<_>>(), [8, 21]);
    let timeouts = scenario.timeline.iter().filter_map(|entry| match &entry.happening {
        Happening::Command(Command::LoadBalance(arguments)) => Some(arguments.timeout),
        _ => None,
    });
    assert_eq!(timeouts.collect::<Vec<_>>(), [Timeout::Fraction(10.0), Timeout::Fraction(10.0)]);
    assert_eq!(scenario.inserts[1].micro_rows_per_second, 1);
}

#[track_caller]
fn check_refused(overrides: &Overrides, expected: &[&str]) {
    let faults = parse(THREE_NODES, "three_nodes.json", overrides).expect_err("faults");
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, expected);
}

fn set(settings: &[(&str, &str)]) -> Overrides {
    let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Overrides { settings, ..Overrides::default() }
}

#[test]
fn faults_of_options_name_the_option() {
    check_refused(
        &set(&[("/duration", "soon")]),
        &[
            "--set /duration=soon: /duration: \"soon\" is no time; write \"90s\", \"1h30m\", \"250ms\" or a number of seconds, at most 366 days",
        ],
    );
    check_refused(
        &set(&[("/query_nodes/7/memory", "1GiB")]),
        &[
            "--set /query_nodes/7/memory=1GiB: \"7\" is no element of 2; name a field by its JSON pointer, such as /hardware/load_bandwidth",
        ],
    );
    check_refused(
        &set(&[("queryCoord.autoBalanse", "true")]),
        &[
            "--set queryCoord.autoBalanse=true: no Milvus release knows the key \"queryCoord.autoBalanse\"; the nearest known is \"queryCoord.autoBalance\"",
        ],
    );
    check_refused(
        &Overrides { balancer: Some("ScoreBasedBalancer".to_owned()), ..Overrides::default() },
        &[
            "--balancer ScoreBasedBalancer: Milvus 2.1.4 has no balancer \"ScoreBasedBalancer\"; its built-in rule is called MemoryUsage; a policy of your own is named exec:PROGRAM",
        ],
    );
    let deep = "/a".repeat(100);
    let faults = parse(THREE_NODES, "three_nodes.json", &set(&[(&deep, "1")])).expect_err("faults");
    assert!(faults.iter().any(|fault| fault.fault == "the pointer goes more than 64 deep"));
    check_refused(
        &Overrides { release: Some("2.9".to_owned()), ..Overrides::default() },
        &[
            "--milvus 2.9: /milvus/version: \"2.9\" is no Milvus release that evenkeel knows; the nearest known are 2.6.23 and 3.0.0",
        ],
    );
}

#[test]
fn one_thing_given_two_values_is_a_fault_and_the_same_value_twice_is_none() {
    check_refused(
        &set(&[("/seed", "1"), ("/seed", "2")]),
        &["--set /seed=2: /seed: \"/seed\" is given two different values; give it once"],
    );
    check_refused(
        &set(&[("queryCoord.autoBalance", "true"), ("querycoord.autobalance", "f")]),
        &[
            "--set querycoord.autobalance=f: queryCoord.autoBalance is given two different values; give it once",
        ],
    );
    read(THREE_NODES, &set(&[("/seed", "1"), ("/seed", "1"), ("queryCoord.autoBalance", "T")]));
    let both = Overrides { seed: Some(3), ..set(&[("/seed", "4")]) };
    check_refused(&both, &["--set /seed=4: /seed: \"/seed\" is given two different values; give it once"]);
}
